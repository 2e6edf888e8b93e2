"""What a model was measured at when it was made, by category, language and sex: kept inside its file, and as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from gateway.classification.corpus import NO_NEED
from gateway.classification.figures import Judged, figures

SHOWN = ("rows", "subcategory", "category", "macro_f1", "coverage", "calibration")


def metrics_of(found: Sequence[Judged]) -> dict[str, Any]:
    """`{"all": {...}, "language": {"es": {...}}, "sex": {}, "category": {"WAT": {"rows": 9, "precision": .9, "recall": .8}}}`."""
    return {"all": _figures(found), "language": _by(found, lambda one: one.row.group), "sex": _by(found, lambda one: one.row.sex),
            "category": {code: _of_category(found, code) for code in sorted({one.row.category for one in found})}}


def report_of(metrics: Mapping[str, Any], whose: str = "held-out texts") -> str:
    """The same as tables: by language, by sex where it is known, and by category."""
    if not metrics:
        return "Too few texts to hold some back: nothing was measured."
    lines = [f"{whose:<16}" + "".join(f"{name:>13}" for name in SHOWN)]
    for kind, groups in (("", {"all": metrics["all"]}), ("", metrics["language"]), ("sex ", metrics["sex"])):
        lines += [f"{kind + name:<16}" + "".join(f"{f[shown]:>13}" for shown in SHOWN) for name, f in groups.items()]
    lines += ["", f"{'category':<16}{'rows':>6}{'precision':>11}{'recall':>8}"]
    lines += [f"{code if code != NO_NEED else 'no need':<16}{f['rows']:>6}{f['precision']:>11}{f['recall']:>8}"
              for code, f in metrics["category"].items()]
    return "\n".join(lines)


def _by(found: Sequence[Judged], group: Callable[[Judged], str]) -> dict[str, dict[str, float]]:
    names = sorted({group(one) for one in found} - {""})
    return {name: _figures([one for one in found if group(one) == name]) for name in names}


def _figures(found: Sequence[Judged]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(figures(found)).items() if name in SHOWN}


def _of_category(found: Iterable[Judged], code: str) -> dict[str, float]:
    hits = said = meant = 0
    for one in found:
        hits += one.category == code == one.row.category
        said += one.category == code
        meant += one.row.category == code
    return {"rows": meant, "precision": round(hits / said, 4) if said else 0.0, "recall": round(hits / meant, 4) if meant else 0.0}
