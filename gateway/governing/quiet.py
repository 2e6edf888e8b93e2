"""When nobody is texted who did not just text us: the quiet hours of a city, in its own time.

>>> from datetime import datetime, UTC
>>> opening(datetime(2026, 11, 25, 2, tzinfo=UTC), "America/La_Paz", (8, 20)).isoformat()
'2026-11-25T12:00:00+00:00'
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def opening(at: datetime, zone: str, hours: tuple[int, int]) -> datetime:
    """The first moment from `at` on that lies within the hours [from, until) of the day; `at` itself when it does."""
    first, last = hours
    here = at.astimezone(ZoneInfo(zone))
    if first <= here.hour < last:
        return at
    day = here if here.hour < first else here + timedelta(days=1)
    return day.replace(hour=first, minute=0, second=0, microsecond=0).astimezone(UTC)
