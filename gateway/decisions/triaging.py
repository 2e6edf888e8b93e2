"""The queue's decisions: up to 200 at a time in one transaction, each its own entry, each taken back the same way.

Whoever opens something holds it for some minutes. A hold is a courtesy of this machine and no fact: others see it, may take
it over, and may not decide meanwhile without doing so.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete

from gateway.decisions import planning, trail, undoing
from gateway.decisions.photos import Photo
from gateway.errors import Problem
from gateway.journal import ledger, tasks
from gateway.journal.canonical import canonical, iso, moment, ordered_id
from gateway.journal.entries import Fact, facts_about, take_turn
from gateway.journal.events import Event
from gateway.journal.facts.needs import MessageSettled, NeedStatusChanged
from gateway.journal.facts.readings import PERSON, READ, ReportRead
from gateway.journal.facts.triage import StatusWithdrawn
from gateway.journal.facts.visits import NeedNoted
from gateway.journal.rows import find, upsert
from gateway.journal.tables import UNREAD, Hold, Lately, Message, Need, Notice, Reading, Report, Work, table
from gateway.node import Node

HOLD, LATELY, MESSAGE, NEED, NOTICE, READING, REPORT = (table(of) for of in (Hold, Lately, Message, Need, Notice, Reading, Report))
Row = dict[str, Any]

MOST, MOST_NOTE = 200, 2000
NEED_STATUSES = {"verify": "verified", "reject": "rejected", "not_found": "not_found"}
SETTLING = ("noted", "not_a_need", "answered_by_phone", "taken_up")
ACTIONS = ("verify", "confirm", *SETTLING, "reject", "not_found")
NOTE, SETTLE = "note", "settle"  # besides, where a single need stands before a person: write something down, end a dispute
TABLES = {"need": NEED, "report": REPORT, "message": MESSAGE, "work": table(Work)}
STATUS_KINDS = (NeedStatusChanged.KIND, StatusWithdrawn.KIND)
UNDO_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Who:
    """The person who decides, and whether something at a place (or at none) is theirs to decide."""

    account: str
    name: str
    may: Callable[[str | None], bool]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Something of the queue: `need`, `report` or `message`; `after` is the decision that the person saw, for a need."""

    what: str
    id: str
    after: str = ""

    @property
    def subject(self) -> str:
        return f"{self.what}:{self.id}"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one of them was left alone: `gone` `area` `held` `unfit` `done` `later`; `name` says which, `by` who is in the way.

    Of what is `unfit`, `by` names the actions that fit: `verify,reject,not_found`.
    """

    name: str
    reason: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """What a deed was done to: `need`, `report`, `message` or `work`, and what a person calls it."""

    what: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Deed:
    """The last thing an account did: how much of it can be taken back, to what it was done, and what failed."""

    action: str
    at: str
    done: int
    failures: tuple[Failure, ...]
    undoable: bool
    named: tuple[Named, ...] = ()


class _Left(Exception):
    def __init__(self, reason: str, by: str = "") -> None:
        self.reason, self.by = reason, by


# -------------------------------------------------------------------------------------------------------- holding

def hold(node: Node, who: Who, chosen: Chosen, *, over: bool = False) -> Row:
    """Put a hold on something, or say whose it is; `over` takes it from another, who is then named on it."""
    now = node.now()
    with node.database.writing() as c:
        there = _held(c, node, [chosen.subject], now).get(chosen.subject)
        if there is not None and there["account"] != who.account and not over:
            return there
        taken = there["name"] if there and there["account"] != who.account else there["taken_from"] if there else ""
        mine: Row = {"subject": chosen.subject, "account": who.account, "name": who.name, "at": iso(now), "taken_from": taken}
        upsert(c, HOLD, [mine])
        c.execute(delete(HOLD).where(HOLD.c.at < iso(now - _patience(node))))
    return mine


def release(node: Node, who: Who, chosen: Chosen) -> None:
    with node.database.writing() as c:
        c.execute(delete(HOLD).where(HOLD.c.subject == chosen.subject, HOLD.c.account == who.account))


def holds(c: Connection, node: Node, subjects: Sequence[str]) -> dict[str, Row]:
    """Who is on what, of these."""
    return _held(c, node, subjects, node.now())


def _held(c: Connection, node: Node, subjects: Sequence[str], now: datetime) -> dict[str, Row]:
    since, never = iso(now - _patience(node)), iso(now + _patience(node))
    return {row["subject"]: row for row in find(c, HOLD, "subject", list(subjects)) if since < row["at"] < never}


def _patience(node: Node) -> timedelta:
    return timedelta(seconds=node.config.triage.hold_seconds)


# ------------------------------------------------------------------------------------------------------- deciding

def decide(node: Node, who: Who, action: str, chosen: Sequence[Chosen], *, note: str = "", photo: Photo | None = None,
           status: str = "") -> Deed:
    """Do the same with each; what cannot be done is left alone and named, and the rest is done.

    A `photo` is written down beside the decision about a need. `status` is what a contested need is settled for.
    """
    if action not in (*ACTIONS, NOTE, SETTLE):
        raise Problem("planning.refused", reason="“%(said)s” is not an action (%(known)s).", said=action[:40], known=", ".join(ACTIONS))
    if len(chosen) > MOST:
        raise Problem("planning.refused", reason="At most %(most)s at a time: %(count)s were chosen.", most=MOST, count=len(chosen))
    chosen = list({one.subject: one for one in chosen}.values())
    now = node.now()
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        rows, readings = _rows(c, chosen), _readings(c, chosen)
        theirs = {s: row for s, row in _held(c, node, [one.subject for one in chosen], now).items() if row["account"] != who.account}
        done: list[tuple[Chosen, Event, Row | None]] = []
        failures: list[Failure] = []
        for one in chosen:
            row = rows.get(one.subject)
            try:
                allowed = _allowed(who, row, theirs.get(one.subject) if action != NOTE else None)
                if action == NOTE:
                    event, before = _noted(node, now, one, note, photo), None
                elif action == SETTLE:
                    event, before = _settled(c, one, allowed, status, note)
                else:
                    event, before = _deed(c, action, one, allowed, readings.get(one.id), note)
            except _Left as left:
                failures.append(Failure(_name(one, row if left.reason not in ("gone", "area") else None), left.reason, left.by))
            else:
                done.append((one, event, before))
                if photo is not None and action != NOTE and one.what == "need":
                    done.append((one, _noted(node, now, one, "", photo), None))
        facts = ledger.write(c, node.origin, [event for _, event, _ in done], at=now, by=who.name, turn=turn)
        again = [event.report for _, event, _ in done if isinstance(event, ReportRead)]
        tasks.add_missing(c, "classify", again, iso(now))
        steps = [step_of(one, fact, before, _name(one, rows[one.subject])) for (one, _, before), fact in zip(done, facts, strict=True)]
        remember(c, who, action, now, steps, failures)
        if action != NOTE:
            c.execute(delete(HOLD).where(HOLD.c.subject.in_([one.subject for one, _, _ in done])))
    return Deed(action, iso(now), _count(steps), tuple(failures), bool(steps))


def _allowed(who: Who, row: Row | None, held: Row | None) -> Row:
    if row is None or _is_hidden(row):
        raise _Left("gone")
    if not who.may(row.get("place_code")):
        raise _Left("area")
    if held is not None:
        raise _Left("held", held["name"])
    return row


def _is_hidden(row: Row) -> bool:
    """A report that is restricted, unsure or taken back, and a text that another page answers for, are nobody's here."""
    if "reference" in row:
        return row["restricted"] is None or bool(row["restricted"]) or row["status"] == "cancelled"
    return "outcome" in row and row["outcome"] not in UNREAD


