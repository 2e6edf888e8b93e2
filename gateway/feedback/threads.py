"""What a person writes to those who speak for a need: as it is written, once to each phone, and what it costs before it leaves.

    ana writes "El jueves cortamos el agua de 8 a 12."
    -> "Aviso 10005: El jueves cortamos el agua de 8 a 12."      a reply of the class `status`: by day, under the caps
    -> whoever writes back within `[news] answer_days` writes into the thread (`moves`), which the page of the need shows

Who may hear of a need is asked as for news (`news.voices`): nobody whose report few may read, nobody who wants no texts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, select

from gateway.conversation import dialogue
from gateway.errors import Problem
from gateway.governing import governor
from gateway.journal import heads, ledger, tasks
from gateway.journal.canonical import derived_id, iso
from gateway.journal.entries import take_turn
from gateway.journal.events import Event
from gateway.journal.facts.answers import NeedAnswered, ReportAnswered
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.facts.visits import DESK
from gateway.journal.rows import find
from gateway.journal.tables import Answer, Contact, Message, Report, Sender, table
from gateway.needs import news
from gateway.node import Node
from gateway.words.replies import ANSWER, language_for
from gateway.words.segments import cheapest, measure

WRITTEN, CONTACT, MESSAGE, REPORT, SENDER = table(Answer), table(Contact), table(Message), table(Report), table(Sender)
MOST_SEGMENTS, MOST_LETTERS = 2, 400
MOST_PHONES = 5_000


@dataclass(frozen=True, slots=True)
class Letter:
    """What one phone would be sent."""

    sender: str
    channel: str
    language: str
    report: str
    text: str
    segments: int
    stopped: bool  # wants no texts: it counts, and gets none
    asked: bool  # a question of ours is open there, and stays so: what they write next answers that

    def __repr__(self) -> str:
        return f"Letter({self.report})"


@dataclass(frozen=True, slots=True)
class Quote:
    """What an answer costs, and why others who speak for it get none.

    `unserved` phones are of no country that the city writes to, the numbers of those `elsewhere` are not at this machine, and the
    `phoneless` came in person and left none. Who wants no texts is counted like anybody and gets none: the number may be one that
    somebody wrote down to find that out.
    """

    phones: int
    unserved: int
    segments: int
    most: int
    cost: float
    example: str
    elsewhere: int = 0
    phoneless: int = 0


def plain(text: str) -> str:
    """The words on one line, as they are sent. Raises where there are none, or too many."""
    said = " ".join("".join(" " if unicodedata.category(char)[0] == "C" else char for char in text).split())
    if not said:
        raise Problem("planning.refused", reason="Write what the residents should read.")
    if len(said) > MOST_LETTERS:
        raise Problem("planning.refused", reason="A text has at most %(most)s letters.", most=MOST_LETTERS)
    return said


def quote(c: Connection, node: Node, need: str, text: str, report: str | None = None) -> Quote:
    """Who would be written to, in how many segments, at which price; nothing is written down."""
    letters, unserved = _letters(c, node, need, plain(text), report)
    silent = _silent(c, need, report)
    segments = sum(letter.segments for letter in letters)
    longest = max(letters, key=lambda letter: letter.segments, default=None)
    return Quote(len(letters), unserved, segments, longest.segments if longest else 0,
                 round(segments * node.config.governor.price_per_segment, 4), longest.text if longest else "", **silent)


def write(node: Node, need: str, text: str, *, key: str, by: str, report: str | None = None) -> int:
    """Write to those who speak for a need, or to the phone of one report; how many. `key` names the form: sent twice it is one."""
    said = plain(text)
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        now = node.now()
        answer = derived_id("answer", need, by, key)
        if find(c, WRITTEN, "id", [answer]):
            return 0
        letters, _ = _letters(c, node, need, said, report)
        if not letters:
            raise Problem("planning.refused", reason="Nobody can be written to about this.")
        events: list[Event] = [NeedAnswered(need=need, answer=answer, text=said, phones=len(letters)) if report is None else
                               ReportAnswered(report=report, answer=answer, need=need, text=said)]
        events += [ReplyQueued(
            reply=derived_id("reply", answer, letter.sender), sender=letter.sender, channel=letter.channel, kind=ANSWER,
            language=letter.language, text=letter.text, segments=letter.segments, due_at=iso(now), report=letter.report,
            question=None if letter.asked else dialogue.ANSWER, options=() if letter.asked else (need, answer)) for letter in letters
            if not letter.stopped]
        ledger.write(c, node.origin, events, at=now, by=by, turn=turn)
        tasks.add(c, "send", [event.reply for event in events if isinstance(event, ReplyQueued)], iso(now))
        return len(letters)


def _letters(c: Connection, node: Node, need: str, said: str, report: str | None) -> tuple[list[Letter], int]:
    """What each phone would be sent, and how many are of no country that is written to."""
    whole = heads.members(c, [need])
    voices = news.voices(c, needs=sorted(whole), stopped=True)
    if report is not None:
        own = next(iter(find(c, REPORT, "id", [report])), None)
        if own is None or own["need"] not in whole or own["restricted"] is None or own["restricted"]:
            raise Problem("planning.unknown", thing="report", id=report[:40])
        voices = [voice for voice in voices if voice.sender == own["sender"]]
    if len(voices) > MOST_PHONES:
        raise Problem("planning.refused", reason="An answer goes to %(most)s phones at most.", most=MOST_PHONES)
    senders = sorted(voice.sender for voice in voices)
    people = {row["id"]: row for row in find(c, SENDER, "id", senders)}
    contacts = {row["sender"]: row for row in find(c, CONTACT, "sender", senders)}
    served = [voice for voice in voices
              if governor.is_served(node, node.vault.open(contacts[voice.sender]["number"]).decode("utf-8", "replace"))]
    letters = [_letter(node, voice, people[voice.sender], str(contacts[voice.sender]["channel"]), said)
               for voice in sorted(served, key=lambda voice: voice.reference)]
    _must_fit(letters)
    return letters, len(voices) - len(served)


def _silent(c: Connection, need: str, report: str | None) -> dict[str, int]:
    """How many who speak for a need, or for one report of it, cannot be written to from here, each by its reason."""
    said = news.speakers(sorted(heads.members(c, [need])))
    rows = c.execute(select(said.c.sender, CONTACT.c.sender.label("known")).distinct()
                     .outerjoin(CONTACT, CONTACT.c.sender == said.c.sender)
                     .where(*([said.c.sender.in_(select(REPORT.c.sender).where(REPORT.c.id == report))] if report else []))).all()
    unknown = [row.sender for row in rows if row.known is None]
    came = {row[0] for row in c.execute(select(MESSAGE.c.sender).where(
        MESSAGE.c.id.in_(select(REPORT.c.message).where(REPORT.c.sender.in_(unknown))), MESSAGE.c.channel == DESK))} if unknown else set()
    return {"elsewhere": len(unknown) - len(came), "phoneless": len(came)}


def _letter(node: Node, voice: news.Voice, row: dict[str, object], channel: str, said: str) -> Letter:
    language = language_for(str(row["language"] or ""), node.city.language, str(row["chosen"] or ""))
    lead = node.replies.text_for(ANSWER, language, ref=voice.reference)
    text = cheapest(f"{lead} {said}")
    known = dialogue.Known(row, None, answers_for=timedelta(days=node.config.news.answer_days))
    return Letter(voice.sender, channel, language, voice.report, text, measure(text).segments, bool(row["opted_out"]),
                  known.asked(node.now()) not in (None, *dialogue.GIVES_WAY))


def _must_fit(letters: Sequence[Letter]) -> None:
    most = max((letter.segments for letter in letters), default=0)
    if most > MOST_SEGMENTS:
        raise Problem("planning.refused", reason="It would cost %(segments)s segments a phone, and %(most)s are allowed: write it shorter.",
                      segments=most, most=MOST_SEGMENTS)
