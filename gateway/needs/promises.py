"""Until when somebody must have looked at a need: the taxonomy's hours in the working days of the city. Pure.

From 24 hours on a promise is kept in working days: two days from a Friday on end with the following Tuesday, at midnight of
the city. The day on which the need was opened does not count, nor do weekends, holidays, and days at whose end we waited for the
resident's answer. A promise of fewer hours, as emergencies have it, runs by day and night, and only such a wait stops it.

>>> la_paz = Calendar("America/La_Paz", frozenset({6, 7}), frozenset())
>>> la_paz.due(datetime(2026, 11, 27, 15, tzinfo=UTC), 48).isoformat()
'2026-12-02T04:00:00+00:00'
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.cities import CityPack
from gateway.journal.canonical import moment

Span = tuple[datetime, datetime]
A_DAY = timedelta(days=1)
DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of a city: `weekend` by ISO weekday (Sunday is 7), `holidays` as `2026-08-06` or, every year, `08-06`."""

    timezone: str
    weekend: frozenset[int]
    holidays: frozenset[str]

    @classmethod
    def of(cls, city: CityPack) -> Calendar:
        return cls(city.timezone, frozenset(city.weekend), frozenset(city.holidays))

    def works_on(self, day: date) -> bool:
        return day.isoweekday() not in self.weekend and self.holidays.isdisjoint((day.isoformat(), f"{day:%m-%d}"))

    def due(self, since: datetime, hours: int, pauses: Sequence[Span] = ()) -> datetime:
        """When the promise ends that began at `since`."""
        if hours < DAY_HOURS:
            return since + timedelta(hours=hours) + sum((end - start for start, end in pauses), timedelta())
        waited = {day for start, end in pauses for day in _days(self._local(start), self._local(end))}
        day, left = self._local(since), days_of(hours)
        while left:
            day += A_DAY
            left -= self.works_on(day) and day not in waited
        return self._midnight(day + A_DAY)

    def late_since(self, now: datetime, hours: int) -> datetime:
        """A promise of so many hours that began before this and never stood still is over by now.

        The same as asking `due` for each, turned round so that a database can answer for all needs of a kind at once.
        """
        if hours < DAY_HOURS:
            return now - timedelta(hours=hours)
        day, left = self._local(now), days_of(hours)
        while left:
            day -= A_DAY
            left -= self.works_on(day)
        return self._midnight(day)

    def _local(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.timezone)).date()

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.timezone)).astimezone(UTC)


def days_of(hours: int) -> int:
    """How many working days a promise takes: a begun one counts whole."""
    return -(-hours // DAY_HOURS)


def spans(pauses: str, paused_at: str | None = None, now: datetime | None = None) -> list[Span]:
    """The waits as the journal keeps them, with the one that still goes on."""
    found = [(moment(start), moment(end)) for start, end in json.loads(pauses)]
    return [*found, (moment(paused_at), max(now, moment(paused_at)))] if paused_at and now else found


def _days(first: date, last: date) -> Iterator[date]:
    """The days at whose end a wait went on: an answer within the hour costs none."""
    while first < last:
        yield first
        first += A_DAY
