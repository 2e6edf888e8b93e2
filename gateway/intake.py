"""THE story of one SMS. `receive` takes as many as are waiting and gives them one transaction, so one fsync for all."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from gateway import answering, dialogue
from gateway.channels.values import Inbound
from gateway.journal import ledger, tasks
from gateway.journal.canonical import iso, ordered_id
from gateway.journal.entries import take_turn
from gateway.journal.events import Event, MessageReceived, ReplyQueued, ReportFiled
from gateway.journal.rows import find, insert_new
from gateway.journal.tables import Contact, Delivery, Report, Sender, table
from gateway.node import Node
from parsers import Outcome, Unreadable, parse

SENDER, REPORT = table(Sender), table(Report)
DELIVERY, CONTACT = table(Delivery), table(Contact)
_log = logging.getLogger("barrio.intake")

Heard = tuple[Inbound, str, str]  # an SMS, the id it gets, the pseudonym of its sender


def receive(c: Connection, node: Node, inbounds: Sequence[Inbound]) -> int:
    """What happens to SMS that came in, in one transaction; how many were new. A repeated delivery changes nothing."""
    fresh = keep(c, node, inbounds)
    for wave in _one_text_a_sender(fresh):
        known = recall(c, [sender for _, _, sender in wave])
        understood = [(heard, understand(heard[0], known.get(heard[2]), node)) for heard in wave]
        turn = take_turn(c, node.origin)
        numbers = iter(ledger.references(turn, sum(answering.references_needed(o) for _, o in understood)))
        events: list[Event] = []
        at = node.now()
        for (inbound, message, sender), outcome in understood:
            events.append(MessageReceived(
                message=message, sender=sender, channel=inbound.channel, provider_id=inbound.provider_id,
                text=inbound.text, received_at=iso(inbound.received_at), road=inbound.road))
            events += answering.events(c, node, message, sender, inbound, outcome, known.get(sender), numbers, at)
        ledger.write(c, node.origin, events, at=at, by="resident", turn=turn)
        tasks.add(c, "classify", [e.report for e in events if isinstance(e, ReportFiled)], iso(at))
        tasks.add(c, "send", [e.reply for e in events if isinstance(e, ReplyQueued)], iso(at))
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
    fresh = [h for h in heard.values() if h[1] in new]
    people = {sender: inbound for inbound, _, sender in fresh}
    if people:
        met = {row["sender"] for row in find(c, CONTACT, "sender", list(people))}
        insert_new(c, CONTACT, [{"sender": s, "channel": i.channel, "number": node.vault.seal(i.number.encode("utf-8", "replace"))}
                                for s, i in sorted(people.items()) if s not in met], "sender")
    return fresh


def recall(c: Connection, senders: Sequence[str]) -> dict[str, dialogue.Known]:
    """What is known of these senders; those we never heard of are absent."""
    people = find(c, SENDER, "id", senders)
    asked = [p["question_report"] for p in people if p["question_report"]]
    reports = {report["id"]: report for report in find(c, REPORT, "id", asked)}
    return {p["id"]: dialogue.Known(p, reports.get(p["question_report"])) for p in people}


def understand(inbound: Inbound, known: dialogue.Known | None, node: Node) -> Outcome:
    """What the text means here and now; a fault of ours is an outcome too, never a refusal of the text."""
    try:
        context = dialogue.context(known, inbound.received_at, node.city.language)
        return parse(inbound.text, context, node.words, node.places)
    except Exception as fault:
        # the traceback would carry the text; its type and place are enough to mend the parser
        where = fault.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        _log.error("parser fault %s in message %s at %s", type(fault).__name__, inbound.provider_id,
                   f"{where.tb_frame.f_code.co_name}:{where.tb_lineno}" if where else "?")
        return Unreadable(intent="unknown", reason="parser_fault", language="und", why=(f"our parser failed: {type(fault).__name__}",))


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


