"""Small cells stay hidden from somebody who computes: a thousand tables, pairs of releases, and the naive ways that are broken at once."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from dashboards import suppression
from dashboards.suppression import TOTAL, Cell, Grid, hidden, is_named
from tests.dashboards.attacker import Told, spans

K = 5
Hide = Callable[[Grid, int], frozenset[Cell]]


def a_table(seed: int, mean: float | None = None) -> Grid:
    """Districts by sex as cities have them: many empty cells, many small ones, a few large ones."""
    rng = random.Random(seed)
    rows = [f"D{i}" for i in range(rng.randrange(1, 9))]
    columns = ["F", "M", "U", "X"][:rng.randrange(1, 5)]
    size = mean if mean is not None else rng.choice([1.0, 3.0, 8.0, 30.0])
    counts = {(row, column): int(rng.expovariate(1 / size)) * (rng.random() < 0.85) for row in rows for column in columns}
    return Grid(rows, columns, counts)


def tell(told: Told, grid: Grid, gone: frozenset[Cell], name: str = "") -> None:
    """What a release says of one table: cells that are told, rows that add up, totals of columns, and that zero is not hidden."""
    if not is_named(grid, gone):
        return
    for cell in grid.cells():
        if cell not in gone:
            told.add([((name, cell), 1.0)], grid.count(cell))
        elif cell[1] == TOTAL or len(gone) < len(list(grid.cells())):  # where nothing is told a zero may be among it
            told.between([((name, cell), 1.0)], 1)
    for row in grid.rows:
        told.add([*(((name, (row, column)), 1.0) for column in grid.columns), ((name, (row, TOTAL)), -1.0)], 0)
    for column in grid.columns:
        told.add([((name, (row, column)), 1.0) for row in grid.rows], sum(grid.count((row, column)) for row in grid.rows))


def recovered(told: Told, wanted: list[tuple[str, Cell]]) -> list[tuple[str, Cell]]:
    return [name for name, (low, high) in spans(told, wanted).items() if high - low < 0.5]  # type: ignore[misc]


def is_a_column_of_its_own(grid: Grid) -> bool:
    """Columns with a small total are put with others before; a table of one row is its totals."""
    return len(grid.rows) > 1 and all(sum(grid.count((row, column)) for row in grid.rows) >= K for column in grid.columns)


def attack(grid: Grid, hide: Hide) -> list[tuple[str, Cell]]:
    gone, told = hide(grid, K), Told()
    tell(told, grid, gone)
    return recovered(told, [("", cell) for cell in sorted(gone) if grid.count(cell)] if is_named(grid, gone) else [])


TABLES = [grid for seed in range(4000) if is_a_column_of_its_own(grid := a_table(seed))][:1000]


def test_the_worked_example_hides_what_it_says_and_no_more() -> None:
    rows = {"P11": (14, 22, 9), "P12": (3, 17, 6), "P13": (11, 12, 5)}
    grid = Grid(list(rows), ["F", "M", "U"], {(row, column): n for row, ns in rows.items() for column, n in zip("FMU", ns, strict=True)})
    assert hidden(grid, 5) == {("P12", "F"), ("P12", "U"), ("P13", "F"), ("P13", "U")}


@pytest.mark.parametrize("block", range(10))
def test_no_hidden_cell_of_a_thousand_tables_is_recovered(block: int) -> None:
    assert len(TABLES) == 1000
    found = [(seed, lost) for seed in range(block * 100, block * 100 + 100) if (lost := attack(TABLES[seed], hidden))]
    assert found == []


def small_ones_only(grid: Grid, k: int) -> frozenset[Cell]:
    return frozenset(cell for cell in grid.cells() if grid.is_small(cell, k))


def two_in_each_line(grid: Grid, k: int) -> frozenset[Cell]:
    """The usual rule, which stops when no hidden cell is alone in its line."""
    gone = set(small_ones_only(grid, k))
    while True:
        alone = next(((row, column) for row, column in sorted(gone)
                      if sum(r == row for r, _ in gone) == 1 or sum(c == column for _, c in gone) == 1), None)
        if alone is None:
            return frozenset(gone)
        line = [c for c in grid.cells() if c not in gone and grid.count(c) and (
            c[0] == alone[0] if sum(r == alone[0] for r, _ in gone) == 1 else c[1] == alone[1])]
        if not line:
            return frozenset(gone)
        gone.add(min(line, key=lambda c: (c[1] == TOTAL, grid.count(c), c)))


def test_naive_ways_are_broken_by_the_same_attacker() -> None:
    """The control: hiding small cells alone falls at once, and so does, now and then, two hidden cells in each line."""
    assert sum(bool(attack(grid, small_ones_only)) for grid in TABLES[:100]) > 30
    chained = Grid(["A", "B", "C", "D", "E", "F"], ["u", "v", "w", "x", "y", "z"], {
        **{(row, column): 30 for row in "ABCDEF" for column in "uvwxyz"},
        **{cell: 3 for cell in (("A", "u"), ("A", "v"), ("B", "u"), ("B", "v"), ("B", "w"), ("C", "w"), ("C", "x"), ("D", "w"),
                                ("D", "x"))}})
    gone = two_in_each_line(chained, K)
    assert ("B", "w") in gone
    assert attack(chained, two_in_each_line) == [("", ("B", "w"))]
    assert attack(chained, hidden) == []


def test_whoever_knows_that_zero_is_told_finds_what_circles_alone_hide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two women are missing from the column and two cells of it are hidden, each for somebody: one each, though both lie on circles."""
    grid = Grid(["A", "B", "C"], ["F", "M"], {("A", "F"): 1, ("A", "M"): 9, ("B", "F"): 1, ("B", "M"): 9, ("C", "F"): 30, ("C", "M"): 30})
    assert attack(grid, hidden) == []
    monkeypatch.setattr(suppression, "_stuck", lambda *asked: [])
    assert ("", ("A", "F")) in attack(grid, hidden)
    assert sum(bool(attack(grid, hidden)) for grid in TABLES[:200]) > 5


