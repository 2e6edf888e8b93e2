"""Where reports and needs stand, in SQL: by reference, how many people, which needs are open for a place and category."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from gateway.journal import heads
from gateway.journal.canonical import moment
from gateway.journal.facts import rulings
from gateway.journal.rows import find
from gateway.journal.tables import Link, Need, Notice, Report, Ruling, Support, Work, table
from gateway.needs import news

REPORT, NEED, LINK, WORK, SUPPORT, NOTICE, RULING = (table(of) for of in (Report, Need, Link, Work, Support, Notice, Ruling))
Row = dict[str, Any]
Pair = tuple[str, str]  # (place code, category)

# Other people's reports of one thing are told about for this long; older ones may be another story.
LATELY = timedelta(days=30)
BEGUN = ("execution", "handover", "operation", "closed")
# Joined to the pairs asked for: SQLite reads the whole table for "(a, b) IN (VALUES ...)".
_OPEN = """
WITH asked(place, category) AS (VALUES {pairs})
SELECT n.place_code, n.category, n.id, (SELECT MAX(r.id) FROM report r WHERE r.need = n.id AND r.status <> 'cancelled')
FROM asked JOIN need n ON n.place_code = asked.place AND n.category = asked.category
WHERE n.status IN ('open', 'verified', 'planned') AND n.key = ''"""
# Each phone once, whether it reported or said "me too", in this need or in one that is merged with it.
_COUNTED = """
SELECT need, COUNT(*) FROM (
  SELECT COALESCE(h.head, r.need) AS need, r.sender FROM report r LEFT JOIN head h ON h.need = r.need
  WHERE r.need IN ({needs}) AND r.status <> 'cancelled' AND r.restricted IS NOT TRUE UNION
  SELECT COALESCE(h.head, r.need), s.sender FROM report r JOIN support s ON s.report = r.id LEFT JOIN head h ON h.need = r.need
  WHERE r.need IN ({needs}) AND r.restricted IS NOT TRUE) AS said GROUP BY need"""
_AMONG = """
WITH asked(need, sender) AS (VALUES {pairs})
SELECT r.need, r.sender FROM asked JOIN report r ON r.need = asked.need AND r.sender = asked.sender WHERE r.status <> 'cancelled' UNION
SELECT r.need, s.sender FROM asked JOIN support s ON s.sender = asked.sender JOIN report r ON r.id = s.report AND r.need = asked.need"""


class Stand(NamedTuple):
    """How a report stands: the reply that says so, with its fills besides reference, category and place."""

    kind: str
    fills: dict[str, Any]


def open_needs(c: Connection, pairs: Collection[Pair], at: datetime) -> dict[Pair, str]:
    """The needs that are open for these places and categories and were reported lately; one query however many are asked."""
    if not pairs:
        return {}
    rows = _asked(c, _OPEN, pairs)
    since = oldest_id(at - LATELY)
    return {(place, category): need for place, category, need, newest in rows if newest is not None and newest >= since}


@dataclass(frozen=True, slots=True)
class Voices:
    """How many phones stand behind needs: those who reported and those who said "me too", each need counted once.

    When a whole city writes of one need, a group of texts costs two queries, however many texts it has.
    """

    c: Connection
    counted: dict[str, int] = field(default_factory=dict)
    among: dict[Pair, bool] = field(default_factory=dict)

    def hear(self, asked: Collection[Pair]) -> None:
        """Count the needs and look the phones up, for these (need, sender) pairs."""
        if not asked:
            return
        mark = "?" if self.c.dialect.name == "sqlite" else "%s"
        head = heads.members(self.c, {need for need, _ in asked})
        group: dict[str, list[str]] = {}
        for need, stands_for_it in head.items():
            group.setdefault(stands_for_it, []).append(need)
        needs = tuple(need for need in head if need not in self.counted)
        if needs:
            query = _COUNTED.format(needs=", ".join([mark] * len(needs)))
            counted = {need: int(count) for need, count in self.c.exec_driver_sql(query, needs * 2)}
            self.counted.update({need: counted.get(head[need], 0) for need in needs})
        self.among.update(dict.fromkeys(asked, False))
        wider = {(member, sender) for need, sender in asked for member in group[head[need]]}
        there = {(head[need], sender) for need, sender in _asked(self.c, _AMONG, wider)}
        self.among.update({(need, sender): True for need, sender in asked if (head[need], sender) in there})

    def with_me(self, need: str, sender: str) -> int:
        """The phones behind a need, this one too."""
        if (need, sender) not in self.among:
            self.hear([(need, sender)])
        return self.counted[need] + (0 if self.among[need, sender] else 1)


def _asked(c: Connection, query: str, pairs: Collection[Pair]) -> Sequence[Any]:
    mark = "(?, ?)" if c.dialect.name == "sqlite" else "(%s, %s)"
    return c.exec_driver_sql(query.format(pairs=", ".join([mark] * len(pairs))), tuple(value for pair in pairs for value in pair)).all()


def people(c: Connection, report: Row, asking: str | None = None) -> int:
    """How many phones stand behind the need of a report; the `asking` one is counted too."""
    mine = asking or report["sender"]
    if report["need"] is None:
        told = set(c.execute(select(SUPPORT.c.sender).where(SUPPORT.c.report == report["id"])).scalars())
        return len(told | {report["sender"], mine})
    return Voices(c).with_me(report["need"], mine)


def oldest_id(at: datetime) -> str:
    """What is filed from a moment on has an id from here on: ids begin with the millisecond."""
    return f"{int(at.timestamp() * 1000):011x}"


def with_reference(c: Connection, reference: str) -> list[Row]:
    """The reports that were given a reference, the first one first: two where a copied box gave it out again."""
    rows = c.execute(select(REPORT).where(REPORT.c.reference == reference).order_by(REPORT.c.filed_at, REPORT.c.id)).mappings()
    return [dict(row) for row in rows]


def by_reference(c: Connection, reference: str, sender: str = "") -> Row | None:
    """The report behind a reference; of two the one of this phone."""
    reports = with_reference(c, reference)
    return next((report for report in reports if report["sender"] == sender), next(iter(reports), None))


def references_of(c: Connection, sender: str, most: int = 4) -> tuple[str, ...]:
    """The references of a sender that may be named, the newest first."""
    return tuple(c.execute(select(REPORT.c.reference).where(
        REPORT.c.sender == sender, REPORT.c.restricted.is_not(True), REPORT.c.intent == "report").order_by(
        REPORT.c.id.desc()).limit(most)).scalars())


def speaks_for(c: Connection, report: Row, sender: str, until: str | None = None) -> bool:
    """Whether a phone reported this need or said "me too" for one of its reports."""
    if report["sender"] == sender:
        return True
    same = REPORT.c.need.in_(list(heads.members(c, [report["need"]]))) if report["need"] else REPORT.c.id == report["id"]
    reported = select(REPORT.c.id).where(same, REPORT.c.sender == sender).limit(1)
    supported = select(SUPPORT.c.id).join(REPORT, REPORT.c.id == SUPPORT.c.report).where(same, SUPPORT.c.sender == sender).limit(1)
    if until:
        supported = supported.where(SUPPORT.c.at <= until)
    return c.execute(reported).first() is not None or c.execute(supported).first() is not None


def spoke_before_refused(c: Connection, report: Row, sender: str) -> bool:
    """The same, "me too" up to the refusal alone: by a guessed number anybody says it afterwards."""
    head = heads.head_of(c, report["need"]) if report["need"] else None
    return speaks_for(c, report, sender, c.execute(select(NOTICE.c.decided_at).where(NOTICE.c.id == head)).scalar())


def is_held_back(c: Connection, need: str) -> bool:
    """Whether a person holds back what residents hear of how a need stands, or two people said different things of it."""
    stand = news.stand_of(c, need)
    return stand is None or stand.held or stand.silent


def how_it_stands(c: Connection, report: Row, timezone: str, today: date) -> Stand:
    """The words of what happened last to a report's need; days are those of the city."""
    received = Stand("status_received", {"date": f"{moment(report['filed_at']).astimezone(ZoneInfo(timezone)):%d/%m}"})
    head = heads.head_of(c, report["need"]) if report["need"] else None
    need = c.execute(select(NEED).where(NEED.c.id == head)).mappings().first() if head else None
    if need is None:
        return received
    if need["status"] == "rejected":
        why = c.execute(select(NOTICE.c.reason).where(NOTICE.c.id == head)).scalar()
        return Stand("status_refused", {"reason": why}) if why and not is_held_back(c, str(head)) else Stand("status_rejected", {})
    if need["status"] == "not_found":
        return Stand("status_not_found", {})
    if need["status"] in ("done", "closed"):
        return Stand("status_done", {})
    if (said := ruled(c, dict(need))) is not None:
        put_off = said["decision"] == rulings.POSTPONED
        return Stand("status_postponed", {"date": day(said["until"])}) if put_off else Stand("status_checking", {})
    work = c.execute(select(WORK.c.name, WORK.c.starts_on, WORK.c.phase).join(LINK, LINK.c.work == WORK.c.id).where(
        LINK.c.need.in_(list(heads.members(c, [need["id"]]))), LINK.c.linked).order_by(LINK.c.at.desc())).first()
    if work is not None:
        if work.phase in BEGUN:
            return Stand("status_begun", {"work": work.name})
        return Stand("status_work", {"work": work.name, "date": start(work.starts_on, today)})
    if need["status"] == "verified":
        return Stand("status_verified", {})
    count = people(c, report)
    return Stand("status_gathered", {"n": count}) if count > 1 else received


