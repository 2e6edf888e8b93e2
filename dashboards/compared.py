"""Two places, or two quarters, figure beside figure with what lies between them. Pure.

    places(lines_a, lines_b, facts_a, facts_b)     # of one run: needs, what covers them, money, waiting
    quarters(a, b, census)                         # of two releases: what is hidden in either has no difference

A difference is made of two told numbers and of nothing else, so it tells no more than they do together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from types import MappingProxyType

from dashboards import indicators, labels, waits
from dashboards.indicators import TABLES, Counted
from dashboards.suppression import TOTAL
from gateway.matching import Lacking, Ranked
from gateway.matching.values import Known

FACTS = ("population", "phone_access", "deprivation", "invested")


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure of both sides; None is not told or not known, `kind` says what its name is a code of.

    A side that is `least` knows a part of it only; a middle is of at least `n` phones.
    """

    kind: str
    name: str
    a: float | None
    b: float | None
    least_a: bool = False
    least_b: bool = False
    n_a: int | None = None
    n_b: int | None = None

    @property
    def difference(self) -> float | None:
        """b - a, where both are told: of "at least" so much nothing can be taken."""
        return None if self.a is None or self.b is None or self.least_a or self.least_b else self.b - self.a


def places(a: Sequence[Ranked], b: Sequence[Ranked], facts_a: Mapping[str, Known], facts_b: Mapping[str, Known]) -> list[Pair]:
    """What a run says of the needs of two places, then what is known of the places, then needs by category."""
    one, other = sums(a, facts_a), sums(b, facts_b)
    found = [Pair("figure", name, one[name], other[name], is_least(name, one), is_least(name, other)) for name in one]
    one_by, other_by = by_category(a), by_category(b)
    return found + [Pair("what", code, one_by.get(code, 0), other_by.get(code, 0))
                    for code in labels.mains() if code in one_by or code in other_by]


def by_category(lines: Sequence[Ranked]) -> dict[str, int]:
    """How many needs of each category there are, in the order of the taxonomy."""
    counts = Counter(labels.main(line.need.category) for line in lines)
    return {code: counts[code] for code in labels.mains() if code in counts}


def sums(lines: Sequence[Ranked], facts: Mapping[str, Known]) -> dict[str, float | None]:
    """The figures of one place; None is not known."""
    classes, whole = Counter(line.cls for line in lines), sum(line.priority.score for line in lines)
    gap = sum(line.priority.score for line in lines if line.cls == "gap")
    known = {name: float(value) for name in FACTS if (value := facts.get(name)) is not None and not isinstance(value, bool)}
    population, lacking = known.get("population"), Lacking.of(line.unfunded for line in lines)
    return {"needs": len(lines), "covered": classes["covered"], "possible": classes["possible"], "gap": classes["gap"],
            "coverage_gap": gap / whole if whole else None, "highest": max((line.priority.score for line in lines), default=None),
            "unfunded": lacking.least, "without_cost": lacking.unknown,
            "median_age": float(median(line.need.age for line in lines)) if lines else None,
            "late": sum(line.need.target is not None and line.need.age > line.need.target for line in lines),
            "per_1000": 1000 * len(lines) / population if population else None, **{name: known.get(name) for name in FACTS}}


def is_least(name: str, figures: Mapping[str, float | None]) -> bool:
    """Whether a figure of a place counts only the needs of which it is known: the money that lacks, where some have no cost."""
    return name == "unfunded" and bool(figures["without_cost"]) and figures[name] is not None


def quarters(a: Counted, b: Counted, census: float | None, hours_a: waits.Hours = MappingProxyType({}),
             hours_b: waits.Hours = MappingProxyType({})) -> list[Pair]:
    """All that was told of two quarters: reports, by sex, how long people waited, the cards, then row for row of each table."""
    found = [Pair("told", "all", a.all, b.all)]
    found += [Pair("sex", sex, _total(a, sex), _total(b, sex)) for sex in indicators.SEXES if sex in (*a.columns, *b.columns)]
    found += [_waited(name, sex, hours_a, hours_b) for name in waits.WAITS for sex in (waits.ALL, *indicators.SEXES)
              if sex == waits.ALL or any(sex in hours.get(name, {}) for hours in (hours_a, hours_b))]
    beside = {card.id: card for card in indicators.cards(b, census)}
    for card in indicators.cards(a, census):
        # "at least" this much is no number that another could be taken from
        one, other = (None if each.at_least else each.value for each in (card, beside[card.id]))
        found.append(Pair("card", card.id, one, other))
    for table in TABLES:
        rows = sorted({row for counted in (a, b) for row in counted.tables.get(table, {})})
        found += [Pair(table, row, _row(a, table, row), _row(b, table, row)) for row in rows]
    return found


def _waited(name: str, sex: str, hours_a: waits.Hours, hours_b: waits.Hours) -> Pair:
    a, b = (hours.get(name, {}).get(sex) for hours in (hours_a, hours_b))
    return Pair(f"hours:{sex}", name, a.hours if a else None, b.hours if b else None, n_a=a.phones if a else None,
                n_b=b.phones if b else None)


def _total(counted: Counted, sex: str) -> int | None:
    return counted.totals.get(sex) if sex in counted.columns else None


def _row(counted: Counted, table: str, row: str) -> int | None:
    return None if counted.all is None else counted.cell(table, row, TOTAL)
