"""How many hours people waited for a first answer, and until their need was done: the middle of a quarter, told with it. Pure.

    told = count(waits, counted, k=10)     # {"answer": {"all": Told(hours=31, phones=40), "F": ...}, "done": ...}

Each phone counts once, with the middle of its own reports: whoever writes thirty times moves the middle no further than who writes once.
A middle is told where k phones are behind it and where the counts it stands on are told (`indicators`): of how many it is, is said in
whole steps of k, since exact phones beside exact reports could be taken from each other. Of the sexes all are told or none.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from dashboards.indicators import MEN, NOT_TOLD, WOMEN, Counted
from dashboards.suppression import TOTAL

ALL = "all"
WAITS = {"answer": ("seen", "done", "confirmed"), "done": ("done", "confirmed")}  # and what became of the reports they are of


@dataclass(frozen=True, slots=True)
class Wait:
    """One report that stands: hours until a person first decided or wrote something about its need, and until it was done."""

    sender: str
    sex: str | None
    answer: float | None = None
    done: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """The middle, in whole hours, and at least how many phones it is of."""

    hours: int
    phones: int


Hours = Mapping[str, Mapping[str, Told]]


def count(waits: Iterable[Wait], counted: Counted, k: int) -> dict[str, dict[str, Told]]:
    """The middles that may be told; a wait or a sex that is not in it is hidden."""
    reports = list(waits)
    return {name: told for name, rows in WAITS.items() if (told := _told(reports, name, rows, counted, k))}


def _told(reports: Iterable[Wait], name: str, rows: tuple[str, ...], counted: Counted, k: int) -> dict[str, Told]:
    if counted.all is None or any(counted.cell("outcome", row, TOTAL) is None for row in rows):
        return {}
    own: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for report in reports:
        hours = report.answer if name == "answer" else report.done
        if hours is not None:
            sex = report.sex if report.sex in counted.columns else NOT_TOLD
            own[ALL][report.sender].append(hours)
            own[sex or NOT_TOLD][report.sender].append(hours)
    middles = {sex: [median(each) for each in phones.values()] for sex, phones in own.items()}
    if len(middles.get(ALL, ())) < k:
        return {}
    found = {sex: Told(round(median(each)), len(each) // k * k) for sex, each in middles.items()}
    sexes = [sex for sex in counted.columns if sex in middles]
    whole = all(len(middles[sex]) >= k for sex in sexes) and all(
        counted.cell("outcome", row, sex) is not None for row in rows for sex in counted.columns)
    return {ALL: found[ALL]} | ({sex: found[sex] for sex in sexes} if whole and len(sexes) > 1 else {})


def ratio(told: Mapping[str, Told]) -> float | None:
    """How many times as long women wait as men."""
    women, men = told.get(WOMEN), told.get(MEN)
    return women.hours / men.hours if women and men and men.hours else None


def into(packed: str, hours: Hours) -> str:
    """The counts of a release, with the hours beside them."""
    said = {name: {sex: [one.hours, one.phones] for sex, one in told.items()} for name, told in hours.items()}
    return json.dumps(json.loads(packed) | {"hours": said}, sort_keys=True, separators=(",", ":"))


def unpacked(text: str) -> dict[str, dict[str, Told]]:
    """What a release tells of hours: nothing, where it is older than they are."""
    return {name: {sex: Told(*one) for sex, one in told.items()} for name, told in json.loads(text).get("hours", {}).items()}
