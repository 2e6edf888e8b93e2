"""The ruler: what was answered beside what a person says, summed up as accuracy, macro-F1, coverage at a precision and calibration.

A classifier is any function from a text to `[(code, probability), ...]`, so keywords, baselines and models are measured by the same
ruler.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gateway.classification.corpus import NO_NEED

Guess = Callable[[str], Sequence[tuple[str, float]]]

PRECISION = 0.95
# The belief from which on a subcategory is given without asking: two to four of a hundred texts are then told wrongly.
BAR = 0.5
_BINS = 10


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and what a person says it speaks of; `group` is the language or the source it is counted under."""

    code: str
    group: str
    text: str
    sure: bool = True
    sex: str = ""

    @property
    def category(self) -> str:
        """`WAT01` -> `WAT`; `NONE` stays."""
        return self.code if self.code == NO_NEED else self.code[:3]


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer beside its label: best subcategory and category with the belief in each."""

    row: Labelled
    code: str
    belief: float
    category: str
    category_belief: float

    @property
    def right(self) -> bool:
        """Whether the subcategory is right; where only the category is labelled, whether that is."""
        return self.code == self.row.code if len(self.row.code) > 3 else self.category_right

    @property
    def category_right(self) -> bool:
        """Whether the category is right."""
        return self.category == self.row.category


@dataclass(frozen=True, slots=True)
class Figures:
    """What is said of a classifier on some rows; shares are of all rows unless the name says otherwise.

    `coverage`: the largest share that can be answered, most believed first, with 95 % of the answers right.
    `confident_errors`: needs answered with at least the bar and wrong. `calibration`: mean distance of belief from truth.
    """

    rows: int
    subcategory: float
    category: float
    category_of_needs: float
    macro_f1: float
    coverage: float
    category_coverage: float
    calibration: float
    answered: float
    confident_errors: float


def judge(rows: Iterable[Labelled], guess: Guess) -> list[Judged]:
    """Ask the classifier about every row."""
    judged = []
    for row in rows:
        guesses = sorted(guess(row.text), key=lambda pair: -pair[1]) or [(NO_NEED, 0.0)]
        categories: dict[str, float] = defaultdict(float)
        for code, belief in guesses:
            categories[code if code == NO_NEED else code[:3]] += belief
        category, category_belief = max(categories.items(), key=lambda pair: pair[1])
        judged.append(Judged(row, *guesses[0], category, category_belief))
    return judged


def figures(judged: Sequence[Judged], bar: float = BAR) -> Figures:
    """Sum up; `bar` is the belief from which on a category is given without asking."""
    fine = [j for j in judged if len(j.row.code) > 3]
    needs = [j for j in judged if j.row.code != NO_NEED]
    answered = [j for j in judged if j.belief >= bar and j.code != NO_NEED]
    return Figures(
        rows=len(judged),
        subcategory=_share(j.code == j.row.code for j in fine),
        category=_share(j.category_right for j in judged),
        category_of_needs=_share(j.category_right for j in needs),
        macro_f1=_macro_f1(fine),
        coverage=_coverage([(j.belief, j.right) for j in judged]),
        category_coverage=_coverage([(j.category_belief, j.category_right) for j in judged]),
        calibration=_calibration_error([(j.category_belief, j.category_right) for j in judged]),
        answered=len(answered) / max(1, len(judged)),
        confident_errors=sum(not j.right for j in answered) / max(1, len(judged)),
    )


def _share(truths: Iterable[bool]) -> float:
    found = list(truths)
    return sum(found) / len(found) if found else 0.0


def _macro_f1(judged: Sequence[Judged]) -> float:
    """The mean over labelled subcategories, each counted alike however few its rows."""
    scores = []
    for code in {j.row.code for j in judged}:
        hits = sum(j.code == code == j.row.code for j in judged)
        said = sum(j.code == code for j in judged)
        meant = sum(j.row.code == code for j in judged)
        scores.append(2 * hits / (said + meant))
    return sum(scores) / len(scores) if scores else 0.0


def _coverage(answers: Sequence[tuple[float, bool]]) -> float:
    right = best = 0
    for count, (_, is_right) in enumerate(sorted(answers, key=lambda pair: -pair[0]), 1):
        right += is_right
        if right >= PRECISION * count:
            best = count
    return best / max(1, len(answers))


def _calibration_error(answers: Sequence[tuple[float, bool]]) -> float:
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for belief, right in answers:
        bins[min(_BINS - 1, int(belief * _BINS))].append((belief, right))
    return sum(abs(sum(b for b, _ in held) - sum(r for _, r in held)) for held in bins.values()) / max(1, len(answers))
