"""Somebody who wants to know: between which numbers can each hidden cell lie, given all that is told? Linear programming, no mercy.

A release tells, for each of its tables, some cells, the totals of rows and the totals of columns. The attacker knows that counts are not
below zero, that rows and columns add up, and the rule by which cells are hidden: since zero is told, a hidden cell holds at least one, and
since a row is named, somebody is in it. Of several releases they know all at once, and what the releases share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import highspy
import numpy as np

Name = tuple[object, ...]


@dataclass
class Told:
    """All that the attacker knows: sums of named unknowns, each between two numbers."""

    sums: list[tuple[tuple[tuple[Name, float], ...], float, float]] = field(default_factory=list)

    def add(self, parts: Iterable[tuple[Name, float]], total: float) -> None:
        self.sums.append((tuple(parts), total, total))

    def between(self, parts: Iterable[tuple[Name, float]], least: float, most: float = highspy.kHighsInf) -> None:
        self.sums.append((tuple(parts), least, most))


def spans(told: Told, wanted: Iterable[Name]) -> Mapping[Name, tuple[float, float]]:
    """The least and the most that each can be."""
    names = sorted({name for parts, _, _ in told.sums for name, _ in parts}, key=repr)
    at = {name: i for i, name in enumerate(names)}
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(names), len(told.sums)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.zeros(len(names)), np.zeros(len(names)), np.full(len(names), highspy.kHighsInf)
    lp.row_lower_ = np.array([least for _, least, _ in told.sums], dtype=float)
    lp.row_upper_ = np.array([most for _, _, most in told.sums], dtype=float)
    starts, index, value = [0], [], []
    for parts, _, _ in told.sums:
        for name, times in parts:
            index.append(at[name])
            value.append(times)
        starts.append(len(index))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = np.array(starts, dtype=np.int32), np.array(index, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(value, dtype=float)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("threads", 1)  # as the portfolio asks for: the first to run in a process decides for all
    solver.setOptionValue("output_flag", False)
    solver.passModel(lp)
    found = {}
    for name in wanted:
        ends = []
        for sense in (highspy.ObjSense.kMinimize, highspy.ObjSense.kMaximize):
            solver.changeObjectiveSense(sense)
            solver.changeColCost(at[name], 1.0)
            solver.run()
            ends.append(float(solver.getInfo().objective_function_value))
            solver.changeColCost(at[name], 0.0)
        found[name] = (ends[0], ends[1])
    return found