def _deed(c: Connection, action: str, one: Chosen, row: Row, said: Row | None, note: str) -> tuple[Event, Row | None]:
    """The fact, and what stood before it."""
    if one.what == "need" and (action in NEED_STATUSES or (action == "confirm" and row["contested"])):
        status = NEED_STATUSES.get(action, str(row["status"]))  # of two decisions the one that stands is confirmed
        if row["status"] == status and not row["contested"]:
            raise _Left("done")
        return _status(c, one, row, status, note)
    if action in SETTLING and one.what in ("message", "report"):
        message = one.id if one.what == "message" else row["message"]
        if row["settled"] not in (None, READ):
            raise _Left("done")
        return MessageSettled(message=message, decision=action, note=note.strip()[:500]), {"settled": row["settled"]}
    if action == "confirm" and one.what == "report":
        if not (row["category"] or row["place_code"]):
            raise _Left("unfit", ",".join(_fitting(one, row)))
        if row["model"] == PERSON and not (said and said["contested"]):
            raise _Left("done")
        stood = {name: said[name] for name in ("category", "place_code")} if said and not said["withdrawn"] else None
        return ReportRead(
            report=one.id, message=row["message"], sender=row["sender"], reference=row["reference"], language=row["language"],
            category=row["category"], place_code=row["place_code"], why=note.strip()[:500], after=said["entry"] if said else ""), stood
    raise _Left("unfit", ",".join(_fitting(one, row)))


