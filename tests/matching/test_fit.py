"""How well a work answers a need, and what is said where something is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.matching import Component, Inputs, Lacking, Milestone, Need, Place, Work, rank
from gateway.matching.eligibility import judge
from gateway.matching.fit import Match, match, matches
from gateway.matching.values import Known
from gateway.matching.watching import ageing, blocks, overlapping, recurring, silent_zones

TODAY = date(2026, 11, 25)
NEED = Need(id="N", place="S1701", category="RSK02", component="MUR", severity=3, reporters=4, supporters=2, people=50, age=20, target=10,
            cost=100)
WALL = Component(code="MUR", remaining=100)
WORK = Work(id="W", name="Muros", programme="PBCV", phase="design", starts_on=date(2026, 2, 1), ends_on=date(2027, 6, 30),
            catchment={"S1701": 1.0}, components=(WALL,))


@pytest.mark.parametrize(("rule", "facts", "holds"), [
    ("planimetry", {"planimetry": True}, True), ("planimetry", {"planimetry": False}, False), ("planimetry", {}, None),
    ("occupancy>=0.8", {"occupancy": 0.8}, True), ("occupancy>=0.8", {"occupancy": 0.79}, False), ("occupancy >= 0.8", {}, None),
    ("nbi<0.5", {"nbi": 0.5}, False), ("nbi=1", {"nbi": 1}, True), ("occupancy>=0.8", {"occupancy": True}, None),
    ("planimetry", {"planimetry": 1.0}, None), ("import os", {}, None), ("", {}, None)])
def test_a_rule_is_met_or_not_or_nobody_knows(rule: str, facts: dict[str, Known], holds: bool | None) -> None:
    assert judge(rule, facts) is holds


def found(*, need: Need = NEED, facts: dict[str, Known] | None = None, component: Component = WALL, **work: object) -> Match:
    return match(need, replace(WORK, components=(component,), **work), facts or {}, TODAY)  # type: ignore[arg-type]


RULES = replace(WALL, rules=("planimetry", "occupancy>=0.8"))


@pytest.mark.parametrize(("label", "given", "score", "reasons"), [
    ("all is well", {}, 1.0, ()),
    ("both facts are missing, and named", {"component": RULES}, 0.25, ("eligibility_unknown:planimetry", "eligibility_unknown:occupancy")),
    ("one no outweighs what is missing", {"component": RULES, "facts": {"occupancy": 0.5}}, 0.0,
     ("not_eligible:occupancy>=0.8", "eligibility_unknown:planimetry")),
    ("all facts are there", {"component": RULES, "facts": {"planimetry": True, "occupancy": 0.9}}, 1.0, ()),
    ("a secondary category", {"component": replace(WALL, primary=frozenset({"RSK01"}), secondary=frozenset({"RSK02"}))}, 0.6, ()),
    ("a list of categories without it", {"component": replace(WALL, primary=frozenset({"RSK01"}))}, 0.0, ("no_component",)),
    ("nobody knows the budget", {"component": replace(WALL, remaining=None)}, 0.5, ("budget_unknown",)),
    ("nobody knows the cost", {"need": replace(NEED, cost=None)}, 0.5, ("cost_unknown",)),
    ("the money is committed", {"component": replace(WALL, remaining=0)}, 0.0, ("no_budget",)),
    ("a quarter of the money", {"component": replace(WALL, remaining=25)}, 0.25, ("partial_budget",)),
    ("only adjacent", {"catchment": {"S1701": 0.5}}, 0.5, ()),
    ("it is over", {"ends_on": date(2026, 11, 24)}, 0.0, ("window_closed",)),
    ("its last day", {"ends_on": TODAY}, 1.0, ()),
    ("it rests", {"phase": "suspended"}, 0.0, ("suspended",)),
    ("it begins in half a year", {"phase": "selected", "starts_on": date(2027, 5, 26)}, 0.8 * (1 - 182 / 365), ()),
    ("it begins in two years", {"phase": "selected", "starts_on": date(2028, 11, 25), "ends_on": None}, 0.0, ("starts_later",)),
    ("it should have begun", {"phase": "selected"}, 0.8, ("start_overdue",)),
    ("nobody said when", {"phase": "selected", "starts_on": None}, 0.4, ("start_unknown",)),
    ("under construction", {"phase": "execution"}, 0.7, ())])
def test_a_match_says_why_it_is_not_more(label: str, given: dict[str, object], score: float, reasons: tuple[str, ...]) -> None:
    made = found(**given)  # type: ignore[arg-type]
    assert made.score == pytest.approx(score)
    assert made.reasons == reasons


def test_a_work_elsewhere_is_no_match() -> None:
    assert matches(NEED, [replace(WORK, catchment={"C0502": 1.0})], {}, TODAY) == []


def city(*needs: Need, works: tuple[Work, ...] = (WORK,), **facts: dict[str, Known]) -> Inputs:
    return Inputs(as_of=TODAY, needs=needs, works=works, places={code: Place(code=code, facts=said) for code, said in facts.items()})


def test_what_is_not_known_is_left_out_of_the_score_and_named() -> None:
    whole = rank(city(NEED, S1701={"population": 5000, "phone_access": 0.7, "deprivation": 0.7, "invested": 20})).lines[0].priority
    assert whole.missing == ()
    part = rank(city(NEED)).lines[0].priority
    assert part.missing == ("population", "phone_access", "deprivation", "invested")
    assert part.low <= part.score <= part.high
    # severity .6667 x .25, people, waiting 1 x .10: the mean of what is known, not of zeros
    assert part.low == pytest.approx(100 * (0.25 * 2 / 3 + 0.10 * (part.factors["people"] or 0) + 0.10))
    assert part.score == pytest.approx(part.low / 0.45)
    assert part.high == pytest.approx(part.low + 55)


def test_a_need_where_nothing_acts_says_so() -> None:
    line = rank(city(NEED, works=())).lines[0]
    assert (line.cls, line.reason, line.unfunded) == ("gap", "no_work", 100)
    assert rank(city(replace(NEED, cost=None), works=())).lacking == Lacking(None, 1)


def test_deprived_places_that_few_write_from_are_named() -> None:
    far = {"population": 9000.0, "phone_access": 0.6, "deprivation": 0.8}
    ranking = rank(city(NEED, S1701={"population": 2000, "phone_access": 0.9, "deprivation": 0.9}, C0502=far,
                        M0910=far | {"deprivation": 0.2}, P1314={"deprivation": 0.9}))
    assert [(silent.place.code, silent.rate) for silent in silent_zones(ranking)] == [("C0502", 0.0)]


@pytest.mark.parametrize(("label", "work", "late"), [
    ("it should have begun a year ago", {"phase": "selected", "starts_on": date(2025, 11, 25)}, 365),
    ("it should have ended", {"phase": "execution", "ends_on": date(2026, 11, 15)}, 10),
    ("a milestone is overdue", {"milestones": (Milestone(name="tender", due=date(2026, 11, 1)),)}, 24),
    ("the longest of what is overdue", {"milestones": (Milestone(name="tender", due=date(2026, 11, 20)),
                                                       Milestone(name="design", due=date(2026, 10, 30)))}, 26),
    ("a year in one phase", {"phase_since": date(2025, 11, 25)}, 0)])
def test_a_promise_that_ages_is_named(label: str, work: dict[str, object], late: int) -> None:
    aged = ageing((WORK, replace(WORK, id="OLD", **work)), TODAY)  # type: ignore[arg-type]
    assert [(promise.work.id, promise.late) for promise in aged] == [("OLD", late)]


def test_what_ended_ages_no_more() -> None:
    done = replace(WORK, milestones=(Milestone(name="tender", due=date(2026, 11, 1), done=date(2026, 11, 3)),))
    assert ageing((done, replace(WORK, phase="closed", ends_on=date(2020, 1, 1))), TODAY) == ()


def test_two_programmes_for_one_need_and_a_repair_that_comes_back() -> None:
    other = replace(WORK, id="W2", programme="LED")
    repair = Need(id="R", place="S1701", category="ACC01", kind="maintenance", generation=3, escalates_to="ACC02")
    ranking = rank(city(NEED, repair, works=(WORK, other)))
    assert [line.need.id for line in overlapping(ranking)] == ["N"]
    assert [line.need.id for line in recurring(ranking)] == ["R"]
    assert overlapping(rank(city(NEED, works=(WORK, replace(other, programme="PBCV"))))) == ()


def test_a_fact_that_blocks_is_named_with_what_it_keeps() -> None:
    work = replace(WORK, components=(RULES,))
    ranking = rank(city(NEED, replace(NEED, id="N2"), works=(work,), S1701={"planimetry": False}))
    assert [(b.place, b.fact, b.known, len(b.needs)) for b in blocks(ranking)] == [
        ("S1701", "occupancy", False, 2), ("S1701", "planimetry", True, 2)]
