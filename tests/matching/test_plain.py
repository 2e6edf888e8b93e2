"""The inputs of a run as text: the same text for the same inputs, and the same ranking from it again."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace
from datetime import date

import pytest

from gateway.matching import Component, Decision, Milestone, rank
from gateway.matching.plain import digest, packed, unpacked
from tests.matching.example import inputs

FULL = replace(inputs(), decision=Decision(id="2026-1", decided_on="2026-03-01", source="Acta 12"), works=(
    *inputs().works, replace(inputs().works[0], id="G6", phase_since=date(2025, 1, 1),
                             milestones=(Milestone(name="licitación", due=date(2025, 2, 1)),),
                             components=(Component(code="MUR", primary=frozenset({"RSK02", "RSK01"}), secondary=frozenset({"RSK04"})),))))


def test_a_run_is_done_again_from_its_text() -> None:
    again = unpacked(packed(FULL))
    assert again == FULL
    assert rank(again).lines == rank(FULL).lines
    assert digest(again) == digest(FULL)


def test_the_order_of_what_came_in_does_not_show() -> None:
    places = dict(reversed(list(FULL.places.items())))
    assert digest(replace(FULL, places=places)) == digest(FULL)
    assert digest(replace(FULL, needs=FULL.needs[1:])) != digest(FULL)


def test_a_city_with_six_thousand_needs_fits_an_entry() -> None:
    many = replace(FULL, needs=tuple(replace(FULL.needs[i % 7], id=f"{i:024x}", age=i % 400) for i in range(6000)))
    assert len(packed(many)) < 250_000


@pytest.mark.parametrize(("label", "text"), [
    ("nothing", ""), ("no base85", "\x00\x7f"), ("nothing compressed", base64.b85encode(b"hello").decode()),
    ("other JSON", base64.b85encode(zlib.compress(b"{}")).decode()),
    ("a list", base64.b85encode(zlib.compress(b"[1]")).decode()),
    ("a bomb", base64.b85encode(zlib.compress(b" " * (65 * 1024 * 1024))).decode())])
def test_what_is_no_run_is_refused(label: str, text: str) -> None:
    with pytest.raises(ValueError, match="no inputs of a run"):
        unpacked(text)