def _fitting(one: Chosen, row: Row) -> list[str]:
    """The actions that fit it, in their order."""
    if one.what == "need":
        return [action for action in ACTIONS if action in NEED_STATUSES or (action == "confirm" and row["contested"])]
    read = one.what == "report" and (row["category"] or row["place_code"])
    return [action for action in ACTIONS if action in SETTLING or (action == "confirm" and read)]


def _status(c: Connection, one: Chosen, row: Row, status: str, note: str) -> tuple[Event, Row]:
    before = {name: row[name] for name in ("status", "status_at", "status_by", "note", "contested")}
    before["reason"] = next((notice["reason"] for notice in find(c, NOTICE, "id", [one.id])), "")
    reason = _refused_for(c, one.id) if status == "rejected" and row["contested"] else ""
    return NeedStatusChanged(need=one.id, status=status, note=note.strip()[:500], after=one.after or row["status_entry"],
                             reason=reason), before


def _refused_for(c: Connection, need: str) -> str:
    """What residents may read of the refusal that was said last: whoever lets it stand did not say another reason."""
    said = [fact["reason"] or "" for fact in facts_about(c, [need], STATUS_KINDS) if fact["status"] == "rejected"]
    return said[-1] if said else ""


def _settled(c: Connection, one: Chosen, row: Row, status: str, note: str) -> tuple[Event, Row]:
    if one.what != "need" or status not in planning.STATUSES:
        raise _Left("unfit")
    if not row["contested"]:
        raise _Left("done")
    return _status(c, one, row, status, note)


def _noted(node: Node, at: datetime, one: Chosen, text: str, photo: Photo | None) -> Event:
    if one.what != "need" or not (text.strip() or photo):
        raise _Left("unfit")
    picture: Row = {"photo": photo.digest, "media": photo.media, "size": len(photo.content), "kept": node.config.node.name} if photo else {}
    return NeedNoted(need=one.id, note=ordered_id(at, one.id, secrets.token_hex(8)), text=text.strip()[:MOST_NOTE], **picture)


