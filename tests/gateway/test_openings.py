"""How a text begins when it speaks of the one before: tables in every language."""

from __future__ import annotations

from types import ModuleType

import pytest

from gateway.conversation import assent, circle, openings
from gateway.conversation.openings import Correction, correction_in
from gateway.conversation.phrases import said_in
from parsers.clean import clean_words


@pytest.mark.parametrize(("label", "text", "lead", "reference", "rest"), [
    ("the offered answer, in es",                    "NO",                               "denies", None, None),
    ("with a full stop",                             "No.",                              "denies", None, None),
    ("in fr",                                        "non",                              "denies", None, None),
    ("in Darija",                                    "LLA",                              "denies", None, None),
    ("in Arabic letters",                            "لا",                               "denies", None, None),
    ("in Swahili",                                   "hapana",                           "denies", None, None),
    ("in Aymara",                                    "janiwa",                           "denies", None, None),
    ("in Quechua",                                   "mana",                             "denies", None, None),
    ("in more words",                                "no está bien",                     "denies", None, None),
    ("one of several",                               "NO 10029",                         "denies", "10029", None),
    ("one of several, and what is right",            "NO 10029 es luz",                  "denies", "10029", "es luz"),
    ("another place after a comma",                  "NO, en Kupini",                    "denies", None, "en Kupini"),
    ("another need without one",                     "no es agua es luz",                "denies", None, "luz"),
    ("what is denied stands last",                   "no, es luz, no agua",              "denies", None, "es luz,"),
    ("denied twice",                                 "no, no es agua, es luz",           "denies", None, "luz"),
    ("in fr, with an elision",                       "NON, c'est à Anfa",                "denies", None, "c'est à Anfa"),
    ("denied first, in Darija",                      "machi lma, daw",                   "hints",  None, "daw"),
    ("denied first, in Arabic letters",              "ماشي الما، الضو",                  "hints",  None, "الضو"),
    ("denied first, in fr",                          "ce n'est pas l'eau, c'est la rue", "hints",  None, "la rue"),
    ("only a past tense announces it",               "era S1701",                        "hints",  None, "S1701"),
    ("an excuse announces it",                       "perdon es en kupini",              "hints",  None, "es en kupini"),
    ("said outright",                                "quise decir Kupini",               "mends",  None, "Kupini"),
    ("the name alone after no",                      "no kupini",                        "bare",   None, "kupini"),
    ("a report that begins with no is left open",    "no hay agua",                      "bare",   None, "hay agua"),
])
def test_a_correction_is_seen(label: str, text: str, lead: str, reference: str | None, rest: str | None) -> None:
    found = correction_in(text)
    assert found is not None, label
    assert (found.lead, found.reference) == (lead, reference), label
    assert (found.rests[0] if found.rests else None) == rest, label


@pytest.mark.parametrize(("label", "text"), [
    ("nothing", ""),
    ("marks only", "?!"),
    ("a report", "basura en Kupini"),
    ("the Spanish article is not Darija's no", "la calle esta rota"),
    ("an ill smell is not ill", "mal olor en kupini"),
    ("the beginning of a hint alone", "era"),
])
def test_no_correction_is_seen(label: str, text: str) -> None:
    assert correction_in(text) is None, label


def test_a_correction_is_firm_where_something_is_wrong_whatever_follows() -> None:
    assert correction_in("no, gracias a usted") == Correction("denies", None, ("gracias a usted",), True)
    assert correction_in("no es urgente") == Correction("denies", None, ("es urgente",), False)


@pytest.mark.parametrize(("text", "readings"), [
    ("es luz, no agua, y es en Kupini", "es luz,  y es en Kupini"),
    ("c'est l'eau, pas la lumière", "c'est l'eau,"),
    ("alcantarilla, no hay tapa", "alcantarilla, no hay tapa"),
    ("agua", "agua"),
])
def test_what_is_denied_inside_is_left_out(text: str, readings: str) -> None:
    assert openings.readings(text)[0] == readings


@pytest.mark.parametrize(("label", "text", "part", "rest"), [
    ("two numbers and a bar", "1/2 hola", (1, 2), "hola"),
    ("in brackets at the end", "no hay agua (2/2)", (2, 2), "no hay agua"),
    ("in words", "parte 2 de 3 y la luz", (2, 3), "y la luz"),
    ("a time is no part", "1/2 hora sin agua", None, "1/2 hora sin agua"),
    ("the third of two is none", "3/2 x", None, "3/2 x"),
    ("no number at all", "no hay agua", None, "no hay agua"),
])
def test_part_of(label: str, text: str, part: tuple[int, int] | None, rest: str) -> None:
    assert openings.part_of(text) == part, label
    if part:
        assert openings.without_part(text) == rest, label


