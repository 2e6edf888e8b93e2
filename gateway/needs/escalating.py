"""By the clock: promises whose residents we wait for stand still, broken ones are told to planners, then to administrators.

The hub alone does this: two nodes that judged the same clock would say everything twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, false, func, not_, or_, select

from gateway.journal import ledger
from gateway.journal.canonical import iso, moment
from gateway.journal.counting import is_spoken_for
from gateway.journal.entries import take_turn
from gateway.journal.events import Event
from gateway.journal.facts.readings import LEARNED, PERSON
from gateway.journal.facts.triage import NeedEscalated, PromisePaused, PromiseResumed
from gateway.journal.tables import REPORT_STANDS_IN_NEED, Need, Promise, Report, Sender, table
from gateway.labels import hours
from gateway.needs.promises import DAY_HOURS, Calendar, spans
from gateway.node import Node

NEED, PROMISE, REPORT, SENDER = table(Need), table(Promise), table(Report), table(Sender)
LADDER = ("planner", "admin")  # who is told of a broken promise, one after the other
# Questions about the report itself: until they are answered, or too old to be, we wait and the clock stands still.
WHERE, WHAT = ("place", "choice", "confirm_place"), ("category", "category_choice")
ABOUT_THE_REPORT = (*WHERE, *WHAT, "correct", "which")
PATIENCE = timedelta(hours=24)
A_MOMENT = timedelta(milliseconds=1)  # a promise in days ends at midnight, and the day that ends there is the one it was broken on
MOST_AT_ONCE = 500


def look(node: Node) -> int:
    """Write what the clock brought; how many facts that were."""
    if node.config.node.role != "hub":
        return 0
    now, written = node.now(), 0
    with node.database.reading() as c:
        waits = any(True for _ in _found(c, node, now))
    while waits:
        with node.database.writing() as c:
            turn = take_turn(c, node.origin)  # first: whoever looks beside us waits here, and then finds it written
            some = list(islice(_found(c, node, now), MOST_AT_ONCE))
            ledger.write(c, node.origin, some, at=now, by="machine", turn=turn)
        written += len(some)
        waits = len(some) == MOST_AT_ONCE
    return written


def _found(c: Connection, node: Node, now: datetime) -> Iterator[Event]:
    yield from _clocks(c, now)
    yield from _broken(c, node, now)


def asked(now: datetime) -> Select[Any]:
    """(report, at): the reports whose senders owe us an answer about them, and since when.

    Where a landmark was pinned, or a person said where or what it is, nobody waits for the resident to say so too.
    """
    placed = and_(REPORT.c.place_code.is_not(None), func.coalesce(REPORT.c.place_source, "").in_((LEARNED, PERSON)))
    named = and_(REPORT.c.category.is_not(None), func.coalesce(REPORT.c.model, "") == PERSON)
    moot = or_(and_(SENDER.c.question.in_(WHERE), placed), and_(SENDER.c.question.in_(WHAT), named))
    return select(SENDER.c.question_report.label("report"), SENDER.c.question_at.label("at")).join(
        REPORT, REPORT.c.id == SENDER.c.question_report).where(
        SENDER.c.question.in_(ABOUT_THE_REPORT), SENDER.c.question_at > iso(now - PATIENCE), SENDER.c.question_report.is_not(None),
        not_(moot))


def is_late(node: Node, now: datetime) -> ColumnElement[bool]:
    """Whether the promise of a need is broken, as one condition; those whose clock ever stood still are not asked here."""
    calendar = Calendar.of(node.city)
    by_hours: dict[int, list[str]] = {}
    for category, within in hours().items():
        by_hours.setdefault(within, []).append(category)
    other = PROMISE.alias("stood")
    stood = exists(select(other.c.id).where(other.c.id == NEED.c.id, other.c.since == NEED.c.status_at,
                                            or_(other.c.pauses != "[]", other.c.paused_at.is_not(None))))
    late = [and_(NEED.c.category.in_(some), NEED.c.status_at < iso(calendar.late_since(now, within))) for within, some in by_hours.items()]
    return and_(NEED.c.status == "open", or_(*late), not_(stood))


def late_after_waiting(c: Connection, node: Node, now: datetime) -> list[str]:
    """The needs whose clock once stood still, goes again, and has run out."""
    calendar = Calendar.of(node.city)
    rows = c.execute(select(NEED.c.id, NEED.c.category, NEED.c.status_at, PROMISE.c.pauses).join(PROMISE, PROMISE.c.id == NEED.c.id).where(
        NEED.c.status == "open", PROMISE.c.since == NEED.c.status_at, PROMISE.c.paused_at.is_(None), PROMISE.c.pauses != "[]"))
    return [row.id for row in rows if (within := hours().get(row.category)) is not None
            and calendar.due(moment(row.status_at), within, spans(row.pauses)) <= now]


def _clocks(c: Connection, now: datetime) -> Iterable[Event]:
    """Clocks to stop and to start: a need waits when everybody who reported it was asked."""
    waiting = _waiting(c, now)
    stopped = {need: since for need, since in c.execute(
        select(PROMISE.c.id, PROMISE.c.since).join(NEED, NEED.c.id == PROMISE.c.id).where(
            PROMISE.c.paused_at.is_not(None), PROMISE.c.since == NEED.c.status_at))}
    for need, (since, at) in waiting.items():
        if need not in stopped:
            yield PromisePaused(need=need, since=since, at=max(at, since))
    for need, since in stopped.items():
        if need not in waiting:
            yield PromiseResumed(need=need, since=since, at=iso(now))


def _waiting(c: Connection, now: datetime) -> dict[str, tuple[str, str]]:
    open_questions = asked(now).subquery("open_questions")
    owing = (select(REPORT.c.need, func.max(open_questions.c.at).label("at"), func.count().label("asked"))
             .join(open_questions, open_questions.c.report == REPORT.c.id).where(REPORT_STANDS_IN_NEED)
             .group_by(REPORT.c.need).subquery("owing"))
    standing = (select(func.count()).select_from(REPORT).where(
        REPORT.c.need == NEED.c.id, REPORT_STANDS_IN_NEED).correlate(NEED).scalar_subquery())
    return {need: (since, at) for need, since, at in c.execute(
        select(NEED.c.id, NEED.c.status_at, owing.c.at).join(owing, owing.c.need == NEED.c.id)
        .where(NEED.c.status == "open", standing == owing.c.asked))}


def _broken(c: Connection, node: Node, now: datetime) -> Iterable[Event]:
    """Who is to be told next of each broken promise."""
    calendar = Calendar.of(node.city)
    stood = late_after_waiting(c, node, now)
    late = or_(is_late(node, now), NEED.c.id.in_(stood) if stood else false())
    rows: Iterable[Any] = c.execute(
        select(NEED.c.id, NEED.c.category, NEED.c.status_at, PROMISE.c.since, PROMISE.c.told, PROMISE.c.pauses)
        .outerjoin(PROMISE, PROMISE.c.id == NEED.c.id)
        .where(late, is_spoken_for(NEED.c.id),
               or_(PROMISE.c.id.is_(None), PROMISE.c.since != NEED.c.status_at, PROMISE.c.told.is_distinct_from(LADDER[-1])))
        .order_by(NEED.c.status_at, NEED.c.id))
    for row in rows:
        this = row.since == row.status_at
        due = calendar.due(moment(row.status_at), hours()[row.category], spans(row.pauses) if this else ())
        step = LADDER.index(row.told) + 1 if this and row.told else 0
        if step and calendar.due(due - A_MOMENT, node.config.triage.escalate_days * DAY_HOURS) > now:
            continue
        yield NeedEscalated(need=row.id, since=row.status_at, to=LADDER[step], due_at=iso(due))
