"""What people do with a broadcast: write it, try it on a phone on duty, let it go, hold it up, go on, end it.

Written down is what it says and to whom; who that is, is fixed when it starts. From then on a job of the machine feeds the outbox
(`airing`), as much at a time as may leave, so that fifty thousand texts wait on a list and not in front of somebody's answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from gateway.broadcasts import audience, broadcasting
from gateway.broadcasts.audience import Audience
from gateway.broadcasts.broadcasting import Wording
from gateway.errors import Problem
from gateway.governing import duty
from gateway.journal import ledger, tasks
from gateway.journal.canonical import derived_id, iso
from gateway.journal.entries import take_turn
from gateway.journal.events import Event
from gateway.journal.facts.broadcasts import (
    LETTERS,
    PAUSED,
    PREPARED,
    RUNNING,
    SAY,
    BroadcastPaused,
    BroadcastPrepared,
    BroadcastResumed,
    BroadcastStarted,
    BroadcastStopped,
    BroadcastTranslated,
)
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.rows import find, insert
from gateway.journal.tables import Broadcast, Contact, Listed, Report, table
from gateway.node import Node
from gateway.phone import is_phone
from gateway.words.replies import LANGUAGES, TRIAL

BROADCASTS, CONTACT, LISTED, REPORT = table(Broadcast), table(Contact), table(Listed), table(Report)
MOST_SEGMENTS: Final = 2
MOST_LETTERS, MOST_TITLE, MOST_OPTION = 400, 60, 30
LONGEST_POLL = timedelta(days=60)
_CALLED = re.compile(r"\+?\d[\d ().-]{5,18}\d")
_NUMBER = re.compile(r"(?<!\d)\d{5,7}(?!\d)")
Row = dict[str, Any]


def prepare(node: Node, title: str, wanted: Audience, wording: Wording, *, key: str, by: str) -> str:
    """Write a broadcast down; nothing leaves. Its id. `key` names the form: sent twice it is one."""
    broadcast = derived_id("broadcast", by, key)
    title, wording = _plain(title, MOST_TITLE), _checked(node, wording)
    with node.database.reading() as c:
        if find(c, BROADCASTS, "id", [broadcast]):
            return broadcast
        _names_nobody(c, node, wording)
        broadcasting.quote(c, node, wanted, wording)
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        if not find(c, BROADCASTS, "id", [broadcast]):
            ledger.write(c, node.origin, [BroadcastPrepared(
                broadcast=broadcast, title=title, audience=wanted.kind, code=wanted.code, place=wanted.place, texts=dict(wording.texts),
                options={language: "|".join(some) for language, some in wording.options.items()},
                closes_at=iso(wording.closes_at) if wording.closes_at else None)], at=node.now(), by=by, turn=turn)
    return broadcast


def translate(node: Node, broadcast: str, language: str, text: str, options: Sequence[str] = (), *, by: str) -> None:
    """Write what those of one language read, while nothing of it has left."""
    with node.database.reading() as c:
        before = Wording.of(_row(c, node, broadcast, PREPARED))
        more = {language: tuple(options)} if before.is_poll else {}
        whole = _checked(node, Wording({**before.texts, language: text}, {**before.options, **more}, before.closes_at))
        if language not in whole.texts:
            raise Problem("planning.refused", reason="Write what the residents should read.")
        _names_nobody(c, node, whole)
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        _row(c, node, broadcast, PREPARED)
        ledger.write(c, node.origin, [BroadcastTranslated(
            broadcast=broadcast, language=language, text=whole.texts[language], options="|".join(whole.options.get(language, ())))],
            at=node.now(), by=by, turn=turn)


def start(node: Node, broadcast: str, *, by: str) -> int:
    """Let it go out to everybody whom it is for at this moment; to how many. Who comes later is not among them."""
    with node.database.reading() as c:
        if (going := _going_out(c, node, broadcast, by)) is not None:
            return going
        row = _row(c, node, broadcast, PREPARED)
        wanted, wording = broadcasting.audience_of(row), Wording.of(row)
        audience.check(c, node, wanted)
        found = audience.find(c, node, wanted)
        audience.must_be_many(found.people, node.config.access.k_anonymity)
        segments = broadcasting.price(c, node, found, wording).segments
    _must_be_ahead(wording, node.now())
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        if (going := _going_out(c, node, broadcast, by)) is not None:
            return going
        _row(c, node, broadcast, PREPARED)  # somebody else may have started it meanwhile
        insert(c, LISTED, [{"broadcast": broadcast, "errand": SAY, "sender": person.sender, "state": "waiting", "reply": None,
                            "reason": "", "vain": 0} for person in found.people])
        ledger.write(c, node.origin, [BroadcastStarted(broadcast=broadcast, phones=len(found.people), segments=segments)],
                     at=node.now(), by=by, turn=turn)
        tasks.add_missing(c, tasks.AIR, [broadcast], iso(node.now()))
    return len(found.people)


def _going_out(c: Connection, node: Node, broadcast: str, by: str) -> int | None:
    """To how many it goes already, where the same person pressed twice."""
    row = next(iter(find(c, BROADCASTS, "id", [broadcast])), None)
    mine = row is not None and row["writer"] == node.origin.writer and row["started_by"] == by and not row["closed_at"]
    return int(row["phones"] or 0) if row is not None and mine and row["state"] == RUNNING else None


def pause(node: Node, broadcast: str, *, by: str) -> None:
    """Hold it up: what waits in the outbox goes back on the list."""
    _decide(node, broadcast, BroadcastPaused(broadcast=broadcast), by, RUNNING)


def resume(node: Node, broadcast: str, *, by: str) -> None:
    _decide(node, broadcast, BroadcastResumed(broadcast=broadcast), by, PAUSED)


def stop(node: Node, broadcast: str, *, by: str) -> None:
    """End it for good; what has not left does not leave."""
    _decide(node, broadcast, BroadcastStopped(broadcast=broadcast), by, PREPARED, RUNNING, PAUSED)


def try_out(node: Node, broadcast: str, phone: str, language: str, *, by: str) -> None:
    """Send it to one phone on duty (by the name it has there), as somebody of that language reads it."""
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        row = _row(c, node, broadcast, PREPARED, RUNNING, PAUSED)
        staff = next((one for one in duty.listed(c) if one.name == phone), None)
        if staff is None:
            raise Problem("planning.unknown", thing="phone on duty", id=phone[:40])
        words = broadcasting.words_for(node, Wording.of(row), language)
        now = node.now()
        channel = str(find(c, CONTACT, "sender", [staff.sender])[0]["channel"])
        reply = ReplyQueued(reply=derived_id("trial", broadcast, staff.sender, iso(now)), sender=staff.sender, channel=channel, kind=TRIAL,
                            language=words.language, text=words.text, segments=words.segments, due_at=iso(now))
        ledger.write(c, node.origin, [reply], at=now, by=by, turn=turn)
        tasks.add(c, "send", [reply.reply], iso(now))


def _decide(node: Node, broadcast: str, event: Event, by: str, *states: str) -> None:
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        _row(c, node, broadcast, *states)
        ledger.write(c, node.origin, [event], at=node.now(), by=by, turn=turn)
        tasks.take_off(c, tasks.AIR, [broadcast])
        tasks.add_missing(c, tasks.AIR, [broadcast], iso(node.now()))


def _row(c: Connection, node: Node, broadcast: str, *states: str) -> Row:
    """A broadcast of this node, in one of these states."""
    row = next(iter(find(c, BROADCASTS, "id", [broadcast])), None)
    if row is None or row["writer"] != node.origin.writer:
        raise Problem("planning.unknown", thing="broadcast", id=broadcast[:40])
    if row["state"] not in states or row["closed_at"]:
        raise Problem("planning.refused", reason="Somebody else changed this broadcast meanwhile.")
    return row


# ------------------------------------------------------------------------------------------------------ what may be written

def _checked(node: Node, wording: Wording) -> Wording:
    """The words on one line each, in languages of ours, none too dear; of a poll as many options in each language, and an end."""
    texts = {language: _plain(text, MOST_LETTERS) for language, text in wording.texts.items() if text.strip()}
    options = {language: tuple(_option(one) for one in some if one.strip()) for language, some in wording.options.items() if any(some)}
    if broadcasting.default_language(node) not in texts:
        raise Problem("planning.refused", reason="Write it in the language of the city at least.")
    if not set(texts) <= set(LANGUAGES):
        raise Problem("planning.refused", reason="It can be written in the languages of the replies alone.")
    checked = Wording(texts, options, wording.closes_at)
    if options or wording.closes_at:
        _must_be_a_poll(checked)
        _must_be_ahead(checked, node.now())
    most = max(broadcasting.words_for(node, checked, language).segments for language in texts)
    if most > MOST_SEGMENTS:
        raise Problem("planning.refused", reason="It would cost %(segments)s segments a phone, and %(most)s are allowed: write it shorter.",
                      segments=most, most=MOST_SEGMENTS)
    return checked


def _must_be_a_poll(wording: Wording) -> None:
    if not wording.options:
        raise Problem("planning.refused", reason="A last day for voting needs options: write them, or leave the day out.")
    counts = {len(some) for some in wording.options.values()}
    if set(wording.options) != set(wording.texts) or len(counts) != 1:
        raise Problem("planning.refused", reason="A poll has the same options in every language that it is written in.")
    if not 2 <= counts.pop() <= len(LETTERS):
        raise Problem("planning.refused", reason="A poll has two to six options.")
    if wording.closes_at is None:
        raise Problem("planning.refused", reason="Say until when people can vote.")


def _must_be_ahead(wording: Wording, now: datetime) -> None:
    if wording.closes_at is not None and not now < wording.closes_at <= now + LONGEST_POLL:
        raise Problem("planning.refused", reason="A poll ends within the next sixty days.")


def _plain(text: str, most: int) -> str:
    said = " ".join("".join(" " if unicodedata.category(char)[0] == "C" else char for char in text).split())
    if not said:
        raise Problem("planning.refused", reason="Write what the residents should read.")
    if len(said) > most:
        raise Problem("planning.refused", reason="A text has at most %(most)s letters.", most=most)
    return said


def _option(text: str) -> str:
    return _plain(text.replace("|", "/"), MOST_OPTION)


def _names_nobody(c: Connection, node: Node, wording: Wording) -> None:
    """A text for many names no resident: neither a phone that wrote to us nor the number of a report."""
    said: Sequence[str] = [*wording.texts.values(), *(one for some in wording.options.values() for one in some)]
    called = {node.vault.sender(spelt) for text in said for found in _CALLED.findall(text) for spelt in _spellings(node, found)}
    if find(c, CONTACT, "sender", sorted(called)):
        raise Problem("planning.refused", reason="It names the phone of a resident.")
    if find(c, REPORT, "reference", sorted({found for text in said for found in _NUMBER.findall(text)})):
        raise Problem("planning.refused", reason="It names the number of somebody's report.")


def _spellings(node: Node, found: str) -> list[str]:
    digits = re.sub(r"\D", "", found)
    return [number for number in (f"+{digits}", f"{node.city.prefix}{digits}") if is_phone(number)]


def wording_of(form: Mapping[str, str], closes_at: datetime | None) -> Wording:
    """What a form holds: `text-es`, `options-es` with one option a line."""
    texts = {language: form.get(f"text-{language}", "") for language in LANGUAGES if form.get(f"text-{language}", "").strip()}
    options = {language: tuple(line for line in form.get(f"options-{language}", "").splitlines() if line.strip())
               for language in texts if form.get(f"options-{language}", "").strip()}
    return Wording(texts, options, closes_at)
