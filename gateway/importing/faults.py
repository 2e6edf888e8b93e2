"""What a file has wrong, one line each: where, what, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Line:
    """`units.geojson feature 12: the name is empty. Give it one.`; a `note` is said and refuses nothing."""

    where: str
    what: str
    do: str = ""
    note: bool = False

    def __str__(self) -> str:
        do = f" {self.do}" + ("" if self.do.endswith("?") else ".") if self.do else ""
        return f"{'note: ' if self.note else ''}{self.where}: {self.what}.{do}"


@dataclass
class Findings:
    """The lines of one import; `refused` are the rows that cannot be taken, `broken` says that no row can."""

    lines: list[Line] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    broken: bool = False

    def note(self, where: str, what: str, do: str = "") -> None:
        self.lines.append(Line(where, what, do, note=True))

    def refuse(self, where: str, what: str, do: str = "") -> None:
        """This row is not taken."""
        self.lines.append(Line(where, what, do))
        self.refused.add(where)

    def refuse_all(self, where: str, what: str, do: str = "") -> None:
        """Nothing of this file can be taken."""
        self.lines.append(Line(where, what, do))
        self.broken = True


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rows were new, changed something, said what stood already, and were refused."""

    new: int
    changed: int
    same: int
    refused: int
    written: bool
    lines: tuple[Line, ...] = ()
    broken: bool = False

    @property
    def rows(self) -> int:
        return self.new + self.changed + self.same + self.refused

    def __str__(self) -> str:
        counts = f"{self.new} new, {self.changed} changed, {self.same} same, {self.refused} refused"
        return counts + ("" if self.written else " (nothing was written)")


def listed(values: Iterable[str], most: int = 12) -> str:
    """`a, b, c` or `a, b and 7 more`: what a person can still read in one line."""
    shown = list(values)
    return ", ".join(shown) if len(shown) <= most else f"{', '.join(shown[:most])} and {len(shown) - most} more"
