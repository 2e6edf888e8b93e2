"""Until when somebody must have looked at a need: working days of the city, holidays, and clocks that stand still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import cities
from gateway.errors import Problem
from gateway.needs.promises import Calendar, Span, spans

LA_PAZ, CASABLANCA = (Calendar.of(cities.load(name)) for name in ("la-paz", "casablanca"))
MINUTES = st.integers(0, 60 * 24 * 500)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def at(day: str, hour: int = 15) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


@pytest.mark.parametrize(("label", "calendar", "since", "hours", "due"), [
    ("two days from a Wednesday end with Friday", LA_PAZ, at("2026-11-25"), 48, "2026-11-28T04:00:00+00:00"),
    ("two days from a Friday end with Tuesday", LA_PAZ, at("2026-11-27"), 48, "2026-12-02T04:00:00+00:00"),
    ("a day opened on Sunday ends with Monday", LA_PAZ, at("2026-11-29"), 24, "2026-12-01T04:00:00+00:00"),
    ("a begun day counts whole", LA_PAZ, at("2026-11-25"), 30, "2026-11-28T04:00:00+00:00"),
    ("a holiday of every year does not count", LA_PAZ, at("2026-08-05"), 24, "2026-08-08T04:00:00+00:00"),
    ("a feast that moves does not count", LA_PAZ, at("2026-02-13"), 24, "2026-02-19T04:00:00+00:00"),
    ("it is the day of the city, not of Greenwich", LA_PAZ, at("2026-11-26", 2), 24, "2026-11-27T04:00:00+00:00"),
    ("an emergency runs by night and on Sundays", LA_PAZ, at("2026-11-28", 23), 2, "2026-11-29T01:00:00+00:00"),
    ("Casablanca's week and its own feast", CASABLANCA, at("2026-11-05"), 48, "2026-11-10T23:00:00+00:00"),
])
def test_when_a_promise_ends(label: str, calendar: Calendar, since: datetime, hours: int, due: str) -> None:
    assert calendar.due(since, hours).isoformat() == due, label


@pytest.mark.parametrize(("label", "pauses", "due"), [
    ("never", [], "2026-11-28T04:00:00+00:00"),
    ("an answer within the hour costs no day", [(at("2026-11-26", 15), at("2026-11-26", 16))], "2026-11-28T04:00:00+00:00"),
    ("an answer on the next day costs one", [(at("2026-11-26", 15), at("2026-11-27", 15))], "2026-12-01T04:00:00+00:00"),
    ("a weekend of waiting costs none", [(at("2026-11-28", 15), at("2026-11-29", 15))], "2026-11-28T04:00:00+00:00"),
    ("two waits add up", [(at("2026-11-26", 15), at("2026-11-27", 15)), (at("2026-11-27", 20), at("2026-11-30", 15))],
     "2026-12-02T04:00:00+00:00"),
])
def test_a_day_at_whose_end_we_wait_for_the_resident_does_not_count(label: str, pauses: list[Span], due: str) -> None:
    assert LA_PAZ.due(at("2026-11-25"), 48, pauses).isoformat() == due, label


def test_an_emergencys_clock_stands_still_to_the_minute() -> None:
    waited = [(at("2026-11-25", 16), at("2026-11-25", 17))]
    assert LA_PAZ.due(at("2026-11-25"), 2, waited) == at("2026-11-25", 18)


@given(MINUTES, MINUTES, st.sampled_from([1, 2, 12, 24, 48, 72, 120, 240, 720]), st.sampled_from([LA_PAZ, CASABLANCA]))
def test_asked_of_all_at_once_or_of_each_the_answer_is_the_same(since: int, later: int, hours: int, calendar: Calendar) -> None:
    began, now = FIRST + timedelta(minutes=since), FIRST + timedelta(minutes=since + later)
    assert (calendar.due(began, hours) <= now) == (began < calendar.late_since(now, hours) or
                                                   (hours < 24 and began == calendar.late_since(now, hours)))


def test_a_wait_that_goes_on_is_one_too() -> None:
    known = '[["2026-11-25T15:00:00.000Z","2026-11-25T16:00:00.000Z"]]'
    assert spans(known, "2026-11-26T15:00:00.000Z", at("2026-11-27")) == [
        (at("2026-11-25", 15), at("2026-11-25", 16)), (at("2026-11-26", 15), at("2026-11-27", 15))]


@pytest.mark.parametrize(("label", "line", "fault"), [
    ("no day to work on", "weekend = [1, 2, 3, 4, 5, 6, 7]", "weekend is not a list of weekdays"),
    ("a day that is none", "weekend = [0]", "weekend is not a list of weekdays"),
    ("a date that is none", 'holidays = ["2026-02-30"]', "holiday '2026-02-30'"),
    ("a date of another spelling", 'holidays = ["6 August"]', "holiday '6 August'"),
])
def test_a_calendar_that_cannot_be_is_named(label: str, line: str, fault: str, tmp_path: Path) -> None:
    folder = Path(copytree(cities.HERE / "nairobi", tmp_path / "nairobi"))
    head, rest = (folder / "pack.toml").read_text("utf-8").split("weekend =")
    (folder / "pack.toml").write_text(f"{head}{line}\n\n[numbers]{rest.split('[numbers]')[1]}", "utf-8")
    with pytest.raises(Problem, match="bad row") as found:
        cities.load("nairobi", folder)
    assert fault in found.value.what, label
