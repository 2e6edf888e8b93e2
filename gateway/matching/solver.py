"""Yes or no for each of many, under a few sums: the mixed-integer solver HiGHS, asked for a proof and not for a good guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SECONDS = 5.0  # 6,000 needs took 0.7 s; a person who waits longer believes that nothing comes


@dataclass(frozen=True, slots=True)
class Row:
    """The sum of what is taken lies between `least` and `most`."""

    amounts: Sequence[int]
    least: int | None = None
    most: int | None = None

    def holds(self, taken: Sequence[bool]) -> bool:
        total = sum(amount for amount, is_in in zip(self.amounts, taken, strict=True) if is_in)
        return (self.least is None or total >= self.least) and (self.most is None or total <= self.most)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to take; `proved` says that nothing weighs more. Nothing is taken where nothing was found."""

    taken: tuple[bool, ...]
    proved: bool


def most(weights: Sequence[int], rows: Sequence[Row], seconds: float = SECONDS) -> Answer:
    """Which to take so that they weigh most; the best that was found when the time is over."""
    count = len(weights)
    if not count:
        return Answer((), True)
    import highspy  # 8 MB that only the process which answers this question needs
    import numpy as np
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = count, len(rows)
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.array(weights, dtype=float), np.zeros(count), np.ones(count)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * count
    lp.row_lower_ = np.array([-highspy.kHighsInf if row.least is None else row.least for row in rows], dtype=float)
    lp.row_upper_ = np.array([highspy.kHighsInf if row.most is None else row.most for row in rows], dtype=float)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.arange(0, count * len(rows) + 1, count, dtype=np.int32)
    lp.a_matrix_.index_ = np.tile(np.arange(count, dtype=np.int32), len(rows))
    lp.a_matrix_.value_ = np.array([amount for row in rows for amount in row.amounts], dtype=float)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    # one thread gives one answer; weights are whole, so less than one apart is the same
    for option, value in (("threads", 1), ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.5),
                          ("mip_feasibility_tolerance", 1e-9), ("time_limit", seconds)):
        solver.setOptionValue(option, value)
    solver.passModel(lp)
    solver.run()
    solution = solver.getSolution()
    taken = tuple(value > 0.5 for value in solution.col_value) if solution.value_valid else (False,) * count
    # the solver counts in floating point, we in whole amounts: what breaks a sum by a cent is no answer
    if not all(row.holds(taken) for row in rows):
        return Answer((False,) * count, False)
    return Answer(taken, solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)
