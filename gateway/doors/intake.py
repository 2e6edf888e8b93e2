"""THE story of one SMS. `receive` takes as many as are waiting and gives them one transaction, so one fsync for all."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select

from gateway.channels.values import Inbound
from gateway.classification.harm import FEW, FEWEST, LIKELY, WHERE, harm, unread_bar
from gateway.conversation import answering, circle, dialogue, moves, openings
from gateway.conversation.turn import seen
from gateway.journal import ledger, tasks
from gateway.journal.canonical import iso, ordered_id
from gateway.journal.entries import take_turn
from gateway.journal.events import Event
from gateway.journal.facts.matching import SameSaid
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.facts.residents import MessageReceived, ReportCompleted, ReportCorrected, ReportExtended, ReportFiled
from gateway.journal.rows import find, insert_new
from gateway.journal.tables import Contact, Delivery, Message, Report, Sender, table
from gateway.needs import standing
from gateway.needs.likeness import is_point
from gateway.needs.things import Things
from gateway.node import Node
from gateway.phone import normalise
from gateway.trouble import sounding
from gateway.words import echoes
from gateway.words.replies import LAST
from parsers import Command, Context, Draft, Outcome, Unreadable, parse
from parsers.questions import DECLINED, QUESTIONS

SENDER, REPORT, MESSAGE = table(Sender), table(Report), table(Message)
DELIVERY, CONTACT = table(Delivery), table(Contact)
OVER = ("cancelled", "confirmed_fixed")  # the next text about such a report is a new one
_HEARD = ("protection", "emergency", "spam", "stop", "start", "empty", "number_only")  # nothing that they are is changed by a suspicion
_TRIP_UNDONE = ("trip", "no")
_KNOWN_WHOLE = (*QUESTIONS, DECLINED)  # every word of such a text is one that we know there, so nothing is left that could tell of harm
_log = logging.getLogger("barrio.intake")

_ECHO = dialogue.Move(act=echoes.ECHO, outcome=Command(intent=echoes.ECHO, why=("our own words, said back",)))

Heard = tuple[Inbound, str, str]  # an SMS, the id it gets, the pseudonym of its sender


def receive(c: Connection, node: Node, inbounds: Sequence[Inbound]) -> int:
    """What happens to SMS that came in, in one transaction; how many were new. A repeated delivery changes nothing."""
    fresh = keep(c, node, inbounds)
    if fresh:
        node.hear_of_pins(c)
    for wave in _one_text_a_sender(fresh):
        at = node.now()
        known = recall(c, [sender for _, _, sender in wave], at, timedelta(days=node.config.news.answer_days))
        # what nobody wrote to means nothing: our own words, said back, are no report and no emergency, and are not answered
        said = echoes.said_to(c, {sender: inbound.text for inbound, _, sender in wave
                                  if sender in known and echoes.may_be_ours(inbound.text)}, at)
        members = circle.members(c, [sender for _, _, sender in wave], at)
        echoed = {message for inbound, message, sender in wave if echoes.is_echo(inbound.text, node.own_words, said, sender)}
        told = {message: inbound if message in echoed or sender not in said else
                replace(inbound, text=echoes.beside_ours(inbound.text, said[sender])) for inbound, message, sender in wave}
        understood = [(heard, _ECHO if heard[1] in echoed else
                       understand(told[heard[1]], known.get(heard[2]), node, members.get(heard[2]))) for heard in wave]
        pairs = standing.complete_pairs(pair for _, move in understood for pair in answering.pairs_spoken_of(move))
        needs, voices = standing.open_needs(c, [pair for pair in pairs if not is_point(pair[1])], at), standing.Voices(c)
        there = Things(c, at)
        there.fetch([((place, category), seen(heard[0], heard[2], move)) for heard, move in understood
                     for place, category in answering.pairs_spoken_of(move) if place and category and is_point(category)])
        voices.hear({(needs[pair], heard[2]) for heard, move in understood for pair in answering.pairs_spoken_of(move) if pair in needs})
        turn = take_turn(c, node.origin)
        numbers = iter(ledger.references(turn, sum(answering.references_needed(move) for _, move in understood)))
        events: list[Event] = []
        for (inbound, message, sender), move in understood:
            events.append(MessageReceived(
                message=message, sender=sender, channel=inbound.channel, provider_id=inbound.provider_id,
                text=inbound.text, received_at=iso(inbound.received_at), road=inbound.road))
            events += answering.events(c, node, message, sender, told[message], move, known.get(sender), numbers, at, needs, voices, there,
                                       members.get(sender))
        ledger.write(c, node.origin, events, at=at, by="resident", turn=turn)
        tasks.add(c, "classify", [e.report for e in events if isinstance(e, ReportFiled)], iso(at))
        # what a resident completed or corrected is looked at anew; a report that is still to be classified is anyway
        changed = {e.report for e in events if isinstance(e, ReportCompleted | ReportCorrected | ReportExtended | SameSaid)}
        tasks.add_missing(c, "classify", changed, iso(at))
        tasks.add(c, "send", [e.reply for e in events if isinstance(e, ReplyQueued)], iso(at))
        # not here: they are erased when the last reply has left, and the number with them
        tasks.add_missing(c, tasks.ERASE, {e.sender for e in events if isinstance(e, ReplyQueued) and e.kind == LAST}, iso(at))
    return len(fresh)


def keep(c: Connection, node: Node, inbounds: Sequence[Inbound]) -> list[Heard]:
    """Keep the raw bytes, sealed; only what no earlier delivery brought goes on. The UNIQUE key decides, nothing else."""
    heard: dict[tuple[str, str, str], Heard] = {}
    at = node.now()
    for inbound in inbounds:
        key = (inbound.channel, inbound.account, inbound.provider_id)
        heard.setdefault(key, (inbound, ordered_id(at, *key), node.vault.sender(inbound.number)))
    # sorted, so that two processes that bring the same texts wait for each other in one order and never deadlock
    new = insert_new(c, DELIVERY, [
        {"channel": key[0], "account": key[1], "provider_id": key[2], "message": message, "raw": node.vault.seal(inbound.raw)}
        for key, (inbound, message, _) in sorted(heard.items(), key=lambda kv: kv[0])], "message")
    fresh = sounding.take_out(c, node, [h for h in heard.values() if h[1] in new])
    people = {sender: inbound for inbound, _, sender in fresh}
    if people:
        met = {row["sender"] for row in find(c, CONTACT, "sender", list(people))}
        numbers = {s: normalise(i.number).encode("utf-8", "replace") for s, i in people.items() if s not in met}
        insert_new(c, CONTACT, [{"sender": s, "channel": people[s].channel, "number": node.vault.seal(number)}
                                for s, number in sorted(numbers.items())], "sender")
    return fresh


def recall(c: Connection, senders: Sequence[str], at: datetime, answers_for: timedelta) -> dict[str, dialogue.Known]:
    """What is known of these senders, with their reports of the last day; those we never heard of are absent."""
    people = find(c, SENDER, "id", senders)
    day, split = standing.oldest_id(at - dialogue.DAY), standing.oldest_id(at - dialogue.SPLIT)
    recent: dict[str, list[dict[str, Any]]] = {}
    if lately := [p["id"] for p in people if (p["last_report"] or "") >= day]:
        # ids begin with the millisecond, so the index on the sender gives the last day alone, however much a sender wrote
        for row in c.execute(_RECENT, {"senders": lately, "day": day}).mappings():
            recent.setdefault(row["sender"], []).append(dict(row))
    known = {r["id"]: r for reports in recent.values() for r in reports}
    asked = [p["question_report"] for p in people if p["question_report"] and p["question_report"] not in known]
    known |= {report["id"]: report for report in find(c, REPORT, "id", asked)}
    halves = [p["unread"] for p in people if (p["unread"] or "") >= split]
    unread = {m["id"]: m["text"] for m in find(c, MESSAGE, "id", halves)}
    return {p["id"]: dialogue.Known(p, known.get(p["question_report"]), tuple(
        r for r in recent.get(p["id"], ()) if r["status"] not in OVER), unread.get(p["unread"]), answers_for) for p in people}


_RECENT = (select(REPORT, MESSAGE.c.text, MESSAGE.c.received_at).join(MESSAGE, MESSAGE.c.id == REPORT.c.message)
           .where(REPORT.c.sender.in_(bindparam("senders", expanding=True)), REPORT.c.id >= bindparam("day"))
           .order_by(REPORT.c.filed_at.desc(), REPORT.c.reference.desc()))


def understand(inbound: Inbound, known: dialogue.Known | None, node: Node, member: circle.Member | None = None) -> dialogue.Move:
    """What the text does here and now; a fault of ours is an outcome too, never a refusal of the text.

    Where a conversation is going on, its words come first: a landmark, a fright or "lo de ayer" is an answer, whatever need
    the model would read in it. Only what no conversation explains is read again with the model, and then it must be sure.
    """
    try:
        read = _understood(inbound, known, node, circle.cries(member, inbound.text))
        move = circle.meant(read, inbound.text, member, known, inbound.received_at)
        return _guarded(move, circle.beside_the_answer(move.outcome.intent, inbound.text), _converses(inbound, known), node)
    except Exception as fault:
        # the traceback would carry the text; its type and place are enough to mend the parser
        where = fault.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        _log.error("parser fault %s in message %s at %s", type(fault).__name__, inbound.provider_id,
                   f"{where.tb_frame.f_code.co_name}:{where.tb_lineno}" if where else "?")
        unread = dialogue.plain(Unreadable(intent="unknown", reason="parser_fault", language="und",
                                        why=(f"our parser failed: {type(fault).__name__}",)))
        with contextlib.suppress(Exception):
            return _guarded(unread, inbound.text, _converses(inbound, known), node)
        return unread


def _understood(inbound: Inbound, known: dialogue.Known | None, node: Node, cries: bool) -> dialogue.Move:
    language, text, at = node.city.language, inbound.text, inbound.received_at

    def again(text: str, pending: str | None) -> Outcome:
        return parse(text, Context(channel_lang=language, received_at=at, pending=pending), node.words, node.places)

    context = dialogue.context(known, at, language, text)
    if cries:  # the model, which knows no elders, takes a fall for a blow
        return moves.decide(known, text, at, parse(text, context, node.words, node.places), again)
    if not _converses(inbound, known) and openings.part_of(text) is None:
        return moves.decide(known, text, at, parse(text, context, node.words, node.places, node.meaning), again)
    move = moves.decide(known, text, at, parse(text, context, node.words, node.places), again)
    if move.is_vague:
        outcome = parse(text, replace(context, pending=None, slot=None), node.words, node.places, node.meaning)
        if outcome.category and outcome.confidence >= dialogue.SURE:
            return moves.decide(known, text, at, outcome, again)
    return move


def _converses(inbound: Inbound, known: dialogue.Known | None) -> bool:
    return bool(known and known.converses(inbound.received_at))


def _guarded(move: dialogue.Move, text: str, converses: bool, node: Node) -> dialogue.Move:
    """A text that may tell of harm becomes a report that few may read, whatever else it was taken for.

    An alarm stays one: whoever may save a life must see it. Who wants no more texts gets none.
    """
    outcome = move.outcome
    if outcome.intent in _HEARD or move.act in ("confide", "repeat"):
        return move
    if isinstance(outcome, Command) and outcome.answer in _KNOWN_WHOLE and outcome.category is None:
        return move
    # an answer or a correction is explained by what was said before
    unread = move.act == "unread" or (outcome.intent, outcome.answer) == _TRIP_UNDONE  # whatever follows a "no" takes a trip back
    few = FEW if unread and not converses else FEWEST
    bar = unread_bar(text) if unread else WHERE if move.act == "fill" and move.place_code else LIKELY
    if (why := harm(text, node.meaning, bar, few)) is None:
        return move
    flags, reasons = (*outcome.flags, "sensitive"), (*outcome.why, why)
    if isinstance(outcome, Draft):
        return dialogue.Move(act="file", outcome=replace(outcome, flags=flags, why=reasons))
    return dialogue.Move(act="file", outcome=Draft(intent="report", language=outcome.language, errors=("missing_place", "missing_category"),
                                                   flags=flags, why=reasons))


def _one_text_a_sender(fresh: Sequence[Heard]) -> Iterator[list[Heard]]:
    """Waves in which nobody speaks twice, so that a second text of the same phone meets what the first one changed."""
    waiting = list(fresh)
    while waiting:
        wave: dict[str, Heard] = {}
        later: list[Heard] = []
        for heard in waiting:
            later.append(heard) if heard[2] in wave else wave.setdefault(heard[2], heard)
        yield list(wave.values())
        waiting = later


