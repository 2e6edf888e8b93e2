"""From needs to works: what answers a need, what comes first, what a budget buys. Pure: values in, values out.

    ranking = rank(inputs)                  # every need with its score, each factor beside it, and its matches with reasons
    bought = best(offers_of(ranking), 60_000, floor=18_000)

Whatever is not known is never taken for zero: it is left out of a score, which then says so and how far it may be off, it halves
a match, and it is named either way.
"""

from gateway.matching.envelopes import equal_and_by_quality, points
from gateway.matching.money import Lacking
from gateway.matching.portfolio import Bought, Offer, Price, best, best_and_price, greedy, price_of_floor
from gateway.matching.ranking import Ranked, Ranking, offers_of, rank, supposing
from gateway.matching.values import Component, Decision, Inputs, Milestone, Need, Place, Work

__all__ = ["Bought", "Component", "Decision", "Inputs", "Lacking", "Milestone", "Need", "Offer", "Place", "Price", "Ranked", "Ranking",
           "Work", "best", "best_and_price", "equal_and_by_quality", "greedy", "offers_of", "points", "price_of_floor", "rank", "supposing"]
