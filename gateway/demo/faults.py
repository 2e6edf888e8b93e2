"""What can go wrong at the provider, switched on by hand.

A test that arms a fault should read `met` afterwards: a fault nobody ran into proves nothing.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

Call = Literal["send", "list", "page", "inbound", "carry"]
REST: frozenset[Call] = frozenset({"send", "list"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One armed fault: which calls it strikes, how often, and what it does."""

    kind: str
    calls: frozenset[Call]
    left: int | None  # None = until cleared
    status: int = 503
    code: int = 0
    seconds: float = 0.0
    to: str | None = None
    accepts: bool = False  # the message is kept and carried although the caller never hears of it


class Faults:
    """The faults armed now, oldest first; every call meets at most one."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._lock = threading.Lock()
        self.met: Counter[str] = Counter()

    def too_many(
        self, times: int | None = 1, retry_after: float = 1, on: frozenset[Call] = REST, to: str | None = None
    ) -> None:
        """Answer 429 with a Retry-After header."""
        self._arm(Fault("too_many", on, times, status=429, code=20429, seconds=retry_after, to=to))

    def broken(
        self, times: int | None = 1, status: int = 503, on: frozenset[Call] = REST, accepts: bool = False, to: str | None = None
    ) -> None:
        """Answer 5xx; with `accepts` the message leaves all the same, as behind a failing proxy."""
        self._arm(Fault("broken", on, times, status=status, code=20500, accepts=accepts, to=to))

    def hang(
        self, times: int | None = 1, seconds: float = 60, on: frozenset[Call] = REST, accepts: bool = True, to: str | None = None
    ) -> None:
        """Say nothing for so long, then drop the connection."""
        self._arm(Fault("hang", on, times, seconds=seconds, accepts=accepts, to=to))

    def drop(self, times: int | None = 1, on: frozenset[Call] = REST, accepts: bool = True, to: str | None = None) -> None:
        """Drop the connection without an answer: for a send, nobody can tell whether the message left."""
        self._arm(Fault("drop", on, times, accepts=accepts, to=to))

    def refuse(self, code: int = 21610, to: str | None = None, times: int | None = 1) -> None:
        """Refuse a send with 400 and an error code: 21610 the resident opted out, 21211 no such number, ..."""
        self._arm(Fault("refuse", frozenset({"send"}), times, status=400, code=code, to=to))

    def undelivered(self, code: int = 30003, to: str | None = None, times: int | None = 1) -> None:
        """Accept a send, then report `undelivered` with an error code: 30003 phone off, 30005 unknown number."""
        self._arm(Fault("undelivered", frozenset({"carry"}), times, code=code, to=to))

    def repeat_pages(self, times: int | None = 1) -> None:
        """Serve a page of the list, then the same page once more as the next one."""
        self._arm(Fault("repeat_pages", frozenset({"page"}), times))

    def lose(self, times: int | None = 1, to: str | None = None) -> None:
        """Never deliver an inbound message by webhook; it stands in the list, where reconcile must find it."""
        self._arm(Fault("lose", frozenset({"inbound"}), times, to=to))

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def take(self, call: Call, to: str | None = None) -> Fault | None:
        """The fault this call runs into, if any; `to` is the resident's number."""
        with self._lock:
            for index, fault in enumerate(self._armed):
                if call not in fault.calls or fault.to not in (None, to):
                    continue
                self.met[fault.kind] += 1
                if fault.left == 1:
                    del self._armed[index]
                elif fault.left is not None:
                    self._armed[index] = replace(fault, left=fault.left - 1)
                return fault
        return None

    def _arm(self, fault: Fault) -> None:
        if fault.left is not None and fault.left < 1:
            raise ValueError("a fault strikes at least once; None = until cleared")
        with self._lock:
            self._armed.append(fault)
