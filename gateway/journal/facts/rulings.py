"""What a commission decided about a need in a meeting: the facts, and the step that folds them.

A decision stands until the next one. What it did besides, a link or a status, is told by the facts of those, which come before it in
the same transaction; so the decision itself is the last word about the need, and news go by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]

TAKEN_UP, POSTPONED, REFUSED, VERIFY = RULINGS = ("taken_up", "postponed", "refused", "verify")
# Two leave a need as open as it was, and are themselves how it stands for its residents.
STAGE_OF: Final = {POSTPONED: "postponed", VERIFY: "checking"}
SAID: Final = ("decision", "met_on", "work", "until", "reason", "why", "run", "unlinked", "status")


@about("need")
@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionDecided(Event):
    """A commission decided on `met_on`: `taken_up` with a work, `postponed` until a day, `refused`, or to `verify` it first.

    `reason` is what residents may read of a refusal, `why` is for colleagues, `run` the agenda that lay before the commission. `linked`:
    this made the link; `unlinked` is the work whose link it took back; `status` is what it set, empty where it set none. `after` is
    the decision of a commission that the person saw.
    """

    need: str
    decision: str
    met_on: str
    work: str = ""
    until: str = ""
    reason: str = ""
    why: str = ""
    run: str = ""
    linked: bool = False
    unlinked: str = ""
    status: str = ""
    after: str | None = None


@about("need")
@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionWithdrawn(Event):
    """A person took the last decision of a commission back, before residents heard of it; what stood before it stands again.

    An empty `decision` says that there was none. `after` is the decision that is taken back.
    """

    need: str
    decision: str = ""
    met_on: str = ""
    work: str = ""
    until: str = ""
    reason: str = ""
    why: str = ""
    run: str = ""
    linked: bool = False
    unlinked: str = ""
    status: str = ""
    decided_by: str = ""
    decided_at: str = ""
    after: str | None = None


KINDS: Final = (CommissionDecided.KIND, CommissionWithdrawn.KIND)


def ruling(row: Row | None, fact: Fact) -> Row:
    """The last word of a commission about a need; `entry` and `said_at` are of the last fact, `by` and `at` of the decision."""
    back = fact.kind == CommissionWithdrawn.KIND
    return {name: fact[name] or "" for name in SAID} | {
        "linked": bool(fact["linked"]),
        "by": (fact["decided_by"] or "") if back else fact.by, "at": (fact["decided_at"] or "") if back else fact.at,
        "entry": fact.position, "said_at": fact.at, "contested": row is not None and fact["after"] != row["entry"]}


def standing(rulings: Iterable[Row], last: str) -> Row | None:
    """The decision that is itself how a need stands: one that leaves it open, when nothing was decided about the need since.

    `last` is the newest other decision about the need, or about one that is merged with it, as its position.
    """
    newest = max(rulings, key=lambda row: str(row["entry"]), default=None)
    return newest if newest is not None and newest["decision"] in STAGE_OF and newest["entry"] > last else None
