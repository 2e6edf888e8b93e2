"""Which move a text makes in the conversation: an answer, an addition, a correction, a new need, an update. Pure.

The order is the meaning: danger first, then the very same words, then "no", then the open question, then what the words say.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gateway.conversation import openings
from gateway.conversation.additions import told
from gateway.conversation.alarms import calmed, is_confided, slipped
from gateway.conversation.answered import answered, of_the_trip, pointed, voted, writes_back
from gateway.conversation.corrections import corrected
from gateway.conversation.dialogue import (
    ANSWER,
    DANGER,
    DAY,
    POLL,
    SOON,
    TRIP,
    WHICH,
    WORDS_OF_AN_ANSWER,
    Again,
    Known,
    Move,
    apart,
    is_secret,
    names_place,
    plain,
    spoken,
    twin,
)
from gateway.conversation.phrases import words_of
from parsers import Command, Draft, Outcome, Unreadable
from parsers.questions import AGREED, ASKS_WHEN, SLIP, WHEN, WRONG_NUMBER


def decide(known: Known | None, text: str, at: datetime, outcome: Outcome, again: Again) -> Move:
    """The move. `again` reads a text once more, under no question or another; it is called rarely."""
    if known is None:
        return _asks_when(outcome) or plain(outcome)
    asked = known.asked(at)
    if outcome.answer == AGREED and (asked or known.recent):  # what it agrees with, the conversation knows
        outcome = Unreadable(intent="unknown", reason="unknown", language=outcome.language, answer=AGREED, why=outcome.why)
    if isinstance(outcome, Draft) and outcome.intent == "protection":
        return _once_more(known, text, at, outcome) or plain(outcome)
    if asked == "same" and known.report is not None and outcome.intent not in DANGER and (same := openings.is_same(text)) is not None:
        answer = Command(intent="dialogue", language=outcome.language, why=("the same as another report" if same else "another",))
        more = outcome if len(words_of(text)) > WORDS_OF_AN_ANSWER else None
        return Move(act="same", outcome=answer, about=known.report, same=same, more=more)
    if asked == "erase" and outcome.intent not in DANGER and (openings.is_yes(text) or openings.is_no(text)):  # a bare "si" erases nothing
        intent = "erase" if openings.is_yes(text) else "erase_no"
        return Move(act="command", outcome=Command(intent=intent, language=spoken(text, outcome), why=("an answer to whether to erase",)))
    if asked == POLL and outcome.intent not in DANGER and (vote := voted(known, text, outcome)) is not None:
        return vote
    if asked == TRIP and (trip := of_the_trip(text, outcome)) is not None:
        return trip
    if asked == "callback" and known.report is not None and is_confided(outcome):
        return Move(act="confide", outcome=outcome, about=known.report)
    if outcome.answer == WHEN and (newest := known.last(at)) is not None and is_secret(newest):
        return Move(act="confide", outcome=outcome, about=newest)  # whoever waits for us after that waits for the focal point
    if asked is not None and asked.startswith(WHICH) and (one := pointed(known, asked, text, outcome)) is not None:
        return one
    if asked == ANSWER and known.report is not None and writes_back(known.report, outcome):
        return Move(act="thread", outcome=outcome, about=known.report)
    if outcome.intent == WRONG_NUMBER and outcome.answer == SLIP and (slip := slipped(known, asked, at, outcome)) is not None:
        return slip
    if (cried := calmed(known, text, at, outcome)) is not None:
        return Move(act="over", outcome=outcome, about=cried)
    move = (_once_more(known, text, at, outcome) or corrected(known, asked, text, at, outcome, again)
            or answered(known, asked, text, at, outcome, again))
    if move is not None:
        return move
    if not isinstance(outcome, Command) and (joined := _joined(known, text, outcome, again)) is not None:
        outcome = joined
    if (asking := _asks_when(outcome)) is not None:
        return asking
    if isinstance(outcome, Draft):
        return told(known, text, at, outcome)
    if isinstance(outcome, Unreadable):
        return _unread(known, text, at, outcome)
    # "AGREGAR somos 20 familias" counts them
    more = again(outcome.details, None) if outcome.intent == "add" and outcome.details else None
    return replace(plain(outcome), more=more)


def _asks_when(outcome: Outcome) -> Move | None:
    """ "cuando van a recoger la basura": how their report of it stands, and no new one; with a place it may be both (`answering`)."""
    if ASKS_WHEN not in outcome.flags or "sensitive" in outcome.flags:
        return None
    if isinstance(outcome, Draft) and names_place(outcome):
        return Move(act="file", outcome=outcome)
    return Move(act="command", outcome=Command(intent="status", answer=WHEN, language=outcome.language, category=outcome.category,
                                               why=("asks when", *outcome.why)))


def _once_more(known: Known, text: str, at: datetime, outcome: Outcome) -> Move | None:
    """The same words again within a day. A place or a command may well be said twice."""
    if not known.recent or isinstance(outcome, Command) and outcome.intent != "dialogue":
        return None
    found = twin(known, text, at)
    if found is None or (isinstance(outcome, Command) and (known.report is None or found["id"] != known.report["id"])):
        return None
    return Move(act="repeat", outcome=outcome, about=found)


def _unread(known: Known, text: str, at: datetime, outcome: Unreadable) -> Move:
    """A few words we cannot read, right after a report, are more about it."""
    if outcome.answer == AGREED and not known.recent:
        return _agreed(text, outcome)
    if outcome.reason != "unknown" or not known.recent:
        return plain(outcome)
    if (secret := next((r for r in known.recent if is_secret(r) and apart(r, at) <= DAY), None)) is not None:
        return Move(act="confide", outcome=outcome, about=secret)  # whatever else was said since: nobody else reads it by accident
    last, agrees_with_us = known.last(at, SOON), openings.is_yes(text) or outcome.answer == AGREED
    says_more = len(words_of(text)) > 1 and not agrees_with_us and not openings.introduces(text)
    if last is not None and last["intent"] != "protection" and says_more:
        return Move(act="extend", outcome=outcome, about=last)
    if agrees_with_us and (known.last(at) is not None or outcome.answer == AGREED):  # "SI", it is right
        return _agreed(text, outcome)
    return plain(outcome)


def _agreed(text: str, outcome: Outcome) -> Move:
    return Move(act="command", outcome=Command(intent="thanks", language=spoken(text, outcome), why=("yes to what we understood",)))


def _joined(known: Known, text: str, outcome: Outcome, again: Again) -> Outcome | None:
    """The text with the one just before it that made no sense: two halves of one, in the order they are numbered."""
    if known.unread is None or (isinstance(outcome, Draft) and not outcome.errors):
        return None
    mine, before = openings.part_of(text), openings.part_of(known.unread)
    halves = [openings.without_part(known.unread), openings.without_part(text)]
    if mine and before and mine < before:
        halves.reverse()
    whole = again(" ".join(halves), None)
    better = isinstance(whole, Draft) and (not isinstance(outcome, Draft) or len(whole.errors) < len(outcome.errors))
    return whole if better else None
