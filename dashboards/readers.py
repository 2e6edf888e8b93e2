"""Who reads a broadcast in which language, as far as it may be told, and what it costs without giving the others away. Pure.

How many it reaches is told exactly, so a language of few could be found by taking the others away from it: where one is hidden,
the city's own is hidden with it: always the same, for to choose by size would tell the size. Where those together are too few to hide
anything, the next is hidden too, and at last all, even which of them is small. And where the hidden ones
read texts of different length, the segments are told as the most that they can be, whoever the few are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.broadcasts.broadcasting import Readers

FEW, MANY, HIDDEN = "few", "many", "hidden"


@dataclass(frozen=True, slots=True)
class Line:
    """`people` is None where it is not told; `how` then says fewer than k, k at least, or nothing."""

    language: str
    reads: str
    people: int | None
    how: str = ""

    @property
    def is_lacking(self) -> bool:
        """Whether they read a language that is not theirs."""
        return self.language != self.reads


@dataclass(frozen=True, slots=True)
class Told:
    lines: tuple[Line, ...]
    segments: int
    at_most: bool = False


def told(readers: Sequence[Readers], k: int, usual: str) -> Told:
    """What a page may print of them, the largest first; `usual` is the language of the city.

    >>> [(line.language, line.people, line.how) for line in told([Readers("es", "es", 97, 1), Readers("fr", "es", 3, 1)], 10, "es").lines]
    [('es', None, 'many'), ('fr', None, 'few')]
    """
    ordered = sorted(readers, key=lambda some: (-some.people, some.language))
    small, large = [some for some in ordered if some.people < k], [some for some in ordered if some.people >= k]
    exact = sum(some.people * some.segments for some in ordered)
    if not small:
        return Told(tuple(Line(some.language, some.reads, some.people) for some in ordered), exact)
    beside = _beside(sorted(large, key=lambda some: (some.language != usual, some.language)), small, k)
    hidden = [*beside, *small] if beside else ordered
    shown = [some for some in ordered if some not in hidden]
    how = {some.language: HIDDEN if not beside else FEW if some in small else MANY for some in hidden}
    lines = (*(Line(some.language, some.reads, some.people) for some in shown),  # by language: their order would tell which is larger
             *(Line(some.language, some.reads, None, how[some.language]) for some in sorted(hidden, key=lambda some: some.language)))
    if len({some.segments for some in hidden}) == 1:
        return Told(lines, exact)
    most, many = sum(some.people * some.segments for some in shown), sum(some.people for some in hidden)
    if not beside or len({some.segments for some in beside}) > 1:
        return Told(lines, most + many * max(some.segments for some in hidden), at_most=True)
    each = beside[0].segments
    beyond = sum((k - 1) * (some.segments - each) if some.segments > each else some.segments - each for some in small)
    return Told(lines, most + many * each + beyond, at_most=True)


def _beside(large: Sequence[Readers], small: Sequence[Readers], k: int) -> Sequence[Readers]:
    """The first of the large ones, as many as must be hidden so that several counts of the small ones fit; none where nothing helps."""
    for many in range(1, len(large) + 1):
        if sum(some.people for some in (*large[:many], *small)) > k * (many + 1) + len(small):
            return large[:many]
    return ()
