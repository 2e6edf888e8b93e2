"""How this node stands with the others, as values: sync finds them, the page shows them, and neither knows the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """`lacks` entries of ours are not there, `ahead` of theirs not here, `differ` writers have two histories."""

    name: str
    heard_at: str | None
    told_at: str | None
    lacks: int
    ahead: int
    differ: int
    compared: bool
    trouble: str
    unanswered: int
    restored_at: str | None = None

    @property
    def is_past(self) -> bool:
        """Whether what is known of it is of before this database was put back from a backup."""
        return bool(self.heard_at and self.restored_at and self.heard_at < self.restored_at)

    @property
    def in_step(self) -> bool:
        """Said only when both sides told their heads and found that no body is lacking that may be held."""
        return bool(self.heard_at) and not self.is_past and self.compared and not (self.lacks or self.ahead or self.differ)

    def __str__(self) -> str:
        heard = f"heard {when(self.heard_at)}" if self.heard_at else "never heard"
        if not self.heard_at:
            state = f"{self.lacks:,} entries to bring"
        elif self.is_past and not self.differ:
            state = "NOT HEARD since this node was restored"
        elif self.in_step:
            state = "restored, and IN STEP when last heard" if self.restored_at else "IN STEP when last heard"
        else:
            state = ", ".join(words for count, words in (
                (self.differ, f"{self.differ} writer(s) have TWO HISTORIES"), (self.lacks, f"it lacks {self.lacks:,} entries"),
                (self.ahead, f"it has {self.ahead:,} that are not here"), (not self.compared, "bodies not compared yet")) if count)
        more = [f"last told {when(self.told_at)}"] if self.told_at else []
        more += [f"{self.unanswered} bundle(s) without receipt"] if self.unanswered else []
        more += [f"TROUBLE: {self.trouble}"] if self.trouble else []
        return f"{self.name}: {state}; {heard}{''.join(f'; {each}' for each in more)}"


@dataclass(frozen=True, slots=True)
class Absent:
    """A node that is not exchanged with: `revoked` at a time, or only invited."""

    name: str
    revoked_at: str | None


@dataclass(frozen=True, slots=True)
class Waits:
    """Entries that came and cannot be taken yet; `missing` names what must come before them."""

    whose: str
    epoch: int
    first: int
    last: int
    why: str
    since: str
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A batch or bundle that was not taken, and why."""

    at: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """All of it. `trouble` is of this node itself: `fork` or `copy`."""

    name: str
    hub: str | None = None
    is_hub: bool = False
    standings: Sequence[Standing] = ()
    absent: Sequence[Absent] = ()
    waits: Sequence[Waits] = ()
    refused: Sequence[Refusal] = ()
    trouble: str = ""
    restored_at: str | None = None
    restored_from: str | None = None


Look = Callable[[], Neighbourhood]


def when(at: str | None) -> str:
    """`2026-11-25T12:00:00.000Z` -> `2026-11-25 12:00`."""
    return (at or "")[:16].replace("T", " ")
