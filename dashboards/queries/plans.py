"""What the planner's desk reads beside a run: which of its needs may be shown, what was decided, what a need would cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select

from dashboards.queries.needs import whole_of
from dashboards.queries.seen import HEAD, LINK, PROGRAMME, WORK
from gateway.journal import counting
from gateway.journal.tables import Decision, NeedCost, Proposal, table
from gateway.matching import Ranked, Ranking, values
from gateway.ranking import collect

COST, PROPOSAL, DECISION = table(NeedCost), table(Proposal), table(Decision)


@dataclass(frozen=True, slots=True)
class Cost:
    cost: int | None
    source: str
    by: str
    at: str
    entry: str
    contested: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person said of a need and a work that were put together."""

    need: str
    work: str
    decision: str
    why: str
    by: str
    at: str
    run: str
    contested: bool


def visible(c: Connection, wholes: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Those of which a report is still open, of the need or of what was merged with it when it was ranked.

    A run may be older than the day a report was found to be restricted, and than the day two needs were merged or parted.
    """
    there = counting.seen(c, {need for head, members in wholes.items() for need in (head, *members)})
    return frozenset(head for head, members in wholes.items() if head in there or not there.isdisjoint(members))


def hidden(c: Connection, ranking: Ranking) -> frozenset[str]:
    """The needs of a ranking that may not be shown: few, so that what was worked out of all of it can be mended for them."""
    alone, wholes = ranking.once(_alone_and_merged)
    there = counting.seen(c, {*alone, *wholes, *(need for members in wholes.values() for need in members)})
    return frozenset((alone - there) | {head for head, members in wholes.items() if head not in there and there.isdisjoint(members)})


def _alone_and_merged(ranking: Ranking) -> tuple[frozenset[str], dict[str, tuple[str, ...]]]:
    return (frozenset(line.need.id for line in ranking.lines if not line.need.members),
            {line.need.id: line.need.members for line in ranking.lines if line.need.members})


def cost_of(c: Connection, need: str) -> Cost | None:
    """The last word about what it would cost, of the need or of one that is merged with it; `entry` is the need's own."""
    rows = c.execute(select(COST.c.cost, COST.c.source, COST.c.by, COST.c.at, COST.c.entry, COST.c.contested, COST.c.id)
                     .where(COST.c.id.in_(whole_of(c, need))).order_by(COST.c.entry)).all()
    own = next((row.entry for row in rows if row.id == need), "")
    return replace(Cost(*rows[-1][:-1]), entry=own) if rows else None


def settled(c: Connection) -> frozenset[tuple[str, str]]:
    """(need, work) that a person decided about: linked by hand, accepted or refused."""
    linked, decided = (c.execute(select(func.coalesce(HEAD.c.head, said.c.need), said.c.work).outerjoin(HEAD, HEAD.c.need == said.c.need)
                                 .where(*conditions)) for said, conditions in ((LINK, [LINK.c.linked.is_(True)]), (PROPOSAL, [])))
    return frozenset((row[0], row[1]) for answer in (linked, decided) for row in answer)


def elsewhere(c: Connection, lines: Iterable[Ranked]) -> dict[str, tuple[str, ...]]:
    """Works that people linked to these needs and that no ranking counts, since they do not act in the place of the need."""
    acting = {line.need.id: {match.work for match in line.matches} for line in lines}
    whole = func.coalesce(HEAD.c.head, LINK.c.need)
    found: dict[str, list[str]] = {}
    for need, work in c.execute(select(whole, LINK.c.work).select_from(LINK).outerjoin(HEAD, HEAD.c.need == LINK.c.need)
                                .where(LINK.c.linked.is_(True), whole.in_(sorted(acting))).distinct().order_by(LINK.c.work)):
        if work not in acting[need]:
            found.setdefault(need, []).append(work)
    return {need: tuple(works) for need, works in found.items()}


def last_decided(c: Connection, at_most: int = 20) -> list[Decided]:
    """The newest decisions first."""
    return [Decided(*row) for row in c.execute(select(
        PROPOSAL.c.need, PROPOSAL.c.work, PROPOSAL.c.decision, PROPOSAL.c.why, PROPOSAL.c.by, PROPOSAL.c.at, PROPOSAL.c.run,
        PROPOSAL.c.contested).order_by(PROPOSAL.c.position.desc()).limit(at_most))]


def work_names(c: Connection) -> dict[str, str]:
    return {row[0]: row[1] for row in c.execute(select(WORK.c.id, WORK.c.name))}


def currency(c: Connection) -> str:
    """What most programmes count in."""
    found = c.execute(select(PROGRAMME.c.currency).where(PROGRAMME.c.currency != "").group_by(PROGRAMME.c.currency)
                      .order_by(func.count().desc(), PROGRAMME.c.currency).limit(1)).scalar()
    return str(found or "")


def decisions(c: Connection) -> list[values.Decision]:
    """What the council decided about weights, the newest first."""
    return [collect.decision(row) for row in c.execute(
        select(DECISION).order_by(DECISION.c.decided_on.desc(), DECISION.c.position.desc())).mappings()]
