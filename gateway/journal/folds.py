"""The steps of the folds: one row, one fact, the row after it. Pure; a row is a plain dict, None before its birth."""

from __future__ import annotations

from typing import Any

from gateway.journal.canonical import canonical, derived_id
from gateway.journal.entries import Fact, writer_of
from gateway.journal.facts import guarding, matching, readings, triage

Row = dict[str, Any]

# How far an SMS came; a later stage never gives way to an earlier one (providers call back out of order).
STAGES = ("queued", "uncertain", "sent", "delivered", "undelivered", "failed")
# What a text was that made neither a report nor a command.
SAID_OF_A_TEXT = {"report_completed": "dialogue", "report_corrected": "dialogue", "report_extended": "add",
                  "message_repeated": "repeat", "answer_replied": "dialogue", "sender_registered": "register"}
# Texts that leave an open question open: the resident may still answer it.
ASIDE = ("greeting", "thanks", "help", "echo")
MOST_DETAILS = 2000  # characters of details that a report keeps; the texts themselves are kept whole


def message(row: Row | None, fact: Fact) -> Row | None:
    if fact.kind == "message_received":
        return (row or {}) | {name: fact[name] for name in ("sender", "channel", "provider_id", "received_at", "road", "text")}
    if row is None:
        return None
    if fact.kind == "report_filed":
        return row | {"outcome": row.get("outcome") or fact["intent"], "language": fact["language"]}
    if fact.kind in SAID_OF_A_TEXT:
        return row | {"outcome": row.get("outcome") or SAID_OF_A_TEXT[fact.kind]}
    if fact.kind == "report_unreadable":
        return row | {"outcome": fact["reason"], "language": fact["language"]}
    if fact.kind == "command_given":
        return row | {"outcome": row.get("outcome") or fact["intent"], "language": fact["language"]}
    if fact.kind in readings.KINDS:
        return row | {"settled": readings.READ if fact.kind == readings.ReportRead.KIND else None}
    if fact.kind in guarding.OF_REPORT:
        return row | {"settled": guarding.settled(fact)}
    return row | {"settled": fact["decision"]}


def report(row: Row | None, fact: Fact) -> Row | None:
    if fact.kind == "report_filed":
        names = ("message", "sender", "reference", "intent", "language", "category", "place_code", "place_text", "severity",
                 "people", "people_unit", "since_days", "details", "confidence", "place_source")
        return {name: fact[name] for name in names} | {
            "errors": canonical(fact["errors"] or ()), "why": canonical(fact["why"] or ()), "filed_at": fact.at,
            # what may concern violence or children is restricted from its first second, not from its classification on
            "restricted": True if fact["intent"] == "protection" or guarding.SENSITIVE in (fact["flags"] or ()) else None}
    if fact.kind in readings.KINDS:
        return readings.report(row, fact)
    if fact.kind in guarding.OF_REPORT:
        return guarding.report(row, fact)
    if row is None:
        return None
    if fact.kind == "report_completed":
        filled = {name: fact[name] for name in ("category", "place_code", "place_text") if fact[name] is not None}
        return row | filled | readings.told(row, fact) | {"errors": canonical(fact["errors"] or ())}
    if fact.kind == "report_corrected":  # it leaves the need that it was gathered into by mistake
        filled = {name: fact[name] for name in ("category", "place_code", "place_text") if fact[name] is not None}
        return row | filled | readings.told(row, fact) | {
            "errors": canonical(fact["errors"] or ()), "confidence": 1.0, "need": None}
    if fact.kind == "report_extended":
        said = " / ".join(part for part in (row["details"], fact["text"]) if part)[:MOST_DETAILS]
        more = {name: fact[name] for name in ("people", "people_unit", "since_days", "severity") if fact[name] is not None}
        return row | more | {"details": said}
    if fact.kind == "message_repeated":
        return row | {"repeats": (row.get("repeats") or 0) + 1}
    if fact.kind == "report_classified":
        by_hand = readings.PERSON in (row.get("model"), fact["model"])  # the machine adds only how urgent it is
        named = {} if by_hand else {
            "category": fact["category"] or row["category"], "confidence": fact["confidence"], "model": fact["model"]}
        return row | named | {"urgency": fact["urgency"], "restricted": guarding.classified(row, fact),
                              "reasons": canonical(fact["why"] or ()), "classified_at": fact.at,
                              "options": canonical(fact["options"] or ()), "unit": fact["unit"], "doubt": bool(fact["doubt"])}
    if fact.kind == "report_gathered":  # the machine never takes back what a person parted
        return row | {"need": fact["need"]} if fact["need"] not in matching.kept_apart(row) else row
    if fact.kind in matching.OF_REPORT:
        return matching.report(row, fact)
    if fact["intent"] in ("cancel", "fixed", "not_fixed"):
        return row | {"status": {"cancel": "cancelled", "fixed": "confirmed_fixed", "not_fixed": "not_fixed"}[fact["intent"]]}
    return row


