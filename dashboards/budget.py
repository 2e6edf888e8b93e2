"""What would a budget buy? Every figure of the question stands in the address, so that an assembly can be sent the answer."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from dashboards.queries import plans as seen
from dashboards.ranking import made_of, number, open_lines
from gateway.errors import Problem
from gateway.matching import Bought, Inputs, Offer, Price, best, greedy, offers_of, price_of_floor, rank
from gateway.matching.values import FACTORS
from gateway.node import Node
from gateway.ranking.collect import known_of
from gateway.ranking.regions import envelopes
from gateway.rules import ADMIN, FOCAL, PLANNER, rule

MOST_BUDGET = 2_147_483_647
MOST_LEFT_OUT = 50  # shown; how many more there are is said


def blueprint(node: Node) -> Blueprint:
    pages = Blueprint("budget", __name__, url_prefix="/planner")

    @pages.get("/budget")
    @rule(PLANNER, FOCAL, ADMIN)
    def ask() -> ResponseReturnValue:
        with node.database.reading() as c:
            made = made_of(c)
            regions, currency = envelopes(known_of(c)), seen.currency(c)
            asked = number(request.args.get("budget"))
            if made is None or asked is None:
                return render_template("budget.html", made=made, regions=regions, currency=currency, budget=None, factors=FACTORS,
                                       decided=made.ranking.inputs.decision if made else None)
            if not 0 <= asked <= MOST_BUDGET:
                raise Problem("planning.refused", reason=f"a budget lies between 0 and {MOST_BUDGET}")
            inputs = _supposed(made.ranking.inputs)
            ranked = made.ranking if inputs == made.ranking.inputs else rank(inputs)
            lines = {line.need.id: line for line in open_lines(c, ranked.lines)}
        offers = [offer for offer in offers_of(ranked) if offer.need in lines]
        budget = round(asked)
        floor = round(budget * inputs.decision.floor)
        bought, price = _answer(tuple(offers), budget, floor)
        return render_template("budget.html", made=made, regions=regions, currency=currency, budget=budget, factors=FACTORS, lines=lines,
                               decided=inputs.decision, bought=bought, left_out=bought.left_out[:MOST_LEFT_OUT],
                               more=max(0, len(bought.left_out) - MOST_LEFT_OUT), by_hand=greedy(offers, budget, floor=floor),
                               price=price, without_cost=ranked.without_cost,
                               supposed=inputs.decision != made.ranking.inputs.decision)

    return pages


@lru_cache(maxsize=16)
def _answer(offers: tuple[Offer, ...], budget: int, floor: int) -> tuple[Bought, Price]:
    """Asked again and again while an assembly talks: the same question is answered at once."""
    bought = best(offers, budget, floor=floor)
    return bought, price_of_floor(offers, bought)


def _supposed(inputs: Inputs) -> Inputs:
    """The inputs of the run with what the address supposes instead of what was decided."""
    decision = inputs.decision
    given = {name: number(request.args.get(name)) for name in (*FACTORS, "floor", "deprived_from")}
    weights = {name: decision.weights.get(name, 0.0) if given[name] is None else (given[name] or 0) / 100 for name in FACTORS}
    floor = decision.floor if given["floor"] is None else (given["floor"] or 0) / 100
    deprived_from = decision.deprived_from if given["deprived_from"] is None else given["deprived_from"] or 0
    if not all(0 <= value <= 1 for value in (*weights.values(), floor, deprived_from)) or not sum(weights.values()):
        raise Problem("planning.refused", reason="shares lie between 0 and 100 %, deprivation between 0 and 1, and something must weigh")
    whole = sum(weights.values())
    if abs(whole - 1) > 1e-9:  # people move one slider at a time: the others keep their proportions
        weights = {name: weight / whole for name, weight in weights.items()}
    return replace(inputs, decision=replace(decision, weights=weights, floor=floor, deprived_from=deprived_from))
