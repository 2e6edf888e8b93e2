"""The numbers of a quarter that may be told, by sex where people told it: counted once with pandas, then only read.

    counted = count(rows, k=10)          # three tables that share their totals, small cells hidden (`suppression`)
    cards(counted, census=0.52)          # each figure with its numerator and denominator; none over a hidden cell

They tell who wrote in, not who lives there: participation and demand, no estimate of the population. Sex is what people told when asked;
who did not tell is counted as not told and never guessed. A phone counts once for each need (`queries.told`), and a count in which one
phone still wrote more than half is hidden as if it were of that phone alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboards.suppression import TOTAL, Grid, hidden, is_named

WOMEN, MEN, OTHER, NOT_TOLD = "F", "M", "X", "U"
SEXES = (WOMEN, MEN, OTHER, NOT_TOLD)
TABLES = ("place", "what", "outcome")
OUTCOMES = ("waiting", "seen", "done", "confirmed")


@dataclass(frozen=True, slots=True)
class Said:
    """One report of the quarter: its district, category, what became of its need, and the sex its sender told."""

    place: str
    what: str
    outcome: str
    sex: str | None
    sender: str


@dataclass(frozen=True)
class Counted:
    """What is told: None is hidden. `tables[name][row]` has a count for each column and the total of the row at the end."""

    columns: tuple[str, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    all: int | None = None
    tables: Mapping[str, Mapping[str, tuple[int | None, ...]]] = field(default_factory=dict)

    def cell(self, table: str, row: str, column: str) -> int | None:
        """One count; None when it is hidden or not told at all."""
        rows = self.tables.get(table, {})
        found = rows.get(row)
        if found is None and not rows:  # not even which rows there are is told
            return None
        if found is None:
            return 0 if column in (*self.columns, TOTAL) else None
        return found[-1] if column == TOTAL else found[self.columns.index(column)] if column in self.columns else None


def count(reports: Iterable[Said], k: int) -> Counted:
    """Count, then hide; a sex that fewer than k told in the whole city is counted with those who did not tell."""
    import pandas as pd  # 32 MB that only the page which counts needs
    frame = pd.DataFrame([(r.place, r.what, r.outcome, r.sex if r.sex in SEXES else NOT_TOLD, r.sender) for r in reports],
                         columns=[*TABLES, "sex", "sender"])
    if min(len(frame), _voices(frame)) < k:
        return Counted()
    small = [sex for sex in (WOMEN, MEN, OTHER) if 0 < min(_voices(told := frame[frame["sex"] == sex]), len(told)) < k]
    frame.loc[frame["sex"].isin(small), "sex"] = NOT_TOLD
    columns = tuple(sex for sex in SEXES if (frame["sex"] == sex).any())
    if 0 < min(_voices(rest := frame[frame["sex"] == NOT_TOLD]), len(rest)) < k:  # then the others would tell it
        columns = ()
        frame["sex"] = TOTAL
    tables = {name: _table(frame, name, columns or (TOTAL,), k) for name in TABLES}
    if not columns:  # one column: its cells are the totals
        tables = {name: {row: (None if None in cells else cells[-1],) for row, cells in rows.items()} for name, rows in tables.items()}
    return Counted(columns, {sex: int((frame["sex"] == sex).sum()) for sex in columns}, len(frame), tables)


def _table(frame: Any, name: str, columns: tuple[str, ...], k: int) -> dict[str, tuple[int | None, ...]]:
    counts = {cell: int(n) for cell, n in frame.groupby([name, "sex"]).size().items()}
    phones = {(row, sex): heard(n) for (row, sex), n in _each(frame, [name, "sex"])}
    phones |= {(row, TOTAL): heard(n) for (row,), n in _each(frame, [name])}
    rows = sorted({row for row, _ in counts})
    inside = tuple("sex" if column == TOTAL else column for column in columns)
    grid = Grid(rows, inside, {(row, "sex" if column == TOTAL else column): n for (row, column), n in counts.items()},
                phones | {(row, "sex"): n for (row, column), n in phones.items() if columns == (TOTAL,)})
    gone = hidden(grid, k) if len(rows) > 1 else frozenset()
    if not is_named(grid, gone):
        return {}
    return {row: tuple(None if (row, column) in gone else grid.count((row, column)) for column in (*inside, TOTAL)) for row in rows}


def heard(texts: Sequence[int]) -> int:
    """How many phones a count is of, by what each of them wrote: one alone where a phone wrote more than half.

    >>> heard([2, 1, 1]), heard([30, 1, 1, 1])
    (3, 1)
    """
    return 1 if 2 * max(texts, default=0) > sum(texts) else len(texts)


def _voices(frame: Any) -> int:
    return heard([int(n) for n in frame.groupby("sender").size()])


def _each(frame: Any, keys: list[str]) -> Iterator[tuple[tuple[str, ...], list[int]]]:
    """Each cell with how often each of its phones wrote."""
    cells: dict[tuple[str, ...], list[int]] = {}
    for (*cell, _), n in frame.groupby([*keys, "sender"]).size().items():
        cells.setdefault(tuple(cell), []).append(int(n))
    yield from cells.items()


def packed(counted: Counted) -> str:
    """As a release keeps it."""
    return json.dumps({"columns": counted.columns, "totals": counted.totals, "all": counted.all, "tables": counted.tables},
                      sort_keys=True, separators=(",", ":"))


def unpacked(text: str) -> Counted:
    said = json.loads(text)
    return Counted(tuple(said["columns"]), said["totals"], said["all"],
                   {name: {row: tuple(cells) for row, cells in rows.items()} for name, rows in said["tables"].items()})


@dataclass(frozen=True, slots=True)
class Card:
    """One figure and all that it is made of; `value` is None when a part of it is hidden or not known."""

    id: str
    formula: str
    numerator: float | None
    denominator: float | None
    value: float | None
    sdg: tuple[str, ...] = ()
    at_least: bool = False


def cards(counted: Counted, census: float | None = None) -> list[Card]:
    """The figures of a quarter; `census` is the share of women among those who live in the city."""
    f, m, x = (counted.totals.get(sex) if sex in counted.columns else None for sex in (WOMEN, MEN, OTHER))
    both = f + m if f is not None and m is not None else None
    told = None if both is None else both + (x or 0)
    found = [
        _card("declared", "(F + M + X) / all", told, counted.all, ("5.b.1",), at_least=x is None),
        _card("women", "F / (F + M)", f, both, ("5.5.1", "16.7.2")),
        _card("represented", "(F / (F + M)) / census F", _share(f, both), census, ("5.5.1", "16.7.2")),
        _card("weight_women", "census F / (F / (F + M))", census, _share(f, both), ("5.5.1",)),
        _card("weight_men", "census M / (M / (F + M))", None if census is None else 1 - census, _share(m, both), ("5.5.1",))]
    for id, rows in (("response", ("seen", "done", "confirmed")), ("resolution", ("done", "confirmed"))):
        shares = {sex: _share(_sum(counted, rows, sex), counted.totals.get(sex)) for sex in (WOMEN, MEN, TOTAL)}
        shares[TOTAL] = _share(_sum(counted, rows, TOTAL), counted.all)
        part = " + ".join(rows)
        found += [_card(id, f"({part}) / all", _sum(counted, rows, TOTAL), counted.all, ("16.6.2", "16.7.2")),
                  _card(f"{id}_ratio", f"(({part}) F / F) / (({part}) M / M)", shares[WOMEN], shares[MEN], ("5.5.1", "16.6.2"))]
    found.append(_card("confirmed", "confirmed / (done + confirmed)", counted.cell("outcome", "confirmed", TOTAL),
                       _sum(counted, ("done", "confirmed"), TOTAL), ("16.6.2",)))
    return found


def quotients(counted: Counted) -> dict[str, float | None]:
    """How much more women write of each category than everybody does: (F of it / F) / (all of it / all)."""
    return {what: _share(_share(counted.cell("what", what, WOMEN), counted.totals.get(WOMEN)), _share(counted.cell("what", what, TOTAL),
                                                                                                   counted.all))
            for what in counted.tables.get("what", {})}


def _sum(counted: Counted, rows: tuple[str, ...], column: str) -> int | None:
    cells = [counted.cell("outcome", row, column) for row in rows]
    return None if None in cells else sum(cell for cell in cells if cell is not None)


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _card(id: str, formula: str, numerator: float | None, denominator: float | None, sdg: tuple[str, ...], *,
          at_least: bool = False) -> Card:
    return Card(id, formula, numerator, denominator, _share(numerator, denominator), sdg, at_least)
