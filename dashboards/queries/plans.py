"""What the planner's desk reads beside a run: which of its needs may be shown, what was decided, what a need would cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from dashboards.queries.seen import IS_OPEN, LINK, PROGRAMME, REPORT, WORK
from gateway.journal.tables import Decision, NeedCost, Proposal, table

AT_ONCE = 5000  # ids in one question: a database takes so many and no more
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


def visible(c: Connection, needs: Iterable[str]) -> frozenset[str]:
    """Those that still have an open report: a run may be older than the day a report was found to be restricted."""
    asked, there = list(needs), set[str]()
    for start in range(0, len(asked), AT_ONCE):
        there.update(c.execute(select(REPORT.c.need).where(REPORT.c.need.in_(asked[start:start + AT_ONCE]), IS_OPEN).distinct()).scalars())
    return frozenset(there)


def cost_of(c: Connection, need: str) -> Cost | None:
    row = c.execute(select(COST.c.cost, COST.c.source, COST.c.by, COST.c.at, COST.c.entry, COST.c.contested)
                    .where(COST.c.id == need)).first()
    return Cost(*row) if row else None


def settled(c: Connection) -> frozenset[tuple[str, str]]:
    """(need, work) that a person decided about: linked by hand, accepted or refused."""
    linked = c.execute(select(LINK.c.need, LINK.c.work).where(LINK.c.linked.is_(True)))
    decided = c.execute(select(PROPOSAL.c.need, PROPOSAL.c.work))
    return frozenset((row[0], row[1]) for answer in (linked, decided) for row in answer)


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


def decisions(c: Connection) -> list[tuple[str, str, str]]:
    """(name, day, document) of what the council decided about weights, the newest first."""
    return [(row[0], row[1], row[2]) for row in c.execute(
        select(DECISION.c.id, DECISION.c.decided_on, DECISION.c.source).order_by(DECISION.c.decided_on.desc(), DECISION.c.position.desc()))]
