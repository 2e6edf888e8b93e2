"""One text being answered: who wrote, in which language we answer, and the reply as an event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from gateway.channels.values import Inbound
from gateway.conversation.dialogue import Known, Move, Row
from gateway.journal.canonical import iso, kin_id
from gateway.journal.events import Event
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.facts.residents import CommandGiven, ReportExtended
from gateway.labels import label
from gateway.needs.likeness import Trace, trace_of
from gateway.needs.standing import Pair, Voices
from gateway.needs.things import Things
from gateway.node import Node
from gateway.words.replies import ANSWERED_IN, language_for
from gateway.words.segments import measure
from parsers import Command, Outcome

if TYPE_CHECKING:
    from gateway.conversation.circle import Member

MOST_TEXT = 1600  # characters of an addition, as many as a parser reads


@dataclass(slots=True)
class Turn:
    """`needs` are the open needs of the places and categories that this group of texts speaks of, `things` what is repaired one by one."""

    c: Connection
    node: Node
    message: str
    sender: str
    inbound: Inbound
    known: Known | None
    move: Move
    numbers: Iterator[str]
    at: datetime
    needs: Mapping[Pair, str]
    voices: Voices
    things: Things
    language: str = "es"
    member: Member | None = None  # where who wrote belongs to the human circle

    @property
    def outcome(self) -> Outcome:
        return self.move.outcome

    def reply(self, kind: str, *, question: str | None = None, report: str | None = None, choices: tuple[str, ...] = (),
              **fills: Any) -> list[Event]:
        """The reply as an event; none where silence is the answer."""
        text = self.node.replies.text_for(kind, self.language, **fills)
        if text is None:
            return []
        return [ReplyQueued(reply=kin_id(self.message, "reply", kind), sender=self.sender, channel=self.inbound.channel, kind=kind,
                            language=self.language, text=text, segments=measure(text).segments, due_at=iso(self.at),
                            message=self.message, question=question, report=report, options=choices)]

    def given(self, intent: str, report: Row | None = None, detail: str | None = None) -> CommandGiven:
        """The fact that a text was this command or answer."""
        outcome = self.outcome
        return CommandGiven(message=self.message, sender=self.sender, intent=intent, language=outcome.language,
                            report=report["id"] if report else None, reference=outcome.reference, detail=detail,
                            errors=tuple(outcome.errors), why=tuple(outcome.why))

    def extended(self, about: Row, more: Outcome | None = None, *, text: str | None = None) -> ReportExtended:
        """The fact that a report has more words, the whole text's or only those, with the numbers in them."""
        said = more or self.outcome
        return ReportExtended(report=about["id"], message=self.message, sender=self.sender, text=(text or self.inbound.text)[:MOST_TEXT],
                              severity=said.severity, people=said.people, people_unit=said.people_unit, since_days=said.since_days)

    def seen(self) -> Trace:
        """What the report of this text looks like, with what its resident said before."""
        return seen(self.inbound, self.sender, self.move)

    @property
    def spoken(self) -> str:
        """The language whose texts answer this one."""
        return ANSWERED_IN.get(self.language, self.language)

    def category(self, code: str | None) -> str:
        return label(code, self.spoken)

    def phase(self, code: str) -> str:
        return self.node.replies.phase(code, self.language)

    def place(self, code: str | None) -> str:
        return self.node.city.place_name(code)


def seen(inbound: Inbound, sender: str, move: Move) -> Trace:
    """What the report of this text looks like, with what its resident said before."""
    about = move.about if move.act != "file" else None
    before = (about.get("text") or about["details"]) if about is not None else None
    whole = inbound.text if not before or before == inbound.text else f"{before} / {inbound.text}"
    return trace_of(whole, sender, move.outcome.language, inbound.received_at.timestamp() / 86400)


def language_of(move: Move, known: Known | None, city: str) -> str:
    """The one chosen, else the one written in; a number or a bare name says nothing, so the conversation goes on in its own."""
    outcome = move.outcome
    before = known.row["language"] if known else None
    chosen = known.row["chosen"] if known else None
    answers = isinstance(outcome, Command) and outcome.intent == "dialogue"
    short = answers or outcome.language == "und" or move.act not in ("file", "command", "unread", "extend")
    written = outcome.language if not answers or outcome.language == "ar" else None  # "2" is in no language, whatever it looks like
    return language_for(written, city, chosen or (before if short else None))
