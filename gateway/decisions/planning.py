"""What people decide: link, unlink, change a status, settle a text, enrol a colleague. Each is one transaction and one entry.

`after` is the decision the person saw on the page; when somebody else decided meanwhile, the need is marked contested.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, select

from gateway.cities.planned import Around, facts_of
from gateway.errors import Problem
from gateway.journal import heads, ledger, projections, tasks
from gateway.journal.canonical import iso, kin_id
from gateway.journal.entries import take_turn
from gateway.journal.events import Event
from gateway.journal.facts import lessons
from gateway.journal.facts.accounts import AccountEnrolled
from gateway.journal.facts.lessons import LessonsForgotten
from gateway.journal.facts.needs import MessageSettled, NeedLinked, NeedStatusChanged, NeedUnlinked
from gateway.journal.facts.nodes import authorities
from gateway.journal.facts.readings import ReadingWithdrawn, ReportRead, is_by_hand
from gateway.journal.facts.works import ProgrammeRecorded, WorkRecorded
from gateway.journal.folds import account_id
from gateway.journal.rows import find
from gateway.journal.tables import (
    Account,
    BudgetLine,
    Catchment,
    Component,
    Forgotten,
    Link,
    Message,
    Milestone,
    Need,
    PlaceFact,
    Programme,
    Reading,
    Report,
    Work,
    table,
)
from gateway.node import Node
from gateway.rules import ROLES
from gateway.words import reasons

STATUSES = ("open", "verified", "planned", "done", "closed", "rejected", "not_found")
DECISIONS = ("noted", "not_a_need", "answered_by_phone", "taken_up")
SHORTEST_PASSWORD = 12
PLANNED = (Component, Catchment, BudgetLine, Milestone, PlaceFact)
NAME = re.compile(r"[\w.-]{1,40}\Z")


def link_need(node: Node, need: str, work: str, *, why: str, by: str, after: str | None = None) -> None:
    """This work answers this need. Linking what is linked changes nothing."""
    with node.database.writing() as c:
        _must_exist(c, "need", Need, need)
        _must_exist(c, "work", Work, work)
        if not _is_linked(c, need, work):
            _write(c, node, by, NeedLinked(need=need, work=work, why=why.strip()[:500], after=after or _last(c, need, work)))


def unlink_need(node: Node, need: str, work: str, *, why: str, by: str, after: str | None = None) -> None:
    """Take a link back, of whichever of the merged needs it is; the journal keeps both decisions."""
    with node.database.writing() as c:
        linked = [one for one in sorted(heads.members(c, [need])) if _is_linked(c, one, work)]
        for one in linked:  # the page shows one of them when several are
            seen = after if len(linked) == 1 else None
            _write(c, node, by, NeedUnlinked(need=one, work=work, why=why.strip()[:500], after=seen or _last(c, one, work)))


def change_status(node: Node, need: str, status: str, *, note: str, by: str, after: str | None, reason: str = "") -> None:
    """Say where a need stands; `after` is Need.status_entry as the person saw it, `reason` what residents may read of a refusal."""
    if status not in STATUSES:
        raise Problem("planning.refused", reason="“%(said)s” is not a status (%(known)s).", said=status[:40], known=", ".join(STATUSES))
    told = reasons.readable(reason) if status == "rejected" else ""
    with node.database.writing() as c:
        _must_exist(c, "need", Need, need)
        _write(c, node, by, NeedStatusChanged(need=need, status=status, note=note.strip()[:500], after=after, reason=told))


def settle_message(node: Node, message: str, decision: str, *, note: str, by: str) -> None:
    """A person read a text the machine did not understand."""
    if decision not in DECISIONS:
        raise Problem("planning.refused", reason="“%(said)s” is not a decision (%(known)s).", said=decision[:40],
                      known=", ".join(DECISIONS))
    with node.database.writing() as c:
        _must_exist(c, "message", Message, message)
        _write(c, node, by, MessageSettled(message=message, decision=decision, note=note.strip()[:500]))


def read_message(node: Node, message: str, category: str, place: str, *, why: str, by: str, report: str | None = None,
                 after: str | None = None) -> str:
    """Say what a text is about and where, the whole of it; the id of the report that says so from now on.

    Without `report` the text made none that stands, and one is made. The machine then classifies and gathers it; nobody is
    answered. `after` is the reading that the person saw, empty for none, None to answer whatever stands.
    """
    _must_be_sayable(node, category, place)
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        written = _row(c, table(Message), message)
        if written is None:
            raise Problem("planning.unknown", thing="message", id=message[:40])
        row = _row(c, table(Report), report or kin_id(message, "report", "read"))
        if (report is not None and (row is None or row["message"] != message)) or (row is not None and not _is_open(row)):
            raise Problem("planning.unknown", thing="report", id=(report or message)[:40])
        anew = row is None or (report is None and row["status"] == "cancelled")
        if row is None:
            if any(other["status"] != "cancelled" for other in find(c, table(Report), "message", [message])):
                raise Problem("planning.refused", reason="This text made a report already: say what that one is about.")
            row = {"id": kin_id(message, "report", "read"), "reference": ledger.references(turn, 1)[0]}
        elif row["status"] == "cancelled" and not anew:
            raise Problem("planning.refused", reason="Report %(reference)s was taken back by its resident.", reference=row["reference"])
        last = _row(c, table(Reading), row["id"])
        ledger.write(c, node.origin, [ReportRead(
            report=row["id"], message=message, sender=written["sender"], reference=row["reference"],
            language=written["language"] or node.city.language, category=category or None, place_code=place or None,
            why=why.strip()[:500], restricted=category in node.words.sensitive, anew=anew,
            after=after if after is not None else last["entry"] if last else "")], at=node.now(), by=by, turn=turn)
        tasks.add_missing(c, "classify", [row["id"]], iso(node.now()))
    node.renew()  # it teaches at once
    return str(row["id"])


def withdraw_reading(node: Node, report: str, *, why: str, by: str, after: str | None = None) -> None:
    """Take a reading back: the report says again what it said without it. Nothing to take back changes nothing."""
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        row, last = _row(c, table(Report), report), _row(c, table(Reading), report)
        if row is None or last is None or not _is_open(row):
            raise Problem("planning.unknown", thing="report", id=report[:40])
        if last["withdrawn"]:
            return
        fact = withdrawal(c, row, last, why=why, after=after if after is not None else last["entry"])
        ledger.write(c, node.origin, [fact], at=node.now(), by=by, turn=turn)
        if not fact.anew:
            tasks.add_missing(c, "classify", [report], iso(node.now()))
    node.renew()


def forget_lesson(node: Node, report: str, *, why: str, by: str, forgotten: bool = True) -> None:
    """The model no longer learns from this reading, or does again; the report stays as it was read."""
    with node.database.writing() as c:
        if (last := _row(c, table(Reading), report)) is None or not _is_open(_row(c, table(Report), report) or {"restricted": None}):
            raise Problem("planning.unknown", thing="report", id=report[:40])
        _forget(c, node, report, last["position"], forgotten, why, by)
    node.renew()


def forget_account(node: Node, account: str, *, why: str, by: str, forgotten: bool = True) -> None:
    """Nothing that this account taught up to now counts any more, or all of it does again; the reports stay as they were read."""
    with node.database.writing() as c:
        last = c.execute(select(func.max(table(Reading).c.position)).where(table(Reading).c.by == account)).scalar()
        if last is None:
            raise Problem("planning.unknown", thing="lesson", id=account[:40])
        _forget(c, node, lessons.all_of(account), last, forgotten, why, by)
    node.renew()


def withdrawal(c: Connection, row: dict[str, Any], last: dict[str, Any], *, why: str, after: str) -> ReadingWithdrawn:
    """The fact that takes the reading `last` of a report back: the report says again what it says without any."""
    before = projections.folded_without(c, table(Report), row["id"], is_by_hand) or {}
    names = ("category", "place_code", "place_source", "confidence")
    return ReadingWithdrawn(report=row["id"], message=row["message"], errors=tuple(json.loads(before.get("errors", "[]"))),
                            why=why.strip()[:500], anew=not before, after=after,
                            **{name: before[name] for name in names if name in before})


def retry_task(node: Node, kind: str, subject: str) -> bool:
    """Send a quarantined task back to work; False when it was not there any more."""
    with node.database.writing() as c:
        return tasks.release(c, kind, subject, node.now())


def enrol(node: Node, name: str, role: str, areas: Sequence[str], password: str, *, by: str = "operator") -> None:
    """A colleague who may sign in; the journal carries only the argon2 hash."""
    if role not in ROLES:
        raise Problem("usage", reason=f"{role} is not a role ({', '.join(ROLES)})")
    if not NAME.match(name):
        raise Problem("usage", reason="a name has letters, digits, dots, - and _ only, at most 40")
    hashed = _strong(password)
    with node.database.writing() as c:
        if c.execute(select(Account.id).where(Account.name == name)).first():  # type: ignore[call-overload]
            raise Problem("user.exists", name=name)
        _write(c, node, by, AccountEnrolled(account=account_id(node.origin.writer, name), name=name, role=role,
                                            areas=tuple(areas), password=hashed))


def change_account(node: Node, name: str, *, password: str | None = None, enabled: bool | None = None,
                   areas: Sequence[str] | None = None, by: str = "operator") -> str:
    """Give a colleague another password or other areas, shut them out, or let them in again; their role.

    Every session of theirs ends with its next request.
    """
    hashed = _strong(password) if password is not None else None
    with node.database.writing() as c:
        row = next((r for r in find(c, table(Account), "name", [name]) if r["id"] == account_id(node.origin.writer, name)), None)
        if row is None:
            raise Problem("user.unknown", name=name)
        _write(c, node, by, AccountEnrolled(
            account=row["id"], name=name, role=row["role"], areas=tuple(json.loads(row["areas"]) if areas is None else areas),
            password=hashed or row["password"], enabled=row["enabled"] if enabled is None else enabled))
        return str(row["role"])


def accounts(node: Node) -> list[dict[str, Any]]:
    """Who may sign in at this node, by name: `{"name": "ana", "role": "planner", "areas": ["*"], "enabled": True, "here": True}`.

    `here` is false for whoever the hub enrolled: they are changed there.
    """
    with node.database.reading() as c:
        own = authorities(c, node.origin.writer)
        rows = [dict(row) for row in c.execute(select(table(Account)).order_by(table(Account).c.name)).mappings()]
    return [{"name": row["name"], "role": row["role"], "areas": json.loads(row["areas"]), "enabled": row["enabled"],
             "here": row["id"] == account_id(node.origin.writer, row["name"])}
            for row in rows if row["id"] in {account_id(writer, row["name"]) for writer in own}]


def _strong(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise Problem("user.weak_password")
    return hash_password(password)


def hash_password(password: str) -> str:
    # 19 MiB and two passes: OWASP's floor, 34 ms on two cores, and it fits a Raspberry Pi with several threads
    from argon2 import PasswordHasher
    return PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(password)


def record_city(node: Node) -> int:
    """Write the pack's programmes and works into the journal; what is there already is left alone."""
    with node.database.writing() as c:
        known = set(c.execute(select(Programme.id)).scalars()) | set(c.execute(select(Work.id)).scalars())  # type: ignore[call-overload]
        events: list[Event] = [ProgrammeRecorded(programme=r["code"], name=r["name"], sponsor=r["sponsor"], currency=r["currency"],
                                                 kind=r["kind"]) for r in node.city.programmes if r["code"] not in known]
        events += [WorkRecorded(work=r["code"], programme=r["programme"], name=r["name"], component=r["component"],
                                place_code=r["place_code"], phase=r["phase"], budget=int(r["budget"] or 0),
                                starts_on=r["starts_on"] or None, ends_on=r["ends_on"] or None)
                   for r in node.city.works if r["code"] not in known]
        events += _planned(c, node)
        ledger.write(c, node.origin, events, at=node.now(), by="city pack")
    return len(events)


