"""Which cells of a table may be told so that nobody finds the others: small ones are hidden, and enough beside them. Pure.

A table has rows, columns, a total of each row and the totals of the columns; the sum of a line gives a hidden cell away when it is the
only one in it, and so does any chain of lines that ends in one cell. Seen as a graph (lines are points, hidden cells join a row and a
column) a cell can be solved for exactly when it lies on no circle. So cells are hidden until each lies on one; on a circle of cells that
are not zero one more here and one less there fits all the sums, whatever is told.

The totals of the columns are told always and are the same in every table of a release: they are what tables share, and nothing that is
hidden in one can be solved for with another. A column whose total is small is no column (`indicators` puts it with others).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


def _exposed(grid: Grid, gone: set[Cell]) -> list[Cell]:
    """The hidden cells that the sums give away: alone in their row first, then in their column, then at the end of a chain."""
    rows: dict[str, list[Cell]] = {}
    columns: dict[str, list[Cell]] = {}
    for cell in sorted(gone):
        rows.setdefault(cell[0], []).append(cell)
        columns.setdefault(cell[1], []).append(cell)
    alone = [cells[0] for line in (rows, columns) for cells in line.values() if len(cells) == 1]
    return alone or sorted(_bridges(gone))


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
