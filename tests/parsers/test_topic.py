"""What a text about an earlier report names, and the numbers in it however they are typed."""

import pytest

from parsers.reference import numbered
from parsers.topic import topic_of
from tests.parsers.parser_tables import WORDS, places_of, read


@pytest.mark.parametrize(("label", "text", "kind", "place"), [
    ("water, in Spanish", "ya hay agua en el grifo", "WAT", None),
    ("light, in Spanish", "ya regreso la luz", "LIT", None),
    ("a lamp and its place", "ya cambiaron el foco de Kupini", "LIT", "S1701"),
    ("a hole", "taparon el bache de la esquina", "ACC", None),
    ("garbage, in French", "les ordures sont ramassées", "WST", None),
    ("water, in Arabic", "رجع الما", "WAT", None),
    ("light, in Darija", "rje3 ddo", "LIT", None),
    ("water, in Swahili", "maji yamerudi", "WAT", None),
    ("nothing", "ya lo arreglaron, gracias", None, None),
])
def test_what_is_named(label: str, text: str, kind: str | None, place: str | None) -> None:
    topic = topic_of(text, WORDS, places_of("la-paz"))
    assert ({code[:3] for code in topic.categories}, topic.place) == ({kind} if kind else set(), place), label


@pytest.mark.parametrize(("label", "text", "intent", "reference"), [
    ("glued to the word", "apoyo48215", "support", "48215"),
    ("glued to another word", "estado10376", "status", "10376"),
    ("letters for digits", "ESTADO 1O376", "status", "10376"),
    ("both", "estado1O376", "status", "10376"),
    ("a number sign of letters", "estado N48215", "status", "48215"),
    ("French", "statut48215", "status", "48215"),
    ("a place code stays one", "no hay agua S1701", "report", None),
])
def test_a_reference_is_read_as_it_is_typed(label: str, text: str, intent: str, reference: str | None) -> None:
    outcome = read(text)
    assert (outcome.intent, outcome.reference) == (intent, reference), label


@pytest.mark.parametrize(("label", "word", "parts"), [
    ("a reference alone is a number as any", "48215", ()),
    ("a slip of the thumb is no reference", "estado48251", ()),
    ("a place code", "s1701", ()),
    ("a word of letters that look like digits", "lolio", ()),
    ("a word before it", "ref48215", ("ref", "48215")),
])
def test_which_words_hold_a_reference(label: str, word: str, parts: tuple[str, ...]) -> None:
    assert numbered(word) == parts, label


@pytest.mark.parametrize(("label", "text", "intent"), [
    ("badly", "ya lo arreglaron pero quedo igual", "not_fixed"),
    ("half of it, in French", "c'est réparé mais ça fuit encore", "not_fixed"),
    ("in English", "they fixed it but very badly", "not_fixed"),
    ("in Arabic", "تصلح ولكن ماشي مزيان", "not_fixed"),
    ("in Swahili", "imetengenezwa lakini inavuja", "not_fixed"),
    ("well", "ya lo arreglaron, quedo lindo", "fixed"),
    ("the light came back", "ya regreso la luz", "fixed"),
])
def test_repaired_but_is_not_repaired(label: str, text: str, intent: str) -> None:
    assert read(text, last_reference="48215").intent == intent, label


def test_letters_that_look_like_digits_are_read_whole() -> None:
    """Three alike are one in a word, and three in a number."""
    assert read("1OOO5", known_references=["10005"]).reference == "10005"
    assert read("estado 1OOO5", known_references=["10005"]).reference == "10005"
