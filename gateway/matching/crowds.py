"""What many who send the same words may move: their need by one place, and no other by more than one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

L = TypeVar("L")


def passed(lines: Sequence[L], *, crowded: Callable[[L], bool], loudness: Callable[[L], Any]) -> list[L]:
    """Lines in the order of what everybody else says; `[quiet, crowded]` -> `[crowded, quiet]` where the crowd is louder.

    A line with a crowd may pass the one before it when with its crowd it counts for more. Nobody moves twice, so nobody falls by more
    than one place either.
    """
    order = list(lines)
    at = 1
    while at < len(order):
        before, line = order[at - 1], order[at]
        if crowded(line) and not crowded(before) and loudness(line) > loudness(before):
            order[at - 1:at + 1] = [line, before]
            at += 2  # both have moved
        else:
            at += 1
    return order
