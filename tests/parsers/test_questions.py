"""What residents ask about the number itself, in eight languages; and what only begins like such a question."""

import pytest

from tests.parsers.parser_tables import read

ASKED = [
    ("who", "help", "es", "¿Quién es?"),
    ("who", "help", "es", "kien es"),
    ("who", "help", "es", "disculpe, ¿de quién es este número?"),
    ("who", "help", "fr", "c'est qui ?"),
    ("who", "help", "en", "who are you?"),
    ("who", "help", "ar", "شكون هذا؟"),
    ("who", "help", "ary", "chkoun ntouma"),
    ("who", "help", "ay", "khitisa"),
    ("who", "help", "qu", "pitaq kanki"),
    ("who", "help", "sw", "wewe ni nani?"),
    ("price", "help", "es", "es gratis?"),
    ("price", "help", "es", "hola, cuanto cuesta mandar un mensaje"),
    ("price", "help", "es", "es gratis llamar?"),
    ("price", "help", "fr", "combien coûte un sms"),
    ("price", "help", "en", "how much is this text"),
    ("price", "help", "ar", "هل هو مجاني؟"),
    ("price", "help", "ary", "wach fabor"),
    ("price", "help", "ay", "inakiti"),
    ("price", "help", "qu", "qasillachu"),
    ("price", "help", "sw", "ni bure?"),
    ("when", "status", "es", "¿Qué día vienen?"),
    ("when", "status", "es", "y cuando van a venir a arreglar"),
    ("when", "status", "fr", "vous venez quand ?"),
    ("when", "status", "en", "when will you come to fix it"),
    ("when", "status", "ar", "متى ستأتون؟"),
    ("when", "status", "ary", "imta ghadi tjiw"),
    ("when", "status", "ay", "kunapachas jutapxata"),
    ("when", "status", "qu", "mayk'aq hamunkichik"),
    ("when", "status", "sw", "mtakuja lini?"),
    ("when", "status", "es", "hasta cuando"),
    ("when", "status", "es", "¿y ahora qué hago?"),
    ("when", "status", "es", "cuánto tiempo se demora"),
    ("when", "status", "es", "¿y mi reporte?"),
    ("when", "status", "es", "nadie responde"),
    ("when", "status", "fr", "et maintenant ?"),
    ("when", "status", "en", "what happens now?"),
    ("when", "status", "sw", "nifanye nini"),
    ("how", "help", "es", "no entiendo"),
    ("how", "help", "fr", "je ne comprends pas"),
    ("how", "help", "en", "i dont understand"),
    ("how", "help", "ar", "لا أفهم"),
    ("how", "help", "ary", "ma fhemtch"),
    ("how", "help", "ay", "janiw amuyktti"),
    ("how", "help", "qu", "mana hap'inichu"),
    ("how", "help", "sw", "sielewi"),
    ("who", "help", "es", "puedo hablar con alguien?"),
    ("who", "help", "fr", "je peux parler à quelqu'un ?"),
    ("who", "help", "en", "is anybody there?"),
    ("when", "status", "es", "no sabemos cuando van a venir"),
    ("when", "status", "fr", "jusqu'à quand on attend"),
    ("when", "status", "fr", "je ne sais pas quand ils viennent"),
    ("when", "status", "en", "until when"),
    ("when", "status", "en", "i dont know when they come"),
    ("when", "status", "ar", "حتى لإمتى"),
    ("when", "status", "ary", "ma3reftch imta ghadi yjiw"),
    ("when", "status", "ay", "kunapachkama"),
    ("when", "status", "qu", "hayk'aqkama"),
    ("when", "status", "sw", "sijui watakuja lini"),
    ("declined", "thanks", "es", "no me interesa, gracias"),
    ("declined", "thanks", "fr", "je ne suis pas intéressée"),
    ("declined", "thanks", "en", "i do not want to vote"),
    ("declined", "thanks", "ar", "ما كيهمنيش"),
    ("declined", "thanks", "ary", "ma bghitch nsowet"),
    ("declined", "thanks", "sw", "sitaki kupiga kura"),
]


@pytest.mark.parametrize(("asked", "intent", "language", "text"), ASKED, ids=lambda v: v)
def test_a_question_about_the_number_is_no_need(asked: str, intent: str, language: str, text: str) -> None:
    found = read(text, "nairobi" if language == "sw" else "la-paz")
    assert (found.intent, found.answer, found.language) == (intent, asked, language)
    assert found.why[0].startswith("asks: ")


@pytest.mark.parametrize(("label", "text", "intent"), [
    ("a need asked about is a need", "cuando vienen a recoger la basura en Kupini", "report"),
    ("when works begin is another question", "cuando empieza la obra", "info"),
    ("who is to blame for a need", "quien es el responsable de la basura en Kupini", "report"),
    ("the price of something of the city", "es gratis el agua?", "report"),
    ("the menu", "que es esto", "help"),
])
def test_what_says_more_is_what_it_says(label: str, text: str, intent: str) -> None:
    found = read(text)
    assert (found.intent, found.answer) == (intent, None), label


