"""What a commission decides in its meeting about a need, and how that is taken back before anybody heard of it.

    taken up with a work   -> the need is linked to it, and its residents hear of the work
    postponed until a day  -> it stays open, leaves the agenda until then, and they hear until when
    refused                -> it is rejected, and they hear why
    to be verified first   -> it waits for a visit again, and they hear that somebody comes to see it

Each is one transaction: the link or the status that follows from it, and last the decision itself, which `news` goes by. Saying again
what stands writes nothing. A later decision takes back the link that an earlier one of a commission made.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, select

from gateway.errors import Problem
from gateway.journal import heads, ledger, projections
from gateway.journal.entries import take_turn
from gateway.journal.events import Event
from gateway.journal.facts import rulings
from gateway.journal.facts.needs import NeedLinked, NeedStatusChanged, NeedUnlinked
from gateway.journal.facts.rulings import CommissionDecided, CommissionWithdrawn
from gateway.journal.facts.triage import StatusWithdrawn
from gateway.journal.rows import find
from gateway.journal.tables import Link, Need, Notice, Reply, Ruling, Told, Work, table
from gateway.needs import news
from gateway.node import Node
from gateway.words import reasons

LINK, NEED, NOTICE, REPLY, RULING, TOLD, WORK = (table(of) for of in (Link, Need, Notice, Reply, Ruling, Told, Work))
Row = dict[str, Any]

MOST_WHY = 500
FARTHEST = timedelta(days=3660)
OVER = ("done", "closed", "not_found")
UNSEEN = ("verified", "planned", "rejected")  # what is to be looked at again waits for a visit again
ON_THE_ROAD = (*news.LEFT, "uncertain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is written into the minutes of one point of the agenda."""

    decision: str
    met_on: str
    work: str = ""
    until: str = ""
    reason: str = ""
    why: str = ""
    run: str = ""


def decide(node: Node, need: str, said: Said, *, by: str, after: str | None = None) -> bool:
    """Write down what the commission decided; False where that stands already. `after` is the decision that the person saw."""
    said = _sound(node, said)
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        head = _head(c, need)
        last = _row(c, RULING, head["id"])
        if last is not None and not last["contested"] and _same(last, said) and _holds(c, head, last):
            return False
        if head["status"] in OVER:
            raise Problem("planning.refused", reason="This need is over: open it again before a commission decides about it.")
        if said.decision == rulings.TAKEN_UP and not find(c, WORK, "id", [said.work]):
            raise Problem("planning.unknown", thing="work", id=said.work[:40])
        events, linked, unlinked = _links(c, head["id"], said, last)
        status = _status(head, said)
        if status:
            events.append(NeedStatusChanged(need=head["id"], status=status, note=said.why, after=head["status_entry"],
                                            reason=said.reason if status == "rejected" else ""))
        events.append(CommissionDecided(
            need=head["id"], decision=said.decision, met_on=said.met_on, work=said.work, until=said.until, reason=said.reason,
            why=said.why, run=said.run, linked=linked, unlinked=unlinked, status=status,
            after=after if after is not None else last["entry"] if last else None))
        ledger.write(c, node.origin, events, at=node.now(), by=by, turn=turn)
    return True


def withdraw(node: Node, need: str, *, by: str, after: str) -> None:
    """Take the last decision of a commission back; what stood before stands again. Refused once a resident may have read of it."""
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)  # nothing is told meanwhile
        head = _head(c, need)
        last = _row(c, RULING, head["id"])
        if last is None or not last["decision"]:
            raise Problem("planning.unknown", thing="decision about need", id=need[:40])
        stand = news.stand_of(c, head["id"])
        if last["entry"] != after or stand is None or stand.change != last["entry"]:
            raise Problem("planning.refused", reason="Something was decided about this need since: decide anew.")
        if has_left(c, [last["entry"]]):
            raise Problem("planning.refused", reason="Residents were told of it already: decide anew, and they hear that it changed.")
        ledger.write(c, node.origin, [*_undone(c, head, last), _before(c, last)], at=node.now(), by=by, turn=turn)


def has_left(c: Connection, changes: Collection[str]) -> frozenset[str]:
    """Those of the decisions of which a text left, or may have."""
    return frozenset(c.execute(select(TOLD.c.change).join(REPLY, REPLY.c.id == TOLD.c.reply).where(
        TOLD.c.change.in_(sorted(changes)), REPLY.c.state.in_(ON_THE_ROAD))).scalars())


