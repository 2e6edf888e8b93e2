"""What a text puts right that we understood wrongly: "NO", "no es agua, es luz", "era S1701", "NO 10029". Pure."""

from __future__ import annotations

from datetime import datetime

from gateway.conversation import openings
from gateway.conversation.dialogue import (
    DANGER,
    NOT_UNDERSTOOD,
    OF_REPORT,
    Again,
    Known,
    Move,
    Row,
    is_secret,
    names_place,
    told_place,
)
from gateway.conversation.openings import Correction
from parsers import Command, Draft, Outcome, Unreadable


def corrected(known: Known, asked: str | None, text: str, at: datetime, outcome: Outcome, again: Again) -> Move | None:
    """ "NO", "no es agua, es luz", "era S1701", "NO 10029": something we understood was wrong."""
    if isinstance(outcome, Command) and outcome.intent not in ("status", "dialogue") or outcome.intent == "emergency":
        return None
    about = known.report if asked in (*OF_REPORT, "correct") else known.last(at)
    found = openings.correction_in(text) if about or outcome.reference else None
    move = _denied(about, asked, found, outcome, again) if found else None
    return move or (_retold(about, text, outcome, again) if asked == "correct" and about else None)


def _denied(about: Row | None, asked: str | None, found: Correction, outcome: Outcome, again: Again) -> Move | None:
    """A text that begins as a correction does, if it is one."""
    if isinstance(outcome, Command) and not (found.reference or (found.lead == "denies" and found.rests and outcome.answer is None)):
        return None  # "ESTADO 10029", or an answer that the question explains
    if found.reference:
        right = next((o for rest in found.rests if _says(o := _read(rest, again))), None)
        return Move(act="correct" if right else "ask_correction", outcome=right or outcome, reference=found.reference)
    if about is None:
        return None
    if found.lead == "denies" and not found.rests:
        if asked in ("choice", "category_choice"):
            return Move(act="none_of_them", outcome=outcome, about=about)
        if asked in ("gender", "age", "rate", "fixed", "home", "info", "poll", "checkin", "confirm_place"):
            return None
    if is_secret(about) or (about["intent"] == "emergency" and not found.rests):
        return Move(act="extend", outcome=outcome, about=about) if found.lead != "hints" and found.firm else None
    if found.lead == "bare":
        if isinstance(outcome, Draft) and outcome.category is None and told_place(outcome):
            return to(about, outcome)
        return Move(act="ask_correction", outcome=outcome, about=about) if found.firm and isinstance(outcome, Unreadable) else None
    return _mended(about, found, outcome, again)


def _mended(about: Row, found: Correction, outcome: Outcome, again: Again) -> Move | None:
    """The first reading of what should stand instead that changes something."""
    understood = not found.rests
    for rest in found.rests:
        right = _read(rest, again)
        if not _says(right) or (found.lead == "hints" and right.category and names_place(right)):
            continue
        understood = understood or found.lead != "hints"
        if _changes(about, right):
            return to(about, right)
    return Move(act="ask_correction", outcome=outcome, about=about) if understood or found.firm else None


def _retold(about: Row, text: str, outcome: Outcome, again: Again) -> Move | None:
    """We asked what to correct and this is the answer, however it begins."""
    if isinstance(outcome, Draft) and outcome.intent not in DANGER and _says(outcome):
        right = next((o for part in openings.readings(text) if _changes(about, o := _read(part, again))), None)
        return to(about, right) if right is not None else Move(act="disputed", outcome=outcome, about=about)
    if openings.is_yes(text):
        return Move(act="repeat", outcome=outcome, about=about, asks=True)
    if isinstance(outcome, Unreadable) and outcome.reason in NOT_UNDERSTOOD:
        return Move(act="ask_again", outcome=outcome, about=about)
    return None


def to(about: Row, right: Outcome) -> Move:
    return Move(act="correct", outcome=right, about=about, category=right.category, place_code=told_place(right))


def _read(rest: str, again: Again) -> Outcome:
    """A few words that may be a place, a need or both: "luz" alone is read as an answer."""
    found = again(rest, None)
    return found if _says(found) else again(rest, "category")


def _says(outcome: Outcome) -> bool:
    return outcome.category is not None or names_place(outcome)


def _changes(about: Row, right: Outcome) -> bool:
    category = right.category and right.category != about["category"] and not (about["category"] or "").startswith(right.category)
    place = told_place(right)
    return bool(category or (place and place != about["place_code"]) or (names_place(right) and not place))