def _forget(c: Connection, node: Node, lesson: str, taught: str, forgotten: bool, why: str, by: str) -> None:
    said = _row(c, table(Forgotten), lesson)
    stands = said is not None and said["forgotten"]
    # what stands is not said again; what was taught since is forgotten anew
    if (not stands or said["position"] < taught) if forgotten else stands:  # type: ignore[index]
        _write(c, node, by, LessonsForgotten(lesson=lesson, forgotten=forgotten, why=why.strip()[:500]))


def _planned(c: Connection, node: Node) -> list[Event]:
    """What the pack says of components, catchments, budgets, milestones and places; what stands already is left alone."""
    pack, faults = node.pack, list[str]()
    around = Around({r["code"] for r in pack.programmes}, {r["code"] for r in pack.works}, pack.place, node.words.subcategories,
                    node.today)
    there = {row for model in PLANNED for row in c.execute(select(table(model).c.id)).scalars()}
    events = [event for event in facts_of(pack.plans, around, faults) if "+".join(event.about()) not in there]
    if faults:
        raise Problem("city.faults", city=pack.name, count=len(faults), faults="\n".join(f"  {f}" for f in faults))
    return events


def _write(c: Connection, node: Node, by: str, event: Event) -> None:
    ledger.write(c, node.origin, [event], at=node.now(), by=by)


