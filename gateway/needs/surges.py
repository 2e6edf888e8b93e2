"""Many phones that say nearly the same words about one need on one day: each report counts, their crowd ranks as one voice.

People do copy a neighbour's text, so nothing is refused, nobody is blamed and nothing is hidden: the need says it, with the reason.
Short texts are alike by nature ("no hay agua") and no sign of anything. Each report stands with the first whose words are nearly its
own (`Wording`, local): a flood costs a look at the first ones of its need, however many came after them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select, update

from gateway.journal.events import Event
from gateway.journal.facts.matching import ReportFlagged
from gateway.journal.facts.needs import ReportGathered
from gateway.journal.rows import find, upsert
from gateway.journal.tables import Message, Report, Wording, table
from gateway.needs.likeness import grams_of, nearly, packed, unpacked
from gateway.needs.standing import oldest_id

REPORT, MESSAGE, WORDING = table(Report), table(Message), table(Wording)
Row = dict[str, Any]
Grams = frozenset[int]
Said = tuple[str, str]      # a need, and the report that said these words of it first

CROWD = 20                  # phones with one wording, in
SPAN = timedelta(days=1)
NEARLY = 0.75               # of their letters in threes
LONGEST_CHANCE = 28         # trigrams that texts may share by chance: a wording needs more to be anybody's
MOST_WORDINGS = 40          # of one need; what was said last is kept
_FIRST = ""                 # what stands for "first" in the row of the report that is


# Written out once: a few reports are looked at in less time than it takes to write them.
_WORDINGS = select(WORDING.c.need, WORDING.c.report, WORDING.c.last, WORDING.c.crowd, WORDING.c.grams).where(
    WORDING.c.need.in_(bindparam("needs", expanding=True)), WORDING.c.first == _FIRST, WORDING.c.last >= bindparam("since")).order_by(
    WORDING.c.last)
_PHONES = select(WORDING.c.need, WORDING.c.first, func.count(WORDING.c.sender.distinct())).where(
    WORDING.c.need.in_(bindparam("needs", expanding=True)), WORDING.c.first.in_(bindparam("firsts", expanding=True)),
    WORDING.c.report >= bindparam("since")).group_by(WORDING.c.need, WORDING.c.first)


class _Kind(NamedTuple):
    """A wording: its letters in threes, whether a crowd was told of it, and the report that said it last."""

    grams: Grams
    crowd: bool
    last: str


def found(c: Connection, gathered: Sequence[ReportGathered], reports: Mapping[str, Row]) -> list[Event]:
    """Flags for the reports of a crowd, but for one that the need began with; those flagged before stay so."""
    if not gathered:
        return []
    newest = max(datetime.fromisoformat(reports[event.report]["filed_at"]) for event in gathered)
    said, known = _note(c, gathered, reports, oldest_id(newest - 2 * SPAN))
    events: list[Event] = []
    for wording, phones in sorted(_counted(c, said, oldest_id(newest - SPAN)).items()):
        if phones >= CROWD:
            new = said[wording] if wording in known else _whole(c, wording, oldest_id(newest - SPAN))
            why = (f"{phones} phones sent nearly these words within a day",)
            events += [ReportFlagged(report=report, need=wording[0], why=why) for report in new]
    return events


def _note(c: Connection, gathered: Sequence[ReportGathered], reports: Mapping[str, Row],
          since: str) -> tuple[dict[Said, list[str]], set[Said]]:
    """Put each new report beside the first one with nearly its words: who said which, and those of which a crowd is known."""
    texts = {row["id"]: row["text"] for row in find(c, MESSAGE, "id", list({reports[e.report]["message"] for e in gathered}))}
    long = [(event, grams) for event in sorted(gathered, key=lambda one: one.report)
            if len(grams := grams_of(texts.get(reports[event.report]["message"]) or "")) >= LONGEST_CHANCE]
    kinds: dict[str, dict[str, _Kind]] = {event.need: {} for event, _ in long}
    for need, first, last, crowd, grams in c.execute(_WORDINGS, {"needs": list(kinds), "since": since}):
        kinds[need][first] = _Kind(unpacked(bytes(grams)), bool(crowd), last)
    said: dict[Said, list[str]] = {}
    rows: list[Row] = []
    forgotten: list[str] = []
    for event, grams in long:
        known = kinds[event.need]
        first = next((report for report, kind in reversed(known.items()) if nearly(kind.grams, grams, NEARLY)), event.report)
        if first not in known and len(known) >= MOST_WORDINGS:
            forgotten.append(oldest := next(iter(known)))  # what nobody said for longest
            del known[oldest]
        kind = known.pop(first, None) or _Kind(grams, False, event.report)
        known[first] = _Kind(kind.grams, kind.crowd, event.report)
        said.setdefault((event.need, first), []).append(event.report)
        rows.append({"need": event.need, "first": first, "report": event.report, "sender": reports[event.report]["sender"],
                     "last": "", "crowd": False, "grams": b""})
    if forgotten:
        c.execute(delete(WORDING).where(WORDING.c.need.in_(list(kinds)), WORDING.c.first == _FIRST, WORDING.c.report.in_(forgotten)))
    heads = [(need, first, kinds[need][first]) for need, first in said if first in kinds[need]]
    upsert(c, WORDING, [*rows, *({"need": need, "first": _FIRST, "report": first, "sender": "", "last": kind.last, "crowd": kind.crowd,
                                  "grams": packed(kind.grams)} for need, first, kind in heads)])
    return said, {(need, first) for need, first, kind in heads if kind.crowd}


def _counted(c: Connection, touched: Mapping[Said, Sequence[str]], since: str) -> dict[Said, int]:
    """How many phones said each of these wordings lately."""
    if not touched:
        return {}
    return {(need, first): int(phones) for need, first, phones in c.execute(_PHONES, {
        "needs": sorted({need for need, _ in touched}), "firsts": sorted({first for _, first in touched}), "since": since})}


def _whole(c: Connection, said: Said, since: str) -> list[str]:
    """Everybody of a crowd that is told for the first time, but for whom the need began with; from now on only who joins it."""
    need, first = said
    c.execute(update(WORDING).where(WORDING.c.need == need, WORDING.c.first == _FIRST, WORDING.c.report == first).values(crowd=True))
    founder = c.execute(select(func.min(REPORT.c.id)).where(REPORT.c.need == need)).scalar() or first
    members = c.execute(select(WORDING.c.report, REPORT.c.surge, REPORT.c.status).outerjoin(REPORT, REPORT.c.id == WORDING.c.report).where(
        WORDING.c.need == need, WORDING.c.first == first, WORDING.c.report >= since).order_by(WORDING.c.report))
    return [row.report for row in members if not row.surge and row.status != "cancelled" and row.report != min(founder, first)]
