"""How far each broadcast is, phone by phone, and what a poll came to as far as it may be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, distinct, func, select

from dashboards.suppression import TOTAL, Cell, Grid, hidden
from gateway.broadcasts import tallying
from gateway.broadcasts.broadcasting import CLOSED, EXPIRED, HELD_UP, WITHDRAWN
from gateway.journal.facts.broadcasts import LETTERS, SAY, STOPPED, TOLD, counts_of
from gateway.journal.rows import find
from gateway.journal.tables import Broadcast, Listed, Programme, Reply, Vote, table
from gateway.needs.news import LEFT

BROADCAST, LISTED, REPLY, VOTE, PROGRAMME = table(Broadcast), table(Listed), table(Reply), table(Vote), table(Programme)
MOST = 50
SEXES = ("F", "M", "X", "U")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """`reached` phones got it, `waiting` are still to get it, `missed` will not, each for its reason."""

    reached: int = 0
    waiting: int = 0
    missed: Mapping[str, int] = field(default_factory=dict)

    @property
    def phones(self) -> int:
        return self.reached + self.waiting + sum(self.missed.values())

    @property
    def handled(self) -> int:
        return self.phones - self.waiting


@dataclass(frozen=True, slots=True)
class Chosen:
    """One option: how many chose it, of those who were asked, by sex where that may be told, and of others; None is not told."""

    letter: str
    label: str
    votes: int
    by_sex: tuple[int | None, ...]
    apart: int | None


@dataclass(frozen=True, slots=True)
class Result:
    """A poll that is over; without `options` too few took part to tell anything."""

    voters: int | None
    options: tuple[Chosen, ...] = ()
    sexes: tuple[str, ...] = ()


class _Ballot(Grid):
    """How many chose an option is told; what few of one sex chose is not."""

    def is_small(self, cell: Cell, k: int) -> bool:
        return cell[1] != TOTAL and Grid.is_small(self, cell, k)


def listed(c: Connection, writer: str) -> list[Row]:
    """The broadcasts of this node, the newest first."""
    return [dict(row) for row in c.execute(select(BROADCAST).where(BROADCAST.c.writer == writer)
                                           .order_by(BROADCAST.c.at.desc(), BROADCAST.c.id).limit(MOST)).mappings()]


def one(c: Connection, writer: str, broadcast: str) -> Row | None:
    row = next(iter(find(c, BROADCAST, "id", [broadcast])), None)
    return row if row is not None and row["writer"] == writer else None


def progress(c: Connection, row: Row, errand: str = SAY) -> Progress:
    """Counted from the list and the replies, so it is what a page says it is at that moment."""
    broadcast = row["id"]
    rows = c.execute(select(LISTED.c.state, LISTED.c.reason, REPLY.c.state, REPLY.c.reason, func.count()).select_from(
        LISTED.outerjoin(REPLY, REPLY.c.id == LISTED.c.reply)).where(LISTED.c.broadcast == broadcast, LISTED.c.errand == errand)
        .group_by(LISTED.c.state, LISTED.c.reason, REPLY.c.state, REPLY.c.reason)).all()
    reached = waiting = 0
    missed: Counter[str] = Counter()
    for state, why, reply, reason, count in rows:
        if state == "passed":
            missed[why] += count
        elif state == "written" and reply in LEFT:
            reached += count
        elif state == "written" and reply == "failed" and reason not in (HELD_UP, EXPIRED):
            missed[reason or ""] += count
        else:
            waiting += count
    return _ended(row, Progress(reached, waiting, dict(missed)), errand)


def _ended(row: Row, found: Progress, errand: str) -> Progress:
    """Of what was ended nobody waits any more."""
    over = WITHDRAWN if row["state"] == STOPPED else CLOSED if row["closed_at"] and errand == SAY else ""
    if not over or not found.waiting:
        return found
    return Progress(found.reached, 0, {**found.missed, over: found.missed.get(over, 0) + found.waiting})


def glances(c: Connection, found: Sequence[Row]) -> list[tuple[Row, Progress]]:
    """The same of many at once from their lists alone: whom it was written to counts as reached."""
    lists: dict[str, Counter[str]] = {row["id"]: Counter() for row in found}
    for broadcast, state, count in c.execute(select(LISTED.c.broadcast, LISTED.c.state, func.count()).where(
            LISTED.c.broadcast.in_(list(lists)), LISTED.c.errand == SAY).group_by(LISTED.c.broadcast, LISTED.c.state)):
        lists[broadcast][state] += count
    return [(row, _ended(row, Progress(said["written"], said["waiting"], {"": said["passed"]} if said["passed"] else {}), SAY))
            for row in found for said in [lists[row["id"]]]]


def told(c: Connection, row: Row) -> Progress:
    """The same of those who hear how a poll ended."""
    return progress(c, row, TOLD)


def programmes(c: Connection) -> dict[str, str]:
    return {row.id: row.name for row in c.execute(select(PROGRAMME.c.id, PROGRAMME.c.name).order_by(PROGRAMME.c.name))}


def voters(c: Connection, broadcast: str) -> tuple[int, int]:
    """How many of those who were asked voted so far, and how many others."""
    rows = {asked: count for asked, count in c.execute(select(VOTE.c.asked, func.count(distinct(VOTE.c.id))).where(
        VOTE.c.broadcast == broadcast).group_by(VOTE.c.asked))}
    return rows.get(True, 0), rows.get(False, 0)


def result(row: Row, labels: Sequence[str], k: int) -> Result:
    """What is told of a poll: each option's votes once k people voted; by sex where nobody can be found by it."""
    counts, apart = counts_of(row)
    total = tallying.voters(row)
    if total < k:
        return Result(None)
    letters = LETTERS[:len(labels)]
    cells = {(cell.split()[0], cell.split()[1]): n for cell, n in counts.items()}
    sexes = tuple(sex for sex in SEXES if any(cells.get((letter, sex)) for letter in letters))
    gone = hidden(_Ballot(letters, sexes, cells), k)
    if len(sexes) < 2 or any(column == TOTAL for _, column in gone):
        sexes = ()
    votes = tallying.by_option(row)
    return Result(total, tuple(Chosen(
        letter, label, votes.get(letter, 0), tuple(None if (letter, sex) in gone else cells.get((letter, sex), 0) for sex in sexes),
        apart.get(letter, 0) if not 0 < apart.get(letter, 0) < k else None) for letter, label in zip(letters, labels, strict=True)), sexes)
