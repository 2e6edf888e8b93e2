"""Danger and what was not meant: an emergency that is over, a slip after a report, what is confided after violence. Pure."""

from __future__ import annotations

from datetime import datetime

from gateway.conversation import openings
from gateway.conversation.dialogue import DANGER, OF_REPORT, Known, Move, Row, is_secret, told_place
from parsers import Draft, Outcome, Unreadable


def calmed(known: Known, text: str, at: datetime, outcome: Outcome) -> Row | None:
    """The emergency of which a text says that it is over or was none; a need that it tells besides, with a place, comes first."""
    last = known.last(at)
    if last is None or last["intent"] != "emergency" or is_secret(last) or outcome.intent in DANGER or not openings.is_over(text):
        return None
    return None if isinstance(outcome, Draft) and told_place(outcome) not in (None, last["place_code"]) else last


def slipped(known: Known, asked: str | None, at: datetime, outcome: Outcome) -> Move | None:
    """ "perdon, equivocado" after a report: something in it is wrong. About danger nothing is asked."""
    about = known.report if asked in (*OF_REPORT, "correct") else known.last(at)
    if about is None or about["intent"] in DANGER or is_secret(about):
        return None
    return Move(act="ask_correction", outcome=outcome, about=about)


def is_confided(outcome: Outcome) -> bool:
    """After a text about violence, all but a need of its own kind and a command stays between the sender and the focal point."""
    if isinstance(outcome, Draft):
        return outcome.category is None
    return isinstance(outcome, Unreadable) and outcome.reason != "spam"
