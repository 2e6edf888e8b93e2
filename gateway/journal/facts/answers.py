"""What a person writes to those who speak for a need, and what they write back: the facts of a thread. No number is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]


@about("need", "answer")
@dataclass(frozen=True, slots=True, kw_only=True)
class NeedAnswered(Event):
    """A person wrote to all phones that speak for a need; `phones` is how many they were."""

    need: str
    answer: str
    text: str
    phones: int = 0


@about("report", "answer")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAnswered(Event):
    """A person wrote to the phone that made a report. It is as closed, and goes as wholly, as the report."""

    report: str
    answer: str
    need: str
    text: str


@about("report", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReplied(Event):
    """A resident wrote back to an answer. `report` is the one by which their phone knows the need."""

    report: str
    message: str
    sender: str
    need: str
    answer: str
    text: str


WRITTEN = (NeedAnswered.KIND, ReportAnswered.KIND)


def answer_id(fact: Fact) -> str:
    return str(fact["answer"])


def answer(row: Row | None, fact: Fact) -> Row:
    """The step of an answer: it is written once."""
    return row or {"need": fact["need"], "report": fact["report"], "text": fact["text"], "phones": fact["phones"] or 1,
                   "by": fact.by, "at": fact.at}
