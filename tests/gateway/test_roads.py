"""Which road is in trouble, by what is usual there and by what the configuration says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from gateway import config
from gateway.governing.roads import (
    AGED,
    FAILING,
    PHONE,
    SILENT,
    UNDELIVERED,
    Heard,
    Phone,
    Rules,
    Sung,
    aged,
    failing,
    lost,
    silent,
    slot_of,
    undelivered,
    weak,
)

RULES = Rules()
MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


def at(day: int, hour: float) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


def heard(times: Iterable[datetime]) -> Heard:
    known = sorted(times)
    return Heard("kannel", sorted({slot_of(time) for time in known}), known[0], known[-1])


def daily(days: int, hours: Iterable[float], until: datetime) -> list[datetime]:
    """A text at each of these hours on each of the last days, up to a moment."""
    said = [at(-back, hour) for back in range(days + 1) for hour in hours]
    return [time for time in said if time < until]


BUSY = [8 + step / 3 for step in range(42)]  # every twenty minutes from 8 to 22


def test_the_rules_are_those_of_the_configuration() -> None:
    assert Rules(**config.Config().roads.model_dump()) == RULES


@pytest.mark.parametrize(("label", "times", "now", "trouble"), [
    ("quiet for half an hour by day",                        daily(28, BUSY, at(0, 15)), at(0, 15.4), False),
    ("quiet for two hours by day, which never happens",      daily(28, BUSY, at(0, 13)), at(0, 15), True),
    ("quiet all night, as every night",                      daily(28, BUSY, at(0, 0)), at(0, 7.5), False),
    ("and still quiet in the morning, when texts come",      daily(28, BUSY, at(0, 0)), at(0, 10), True),
    ("a village with a text a day, quiet since yesterday",   daily(28, [9.0], at(0, 0)), at(0, 8), False),
    ("and quiet at ten, an hour after its text",             daily(28, [9.0], at(0, 0)), at(0, 10.5), True),
    ("quiet on Sunday, as on every fourth day or so",
     [time for time in daily(28, BUSY, at(-1, 0)) if time.weekday() != 6], at(-1, 15), False),
    ("quiet for three days where it never is",               daily(28, BUSY, at(-3, 12)), at(0, 15), True),
    ("quiet for three weeks",                                daily(50, BUSY, at(-21, 12)), at(0, 15), True),
    ("a young channel, quiet for half a day",                daily(3, BUSY, at(0, 0)), at(0, 10), False),
    ("a young channel, quiet for a day and more",            daily(3, BUSY, at(-1, 0)), at(0, 10), True),
])
def test_silence(label: str, times: list[datetime], now: datetime, trouble: bool) -> None:
    found = silent(heard(times), now, RULES)
    assert (found is not None) is trouble, label
    if found is not None:
        assert (found.kind, found.where, found.since) == (SILENT, "kannel", max(times))


def test_the_floor_is_a_figure_of_the_configuration() -> None:
    times = daily(28, BUSY, at(0, 13))
    assert silent(heard(times), at(0, 13.6), Rules(silent_floor_minutes=30)) is not None
    assert silent(heard(times), at(0, 15), Rules(silent_floor_minutes=180)) is None


@pytest.mark.parametrize(("label", "went", "trouble"), [
    ("nothing was sent", "", False), ("all went", "s" * 20, False), ("four in a row failed", "s" * 16 + "f" * 4, False),
    ("five in a row failed", "s" * 15 + "f" * 5, True), ("the first five ever failed", "fffff", True),
    ("one of them went", "ffffsffff", False), ("every second of twenty failed", "fs" * 10, True),
    ("nine of twenty failed", "fs" * 9 + "ss", False), ("it goes again", "f" * 9 + "s" * 11, False),
])
def test_a_provider_that_fails(label: str, went: str, trouble: bool) -> None:
    found = failing("twilio", went, MONDAY, RULES, "21266")
    assert (found is not None) is trouble, label
    assert found is None or (found.kind, found.facts["reason"]) == (FAILING, "21266")


@pytest.mark.parametrize(("label", "states", "trouble"), [
    ("too few to say", ["undelivered"] * 9, False), ("half did not arrive", ["delivered", "failed"] * 5, True),
    ("most arrived", ["delivered"] * 11 + ["undelivered"] * 9, False)])
def test_texts_that_do_not_arrive(label: str, states: list[str], trouble: bool) -> None:
    found = undelivered("twilio", states, MONDAY, RULES)
    assert (found is not None) is trouble, label
    assert found is None or found.kind == UNDELIVERED


@pytest.mark.parametrize(("label", "waiting", "minutes", "trouble"), [
    ("nothing waits", 0, 99, False), ("for a moment", 3, 14, False), ("for a quarter of an hour", 3, 15, True)])
def test_replies_that_do_not_leave(label: str, waiting: int, minutes: int, trouble: bool) -> None:
    found = aged("kannel", waiting, MONDAY, MONDAY + timedelta(minutes=minutes), RULES)
    assert (found is not None) is trouble, label
    assert found is None or found.kind == AGED


@pytest.mark.parametrize(("label", "phone", "trouble"), [
    ("well", Phone("azul", MONDAY, 80, False, "4G"), False), ("low, and charging", Phone("azul", MONDAY, 5, True), False),
    ("low", Phone("azul", MONDAY, 19, False), True), ("low, and it does not say whether it charges", Phone("azul", MONDAY, 19), True),
    ("at the bar", Phone("azul", MONDAY, 20, False), False), ("it does not say its battery", Phone("azul", MONDAY), False),
    ("unheard for a quarter of an hour", Phone("azul", MONDAY - timedelta(minutes=15), 80), False),
    ("unheard for longer", Phone("azul", MONDAY - timedelta(minutes=16), 80, True), True)])
def test_a_weak_phone(label: str, phone: Phone, trouble: bool) -> None:
    found = weak([phone], MONDAY, RULES)
    assert bool(found) is trouble, label
    assert all((one.kind, one.where) == (PHONE, "azul") for one in found)


HOUR = timedelta(hours=1)
WITHIN = timedelta(minutes=15)


@pytest.mark.parametrize(("label", "canaries", "gone"), [
    ("none ever left", [], 0), ("all came back", [("back", 2, False), ("back", 1, False)], 0),
    ("the last is on its way", [("back", 1, False), ("out", 0.1, False)], 0),
    ("the last is late", [("back", 1, False), ("out", 0.5, False)], 1),
    ("two are late", [("back", 3, False), ("out", 2, False), ("out", 1, False)], 2),
    ("one was lost, the next came back", [("out", 2, False), ("back", 1, False)], 0),
    ("it was lost, and the next is on its way", [("out", 1, False), ("out", 0.1, False)], 1),
    ("it could not be sent", [("failed", 0.1, False)], 1),
    ("it came back only because we asked", [("back", 1, False), ("back", 0.5, True)], 1),
])
def test_a_canary_that_is_lost(label: str, canaries: list[tuple[str, float, bool]], gone: int) -> None:
    sung = [Sung("kannel", MONDAY - ago * HOUR, state, asked=asked) for state, ago, asked in canaries]
    found = lost(sung, MONDAY, WITHIN)
    assert [one.facts["lost"] for one in found] == ([gone] if gone else []), label