def _rows(c: Connection, chosen: Sequence[Chosen]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for what, of in TABLES.items():
        for row in find(c, of, "id", [one.id for one in chosen if one.what == what]):
            rows[f"{what}:{row['id']}"] = row
    reports = {s: row for s, row in rows.items() if s.startswith("report:")}
    settled = {row["id"]: row["settled"] for row in find(c, MESSAGE, "id", [row["message"] for row in reports.values()])}
    return rows | {s: row | {"settled": settled.get(row["message"])} for s, row in reports.items()}


def _readings(c: Connection, chosen: Sequence[Chosen]) -> dict[str, Row]:
    return {row["id"]: row for row in find(c, READING, "id", [one.id for one in chosen if one.what == "report"])}


def _name(one: Chosen, row: Row | None) -> str:
    """What a person calls it: a reference, or kind and place; a code alone where it is not theirs to know."""
    if row is None:
        return ""
    if one.what == "need":
        return f"{row['category']}|{row['place_code']}"
    return str(row[{"report": "reference", "work": "name", "message": "received_at"}[one.what]])


# --------------------------------------------------------------------------------------------------- taking back

def _count(steps: Sequence[Row]) -> int:
    """How many things were decided about: a note with a photo may stand beside a decision."""
    return len({(step["what"], step["id"]) for step in steps})


def lately(c: Connection, node: Node, account: str) -> Deed | None:
    """What this account did last, while it can still be taken back."""
    row = next(iter(find(c, LATELY, "account", [account])), None)
    if row is None or not timedelta(0) <= node.now() - moment(row["at"]) < UNDO_FOR:
        return None
    steps = json.loads(row["steps"])
    named = {(step["what"], step["id"]): Named(step["what"], step["id"], step["name"]) for step in steps if step.get("name")}
    return Deed(row["action"], row["at"], _count(steps), tuple(Failure(*f) for f in json.loads(row["failures"])),
                bool(steps) and row["action"] != "undo", tuple(named.values()))


def undo(node: Node, who: Who) -> Deed | None:
    """Take the last action of this account back, each decision by an entry of its own; what somebody decided since is left alone."""
    now = node.now()
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        deed = lately(c, node, who.account)
        if deed is None or not deed.undoable:
            return None
        steps = json.loads(find(c, LATELY, "account", [who.account])[0]["steps"])
        chosen = [Chosen(step["what"], step["id"]) for step in steps]
        rows, readings = _rows(c, chosen), _readings(c, chosen)
        events: list[Event] = []
        undone: list[Row] = []
        failures: list[Failure] = []
        for one, step in zip(chosen, steps, strict=True):
            row = rows.get(one.subject)
            try:
                if row is None or (_is_hidden(row) and not undoing.is_young(row, step)):
                    raise _Left("gone")
                events.append(undoing.back(c, one.what, one.id, row, readings.get(one.id), step))
                undone.append({"what": one.what, "id": one.id, "name": _name(one, row)})
            except undoing.Later as later:
                failures.append(Failure(_name(one, row), "later", later.by))
            except _Left as left:
                failures.append(Failure(_name(one, None), left.reason))
        ledger.write(c, node.origin, events, at=now, by=who.name, turn=turn)
        tasks.add_missing(c, "classify", [event.about()[0] for event in events if event.ABOUT[0] == "report"], iso(now))
        remember(c, who, "undo", now, undone, failures)
    return Deed("undo", iso(now), len(events), tuple(failures), False)


def step_of(one: Chosen, fact: Fact, before: Row | None, name: str = "") -> Row:
    """What is remembered of one decision, to take it back; `name` is what a person calls that which was decided about."""
    return {"what": one.what, "id": one.id, "name": name, "kind": fact.kind, "entry": fact.position, "decision": fact["decision"],
            "before": before, "note": fact["note"] if fact.kind == NeedNoted.KIND else None}


def remember(c: Connection, who: Who, action: str, at: datetime, steps: Sequence[Row], failures: Sequence[Failure] = ()) -> None:
    """Keep the last action of an account, so that it can be taken back for an hour, and the way back to its needs."""
    upsert(c, LATELY, [{"account": who.account, "at": iso(at), "action": action, "steps": canonical(list(steps)),
                        "failures": canonical([[f.name, f.reason, f.by] for f in failures])}])
    trail.leave(c, who.account, action, [step["id"] for step in steps if step["what"] == "need"], at)
