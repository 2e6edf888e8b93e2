"""What people and residents say of sameness: two needs are one or are not, a report stands with a need or does not.

The machine gathers; a person has the last word, and every word can be taken back. Facts, and the steps that fold them. A merge
moves nothing: it is a line between two needs, and what a page shows as one need is what such lines join (`journal.heads`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]


@about("need", "other")
@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsMerged(Event):
    """A person said that two needs are one. `after` is the decision about the two that the person saw, empty for none."""

    need: str
    other: str
    why: str = ""
    after: str | None = None


@about("need", "other")
@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsParted(Event):
    """A person said that two needs are not one: a merge taken back, or an offer refused."""

    need: str
    other: str
    why: str = ""
    after: str | None = None


@about("report", "need")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportParted(Event):
    """A person said that a report is not about this need; it stands in its `own` from now on and is not gathered back."""

    report: str
    need: str
    own: str
    why: str = ""
    after: str | None = None


@about("report", "need")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRejoined(Event):
    """A person said that a report is about this need after all."""

    report: str
    need: str
    why: str = ""
    after: str | None = None


@about("report", "need")
@dataclass(frozen=True, slots=True, kw_only=True)
class SameSaid(Event):
    """A resident answered our question whether their report is about this need."""

    report: str
    need: str
    message: str
    sender: str
    same: bool


@about("report", "need")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFlagged(Event):
    """The report is one of many that say nearly the same words about one need on one day; it counts, and ranks as no voice."""

    report: str
    need: str
    why: tuple[str, ...] = ()


JOINS = (NeedsMerged.KIND, NeedsParted.KIND)
BY_PERSON = (ReportParted.KIND, ReportRejoined.KIND)
OF_REPORT = (*BY_PERSON, ReportFlagged.KIND)


def pair_id(one: str, other: str) -> str:
    """The id of what is said of two needs, whichever is named first."""
    return "+".join(sorted((one, other)))


def merge_id(fact: Fact) -> str:
    return pair_id(*fact.about)


def merge(row: Row | None, fact: Fact) -> Row:
    """The last word on two needs."""
    one, other = sorted(fact.about)
    return {"id": merge_id(fact), "one": one, "other": other, "merged": fact.kind == NeedsMerged.KIND, "why": fact["why"] or "",
            "by": fact.by, "at": fact.at, "entry": fact.position, "contested": _contested(row, fact)}


def twin_id(fact: Fact) -> str:
    return "+".join(fact.about)


def twin(row: Row | None, fact: Fact) -> Row:
    """The last word on whether a report is about a need; a person's outlasts a resident's."""
    said = {"id": twin_id(fact), "report": fact.about[0], "need": fact.about[1], "at": fact.at}
    if fact.kind == SameSaid.KIND:
        if row is not None and row["entry"]:
            return row
        return said | {"same": fact["same"], "by": "resident", "why": "", "entry": "", "contested": False}
    return said | {"same": fact.kind == ReportRejoined.KIND, "by": fact.by, "why": fact["why"] or "", "entry": fact.position,
                   "contested": row is not None and bool(row["entry"]) and _contested(row, fact)}


def report(row: Row, fact: Fact) -> Row:
    """The step of a report for these facts."""
    if fact.kind == ReportFlagged.KIND:
        return row | {"surge": True}
    need = fact.about[1]
    apart = [other for other in kept_apart(row) if other != need]
    if fact.kind == ReportRejoined.KIND:
        return row | {"need": need, "apart": canonical(apart)}
    return row | {"need": fact["own"], "apart": canonical([*apart, need])}


def kept_apart(row: Row) -> list[str]:
    """The needs that a person said a report is not about."""
    return [str(need) for need in json.loads(row.get("apart") or "[]")]


def _contested(row: Row | None, fact: Fact) -> bool:
    return row is not None and (fact["after"] or "") != row["entry"]
