"""What would a budget buy? Every figure of the question stands in the address, so that an assembly can be sent the answer."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from dashboards.queries import plans as seen
from dashboards.ranking import made_of, money, number, open_lines
from gateway.errors import Problem
from gateway.matching import Bought, Decision, Offer, Price, Ranked, Ranking, best_and_price, greedy, offers_of, supposing
from gateway.matching.values import FACTORS
from gateway.node import Node
from gateway.ranking import Made
from gateway.ranking.collect import known_of
from gateway.ranking.regions import envelopes
from gateway.rules import ADMIN, FOCAL, PLANNER, rule

MOST_BUDGET = 2_147_483_647
KEPT_SECONDS, MOST_KEPT = 300, 32
MOST_LEFT_OUT = 50  # shown; how many more there are is said


def blueprint(node: Node, kept: Kept) -> Blueprint:
    pages = Blueprint("budget", __name__, url_prefix="/planner")

    @pages.get("/budget")
    @rule(PLANNER, FOCAL, ADMIN)
    def ask() -> ResponseReturnValue:
        with node.database.reading() as c:
            made = made_of(c)
            regions, currency = envelopes(known_of(c)), seen.currency(c)
            if made is None or number(request.args.get("budget")) is None:
                return render_template("budget.html", made=made, regions=regions, currency=currency, budget=None, factors=FACTORS,
                                       decided=made.ranking.inputs.decision if made else None)
            budget, decision = _asked(made, request.args)
            answer = kept.answer(c, made, decision, budget)
        return render_template("budget.html", made=made, regions=regions, currency=currency, budget=budget, factors=FACTORS,
                               decided=decision, answer=answer, lines=answer.lines, bought=answer.bought, price=answer.price,
                               left_out=answer.shown, more=len(answer.bought.left_out) - len(answer.shown),
                               supposed=decision != made.ranking.inputs.decision)

    return pages


@dataclass(frozen=True, slots=True)
class Answer:
    """What a budget buys, with the lines of all needs that are named."""

    bought: Bought
    price: Price
    by_hand: int
    shown: tuple[tuple[Offer, str], ...]
    lines: dict[str, Ranked]
    without_cost: int


class Kept:
    """Answers that were asked for lately: an assembly that talks about one asks for it again and again.

    An answer that names a need which may not be shown any more is thrown away; every few minutes all are, for what may be shown again.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[object, ...], Answer] = OrderedDict()
        self._lock = threading.Lock()

    def answer(self, c: Connection, made: Made, decision: Decision, budget: int) -> Answer:
        key = (made.run.id, tuple(sorted(decision.weights.items())), decision.floor, decision.deprived_from, budget,
               int(time.monotonic() // KEPT_SECONDS))
        with self._lock:
            answer = self._answers.get(key)
        if answer is None or len(open_lines(c, list(answer.lines.values()))) < len(answer.lines):
            answer = _count(c, supposing(made.ranking, decision), decision, budget)
            with self._lock:
                self._answers[key] = answer
                while len(self._answers) > MOST_KEPT:
                    self._answers.popitem(last=False)
        return answer


def _count(c: Connection, ranked: Ranking, decision: Decision, budget: int) -> Answer:
    lines = {line.need.id: line for line in open_lines(c, ranked.lines)}
    offers = [offer for offer in offers_of(ranked) if offer.need in lines]
    floor = round(budget * decision.floor)
    bought, price = best_and_price(offers, budget, floor=floor)
    shown = bought.left_out[:MOST_LEFT_OUT]
    named = [*bought.picked, *price.brought_in, *price.left_out, *(offer for offer, _ in shown)]
    return Answer(bought, price, greedy(offers, budget, floor=floor).points, shown, {offer.need: lines[offer.need] for offer in named},
                  ranked.lacking.unknown)


def answered(c: Connection, made: Made, asked: Mapping[str, str], kept: Kept | None = None) -> Answer | None:
    """The answer to a question that is asked once, as a file, or among those that were asked lately: None when it names no budget."""
    if number(asked.get("budget")) is None:
        return None
    budget, decision = _asked(made, asked)
    if kept is not None:
        return kept.answer(c, made, decision, budget)
    return _count(c, supposing(made.ranking, decision), decision, budget)


def _asked(made: Made, asked: Mapping[str, str]) -> tuple[int, Decision]:
    """The budget, and the decision of the run with what the question supposes instead of what was decided."""
    budget = money(asked.get("budget"))
    if budget is None or not 0 <= budget <= MOST_BUDGET:
        raise Problem("planning.refused", reason="A budget lies between 0 and %(most)s.", most=MOST_BUDGET)
    decision = made.ranking.inputs.decision
    given = {name: number(asked.get(name)) for name in (*FACTORS, "floor", "deprived_from")}
    weights = {name: decision.weights.get(name, 0.0) if given[name] is None else (given[name] or 0) / 100 for name in FACTORS}
    floor = decision.floor if given["floor"] is None else (given["floor"] or 0) / 100
    deprived_from = decision.deprived_from if given["deprived_from"] is None else given["deprived_from"] or 0
    if not all(0 <= value <= 1 for value in (*weights.values(), floor, deprived_from)) or not sum(weights.values()):
        raise Problem("planning.refused", reason="Shares lie between 0 and 100 %, deprivation between 0 and 1, and something must weigh.")
    whole = sum(weights.values())
    if abs(whole - 1) > 1e-9:  # people move one slider at a time: the others keep their proportions
        weights = {name: weight / whole for name, weight in weights.items()}
    return budget, replace(decision, weights=weights, floor=floor, deprived_from=deprived_from)
