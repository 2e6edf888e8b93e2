"""The things that stand open in a place: every need of what is repaired one by one, with what was reported of it. SQL, by index.

A report is likened to the things of its own place and subcategory alone; `Things` holds those of a group of texts and learns
what is gathered meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from gateway.journal.rows import find, upsert
from gateway.journal.tables import Message, Report, Trace, Twin, table
from gateway.likeness import Likeness, best, is_point, liken, liken_things, packed, spot_of, spot_text, trace_of, unpacked
from gateway.likeness import Trace as Seen
from gateway.standing import Pair, oldest_id

REPORT, MESSAGE, TRACE, TWIN = table(Report), table(Message), table(Trace), table(Twin)
Row = dict[str, Any]
OPEN = ("open", "verified", "planned")
LATELY = timedelta(days=120)  # what nobody wrote of for longer is another story
MOST_SEEN = 24                # reports of one thing that are looked at, the newest; the others say no more
MOST_IN_ONE = 400
# Every key of a place with its last generation; only of what stands open also the reports, for what is over is never gathered into.
_THINGS = """
WITH asked(place, category) AS (VALUES {pairs})
SELECT n.place_code, n.category, n.id, n.key, n.generation, COALESCE(o.status, n.status) AS status,
       r.id AS report, r.sender, r.language, r.filed_at, r.reference, t.spot, t.grams
FROM asked JOIN need n ON n.place_code = asked.place AND n.category = asked.category AND n.key <> ''
LEFT JOIN head h ON h.need = n.id LEFT JOIN need o ON o.id = h.head
LEFT JOIN report r ON r.need = n.id AND r.status <> 'cancelled' AND r.restricted = {no} AND r.id >= {mark}
 AND COALESCE(o.status, n.status) IN ('open', 'verified', 'planned')
LEFT JOIN trace t ON t.report = r.id
ORDER BY n.id, r.id"""


@dataclass(slots=True)
class Thing:
    """A need of what is repaired one by one, with its reports that stand and are no secret, the first reported first."""

    need: str
    key: str
    generation: int
    status: str
    seen: list[Seen] = field(default_factory=list)
    references: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN and bool(self.seen)


@dataclass(slots=True)
class Found:
    """The likest thing, how alike, and why."""

    thing: Thing
    likeness: Likeness


@dataclass(slots=True)
class Things:
    of: dict[Pair, list[Thing]] = field(default_factory=dict)

    @classmethod
    def load(cls, c: Connection, pairs: Collection[Pair], at: datetime) -> Things:
        """Those of these places and subcategories, in one query; what concerns a whole place has none."""
        wanted = [pair for pair in dict.fromkeys(pairs) if is_point(pair[1])]
        things = cls({pair: [] for pair in wanted})
        for start in range(0, len(wanted), MOST_IN_ONE):
            things._take(c, wanted[start:start + MOST_IN_ONE], at)
        return things

    def _take(self, c: Connection, pairs: list[Pair], at: datetime) -> None:
        two, one = ("(?, ?)", "?") if c.dialect.name == "sqlite" else ("(%s, %s)", "%s")
        no = "0" if c.dialect.name == "sqlite" else "FALSE"
        query = _THINGS.format(pairs=", ".join([two] * len(pairs)), mark=one, no=no)
        values = (*(value for pair in pairs for value in pair), oldest_id(at - LATELY))
        rows = c.exec_driver_sql(query, values).all()
        unseen = traces(c, [row.report for row in rows if row.report is not None and row.spot is None])
        by_need: dict[str, Thing] = {}
        for row in rows:
            thing = by_need.get(row.id)
            if thing is None:
                thing = by_need[row.id] = Thing(row.id, row.key, row.generation, row.status)
                self.of[row.place_code, row.category].append(thing)
            if row.report is None:
                continue
            spot, grams = unseen.get(row.report) or (row.spot, row.grams)
            thing.seen.append(Seen(spot_of(spot), unpacked(bytes(grams)), row.sender, row.language, day_of(row.filed_at)))
            thing.references.append(row.reference)
        for thing in by_need.values():
            del thing.seen[:-MOST_SEEN]

    def likest(self, pair: Pair, seen: Seen, without: Collection[str] = ()) -> Found | None:
        """The thing of this place that the report is likest to; None when it is like none."""
        open_ = {thing.need: thing for thing in self.of.get(pair, ()) if thing.is_open and thing.need not in without}
        found = best([(need, liken(seen, thing.seen)) for need, thing in open_.items()],
                     lambda one, other: liken_things(open_[one].seen, open_[other].seen).verdict == "same")
        return Found(open_[found[0]], found[1]) if found else None

    def last(self, pair: Pair, key: str) -> Thing | None:
        """The thing of this key with the highest generation, open or over."""
        return max((thing for thing in self.of.get(pair, ()) if thing.key == key), key=lambda thing: thing.generation, default=None)

    def by_need(self, pair: Pair, need: str) -> Thing | None:
        return next((thing for thing in self.of.get(pair, ()) if thing.need == need), None)

    def learn(self, pair: Pair, thing: Thing, seen: Seen) -> None:
        """What was gathered meanwhile, for the next report of the same group."""
        if thing not in self.of.setdefault(pair, []):
            self.of[pair].append(thing)
        thing.seen.append(seen)


def traces(c: Connection, reports: Collection[str]) -> dict[str, tuple[str, bytes]]:
    """The traces of reports that have none yet, found from their texts and kept: reports of other nodes, or of an older Barrio."""
    found: dict[str, tuple[str, bytes]] = {}
    wanted = sorted(reports)
    for start in range(0, len(wanted), MOST_IN_ONE):
        for row in c.execute(select(REPORT.c.id, REPORT.c.details, MESSAGE.c.text).outerjoin(
                MESSAGE, MESSAGE.c.id == REPORT.c.message).where(REPORT.c.id.in_(wanted[start:start + MOST_IN_ONE]))):
            seen = trace_of(words_of(row.text, row.details))
            found[row.id] = spot_text(seen.spot), packed(seen.grams)
    return found


def keep(c: Connection, seen: dict[str, Seen]) -> None:
    """Write traces down, once for each report; where a text changed, anew."""
    upsert(c, TRACE, [{"report": report, "spot": spot_text(trace.spot), "grams": packed(trace.grams)} for report, trace in seen.items()])


def seen_of(c: Connection, reports: Iterable[Row]) -> dict[str, Seen]:
    """What each of these reports looks like, with all that its resident added to it."""
    rows = list(reports)
    texts = {message["id"]: message["text"] for message in find(c, MESSAGE, "id", list({row["message"] for row in rows}))}
    return {row["id"]: trace_of(words_of(texts.get(row["message"]), row["details"]), row["sender"], row["language"],
                                day_of(row["filed_at"])) for row in rows}


def words_of(text: str | None, details: str | None) -> str:
    """The text and what was said to it later, each word once where the details repeat the text."""
    if not text or (details and text in details):
        return details or text or ""
    return f"{text} / {details}" if details and details not in text else text


def said_of(c: Connection, reports: Collection[str]) -> dict[str, dict[str, bool]]:
    """{report: {need: whether it is about it}}, as people and residents said."""
    found: dict[str, dict[str, bool]] = {}
    for row in find(c, TWIN, "report", list(reports)):
        found.setdefault(row["report"], {})[row["need"]] = bool(row["same"])
    return found


def day_of(at: str) -> float:
    return datetime.fromisoformat(at).timestamp() / 86400


