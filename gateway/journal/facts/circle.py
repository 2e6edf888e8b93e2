"""The human circle: who asked to be greeted by text, who looks in on them, each greeting and what became of it.

Statuses and times, and no words of anybody's but a person's note at the end. No number is in them: an elder and a volunteer are
pseudonyms, as all who text. As closed as what is restricted, for whoever passes entries on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]

ASKED, ACTIVE, ENDED = "asked", "active", "ended"  # how an elder stands
STEPS: Final = ("asked", "repeated", "told", "task")  # of a greeting: texted, texted again, the volunteer asked to go, a person's task
CONSENT, VISITED, ENOUGH, CHECKIN = "consent", "visited", "enough", "checkin"  # what a text to the circle is
INTENTS: Final = (CONSENT, VISITED, ENOUGH, CHECKIN)
FINE, TALK, HELP, SAID = "fine", "talk", "help", "said"  # what an elder answered; `said`: something else, so they are there


@about("elder", "sender")
@dataclass(frozen=True, slots=True, kw_only=True)
class ElderEnrolled(Event):
    """An officer wrote down who would like to be greeted; nothing begins before they say yes from their own phone."""

    elder: str
    sender: str
    name: str
    place_code: str
    hour: int
    days: tuple[str, ...]  # "0" is Monday
    language: str


@about("elder", "sender")
@dataclass(frozen=True, slots=True, kw_only=True)
class VolunteerNamed(Event):
    """Who looks in on an elder."""

    elder: str
    sender: str
    name: str


@about("elder", "sender")
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSaid(Event):
    """The elder said yes, or no, or no more; or an officer ended it, or nobody answered (`why`)."""

    elder: str
    sender: str
    given: bool
    message: str | None = None
    why: str = ""


@about("checkin", "elder")
@dataclass(frozen=True, slots=True, kw_only=True)
class CheckinStepped(Event):
    """A greeting went a step on: asked, repeated, told (the volunteer), task."""

    checkin: str
    elder: str
    sender: str
    step: str


@about("checkin", "elder")
@dataclass(frozen=True, slots=True, kw_only=True)
class CheckinAnswered(Event):
    """The elder answered: fine, talk, help, or something else (`said`). The words are in the text alone."""

    checkin: str
    elder: str
    sender: str
    message: str
    answer: str


@about("checkin", "elder")
@dataclass(frozen=True, slots=True, kw_only=True)
class CheckinClosed(Event):
    """A human met the elder: the volunteer said so by text, or a person wrote it down, with a note."""

    checkin: str
    elder: str
    sender: str
    note: str = ""


ENROLMENT: Final = (ElderEnrolled.KIND, VolunteerNamed.KIND, ConsentSaid.KIND)
GREETING: Final = (CheckinStepped.KIND, CheckinAnswered.KIND, CheckinClosed.KIND)


def elder(row: Row | None, fact: Fact) -> Row:
    """The step of an elder: the last enrolment stands, and the last word on it."""
    before: Row = row or {"sender": "", "state": ENDED, "state_at": fact.at}
    if fact.kind == ElderEnrolled.KIND:
        said = {name: fact[name] for name in ("sender", "name", "place_code", "hour", "language")}
        return before | said | {"days": canonical([int(day) for day in fact["days"] or ()]), "by": fact.by, "at": fact.at,
                                "state": ASKED, "state_at": fact.at, "why": ""}
    if fact.kind == VolunteerNamed.KIND:
        return before | {"volunteer": fact["sender"], "volunteer_name": fact["name"]}
    return before | {"state": ACTIVE if fact["given"] else ENDED, "state_at": fact.at, "why": fact["why"] or ""}


def greeting(row: Row | None, fact: Fact) -> Row:
    """The step of a greeting: each time is that of the first fact that says so, the answer is the last."""
    before: Row = row or {"elder": fact["elder"]}
    if fact.kind == CheckinStepped.KIND:
        name = f"{fact['step']}_at"
        return before | {name: before.get(name) or fact.at} if fact["step"] in STEPS else before
    if fact.kind == CheckinAnswered.KIND:
        return before | {"answer": fact["answer"], "answered_at": before.get("answered_at") or fact.at}
    return before | {"closed_at": before.get("closed_at") or fact.at, "closed_by": before.get("closed_by") or fact.by,
                     "note": fact["note"] or before.get("note") or ""}
