"""The steps of the folds: one row, one fact, the row after it. Pure; a row is a plain dict, None before its birth."""

from __future__ import annotations

from typing import Any

from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact

Row = dict[str, Any]

# How far an SMS came; a later stage never gives way to an earlier one (providers call back out of order).
STAGES = ("queued", "uncertain", "sent", "delivered", "undelivered", "failed")


def message(row: Row | None, fact: Fact) -> Row | None:
    if fact.kind == "message_received":
        return (row or {}) | {name: fact[name] for name in ("sender", "channel", "provider_id", "received_at", "road", "text")}
    if row is None:
        return None
    if fact.kind == "report_filed":
        return row | {"outcome": row.get("outcome") or fact["intent"], "language": fact["language"]}
    if fact.kind == "report_completed":
        return row | {"outcome": row.get("outcome") or "dialogue"}
    if fact.kind == "report_unreadable":
        return row | {"outcome": fact["reason"], "language": fact["language"]}
    if fact.kind == "command_given":
        return row | {"outcome": row.get("outcome") or fact["intent"], "language": fact["language"]}
    return row | {"settled": fact["decision"]}


def report(row: Row | None, fact: Fact) -> Row | None:
    if fact.kind == "report_filed":
        names = ("message", "sender", "reference", "intent", "language", "category", "place_code", "place_text", "severity",
                 "people", "people_unit", "since_days", "details", "confidence")
        return {name: fact[name] for name in names} | {
            "errors": canonical(fact["errors"] or ()), "why": canonical(fact["why"] or ()), "filed_at": fact.at,
            # what concerns violence or children is restricted from its first second, not from its classification on
            "restricted": True if fact["intent"] == "protection" else None}
    if row is None:
        return None
    if fact.kind == "report_completed":
        filled = {name: fact[name] for name in ("category", "place_code", "place_text") if fact[name] is not None}
        return row | filled | {"errors": canonical(fact["errors"] or ())}
    if fact.kind == "report_classified":
        return row | {"category": fact["category"] or row["category"], "confidence": fact["confidence"],
                      "urgency": fact["urgency"], "restricted": bool(fact["restricted"] or row["restricted"]),
                      "model": fact["model"], "reasons": canonical(fact["why"] or ()), "classified_at": fact.at}
    if fact.kind == "report_gathered":
        return row | {"need": fact["need"]}
    if fact["intent"] in ("cancel", "fixed", "not_fixed"):
        return row | {"status": {"cancel": "cancelled", "fixed": "confirmed_fixed", "not_fixed": "not_fixed"}[fact["intent"]]}
    return row


def need(row: Row | None, fact: Fact) -> Row | None:
    if fact.kind == "need_opened":
        if row is not None:  # another node heard of the same dry tap; the earlier opening stands
            return row
        return {"place_code": fact["place_code"], "category": fact["category"], "generation": fact["generation"],
                "opened_at": fact.at, "status": "open", "status_at": fact.at}
    if row is None:
        return None
    return row | {"status": fact["status"], "status_at": fact.at, "status_by": fact.by, "status_entry": fact.position,
                  "note": fact["note"] or "", "contested": _contested(row.get("status_entry"), fact)}


def link_id(fact: Fact) -> str:
    return f"{fact['need']}+{fact['work']}"


def link(row: Row | None, fact: Fact) -> Row:
    return {"id": link_id(fact), "need": fact["need"], "work": fact["work"], "linked": fact.kind == "need_linked",
            "why": fact["why"] or "", "by": fact.by, "at": fact.at, "entry": fact.position,
            "contested": _contested(row["entry"] if row else None, fact)}


def support_id(fact: Fact) -> str | None:
    return f"{fact.about[1]}+{fact['sender']}" if fact["intent"] == "support" and len(fact.about) > 1 else None


def support(row: Row | None, fact: Fact) -> Row:
    return row or {"id": support_id(fact), "report": fact.about[1], "sender": fact["sender"], "at": fact.at}


def sender(row: Row | None, fact: Fact) -> Row | None:
    if fact.kind == "message_received":
        return (row or {}) | {"channel": fact["channel"]}
    if row is None:
        return None
    if fact.kind == "sender_opted_out":
        return row | {"opted_out": True}
    if fact.kind == "reply_queued":
        asked = fact["question"]
        if asked is None:
            return row
        again = fact["report"] is not None and fact["report"] == row.get("question_report")
        return row | {"question": asked, "question_at": fact.at, "question_report": fact["report"],
                      "options": canonical(fact["options"] or ()), "strikes": (row.get("strikes") or 0) + 1 if again else 1}
    if fact.kind == "report_unreadable":  # an open question stays open: the resident may try again
        return row
    said = fact["language"]
    row = row | {"question": None, "question_at": None, "options": "[]"}
    if not (fact.kind == "report_completed" and fact["errors"]):  # asked again about the same report, it counts on
        row |= {"question_report": None, "strikes": 0}
    if said and said != "und":
        row["language"] = said
    if fact.kind == "report_filed":
        return row | {"last_reference": fact["reference"], "last_report": fact.about[0]}
    if fact["intent"] in ("stop", "start"):
        return row | {"opted_out": fact["intent"] == "stop"}
    if fact["intent"] == "language" and fact["detail"]:
        return row | {"language": fact["detail"]}
    return row


def reply(row: Row | None, fact: Fact) -> Row | None:
    if fact.kind == "reply_queued":
        names = ("sender", "channel", "kind", "language", "text", "segments", "due_at")
        return {name: fact[name] for name in names} | {
            "message": fact.about[1] if len(fact.about) > 1 else None, "queued_at": fact.at, "state": "queued"}
    if row is None:
        return None
    state = {"reply_failed": "failed", "reply_uncertain": "uncertain"}.get(fact.kind) or str(fact["status"])
    if STAGES.index(state) < STAGES.index(row["state"]):
        return row
    return row | {"state": state, "settled_at": fact.at, "provider_id": fact["provider_id"] or row.get("provider_id"),
                  # a doubt that a look-up ended is over
                  "reason": fact["reason"] or fact["error"] or (None if fact.kind == "reply_sent" else row.get("reason"))}


def programme(row: Row | None, fact: Fact) -> Row:
    return {name: fact[name] for name in ("name", "sponsor", "currency", "kind")}


def work(row: Row | None, fact: Fact) -> Row:
    return {name: fact[name] for name in
            ("programme", "name", "component", "place_code", "phase", "budget", "starts_on", "ends_on")}


def account(row: Row | None, fact: Fact) -> Row:
    return {"name": fact["name"], "role": fact["role"], "areas": canonical(fact["areas"] or ()),
            "password": fact["password"], "enabled": fact["enabled"], "since": row["since"] if row else fact.at}


def _contested(seen: str | None, fact: Fact) -> bool:
    """Two people answered the same decision: the later in the order stands, and a person is told."""
    return seen is not None and fact["after"] != seen
