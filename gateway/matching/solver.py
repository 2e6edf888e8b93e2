"""Yes or no for each of many, under a few sums: the solver HiGHS, asked for a proof and not for a good guess.

With thousands to choose from, the same without "yes or no" (shares allowed) is solved first, in milliseconds. It says how much at most
could be had, and of each how much would be lost at least by doing with it what that solution does not. Only the few of which that is not
more than what is still to win, the core, are left for yes and no. This is exact: whatever is not in the core cannot be otherwise in any
answer that weighs more.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import highspy
    import numpy as np
    from numpy.typing import NDArray

SECONDS = 5.0  # 6,000 needs take a tenth of one; a person who waits longer believes that nothing comes
CORE = 60      # to begin with: below it nothing is gained by looking for a core
PRIMAL = 4     # HiGHS's name for the simplex that walks from corner to corner
SLACK = 1e-6   # of a bound: the solver counts in floating point


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
    """What to take; `proved` says that nothing weighs more, and of what weighs the same nothing costs less. Nothing is taken where nothing
    was found."""

    taken: tuple[bool, ...]
    proved: bool


def most(weights: Sequence[int], rows: Sequence[Row], costs: Sequence[int] | None = None, seconds: float = SECONDS) -> Answer:
    """Which to take so that they weigh most, and of what weighs the same the cheapest; the best that was found when the time is over."""
    count, over = len(weights), time.monotonic() + seconds
    if not count:
        return Answer((), True)
    import numpy as np
    weigh, sums = np.array(weights, dtype=float), np.array([row.amounts for row in rows], dtype=float).reshape(len(rows), count)
    low = np.array([-math.inf if row.least is None else row.least for row in rows], dtype=float)
    high = np.array([math.inf if row.most is None else row.most for row in rows], dtype=float)
    shares = _solve(weigh, sums, low, high, whole=False, until=over)
    if shares is None:
        return Answer((False,) * count, False)
    bound = float(weigh @ shares.values)
    bound += SLACK * max(1.0, abs(bound))
    lost = np.abs(shares.lost)
    lost[(shares.values > SLACK) & (shares.values < 1 - SLACK)] = 0.0
    if not shares.proved:  # then it says nothing of what could be had
        bound, lost = math.inf, np.zeros(count)
    by_loss, base = np.argsort(lost, kind="stable"), np.round(shares.values)
    size, found, proved = min(CORE, count), None, False
    while not proved:
        answer = _in_core(weigh, sums, low, high, base, by_loss[:size], over)
        if answer is not None:
            found = answer
            still = int(np.searchsorted(lost[by_loss], bound - float(weigh @ found.values) - 1, side="right"))
            proved = found.proved and still <= size
        if size == count or time.monotonic() > over:
            proved = found is not None and found.proved and size == count or proved
            break
        if not proved:
            size = min(count, max(still, size + 1) if answer is not None else size * 4)
    if found is None:
        return Answer((False,) * count, False)
    taken = found.values
    if costs is not None and proved:
        reach = float(weigh @ taken)
        even = by_loss[:int(np.searchsorted(lost[by_loss], bound - reach, side="right"))]
        cheaper = _in_core(-np.array(costs, dtype=float), np.vstack([sums, weigh]), np.append(low, reach), np.append(high, math.inf), taken,
                           even, over)
        if cheaper is not None:
            taken, proved = cheaper.values, cheaper.proved
        else:
            proved = not len(even)
    said = tuple(bool(value > 0.5) for value in taken)
    # the solver counts in floating point, we in whole amounts: what breaks a sum by a cent is no answer
    if not all(row.holds(said) for row in rows):
        return Answer((False,) * count, False)
    return Answer(said, proved)


@dataclass(frozen=True, slots=True)
class _Found:
    values: NDArray[np.float64]
    lost: NDArray[np.float64]
    proved: bool


def _in_core(weigh: Any, sums: Any, low: Any, high: Any, base: Any, core: Any, until: float) -> _Found | None:
    """The best answer that differs from `base` in the core only."""
    import numpy as np
    outside = base.copy()
    outside[core] = 0.0
    fixed = sums @ outside
    found = _solve(weigh[core], sums[:, core], low - fixed, high - fixed, whole=True, until=until) if len(core) else None
    if found is None:
        return None
    values = outside
    values[core] = np.round(found.values)
    return _Found(values, found.lost, found.proved)


@cache
def _quiet() -> type[highspy.Highs]:
    import highspy

    class Quiet(highspy.Highs):
        """A solver that says nothing: HiGHS prints its name and licence as soon as callbacks are set, which its own start does."""

        def enableCallbacks(self) -> None:
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()  # type: ignore[no-untyped-call]

    return Quiet


def _solve(weigh: Any, sums: Any, low: Any, high: Any, *, whole: bool, until: float) -> _Found | None:
    """The most under the sums; None when nothing was found."""
    import highspy  # 8 MB that only the process which answers this question needs
    import numpy as np
    count, rows = len(weigh), len(sums)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.sense_ = count, rows, highspy.ObjSense.kMaximize
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = weigh, np.zeros(count), np.ones(count)
    lp.row_lower_, lp.row_upper_ = low, high
    if whole:
        lp.integrality_ = [highspy.HighsVarType.kInteger] * count
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.arange(0, count * rows + 1, count, dtype=np.int32)
    lp.a_matrix_.index_ = np.tile(np.arange(count, dtype=np.int32), rows)
    lp.a_matrix_.value_ = sums.reshape(-1)
    solver = _quiet()()
    # one thread gives one answer; weights are whole, so less than one apart is the same
    for option, value in (("output_flag", False), ("threads", 1), ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.5),
                          ("mip_feasibility_tolerance", 1e-9),
                          ("time_limit", max(0.05, until - time.monotonic()))):
        solver.setOptionValue(option, value)
    if not whole:  # a few sums over 24,000: to simplify that first takes 3.4 s, to walk to the best corner 0.02
        solver.setOptionValue("presolve", "off")
        solver.setOptionValue("simplex_strategy", PRIMAL)
    solver.passModel(lp)
    solver.run()
    solution = solver.getSolution()
    if not solution.value_valid:
        return None
    lost = np.array(solution.col_dual) if not whole and solution.dual_valid else np.zeros(count)
    return _Found(np.array(solution.col_value), lost, solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)
