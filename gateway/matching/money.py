"""What several needs lack together when nobody knows what some of them cost: a sum of what is known is no sum of all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lacking:
    """`least` is what the needs with a cost lack, None when none of them has one; `unknown` needs have no cost.

    18000, None, 6000 -> Lacking(24000, 1); None, None -> Lacking(None, 2); of no need at all nothing lacks: Lacking(0, 0).
    """

    least: int | None
    unknown: int

    @classmethod
    def of(cls, unfunded: Iterable[int | None]) -> Lacking:
        known, unknown = [], 0
        for amount in unfunded:
            if amount is None:
                unknown += 1
            else:
                known.append(amount)
        return cls(sum(known) if known or not unknown else None, unknown)
