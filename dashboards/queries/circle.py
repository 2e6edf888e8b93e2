"""The human circle as a page shows it: whose greeting waits for a person, who is greeted, and three figures of the last thirty days."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, Connection, or_, select

from gateway.journal import wishes
from gateway.journal.canonical import iso, moment
from gateway.journal.facts.circle import ACTIVE, ENDED
from gateway.journal.tables import Checkin, Contact, Elder, Reply, table
from gateway.node import Node
from gateway.words.replies import TO_VOLUNTEERS

CHECKIN, CONTACT, ELDER, REPLY = (table(of) for of in (Checkin, Contact, Elder, Reply))
SPAN = timedelta(days=30)
# who wrote for help by themselves was greeted and answered in one moment
_UNASKED = (CHECKIN.c.asked_at == CHECKIN.c.answered_at).label("unasked")
_GREETED = or_(CHECKIN.c.answered_at.is_(None), CHECKIN.c.asked_at != CHECKIN.c.answered_at)


@dataclass(frozen=True, slots=True)
class Due:
    """A greeting that a person must see to: `answer` is what was said, nothing where nobody answered. Numbers only where they lie."""

    id: str
    name: str
    volunteer: str
    place_code: str
    answer: str | None
    asked_at: str
    since: str
    number: str
    volunteer_number: str
    unasked: bool = False  # they wrote by themselves, and had not been greeted


@dataclass(frozen=True, slots=True)
class Greeted:
    id: str
    name: str
    volunteer: str
    place_code: str
    hour: int
    days: tuple[int, ...]
    state: str
    unreached: bool  # no text reaches the neighbour; why is not said, for it may be a number that somebody tries out
    last: str | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Of thirty days: how many were greeted and answered, the median hours from a call for a human to their meeting, calls by volunteer."""

    asked: int
    answered: int
    hours: float | None
    load: tuple[tuple[str, int], ...]

    @property
    def share(self) -> int | None:
        return round(100 * self.answered / self.asked) if self.asked else None


def due(c: Connection, node: Node, places: Collection[str] | None, *, numbers: bool) -> list[Due]:
    """What waits for a person, help first, then the longest."""
    rows = c.execute(
        select(CHECKIN.c.id, CHECKIN.c.answer, CHECKIN.c.asked_at, CHECKIN.c.task_at, _UNASKED, ELDER.c.name, ELDER.c.volunteer_name,
               ELDER.c.place_code, ELDER.c.sender, ELDER.c.volunteer).join(ELDER, ELDER.c.id == CHECKIN.c.elder)
        .where(CHECKIN.c.task_at.is_not(None), CHECKIN.c.closed_at.is_(None), *_here(places)).order_by(CHECKIN.c.task_at)).all()
    at = _numbers(c, node, {who for row in rows for who in (row.sender, row.volunteer)}) if numbers else {}
    found = [Due(row.id, row.name, row.volunteer_name, row.place_code, row.answer, row.asked_at or row.task_at, row.task_at,
                 at.get(row.sender, ""), at.get(row.volunteer, ""), bool(row.unasked)) for row in rows]
    return sorted(found, key=lambda one: (one.answer != "help", one.since))


def greeted(c: Connection, places: Collection[str] | None) -> list[Greeted]:
    """Who is greeted or was asked, with the last greeting."""
    rows = c.execute(select(ELDER).where(ELDER.c.state != ENDED, ELDER.c.sender != "", *_here(places)).order_by(
        ELDER.c.place_code, ELDER.c.name)).mappings().all()
    last: dict[str, tuple[str, str | None]] = {}
    for elder, at, answer in c.execute(select(CHECKIN.c.elder, CHECKIN.c.asked_at, CHECKIN.c.answer).where(
            CHECKIN.c.elder.in_([row["id"] for row in rows]), _GREETED).order_by(CHECKIN.c.asked_at)):
        last[elder] = (at, answer)
    reached = _reached(c, {row["volunteer"] for row in rows})
    return [Greeted(row["id"], row["name"], row["volunteer_name"], row["place_code"], row["hour"], tuple(json.loads(row["days"])),
                    row["state"], row["state"] == ACTIVE and row["volunteer"] not in reached,
                    *last.get(row["id"], (None, None))) for row in rows]


def _reached(c: Connection, volunteers: Collection[str]) -> set[str]:
    """Whose last text as a neighbour left and is not known to be lost, and who still wants such texts."""
    texts = c.execute(select(REPLY.c.sender, REPLY.c.state).where(
        REPLY.c.sender.in_(sorted(volunteers)), REPLY.c.kind.in_(TO_VOLUNTEERS), REPLY.c.state != "queued")
        .order_by(REPLY.c.queued_at, REPLY.c.id)).all()
    last = {text.sender: text.state for text in texts}
    return {sender for sender, state in last.items() if state in ("sent", "delivered", "uncertain")} - wishes.no_texts(c, volunteers)


def figures(c: Connection, places: Collection[str] | None, now: datetime) -> Figures:
    rows = c.execute(
        select(CHECKIN.c.answer, _UNASKED, CHECKIN.c.told_at, CHECKIN.c.task_at, CHECKIN.c.closed_at, ELDER.c.volunteer_name)
        .join(ELDER, ELDER.c.id == CHECKIN.c.elder).where(CHECKIN.c.asked_at > iso(now - SPAN), *_here(places))).all()
    waits = [(moment(row.closed_at) - moment(began)).total_seconds() / 3600 for row in rows
             if row.closed_at and (began := row.told_at or row.task_at)]
    load = Counter(row.volunteer_name for row in rows if row.told_at and row.volunteer_name)
    asked = [row.answer for row in rows if not row.unasked]
    return Figures(len(asked), len(asked) - asked.count(None), round(median(waits), 1) if waits else None,
                   tuple(load.most_common(10)))


def place_of_elder(c: Connection, elder: str) -> str | None:
    found: str | None = c.execute(select(ELDER.c.place_code).where(ELDER.c.id == elder)).scalar()
    return found


def place_of_checkin(c: Connection, checkin: str) -> str | None:
    found: str | None = c.execute(select(ELDER.c.place_code).join(CHECKIN, CHECKIN.c.elder == ELDER.c.id).where(
        CHECKIN.c.id == checkin)).scalar()
    return found


def _here(places: Collection[str] | None) -> list[ColumnElement[bool]]:
    return [] if places is None else [ELDER.c.place_code.in_(sorted(places))]


def _numbers(c: Connection, node: Node, senders: Collection[str]) -> dict[str, str]:
    rows = c.execute(select(CONTACT.c.sender, CONTACT.c.number).where(CONTACT.c.sender.in_(sorted(senders))))
    return {sender: node.vault.open(number).decode("utf-8", "replace") for sender, number in rows}
