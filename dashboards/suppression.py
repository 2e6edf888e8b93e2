"""Which cells of a table may be told so that nobody finds the others: small ones are hidden, and enough beside them. Pure.

A table has rows, columns, a total of each row and the totals of the columns; the sum of a line gives a hidden cell away when it is the
only one in it, and so does any chain of lines that ends in one cell. Seen as a graph (lines are points, hidden cells join a row and a
column) a cell can be solved for exactly when it lies on no circle. So cells are hidden until each lies on one; on a circle one more here
and one less there fits all the sums, whatever is told.

Zero is told, so whoever reads knows that a hidden cell holds at least one: two hidden ones of a column in which two are missing hold one
each. So a circle counts only if the cells that hold less on it hold more than one (`_stuck`: a way back through such cells alone).

The totals of the columns are told always and are the same in every table of a release: they are what tables share, and nothing that is
hidden in one can be solved for with another. A column whose total is small is no column (`indicators` puts it with others).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

TOTAL = "*"  # the column of row totals
Cell = tuple[str, str]


@dataclass(frozen=True)
class Grid:
    """Counts, `counts[row, column]` without totals, and the phones behind each cell, of row totals too."""

    rows: Sequence[str]
    columns: Sequence[str]
    counts: Mapping[Cell, int]
    phones: Mapping[Cell, int] | None = None

    def count(self, cell: Cell) -> int:
        row, column = cell
        return sum(self.counts.get((row, name), 0) for name in self.columns) if column == TOTAL else self.counts.get(cell, 0)

    def is_small(self, cell: Cell, k: int) -> bool:
        """Whether it is somebody and fewer than k things, or from fewer than k phones."""
        count = self.count(cell)
        behind = count if self.phones is None else self.phones.get(cell, 0)
        return count > 0 and min(count, behind) < k

    def cells(self) -> Iterator[Cell]:
        for row in self.rows:
            for column in (*self.columns, TOTAL):
                yield row, column


def hidden(grid: Grid, k: int) -> frozenset[Cell]:
    """The cells that are not told; zero is told, for it is nobody.

    >>> sorted(hidden(Grid(("P11", "P12", "P13"), ("F", "M", "U"), {("P11", "F"): 14, ("P11", "M"): 22, ("P11", "U"): 9, ("P12", "F"): 3,
    ...     ("P12", "M"): 17, ("P12", "U"): 6, ("P13", "F"): 11, ("P13", "M"): 12, ("P13", "U"): 5}), 5))
    [('P12', 'F'), ('P12', 'U'), ('P13', 'F'), ('P13', 'U')]
    """
    gone = {cell for cell in grid.cells() if grid.is_small(cell, k)}
    while exposed := _exposed(grid, gone):
        beside = next((found for cell in exposed if (found := _beside(grid, gone, cell))), None)
        if beside is None:  # zeros are all that is left to hide behind, and they do not give way: nothing of the inside is told
            return frozenset(grid.cells())
        gone.add(beside)
    return frozenset(gone)


def is_named(grid: Grid, gone: frozenset[Cell]) -> bool:
    """Whether the rows may be named; not where all is hidden and each of them is there for one: ten districts, ten in all.

    >>> grid = Grid(("A", "B"), ("F",), {("A", "F"): 1, ("B", "F"): 1})
    >>> is_named(grid, hidden(grid, 2))
    False
    """
    every = set(grid.cells())
    return gone != every or not _stuck(grid, every, 0)


def _exposed(grid: Grid, gone: set[Cell]) -> list[Cell]:
    """The hidden cells that the sums give away: alone in their row, then in their column, at the end of a chain, on no true circle."""
    rows: dict[str, list[Cell]] = {}
    columns: dict[str, list[Cell]] = {}
    for cell in sorted(gone):
        rows.setdefault(cell[0], []).append(cell)
        columns.setdefault(cell[1], []).append(cell)
    alone = [cells[0] for line in (rows, columns) for cells in line.values() if len(cells) == 1]
    return alone or sorted(_bridges(gone)) or _stuck(grid, gone, 1)


def _beside(grid: Grid, gone: set[Cell], cell: Cell) -> Cell | None:
    """The smallest cell that is not zero in the same row, else in the same column: of one alone in a line, in that line."""
    row, column = cell
    in_row = [(grid.count((row, name)), name == TOTAL, (row, name)) for name in (*grid.columns, TOTAL)]
    in_column = [(grid.count((name, column)), False, (name, column)) for name in grid.rows]
    lines = [in_row, in_column]
    if sum(other[0] == row for other in gone) > 1 and sum(other[1] == column for other in gone) == 1:
        lines.reverse()
    for line in lines:
        free = sorted((is_total, count, other) for count, is_total, other in line if count and other not in gone)
        if free:
            return free[0][2]
    return None


def _stuck(grid: Grid, gone: Collection[Cell], least: int) -> list[Cell]:
    """The hidden cells that can hold neither one more nor one less, where each is known to hold at least so many, and a row somebody.

    One more in a cell leads from its row to its column, one less from the column to the row, the other way round in the column of row
    totals: what comes back to where it began leaves all the sums as they are.
    """
    ways: dict[tuple[int, str], list[tuple[tuple[int, str], Cell]]] = {}
    for cell in sorted(gone):
        row, column = (0, cell[0]), (1, cell[1])
        more, less = ((column, row) if cell[1] == TOTAL else (row, column)), grid.count(cell) > (1 if cell[1] == TOTAL else least)
        for begins, ends in (more, more[::-1])[:1 + less]:
            ways.setdefault(begins, []).append((ends, cell))

    def comes_back(begins: tuple[int, str], ends: tuple[int, str], without: Cell) -> bool:
        seen, here = {ends}, [ends]
        while here and begins not in seen:
            for other, cell in ways.get(here.pop(), ()):
                if cell != without and other not in seen:
                    seen.add(other)
                    here.append(other)
        return begins in seen
    return [cell for cell in sorted(gone) if grid.count(cell) and not any(
        comes_back(begins, ends, cell) for begins in ((0, cell[0]), (1, cell[1])) for ends, by in ways.get(begins, ()) if by == cell)]


def _bridges(gone: set[Cell]) -> set[Cell]:
    """Cells without which their row and column would lie apart: those on no circle."""
    joined: dict[tuple[int, str], list[tuple[tuple[int, str], Cell]]] = {}
    for row, column in gone:
        joined.setdefault((0, row), []).append(((1, column), (row, column)))
        joined.setdefault((1, column), []).append(((0, row), (row, column)))
    order: dict[tuple[int, str], int] = {}
    lowest: dict[tuple[int, str], int] = {}
    found: set[Cell] = set()
    for start in sorted(joined):
        if start in order:
            continue
        order[start] = lowest[start] = len(order)
        path: list[tuple[tuple[int, str], Cell | None, Iterator[tuple[tuple[int, str], Cell]]]] = [(start, None, iter(joined[start]))]
        while path:
            point, came, ways = path[-1]
            for other, cell in ways:
                if cell == came:
                    continue
                if other in order:
                    lowest[point] = min(lowest[point], order[other])
                else:
                    order[other] = lowest[other] = len(order)
                    path.append((other, cell, iter(joined[other])))
                    break
            else:
                path.pop()
                if path and came is not None:
                    before = path[-1][0]
                    lowest[before] = min(lowest[before], lowest[point])
                    if lowest[point] > order[before]:
                        found.add(came)
    return found
