"""What is asked of the gateway itself, in eight languages; and texts that only begin like a command."""

import pytest

from tests.parsers.parser_tables import read

COMMANDS = {
    "es": [
        ("ESTADO 48215", "status"),
        ("apoyo 48215", "support"),
        ("+1 48215", "support"),
        ("arreglado 48215", "fixed"),
        ("no arreglado 48215", "not_fixed"),
        ("sigue igual 48215", "not_fixed"),
        ("nota 4 48215", "rate"),
        ("cancelar 48215", "cancel"),
        ("agregar 48215 hay ratas", "add"),
        ("registro S1701", "register"),
        ("idioma quechua", "language"),
        ("obra S1701", "info"),
        ("voto B", "poll"),
        ("ayuda", "help"),
        ("baja", "stop"),
        ("inicio", "start"),
        ("mis datos", "my_data"),
        ("BORRAR", "erase"),
        ("borrar mis datos por favor", "erase"),
        ("BORRAR SI", "erase_yes"),
        ("borrar 48215", "cancel"),
        ("no me manden mas mensajes", "stop"),
        ("?", "help"),
    ],
    "fr": [
        ("statut 48215", "status"),
        ("moi aussi 48215", "support"),
        ("réparé 48215", "fixed"),
        ("toujours pas réparé 48215", "not_fixed"),
        ("note 4 48215", "rate"),
        ("annuler 48215", "cancel"),
        ("ajouter 48215 rats", "add"),
        ("inscription CB0500", "register"),
        ("langue arabe", "language"),
        ("projet CB0500", "info"),
        ("aide", "help"),
        ("désabonner", "stop"),
        ("reprise", "start"),
        ("mes données", "my_data"),
        ("effacer", "erase"),
        ("EFFACER OUI", "erase_yes"),
        ("effacer 48215", "cancel"),
    ],
    "en": [
        ("status 48215", "status"),
        ("me too 48215", "support"),
        ("fixed 48215", "fixed"),
        ("still broken 48215", "not_fixed"),
        ("rate 4 48215", "rate"),
        ("cancel 48215", "cancel"),
        ("add 48215 rats", "add"),
        ("register NB0101", "register"),
        ("language swahili", "language"),
        ("works NB0101", "info"),
        ("help", "help"),
        ("unsubscribe", "stop"),
        ("my data", "my_data"),
        ("delete", "erase"),
        ("delete yes", "erase_yes"),
        ("delete 48215", "cancel"),
    ],
    "ar": [
        ("حالة 48215", "status"),
        ("حتى انا 48215", "support"),
        ("تصلح 48215", "fixed"),
        ("ما تصلحش 48215", "not_fixed"),
        ("نقطة 4 48215", "rate"),
        ("الغاء 48215", "cancel"),
        ("تسجيل CB0500", "register"),
        ("مساعدة", "help"),
        ("توقف", "stop"),
        ("معطياتي", "my_data"),
        ("حذف", "erase"),
        ("حذف نعم", "erase_yes"),
    ],
    "ary": [
        ("7ala 48215", "status"),
        ("7ta ana 48215", "support"),
        ("tsle7 48215", "fixed"),
        ("mazal 48215", "not_fixed"),
        ("no9ta 4 48215", "rate"),
        ("tsjil CB0500", "register"),
        ("mosa3ada", "help"),
        ("wa9ef", "stop"),
        ("ma3loumati", "my_data"),
        ("m7i", "erase"),
        ("m7i iyeh", "erase_yes"),
    ],
    "ay": [
        ("kunjamasa 48215", "status"),
        ("nayasa 48215", "support"),
        ("askichatawa 48215", "fixed"),
        ("yanapa", "help"),
        ("datosanakaja", "my_data"),
        ("datosanakaja chhaqtayaña", "erase"),
    ],
    "qu": [
        ("imaynataq 48215", "status"),
        ("nuqapis 48215", "support"),
        ("allinchasqa 48215", "fixed"),
        ("yanapay", "help"),
        ("datosniykuna", "my_data"),
        ("datosniykunata pichay", "erase"),
    ],
    "sw": [
        ("hali 48215", "status"),
        ("mimi pia 48215", "support"),
        ("imetengenezwa 48215", "fixed"),
        ("bado haijatengenezwa 48215", "not_fixed"),
        ("kadiria 4 48215", "rate"),
        ("msaada", "help"),
        ("data zangu", "my_data"),
        ("futa data zangu", "erase"),
        ("futa data zangu ndiyo", "erase_yes"),
        ("futa 48215", "cancel"),
    ],
}
CITY = {"fr": "casablanca", "ar": "casablanca", "ary": "casablanca", "en": "nairobi", "sw": "nairobi"}


