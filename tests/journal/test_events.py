"""Every event has one sample in tests/samples; a sample is never edited, so what was written years ago can still be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact
from gateway.journal.events import EVENTS
from gateway.journal.projections import FOLDS

SAMPLES = Path(__file__).parents[1] / "samples"


def test_every_event_has_its_sample_and_every_sample_its_event() -> None:
    assert sorted(EVENTS) == sorted(path.stem for path in SAMPLES.glob("*.json"))


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_a_sample_is_read_by_the_event_of_today(kind: str) -> None:
    body = json.loads((SAMPLES / f"{kind}.json").read_text("utf-8"))
    made = EVENTS[kind](**{name: tuple(v) if isinstance(v, list) else v for name, v in body["data"].items()})
    assert made.KIND == body["kind"] == kind
    assert made.about() == body["about"]
    facts = json.loads(canonical(made.facts()))
    assert {name: facts[name] for name in body["data"]} == body["data"]


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_a_sample_is_folded_into_each_table_that_asks_for_it(kind: str) -> None:
    body = json.loads((SAMPLES / f"{kind}.json").read_text("utf-8"))
    fact = Fact("0", kind, tuple(body["about"]), body["at"], body["by"], body["data"])
    asked = [fold for fold in FOLDS if kind in fold.kinds]
    assert asked, f"nothing is folded from {kind}"
    for fold in asked:
        fold.step(None, fact)
        blank = fold.blank | ({"state": "queued"} if "state" in fold.blank else {})
        if fold.kinds[kind](fact) is not None:
            row = fold.step(blank, fact)
            assert row is not None
            assert set(row) <= {c.name for c in fold.table.columns}
