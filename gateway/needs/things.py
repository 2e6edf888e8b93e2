"""The things that stand open in a place: every need of what is repaired one by one, with what was reported of it. SQL, by index.

A report is found by the words of its spot (`Mark`): a street by its first consonants, so that slips and other scripts find it too; a
landmark; its phone. Only what shares one of them is likened; a report that tells no spot is likened to the newest things of its place.
Traces and marks are local: they are found again from the texts.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, delete, select

from gateway.journal.rows import find, insert_new, upsert
from gateway.journal.tables import Mark, Message, Need, Report, Trace, Twin, Unseen, table
from gateway.needs.likeness import Likeness, best, is_point, liken, liken_things, packed, spot_of, spot_text, trace_of, unpacked
from gateway.needs.likeness import Trace as Seen
from gateway.needs.standing import Pair, oldest_id
from parsers.spots import bucket

NEED, REPORT, MESSAGE, TRACE, TWIN = table(Need), table(Report), table(Message), table(Trace), table(Twin)
MARK, UNSEEN = table(Mark), table(Unseen)
Row = dict[str, Any]
Token = tuple[str, str, str]  # place, subcategory, word
OPEN = ("open", "verified", "planned")
LATELY = timedelta(days=120)  # what nobody wrote of for longer is another story
MOST_SEEN = 24                # reports of one thing that are looked at, the newest; the others say no more
MOST_LOOKED = 4 * MOST_SEEN   # of which some look like nothing: their text is gone
NEWEST = 24                   # things of a place that a report without a spot is likened to
MOST_IN_ONE, MOST_PARTS = 400, 100
SPOTLESS = "-"
_SPACE = uuid.UUID("6f0c7f5e-6b1d-5a3e-9d59-b0a771002026")
_MARKED = """
WITH asked(place, category, token) AS (VALUES {asked})
SELECT DISTINCT m.place_code, m.category, m.token, r.need FROM asked
JOIN mark m ON m.place_code = asked.place AND m.category = asked.category AND m.token = asked.token AND m.report >= {mark}
JOIN report r ON r.id = m.report WHERE r.need IS NOT NULL AND r.status <> 'cancelled'"""
_NEWEST = f"""
SELECT * FROM (SELECT place_code, category, id FROM need WHERE place_code = {{mark}} AND category = {{mark}} AND key <> ''
AND status IN ({", ".join(f"'{status}'" for status in OPEN)}) ORDER BY opened_at DESC LIMIT {NEWEST}) AS newest"""
_THINGS = """
SELECT n.id, n.place_code, n.category, n.key, n.generation, COALESCE(o.status, n.status) AS status
FROM need n LEFT JOIN head h ON h.need = n.id LEFT JOIN need o ON o.id = h.head WHERE n.id IN ({needs})"""
# first which they are: what thousands of reports look like need not be read
_SEEN = f"""
SELECT * FROM (SELECT r.need, r.id, r.sender, r.language, r.filed_at, r.reference, t.spot, t.grams
FROM (SELECT id FROM report WHERE need = {{mark}} AND id >= {{mark}} AND status <> 'cancelled' AND restricted = {{no}}
ORDER BY id DESC LIMIT {MOST_LOOKED}) AS newest JOIN report r ON r.id = newest.id JOIN trace t ON t.report = r.id
ORDER BY r.id DESC LIMIT {MOST_SEEN}) AS seen"""


def need_id(place_code: str, category: str, generation: int, key: str = "") -> str:
    """uuid5 of (place, category, generation) and the key of the thing, if it is one: two nodes open the same need."""
    return uuid.uuid5(_SPACE, f"{place_code}/{category}/{generation}" + (f"/{key}" if key else "")).hex


@dataclass(slots=True)
class Thing:
    """A need of what is repaired one by one, with its reports that stand and are no secret, the first reported first."""

    need: str
    pair: Pair
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
class Read:
    """Things as the database has them; good for another look as long as nothing was written."""

    needs: dict[str, Thing] = field(default_factory=dict)
    marked: dict[Token, set[str]] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Things:
    """What was looked up so far for a group of texts, and what was gathered meanwhile."""

    c: Connection
    at: datetime
    read: Read = field(default_factory=Read)
    needs: dict[str, Thing] = field(default_factory=dict)
    marked: dict[Token, set[str]] = field(default_factory=dict)

    def fetch(self, wanted: Sequence[tuple[Pair, Seen]]) -> None:
        """Look up what these reports may be about, in a few queries however many they are."""
        asked = dict.fromkeys(token for pair, seen in wanted for token in tokens_of(pair, seen))
        new = [token for token in asked if token not in self.marked]
        if not new:
            return
        unread = [token for token in new if token not in self.read.marked]
        if unread and not self.read.marked:
            see_unseen(self.c)
        self.read.marked |= {token: set() for token in unread}
        for start in range(0, len(unread), MOST_IN_ONE):
            self._find([token for token in unread[start:start + MOST_IN_ONE] if token[2] != SPOTLESS])
        self._find_newest([token[:2] for token in unread if token[2] == SPOTLESS])
        self.marked |= {token: set(self.read.marked[token]) for token in new}
        self.know({need for token in new for need in self.marked[token]})

    def likest(self, pair: Pair, seen: Seen, without: Collection[str] = ()) -> Found | None:
        """The thing of this place that the report is likest to; None when it is like none."""
        open_ = {thing.need: thing for thing in self.near(pair, seen) if thing.is_open and thing.need not in without}
        found = best([(need, liken(seen, thing.seen)) for need, thing in open_.items()],
                     lambda one, other: liken_things(open_[one].seen, open_[other].seen).verdict == "same")
        return Found(open_[found[0]], found[1]) if found else None

    def near(self, pair: Pair, seen: Seen) -> list[Thing]:
        """The things that share a word of the spot, or the phone, with this report."""
        if not is_point(pair[1]):
            return []
        self.fetch([(pair, seen)])
        found = {need for token in tokens_of(pair, seen) for need in self.marked[token]}
        return [self.needs[need] for need in sorted(found) if need in self.needs and self.needs[need].pair == pair and self.needs[need].key]

    def last(self, pair: Pair, key: str) -> Thing | None:
        """The thing of this key with the highest generation, open or over."""
        found, generation = None, 1
        while (thing := self.of(need_id(*pair, generation, key))) is not None:
            found, generation = thing, generation + 1
        return found

    def of(self, need: str) -> Thing | None:
        if need not in self.needs:
            self.know({need})
        return self.needs.get(need)

    def know(self, needs: Collection[str]) -> None:
        """Look needs up by their ids; those that are not there are remembered as such."""
        new = set(needs) - self.needs.keys()
        self._load(unread := new - self.read.needs.keys() - self.read.missing)
        self.read.missing |= unread - self.read.needs.keys()
        for need in new & self.read.needs.keys():
            found = self.read.needs[need]
            self.needs[need] = replace(found, seen=[*found.seen], references=[*found.references])

    def learn(self, thing: Thing, seen: Seen) -> None:
        """What was gathered meanwhile, for the next report of the same group."""
        self.needs[thing.need] = thing
        thing.seen.append(seen)
        for token in tokens_of(thing.pair, seen):
            self.marked.setdefault(token, set()).add(thing.need)

    def _find(self, asked: Sequence[Token]) -> None:
        if not asked:
            return
        three, one = ("(?, ?, ?)", "?") if self.c.dialect.name == "sqlite" else ("(%s, %s, %s)", "%s")
        query = _MARKED.format(asked=", ".join([three] * len(asked)), mark=one)
        values = (*(value for token in asked for value in token), oldest_id(self.at - LATELY))
        for place, category, token, need in self.c.exec_driver_sql(query, values).all():
            self.read.marked[place, category, token].add(need)

    def _find_newest(self, pairs: Sequence[Pair]) -> None:
        mark = "?" if self.c.dialect.name == "sqlite" else "%s"
        for start in range(0, len(pairs), MOST_PARTS):
            some = pairs[start:start + MOST_PARTS]
            query = " UNION ALL ".join([_NEWEST.format(mark=mark)] * len(some))
            for place, category, need in self.c.exec_driver_sql(query, tuple(value for pair in some for value in pair)).all():
                self.read.marked[place, category, SPOTLESS].add(need)

    def _load(self, needs: Collection[str]) -> None:
        wanted, is_sqlite = sorted(needs), self.c.dialect.name == "sqlite"
        mark, no, since = "?" if is_sqlite else "%s", "0" if is_sqlite else "FALSE", oldest_id(self.at - LATELY)
        for start in range(0, len(wanted), MOST_IN_ONE):
            some = wanted[start:start + MOST_IN_ONE]
            for row in self.c.exec_driver_sql(_THINGS.format(needs=", ".join([mark] * len(some))), tuple(some)).all():
                self.read.needs[row.id] = Thing(row.id, (row.place_code, row.category), row.key, row.generation, row.status)
        loaded = [need for need in wanted if need in self.read.needs]
        for start in range(0, len(loaded), MOST_PARTS):
            some = loaded[start:start + MOST_PARTS]
            query = " UNION ALL ".join([_SEEN.format(mark=mark, no=no)] * len(some))
            newest_first = self.c.exec_driver_sql(query, tuple(value for need in some for value in (need, since))).all()
            for row in reversed(newest_first):
                thing = self.read.needs[row.need]
                thing.seen.append(Seen(spot_of(row.spot), unpacked(bytes(row.grams)), row.sender, row.language, day_of(row.filed_at)))
                thing.references.append(row.reference)


def tokens_of(pair: Pair, seen: Seen) -> list[Token]:
    """The words by which a report is found and finds others."""
    spot = seen.spot
    words = [*(f"s:{bucket(name)}" for name in spot.streets), *(f"l:{name}" for name in spot.landmarks)] or [SPOTLESS]
    return [(*pair, word) for word in dict.fromkeys([*words, f"p:{seen.sender}"])]


def keep(c: Connection, reports: Iterable[Row], seen: dict[str, Seen]) -> None:
    """Write traces and marks down; where a text changed, anew. A mark too many costs a look and misleads nobody."""
    rows = [row for row in reports if row["id"] in seen]
    upsert(c, TRACE, [{"report": row["id"], "spot": spot_text(seen[row["id"]].spot), "grams": packed(seen[row["id"]].grams)}
                      for row in rows])
    marks = [{"place_code": place, "category": category, "token": token, "report": row["id"]} for row in rows
             for place, category, token in tokens_of((row["place_code"], row["category"]), seen[row["id"]])]
    for start in range(0, len(marks), MOST_IN_ONE):
        insert_new(c, MARK, marks[start:start + MOST_IN_ONE], "report")


def see_unseen(c: Connection) -> None:
    """Traces and marks for what other nodes gathered; nearly always there is none."""
    waiting = list(c.execute(select(UNSEEN.c.report).limit(MOST_IN_ONE)).scalars())
    if not waiting:
        return
    rows = [row for row in find(c, REPORT, "id", waiting) if row["place_code"] and is_point(row["category"]) and not row["restricted"]]
    keep(c, rows, seen_of(c, rows))
    c.execute(delete(UNSEEN).where(UNSEEN.c.report.in_(waiting)))


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


@lru_cache(maxsize=8192)
def day_of(at: str) -> float:
    return datetime.fromisoformat(at).timestamp() / 86400
