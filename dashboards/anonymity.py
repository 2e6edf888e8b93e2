"""What may be said in public about a group of people: nothing exact below k, and no total that gives a hidden part away.

A group is shown when at least k different phones stand behind it. A total is exact only when what it holds beyond its
shown parts is again nobody or a group of at least k; otherwise it is "at least" the sum of the parts that are shown, so
it tells nothing new. The same holds between "last 30 days" and "so far", whose difference is the older part. Parts lie
in one tree only (city, category, district): totals along two axes could be solved for the cells they share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """So many things, from so many different phones."""

    count: int = 0
    people: int = 0

    def is_safe(self, k: int) -> bool:
        return self.count >= k and self.people >= k


@dataclass(frozen=True, slots=True)
class Tally:
    """One cell of the board: the last 30 days, what is older, and both together (one phone may be in both)."""

    recent: Group = Group()
    older: Group = Group()
    ever: Group = Group()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page may print: None is hidden (nobody, fewer than k, or many things of fewer than k phones), `more` is "at least"."""

    count: int | None
    more: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    recent: Shown
    ever: Shown


def show(tally: Tally, k: int, parts: Iterable[tuple[Tally, Pair]] = ()) -> Pair:
    """What may be printed of a cell whose parts are printed as given.

    >>> show(Tally(Group(11, 11), Group(1, 1), Group(12, 12)), 10)
    Pair(recent=Shown(count=11, more=False), ever=Shown(count=11, more=True))
    """
    parts = list(parts)
    recent = _sum(tally.recent, k, [(part.recent, pair.recent) for part, pair in parts])
    ever = _sum(tally.ever, k, [(part.ever, pair.ever) for part, pair in parts])
    tells_older = recent.count is not None and not recent.more and ever.count is not None and not ever.more
    if tells_older and tally.older.count and not tally.older.is_safe(k):
        explained = sum(pair.ever.count or 0 for _, pair in parts)
        ever = Shown(max(recent.count or 0, explained), more=True)
    return Pair(recent, ever)


def _sum(whole: Group, k: int, parts: list[tuple[Group, Shown]]) -> Shown:
    if not whole.is_safe(k):
        return Shown(None)
    shown = [(part, pair.count) for part, pair in parts if pair.count is not None]
    if not shown:
        return Shown(whole.count)
    explained = sum(count for _, count in shown)
    # phones may stand behind several parts, so this is the least number of phones behind what is not shown
    beyond = Group(whole.count - explained, whole.people - sum(part.people for part, _ in shown))
    return Shown(whole.count) if beyond.count == 0 or beyond.is_safe(k) else Shown(explained, more=True)
