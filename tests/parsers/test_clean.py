"""One normaliser for both sides: what a word and a text become before they are compared."""

import pytest

from parsers.clean import clean_word, clean_words, storable
from parsers.sounds import distance, sound


@pytest.mark.parametrize(
    ("label", "raw", "word"),
    [
        ("accents and capitals go", "Següencoma", "seguencoma"),
        ("ñ is n", "AÑO", "ano"),
        ("three letters or more are one", "aguaaaaa", "agua"),
        ("two letters stay", "calle", "calle"),
        ("digits are never collapsed", "88882", "88882"),
        ("eastern digits are digits", "٤٨٢١٥", "48215"),
        ("Persian digits too", "۱۲", "12"),
        ("Devanagari digits too", "४२", "42"),
        ("tatweel goes", "الــزبـل", "الزبل"),
        ("harakat go", "الضَّوْء", "الضوء"),
        ("alef, ya and ta marbuta are one each", "أزمةى", "ازمهي"),
        ("zero-width joiners go", "a\u200dgua", "agua"),
        ("direction marks go", "\u202bماء\u202c", "ماء"),
        ("full width is plain", "ＡＧＵＡ", "agua"),
        ("an apostrophe inside a word goes", "ch'amaka", "chamaka"),
        ("every keyboard's apostrophe", "ch\u2019amaka", "chamaka"),
        ("a decomposed accent is an accent", "re\u0301seau", "reseau"),
    ],
)
def test_clean_word(label: str, raw: str, word: str) -> None:
    assert clean_word(raw) == word, label


@pytest.mark.parametrize(
    ("label", "text", "words"),
    [
        ("French elisions are two words", "Pas d'eau, l'égout", ("pas", "d", "eau", "l", "egout")),
        ("qu' too", "qu'il", ("qu", "il")),
        ("hyphens separate", "borne-fontaine", ("borne", "fontaine")),
        ("Arabizi digits stay in their word", "3afak m9tou3", ("3afak", "m9tou3")),
        ("quotes are no letters", "'agua'", ("agua",)),
    ],
)
def test_clean_words(label: str, text: str, words: tuple[str, ...]) -> None:
    assert clean_words(text) == words, label


@pytest.mark.parametrize(
    ("label", "one", "other"),
    [
        ("b and v", "vasura", "basura"),
        ("ll and y", "yojeta", "llojeta"),
        ("s, z and c before e", "zopocachi", "sopocachi"),
        ("k, c and qu", "quellumani", "kellumani"),
        ("silent h", "huerfano", "uerfano"),
        ("hua and gua", "guayllani", "huayllani"),
        ("Arabizi 7 and h", "7ay", "hay"),
        ("Arabizi 3 and a", "3in", "ain"),
        ("ou and u", "moumen", "mumen"),
        ("doubled letters", "pampahassi", "pampahasi"),
    ],
)
def test_words_that_sound_the_same(label: str, one: str, other: str) -> None:
    assert sound(one) == sound(other), label


def test_words_that_do_not_sound_the_same() -> None:
    assert sound("agua") != sound("luz")
    assert distance("agua", "augа", 1) > 0
    assert sound("48215") == "48215", "digits alone are a number, not Arabizi"


def test_storable_drops_only_what_cannot_be_stored() -> None:
    assert storable("a\x00b\ud800c ñ 😀") == "a b c ñ 😀"