@pytest.mark.parametrize(("lang", "text", "intent"), [(lang, *row) for lang, rows in COMMANDS.items() for row in rows])
def test_command(lang: str, text: str, intent: str) -> None:
    outcome = read(text, CITY.get(lang, "la-paz"))
    assert (outcome.intent, outcome.errors) == (intent, ()), outcome.why
    if "48215" in text:
        assert outcome.reference == "48215"
    if intent == "rate":
        assert outcome.rating == 4


@pytest.mark.parametrize(
    ("label", "text", "intent"),
    [
        ("help with content is a cry", "ayuda se inunda mi casa en kupini", "emergency"),
        ("alto begins a place", "alto obrajes sin agua", "report"),
        ("para is a preposition", "para kupini falta alumbrado", "report"),
        ("a note that is a report", "Nota: no hay agua en kupini", "report"),
        ("works that stand still", "obra paralizada en kupini hace 4 meses", "report"),
        ("me too with a need of its own", "yo tambien no tengo agua en kupini", "report"),
        ("still no water is a report", "todavia no hay luz en kupini", "report"),
        ("a state that is bad", "estado lamentable de las gradas rotas en kupini", "report"),
        ("mend it is a wish", "arreglen la calle rota en kupini", "report"),
        ("more of something is no addition", "mas basura en kupini", "report"),
        ("a bus stop is no stop", "parada sin techo en kupini", "report"),
        ("what is to be removed is not oneself", "hay que borrar los grafitis del muro en kupini", "report"),
        ("whose data are on a list", "mis datos no estan en la lista del bono en kupini", "report"),
    ],
)
def test_texts_that_only_begin_like_a_command(label: str, text: str, intent: str) -> None:
    outcome = read(text)
    assert outcome.intent == intent, f"{label}: {outcome.why}"


@pytest.mark.parametrize(
    ("label", "text", "reference", "errors"),
    [
        ("the last one", "CANCELAR", "48215", ()),
        ("a given one before the last", "CANCELAR 10376", "10376", ()),
        ("not fixed in one's own words", "todavia no hay agua", "48215", ()),
    ],
)
def test_the_last_reference_is_meant_when_none_is_said(label: str, text: str, reference: str, errors: tuple[str, ...]) -> None:
    outcome = read(text, last_reference="48215")
    assert (outcome.reference, outcome.errors) == (reference, errors), f"{label}: {outcome.why}"


@pytest.mark.parametrize(
    ("label", "text", "rating", "errors"),
    [
        ("rating first", "NOTA 4 30545", 4, ()),
        ("reference first", "NOTA 30545 4", 4, ()),
        ("in words", "le doy un cinco 30545", 5, ()),
        ("none", "NOTA 30545", None, ("rating_missing",)),
        ("out of range", "NOTA 9 30545", None, ("rating_range",)),
        ("no reference", "NOTA 4", 4, ("reference_missing",)),
    ],
)
def test_rating(label: str, text: str, rating: int | None, errors: tuple[str, ...]) -> None:
    outcome = read(text)
    assert (outcome.intent, outcome.rating, outcome.errors) == ("rate", rating, errors), label


@pytest.mark.parametrize(
    ("label", "text", "place", "gender", "band", "lang"),
    [
        ("all of it", "REGISTRO S1701 MUJER 25-34 aymara", "S1701", "F", "25-34", "ay"),
        ("an age", "REGISTRO kupini hombre 42", "S1701", "M", "35-44", None),
        ("another", "REGISTRO kupini otra", "S1701", "X", None, None),
        ("rather not", "REGISTRO kupini no digo 70", "S1701", "U", "65+", None),
        ("a common word is a place here", "REGISTRO primavera mujer", "S1601", "F", None, None),
        ("in a sentence", "me quiero registrar en pampahasi", "S1604", None, None, None),
    ],
)
def test_register(label: str, text: str, place: str, gender: str | None, band: str | None, lang: str | None) -> None:
    outcome = read(text)
    got = (outcome.intent, outcome.place_code, outcome.gender, outcome.age_band, outcome.lang_to)
    assert got == ("register", place, gender, band, lang), f"{label}: {outcome.why}"