def need(row: Row | None, fact: Fact) -> Row | None:
    if fact.kind == "need_opened":
        if row is not None:  # another node heard of the same dry tap; the earlier opening stands
            return row
        return {"place_code": fact["place_code"], "category": fact["category"], "generation": fact["generation"],
                "opened_at": fact.at, "status": "open", "status_at": fact.at, "key": fact["key"] or ""}
    if row is None:
        return None
    if fact.kind == "repair_judged":
        if fact["fixed"]:
            return row | {"said_fixed_at": fact.at}
        row = row | {"said_not_fixed_at": fact.at}
        if row["status"] not in ("done", "closed"):
            return row
        return row | {"status": "open", "status_at": fact.at, "status_by": fact.by, "status_entry": fact.position,
                      "reopened": (row.get("reopened") or 0) + 1}
    if fact.kind == triage.StatusWithdrawn.KIND:
        return triage.need(row, fact)
    again = row["status"] in ("done", "closed") and fact["status"] in ("open", "verified", "planned")
    return row | {"status": fact["status"], "status_at": fact.at, "status_by": fact.by, "status_entry": fact.position,
                  "note": fact["note"] or "", "contested": _contested(row.get("status_entry"), fact),
                  "reopened": (row.get("reopened") or 0) + again}


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
        if asked == "gender":
            row = row | {"asked_self": True}
        again = bool(row.get("strikes")) and fact["report"] == row.get("question_report")
        return row | {"question": asked, "question_at": fact.at, "question_report": fact["report"],
                      "options": canonical(fact["options"] or ()), "strikes": (row.get("strikes") or 0) + 1 if again else 1}
    if fact.kind == "report_unreadable":  # an open question stays open: the resident may try again
        return row | {"unread": fact.about[0]}
    if row.get("unread"):
        row = row | {"unread": None}
    if fact.kind == "sender_registered":
        given = {"home": fact["place_code"], "chosen": fact["language"], "asked_self": True if fact["gender"] else None}
        return row | {name: value for name, value in given.items() if value is not None}
    if fact.kind in ("report_extended", "message_repeated") or (fact.kind == "command_given" and fact["intent"] in ASIDE):
        return row
    said, held = fact["language"], row.get("question_report")
    same = held in fact.about if held else row.get("question") is not None and fact["intent"] == "dialogue"
    row = row | {"question": None, "question_at": None, "options": "[]"}
    if not (same and (fact["errors"] or fact["intent"] == "dialogue")):  # what is asked again about the same counts on
        row |= {"question_report": None, "strikes": 0}
    if said and said != "und":
        row["language"] = said
    if fact.kind == "report_filed":
        row |= {"last_reference": fact["reference"], "last_report": fact.about[0], "reports": (row.get("reports") or 0) + 1}
        if fact["intent"] == "protection":  # whoever wrote of violence is never asked who they are
            row["asked_self"] = True
        return row
    if fact["intent"] in ("stop", "start"):
        return row | {"opted_out": fact["intent"] == "stop"}
    if fact["intent"] == "language" and fact["detail"]:
        return row | {"language": fact["detail"], "chosen": fact["detail"]}
    return row


def profile(row: Row | None, fact: Fact) -> Row | None:
    given = {name: fact[name] for name in ("gender", "age_band") if fact[name] is not None}
    return (row or {}) | given | {"said_at": fact.at} if given else row


def reply(row: Row | None, fact: Fact) -> Row | None:
    if fact.kind == "reply_queued":
        names = ("sender", "channel", "kind", "language", "text", "segments", "due_at")
        return {name: fact[name] for name in names} | {
            "message": fact["message"], "queued_at": fact.at, "state": "queued"}
    if row is None:
        return None
    state = {"reply_failed": "failed", "reply_uncertain": "uncertain"}.get(fact.kind) or str(fact["status"])
    if STAGES.index(state) < STAGES.index(row["state"]):
        return row
    return row | {"state": state, "settled_at": fact.at, "provider_id": fact["provider_id"] or row.get("provider_id"),
                  # a doubt that a look-up ended is over
                  "reason": fact["reason"] or fact["error"] or (None if fact.kind == "reply_sent" else row.get("reason"))}


def programme(row: Row | None, fact: Fact) -> Row:
    return {name: fact[name] for name in ("name", "sponsor", "currency", "kind", "starts_on", "ends_on")} | {"phone": fact["phone"] or ""}


def account_id(writer: str, name: str) -> str:
    """Made of who enrolled it, so that no node can speak of another's accounts."""
    return derived_id("account", writer, name)


def account(row: Row | None, fact: Fact) -> Row | None:
    if fact.about[0] != account_id(writer_of(fact.position), fact["name"]):
        return row
    return {"name": fact["name"], "role": fact["role"], "areas": canonical(fact["areas"] or ()),
            "password": fact["password"], "enabled": fact["enabled"], "since": row["since"] if row else fact.at}


def _contested(seen: str | None, fact: Fact) -> bool:
    """Two people answered the same decision: the later in the order stands, and a person is told."""
    return seen is not None and fact["after"] != seen
