"""Many phones that say nearly the same words about one need on one day: each report counts, their crowd ranks as one voice.

People do copy a neighbour's text, so nothing is refused, nobody is blamed and nothing is hidden: the need says it, with the reason.
Short texts are alike by nature ("no hay agua") and no sign of anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from gateway.journal.events import Event, ReportGathered
from gateway.journal.matching import ReportFlagged
from gateway.journal.tables import Message, Report, table
from gateway.likeness import alike_words, grams_of
from gateway.standing import oldest_id

REPORT, MESSAGE = table(Report), table(Message)
Row = dict[str, Any]

CROWD = 20                  # phones with one wording, in
SPAN = timedelta(days=1)
NEARLY = 0.75               # of their letters in threes
LONGEST_CHANCE = 28         # trigrams that texts may share by chance: a wording needs more to be anybody's
MOST_READ = 3000            # reports of one need and day that are compared
MOST_WORDINGS = 40


def found(c: Connection, gathered: Sequence[ReportGathered], reports: Mapping[str, Row]) -> list[Event]:
    """Flags for the reports of a crowd, but for one that the need began with; those flagged before stay so."""
    by_need: dict[str, list[Row]] = {}
    for event in gathered:
        by_need.setdefault(event.need, []).append(reports[event.report])
    events: list[Event] = []
    for need in _busy(c, by_need):
        events += _flags(c, need, by_need[need])
    return events


def _busy(c: Connection, by_need: Mapping[str, list[Row]]) -> list[str]:
    """Needs that so many reports of one day stand in that a crowd is possible: counted by index, seldom any."""
    if not by_need:
        return []
    newest = max(row["filed_at"] for rows in by_need.values() for row in rows)
    day = oldest_id(datetime.fromisoformat(newest) - SPAN)
    counted = {need: int(n) for need, n in c.execute(select(REPORT.c.need, func.count()).where(
        REPORT.c.need.in_(list(by_need)), REPORT.c.id >= day).group_by(REPORT.c.need))}
    return sorted(need for need, rows in by_need.items() if counted.get(need, 0) + len(rows) >= CROWD)


def _flags(c: Connection, need: str, new: list[Row]) -> Iterable[Event]:
    newest = max(row["filed_at"] for row in new)
    day = oldest_id(datetime.fromisoformat(newest) - SPAN)
    texts = {row.id: row.text for row in c.execute(select(MESSAGE.c.id, MESSAGE.c.text).where(
        MESSAGE.c.id.in_([row["message"] for row in new])))}
    rows = [(r.id, r.sender, r.text, r.surge) for r in c.execute(
        select(REPORT.c.id, REPORT.c.sender, MESSAGE.c.text, REPORT.c.surge).join(MESSAGE, MESSAGE.c.id == REPORT.c.message)
        .where(REPORT.c.need == need, REPORT.c.id >= day, REPORT.c.status != "cancelled").order_by(REPORT.c.id).limit(MOST_READ))]
    there = {row[0] for row in rows}
    rows += [(r["id"], r["sender"], texts.get(r["message"], ""), bool(r["surge"])) for r in new if r["id"] not in there]
    for crowd in wordings(sorted(rows)):
        phones = {sender for _, sender, _, _ in crowd}
        if len(phones) >= CROWD:
            founder = c.execute(select(func.min(REPORT.c.id)).where(REPORT.c.need == need)).scalar() or min(crowd)[0]
            yield from (ReportFlagged(report=report, need=need, why=(f"{len(phones)} phones sent nearly these words within a day",))
                        for report, _, _, flagged in crowd if not flagged and report != founder)


def wordings(rows: Sequence[tuple[str, str, str, bool]]) -> list[list[tuple[str, str, str, bool]]]:
    """Reports by their wording: each stands with the first whose words are nearly its own; short texts with none."""
    kinds: list[tuple[frozenset[int], list[tuple[str, str, str, bool]]]] = []
    known: dict[str, list[tuple[str, str, str, bool]]] = {}
    for row in rows:
        if row[2] in known:
            known[row[2]].append(row)
            continue
        grams = grams_of(row[2])
        if len(grams) < LONGEST_CHANCE:
            continue
        crowd = next((rows for words, rows in kinds if alike_words(words, grams) >= NEARLY), None)
        if crowd is None:
            crowd = []
            if len(kinds) < MOST_WORDINGS:
                kinds.append((grams, crowd))
        crowd.append(row)
        known[row[2]] = crowd
    return [crowd for _, crowd in kinds]