def _sound(node: Node, said: Said) -> Said:
    if not said.decision:
        raise Problem("planning.refused", reason="Choose what the commission decided.")
    if said.decision == rulings.POSTPONED and not said.until:
        raise Problem("planning.refused", reason="Say until which day it is postponed.")
    if said.decision not in rulings.RULINGS:
        raise Problem("planning.refused", reason="“%(said)s” is not a decision (%(known)s).", said=said.decision[:40],
                      known=", ".join(rulings.RULINGS))
    if _day(said.met_on) > node.today:
        raise Problem("planning.refused", reason="%(day)s is still to come.", day=said.met_on)
    until = reason = work = ""
    if said.decision == rulings.POSTPONED:
        if not node.today < (day := _day(said.until)) <= node.today + FARTHEST:
            raise Problem("planning.refused", reason="What is postponed waits until a day that is still to come, within ten years.")
        until = day.isoformat()
    elif said.decision == rulings.REFUSED:
        if not (reason := reasons.readable(said.reason)):
            raise Problem("planning.refused", reason="Who refuses a need says why: its residents read it.")
        if len(" ".join(said.reason.split())) > reasons.MOST_REASON:
            raise Problem("planning.refused", reason="A reason has %(most)s characters at most: residents read the whole of it.",
                          most=reasons.MOST_REASON)
    elif said.decision == rulings.TAKEN_UP and not (work := said.work):
        raise Problem("planning.refused", reason="Who takes a need up says which work answers it.")
    return Said(decision=said.decision, met_on=said.met_on, work=work, until=until, reason=reason, run=said.run,
                why=" ".join(said.why.split())[:MOST_WHY])


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise Problem("planning.refused", reason="“%(said)s” is no day.", said=said[:20]) from None


def _head(c: Connection, need: str) -> Row:
    """The need that stands for all that are merged with it."""
    row = _row(c, NEED, heads.head_of(c, need))
    if row is None:
        raise Problem("planning.unknown", thing="need", id=need[:40])
    return row


def _same(last: Row, said: Said) -> bool:
    return all(last[name] == getattr(said, name) for name in ("decision", "met_on", "work", "until", "reason", "why"))


def _holds(c: Connection, head: Row, last: Row) -> bool:
    """Whether a decision is still how the need stands: nobody decided otherwise since."""
    if last["decision"] == rulings.REFUSED:
        return bool(head["status"] == "rejected")
    if last["decision"] == rulings.TAKEN_UP:
        return _live(c, head["id"], last["work"]) is not None
    stand = news.stand_of(c, head["id"])
    return stand is not None and stand.change == last["entry"]


def _links(c: Connection, need: str, said: Said, last: Row | None) -> tuple[list[Event], bool, str]:
    """The link that this makes, and the one that an earlier decision made and that holds no more."""
    events: list[Event] = []
    unlinked = ""
    if last is not None and last["decision"] == rulings.TAKEN_UP and last["linked"] and last["work"] != said.work:
        link = _live(c, need, last["work"])
        if link is not None:
            events.append(NeedUnlinked(need=link["need"], work=link["work"], why=said.why, after=link["entry"]))
            unlinked = link["work"]
    linked = said.decision == rulings.TAKEN_UP and _live(c, need, said.work) is None
    if linked:
        before = _row(c, LINK, f"{need}+{said.work}")
        events.append(NeedLinked(need=need, work=said.work, why=said.why, after=before["entry"] if before else None))
    # a link that an earlier decision made and this one keeps is still a commission's to take back
    kept = last is not None and bool(last["linked"]) and last["work"] == said.work
    return events, linked or kept, unlinked


def _live(c: Connection, need: str, work: str) -> Row | None:
    """The link to a work, of the need or of one that is merged with it."""
    ids = [f"{one}+{work}" for one in sorted(heads.members(c, [need]))]
    return next((link for link in find(c, LINK, "id", ids) if link["linked"]), None)


def _status(head: Row, said: Said) -> str:
    """The status that follows, empty where it stays as it is."""
    if said.decision == rulings.REFUSED:
        return "rejected"
    if said.decision == rulings.VERIFY:
        return "open" if head["status"] in UNSEEN else ""
    if head["status"] == "rejected":
        return "planned" if said.decision == rulings.TAKEN_UP else "open"
    return ""


def _undone(c: Connection, head: Row, last: Row) -> list[Event]:
    """What takes back the link and the status of a decision that is the newest about its need."""
    need, events = head["id"], list[Event]()
    before = projections.folded_without(c, RULING, need, lambda fact: fact.position == last["entry"])
    kept = before is not None and bool(before["linked"]) and before["work"] == last["work"]
    if last["linked"] and not kept and (link := _live(c, need, last["work"])) is not None:
        events.append(NeedUnlinked(need=link["need"], work=link["work"], after=link["entry"]))
    if last["unlinked"]:
        link = _row(c, LINK, f"{need}+{last['unlinked']}")
        events.append(NeedLinked(need=need, work=last["unlinked"], after=link["entry"] if link else None))
    if last["status"]:
        entry = head["status_entry"]
        was = projections.folded_without(c, NEED, need, lambda fact: fact.position == entry) or head
        told = projections.folded_without(c, NOTICE, need, lambda fact: fact.position == entry)
        events.append(StatusWithdrawn(
            need=need, status=was["status"], status_at=was["status_at"], status_by=was["status_by"], note=was["note"] or "",
            contested=bool(was["contested"]), after=entry, reason=told["reason"] if told else ""))
    return events


def _before(c: Connection, last: Row) -> CommissionWithdrawn:
    was = projections.folded_without(c, RULING, last["id"], lambda fact: fact.position == last["entry"])
    if was is None or not was["decision"]:
        return CommissionWithdrawn(need=last["id"], after=last["entry"])
    return CommissionWithdrawn(need=last["id"], after=last["entry"], linked=bool(was["linked"]), decided_by=was["by"],
                               decided_at=was["at"], **{name: was[name] for name in rulings.SAID})


def _row(c: Connection, of: Any, row_id: str) -> Row | None:
    return next(iter(find(c, of, "id", [row_id])), None)
