"""A growing pause between wrong passwords, per account and per address. It slows guessing and locks nobody out for good.

Held in memory, so each web process counts for itself and a restart forgets; that is enough against guessing, because
every guess also costs an argon2 hash.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_PAUSE = 60.0
FORGET_AFTER = timedelta(minutes=15)
MOST_KEYS = 10_000


@dataclass(slots=True)
class _Tries:
    wrong: int
    last: datetime
    free_at: datetime


class Throttle:
    """`wait(key)` says how many seconds are left; only a try that was really made and was wrong makes the pause grow."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._tries: dict[str, _Tries] = {}
        self._lock = threading.Lock()

    def wait(self, key: str, now: datetime) -> float:
        with self._lock:
            tries = self._tries.get(key)
            return max(0.0, (tries.free_at - now).total_seconds()) if tries else 0.0

    def wrong(self, key: str, now: datetime) -> None:
        with self._lock:
            tries = self._tries.get(key)
            count = tries.wrong + 1 if tries and now - tries.last < FORGET_AFTER else 1
            # the exponent is bounded before the power: nobody makes us compute 2 ** 100000
            pause = 0.0 if count < self._free else min(2.0 ** min(count - self._free, 10), LONGEST_PAUSE)
            self._tries[key] = _Tries(count, now, now + timedelta(seconds=pause))
            if len(self._tries) > MOST_KEYS:
                self._make_room(now)

    def right(self, key: str) -> None:
        with self._lock:
            self._tries.pop(key, None)

    def _make_room(self, now: datetime) -> None:
        """Forget the oldest half: names tried once by a scanner, not the one that is being guessed."""
        oldest = sorted(self._tries, key=lambda k: (self._tries[k].wrong, self._tries[k].last))
        for key in oldest[:MOST_KEYS // 2]:
            del self._tries[key]
