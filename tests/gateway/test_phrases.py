"""Where phrases of a list stand in a text, and what is left of it without them."""

from __future__ import annotations

import pytest

from gateway.conversation.phrases import found, leads, said_in, without, words_of

PHRASES = frozenset({("me", "cai"), ("no", "puedo"), ("no", "puedo", "ir"), ("puedo", "ir", "hoy"), ("je", "n", "arrive", "pas")})


@pytest.mark.parametrize(("label", "text", "spans", "left"), [
    ("the longest phrase counts", "no puedo ir, estoy lejos", [(0, 3)], ", estoy lejos"),
    ("capitals, accents and marks are no difference", "¡Me caí! y me duele", [(0, 2)], "¡! y me duele"),
    ("an elision is two words", "J'ai peur, je n'arrive pas", [(3, 7)], "J'ai peur, "),
    ("two phrases that share words are taken out as one", "no puedo ir hoy mija", [(0, 4)], " mija"),
    ("the same phrase twice", "me cai, me cai", [(0, 2), (2, 4)], ", "),
    ("half a phrase is none", "me duele, puedo ir", [], "me duele, puedo ir"),
    ("nothing said", "", [], ""),
])
def test_phrases_are_found_and_taken_out(label: str, text: str, spans: list[tuple[int, int]], left: str) -> None:
    assert found(words_of(text), PHRASES) == spans, label
    assert without(text, PHRASES) == left, label


@pytest.mark.parametrize(("label", "text", "size"), [
    ("at the beginning", "no puedo ir con ella", 3),
    ("a comma ends it", "no puedo, ir con ella no", 2),
    ("not in the middle", "hoy no puedo", 0),
])
def test_a_phrase_leads_only_at_the_beginning(label: str, text: str, size: int) -> None:
    assert leads(words_of(text), PHRASES) == size, label


def test_what_comes_after_a_long_beginning_is_not_read() -> None:
    assert "no" not in said_in("si " * 400 + "no")
