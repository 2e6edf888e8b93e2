"""What an understood text leads to: the fact it is, and the one reply its sender gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from gateway.channels.values import Inbound
from gateway.dialogue import Known
from gateway.journal.canonical import iso, kin_id
from gateway.journal.events import CommandGiven, Event, ReplyQueued, ReportCompleted, ReportFiled, ReportUnreadable
from gateway.journal.tables import Link, Need, Report, Work, table
from gateway.labels import label
from gateway.node import Node
from gateway.replies import ANSWERED_IN, CATEGORY_CHOICES, language_for
from gateway.segments import measure
from parsers import Command, Draft, Outcome, Unreadable
from parsers.reference import is_valid

REPORT, NEED, LINK, WORK = table(Report), table(Need), table(Link), table(Work)
NEEDS_REFERENCE = ("status", "support", "fixed", "not_fixed", "cancel", "add")
DONE = ("done", "closed")


@dataclass(slots=True)
class Turn:
    """One text being answered."""

    c: Connection
    node: Node
    message: str
    sender: str
    inbound: Inbound
    known: Known | None
    at: datetime
    language: str = "es"

    def reply(self, kind: str, *, question: str | None = None, report: str | None = None, choices: tuple[str, ...] = (),
              **fills: Any) -> list[Event]:
        """The reply as an event; none where silence is the answer."""
        text = self.node.replies.text_for(kind, self.language, **fills)
        if text is None:
            return []
        return [ReplyQueued(reply=kin_id(self.message, "reply", kind), sender=self.sender, channel=self.inbound.channel, kind=kind,
                            language=self.language, text=text, segments=measure(text).segments, due_at=iso(self.at),
                            message=self.message, question=question, report=report, options=choices)]

    def category(self, code: str | None) -> str:
        return label(code, ANSWERED_IN.get(self.language, self.language))

    def place(self, code: str | None) -> str:
        return self.node.city.place_name(code)


def references_needed(outcome: Outcome) -> int:
    """How many references this outcome will use: one for each need it reports."""
    return max(1, len(outcome.needs or ())) if isinstance(outcome, Draft) else 0


def events(c: Connection, node: Node, message: str, sender: str, inbound: Inbound, outcome: Outcome, known: Known | None,
           numbers: Iterator[str], at: datetime) -> list[Event]:
    """The facts that follow from one text, the reply last."""
    turn = Turn(c, node, message, sender, inbound, known, at)
    # a number or a bare name says nothing about the language: the conversation goes on in the one it is held in
    before = known.row["language"] if known and (outcome.language == "und" or outcome.intent == "dialogue") else None
    turn.language = language_for(outcome.language, node.city.language, before)
    if isinstance(outcome, Draft):
        return _report(turn, outcome, numbers)
    if isinstance(outcome, Unreadable):
        return _unreadable(turn, outcome)
    assert isinstance(outcome, Command)
    return _command(turn, outcome)


# ----------------------------------------------------------------------------------------------------------- reports

def _report(turn: Turn, draft: Draft, numbers: Iterator[str]) -> list[Event]:
    filed = _filed(turn, draft, numbers)
    first = filed[0]
    if draft.intent == "protection":
        return [*filed, *turn.reply("protection")]
    if draft.intent == "emergency":
        return [*filed, *turn.reply("emergency")]
    if len(filed) > 1 and not first.errors:
        needs = tuple(f"{turn.category(f.category)} {f.reference}" for f in filed)
        return [*filed, *turn.reply("multi_ack", report=first.report, n=len(filed), place=turn.place(first.place_code), needs=needs)]
    return [*filed, *_acknowledge_or_ask(turn, first.report, first.reference, first.category, first.place_code, draft)]


def _filed(turn: Turn, draft: Draft, numbers: Iterator[str]) -> list[ReportFiled]:
    """One report for each need of the text; they share people, severity and time."""
    needs: list[tuple[str | None, str | None]] = [(n.category, n.place_code or draft.place_code) for n in draft.needs]
    needs = needs or [(draft.category, draft.place_code)]
    return [ReportFiled(
        report=kin_id(turn.message, "report", str(n)), message=turn.message, sender=turn.sender, reference=next(numbers),
        intent=draft.intent, language=draft.language, category=category,
        place_code=place, place_text=draft.place_text,
        severity=draft.severity, people=draft.people, people_unit=draft.people_unit, since_days=draft.since_days,
        details=draft.details, confidence=round(draft.confidence, 4), errors=tuple(draft.errors), flags=tuple(draft.flags),
        why=tuple(draft.why)) for n, (category, place) in enumerate(needs)]


def _acknowledge_or_ask(turn: Turn, report: str, reference: str, category: str | None, place: str | None,
                        found: Draft | Command | None = None) -> list[Event]:
    """Say back what was understood; or ask for the one thing that is missing, at most three times."""
    cat, where = turn.category(category), turn.place(place)
    tired = turn.known is not None and turn.known.is_tired_of(report)
    errors = tuple(found.errors) if found is not None else ()
    if place is None:
        if tired:
            return turn.reply("ack_no_place", report=report, ref=reference, cat=cat)
        candidates = tuple(getattr(found, "place_candidates", None) or ())
        if len(candidates) > 1:
            names = tuple(turn.place(code) for code in candidates[:3])
            return turn.reply("place_options", question="choice", report=report, choices=candidates[:3], options=names)
        if "place_code_unknown" in errors or "place_code_mismatch" in errors:
            code = getattr(found, "place_text", None) or ""
            if candidates:
                return turn.reply("place_code_bad", question="confirm_place", report=report, choices=candidates[:1],
                                  code=code, place=turn.place(candidates[0]))
            return turn.reply("place_code_unknown", question="place", report=report, code=code)
        if "place_unknown" in errors and getattr(found, "place_text", None):
            return turn.reply("ask_landmark", question="place", report=report, said=str(found.place_text))  # type: ignore[union-attr]
        return turn.reply("ask_place", question="place", report=report, cat=cat)
    if category is None:
        if tired:
            return turn.reply("ack_no_category", report=report, ref=reference, place=where)
        return turn.reply("ask_category", question="category", report=report, choices=CATEGORY_CHOICES, place=where)
    return turn.reply("ack", report=report, ref=reference, cat=cat, place=where)


# ------------------------------------------------------------------------------------------------- no need, no command

def _unreadable(turn: Turn, outcome: Unreadable) -> list[Event]:
    fact = ReportUnreadable(message=turn.message, sender=turn.sender, reason=outcome.reason, language=outcome.language,
                            hint=outcome.hint, why=tuple(outcome.why))
    kind = {"empty": "empty", "number_only": "number_only", "abuse": "abuse", "spam": "spam"}.get(outcome.reason, "unknown")
    return [fact, *turn.reply(kind)]


# ---------------------------------------------------------------------------------------------------------- commands

def _command(turn: Turn, command: Command) -> list[Event]:
    if command.intent == "dialogue" and turn.known and turn.known.report:
        return _completed(turn, command, turn.known.report)
    reference = command.reference
    if reference is None and command.intent in NEEDS_REFERENCE and turn.known:
        reference = turn.known.row["last_reference"]
    report = _by_reference(turn, reference) if command.intent in (*NEEDS_REFERENCE, "rate") and reference else None
    given = CommandGiven(message=turn.message, sender=turn.sender, intent=command.intent, language=command.language,
                         report=report["id"] if report else None, reference=reference,
                         detail=command.lang_to or command.details, errors=tuple(command.errors), why=tuple(command.why))
    return [given, *_answer(turn, command, reference, report)]


def _completed(turn: Turn, command: Command, report: dict[str, Any]) -> list[Event]:
    fills = dict(command.fills or {})
    category = fills.get("category") or report["category"]
    place = fills.get("place_code") or report["place_code"]
    missing = tuple(e for e, there in (("missing_place", place), ("missing_category", category)) if there is None)
    fact = ReportCompleted(report=report["id"], message=turn.message, sender=turn.sender, category=fills.get("category"),
                           place_code=fills.get("place_code"), place_text=command.place_text, errors=missing)
    if report["intent"] == "protection":
        return [fact, *turn.reply("ack_neutral")]
    if command.answer == "dont_know":  # accepted as it is: a person will ask or find out
        if place is None:
            return [fact, *turn.reply("ack_no_place", question="place", report=report["id"], ref=report["reference"],
                                      cat=turn.category(category))]
        return [fact, *turn.reply("ack_no_category", question="category", report=report["id"], choices=CATEGORY_CHOICES,
                                  ref=report["reference"], place=turn.place(place))]
    return [fact, *_acknowledge_or_ask(turn, report["id"], report["reference"], category, place, command)]


def _answer(turn: Turn, command: Command, reference: str | None, report: dict[str, Any] | None) -> list[Event]:
    intent = command.intent
    if intent in ("stop", "start", "greeting", "thanks", "help"):
        return turn.reply({"stop": "stop_ok", "start": "start_ok"}.get(intent, intent))
    if intent == "language":
        return _language(turn, command)
    if intent in (*NEEDS_REFERENCE, "rate"):
        if report is None:
            return _no_reference(turn, command, reference)
        if report["restricted"] or report["intent"] == "protection":
            return turn.reply("ack_neutral")
        return _about(turn, command, report)
    if intent == "register" and command.place_code:
        return turn.reply("registered", place=turn.place(command.place_code))
    if intent == "info" and command.place_code:
        return _works(turn, command.place_code)
    if intent == "officer":
        return turn.reply("not_auth")
    return turn.reply("unknown")


def _language(turn: Turn, command: Command) -> list[Event]:
    if command.lang_to is None:
        return turn.reply("lang_bad")
    turn.language = command.lang_to
    return turn.reply("lang_partly" if command.lang_to in ("ay", "qu", "sw") else "lang_ok")


def _no_reference(turn: Turn, command: Command, reference: str | None) -> list[Event]:
    mine = tuple(turn.c.execute(select(REPORT.c.reference).where(
        REPORT.c.sender == turn.sender, REPORT.c.restricted.is_not(True)).order_by(REPORT.c.filed_at.desc()).limit(4)).scalars())
    if reference is None:
        return turn.reply("reference_missing", list=mine)
    if is_valid(reference):
        return turn.reply("status_unknown", said=reference)
    return turn.reply("reference_bad", said=reference, list=mine)


def _about(turn: Turn, command: Command, report: dict[str, Any]) -> list[Event]:
    ref, cat, place = report["reference"], turn.category(report["category"]), turn.place(report["place_code"])
    if command.intent == "cancel":
        return turn.reply("cancelled", ref=ref) if report["sender"] == turn.sender else turn.reply("reference_bad", said=ref, list=())
    if command.intent == "add":
        return turn.reply("added", ref=ref)
    if command.intent == "fixed":
        return turn.reply("fixed_thanks", question="rate", report=report["id"], ref=ref)
    if command.intent == "not_fixed":
        return turn.reply("reopened", ref=ref)
    if command.intent == "rate":
        return turn.reply("rate_thanks", n=command.rating, ref=ref) if command.rating else turn.reply("rate_bad")
    if command.intent == "support":
        return turn.reply("support_ok", ref=ref, cat=cat, place=place, n=_people(turn, report, plus=turn.sender))
    return _status(turn, report, ref, cat, place)


def _status(turn: Turn, report: dict[str, Any], ref: str, cat: str, place: str) -> list[Event]:
    """Where a report stands, in the words of what happened last."""
    date = report["filed_at"][8:10] + "/" + report["filed_at"][5:7]
    need = turn.c.execute(select(NEED).where(NEED.c.id == report["need"])).mappings().first() if report["need"] else None
    if need is None:
        return turn.reply("status_received", ref=ref, cat=cat, place=place, date=date)
    if need["status"] in (*DONE, "rejected"):
        return turn.reply("status_rejected" if need["status"] == "rejected" else "status_done", ref=ref, cat=cat, place=place)
    work = turn.c.execute(select(WORK.c.name, WORK.c.starts_on).join(LINK, LINK.c.work == WORK.c.id).where(
        LINK.c.need == need["id"], LINK.c.linked).order_by(LINK.c.at.desc())).first()
    if work is not None:
        return turn.reply("status_work", ref=ref, cat=cat, place=place, work=work.name, date=_month(work.starts_on))
    if need["status"] == "verified":
        return turn.reply("status_verified", ref=ref, cat=cat, place=place)
    people = _people(turn, report)
    if people > 1:
        return turn.reply("status_gathered", ref=ref, cat=cat, place=place, n=people)
    return turn.reply("status_received", ref=ref, cat=cat, place=place, date=date)


def _works(turn: Turn, place_code: str) -> list[Event]:
    work = turn.c.execute(select(WORK).where(WORK.c.place_code == place_code).order_by(WORK.c.starts_on)).mappings().first()
    if work is None:
        return turn.reply("work_none", place=turn.place(place_code))
    return turn.reply("work_info", work=work["name"], place=turn.place(place_code), phase=work["phase"], date=_month(work["starts_on"]))


def _people(turn: Turn, report: dict[str, Any], plus: str | None = None) -> int:
    """How many phones stand behind the need of a report, the asking one too."""
    if report["need"] is None:
        return 1 if plus in (None, report["sender"]) else 2
    senders = set(turn.c.execute(select(REPORT.c.sender).where(REPORT.c.need == report["need"]).limit(10000)).scalars())
    return len(senders | ({plus} if plus else set()))


def _by_reference(turn: Turn, reference: str) -> dict[str, Any] | None:
    row = turn.c.execute(select(REPORT).where(REPORT.c.reference == reference)).mappings().first()
    return dict(row) if row else None


def _month(day: str | None) -> str:
    return f"{day[5:7]}/{day[:4]}" if day else ""


