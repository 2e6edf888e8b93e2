"""What two people decided without seeing each other: who said what, so that a third can say which of it stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Exists, select

from dashboards.queries.seen import NEED, REPORT, STANDS, WORK
from gateway.journal.entries import facts_about
from gateway.journal.tables import REPORT_STANDS_IN_NEED, Merge, Reading, table

MERGE, READING = table(Merge), table(Reading)
LATEST = 4
OF = {"need": ("need_status_changed", "status_withdrawn", "repair_judged"), "reading": ("report_read", "reading_withdrawn"),
      "merge": ("needs_merged", "needs_parted"), "work": ("work_progressed",)}


@dataclass(frozen=True, slots=True)
class Word:
    """What one of them said: a status, a phase, `merged` or `parted`, or a category and a place; `reason` is what residents may read."""

    by: str
    at: str
    said: str
    why: str
    place_code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dispute:
    """`words` from the oldest to the one that stands, each value once; `after` is the entry that whoever settles it has seen."""

    what: str
    id: str
    category: str
    place_code: str
    words: tuple[Word, ...]
    after: str
    message: str = ""
    reference: str = ""
    other: str = ""
    name: str = ""


def disputes(c: Connection, places: Collection[str] | None) -> list[Dispute]:
    """All that is disputed in these places, needs first."""
    return [*_needs(c, places), *_readings(c, places), *_merges(c, places), *_works(c, places)]


def of_need(c: Connection, need: str) -> Dispute | None:
    """The dispute about one need's status."""
    return next(iter(_needs(c, None, NEED.c.id == need)), None)


def _needs(c: Connection, places: Collection[str] | None, *conditions: Any) -> list[Dispute]:
    rows = c.execute(select(NEED.c.id, NEED.c.category, NEED.c.place_code, NEED.c.status_entry).where(
        NEED.c.contested, _shown(NEED.c.id), *_in(NEED, places), *conditions).order_by(NEED.c.id)).all()
    return [Dispute("need", row.id, row.category, row.place_code, _words(c, "need", row.id), row.status_entry or "") for row in rows]


def _readings(c: Connection, places: Collection[str] | None) -> list[Dispute]:
    rows = c.execute(select(READING.c.id, READING.c.message, READING.c.entry, REPORT.c.category, REPORT.c.place_code, REPORT.c.reference)
                     .join(REPORT, REPORT.c.id == READING.c.id).where(
                         READING.c.contested, READING.c.withdrawn.is_(False), STANDS, *_in(REPORT, places)).order_by(READING.c.id)).all()
    return [Dispute("reading", row.id, row.category or "", row.place_code or "", _words(c, "reading", row.id), row.entry, row.message,
                    row.reference) for row in rows]


def _merges(c: Connection, places: Collection[str] | None) -> list[Dispute]:
    other = NEED.alias("other")
    rows = c.execute(select(MERGE.c.id, MERGE.c.one, MERGE.c.other, MERGE.c.entry, NEED.c.category, NEED.c.place_code)
                     .join(NEED, NEED.c.id == MERGE.c.one).join(other, other.c.id == MERGE.c.other)
                     .where(MERGE.c.contested, _shown(MERGE.c.one), _shown(MERGE.c.other),
                            *_in(NEED, places), *_in(other, places)).order_by(MERGE.c.id)).all()
    return [Dispute("merge", row.one, row.category, row.place_code, _words(c, "merge", row.one, row.other), row.entry, other=row.other)
            for row in rows]


def _works(c: Connection, places: Collection[str] | None) -> list[Dispute]:
    rows = c.execute(select(WORK.c.id, WORK.c.name, WORK.c.place_code, WORK.c.entry).where(
        WORK.c.contested, *_in(WORK, places)).order_by(WORK.c.id)).all()
    return [Dispute("work", row.id, "", row.place_code, _words(c, "work", row.id), row.entry or "", name=row.name) for row in rows]


def _shown(need: Any) -> Exists:
    """Whether a page can show a report of the need."""
    return select(REPORT.c.id).where(REPORT.c.need == need, REPORT_STANDS_IN_NEED).exists()


def _in(of: Any, places: Collection[str] | None) -> list[Any]:
    return [] if places is None else [of.c.place_code.in_(places)]


def _words(c: Connection, what: str, id: str, other: str = "") -> tuple[Word, ...]:
    """What was said since the decision that the last one answers, each value by whoever said it last."""
    facts = [fact for fact in facts_about(c, [id], OF[what]) if fact.about[0] == id or other in fact.about]
    facts = [fact for fact in facts if not other or {id, other} == set(fact.about)]
    seen = (facts[-1]["after"] or "") if facts else ""
    open_ = [fact for fact in facts if fact.position > seen]
    words: dict[tuple[str, str], Word] = {}
    for fact in open_ if len(open_) > 1 else facts[-LATEST:]:  # who took a decision back left the dispute before it as it was
        word = Word(fact.by, fact.at, _said(fact), fact["note"] or fact["why"] or "", fact["place_code"] or "", fact["reason"] or "")
        words.pop((word.said, word.place_code), None)
        words[word.said, word.place_code] = word
    return tuple(words.values())


def _said(fact: Any) -> str:
    if fact.kind in ("needs_merged", "needs_parted"):
        return str(fact.kind.removeprefix("needs_"))
    if fact.kind == "repair_judged":
        return "open"
    return str(fact["status"] or fact["phase"] or fact["category"] or "")