def test_rows_are_not_named_where_their_number_tells_what_each_holds() -> None:
    grid = Grid("ABCDE", ["F"], {(row, "F"): 1 for row in "ABCDE"})
    assert not is_named(grid, hidden(grid, K))
    more = Grid("ABCDE", ["F"], {(row, "F"): 1 + (row == "A") for row in "ABCDE"})
    assert is_named(more, hidden(more, K))


def test_what_is_told_is_useful() -> None:
    """Not by hiding everything: of cells that are large enough most are told."""
    large = [(grid, cell) for grid in TABLES for cell in grid.cells() if grid.count(cell) >= 3 * K]
    gone = {id(grid): hidden(grid, K) for grid in TABLES}
    assert sum(cell not in gone[id(grid)] for grid, cell in large) / len(large) > 0.7


def test_few_phones_are_few_however_much_they_write() -> None:
    grid = Grid(["A", "B"], ["F", "M"], {("A", "F"): 40, ("A", "M"): 50, ("B", "F"): 60, ("B", "M"): 70},
                {("A", "F"): 2, ("A", "M"): 20, ("A", TOTAL): 22, ("B", "F"): 30, ("B", "M"): 30, ("B", TOTAL): 60})
    assert hidden(grid, K) == {("A", "F"), ("A", "M"), ("B", "F"), ("B", "M")}


@pytest.mark.parametrize("block", range(5))
def test_two_tables_that_share_their_totals_and_two_quarters_give_nothing_away(block: int) -> None:
    """Quarters do not overlap and a release is never made again, so a pair of them is two tables; the totals that tables share are told."""
    for seed in range(block * 40, block * 40 + 40):
        told, wanted = Told(), []
        for quarter in ("q1", "q2"):
            rng = random.Random(f"{quarter}{seed}")
            people = [(f"D{rng.randrange(6)}", f"C{rng.randrange(5)}", rng.choice("FFMMU")) for _ in range(rng.randrange(60, 400))]
            columns = [c for c in "FMU" if sum(p[2] == c for p in people) >= K]
            for table, part in (("place", 0), ("what", 1)):
                kept = [p for p in people if p[2] in columns]
                grid = Grid(sorted({p[part] for p in kept}), columns, {(row, c): sum(p[part] == row and p[2] == c for p in kept)
                                                                      for row in {p[part] for p in kept} for c in columns})
                gone = hidden(grid, K)
                tell(told, grid, gone, quarter + table)
                assert is_named(grid, gone)
                wanted += [(quarter + table, cell) for cell in sorted(gone) if grid.count(cell)]
        assert recovered(told, wanted) == [], seed


def test_releases_that_overlap_are_broken() -> None:
    """The control: a month more of the same table, each well hidden by itself, tells who wrote in that month."""
    first = Grid(["A", "B"], ["F", "M"], {("A", "F"): 20, ("A", "M"): 20, ("B", "F"): 20, ("B", "M"): 20})
    later = Grid(["A", "B"], ["F", "M"], {("A", "F"): 21, ("A", "M"): 20, ("B", "F"): 20, ("B", "M"): 22})
    told = Told()
    for name, grid in (("first", first), ("later", later)):
        assert hidden(grid, K) == frozenset()
        tell(told, grid, frozenset(), name)
    for cell in first.cells():
        told.add([(("later", cell), 1.0), (("first", cell), -1.0), (("month", cell), -1.0)], 0)
    assert spans(told, [("month", ("A", "F"))])["month", ("A", "F")] == (1.0, 1.0)
