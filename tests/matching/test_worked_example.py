"""Every number of the worked example, to the last digit it states."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.matching import Lacking, best, equal_and_by_quality, greedy, offers_of, points, rank, supposing
from tests.matching.example import LETTERS, SAID, inputs

RANKING = rank(inputs())
LINES = {line.need.id: line for line in RANKING.lines}


@pytest.mark.parametrize("said", SAID["needs"], ids=lambda said: said["id"])
def test_a_need_has_its_score_and_every_factor(said: dict[str, object]) -> None:
    found = LINES[str(said["id"])].priority
    assert {letter: round(found.factors[name] or 0, 4) for letter, name in LETTERS.items()} == said["factors"]
    assert (found.weight, round(found.rate or 0, 4), round(found.score, 2)) == (said["weight"], said["rate_shrunk"], said["priority"])
    assert (found.missing, round(found.low, 6), round(found.high, 6)) == ((), round(found.score, 6), round(found.score, 6))


def test_a_need_is_matched_with_every_work_of_its_place_and_no_other() -> None:
    found = {(m.need, m.work) for line in RANKING.lines for m in line.matches}
    assert found == {(m["need"], m["intervention"]) for m in SAID["matches"]}


@pytest.mark.parametrize("said", SAID["matches"], ids=lambda said: f"{said['need']}-{said['intervention']}")
def test_a_match_has_its_factors_its_class_and_its_reason(said: dict[str, object]) -> None:
    found = next(m for m in LINES[str(said["need"])].matches if m.work == said["intervention"])
    assert [round(n, 4) for n in (found.coverage, found.eligibility, found.window, found.budget, found.score)] == [
        said[name] for name in "GEWBM"]
    assert (found.component, found.cls, found.reason) == (said["component"], said["cls"], said["reason"])


def test_the_nearest_match_is_the_one_that_people_should_hear_of() -> None:
    assert [(line.need.id, line.best.work if line.best else None, line.reason) for line in RANKING.lines] == [
        ("N1", "G1", ""), ("N3", "G4", "not_eligible:planimetry"), ("N2", "G2", "partial_budget"), ("N7", "G4", ""),
        ("N5", "G1", "no_component"), ("N4", "G3", ""), ("N6", "G5", "window_closed")]


def test_what_the_city_lacks() -> None:
    assert round(RANKING.coverage_gap or 0, 4) == SAID["coverage_gap_weighted"]
    assert {need: line.unfunded for need, line in LINES.items()} == SAID["unfunded_demand"]
    assert RANKING.lacking == Lacking(SAID["unfunded_total"], 0)


@pytest.mark.parametrize("how", [greedy, best])
def test_what_sixty_thousand_buy(how: object) -> None:
    said, offers = SAID["portfolio"], offers_of(RANKING)
    assert [offer.need for offer in offers] == said["order"]
    bought = how(offers, said["budget"], floor=int(said["equity_floor"]))  # type: ignore[operator]
    assert [offer.need for offer in bought.picked] == said["picked"]
    assert (bought.spent, bought.left, bought.floor_used) == (said["spent"], said["left"], said["floor_used"])
    assert [(offer.need, why) for offer, why in bought.left_out] == [("N5", "too_large")]


def test_the_regions_have_their_envelopes() -> None:
    regions = SAID["regions"]
    shares = equal_and_by_quality({name: (region["pop"], region["iq"]) for name, region in regions.items()})
    assert {name: round(share, 4) for name, share in shares.items()} == SAID["share_bh"]
    said = SAID["share_poa"]
    scored = points({name: (region["lack"], said["pop_points"][name], region["prio"]) for name, region in regions.items()})
    assert {name: total for name, (total, _) in scored.items()} == said["points"]
    assert {name: round(share, 4) for name, (_, share) in scored.items()} == said["share"]


def test_to_suppose_other_weights_gives_what_ranking_anew_gives() -> None:
    told = inputs()
    for change in ({"floor": 0.5, "deprived_from": 0.4}, {"weights": dict(told.decision.weights) | {"severity": 0.9}}, {"kappa": 10.0}):
        decision = replace(told.decision, **change)  # type: ignore[arg-type]
        assert supposing(RANKING, decision) == rank(replace(told, decision=decision))
