"""How alike a report and a thing are, and why."""

from __future__ import annotations

import random

import pytest

from gateway.needs.likeness import (
    Likeness,
    Trace,
    best,
    elsewhere,
    is_point,
    liken,
    likest_words,
    nearly,
    packed,
    spot_of,
    spot_shown,
    spot_text,
    trace_of,
    unpacked,
)
from parsers.spots import spot_in


def seen(text: str, day: float = 0.0, sender: str = "", language: str = "es") -> Trace:
    return trace_of(text, sender, language, day)


@pytest.mark.parametrize(("label", "new", "known", "day", "verdict"), [
    ("the same street in two languages", "bache calle 5", ["pothole on 5 street"], 1, "same"),
    ("two streets", "bache calle 5", ["bache calle 9"], 1, "apart"),
    ("one street, far house numbers", "bache calle murillo 20", ["bache calle murillo 800"], 1, "apart"),
    ("one street, two corners", "bache calle 5 esquina loayza", ["hueco calle 5 esquina colon"], 1, "apart"),
    ("one street, two landmarks", "bache calle 5 frente a la escuela", ["hueco calle 5 frente al mercado"], 1, "unsure"),
    ("no spot told", "hay un bache", ["bache calle 5"], 1, "unsure"),
    ("neither tells one", "hay un bache enorme", ["pozo en la pista"], 1, "unsure"),
    ("long wording copied", "vecinos por favor arreglen el tremendo hueco que esta en la pista hace meses",
     ["vecinos por favor arreglen el tremendo hueco que esta en la pista hace meses"], 0, "same"),
    ("the same street months later", "bache calle 5", ["pozo calle 5"], 110, "unsure"),
    ("a thing that was told of twice, once with its number", "bache calle murillo 800", ["hueco calle murillo", "calle murillo 20"], 1,
     "apart"),
    ("nothing known", "bache calle 5", [], 0, "apart"),
])
def test_verdict(label: str, new: str, known: list[str], day: float, verdict: str) -> None:
    assert liken(seen(new, day), [seen(text) for text in known]).verdict == verdict, label


def test_the_reasons_are_for_people() -> None:
    found = liken(seen("hueco grande en la calle 5", 20), [seen("hay un hueco grande en la calle 5")])
    assert found.why == ("same street: 5", "words alike .79", "20 days apart")


def test_the_same_phone_adds_to_what_it_reported() -> None:
    assert liken(seen("sigue el bache", 9, "ana"), [seen("bache calle 5", 0, "ana")]).verdict == "same"
    assert liken(seen("bache calle 9", 9, "ana"), [seen("bache calle 5", 0, "ana")]).verdict == "apart"


def test_of_two_that_are_as_alike_none_is_taken() -> None:
    two = [("a", Likeness(0.9)), ("b", Likeness(0.88))]
    found = best(two)
    assert found is not None
    assert (found[0], found[1].verdict) == ("a", "unsure")
    assert best([("a", Likeness(0.9)), ("b", Likeness(0.5))]) == two[0]
    assert best([("a", Likeness(0.1))]) is None
    assert best([]) is None


@pytest.mark.parametrize(("label", "known", "mine", "shown"), [
    ("a number", [("bache calle 5", "a")], "hay un bache", "calle 5"),
    ("a name that one stranger wrote is not passed on", [("bache calle fulanoladron", "a")], "hay un bache", ""),
    ("one that two wrote is", [("bache calle murillo", "a"), ("hueco calle murillo", "b")], "hay un bache", "calle murillo"),
    ("one that the reader wrote is", [("bache calle murillo", "a")], "hueco calle murillo frente al mercado", "calle murillo"),
    ("a landmark of ours", [("bache frente a la escuela", "a")], "hay un bache", "escuela"),
    ("nothing", [("bache", "a")], "hay un bache", ""),
])
def test_what_a_stranger_is_told_of_a_thing(label: str, known: list[tuple[str, str]], mine: str, shown: str) -> None:
    assert spot_shown([seen(text, 0, sender) for text, sender in known], spot_in(mine), "es") == shown, label


def test_traces_are_kept_and_read_again() -> None:
    one = seen("hueco calle Murillo 231 frente a la escuela")
    assert spot_of(spot_text(one.spot)) == one.spot
    assert unpacked(packed(one.grams)) == one.grams


def test_kinds() -> None:
    assert is_point("ACC01")
    assert not is_point("WAT01")
    assert not is_point(None)
    assert elsewhere("bache calle 5", "hueco calle 9")
    assert not elsewhere("bache calle 5", "hueco")


def test_lengths_alone_settle_only_what_counting_the_letters_would_settle_too() -> None:
    rng = random.Random(7)
    texts = [frozenset(rng.sample(range(40), rng.randrange(0, 30))) for _ in range(60)]
    for one in texts:
        assert likest_words(one, texts[:20]) == max(len(one & other) / len(one | other) if one | other else 0.0 for other in texts[:20])
        assert [nearly(one, other, 0.4) for other in texts] == [bool(one | other) and len(one & other) / len(one | other) >= 0.4
                                                                 for other in texts]
