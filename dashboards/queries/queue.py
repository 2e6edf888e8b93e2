"""The queue: everything that waits for a person, from texts, reports and needs, in one order.

What waits for the resident's answer comes last. Of the rest emergencies come first, then what is more urgent, then what
waits longer. A text that nobody understood may be anything, and counts as urgent once nobody has read it for a day: until then a need that
somebody told plainly comes first. A broken promise counts one step more.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    union_all,
)

from dashboards.queries.clusters import Cluster
from dashboards.queries.seen import HEAD, LINK, MESSAGE, NEED, REPORT, STANDS, reports_of_needs, tells_of_none
from gateway.journal.canonical import iso
from gateway.journal.counting import COUNTED, UNCOUNTED, is_spoken_for
from gateway.journal.facts.readings import PERSON, READ
from gateway.journal.facts.triage import CLUSTER, EMERGENCY
from gateway.journal.tables import (
    MESSAGE_SETTLED,
    MESSAGE_WAITS,
    REPORT_SECRET,
    REPORT_STANDS_IN_NEED,
    REPORT_WAITS,
    UNREAD,
    Alert,
    Promise,
    Reading,
    table,
)
from gateway.labels import emergencies
from gateway.needs.escalating import asked, is_late, late_after_waiting
from gateway.node import Node

ALERT, PROMISE, READING = table(Alert), table(Promise), table(Reading)
EVERYTHING, PLACED = ("message", "report", "need"), ("report", "need")  # a text by itself is at no place
KINDS = ("emergency", "contested", "overdue", "unread", "no_place", "unsure", "verify")
IN_DANGER_FIRST, EMERGENCIES_FIRST, UNKNOWN_URGENCY, URGENT, CRITICAL = 6, 5, 2, 3, 4
UNREAD_FOR = timedelta(days=1)  # who got "a person will read your text too" is not left waiting behind every day's needs
FRESH = timedelta(days=3)  # for so long somebody may still be in the danger that a text tells of
ROWS = (50, 200)
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters as they stand in the address. `places` None is everywhere, those at no place included."""

    places: tuple[str, ...] | None = None
    category: str = ""
    kind: str = ""
    page: int = 1
    rows: int = ROWS[0]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the queue; `kinds` is why it waits, `waits` that it waits for the resident."""

    what: str
    id: str
    urgency: int
    since: str
    place_code: str | None
    category: str | None
    waits: bool
    kinds: tuple[str, ...]

    @property
    def subject(self) -> str:
        return f"{self.what}:{self.id}"


def page(c: Connection, node: Node, wanted: Wanted) -> tuple[list[Waiting], bool, dict[str, int]]:
    """One page of the queue, whether there is more, and how many wait for each reason, `all` of them too; in one walk."""
    found, more, counts = _walked(c, node, wanted, None, null(), EVERYTHING)
    return found, more, next(iter(counts.values()), dict.fromkeys(("all", *KINDS), 0))


def page_and_places(c: Connection, node: Node, wanted: Wanted, of: Collection[str] | None) -> tuple[
        list[Waiting], bool, dict[str | None, dict[str, int]]]:
    """One page of what waits in some of the places asked for, and how many wait in each place of all of them; in one walk.

    Texts that are at no place are left out.
    """
    return _walked(c, node, wanted, of, "place_code", PLACED)


def to_verify(c: Connection, node: Node, wanted: Wanted) -> tuple[list[Waiting], bool]:
    """One page of the needs that wait to be verified, and whether there is more: what else waits is not walked through."""
    wanted = replace(wanted, kind="verify")
    rows = c.execute(_in_order(_sources(c, node, wanted, ("need",)).subquery("found"), wanted)).all()
    return [_line(row) for row in rows[:wanted.rows]], len(rows) > wanted.rows


def _in_order(found: Any, wanted: Wanted) -> Select[Any]:
    lines = select(found).order_by(found.c.waits, found.c.rank.desc(), found.c.since, found.c.id).limit(wanted.rows + 1).offset(
        (wanted.page - 1) * wanted.rows)
    return lines.where(found.c[wanted.kind] == 1) if wanted.kind else lines


def _walked(c: Connection, node: Node, wanted: Wanted, of: Collection[str] | None, by: Any, whats: Collection[str]) -> tuple[
        list[Waiting], bool, dict[str | None, dict[str, int]]]:
    found = _sources(c, node, wanted, whats).cte("found").prefix_with("MATERIALIZED")  # walked once, read twice
    lines = _in_order(found, wanted)
    if of is not None:
        lines = lines.where(found.c.place_code.in_(of))
    place = found.c[by] if isinstance(by, str) else by
    sums = select(literal("counts"), literal(""), func.count(), literal(""), place, null(), literal(0),
                  *(func.coalesce(func.sum(found.c[kind]), 0) for kind in KINDS)).select_from(found)
    if isinstance(by, str):
        sums = sums.group_by(place)
    shown = lines.subquery("shown")
    rows = c.execute(union_all(select(shown), sums)).all()
    counts = {row.place_code: {"all": int(row.rank)} | {kind: int(getattr(row, kind)) for kind in KINDS}
              for row in rows if row.what == "counts"}
    # a union keeps no order: the page is sorted again
    rows = sorted((row for row in rows if row.what != "counts"), key=lambda row: (row.waits, -row.rank, row.since, row.id))
    return [_line(row) for row in rows[:wanted.rows]], len(rows) > wanted.rows, counts


def by_place(c: Connection, node: Node, wanted: Wanted) -> dict[str | None, dict[str, int]]:
    """How many wait in each place, for each reason and `all` of them."""
    found = _sources(c, node, wanted).subquery("found")
    rows = c.execute(select(found.c.place_code, func.count(), *(func.sum(found.c[kind]) for kind in KINDS)).group_by(found.c.place_code))
    return {row[0]: dict(zip(("all", *KINDS), map(int, row[1:]), strict=True)) for row in rows}


def one(c: Connection, node: Node, what: str, id: str) -> Waiting | None:
    """One line, whether or not it still waits for somebody; None for what nobody may see here."""
    known = _SEEN[what](id)
    row = c.execute(known).first() if known is not None else None
    if row is None:
        return None
    waits = _waits_one(c, node, what, id)
    return waits or Waiting(what, id, int(row.urgency or UNKNOWN_URGENCY), row.since, row.place_code, row.category, False, ())


def clusters(c: Connection, node: Node, wanted: Wanted) -> list[Cluster]:
    """Where many reported the same within the days that the configuration says, the most people first."""
    since = node.now() - timedelta(days=node.config.triage.cluster_days)
    found = (select(ALERT.c.need, ALERT.c.place_code, ALERT.c.category, ALERT.c.people, ALERT.c.at)
             .where(ALERT.c.reason == CLUSTER, ALERT.c.at >= iso(since),
                    select(NEED.c.id).where(NEED.c.id == ALERT.c.need, NEED.c.status == "open", is_spoken_for(NEED.c.id)).exists())
             .order_by(ALERT.c.people.desc(), ALERT.c.at.desc()).limit(5))
    if wanted.places is not None:
        found = found.where(ALERT.c.place_code.in_(wanted.places))
    return [Cluster(*row) for row in c.execute(found)]


def secret(c: Connection, now: datetime) -> int:
    """How many restricted reports came lately: all that the focal point reads of them here."""
    recent = REPORT.c.filed_at >= iso(now - LATELY)
    return int(c.execute(select(func.count()).select_from(REPORT).where(REPORT_SECRET, recent)).scalar_one())


def _waits_one(c: Connection, node: Node, what: str, id: str) -> Waiting | None:
    row = c.execute(select(_sources(c, node, Wanted(), (what,), id).subquery("found"))).first()
    return _line(row) if row else None


def _line(row: Any) -> Waiting:
    return Waiting(row.what, row.id, min(int(row.rank), CRITICAL), row.since, row.place_code, row.category, bool(row.waits),
                   tuple(kind for kind in KINDS if getattr(row, kind)))


def _sources(c: Connection, node: Node, wanted: Wanted, whats: Collection[str] = EVERYTHING, id: str = "") -> CompoundSelect[Any]:
    """Texts, reports and needs that wait, with the same columns."""
    now = node.now()
    selects = []
    # a text at no place is of no area, and of no kind
    if "message" in whats and wanted.places is None and not wanted.category:
        selects.append(_texts(now, *_fitting(MESSAGE, wanted, id)))
    if "report" in whats:
        disputed = select(READING.c.id).where(READING.c.contested, not_(READING.c.withdrawn))
        fitting = _fitting(REPORT, wanted, id)
        # those that two people read differently come apart, so that each half has its index
        selects += [_reports("reports", now, REPORT_WAITS, *fitting),
                    _reports("disputed", now, REPORT.c.id.in_(disputed), not_(REPORT_WAITS), *fitting)]
    if "need" in whats:
        selects.append(_needs(c, node, now, *_fitting(NEED, wanted, id)))
    return union_all(*selects)


def _fitting(of: Table, wanted: Wanted, id: str) -> list[ColumnElement[bool]]:
    fits: list[ColumnElement[bool]] = [of.c.id == id] if id else []
    if wanted.places is not None:
        fits.append(of.c.place_code.in_(wanted.places))
    if wanted.category:
        fits.append(func.substr(of.c.category, 1, len(wanted.category)) == wanted.category)
    return fits


def _flags(**given: Any) -> list[Any]:
    return [(case((given[kind], 1), else_=0) if kind in given else literal(0)).label(kind) for kind in KINDS]


def _texts(now: datetime, *fits: ColumnElement[bool]) -> Select[Any]:
    rank = case((MESSAGE.c.received_at <= iso(now - UNREAD_FOR), URGENT), else_=UNKNOWN_URGENCY)
    return select(literal("message").label("what"), MESSAGE.c.id, rank.label("rank"), MESSAGE.c.received_at.label("since"),
                  cast(null(), Text).label("place_code"), cast(null(), Text).label("category"), literal(0).label("waits"),
                  *_flags(unread=MESSAGE.c.id.is_not(None))).where(MESSAGE_WAITS, tells_of_none(MESSAGE.c.id), *fits)


def _reports(name: str, now: datetime, *fits: ColumnElement[bool]) -> Select[Any]:
    # what was settled, who owes us an answer, what is disputed: sets that a database makes once, each from an index of its own
    settled, merely_read = (REPORT.c.message.in_(select(MESSAGE.c.id).where(MESSAGE_SETTLED, *more)) for more in (
        (), (MESSAGE.c.settled == READ,)))
    asks = REPORT.c.id.in_(select(asked(now).subquery().c.report))
    contested = REPORT.c.id.in_(select(READING.c.id).where(READING.c.contested, not_(READING.c.withdrawn)))
    by_hand = and_(REPORT.c.model.is_not(None), REPORT.c.model == PERSON)
    of = (select(REPORT.c.id, REPORT.c.filed_at, REPORT.c.place_code, REPORT.c.category, REPORT.c.need, REPORT.c.urgency, REPORT.c.intent,
                 REPORT.c.confidence, *(case((true, 1), else_=0).label(called) for called, true in (
                     ("settled", settled), ("merely_read", merely_read), ("asks", asks), ("contested", contested), ("by_hand", by_hand))))
          .where(STANDS, *fits).cte(name).prefix_with("MATERIALIZED").c)
    unsettled = of.settled == 0
    emergency = and_(of.urgency == CRITICAL, or_(of.intent == EMERGENCY, of.category.in_(emergencies())), unsettled)
    alone = and_(of.need.is_(None), or_(unsettled, of.merely_read == 1),
                 not_(and_(of.by_hand == 1, of.category.is_not(None), of.place_code.is_not(None))))
    no_place = and_(alone, of.place_code.is_(None))
    # by its kind: it has none, or a wide one, or one that the machine itself did not believe
    unsure = or_(and_(alone, or_(of.category.is_(None), func.length(of.category) < 5, of.place_code.is_not(None))),
                 and_(of.confidence < 0.5, of.by_hand == 0, unsettled))
    said = REPORT.alias("said")  # looked at for fresh emergencies alone
    in_danger = exists(select(said.c.id).where(said.c.id == of.id, said.c.why.like('%"danger: %')))
    return select(literal("report").label("what"), of.id,
                  case((and_(emergency, of.filed_at > iso(now - FRESH), in_danger), IN_DANGER_FIRST), (emergency, EMERGENCIES_FIRST),
                       else_=func.coalesce(of.urgency, UNKNOWN_URGENCY)).label("rank"),
                  of.filed_at.label("since"), of.place_code, of.category,
                  case((and_(of.asks == 1, not_(emergency)), 1), else_=0).label("waits"),
                  *_flags(emergency=emergency, contested=of.contested == 1, no_place=no_place, unsure=unsure)
                  ).where(or_(emergency, of.contested == 1, no_place, unsure))


def _needs(c: Connection, node: Node, now: datetime, *fits: ColumnElement[bool]) -> Select[Any]:
    # the most urgent of its reports: as it is counted, or, where that is not true of the need alone, by one step into an index
    found_out = (select(func.max(REPORT.c.urgency)).where(REPORT.c.need == NEED.c.id, REPORT_STANDS_IN_NEED)
                 .correlate(NEED).scalar_subquery())
    doubtful = or_(COUNTED.c.need.is_(None), NEED.c.id.in_(select(HEAD.c.need)), NEED.c.id.in_(select(UNCOUNTED.c.need)))
    urgency = case(  # those who said "me too" may be all that is left
        (doubtful, func.coalesce(found_out, case((is_spoken_for(NEED.c.id), 1)))),
        (COUNTED.c.reports > 0, COUNTED.c.urgency), (COUNTED.c.people > 0, 1))
    stood = late_after_waiting(c, node, now)
    late: ColumnElement[bool] = or_(is_late(node, now), NEED.c.id.in_(stood)) if stood else is_late(node, now)
    contested = or_(NEED.c.contested, NEED.c.id.in_(select(LINK.c.need).where(LINK.c.linked, LINK.c.contested)))
    unseen = NEED.c.status == "open"
    still = select(PROMISE.c.id).where(
        PROMISE.c.id == NEED.c.id, PROMISE.c.since == NEED.c.status_at, PROMISE.c.paused_at.is_not(None))
    # made once: what is named several times below would be looked up as often
    of = (select(NEED.c.id, NEED.c.status_at, NEED.c.place_code, NEED.c.category, urgency.label("urgency"),
                 *(case((true, 1), else_=0).label(called) for called, true in (
                     ("unseen", unseen), ("contested", contested), ("late", late), ("still", exists(still)))))
          .outerjoin(COUNTED, COUNTED.c.need == NEED.c.id).where(or_(unseen, contested), *fits).cte("needs").prefix_with("MATERIALIZED").c)
    step = case((and_(of.late == 1, of.urgency < CRITICAL), 1), else_=0)
    return select(literal("need").label("what"), of.id, (of.urgency + step).label("rank"), of.status_at.label("since"),
                  of.place_code, of.category, case((and_(of.unseen == 1, of.still == 1), 1), else_=0).label("waits"),
                  *_flags(contested=of.contested == 1, overdue=of.late == 1, verify=of.unseen == 1)).where(of.urgency.is_not(None))


def _seen_need(id: str) -> Select[Any]:
    sums = reports_of_needs(REPORT.c.need == id).subquery("sums")
    return select(NEED.c.place_code, NEED.c.category, NEED.c.status_at.label("since"), sums.c.urgency).join(
        sums, sums.c.need == NEED.c.id).where(NEED.c.id == id)


def _seen_report(id: str) -> Select[Any]:
    return select(REPORT.c.place_code, REPORT.c.category, REPORT.c.filed_at.label("since"), REPORT.c.urgency).where(
        REPORT.c.id == id, STANDS)


def _seen_text(id: str) -> Select[Any]:
    return select(null().label("place_code"), null().label("category"), MESSAGE.c.received_at.label("since"),
                  literal(UNKNOWN_URGENCY).label("urgency")).where(
        MESSAGE.c.id == id, MESSAGE.c.outcome.in_(UNREAD), tells_of_none(MESSAGE.c.id))


_SEEN = {"need": _seen_need, "report": _seen_report, "message": _seen_text}

