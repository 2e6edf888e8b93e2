"""Every word a resident may read, in every language, at its worst: price, letters, and no foreign hand in it."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.needs.news import KIND_OF
from gateway.needs.news import KINDS as NEWS
from gateway.words.fills import FILLS, Value
from gateway.words.replies import ANSWERED_IN, CITY_FILLS, KINDS, LANGUAGES, SHIPPED, SILENT, TO_MANY, Kind, Replies, language_for
from gateway.words.segments import BASIC, measure
from tests.gateway.reply_table import page

CITY: dict[str, Value] = {"zone": "Pampahasi", "num": "110", "line": "156"}
REPLIES = Replies.load(city=CITY)
EVERY_LANGUAGE = (*LANGUAGES, *ANSWERED_IN)

USUAL: dict[str, Value] = {
    "ref": "48215", "n": 14, "year": 2027, "date": "12 mar", "time": "18:30", "num": "110", "line": "800 14 0348",
    "cat": "Fuga de agua", "place": "Villa Fátima", "zone": "Pampahasi", "code": "S1799", "said": "99999",
    "svc": "EPSAS", "work": "Graderías Kupini II", "phase": "licitación", "who": "Barrio", "venue": "casa comunal",
    "topic": "graderías", "opt": "Gradas", "name": "Rosa", "vol": "Elena", "reason": "otra empresa lo hace", "list": ["48215", "10376"],
    "needs": ["48215 Agua potable", "48223 Alumbrado"], "options": ["Alto Seguencoma", "Bajo Seguencoma"],
    "letters": "A B C", "results": ["A 61 Cancha", "B 39 Parque"], "other": "10376", "spot": "calle 5", "count": 3, "told": "sexo y edad",
    "trips": 12, "votes": 3, "greets": 1,
}
HOSTILE = {
    "long words": "Wolfeschlegelsteinhausenbergerdorff " * 9,
    "one endless word": "W" * 900,
    "many short words": "de la y " * 100,
    "a second line": "Centro\r\nGanaste un premio\u2028llame ya\x85\x0b\x0c",
    "a link": "http://bit.ly/x www.casa.com wa.me/59170000000 casa\u3002com x@y.bo",
    "a call number": "llame al +591 700 00000 0",
    "braces": "{ref} {0} {cat!r} }{ %s",
    "direction marks and joiners": "\u202egro.ablac\u2066 \u200d\u200b\ufeff",
    "zalgo": "a" + "\u0301\u0352\u034f" * 200,
    "letters of two units": "𐐷𐐸" * 90,
    "emoji and other planes": "😀🏚️𝕮𝖆𝖘𝖆 𐐷 \U000e0041",
    "escaped GSM-7 signs": "[{€}]~^|\\" * 40,
    "Arabic": "مستوصف سيدي مومن " * 20,
    "Chinese": "水管破裂" * 40,
    "a broken surrogate": "\ud83d casa \udc00",
    "nothing": "",
    "only signs": "-.,'()/&" * 20,
}


def said(kind: str, language: str, fills: dict[str, Value]) -> str:
    text = REPLIES.text_for(kind, language, **{name: fills[name] for name in KINDS[kind].fills})
    assert text is not None
    return text


def spoken(language: str) -> str:
    return ANSWERED_IN.get(language, language)


def broken_rules(spec: Kind, language: str, text: str) -> list[str]:
    cost = measure(text)
    script = "ARABIC" if spoken(language) == "ar" else "LATIN"
    return [rule for rule, kept in {
        "its segments": 1 <= cost.segments <= min(2, spec.segments),
        "GSM-7 without escapes in Latin letters": script == "ARABIC" or BASIC.issuperset(text),
        "its script": any(unicodedata.name(char, "").startswith(script) for char in text),
        "one line, nothing invisible": text.isprintable() and "  " not in text,
        "no link": not re.search(r"://|@|\w\.\w", text),
        "no braces left": not set("{}") & set(text),
    }.items() if not kept]


def test_every_kind_has_its_texts_and_every_text_its_kind() -> None:
    shipped = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    assert set(shipped["reply"]) == set(KINDS)
    assert {kind: sorted(texts) for kind, texts in shipped["reply"].items()} == dict.fromkeys(KINDS, sorted(LANGUAGES))
    assert {name for spec in KINDS.values() for name in spec.fills} == set(FILLS)
    assert {name: sorted(texts) for name, texts in shipped["blank"].items()} == dict.fromkeys(
        shipped["blank"], sorted(LANGUAGES))
    assert set(shipped["blank"]) <= set(FILLS) >= CITY_FILLS
    assert not SILENT & set(KINDS)


@pytest.mark.parametrize("language", EVERY_LANGUAGE)
@pytest.mark.parametrize("kind", KINDS)
def test_every_reply_keeps_the_rules_with_the_worst_fills(kind: str, language: str) -> None:
    spec = KINDS[kind]
    broken = {"usual": broken_rules(spec, language, said(kind, language, USUAL))}
    for label, hostile in HOSTILE.items():
        everywhere: dict[str, Value] = dict.fromkeys(FILLS, hostile)
        lists: dict[str, Value] = {name: [hostile] * 9 for name in ("list", "needs", "options")}
        for fills in (everywhere, {**everywhere, **lists}, {**USUAL, **lists}):
            broken[label] = broken.get(label, []) + broken_rules(spec, language, said(kind, language, fills))
    assert not any(broken.values()), {label: rules for label, rules in broken.items() if rules}


@pytest.mark.parametrize(("label", "language", "text", "rule"), [
    ("an accent that is not GSM-7",  "es", "está",               "GSM-7 without escapes in Latin letters"),
    ("three segments",               "es", "a" * 307,            "its segments"),
    ("Latin letters for Arabic",     "ar", "salam",              "its script"),
    ("a second line",                "es", "hola\nganaste",      "one line, nothing invisible"),
    ("a link",                       "es", "vea casa.com",       "no link"),
])
def test_the_rules_can_be_broken(label: str, language: str, text: str, rule: str) -> None:
    assert rule in broken_rules(KINDS["help"], language, text), label


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(EVERY_LANGUAGE), st.text(max_size=80), st.text(max_size=80))
def test_no_text_of_a_stranger_breaks_a_reply(kind: str, language: str, one: str, two: str) -> None:
    fills: dict[str, Value] = {name: one if at % 2 else two for at, name in enumerate(FILLS)}
    assert broken_rules(KINDS[kind], language, said(kind, language, fills)) == []


def test_latin_replies_cost_one_segment_and_acknowledgements_everywhere() -> None:
    dear = {(kind, language) for kind, costs in REPLIES.preview().items()
            for language, cost in costs.items() if cost.segments > 1}
    assert {language for _, language in dear} == {"ar"}
    acknowledgements = {"ack", "ack_dup", "ack_no_place", "ack_no_category", "ack_neutral", "support_ok", "corrected",
                        "added", "cancelled", "thread_ok", "trip_ok", "trip_undone"}
    polls = {"vote_ok", "vote_changed", "vote_apart", "vote_unknown", "poll_closed", *TO_MANY}
    assert {kind for kind, spec in KINDS.items() if spec.segments == 1} == acknowledgements | NEWS | polls
    assert not {kind for kind, _ in dear} & (acknowledgements | NEWS)


def test_every_way_a_need_can_stand_has_its_word_and_four_of_them_fit_one_segment() -> None:
    for language in EVERY_LANGUAGE:
        words = [REPLIES.stage(stage, language) for stage in KIND_OF]
        assert all(words), language
        longest = sorted(words, key=len)[-4:]
        text = said("news_several", language, {"needs": [f"1234567 {word}" for word in longest]})
        assert measure(text).segments == 1
        assert [word for word in longest if word not in text] == [], (language, text)


def test_what_somebody_told_of_themselves_has_its_words_and_is_never_cut_where_it_is_said_alone() -> None:
    for language in EVERY_LANGUAGE:
        words = {REPLIES.told(language, gender=gender, age=age) for gender in (True, False) for age in (True, False)}
        assert len(words) == 4, language
        assert all(0 < len(word) <= FILLS["told"].short for word in words), language


@pytest.mark.parametrize(("label", "kind", "language", "fills", "text"), [
    ("accents that cost are folded in names too", "ack", "es",
     {"ref": "48215", "cat": "Fuga de agua", "place": "Villa Fátima"},
     "Recibido: Fuga de agua, Villa Fatima. Su numero es 48215. Si no es asi responda NO. "
     "Para seguirlo: ESTADO 48215. Gracias."),
    ("in Arabic script they stay", "ack", "ar", {"ref": "48215", "cat": "تسرب الماء", "place": "Médina"},
     "وصل: تسرب الماء، Médina. رقمك 48215. غلط؟ جاوب لا"),
    ("a long name gives way by whole words, no more than needed", "status_work", "es",
     {"ref": "4821512", "cat": "Enfermedad en el barrio", "place": "Virgen de las Nieves Alto Irpavi",
      "work": "Graderías y muro Kupini II", "date": "12/03/2027"},
     "Aviso 4821512: Enfermedad en el barrio, Virgen de las Nieves Alto. Esta en la obra Graderias y muro Kupini II. "
     "Inicio previsto: 12/03/2027. Puede cambiar."),
    ("in a short reply it stays whole", "registered", "en", {"place": "Virgen de las Nieves Alto Irpavi"},
     "Done, your area is Virgen de las Nieves Alto Irpavi. No need to write it again. To change it: REGISTER and the "
     "area. To get no messages: STOP."),
    ("a name in letters the reply cannot hold is not mangled", "ack", "fr",
     {"ref": "48215", "cat": "Fuite d'eau", "place": "سيدي مومن"},
     "Bien noté: Fuite d'eau, votre quartier. Votre numéro: 48215. Si c'est faux, répondez NON. "
     "Pour le suivi: STATUT 48215. Merci."),
    ("a date not known is said to be open", "status_work", "en",
     {"ref": "48215", "cat": "Water leak", "place": "Lindi", "work": "Lindi taps", "date": ""},
     "Report 48215: Water leak, Lindi. It is in project Lindi taps. Planned start: not fixed yet. This may change."),
    ("two options are two numbers", "place_options", "es", {"options": ["Alto Seguencoma", "Bajo Seguencoma"]},
     "¿Cual zona es? 1 Alto Seguencoma 2 Bajo Seguencoma 0 Otra. Responda solo el numero."),
    ("a needs list keeps every reference", "multi_ack", "en",
     {"n": 3, "place": "Lindi", "needs": ["4821512 Waste container", "4821520 No storm drainage", "48231 Water leak"]},
     "We noted 3 reports, Lindi: 4821512 Waste container, 4821520 No storm drainage, 48231 Water leak. "
     "If one is wrong, reply NO and its number."),
    ("Aymara is greeted, then answered in Spanish", "added", "ay", {"ref": "48215"},
     "Kamisaki. Agregado al aviso 48215. Gracias."),
    ("Quechua too", "added", "qu", {"ref": "48215"}, "Imaynalla. Agregado al aviso 48215. Gracias."),
    ("Swahili is answered in English", "added", "sw", {"ref": "48215"}, "Added to report 48215. Thank you."),
    ("a country behind the language changes nothing", "added", "es-BO", {"ref": "48215"},
     "Agregado al aviso 48215. Gracias."),
    ("danger leaves no time for greetings", "emergency", "ay", {},
     "EMERGENCIA: llame YA al 110. Este numero de mensajes NO envia ambulancias, policia ni bomberos. "
     "Pongase a salvo."),
    ("a call number is sent whole or not at all", "emergency", "en", {"num": "9" * 15},
     "EMERGENCY: call the emergency line NOW. This text number does NOT send an ambulance, police or fire crew. "
     "Move to safety."),
])
def test_text_for(label: str, kind: str, language: str, fills: dict[str, Value], text: str) -> None:
    assert REPLIES.text_for(kind, language, **fills) == text, label


def test_spam_gets_no_answer() -> None:
    assert [REPLIES.text_for("spam", language) for language in EVERY_LANGUAGE] == [None] * len(EVERY_LANGUAGE)


def test_a_fill_too_few_or_too_many_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match=r"ack takes ref, cat, place; wrong or missing: \['cat', 'place'\]"):
        REPLIES.text_for("ack", "es", ref="48215")
    with pytest.raises(ValueError, match=r"wrong or missing: \['place'\]"):
        REPLIES.text_for("added", "es", ref="48215", place="Kupini")


def test_replies_about_danger_name_no_reference_category_or_place() -> None:
    telling = set(FILLS) - {"num", "line"}
    assert not telling & {*KINDS["emergency"].fills, *KINDS["protection"].fills, *KINDS["ack_neutral"].fills}
    for language in LANGUAGES:
        assert re.search(r"\b156\b", said("protection", language, CITY))
        assert re.search(r"\b110\b", said("emergency", language, CITY))


def test_a_restricted_report_is_acknowledged_in_the_very_words_of_an_unsure_one() -> None:
    assert KINDS["ack_neutral"].fills == ()
    assert {REPLIES.text_for("ack_neutral", "es") for _ in range(3)} == {
        "Recibido, gracias. Una persona leera su mensaje. Si quiere agregar algo, escriba otra vez a este numero."}


@pytest.mark.parametrize(("language", "words"), [
    ("es", "NO envia ambulancias, policia ni bomberos"), ("fr", "N'ENVOIE NI ambulance, NI police, NI pompiers"),
    ("en", "does NOT send an ambulance, police or fire crew"), ("ary", "MA KAYSIFTCH ambulance, bolis wla pompiers"),
    ("ar", "ما كيصيفطش الإسعاف ولا البوليس ولا المطافي"),
])
def test_an_emergency_is_told_that_nobody_is_sent(language: str, words: str) -> None:
    assert words in said("emergency", language, CITY)


# ── a city's own words ──

def test_a_city_replaces_single_templates_and_keeps_the_rest() -> None:
    mine = Replies.load({"thanks": {"es": "A usted, vecina y vecino."}}, CITY)
    assert mine.text_for("thanks", "es") == "A usted, vecina y vecino."
    assert mine.text_for("thanks", "fr") == REPLIES.text_for("thanks", "fr")


@pytest.mark.parametrize(("label", "kind", "language", "text", "fault"), [
    ("a kind nobody says", "farewell", "es", "Adios.", "farewell: no such kind of reply"),
    ("a language nobody is answered in", "thanks", "ay", "Juspajara.", "thanks.ay: no such language"),
    ("an empty text", "thanks", "es", "", "thanks.es: the text is missing"),
    ("a reference about violence", "protection", "es", "{line} {ref}", "it must use line; it uses line, ref"),
    ("an emergency without number", "emergency", "es", "Llame.", "it must use num; it uses none"),
    ("a brace left open", "thanks", "es", "Gracias {", "the braces do not match"),
    ("an attribute of a fill", "added", "es", "{ref.__class__} gracias", "it must use ref;"),
    ("a layout in the braces", "added", "es", "{ref:>99} gracias", "in plain braces"),
    ("an accent that costs", "thanks", "es", "Está bien.", "á would make the SMS cost twice"),
    ("an escaped sign", "thanks", "es", "Gracias [1].", "[ ] would make the SMS cost"),
    ("a second line", "thanks", "es", "Gracias.\nLlame.", "a reply is one line"),
    ("Latin letters in Arabic", "thanks", "ar", "Chokran", "not in Arabic script"),
    ("two segments for an acknowledgement", "ack", "es", "{ref} {cat} {place}" + "a" * 99, "2 segments (164 units)"),
    ("three segments for a reply", "thanks", "es", "a" * 307, "3 segments"),
])
def test_a_bad_template_stops_the_box_at_start(label: str, kind: str, language: str, text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        Replies.load({kind: {language: text}}, CITY)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ValueError, match="colour") as told:
        Replies.load({"thanks": {"es": "Está.", "fr": "ça."}}, {"colour": "red"})
    assert len(str(told.value).splitlines()) == 3


def test_a_city_that_says_no_numbers_still_answers() -> None:
    text = Replies.load().text_for("emergency", "es")
    assert text is not None
    assert text.startswith("EMERGENCIA: llame YA al numero de emergencia. Este numero de mensajes NO envia")


# ── language, price table ──

@pytest.mark.parametrize(("label", "text", "channel", "profile", "answer"), [
    ("the language written in",                      "fr",  "es", None, "fr"),
    ("Darija in Latin letters stays in Latin",       "ary", "fr", None, "ary"),
    ("Darija in Arabic letters stays in Arabic",     "ar",  "fr", None, "ar"),
    ("a number has no language: the channel's",      "und", "fr", None, "fr"),
    ("nothing is known of the text",                 None,  "en", None, "en"),
    ("the language a person chose wins",             "es",  "es", "ay", "ay"),
    ("over the script as well",                      "ary", "fr", "ar", "ar"),
    ("a choice we do not know is passed over",       "es",  "fr", "xx", "es"),
    ("a country behind the language",                "und", "es-BO", None, "es"),
    ("a language nobody speaks here: the channel's", "pt",  "en", None, "en"),
    ("nothing is known at all",                      None,  None, None, "es"),
])
def test_language_for(label: str, text: str | None, channel: str | None, profile: str | None, answer: str) -> None:
    assert language_for(text, channel, profile) == answer, label


def test_the_price_table_has_a_row_for_each_kind() -> None:
    lines = REPLIES.preview_table().splitlines()
    assert lines[0] == "| reply | es | fr | en | ar | ary |"
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines[2:]] == list(KINDS)
    assert all(re.fullmatch(r"\| \w+( \| [12] \(\d+\)){5} \|", line) for line in lines[2:])


def test_the_table_of_the_documentation_is_that_of_the_texts_and_names_every_kind() -> None:
    written = (Path(__file__).parents[2] / "docs" / "replies.md").read_text(encoding="utf-8")
    assert written == page(), "python -m tests.gateway.reply_table > docs/replies.md"
    rows = re.findall(r"^\| (\w+) \| (.+) \|$", written, re.MULTILINE)[1:]
    assert [name for name, _ in rows] == list(KINDS)
    for name, cells in rows:
        costs = [int(cell.split()[0]) for cell in cells.split(" | ")]
        assert len(costs) == len(LANGUAGES), name
        assert max(costs) <= min(2, KINDS[name].segments), name
