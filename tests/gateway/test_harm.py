"""Disclosures are heard in five languages, surely or as a doubt; look-alikes are mostly let go; nobody's answer tells which.

Both tables were written by hand for this project, in phrases of their own; every second row has a slip of the thumb, capitals or
a place around it. `steer` was looked at while the word lists were grown; `kept` was scored once before it was looked at: the words
of a disclosure alone found 11 % of it, the wide lists 94 %, lists and model together 96 %, with 21 % of the look-alikes. Both were
then mended once.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable
from importlib import resources

import pytest
from sqlalchemy import select

from gateway.channels.values import Inbound
from gateway.classification.harm import DOUBTED, LIKELY, harm
from gateway.doors import intake
from gateway.journal.tables import Message, Reply, Report, table
from gateway.machine import jobs
from gateway.node import Node
from gateway.operator.classifying import Classifier
from parsers.suspicion import suspicion
from tests.conftest import MakeNode
from tests.parsers.parser_tables import read
from tests.parsers.parser_tables import table as rows_of

ROWS = rows_of("disclosures_steer.jsonl") + rows_of("disclosures_kept.jsonl")
TOLD = [row for row in ROWS if row["want"] == "disclosure"]
ALIKE = [row for row in ROWS if row["want"] == "look-alike"]
MESSAGE, REPORT, REPLY = table(Message), table(Report), table(Reply)


def meant(text: str, city: str, guess: Callable[..., object]) -> bool:
    return read(text, city).intent == "protection" or harm(text, guess) is not None  # type: ignore[arg-type]


def test_the_tables_hold_what_they_promise() -> None:
    assert len(TOLD) == len(ALIKE) == 300
    assert set(Counter(row["lang"] for row in TOLD).values()) == {60}
    assert len({row["text"] for row in ROWS}) == len(ROWS)


def test_disclosures_are_heard_and_look_alikes_let_go(node: Node) -> None:
    missed = [row for row in TOLD if not meant(row["text"], row["city"], node.meaning)]
    alarmed = [row for row in ALIKE if meant(row["text"], row["city"], node.meaning)]
    print(f"recall {1 - len(missed) / len(TOLD):.3f}, false alarms {len(alarmed) / len(ALIKE):.3f}")
    assert len(missed) <= 0.02 * len(TOLD), [row["text"] for row in missed]
    assert len(alarmed) <= 0.05 * len(ALIKE), [row["text"] for row in alarmed]
    by_language = Counter(row["lang"] for row in missed)
    assert all(by_language[language] <= 3 for language in ("es", "fr", "en", "ar", "ary")), by_language


def test_negative_control_the_words_of_a_disclosure_alone_do_not_hear_them() -> None:
    assert sum(read(row["text"], row["city"]).intent == "protection" for row in TOLD) < 0.5 * len(TOLD)


@pytest.mark.parametrize(("label", "text", "heard"), [
    ("a hand raised", "mi yerno le alza la mano a mi hija", True),
    ("a slip in the word that says it", "le dieron correazsos a la niña", True),
    ("two letters that changed places", "la maltarta cada dia", True),
    ("an Arabic \"and\" before the word", "وكايضربها كل نهار", True),
    ("the sun", "nos pega el sol en la parada", False),
    ("a figure and then the thing itself", "me pega el sol y mi marido me pega", True),
    ("a harm and nobody near", "golpes en la tuberia", False),
    ("a harm beside somebody, in a theft", "mi mama lloraba de miedo, le robaron", False),
    ("the phone is read", "cada noche revisa mi celular", True),
    ("he is near", "I cannot talk he is in the next room", True),
    ("what a scarf covers", "elle porte un foulard pour cacher son cou", True),
    ("a fall told too often", "أختي تقول إنها وقعت مرة أخرى", True),
    ("a knife in Latin letters", "jbed 3liya lmous", True),
    ("given away", "بابا بغا يزوجني وأنا صغيرة", True),
    ("a cutting", "my sister is to go to the village for the cut", True),
    ("no cutting", "when will the power cut end", False),
    ("a secret", "le dijo que no le cuente a su mama", True),
    ("a lap", "il la prend sur ses genoux", True),
    ("pardon, and then again", "kaybki w kaytleb sma7 mn b3d", True),
    ("blows in Swahili", "huwa ananipiga usiku", True),
    ("words far apart", "I delete each of these old texts at once so he stays calm", True),
    ("Darija spelt with an h for a 7", "hbesni f lbit", True),
    ("a sign that may as well be a flood", "no podemos volver, la inundacion se llevo todo", False),
    ("the same sign alone", "no podemos volver", True),
    ("the same sign, a door and a husband", "no podemos volver, mi marido cambio la chapa de la puerta", True),
    ("a team beaten", "el clasico: paliza al strongest", False),
    ("a law violated", "la alcaldia viola la ley", False),
    ("potatoes eaten by hail", "el granizo maltrato las papas", False),
    ("poison in two words", "drank bleach", True),
    ("poison in two words of Darija", "chrebt javel", True),
    ("poison and a dog", "el perro se tomo veneno", False),
    ("nothing at all", "", False),
    ("marks alone", "?!...", False),
])
def test_words_that_make_a_text_suspicious(label: str, text: str, heard: bool) -> None:
    assert (harm(text) is not None) is heard, label


# What is done to somebody, and an everyday text of the same words.
PAIRS = [
    ("an inspector's price", "es", "el inspector dijo que con un cariñito no me clausura el kiosko",
     "el inspector clausuro el kiosko por la basura"),
    ("a queue", "es", "en la fila del micro se pega por atras y se aprovecha", "en la fila del micro nadie respeta el turno"),
    ("a room at night", "es", "duermo en la cocina porque en el cuarto me pega", "duermo en la cocina porque en el cuarto entra la lluvia"),
    ("a grade", "es", "si no voy el sabado a su cuarto me baja la nota", "si no voy el sabado pierdo el cupo del curso"),
    ("gone for good", "es", "mi amigo regalo sus cosas y se esta despidiendo de todos", "mi amigo regalo sus cosas a los damnificados"),
    ("a lodge", "en", "clerk asked me to meet at a lodge so he signs my land papers", "the lodge pours its waste in the street"),
    ("a door", "en", "boss asks me to stay when all go and locks the door", "boss asks them to lock the store"),
    ("money from a son", "en", "grandson takes her pension and leaves her in dirty nappies",
     "grandma wants her pension, where does she go"),
    ("a wish", "en", "wish i had never been born, cant do this", "wish the lamp was fixed"),
    ("a bullet", "en", "they left a bullet at my door because i spoke in the meeting", "they left rubble at my door"),
    ("a bus", "fr", "le receveur se colle aux collegiennes quand cest plein", "le receveur donne pas de ticket"),
    ("a rent", "fr", "mon proprio veut que je paie le loyer autrement", "mon proprio refuse de payer l'eau"),
    ("a key", "fr", "mon mari garde la clé, je parle par la fenêtre", "mon mari garde la clé du local à vélos"),
    ("for ever", "fr", "je voudrais etre morte", "je voudrais que la lampe soit reparee"),
    ("a visa", "fr", "on m'a dit que si je veux mon visa je dois être disponible le soir",
     "on m'a dit que le bureau des visas est fermé le soir"),
    ("a driver", "ar", "سائق الباص يلتصق بالبنات كل صباح", "الباص ما ياخذ الطلاب"),
    ("children", "ar", "رجل يعطي البنات الصغيرات بسكويت ويدخلهم بيته", "رجل يبيع عرايس عند بوابة الروضة"),
    ("an engineer", "ar", "المهندس قال تعالي معي الفندق اذا تبغين الماء", "المهندس قاس الشارع وراح"),
    ("a driver, in Darija", "ary", "لا الشيفور قاسني", "الشيفور زاد عليا فالثمن"),
    ("an uncle, in Darija", "ary", "khali kaydkhol 3liya f lbit w kay9issni", "khayf ndouz mn l9entra katt7errek"),
    ("food and a slap, in Swahili", "sw", "nalala jikoni kwa sababu chumbani ananipiga", "nalala jikoni kwa sababu mvua inaingia chumbani"),
]


def asked_in(lang: str) -> Classifier:
    return Classifier({"es": "la-paz", "en": "nairobi", "sw": "nairobi"}.get(lang, "casablanca"))


@pytest.mark.parametrize(("label", "lang", "harmed"), [pair[:3] for pair in PAIRS])
def test_who_is_harmed_in_everyday_words_is_read_by_few(label: str, lang: str, harmed: str) -> None:
    assert asked_in(lang).classify(harmed)["restricted"], label


def test_most_everyday_texts_of_the_same_words_are_kept_from_nobody() -> None:
    alarmed = [label for label, lang, _, everyday in PAIRS if asked_in(lang).classify(everyday)["restricted"]]
    assert len(alarmed) <= len(PAIRS) / 5, alarmed


@pytest.mark.parametrize(("label", "belief", "text", "heard"), [
    ("plain enough whatever is believed", 0.0, "el me tiene amarrada en su cuarto y se rie", True),
    ("Darija in Latin letters",           0.0, "khali kayddi khti sghira l dar bo7do", True),
    ("Darija in Arabic letters",          0.0, "خالي كيدي ختي الصغيرة لدارو بوحدها", True),
    ("half plain, and believed",          0.5, "mi hija tiembla si se acerca su tio", True),
    ("Quechua, an uncle at the bed",      0.0, "tioy sapa tuta puñunayman haykuspa llamiwan, manchakuni", True),
    ("chatter of two who are fond",       0.0, "i miss u so much, my mum asks when u come to eat with us", False),
    ("a plea after an earthquake",        0.0, "our roof came down in the quake and it rains on us, send tents and food", False),
    ("a street, whatever is believed",    0.9, "la vereda esta fea", False),
    ("an errand of somebody at home",     0.0, "mi marido pregunta si ya pueden arreglar la vereda", False),
    ("pipes that are struck",             0.0, "golpes en la tuberia", False),
])
def test_the_models_are_the_second_witness(label: str, belief: float, text: str, heard: bool) -> None:
    assert suspicion(text).words is None, "the lists must not be what hears it"
    assert (harm(text, lambda _: [("SAF03", belief / 2), ("WAT01", 0.0), ("SAF07", belief / 2)]) is not None) is heard, label


@pytest.mark.parametrize(("text", "city", "restricted"), [
    ("no se cuando vienen", "la-paz", False), ("me cobran mucho", "la-paz", False), ("no me interesa", "la-paz", False),
    ("i dont know when they come", "nairobi", False), ("they charge me a lot", "nairobi", False),
    ("je ne sais pas quand ils viennent", "casablanca", False), ("on me fait payer trop", "casablanca", False),
    ("ma3reftch imta ghadi yjiw", "casablanca", False), ("sijui watakuja lini", "nairobi", False),
    ("ya no quiero despertar mañana", "la-paz", True), ("no se cuando va a volver a pegarme", "la-paz", True),
    ("chofo ghir dra3i", "casablanca", True), ("taking all my tablets tonight", "nairobi", True),
])
def test_who_waits_or_pays_too_much_is_not_taken_for_somebody_harmed(make_node: MakeNode, text_in: Callable[..., Inbound], text: str,
                                                                     city: str, restricted: bool) -> None:
    node = make_node(city=city)
    with node.database.writing() as c:
        intake.receive(c, node, [text_in("t", text)])
    jobs.work(node)
    with node.database.reading() as c:
        kinds = c.execute(select(REPLY.c.kind)).scalars().all()
    assert (kinds == ["protection"]) is restricted, kinds


def test_the_model_of_needs_is_asked_only_where_its_belief_could_matter() -> None:
    asked: list[str] = []
    for text in ("no hay agua en la calle", "mi marido me golpea y me encierra", "mi suegra mira raro a la wawa"):
        harm(text, lambda asked_of: asked.append(asked_of) or [("WAT01", 0.9)])  # type: ignore[func-returns-value]
    assert "no hay agua en la calle" not in asked


def test_a_doubt_is_less_than_a_likelihood() -> None:
    assert DOUBTED < LIKELY
    texts = [row["text"] for row in ALIKE[:60]]
    sure = [text for text in texts if harm(text, lambda _: [("SAF03", 0.1)])]
    doubted = [text for text in texts if harm(text, lambda _: [("SAF03", 0.1)], DOUBTED)]
    assert set(sure) <= set(doubted)
    assert len(doubted) > len(sure)


def test_no_sign_is_written_twice_and_every_theme_is_told_in_five_languages() -> None:
    signs = tomllib.loads((resources.files("parsers") / "words" / "harm_signs.toml").read_text(encoding="utf-8"))
    assert set(signs) == {"alone", "hint", "else"}
    for name, themes in signs.items():
        for theme, phrases in themes.items():
            if theme != "darija":
                assert {"es", "fr", "en", "ar", "ary"} <= set(phrases), (name, theme)
            for language, written in phrases.items():
                assert len(written) == len(set(written)), (name, theme, language)


@pytest.mark.parametrize("city", sorted({row["city"] for row in ROWS}))
def test_whatever_a_disclosure_says_its_answer_is_the_same_to_the_byte(make_node: MakeNode, text_in: Callable[..., Inbound],
                                                                       city: str) -> None:
    """One answer for what is sure, and for what is not the one of every text that a person must read; no text shows in either."""
    node = make_node(city=city)
    told = [row["text"] for row in TOLD if row["city"] == city]
    for at in range(0, len(told), 50):
        with node.database.writing() as c:
            intake.receive(c, node, [text_in(f"d{at + n}", text, f"+5917{at + n:07d}") for n, text in enumerate(told[at:at + 50])])
    jobs.work(node)
    with node.database.reading() as c:
        stands = c.execute(select(MESSAGE.c.text, REPORT.c.restricted, REPORT.c.need, REPLY.c.language, REPLY.c.kind, REPLY.c.text)
                           .outerjoin(REPORT, REPORT.c.message == MESSAGE.c.id).outerjoin(REPLY, REPLY.c.message == MESSAGE.c.id)).all()
    assert len(stands) == len(told)
    open_to_all = [row[0] for row in stands if row.restricted is not True and row.kind != "emergency"]
    assert len(open_to_all) <= 0.02 * len(told), open_to_all
    assert {row.need for row in stands if row.restricted} == {None}
    said: dict[tuple[str, str], set[str]] = {}
    for row in stands:
        if row.restricted:
            said.setdefault((row.kind, row.language), set()).add(row[-1])
    assert {kind for kind, _ in said} <= {"protection", "emergency"}
    for (kind, language), texts in said.items():
        assert texts == {node.replies.text_for(kind, language)}, (kind, language)


@pytest.mark.parametrize(("label", "before", "text", "kind"), [
    ("out of the blue", "", "mi yerno le alza la mano a mi hija", "protection"),
    ("as the answer to our question", "no hay agua", "mi yerno le alza la mano a mi hija", "protection"),
    ("as more about a report", "AGUA S1604 sin agua", "tambien mi yerno le alza la mano a mi hija", "protection"),
    ("inside a command", "AGUA S1604 sin agua", "AGREGAR mi yerno le alza la mano a mi hija", "protection"),
    ("as a correction", "AGUA S1604 sin agua", "no es agua es que mi yerno le alza la mano a mi hija", "protection"),
    ("with a need besides", "", "en kupini no hay agua y mi yerno le alza la mano a mi hija", "protection"),
    ("no more texts is no more texts", "AGUA S1604 sin agua", "BAJA", "stop_ok"),
])
def test_a_doubt_is_a_report_of_its_own_wherever_it_comes(node: Node, text_in: Callable[..., Inbound], label: str, before: str, text: str,
                                                          kind: str) -> None:
    with node.database.writing() as c:
        if before:
            intake.receive(c, node, [text_in("before", before)])
        intake.receive(c, node, [text_in("doubt", text)])
    jobs.work(node)
    with node.database.reading() as c:
        reports = c.execute(select(MESSAGE.c.provider_id, REPORT.c.restricted, REPORT.c.details).join(
            MESSAGE, MESSAGE.c.id == REPORT.c.message).order_by(MESSAGE.c.provider_id)).all()
        said = c.execute(select(REPLY.c.kind).join(MESSAGE, MESSAGE.c.id == REPLY.c.message)
                         .where(MESSAGE.c.provider_id == "doubt")).scalars().all()
    assert said == [kind], label
    assert [r.restricted for r in reports if r.provider_id == "doubt"] == ([True] if kind == "protection" else [])
    assert all("yerno" not in (r.details or "") for r in reports if r.provider_id == "before"), "its words are with no open report"
