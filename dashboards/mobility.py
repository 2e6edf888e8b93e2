"""Trips that residents told, counted by zone and sex: the share that is care, its gap between women and men, minutes. Pure.

A release holds the counts of a quarter that may be told, beside those of the reports (`indicators`): the same k, the same way of hiding,
and told once. Care is what the guide calls mobility of care as far as people say it: caring, and accompanying somebody. Legs of one
phone are alike, so an interval counts them as if each phone had told the same number of legs. Minutes stand beside told counts alone,
since that they are told says that k phones are behind them, and no end of an interval is the longest or the shortest leg of somebody.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dashboards.suppression import TOTAL, Grid, hidden, is_named
from parsers.trips import CARE

WOMEN, MEN, NOT_TOLD, ALL = "F", "M", "U", "all"  # Other is counted with those who did not tell: it is always few
Z = 1.959964  # of a 95 % interval
UNSAFE = 2    # of 5: what a leg is called unsafe for
STEP = 5      # minutes: people round, and so does what is told of them
BEYOND = 2    # phones on either side of an interval of minutes
SEXES = (WOMEN, MEN, "X", NOT_TOLD)
Span = tuple[float, float, float]  # (value, low, high)


@dataclass(frozen=True, slots=True)
class Said:
    """One leg: where it begins, the sex of who told it (None: not told), what for, minutes, safety, its trip and its phone."""

    zone: str
    sex: str | None
    purpose: str | None
    minutes: int | None
    safety: int | None
    trip: str
    sender: str


@dataclass(frozen=True)
class Counted:
    """What is told; None is hidden. `zones[zone][sex]` is (care, other), `minutes[zone][sex]` (median, low, high)."""

    legs: int = 0
    phones: int = 0
    trips: int = 0
    sexes: tuple[str, ...] = ()
    totals: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    zones: Mapping[str, Mapping[str, tuple[int, int] | None]] = field(default_factory=dict)
    minutes: Mapping[str, Mapping[str, Span | None]] = field(default_factory=dict)
    safety: tuple[int, int] | None = None

    @property
    def alike(self) -> float:
        """How many legs a phone told, in the mean."""
        return max(1.0, self.legs / self.phones) if self.phones else 1.0

    def share(self, zone: str, sex: str) -> Span | None:
        """The share of care among the legs of a zone, `all` zones or sexes too, with its interval; None where a part is hidden."""
        cell = self.cell(zone, sex)
        return None if cell is None or not sum(cell) else wilson(cell[0], sum(cell), self.alike)

    def cell(self, zone: str, sex: str) -> tuple[int, int] | None:
        """(care, other) of a zone and a sex."""
        if sex == ALL and ALL not in self.sexes:
            parts = [self.cell(zone, each) for each in self.sexes]
            told = [part for part in parts if part is not None]
            return (sum(part[0] for part in told), sum(part[1] for part in told)) if len(told) == len(parts) and parts else None
        return self.totals.get(sex) if zone == ALL else self.zones.get(zone, {}).get(sex)

    def gap(self, zone: str) -> Span | None:
        """How much larger the share of care is among women than among men, with its interval."""
        women, men = (self.share(zone, sex) if sex in self.sexes else None for sex in (WOMEN, MEN))
        return None if women is None or men is None else difference(women, men)

    def figures(self) -> dict[str, float | None]:
        """What is told of all legs together; None is hidden, or nobody told it."""
        rated = sum(self.safety) if self.safety else 0
        return {"legs": self.legs or None, "phones": self.phones or None, "trips": self.trips or None,
                "legs_per_phone": self.legs / self.phones if self.phones else None,
                "rated": rated or None, "unsafe": self.safety[0] / rated if self.safety and rated else None}


def count(legs: Iterable[Said], k: int) -> Counted:
    """Count, then hide: cells of fewer than k legs or phones, and as many beside them that nobody finds those by computing."""
    told = [leg if leg.sex in SEXES else replace(leg, sex=NOT_TOLD) for leg in legs]
    with_purpose = [leg for leg in told if leg.purpose]
    phones = {leg.sender for leg in with_purpose}
    if min(len(with_purpose), len(phones)) < k:
        return Counted()
    sex_of = _sexes(with_purpose, k)
    if sex_of is None:
        return Counted(len(with_purpose), len(phones), _trips(told, k), safety=_safety(told, k))
    sexes = tuple(sex for sex in (WOMEN, MEN, NOT_TOLD, ALL) if sex in sex_of.values())
    counts: Counter[tuple[str, str]] = Counter()
    behind: dict[tuple[str, str], set[str]] = defaultdict(set)
    whole: dict[str, set[str]] = defaultdict(set)
    for leg in with_purpose:
        cell = (leg.zone, _column(sex_of[leg.sex or NOT_TOLD], leg.purpose in CARE))
        counts[cell] += 1
        behind[cell].add(leg.sender)
        whole[leg.zone].add(leg.sender)
    zones = sorted({leg.zone for leg in with_purpose})
    columns = tuple(_column(sex, care) for sex in sexes for care in (True, False))
    columns = tuple(column for column in columns if any(counts[zone, column] for zone in zones))
    grid = Grid(zones, columns, counts, {cell: len(who) for cell, who in behind.items()} | {
        (zone, TOTAL): len(who) for zone, who in whole.items()})
    gone = hidden(grid, k) if len(zones) > 1 else frozenset()
    named = zones if is_named(grid, gone) else []

    def pair(zone: str, sex: str) -> tuple[int, int] | None:
        cells = [(zone, _column(sex, care)) for care in (True, False)]
        return None if any(cell in gone for cell in cells) else (counts[cells[0]], counts[cells[1]])
    totals = {sex: (sum(counts[zone, _column(sex, True)] for zone in zones), sum(counts[zone, _column(sex, False)] for zone in zones))
              for sex in sexes}
    by_zone = {zone: {sex: pair(zone, sex) for sex in sexes} for zone in named}
    counted = Counted(len(with_purpose), len(phones), _trips(told, k), sexes, totals, by_zone, safety=_safety(told, k))
    return replace(counted, minutes=_minutes(told, sex_of, counted, k))


def wilson(part: int, whole: int, alike: float = 1.0) -> Span:
    """A share and its 95 % interval (Wilson), as if only one of `alike` legs had been told.

    >>> tuple(round(n, 4) for n in wilson(8, 10))
    (0.8, 0.4902, 0.9433)
    """
    n, p = whole / alike, part / whole
    middle, spread = p + Z * Z / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return p, max(0.0, (middle - spread) / (1 + Z * Z / n)), min(1.0, (middle + spread) / (1 + Z * Z / n))


def difference(one: Span, other: Span) -> Span:
    """One share less another, with the interval that follows from theirs (Newcombe)."""
    gap = one[0] - other[0]
    return gap, gap - math.hypot(one[0] - one[1], other[2] - other[0]), gap + math.hypot(one[2] - one[0], other[0] - other[1])


def median(values: Sequence[int], alike: float = 1.0) -> Span:
    """The middle value and its 95 % interval by rank, in steps of five minutes."""
    ranked, (low, high) = sorted(values), ranks(len(values), alike)
    middle = (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2
    value, least, most = (float(STEP * round(figure / STEP)) for figure in (middle, ranked[low], ranked[high]))
    return value, least, most


def ranks(n: int, alike: float = 1.0) -> tuple[int, int]:
    """Which of n values in their order, from 0, the interval of the middle one reaches from and to."""
    reach = Z * math.sqrt(n * alike) / 2
    return max(0, math.floor(n / 2 - reach)), min(n - 1, math.ceil(n / 2 + reach))


def into(packed: str, counted: Counted) -> str:
    """The counts of a release, with those of the trips beside those of the reports."""
    trips = {"legs": counted.legs, "phones": counted.phones, "trips": counted.trips, "sexes": counted.sexes, "totals": counted.totals,
             "zones": counted.zones, "minutes": counted.minutes, "safety": counted.safety}
    return json.dumps(json.loads(packed) | {"trips": trips}, sort_keys=True, separators=(",", ":"))


def unpacked(text: str) -> Counted:
    """What a release tells of trips: nothing, where it is older than they are."""
    said = json.loads(text).get("trips")
    if said is None:
        return Counted()
    return Counted(
        said["legs"], said["phones"], said["trips"], tuple(said["sexes"]),
        {sex: (cell[0], cell[1]) for sex, cell in said["totals"].items()},
        {zone: {sex: None if cell is None else (cell[0], cell[1]) for sex, cell in cells.items()} for zone, cells in said["zones"].items()},
        {zone: {sex: None if span is None else (span[0], span[1], span[2]) for sex, span in spans.items()}
         for zone, spans in said["minutes"].items()}, None if said["safety"] is None else (said["safety"][0], said["safety"][1]))


def _column(sex: str, care: bool) -> str:
    return f"{sex}{'+' if care else '-'}"


def _sexes(legs: Sequence[Said], k: int) -> dict[str, str] | None:
    """Which sex each is counted with: one of which fewer than k told care, or anything else, with those who did not tell.

    Where those are few then, no sex is told; where all together are too few of either, nothing is.
    """
    own = {WOMEN: WOMEN, MEN: MEN, NOT_TOLD: NOT_TOLD, "X": NOT_TOLD}
    for sex in (WOMEN, MEN):
        if _is_few(legs, [sex], k):
            own[sex] = NOT_TOLD
    if _is_few(legs, [sex for sex, with_ in own.items() if with_ == NOT_TOLD], k):
        own = dict.fromkeys(own, ALL)
    return own if not _is_few(legs, list(own), k) or own[WOMEN] != ALL else None


def _is_few(legs: Sequence[Said], sexes: Sequence[str], k: int) -> bool:
    """Whether there is somebody, and fewer than k of one of the two."""
    there = [leg for leg in legs if (leg.sex or NOT_TOLD) in sexes]
    halves = [[leg for leg in there if (leg.purpose in CARE) is care] for care in (True, False)]
    return any(0 < min(len(half), len({leg.sender for leg in half})) < k for half in halves)


def _trips(legs: Sequence[Said], k: int) -> int:
    """How many trips these legs are of; 0 where fewer than k phones told them."""
    return len({leg.trip for leg in legs}) if len({leg.sender for leg in legs}) >= k else 0


def _safety(legs: Sequence[Said], k: int) -> tuple[int, int] | None:
    """(unsafe, other) of the legs of which people said how safe they were."""
    rated = [leg for leg in legs if leg.safety is not None]
    halves = [[leg for leg in rated if (leg.safety or 0) <= UNSAFE], [leg for leg in rated if (leg.safety or 0) > UNSAFE]]
    if not rated or any(0 < len({leg.sender for leg in half}) < k for half in halves):
        return None
    return len(halves[0]), len(halves[1])


def _minutes(legs: Sequence[Said], sex_of: Mapping[str, str], counted: Counted, k: int) -> dict[str, dict[str, Span | None]]:
    """The middle leg of each zone and sex whose counts are told; None where fewer than k phones told its minutes, or one nearly all."""
    found: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for leg in legs:
        if leg.minutes is not None:
            for zone in (leg.zone, ALL):
                found[zone, sex_of[leg.sex or NOT_TOLD]].append(leg)
    return {zone: {sex: None if counted.cell(zone, sex) is None else _middle(found[zone, sex], k) for sex in counted.sexes}
            for zone in (*counted.zones, ALL)}


def _middle(legs: Sequence[Said], k: int) -> Span | None:
    told = Counter(leg.sender for leg in legs)
    if len(told) < k or 2 * max(told.values()) > len(legs):  # the middle leg would be one of this phone's
        return None
    ranked, alike = sorted(legs, key=lambda leg: leg.minutes or 0), len(legs) / len(told)
    low, high = ranks(len(legs), alike)
    if min(len({leg.sender for leg in some}) for some in (ranked[:low], ranked[high + 1:])) < BEYOND:
        return None
    return median([leg.minutes or 0 for leg in ranked], alike)
