"""What an officer brings in from the street: how far a work is, and the report of somebody who came in person.

Whoever writes a report down for another is the author of its entries (`by`); the person it is for is its sender. A phone number goes
into the vault and nowhere else; who has no phone is a sender that nobody else can become.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.cities import PHASES
from gateway.classification.harm import harm
from gateway.decisions import triaging
from gateway.decisions.triaging import Chosen, Who
from gateway.errors import Problem
from gateway.journal import ledger, tasks
from gateway.journal.canonical import iso, kin_id, ordered_id
from gateway.journal.entries import take_turn
from gateway.journal.events import Event
from gateway.journal.facts.guarding import SENSITIVE
from gateway.journal.facts.readings import ReportRead
from gateway.journal.facts.residents import MessageReceived, ReportFiled
from gateway.journal.facts.visits import DESK, WorkProgressed
from gateway.journal.rows import find, insert_new
from gateway.journal.tables import Contact, Delivery, Work, table
from gateway.node import Node
from gateway.phone import is_phone, normalise
from parsers import Context, Draft, Outcome, parse

CONTACT, DELIVERY, WORK = table(Contact), table(Delivery), table(Work)
LONGEST = 1_600
MOST_NOTE = 500


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody said at the desk. `key` names the form, so that one sent twice is one report."""

    key: str
    text: str
    category: str = ""
    place: str = ""
    people: int | None = None
    phone: str = ""

    def __repr__(self) -> str:  # a traceback must not show a phone number or a text
        return f"Told({self.key})"


def progress(node: Node, who: Who, work: str, phase: str, *, note: str = "", after: str | None = None) -> None:
    """Say how far a work is; `after` is Work.entry as the person saw it, empty for none. What stands undisputed is not said again."""
    if phase not in PHASES:
        raise Problem("planning.refused", reason="“%(said)s” is no phase.", said=phase[:40])
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        row = next(iter(find(c, WORK, "id", [work])), None)
        if row is None or not who.may(row["place_code"]):
            raise Problem("planning.unknown", thing="work", id=work[:40])
        if row["phase"] == phase and not note.strip() and not row["contested"]:
            return
        before = {name: row[name] for name in ("phase", "note", "contested")}
        fact = ledger.write(c, node.origin, [WorkProgressed(
            work=work, programme=row["programme"], phase=phase, note=note.strip()[:MOST_NOTE],
            after=after if after is not None else row["entry"] or "")], at=node.now(), by=who.name, turn=turn)[0]
        triaging.remember(c, who, "progress", node.now(), [triaging.step_of(Chosen("work", work), fact, before, row["name"])])


def bring(node: Node, who: Who, told: Told) -> str:
    """Write down what somebody came in person to report; the id of the report. What may tell of harm is restricted at once."""
    if not told.text.strip():
        raise Problem("planning.refused", reason="Write down what the person says.")
    if told.place and not who.may(told.place):
        raise Problem("planning.unknown", thing="place", id=told.place[:40])
    at = node.now()
    outcome = parse(told.text, Context(channel_lang=node.city.language, received_at=at), node.words, node.places, node.meaning)
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        message = ordered_id(at, DESK, who.account, told.key)
        delivery = {"channel": DESK, "account": who.account, "provider_id": told.key, "message": message, "raw": node.vault.seal(b"")}
        if not insert_new(c, DELIVERY, [delivery], "message"):
            return kin_id(_message(c, who, told), "report", "0")
        sender, channel = _sender(c, node, message, told.phone)
        report = kin_id(message, "report", "0")
        filed = _filed(node, told, outcome, report, message, sender, ledger.references(turn, 1)[0])
        events: list[Event] = [MessageReceived(
            message=message, sender=sender, channel=channel, provider_id=told.key, text=told.text[:LONGEST], received_at=iso(at),
            road=DESK), filed]
        if told.category or told.place:  # the officer heard it, so it stands as any reading of a person's does
            events.append(ReportRead(
                report=report, message=message, sender=sender, reference=filed.reference, language=filed.language,
                category=told.category or filed.category, place_code=told.place or filed.place_code, after="",
                restricted=told.category in node.words.sensitive))
        facts = ledger.write(c, node.origin, events, at=at, by=who.name, turn=turn)
        tasks.add(c, "classify", [report], iso(at))
        triaging.remember(c, who, "bring", at, [triaging.step_of(Chosen("report", report), facts[1], None, filed.reference)])
    return report


def _message(c: Connection, who: Who, told: Told) -> str:
    return next(str(row["message"]) for row in find(c, DELIVERY, "provider_id", [told.key])
                if (row["channel"], row["account"]) == (DESK, who.account))


def _sender(c: Connection, node: Node, message: str, phone: str) -> tuple[str, str]:
    """Who it is for, and the channel on which they are answered later: that of their phone, else none."""
    if not phone.strip():
        return kin_id(message, "sender"), DESK
    if not is_phone(phone):
        raise Problem("planning.refused", reason="That is no phone number: write it with + and the code of the country.")
    sender = node.vault.sender(phone)
    known = next(iter(find(c, CONTACT, "sender", [sender])), None)
    channel = str(known["channel"]) if known else node.config.outbox.channel
    insert_new(c, CONTACT, [{"sender": sender, "channel": channel, "number": node.vault.seal(normalise(phone).encode())}], "sender")
    return sender, channel


def _filed(node: Node, told: Told, outcome: Outcome, report: str, message: str, sender: str, reference: str) -> ReportFiled:
    """The report as the words say it; what the officer chose besides is a reading of its own."""
    is_read = isinstance(outcome, Draft)
    why = None if outcome.intent == "protection" else harm(told.text, node.meaning)
    said = {"missing_place": outcome.place_code or told.place, "missing_category": outcome.category or told.category}
    return ReportFiled(
        report=report, message=message, sender=sender, reference=reference, language=outcome.language,
        intent=outcome.intent if outcome.intent in ("protection", "emergency") else "report", category=outcome.category,
        place_code=outcome.place_code, place_text=outcome.place_text, severity=outcome.severity, people=told.people or outcome.people,
        people_unit=outcome.people_unit, since_days=outcome.since_days, details=outcome.details or told.text[:LONGEST],
        confidence=round(outcome.confidence, 4) if is_read else 0.0, errors=tuple(error for error, there in said.items() if not there),
        flags=(*outcome.flags, *((SENSITIVE,) if why and SENSITIVE not in outcome.flags else ())),
        why=("told to an officer", *outcome.why, *((why,) if why else ())))
