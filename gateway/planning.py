"""What people decide: link, unlink, change a status, settle a text, enrol a colleague. Each is one transaction and one entry.

`after` is the decision the person saw on the page; when somebody else decided meanwhile, the need is marked contested.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection, select

from gateway.errors import Problem
from gateway.journal import ledger, tasks
from gateway.journal.canonical import derived_id
from gateway.journal.events import (
    AccountEnrolled,
    Event,
    MessageSettled,
    NeedLinked,
    NeedStatusChanged,
    NeedUnlinked,
    ProgrammeRecorded,
    WorkRecorded,
)
from gateway.journal.tables import Account, Link, Message, Need, Programme, Work
from gateway.node import Node
from gateway.rules import ROLES

STATUSES = ("open", "verified", "planned", "done", "closed", "rejected")
DECISIONS = ("noted", "not_a_need", "answered_by_phone")
SHORTEST_PASSWORD = 12
NAME = re.compile(r"[\w.-]{1,40}\Z")


def link_need(node: Node, need: str, work: str, *, why: str, by: str, after: str | None = None) -> None:
    """This work answers this need. Linking what is linked changes nothing."""
    with node.database.writing() as c:
        _must_exist(c, "need", Need, need)
        _must_exist(c, "work", Work, work)
        if not _is_linked(c, need, work):
            _write(c, node, by, NeedLinked(need=need, work=work, why=why.strip()[:500], after=after or _last(c, need, work)))


def unlink_need(node: Node, need: str, work: str, *, why: str, by: str, after: str | None = None) -> None:
    """Take a link back; the journal keeps both decisions."""
    with node.database.writing() as c:
        if _is_linked(c, need, work):
            _write(c, node, by, NeedUnlinked(need=need, work=work, why=why.strip()[:500], after=after or _last(c, need, work)))


def change_status(node: Node, need: str, status: str, *, note: str, by: str, after: str | None) -> None:
    """Say where a need stands; `after` is Need.status_entry as the person saw it."""
    if status not in STATUSES:
        raise Problem("planning.refused", reason=f"{status} is not a status ({', '.join(STATUSES)})")
    with node.database.writing() as c:
        _must_exist(c, "need", Need, need)
        _write(c, node, by, NeedStatusChanged(need=need, status=status, note=note.strip()[:500], after=after))


def settle_message(node: Node, message: str, decision: str, *, note: str, by: str) -> None:
    """A person read a text the machine did not understand."""
    if decision not in DECISIONS:
        raise Problem("planning.refused", reason=f"{decision} is not a decision ({', '.join(DECISIONS)})")
    with node.database.writing() as c:
        _must_exist(c, "message", Message, message)
        _write(c, node, by, MessageSettled(message=message, decision=decision, note=note.strip()[:500]))


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
    if len(password) < SHORTEST_PASSWORD:
        raise Problem("user.weak_password")
    hashed = hash_password(password)
    with node.database.writing() as c:
        if c.execute(select(Account.id).where(Account.name == name)).first():  # type: ignore[call-overload]
            raise Problem("user.exists", name=name)
        _write(c, node, by, AccountEnrolled(account=derived_id("account", node.origin.writer, name), name=name, role=role,
                                            areas=tuple(areas), password=hashed))


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
        ledger.write(c, node.origin, events, at=node.now(), by="city pack")
    return len(events)


def _write(c: Connection, node: Node, by: str, event: Event) -> None:
    ledger.write(c, node.origin, [event], at=node.now(), by=by)


def _must_exist(c: Connection, thing: str, model: type, row_id: str) -> None:
    if c.execute(select(model.id).where(model.id == row_id)).first() is None:  # type: ignore[attr-defined]
        raise Problem("planning.unknown", thing=thing, id=row_id[:40])


def _is_linked(c: Connection, need: str, work: str) -> bool:
    return bool(c.execute(select(Link.linked).where(Link.need == need, Link.work == work)).scalar())  # type: ignore[call-overload]


def _last(c: Connection, need: str, work: str) -> str | None:
    found: str | None = c.execute(select(Link.entry).where(Link.need == need, Link.work == work)).scalar()  # type: ignore[call-overload]
    return found
