"""What a planner sees of sameness: why reports stand together, what was merged, what may be the same, and what a crowd or one phone did."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from dashboards.queries.needs import whole_of
from dashboards.queries.seen import ENTRY, IS_OPEN, NEED, REPORT, STANDS
from gateway.journal.tables import REPORT_STANDS_IN_NEED, Merge, Twin, table
from gateway.needs.likeness import is_point, liken_things
from gateway.needs.things import Things

MERGE, TWIN = table(Merge), table(Twin)
MOST_OFFERED = 6
OFTEN = 8  # texts of one phone in one need that are worth a line


@dataclass(frozen=True, slots=True)
class Merged:
    """A line that somebody drew between this need and another of the same group."""

    one: str
    other: str
    place_code: str
    category: str
    why: str
    by: str
    at: str
    entry: str
    contested: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A need that may be the same, with why: for a person to say."""

    need: str
    why: tuple[str, ...]
    score: float
    people: int
    opened_at: str
    reference: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Why a report stands in its need, who said so, and whether it can be set apart."""

    need: str
    why: tuple[str, ...]
    by: str
    alone: bool
    apart_of: tuple[str, ...] = ()
    entry: str = ""
    contested: bool = False


@dataclass(frozen=True, slots=True)
class Noise:
    """`crowd` reports in nearly the same words, and the most texts of one phone, where that is many."""

    crowd: int = 0
    why: str = ""
    one_phone: int = 0


def merges_of(c: Connection, need_id: str) -> list[Merged]:
    """The lines that hold this need's group together."""
    whole = whole_of(c, need_id)
    rows = c.execute(select(MERGE.c.one, MERGE.c.other, NEED.c.place_code, NEED.c.category, MERGE.c.why, MERGE.c.by, MERGE.c.at,
                            MERGE.c.entry, MERGE.c.contested)
                     .join(NEED, NEED.c.id == MERGE.c.other).where(MERGE.c.merged.is_(True), MERGE.c.one.in_(whole)).order_by(MERGE.c.at))
    return [Merged(*row) for row in rows]


def offers(c: Connection, need_id: str, place: str, category: str, at: datetime) -> list[Offer]:
    """Open needs of the same place and kind that look like this one; not those that somebody said are others."""
    if not is_point(category):
        return []
    there, whole = Things(c, at), set(whole_of(c, need_id))
    mine = [trace for need in sorted(whole) if (thing := there.of(need)) is not None for trace in thing.seen]
    near = {thing.need: thing for trace in mine for thing in there.near((place, category), trace)}
    settled = {row.one if row.other in whole else row.other for row in c.execute(
        select(MERGE.c.one, MERGE.c.other).where(or_(MERGE.c.one.in_(whole), MERGE.c.other.in_(whole))))}
    settled |= _said_apart(c, whole)
    found = []
    for thing in near.values():
        if thing.need not in whole and thing.need not in settled and thing.is_open and mine:
            likeness = liken_things(mine, thing.seen)
            if likeness.verdict != "apart":
                found.append((likeness, thing))
    found.sort(key=lambda pair: (-pair[0].score, pair[1].need))
    opened = {row.id: row.opened_at for row in c.execute(select(NEED.c.id, NEED.c.opened_at).where(
        NEED.c.id.in_([thing.need for _, thing in found[:MOST_OFFERED]])))}
    return [Offer(thing.need, likeness.why, likeness.score, len({trace.sender for trace in thing.seen}), opened[thing.need],
                  thing.references[0]) for likeness, thing in found[:MOST_OFFERED]]


def _said_apart(c: Connection, whole: set[str]) -> set[str]:
    """Needs that a resident of this one, or a person for them, said they are not about; and those whose residents said it of this one."""
    said = TWIN.c.same.is_(False)
    theirs = c.execute(select(TWIN.c.need).join(REPORT, REPORT.c.id == TWIN.c.report).where(REPORT.c.need.in_(whole), said))
    ours = c.execute(select(REPORT.c.need).join(TWIN, TWIN.c.report == REPORT.c.id).where(TWIN.c.need.in_(whole), said))
    return {need for need in (*theirs.scalars(), *ours.scalars()) if need}


def joined(c: Connection, reports: Sequence[str]) -> dict[str, Joined]:
    """For each report its need, and what the last word on its standing there says."""
    stands = {row.id: row for row in c.execute(select(REPORT.c.id, REPORT.c.need, REPORT.c.apart).where(REPORT.c.id.in_(reports), IS_OPEN))}
    counted = {need: int(n) for need, n in c.execute(select(REPORT.c.need, func.count()).where(
        REPORT.c.need.in_({row.need for row in stands.values() if row.need}), REPORT_STANDS_IN_NEED).group_by(REPORT.c.need))}
    said = {(row.report, row.need): row for row in c.execute(select(TWIN).where(TWIN.c.report.in_(reports)))}
    why: dict[str, tuple[str, ...]] = {}
    for row in c.execute(select(ENTRY.c.subject, ENTRY.c.other, ENTRY.c.body).where(
            ENTRY.c.subject.in_(reports), ENTRY.c.kind == "report_gathered").order_by(ENTRY.c.lamport)):
        if row.body and row.subject in stands and stands[row.subject].need == row.other:
            why[row.subject] = tuple(json.loads(row.body)["data"].get("why") or ())
    found = {}
    for report, row in stands.items():
        last = said.get((report, row.need))
        apart = tuple(json.loads(row.apart or "[]"))
        parted = next((said[report, need] for need in reversed(apart) if (report, need) in said), None)
        word = last or parted
        found[report] = Joined(row.need, why.get(report, ()) if word is None or word.by == "resident" else (word.why,) if word.why else (),
                               word.by if word is not None else "machine", counted.get(row.need, 0) < 2, apart,
                               word.entry if word is not None else "", bool(word is not None and word.contested))
    return found


def noise_in(c: Connection, need_id: str, crowd: int) -> Noise:
    """A crowd with one wording (of so many reports), or one phone that writes much: said with the reason, and nobody is refused."""
    whole = whole_of(c, need_id)
    here = (REPORT.c.need.in_(whole), STANDS)
    texts = func.count() + func.sum(REPORT.c.repeats)
    most = c.execute(select(texts).where(*here).group_by(REPORT.c.sender).order_by(texts.desc()).limit(1)).scalar()
    why = ""
    if crowd:
        body = c.execute(select(ENTRY.c.body).where(ENTRY.c.other.in_(whole), ENTRY.c.kind == "report_flagged").order_by(
            ENTRY.c.lamport.desc(), ENTRY.c.seq.desc()).limit(1)).scalar()
        why = "; ".join(json.loads(body)["data"].get("why") or ()) if body else ""
    return Noise(crowd, why, int(most or 0) if (most or 0) >= OFTEN else 0)


