"""Which lessons people took out of the model's memory: the fact, and the step that folds it.

A lesson needs no fact of its own: a person's reading of a report is one. Forgetting leaves the reading as it is, the report too;
only the model no longer learns from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]
_ACCOUNT = "by:"


@about("lesson")
@dataclass(frozen=True, slots=True, kw_only=True)
class LessonsForgotten(Event):
    """A person took lessons back that came before this: one report's, or all of an account's (`by:ana`); `forgotten=False` undoes it."""

    lesson: str
    forgotten: bool = True
    why: str = ""


def all_of(account: str) -> str:
    """The id under which everything that an account taught is forgotten."""
    return _ACCOUNT + account


def forgotten(row: Row | None, fact: Fact) -> Row:
    """The last word on a lesson, or on an account's."""
    return {"forgotten": fact["forgotten"], "why": fact["why"] or "", "by": fact.by, "at": fact.at}
