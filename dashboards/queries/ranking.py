"""The order of needs when a crowd shouts: it moves its need by one place at most. Pure.

Lines come in the order of what everybody else says (`calm_urgency`, `calm_people`, age).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from gateway.matching.crowds import passed


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
    return passed(lines, crowded=lambda line: line.crowd > 0, loudness=lambda line: (line.urgency, line.people))
