"""What a planner says to many, and what many answer: the facts of broadcasts and polls, and the steps that fold them.

Who is on the list of a broadcast is no fact: it stays, like the numbers, with the node that started it (`tables.Listed`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact, writer_of
from gateway.journal.events import Event, about

Row = dict[str, Any]

PREPARED, RUNNING, PAUSED, STOPPED = "prepared", "running", "paused", "stopped"
LETTERS = "ABCDEF"  # of the options
SAY, TOLD = "say", "told"  # what a list of phones is for: the broadcast itself, or how the poll ended


@about("broadcast")
@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastPrepared(Event):
    """A person wrote a text for many: to whom (`audience` is place, category or programme; `code` which), perhaps only in a `place`.

    `texts` is what they read, by language. A poll has `options` too, by language, joined by a bar, and an end.
    """

    broadcast: str
    title: str
    audience: str
    code: str
    texts: Mapping[str, str]
    place: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    closes_at: str | None = None


@about("broadcast")
@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastTranslated(Event):
    """Before it went out a person wrote what those of one `language` read, of a poll with its `options`, joined by a bar."""

    broadcast: str
    language: str
    text: str
    options: str = ""


@about("broadcast")
@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastStarted(Event):
    """A person let it go out to `phones` phones, who they are was fixed at that moment; `segments` is what it may cost at most."""

    broadcast: str
    phones: int
    segments: int = 0


@about("broadcast")
@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastPaused(Event):
    """A person holds it up; nothing of it leaves until somebody lets it go on."""

    broadcast: str


@about("broadcast")
@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastResumed(Event):
    """A person lets it go on."""

    broadcast: str


@about("broadcast")
@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastStopped(Event):
    """A person ended it for good: what has not left does not leave. A poll that is stopped has no result."""

    broadcast: str


@about("vote", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCast(Event):
    """A resident voted; one sender has one `vote` in a poll, whose last word counts. Not `asked`: they are not on its list."""

    vote: str
    message: str
    sender: str
    broadcast: str
    option: str
    received_at: str
    asked: bool = True


@about("broadcast")
@dataclass(frozen=True, slots=True, kw_only=True)
class PollClosed(Event):
    """The vote is over and counted: `counts` by option and declared sex (`A F`), `apart` by option for those who were not asked.

    The numbers stay as they are, whoever is erased later.
    """

    broadcast: str
    counts: Mapping[str, int] = field(default_factory=dict)
    apart: Mapping[str, int] = field(default_factory=dict)


def broadcast(row: Row | None, fact: Fact) -> Row | None:
    """The step of a broadcast: what was stopped stays stopped, what was closed stays closed."""
    if fact.kind == BroadcastPrepared.KIND:
        return row or {
            "title": fact["title"], "audience": fact["audience"], "code": fact["code"], "place": fact["place"] or "",
            "texts": canonical(fact["texts"]), "options": canonical(fact["options"] or {}), "closes_at": fact["closes_at"],
            "state": PREPARED, "by": fact.by, "at": fact.at, "writer": writer_of(fact.position)}
    if row is None or row["state"] == STOPPED:
        return row
    if fact.kind == BroadcastTranslated.KIND:
        return _translated(row, fact) if row["state"] == PREPARED else row
    if fact.kind == BroadcastStarted.KIND:
        return row | {"state": RUNNING, "started_at": fact.at, "started_by": fact.by, "phones": fact["phones"],
                      "segments": fact["segments"] or 0} if row["state"] == PREPARED else row
    if fact.kind == BroadcastPaused.KIND:
        return row | {"state": PAUSED} if row["state"] == RUNNING else row
    if fact.kind == BroadcastResumed.KIND:
        return row | {"state": RUNNING} if row["state"] == PAUSED else row
    if row.get("closed_at"):
        return row
    if fact.kind == PollClosed.KIND:
        return row | {"closed_at": fact.at, "counts": canonical({"counts": fact["counts"] or {}, "apart": fact["apart"] or {}})}
    return row | {"state": STOPPED, "stopped_at": fact.at, "stopped_by": fact.by}


def _translated(row: Row, fact: Fact) -> Row:
    said = {"texts": canonical(texts_of(row) | {fact["language"]: fact["text"]})}
    if fact["options"]:
        said["options"] = canonical(json.loads(row["options"]) | {fact["language"]: fact["options"]})
    return row | said


def vote(row: Row | None, fact: Fact) -> Row:
    """The step of a vote: the last that was sent counts, in whatever order texts come in."""
    said = {"broadcast": fact["broadcast"], "sender": fact["sender"], "option": fact["option"], "asked": bool(fact["asked"]),
            "received_at": fact["received_at"]}
    if row is None or row.get("received_at") is None:
        return said
    return row | said if fact["received_at"] >= row["received_at"] else row


def texts_of(row: Row) -> dict[str, str]:
    """What is read, by language."""
    found: dict[str, str] = json.loads(row["texts"])
    return found


def options_of(row: Row) -> dict[str, tuple[str, ...]]:
    """The options of a poll in the order of their letters, by language; none of a plain broadcast."""
    return {language: tuple(joined.split("|")) for language, joined in json.loads(row["options"]).items()}


def is_open(row: Row, at: str) -> bool:
    """Whether a poll takes votes that were sent at this time."""
    return bool(row["closes_at"]) and row["state"] in (RUNNING, PAUSED) and not row["closed_at"] and at <= row["closes_at"]


def counts_of(row: Row) -> tuple[dict[str, int], dict[str, int]]:
    """What a closed poll came to: by option and sex, and by option apart."""
    said = json.loads(row["counts"] or "{}")
    return said.get("counts", {}), said.get("apart", {})


KINDS = tuple(event.KIND for event in (
    BroadcastPrepared, BroadcastTranslated, BroadcastStarted, BroadcastPaused, BroadcastResumed, BroadcastStopped, PollClosed))
