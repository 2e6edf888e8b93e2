"""The clock, injected: small boxes have none that can be trusted, and tests have one of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
MADE = datetime(2026, 11, 1, tzinfo=UTC)  # a clock before this is wrong: Barrio did not exist
FAR = datetime(2100, 1, 1, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


def is_trusted(moment: datetime) -> bool:
    return MADE <= moment < FAR
