"""The board as a map for anybody: districts shaded by what the board prints of one kind of need, and by nothing that it does not print."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from statistics import fmean

from sqlalchemy import Connection, select

from dashboards.areas import BOUNDARY, METRES, hexagon, point_of, rings, shading
from dashboards.board import Board, Cell
from dashboards.placetree import PlaceTree

NARROWEST, WIDEST = 300.0, 1200.0  # metres from the middle of a schematic district to its corner


def cells(board: Board, category: str) -> dict[str, Cell]:
    """district -> what the board prints of this kind of need there."""
    return next((dict(line.districts) for line in board.lines if line.category == category), {})


def kinds(board: Board) -> list[str]:
    """The kinds of need that the board prints a number of in some district, in its order."""
    return [line.category for line in board.lines if line.category and any(cell.is_shown for d, cell in line.districts.items() if d)]


def shades(shown: Mapping[str, Cell]) -> dict[str, int]:
    """District -> shade, by printed numbers alone: what is hidden and what nobody wrote look the same."""
    counts = {district: count for district, cell in shown.items() if (count := cell.reports.ever.count) is not None}
    each = shading(list(counts.values()))
    return {district: each[count] for district, count in counts.items()}


def outlines(c: Connection, tree: PlaceTree, districts: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """district -> (rings as JSON, whether it is schematic); a district that nobody located is left out."""
    shapes = {code: shape for code, shape in c.execute(select(BOUNDARY.c.id, BOUNDARY.c.shape).where(BOUNDARY.c.id.in_(districts)))}
    middles = {code: middle for code in districts if code not in shapes and (middle := _middle(tree, code))}
    drawn = {code: (rings(shape), False) for code, shape in shapes.items()}
    return drawn | {code: (json.dumps([[hexagon(at, _reach(at, list(middles.values())))]]), True) for code, at in middles.items()}


def _middle(tree: PlaceTree, district: str) -> tuple[float, float] | None:
    """Where the places of a district lie on average."""
    within = [tree.city.place[code] for code in tree.under(district)]
    located = [at for row in within if row["lat"] and row["lon"] and (at := point_of(tree.city, row["code"]))]
    return (fmean(lat for lat, _ in located), fmean(lon for _, lon in located)) if located else None


def _reach(at: tuple[float, float], others: Sequence[tuple[float, float]]) -> float:
    east = METRES * math.cos(math.radians(at[0]))
    nearest = min((math.hypot((lat - at[0]) * METRES, (lon - at[1]) * east) for lat, lon in others if (lat, lon) != at), default=WIDEST)
    return min(WIDEST, max(NARROWEST, nearest / 2))
