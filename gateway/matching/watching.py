"""What nobody wrote in to say: promises that age, places that are deprived and quiet, repairs that come back, facts that block."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from gateway.matching.eligibility import fact_of
from gateway.matching.fit import COVERED, PHASES, POSSIBLE
from gateway.matching.priority import heard, weight_of
from gateway.matching.ranking import Ranked, Ranking
from gateway.matching.values import Milestone, Place, Work

QUIET = 0.5       # of the city's rate: below it a place is quiet
COMES_BACK = 3    # the third time that a repair is asked for, it is a matter for an investment
STALE = 365       # days in one phase before work begins, after which a promise is old
OVER = ("closed", "suspended")
# what people ask for, in the taxonomy, where a fact of their place is not as a rule wants it; who lives there is nothing to ask for
ASKED_FOR = {"planimetry": "TEN02", "tenure_public": "TEN01", "tenure": "TEN01"}


@dataclass(frozen=True, slots=True)
class Silent:
    """A deprived place from which few write: a team should go and ask. `rate` is voices per 1,000 who could write."""

    place: Place
    deprivation: float
    rate: float


@dataclass(frozen=True, slots=True)
class Promise:
    """A work that is late: days in its phase, days after what it owes longest (beginning, end, milestone), milestones overdue."""

    work: Work
    in_phase: int | None
    late: int
    overdue: tuple[Milestone, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A fact of a place that keeps needs from works: missing, or not as the rule asks."""

    place: str
    fact: str
    known: bool
    needs: tuple[Ranked, ...]

    @property
    def category(self) -> str:
        """What a need of this itself would be called, where it is one: the fact is known and can be asked for."""
        return ASKED_FOR.get(self.fact, "") if self.known else ""


def mending(ranking: Ranking) -> dict[tuple[str, str], Ranked]:
    """The needs that somebody stated of such facts: (place, category) -> need, the first of each."""
    found: dict[tuple[str, str], Ranked] = {}
    for line in ranking.lines:
        if line.need.category in ASKED_FOR.values():
            found.setdefault((line.need.place, line.need.category), line)
    return found


def silent_zones(ranking: Ranking) -> tuple[Silent, ...]:
    """Deprived and quiet, the most deprived first; where people or phones were never counted nobody can say that it is quiet."""
    voices: dict[str, float] = defaultdict(float)
    for line in ranking.lines:
        voices[line.need.place] += weight_of(line.need)
    found = []
    for place in ranking.inputs.places.values():
        deprivation, could = place.figure("deprivation"), heard(place)
        if ranking.city.rate and could and deprivation is not None and deprivation >= ranking.inputs.decision.deprived_from:
            rate = 1000 * voices[place.code] / could
            if rate < QUIET * ranking.city.rate:
                found.append(Silent(place, deprivation, rate))
    return tuple(sorted(found, key=lambda silent: (-silent.deprivation, silent.rate, silent.place.code)))


def late_works(ranking: Ranking) -> tuple[Promise, ...]:
    """The works of a ranking that were late on its day."""
    return ageing(ranking.inputs.works, ranking.inputs.as_of)


def ageing(works: tuple[Work, ...], at: date) -> tuple[Promise, ...]:
    """Works that are late or long in one phase, those that most needs wait for first."""
    found = []
    for work in works:
        if work.phase in OVER:
            continue
        begun = work.phase in PHASES
        in_phase = (at - work.phase_since).days if work.phase_since else None
        late = max(0, (at - work.starts_on).days) if work.starts_on and not begun else 0
        late = max(late, (at - work.ends_on).days if work.ends_on else 0)
        overdue = tuple(m for m in work.milestones if m.due and not m.done and m.due < at)
        late = max(late, *((at - m.due).days for m in overdue if m.due), 0)
        if late or overdue or (in_phase is not None and in_phase >= STALE and work.phase != "operation"):
            found.append(Promise(work, in_phase, late, overdue))
    return tuple(sorted(found, key=lambda promise: (-promise.work.needs, -promise.late, -(promise.in_phase or 0), promise.work.id)))


def recurring(ranking: Ranking) -> tuple[Ranked, ...]:
    """Repairs that were asked for again and again in one place: candidates for an investment."""
    return tuple(line for line in ranking.lines if line.need.kind == "maintenance" and line.need.generation >= COMES_BACK)


def overlapping(ranking: Ranking) -> tuple[Ranked, ...]:
    """Needs that works of two programmes would answer: one of the two could serve another place."""
    programme = {work.id: work.programme for work in ranking.inputs.works}
    return tuple(line for line in ranking.lines if len({programme[m.work] for m in line.matches if m.score >= POSSIBLE}) > 1)


def blocks(ranking: Ranking) -> tuple[Block, ...]:
    """Which facts keep needs from works, those that block the most priority first: to mend one is a need of its own."""
    held: dict[tuple[str, str, bool], list[Ranked]] = defaultdict(list)
    for line in ranking.lines:
        if line.best is None or line.best.score >= COVERED:
            continue
        for reason in line.best.reasons:
            kind, _, rule = reason.partition(":")
            if kind in ("not_eligible", "eligibility_unknown"):
                held[line.need.place, fact_of(rule), kind == "not_eligible"].append(line)
    return tuple(sorted((Block(place, fact, known, tuple(lines)) for (place, fact, known), lines in held.items()),
                        key=lambda block: (-sum(line.priority.score for line in block.needs), block.place, block.fact)))
