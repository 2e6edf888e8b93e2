"""What people decide about plans, each in one transaction: what a need would cost, what weighs how much, which work answers which need."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import Connection

from gateway.errors import Problem
from gateway.journal import heads, ledger
from gateway.journal.events import Event
from gateway.journal.facts.needs import NeedLinked, NeedUnlinked
from gateway.journal.facts.plans import NeedCosted
from gateway.journal.facts.rankings import ProposalDecided, WeightsDecided
from gateway.journal.rows import find
from gateway.journal.tables import Decision as Decided
from gateway.journal.tables import Link, Need, NeedCost, Proposal, table
from gateway.matching.fit import Match
from gateway.matching.values import FACTORS, Decision
from gateway.node import Node

NAME = re.compile(r"[\w.-]{1,40}\Z", re.ASCII)  # it names a fact on every node
PROPOSAL_DECISIONS = ("accepted", "refused")
MOST_COST = 2_147_483_647


def cost_need(node: Node, need: str, cost: int | None, *, source: str, by: str, after: str | None = None) -> None:
    """Say what it would cost to answer a need, and how one knows; None takes it back."""
    if cost is not None and not 0 < cost <= MOST_COST:
        raise Problem("planning.refused", reason="A cost lies between 1 and %(most)s.", most=MOST_COST)
    if not source.strip():
        raise Problem("planning.refused", reason="A cost has a source: a visit, a price list, a similar work.")
    with node.database.writing() as c:
        _must_exist(c, need)
        last = next(iter(find(c, table(NeedCost), "id", [need])), None)
        ledger.write(c, node.origin, [NeedCosted(need=need, cost=cost, source=source.strip()[:200],
                                                 after=after if after is not None else last["entry"] if last else None)],
                     at=node.now(), by=by)


def decide_weights(node: Node, decided: Decision, *, by: str) -> None:
    """Write down what the council decided: a decision has a day that has come, a document, and weights that make 1."""
    if not decided.id.strip() or not NAME.match(decided.id):
        raise Problem("planning.refused", reason="A decision has a short name: letters, digits, dots, - and _ only, at most 40.")
    if not decided.source.strip():
        raise Problem("planning.refused", reason="A decision has a source: the minutes or the number of the resolution.")
    try:
        day = date.fromisoformat(decided.decided_on)
    except ValueError:
        raise Problem("planning.refused", reason="“%(said)s” is no day.", said=decided.decided_on[:20]) from None
    if day > node.today:
        raise Problem("planning.refused", reason="%(day)s is still to come.", day=day)
    if set(decided.weights) != set(FACTORS) or not all(0 <= weight <= 1 for weight in decided.weights.values()):
        raise Problem("planning.refused", reason="Every factor has a weight between 0 and 1.")
    if abs(sum(decided.weights.values()) - 1) > 1e-6:
        raise Problem("planning.refused", reason="The weights make %(sum)s and not 1.", sum=round(sum(decided.weights.values()), 6))
    if not (0 <= decided.floor <= 1 and 0 <= decided.deprived_from <= 1 and 0 <= decided.kappa <= MOST_COST):
        raise Problem("planning.refused", reason="The floor and the deprivation lie between 0 and 1.")
    if any(figure is not None and not 0 < figure <= MOST_COST for figure in (decided.city_rate, decided.city_invested)):
        raise Problem("planning.refused", reason="What the city's figures are set to is more than 0.")
    with node.database.writing() as c:
        if find(c, table(Decided), "id", [decided.id]):
            raise Problem("planning.refused", reason="There is a decision %(name)s already: a change of it has a name of its own.",
                          name=decided.id)
        ledger.write(c, node.origin, [WeightsDecided(
            decision=decided.id, decided_on=day.isoformat(), source=decided.source.strip()[:500], weights=dict(decided.weights),
            kappa=decided.kappa, city_rate=decided.city_rate, city_invested=decided.city_invested, floor=decided.floor,
            deprived_from=decided.deprived_from)], at=node.now(), by=by)


def decide_proposal(node: Node, match: Match, run: str, decision: str, *, why: str, by: str) -> None:
    """Accept that a work answers a need, which links them, or refuse it and say why, which takes a link back."""
    if decision not in PROPOSAL_DECISIONS:
        raise Problem("planning.refused", reason="“%(said)s” is not a decision (%(known)s).", said=decision[:20],
                      known=", ".join(PROPOSAL_DECISIONS))
    if decision == "refused" and not why.strip():
        raise Problem("planning.refused", reason="Who refuses a work says why: somebody will ask.")
    pair = f"{match.need}+{match.work}"
    with node.database.writing() as c:
        _must_exist(c, match.need)
        said = next(iter(find(c, table(Proposal), "id", [pair])), None)
        # the link may be with a need that was merged with this one
        links = find(c, table(Link), "id", [f"{need}+{match.work}" for need in sorted(heads.members(c, [match.need]))])
        events: list[Event] = [ProposalDecided(
            need=match.need, work=match.work, run=run, decision=decision, why=why.strip()[:500], component=match.component,
            coverage=match.coverage, eligibility=match.eligibility, window=match.window, budget=match.budget, reasons=match.reasons,
            after=said["entry"] if said else None)]
        linked = [link for link in links if link["linked"]]
        if decision == "refused":
            events += [NeedUnlinked(need=link["need"], work=match.work, why=why.strip()[:500], after=link["entry"]) for link in linked]
        elif not linked:
            before = next((link["entry"] for link in links if link["need"] == match.need), None)
            events.append(NeedLinked(need=match.need, work=match.work, why=why.strip()[:500], after=before))
        ledger.write(c, node.origin, events, at=node.now(), by=by)


def _must_exist(c: Connection, need: str) -> None:
    if not find(c, table(Need), "id", [need]):
        raise Problem("planning.unknown", thing="need", id=need[:40])
