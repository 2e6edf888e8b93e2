"""Many histories of many nodes; each failure prints its seed. Four planted faults show that the histories would find them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import pytest
from sqlalchemy import Connection

from gateway.journal import foreign, soundness
from gateway.journal.entries import Fact
from offline_sync import offering
from tests.offline_sync.simulation import History
from tests.offline_sync.stage import Template

SAMPLE = range(1, 17)  # half a minute
CAMPAIGN = range(1000, 3000)


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    made = Template()
    yield made
    made.remove()


def play(template: Template, seed: int, steps: int = 50) -> None:
    history = History(template, seed)
    try:
        history.play(steps)
    except Exception as fault:
        raise AssertionError(f"seed {seed}: {fault}\nagain: python -m tests.offline_sync.simulation {seed}") from fault
    finally:
        history.close()


def test_a_sample_of_histories_ends_in_one_truth(template: Template) -> None:
    for seed in SAMPLE:
        play(template, seed)


@pytest.mark.campaign
@pytest.mark.timeout(0)
def test_two_thousand_histories_end_in_one_truth(template: Template) -> None:
    for seed in CAMPAIGN:
        play(template, seed)


def skip_contiguity(patch: pytest.MonkeyPatch) -> None:
    """What comes before may be missing: it is taken all the same."""
    real = foreign.fits
    patch.setattr(foreign, "fits", lambda c, run, digests: "continues" if real(c, run, digests) == "gap" else real(c, run, digests))


def order_of_arrival(patch: pytest.MonkeyPatch) -> None:
    """Facts stand in the order in which a node heard of them, as a wall clock would have it."""
    real, clock = foreign.position_of, count(1)
    patch.setattr(foreign, "position_of", lambda lamport, *whose: real(next(clock), *whose))


def order_of_wall_clocks(patch: pytest.MonkeyPatch) -> None:
    """Facts stand in the order of the times that their writers' clocks showed."""
    real = soundness.read

    def read(body: str, position: str) -> tuple[str, Fact | None]:
        kind, fact = real(body, position)
        return kind, replace(fact, position=f"{fact.at}.{position.partition('.')[2]}") if fact is not None else None

    patch.setattr(soundness, "read", read)


def checkpoint_at_the_sender(patch: pytest.MonkeyPatch) -> None:
    """What was sent counts as known there."""
    real = offering.offer
    sent: dict[tuple[str, str, str], dict[tuple[str, int], tuple[int, str]]] = {}

    def offer(c: Connection, node: object, identity: object, book: object, to: object, **options: object) -> offering.Offer:
        key = (str(c.engine.url), str(book.name), str(to.name))  # type: ignore[attr-defined]
        here = offering.our_heads(c)
        with pytest.MonkeyPatch.context() as told:
            told.setattr(offering.heads, "read", lambda _: sent.get(key, {}))
            made = real(c, node, identity, book, to, **options)  # type: ignore[arg-type]
        if not made.more and not options.get("nothing"):
            sent[key] = here
        return made

    patch.setattr(offering, "offer", offer)


@pytest.mark.parametrize(("fault", "first"), [  # a gap that nothing fills later is rare: one history in twenty shows it
    (skip_contiguity, 44), (order_of_arrival, 1), (order_of_wall_clocks, 1), (checkpoint_at_the_sender, 1)])
def test_the_histories_find_a_planted_fault(
        template: Template, fault: Callable[[pytest.MonkeyPatch], None], first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    found = []
    for seed in range(first, first + 40):
        try:
            play(template, seed)
        except AssertionError as told:
            found.append(str(told))
            break
    assert found, f"{fault.__name__} was not found"
    assert "python -m tests.offline_sync.simulation" in found[0]
