"""What the charts of the desk show, as the lines of the tables below them. Pure.

    flows(lines, answers)     # how many needs of each category lie with each programme, or with the reason why none takes them
    ages(lines)               # how long the open needs have waited, by what covers them
    told_of(releases, "what") # the counts that were told, quarter beside quarter; what is hidden there is hidden here

Needs are counted as the list and the ranking show them, one by one. Reports are counted nowhere here: quarters are read as they were told,
small cells hidden, so a chart cannot say more than the release did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboards import labels
from dashboards.indicators import TABLES, Counted
from dashboards.suppression import TOTAL
from gateway.matching import Lacking, Ranked

BANDS = ((0, 29), (30, 89), (90, 179), (180, 364), (365, None))
MEASURES = ("needs", "priority", "unfunded")
UNDECIDED, LITTLE = "undecided", "little"
Answer = tuple[str, str]  # ("programme", its id), or ("gap", why nothing answers)


@dataclass(frozen=True, slots=True)
class Flow:
    """The needs of a category that go to one programme, or to none for one reason; `covered` and `possible` are parts of `needs`."""

    category: str
    kind: str
    answer: str
    needs: int
    covered: int
    possible: int
    priority: float
    unfunded: Lacking

    def measured(self, by: str) -> float:
        """How wide it is drawn: money that nobody knows has no width."""
        return {"needs": self.needs, "priority": self.priority, "unfunded": self.unfunded.least or 0}[by]


def flows(lines: Iterable[Ranked], answers: Callable[[Ranked], Iterable[Answer]]) -> list[Flow]:
    """Categories in the order of the taxonomy, in each the widest flow first. A need that two programmes answer counts with both."""
    found: dict[tuple[str, str, str], list[Ranked]] = defaultdict(list)
    for line in lines:
        for kind, answer in answers(line):
            found[labels.main(line.need.category), kind, answer].append(line)
    sums = [Flow(*key, len(there), sum(line.cls == "covered" for line in there), sum(line.cls == "possible" for line in there),
                 sum(line.priority.score for line in there), Lacking.of(line.unfunded for line in there)) for key, there in found.items()]
    order = {code: at for at, code in enumerate(labels.mains())}
    return sorted(sums, key=lambda flow: (order.get(flow.category, len(order)), -flow.needs, flow.kind, flow.answer))


def matched(programme_of: Mapping[str, str]) -> Callable[[Ranked], Iterable[Answer]]:
    """What the run says: the programme of the nearest work, or why nothing covers the need."""
    def answer(line: Ranked) -> Iterable[Answer]:
        if line.best is None or line.cls == "gap":
            yield "gap", line.reason.partition(":")[0] or LITTLE
        else:
            yield "programme", programme_of.get(line.best.work, line.best.work)
    return answer


def linked(programme_of: Mapping[str, str], works_of: Mapping[str, Sequence[str]]) -> Callable[[Ranked], Iterable[Answer]]:
    """What people decided: the programmes of the works that a need is linked to."""
    def answer(line: Ranked) -> Iterable[Answer]:
        works = [work for need in (line.need.id, *line.need.members) for work in works_of.get(need, ())]
        programmes = sorted({programme_of.get(work, work) for work in works})
        yield from (("programme", programme) for programme in programmes)
        if not programmes:
            yield "gap", UNDECIDED
    return answer


@dataclass(frozen=True, slots=True)
class Age:
    """Needs that have waited from `first` to `last` days (None: and longer); `late` are past what the taxonomy gives them."""

    first: int
    last: int | None
    covered: int = 0
    possible: int = 0
    gap: int = 0
    late: int = 0

    @property
    def needs(self) -> int:
        return self.covered + self.possible + self.gap


def ages(lines: Iterable[Ranked]) -> list[Age]:
    """Every band, the youngest first, empty ones too."""
    counted = {band: {"covered": 0, "possible": 0, "gap": 0, "late": 0} for band in BANDS}
    for line in lines:
        band = next(band for band in reversed(BANDS) if line.need.age >= band[0])
        counted[band][line.cls] += 1
        counted[band]["late"] += line.need.target is not None and line.need.age > line.need.target
    return [Age(*band, **counts) for band, counts in counted.items()]


@dataclass(frozen=True, slots=True)
class Series:
    """One row of a table that was told in every quarter of `periods`: None where it was hidden, or where nothing of the quarter is told."""

    name: str
    counts: tuple[int | None, ...]


def told_of(releases: Mapping[str, Counted], by: str) -> list[Series]:
    """The quarters in their order, beside each other: all reports, by sex, or by the rows of one table of the releases."""
    quarters = list(releases.values())
    if by == "all":
        return [Series(TOTAL, tuple(counted.all for counted in quarters))]
    if by == "sex":
        sexes = sorted({sex for counted in quarters for sex in counted.columns}, key="FMXU".index)
        return [Series(sex, tuple(counted.totals.get(sex) if sex in counted.columns else None for counted in quarters)) for sex in sexes]
    assert by in TABLES
    rows = sorted({row for counted in quarters for row in counted.tables.get(by, {})})
    return [Series(row, tuple(counted.cell(by, row, TOTAL) if counted.all is not None else None for counted in quarters)) for row in rows]
