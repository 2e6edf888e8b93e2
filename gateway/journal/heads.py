"""Which need stands for those that people merged: the eldest of each group that merges join. Local, and a function of the folds.

A merge is a line between two needs, so two people who merge away from each other's screens can make no circle: what their lines
join is one need on every node, and taking one line back gives what the others still join.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, or_, select

from gateway.journal import counting
from gateway.journal.rows import insert
from gateway.journal.tables import Head, Merge, Need, table

HEAD, MERGE, NEED = table(Head), table(Merge), table(Need)
MOST_IN_ONE = 500


def renew(c: Connection) -> None:
    """Find the groups again; there are as many lines as people drew, so few."""
    before = _heads(c)
    lines = [(row.one, row.other) for row in c.execute(select(MERGE.c.one, MERGE.c.other).where(MERGE.c.merged.is_(True)))]
    groups = joined(lines)
    members = sorted({need for group in groups for need in group})
    age: dict[str, str] = {}
    for at in range(0, len(members), MOST_IN_ONE):
        age |= {row.id: row.opened_at for row in c.execute(
            select(NEED.c.id, NEED.c.opened_at).where(NEED.c.id.in_(members[at:at + MOST_IN_ONE])))}
    c.execute(delete(HEAD))
    insert(c, HEAD, [{"need": need, "head": head} for group in groups
                     for head in [min(group, key=lambda need: (age.get(need, "~"), need))] for need in sorted(group)])
    counting.mark(c, {need for moved in before ^ _heads(c) for need in moved})


def _heads(c: Connection) -> set[tuple[str, str]]:
    return {(row.need, row.head) for row in c.execute(select(HEAD.c.need, HEAD.c.head))}


def joined(lines: Iterable[tuple[str, str]]) -> list[set[str]]:
    """What lines join: `[("a", "b"), ("b", "c")]` -> `[{"a", "b", "c"}]`."""
    group: dict[str, set[str]] = {}
    for one, other in lines:
        whole = group.get(one, {one}) | group.get(other, {other})
        for need in whole:
            group[need] = whole
    return list({id(whole): whole for whole in group.values()}.values())


def members(c: Connection, needs: Iterable[str]) -> dict[str, str]:
    """{need: the one that stands for it}, for these and all that are merged with any of them."""
    wanted = set(needs)
    found: dict[str, str] = {need: need for need in wanted}
    if not wanted:
        return found
    mine = select(HEAD.c.head).where(HEAD.c.need.in_(wanted))
    return found | {row.need: row.head for row in c.execute(select(HEAD.c.need, HEAD.c.head).where(
        or_(HEAD.c.head.in_(wanted), HEAD.c.head.in_(mine))))}


def head_of(c: Connection, need: str) -> str:
    """The need that stands for this one: itself where nothing was merged."""
    found: str | None = c.execute(select(HEAD.c.head).where(HEAD.c.need == need)).scalar()
    return found or need