def _must_be_sayable(node: Node, category: str, place: str) -> None:
    if category and category not in node.words.subcategories:
        raise Problem("planning.unknown", thing="category", id=category[:40])
    if place and place not in node.city.place:
        raise Problem("planning.unknown", thing="place", id=place[:40])
    if not category and not place:
        raise Problem("planning.refused", reason="A reading says at least what a text is about, or where.")


def _is_open(report: dict[str, Any]) -> bool:
    """Whether a report was found not to be restricted; unsure means restricted."""
    return report["restricted"] is not None and not report["restricted"]


def _row(c: Connection, of: Table, row_id: str) -> dict[str, Any] | None:
    return next(iter(find(c, of, "id", [row_id])), None)


def _must_exist(c: Connection, thing: str, model: type, row_id: str) -> None:
    if c.execute(select(model.id).where(model.id == row_id)).first() is None:  # type: ignore[attr-defined]
        raise Problem("planning.unknown", thing=thing, id=row_id[:40])


def _is_linked(c: Connection, need: str, work: str) -> bool:
    return bool(c.execute(select(Link.linked).where(Link.need == need, Link.work == work)).scalar())  # type: ignore[call-overload]


def _last(c: Connection, need: str, work: str) -> str | None:
    found: str | None = c.execute(select(Link.entry).where(Link.need == need, Link.work == work)).scalar()  # type: ignore[call-overload]
    return found