@pytest.mark.parametrize(("city", "text", "asks"), [
    ("la-paz", "cuando van a recoger la basura", True), ("la-paz", "buenas, quisiera saber cuando arreglan las gradas", True),
    ("la-paz", "que dia pasan por la basura en kupini", True), ("la-paz", "y la basura cuando?", True),
    ("la-paz", "a que hora pasa el carro basurero", True), ("la-paz", "no se cuando pasan a recoger la basura", True),
    ("casablanca", "quand est-ce que vous ramassez les ordures", True), ("casablanca", "les ordures, c'est pour quand ?", True),
    ("casablanca", "فوقاش غادي تجمعو الزبل", True), ("casablanca", "imta ghadi thezzo zbel", True),
    ("nairobi", "when will you collect the garbage", True), ("nairobi", "mtakusanya takataka lini", True),
    ("la-paz", "cuando llueve se inunda la calle", False), ("la-paz", "cuando pasa el camion tiembla la casa", False),
    ("la-paz", "hasta cuando vamos a estar sin agua", False), ("la-paz", "cuando van a arreglar, el agua entra a mi casa", False),
    ("nairobi", "when it rains the road floods", False),
    ("casablanca", "quand il pleut la rue est inondée", False), ("la-paz", "no recogen la basura", False),
])
def test_a_text_that_asks_when_something_is_done_says_so(city: str, text: str, asks: bool) -> None:
    assert ("asks_when" in read(text, city).flags) is asks


def test_when_takes_the_reference_that_stands_beside_it() -> None:
    assert read("cuando vienen? 48215").reference == "48215"
    assert read("cuando vienen?", last_reference="10376").reference == "10376"
    assert read("cuando vienen?").errors == ("reference_missing",)


@pytest.mark.parametrize(("language", "text"), [
    ("es", "Perdón, me equivoqué de número"),
    ("es", "disculpe numero equivocado, era para mi hijo"),
    ("fr", "pardon, mauvais numéro"),
    ("fr", "désolé je me suis trompé de numéro"),
    ("en", "sorry wrong number"),
    ("en", "this was not meant for you"),
    ("ar", "سمح ليا غلطت فالرقم"),
    ("ar", "عذرا الرقم خاطئ"),
    ("ary", "sm7li ghlatt f ra9m"),
    ("ay", "numero pantjatwa"),
    ("qu", "pantarquni numerota"),
    ("sw", "samahani nimekosea namba"),
])
def test_a_wrong_number_is_told_in_any_language(language: str, text: str) -> None:
    found = read(text, "nairobi" if language == "sw" else "la-paz")
    assert (found.intent, found.language, found.answer) == ("wrong_number", language, None), found.why


@pytest.mark.parametrize(("label", "text", "intent"), [
    ("what is wrong may be the place", "me equivoque de zona, es en Kupini", "report"),
    ("the number of a house is another", "numero de casa equivocado en la factura del agua", "report"),
])
def test_what_else_may_be_wrong(label: str, text: str, intent: str) -> None:
    assert read(text).intent == intent, label


def test_of_a_slip_only_the_conversation_knows_what_it_was() -> None:
    found = read("perdon, equivocado")
    assert (found.intent, found.answer) == ("wrong_number", "slip")


@pytest.mark.parametrize(("language", "text"), [
    ("es", "vale"), ("es", "listo gracias"), ("und", "👍"), ("fr", "d'accord"), ("en", "alright"), ("ar", "واخا"), ("ary", "wakha"),
    ("sw", "sawa"),
])
def test_well_then_is_thanks_where_nothing_was_asked(language: str, text: str) -> None:
    found = read(text, "nairobi" if language == "sw" else "la-paz")
    assert (found.intent, found.answer) == ("thanks", "agreed"), found.why
    assert language in (found.language, "und")


@pytest.mark.parametrize(("label", "text", "intent", "context"), [
    ("an answer to a question of ours", "ok", "dialogue", {"pending": "confirm_place", "draft": {"place_code": "S1701"}}),
    ("a need after it", "ok no hay agua en Kupini", "report", {}),
    ("repaired", "listo ya arreglaron", "fixed", {}),
])
def test_what_well_then_is_not(label: str, text: str, intent: str, context: dict[str, object]) -> None:
    assert read(text, **context).intent == intent, label


@pytest.mark.parametrize("text", ["te amo", "te quiero mucho mi amor", "je t'aime", "i love you", "كنبغيك", "kanbghik", "nakupenda"])
def test_what_is_meant_for_somebody_else_waits_for_nobody(text: str) -> None:
    found = read(text)
    assert (found.intent, getattr(found, "reason", "")) == ("unknown", "no_need"), found.why
