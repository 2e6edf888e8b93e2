"""The order of needs when a crowd shouts: it moves its need by one place at most. Pure.

Lines come in the order of what everybody else says (`calm_urgency`, `calm_people`, age). A line with a crowd behind it may pass the one
before it, when with its crowd it counts for more; nobody moves twice, so nobody falls by more than one place either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Line(Protocol):
    @property
    def urgency(self) -> int: ...
    @property
    def people(self) -> int: ...
    @property
    def crowd(self) -> int: ...


L = TypeVar("L", bound=Line)


def ranked(lines: Sequence[L]) -> list[L]:
    """The lines with each crowd counted for one place: `[quiet, crowded]` -> `[crowded, quiet]`."""
    order = list(lines)
    at = 1
    while at < len(order):
        before, line = order[at - 1], order[at]
        if line.crowd and not before.crowd and (line.urgency, line.people) > (before.urgency, before.people):
            order[at - 1:at + 1] = [line, before]
            at += 2  # both have moved
        else:
            at += 1
    return order
