"""The told quarters for anybody: shares of the whole city and no counts, each so wide that nobody's few reports show in it. Pure.

The board prints running totals. An exact number of a quarter beside them, or the share that it can be solved from, would tell of the few
whom the board keeps quiet: of 41 printed and some hidden, "50 in all" leaves nine. So a share is told as the range in which it would lie
with up to k - 1 reports more or fewer of anybody, in steps of five per cent outwards: all that a hidden group may be looks the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dashboards import indicators
from dashboards.indicators import Counted
from dashboards.suppression import TOTAL

STEP = 5  # per cent
TOLD = ("declared", "women", "response", "resolution", "confirmed")  # what is a share of reports, not of shares


@dataclass(frozen=True, slots=True)
class Range:
    """Per cent, from and to."""

    low: int
    high: int


def around(part: float, whole: float, k: int) -> Range:
    """The range of a share that k - 1 reports more or fewer do not leave.

    >>> around(450, 1000, 10)
    Range(low=40, high=50)
    >>> around(0, 40, 10)
    Range(low=0, high=20)
    """
    few = k - 1
    low = min(max(0.0, part - few) / max(whole - few, 1.0), part / (whole + few))
    high = max((part + few) / (whole + few), part / max(whole - few, part, 1.0))
    return Range(STEP * math.floor(100 * low / STEP), min(100, STEP * math.ceil(100 * high / STEP)))


def figures(counted: Counted, k: int) -> dict[str, Range | None]:
    """The figures of a quarter that are shares of reports; None is not told."""
    found = {card.id: card for card in indicators.cards(counted) if card.id in TOLD}
    return {id: None if (card := found[id]).numerator is None or not card.denominator or card.at_least
            else around(card.numerator, card.denominator, k) for id in TOLD}


def categories(counted: Counted, k: int) -> dict[str, Range]:
    """Of what people wrote, the kinds whose number is told to planners; the others are not named."""
    cells = {what: counted.cell("what", what, TOTAL) for what in counted.tables.get("what", {}) if what}
    return {what: around(cell, counted.all, k) for what, cell in cells.items() if cell and counted.all}