@pytest.mark.parametrize(("label", "one", "other", "same"), [
    ("capitals, accents and marks aside", "No hay AGUA, en villa fátima!!", "no hay agua en villa fatima", True),
    ("a mark before it", "¡no hay agua", "no hay agua", True),
    ("another word", "no hay agua en villa fatima", "no hay luz en villa fatima", False),
    ("more words", "no hay agua", "no hay agua hoy", False),
    ("Arabic with and without its marks", "ما كاينش الماءُ", "ما كاينش الماء", True),
    ("long texts that differ at the end", "agua " * 100 + "uno", "agua " * 100 + "dos", False),
])
def test_same(label: str, one: str, other: str, same: bool) -> None:
    assert openings.same(one, other) is same, label


@pytest.mark.parametrize(("label", "holds", "no"), [
    ("adds", ["tambien hay basura", "en kupini tambien", "et aussi la rue", "also garbage", "7ta zbel", "كذلك الزبل", "pia taka"],
     "hay basura"),
    ("introduces", ["soy Maria, no hay agua", "hola je suis Paul", "this is Jane", "smiyti Fatima", "naitwa Juma"], "hola no hay agua"),
    ("says_where", ["es por la calle 5", "en Kupini cerca del rio", "devant l'école", "near the school", "حدا المدرسة"], "no hay agua"),
    ("is_other", ["otra", "Ninguna", "autre", "none of these", "حاجة أخرى", "okhra"], "otra vez no hay agua"),
    ("is_yes", ["SI", "si, esta bien", "oui", "yes", "نعم", "wakha", "ndio"], "si no hay agua"),
])
def test_what_a_text_says_of_itself(label: str, holds: list[str], no: str) -> None:
    ask = getattr(openings, label)
    assert [text for text in holds if not ask(text)] == [], label
    assert not ask(no), label


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("٣", 3), (" 8. ", 8), ("la 2", None), ("10005", None), ("", None), ("no", None)])
def test_number_in(text: str, number: int | None) -> None:
    assert openings.number_in(text) == number


@pytest.mark.parametrize("module", [openings, assent, circle], ids=lambda module: module.__name__)
def test_every_list_holds_words_as_they_are_compared(module: ModuleType) -> None:
    """A phrase that is longer than its words, or has none, would never be found."""
    for name, lists in module._LISTS._lists.items():
        for phrases in lists.values():
            for phrase in phrases:
                assert said_in(phrase) == clean_words(phrase) != (), (name, phrase)


@pytest.mark.parametrize(("label", "text", "over"), [
    ("help came",                     "ya vinieron los bomberos, gracias",          True),
    ("it was a joke",                 "no, era broma",                              True),
    ("in fr",                         "c'est éteint, merci",                        True),
    ("in en",                         "the fire is out",                            True),
    ("in Arabic letters",             "طفاو العافية",                               True),
    ("in Darija",                     "kolchi mzyan daba",                          True),
    ("in Swahili",                    "wazima moto wamefika",                       True),
    ("it goes on",                    "ya vinieron los bomberos pero sigue el fuego", False),
    ("somebody is inside",            "ya vinieron los bomberos, hay gente adentro", False),
    ("no joke, and help is asked for", "no era broma, ayuda",                       False),
    ("help did not come",             "no vinieron los bomberos pero ya llega el fuego", False),
    ("more about the fire",           "somos 20 familias",                          False),
    ("flames came, not help",         "ya llegaron las llamas a mi casa",           False),
])
def test_whether_an_emergency_is_over(label: str, text: str, over: bool) -> None:
    assert openings.is_over(text) is over, label


@pytest.mark.parametrize(("label", "text", "alone"), [
    ("a street and its number", "en la calle 5", True), ("a corner", "en la esquina de la cancha", True),
    ("in French", "devant l'école", True),
    ("what is there is said, too", "en la esquina hay perros", False), ("what lacks there", "en la calle no hay luz", False),
    ("the need comes first", "hueco en la calle 5", False), ("many words", "en la calle 5 los perros muerden a todos", False),
    ("in French, what is there", "devant l'école il y a des rats", False), ("no spot", "gracias", False)])
def test_a_spot_and_nothing_beside_it(label: str, text: str, alone: bool) -> None:
    assert openings.is_spot_alone(text) is alone, label