@pytest.mark.parametrize(
    ("text", "action", "reference", "details", "errors"),
    [
        ("*4471 48215 HECHO se cambio el foco", "done", "48215", "se cambio el foco", ()),
        ("*4471 48215 visto", "seen", "48215", None, ()),
        ("* 4471 48215 ASIGNADO EMAVERDE", "assign", "48215", "EMAVERDE", ()),
        ("*4471 48215 DUP 10376", "dup", "48215", "10376", ()),
        ("*4471 48215 DUP 10377", "dup", "48215", "10377", ("reference_checkdigit",)),
        ("*4471 AVANCE PBCV-17 45%", "progress", None, "PBCV-17 45%", ()),
        ("*4471 LISTA S17", "bulk", None, "S17", ()),
        ("*4471 VISTO", "seen", None, None, ("reference_missing",)),
        ("*4472 48215 HECHO", "done", None, None, ("not_authorised",)),
        ("*4471 48215 BAILAR", None, None, None, ("not_authorised",)),
        ("*447 no se", None, None, None, ("not_authorised",)),
    ],
)
def test_officer(text: str, action: str | None, reference: str | None, details: str | None, errors: tuple[str, ...]) -> None:
    outcome = read(text, role="officer", pin="4471")
    got = (outcome.intent, outcome.action, outcome.reference, outcome.details, outcome.errors)
    assert got == ("officer", action, reference, details, errors), outcome.why


def test_a_resident_with_the_right_pin_is_no_officer() -> None:
    assert read("*4471 48215 HECHO", pin="4471").errors == ("not_authorised",)
    assert read("*4471 48215 HECHO", role="officer").errors == ("not_authorised",)


def test_an_officer_moves_a_report_to_a_place() -> None:
    assert read("*4471 48215 ZONA S1701", role="officer", pin="4471").place_code == "S1701"


@pytest.mark.parametrize(
    ("label", "text", "intent"),
    [
        ("a greeting", "Buenas tardes", "greeting"),
        ("greetings on end", "hola buenas tardes vecinos", "greeting"),
        ("thanks", "muchas gracias", "thanks"),
        ("praise of a finished work", "gracias por las nuevas luminarias en kupini, quedo hermoso", "thanks"),
        ("thanks and a need", "gracias pero no hay agua en kupini", "report"),
        ("an insult", "son unos inutiles corruptos", "abuse"),
        ("an insult and a need", "carajo no hay agua en kupini", "report"),
        ("opening hours", "a que hora abre la posta de kupini?", "unknown"),
        ("a joke", "jaja mi suegra hace mas ruido que el karaoke", "unknown"),
        ("a prize", "GANASTE un premio, llama ya", "spam"),
        ("a sale", "vendo terreno en kupini, papeles al dia", "spam"),
        ("a loan", "prestamos inmediatos sin garante", "spam"),
        ("a stolen prize is a need", "me robaron en kupini, gracias", "report"),
        ("nothing", "   ", "empty"),
        ("marks", "...!!", "empty"),
        ("a number", "7", "number_only"),
        ("words of nothing", "tal vez si", "unknown"),
    ],
)
def test_texts_that_ask_for_nothing(label: str, text: str, intent: str) -> None:
    outcome = read(text)
    assert outcome.intent == intent, f"{label}: {outcome.why}"


def test_a_rude_report_is_flagged_and_kept() -> None:
    assert read("carajo no hay agua en kupini").flags == ("rude",)


@pytest.mark.parametrize(
    ("label", "text", "reporting", "intent"),
    [
        ("alone it asks that all be erased", "borrar", False, "erase"),
        ("where we asked about a report it is about that report", "borrar", True, "cancel"),
        ("in French too", "effacer", True, "cancel"),
        ("who says what is to be erased means it", "borrar mis datos", True, "erase"),
        ("with a reference it is about that report", "borrar 10376", False, "cancel"),
    ],
)
def test_the_bare_word_for_delete_keeps_its_meaning_in_a_conversation(label: str, text: str, reporting: bool, intent: str) -> None:
    outcome = read(text, last_reference="48215", reporting=reporting)
    assert outcome.intent == intent, f"{label}: {outcome.why}"
