"""The ranking of all needs at one day, with what answers each, and what it says of the whole city."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from gateway.matching.crowds import passed
from gateway.matching.fit import Match, matches
from gateway.matching.money import Lacking
from gateway.matching.portfolio import Offer
from gateway.matching.priority import City, Priority, heard, priority, weight_of
from gateway.matching.values import Decision, Inputs, Need, Place, Work

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ranked:
    """One need in the ranking: its score with every factor, and its matches, the nearest first.

    The score is that of everybody but a crowd that sent the same words; `loud` is the score with the crowd, None where there is none.
    `unfunded` is what no work pays for; None when nobody knows what it costs.
    """

    need: Need
    priority: Priority
    matches: tuple[Match, ...]
    loud: float | None = None
    cls: str = field(init=False, compare=False)
    unfunded: int | None = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # found once: a page asks them of every need of the city
        best, cost = self.best, self.need.cost
        cls = best.cls if best else "gap"
        object.__setattr__(self, "cls", cls)
        object.__setattr__(self, "unfunded", cost if cost is None or best is None or cls == "gap" else round(cost * (1 - best.budget)))

    @property
    def best(self) -> Match | None:
        return self.matches[0] if self.matches else None

    @property
    def reason(self) -> str:
        """Why it is not covered, or not wholly; `no_work` where nothing acts in the place at all."""
        return self.best.reason if self.best else "no_work"


@dataclass(frozen=True)
class Ranking:
    """All needs, the first to serve first."""

    inputs: Inputs
    city: City
    lines: tuple[Ranked, ...]
    _worked_out: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, work: Callable[[Ranking], T]) -> T:
        """What follows from the ranking alone, worked out when it is first asked for: a ranking never changes."""
        if work not in self._worked_out:
            self._worked_out[work] = work(self)
        found: T = self._worked_out[work]
        return found

    @cached_property
    def coverage_gap(self) -> float | None:
        """The share of all priority that lies in needs which nothing covers."""
        whole = sum(line.priority.score for line in self.lines)
        return sum(line.priority.score for line in self.uncovered) / whole if whole else None

    @cached_property
    def uncovered(self) -> tuple[Ranked, ...]:
        return tuple(line for line in self.lines if line.cls == "gap")

    @cached_property
    def lacking(self) -> Lacking:
        """What all needs lack together, and how many of them nobody has put a cost to."""
        return Lacking.of(line.unfunded for line in self.lines)


def rank(inputs: Inputs) -> Ranking:
    """Score and match every need; equal scores stand in the order of their ids, so that every node says the same.

    A crowd moves its need by one place at most, and moves no money: offers are weighed without it.
    """
    city = _city(inputs)
    acting: dict[str, list[Work]] = defaultdict(list)
    for work in inputs.works:
        for code in work.catchment:
            acting[code].append(work)
    lines = []
    for need in inputs.needs:
        place = inputs.places.get(need.place) or Place(code=need.place)
        found = matches(need, acting[need.place], place.facts, inputs.as_of)
        lines.append(_scored(need, place, city, inputs.decision, tuple(found)))
    return Ranking(inputs, city, _in_order(lines))


def supposing(ranking: Ranking, decision: Decision) -> Ranking:
    """The same needs and matches under another decision: what answers a need does not depend on what weighs how much."""
    inputs, was = replace(ranking.inputs, decision=decision), ranking.inputs.decision
    if replace(was, floor=decision.floor, deprived_from=decision.deprived_from) == decision:
        return Ranking(inputs, ranking.city, ranking.lines)
    city = _city(inputs)
    lines = [_scored(line.need, inputs.places.get(line.need.place) or Place(code=line.need.place), city, decision, line.matches)
             for line in ranking.lines]
    return Ranking(inputs, city, _in_order(lines))


def _scored(need: Need, place: Place, city: City, decision: Decision, found: tuple[Match, ...]) -> Ranked:
    loud = priority(need.with_crowd(), place, city, decision).score if need.crowd else None
    return Ranked(need, priority(need, place, city, decision), found, loud)


def _in_order(lines: Iterable[Ranked]) -> tuple[Ranked, ...]:
    calm = sorted(lines, key=lambda line: (-round(line.priority.score, 6), line.need.id))
    return tuple(passed(calm, crowded=lambda line: line.loud is not None,
                        loudness=lambda line: round(line.priority.score if line.loud is None else line.loud, 6)))


def offers_of(ranking: Ranking) -> list[Offer]:
    """What a budget could buy: the unfunded part of every need whose cost is known, in the order of the ranking."""
    offers = []
    for line in ranking.lines:
        if line.unfunded:
            place = ranking.inputs.places.get(line.need.place) or Place(code=line.need.place)
            deprivation = place.figure("deprivation")
            is_deprived = deprivation is not None and deprivation >= ranking.inputs.decision.deprived_from
            offers.append(Offer(line.need.id, line.need.place, line.unfunded, round(line.priority.score * 100), is_deprived))
    return offers


def _city(inputs: Inputs) -> City:
    decision = inputs.decision
    return City(decision.city_rate if decision.city_rate is not None else _rate(inputs.needs, inputs.places.values()),
                decision.city_invested if decision.city_invested is not None else _invested(inputs.places.values()))


def _rate(needs: Iterable[Need], places: Iterable[Place]) -> float | None:
    could = {place.code: people for place in places if (people := heard(place))}
    if not could:
        return None
    return 1000 * sum(weight_of(need) for need in needs if need.place in could) / sum(could.values())


def _invested(places: Iterable[Place]) -> float | None:
    known = [(population, invested) for place in places if (population := place.figure("population"))
             and (invested := place.figure("invested")) is not None]
    return sum(n * invested for n, invested in known) / sum(n for n, _ in known) if known else None
