"""What a budget buys: whole works under a ceiling, with a part of the money kept for deprived places.

The floor binds twice: at least that much goes to deprived places, or as much as whole works there can take; and what they cannot
take is spent nowhere else. `best` is exact; `greedy` goes down the list as an assembly would with a finger on it, and stands beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gateway.matching import solver


@dataclass(frozen=True, slots=True)
class Offer:
    """What one need would take from the budget; `points` are hundredths of its priority, so that sums are exact."""

    need: str
    place: str
    cost: int
    points: int
    deprived: bool


@dataclass(frozen=True, slots=True)
class Bought:
    """What was chosen, in the order of the offers, and why each of the others was not: `too_large`, `kept`, `outweighed`."""

    budget: int
    floor: int
    picked: tuple[Offer, ...]
    left_out: tuple[tuple[Offer, str], ...]
    proved: bool = True

    @property
    def spent(self) -> int:
        return sum(offer.cost for offer in self.picked)

    @property
    def left(self) -> int:
        return self.budget - self.spent

    @property
    def points(self) -> int:
        return sum(offer.points for offer in self.picked)

    @property
    def floor_used(self) -> int:
        return _deprived(self.picked)


@dataclass(frozen=True, slots=True)
class Price:
    """What the equity floor costs in points, and whom it brings in and leaves out."""

    points: int
    brought_in: tuple[Offer, ...]
    left_out: tuple[Offer, ...]


def greedy(offers: Sequence[Offer], budget: int, *, floor: int = 0) -> Bought:
    """Down the list for deprived places until the floor is reached, then down the list for everybody: what still fits is taken."""
    picked: set[str] = set()
    left, elsewhere, for_deprived = budget, budget - floor, 0
    for offer in offers:
        if offer.deprived and for_deprived < floor and offer.cost <= left:
            picked.add(offer.need)
            left -= offer.cost
            for_deprived += offer.cost
    for offer in offers:
        if offer.need not in picked and offer.cost <= left and (offer.deprived or offer.cost <= elsewhere):
            picked.add(offer.need)
            left -= offer.cost
            elsewhere -= 0 if offer.deprived else offer.cost
    return _bought(offers, budget, floor, picked)


def best(offers: Sequence[Offer], budget: int, *, floor: int = 0) -> Bought:
    """The works that together weigh most, and of those that weigh the same the cheapest; proved, unless `proved` says otherwise."""
    by_hand = greedy(offers, budget, floor=floor)
    fitting = [o for o in offers if 0 < o.cost <= (budget if o.deprived else budget - floor)]
    required, sure = floor, True
    if by_hand.floor_used < floor:  # whole works may not reach it: then as near to it as they come
        deprived = [o for o in fitting if o.deprived]
        nearest = solver.most([o.cost for o in deprived], [solver.Row([o.cost for o in deprived], most=budget)])
        required, sure = min(floor, sum(o.cost for o, taken in zip(deprived, nearest.taken, strict=True) if taken)), nearest.proved
    rows = [solver.Row([o.cost for o in fitting], most=budget),
            solver.Row([0 if o.deprived else o.cost for o in fitting], most=budget - floor),
            solver.Row([o.cost if o.deprived else 0 for o in fitting], least=required)]
    heaviest = solver.most([o.points for o in fitting], rows, [o.cost for o in fitting])
    bought = _bought(offers, budget, floor, {o.need for o, chosen in zip(fitting, heaviest.taken, strict=True) if chosen},
                     proved=sure and heaviest.proved)
    if not bought.proved and (min(floor, by_hand.floor_used), by_hand.points) > (min(floor, bought.floor_used), bought.points):
        return replace(by_hand, proved=False)  # the time was over before anything as good was found
    return bought


def best_and_price(offers: Sequence[Offer], budget: int, *, floor: int = 0) -> tuple[Bought, Price]:
    """Both answers; where the best of all keeps the floor anyway, nobody needs to ask twice."""
    free = best(offers, budget)
    if free.proved and free.floor_used >= floor and free.spent - free.floor_used <= budget - floor:
        bought = _bought(offers, budget, floor, {o.need for o in free.picked})
    else:
        bought = best(offers, budget, floor=floor)
    return bought, _price(free, bought)


def price_of_floor(offers: Sequence[Offer], bought: Bought) -> Price:
    """What the same budget would buy without the floor, against what it buys with it."""
    return _price(best(offers, bought.budget), bought)


def _price(free: Bought, bought: Bought) -> Price:
    with_floor, without = {o.need for o in bought.picked}, {o.need for o in free.picked}
    return Price(free.points - bought.points, tuple(o for o in bought.picked if o.need not in without),
                 tuple(o for o in free.picked if o.need not in with_floor))


def _bought(offers: Sequence[Offer], budget: int, floor: int, needs: set[str], *, proved: bool = True) -> Bought:
    picked = tuple(o for o in offers if o.need in needs)
    left = budget - sum(o.cost for o in picked)
    elsewhere = budget - floor - sum(o.cost for o in picked if not o.deprived)
    return Bought(budget, floor, picked, tuple((o, _why_not(o, budget, floor, left, elsewhere)) for o in offers if o.need not in needs),
                  proved)


def _why_not(offer: Offer, budget: int, floor: int, left: int, elsewhere: int) -> str:
    if offer.cost > budget or (not offer.deprived and offer.cost > budget - floor):
        return "too_large"
    if offer.cost <= left and not offer.deprived and offer.cost > elsewhere:
        return "kept"
    return "outweighed"


def _deprived(offers: Iterable[Offer]) -> int:
    return sum(o.cost for o in offers if o.deprived)