def ruled(c: Connection, need: Row) -> Row | None:
    """What a commission decided, where that is how a need stands: put off until a day, or to be looked at first."""
    whole = sorted(heads.members(c, [need["id"]]))
    said = find(c, RULING, "id", whole)
    if not said:
        return None
    return rulings.standing(said, max([need["status_entry"] or "", *(link["entry"] for link in find(c, LINK, "need", whole))]))


def work_in(c: Connection, place: str) -> Row | None:
    row = c.execute(select(WORK).where(WORK.c.place_code == place).order_by(WORK.c.starts_on)).mappings().first()
    return dict(row) if row else None


def start(day: str | None, today: date) -> str:
    """The month in which a work begins: 2027-05-15 -> 05/2027; empty where it went by: nobody is told of it as still to come."""
    if not day or day[:7] < today.isoformat()[:7]:
        return ""
    return f"{day[5:7]}/{day[:4]}"


def day(said: str) -> str:
    """2027-05-15 -> 15/05/2027"""
    return "/".join(reversed(said.split("-")))


def complete_pairs(found: Iterable[tuple[str | None, str | None]]) -> Sequence[Pair]:
    """The (place, category) pairs that a need could be open for."""
    return tuple({(place, category): None for place, category in found if place and category and len(category) > 3})


