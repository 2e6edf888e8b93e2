"""What a text says to the question that is open: the option, the place, the report it is about; or that it is no answer. Pure."""

from __future__ import annotations

from datetime import datetime

from gateway.conversation import openings
from gateway.conversation.additions import filled, told
from gateway.conversation.corrections import to
from gateway.conversation.dialogue import (
    DANGER,
    NOT_UNDERSTOOD,
    OF_REPORT,
    OVERRIDES,
    POLITE,
    SURE,
    WHICH,
    WORDS_OF_AN_ANSWER,
    Again,
    Known,
    Move,
    Row,
    agrees,
    alike,
    brings,
    is_secret,
    plain,
    spoken,
    told_place,
)
from gateway.conversation.phrases import said_in, words_of
from parsers import Command, Draft, Outcome, Unreadable
from parsers.questions import QUESTIONS, SLIP, WHEN, WRONG_NUMBER


def answered(known: Known, asked: str | None, text: str, at: datetime, outcome: Outcome, again: Again) -> Move | None:
    """What the text says to the open question; None when it is no answer but stands for itself."""
    about = known.report
    if asked == "add" and about is not None and _is_addition(about, outcome):
        return Move(act="extend", outcome=outcome, about=about)
    if asked in ("home", "info") and isinstance(outcome, Draft) and outcome.category is None and told_place(outcome):
        return Move(act="command", outcome=Command(intent="dialogue", language=outcome.language, place_code=outcome.place_code))
    if asked == "rate" and isinstance(outcome, Command) and "rating_range" in outcome.errors and openings.number_in(text) is None:
        other = again(text, None)  # "NO ARREGLADO 10005" holds a number and is no rating
        return plain(other) if isinstance(other, Command) and other.intent != "rate" else None
    if asked not in OF_REPORT or about is None:
        return None
    if isinstance(outcome, Command) and outcome.intent == "dialogue" and outcome.errors:
        outcome = _seen_without(text, outcome, again)  # what is no place we know may be no place at all
    if outcome.answer == "other" or _is_none(known, asked, text):
        return Move(act="none_of_them", outcome=outcome, about=about)
    if isinstance(outcome, Command):
        if outcome.intent == "dialogue":
            more = again(text, None) if len(words_of(text)) > WORDS_OF_AN_ANSWER else None
            if isinstance(more, Command) and more.intent in OVERRIDES:
                return plain(more)
            return Move(act="fill", outcome=outcome, about=about, category=outcome.category, place_code=outcome.place_code,
                        more=more if isinstance(more, Draft) else None)
        return Move(act="ask_again", outcome=outcome, about=about) if outcome.intent in POLITE or outcome.answer == WHEN else None
    if isinstance(outcome, Unreadable):
        return Move(act="ask_again", outcome=outcome, about=about) if outcome.reason in NOT_UNDERSTOOD else None
    assert isinstance(outcome, Draft)
    if outcome.intent == "protection":
        return plain(outcome)
    return _answered_in_full(about, outcome) or told(known, text, at, outcome)


def voted(known: Known, text: str, outcome: Outcome) -> Move | None:
    """ "B", "la b", or an option in its own words, and nothing else: a text that says more is what it says, whatever letters are in it.

    Options are words of needs ("Gradas"), and who reported lately has a place that goes on: that makes no report of a vote.
    One word that is none of it is told the letters, once; who names two options is told them each time.
    """
    _, _, hinted, *options = known.options()
    letter = openings.vote_in(text, options)
    unclear = openings.names_several(text, options) or not hinted and isinstance(outcome, Unreadable) and (
        outcome.reason in ("unknown", "number_only") and len(words_of(text)) == 1)
    if letter is None and not unclear:
        return None
    errors = () if letter else ("poll_ambiguous",)
    return Move(act="command", outcome=Command(intent="poll", language="und", answer=letter, errors=errors,
                                               why=(f"answer: {letter or text.strip()[:20]}",)))


def of_the_trip(text: str, outcome: Outcome) -> Move | None:
    """ "NO", "me equivoque", "no, era a pie" right after a trip was noted: it is taken back. "si" leaves it as it is."""
    found = openings.correction_in(text)
    denied = openings.is_no(text) or (found is not None and found.lead in ("denies", "mends", "bare") and found.reference is None)
    stands_alone = isinstance(outcome, Draft) and (outcome.category is not None or outcome.intent in DANGER)
    takes_back = isinstance(outcome, Command) and (outcome.intent == WRONG_NUMBER and outcome.answer == SLIP or (
        outcome.intent == "cancel" and outcome.reference not in said_in(text)))
    if takes_back or (denied and not stands_alone and (not isinstance(outcome, Command) or outcome.intent == "dialogue")):
        return Move(act="command", outcome=Command(intent="trip", language=spoken(text, outcome), answer="no", why=("their trip is none",)))
    if openings.is_yes(text):
        return Move(act="command", outcome=Command(intent="thanks", language=spoken(text, outcome), why=("their trip is right",)))
    return None


def pointed(known: Known, asked: str, text: str, outcome: Outcome) -> Move | None:
    """The answer to "which report?": its number, or a few words that name it. What says more is what it says."""
    said = said_in(text)
    number = next((option for option in known.options() if option in said), None)
    few = 0 < len(said) <= WORDS_OF_AN_ANSWER and outcome.intent not in DANGER and not isinstance(outcome, Command)
    if number is None and not few:
        return None
    return Move(act="command", outcome=Command(intent=asked.removeprefix(WHICH), language="und", reference=number, why=(
        f"answer: which report, {number or text.strip()[:20]}",)))


def writes_back(about: Row, outcome: Outcome) -> bool:
    """Whether a text is for the person who wrote to them: it is no command but a question, and states no need but the one it was about."""
    if is_secret(about):
        return False
    if isinstance(outcome, Draft):
        restates = alike(outcome.category, about["category"]) and told_place(outcome) in (None, about["place_code"])
        return outcome.intent == "report" and (outcome.category is None or outcome.confidence < SURE or restates)
    if isinstance(outcome, Command):
        return outcome.answer in QUESTIONS  # "a que hora vienen?" is asked of who wrote
    return isinstance(outcome, Unreadable) and outcome.reason in ("unknown", "no_need", "number_only")


def _is_addition(about: Row, outcome: Outcome) -> bool:
    """Whether an answer to "what do you want to add?" is one; a report of another place is not."""
    if isinstance(outcome, Draft):
        return outcome.intent == "report" and told_place(outcome) in (None, about["place_code"]) and not outcome.place_candidates
    return isinstance(outcome, Unreadable) and outcome.reason in ("unknown", "no_need")


def _answered_in_full(about: Row, draft: Draft) -> Move | None:
    if draft.intent == "emergency":
        return None
    if agrees(about, draft) and brings(about, draft):
        return filled(about, draft)
    place = told_place(draft)
    if draft.category is None and place:  # "Kupini", "¿qué problema hay?", "Pampahasi"
        return to(about, draft) if place != about["place_code"] else Move(act="ask_again", outcome=draft, about=about)
    if agrees(about, draft) and (draft.confidence < SURE or draft.category == about["category"]):
        return Move(act="extend", outcome=draft, about=about, asks=True)
    return None


def _seen_without(text: str, outcome: Outcome, again: Again) -> Outcome:
    """An answer that names no place we know, read as if nothing had been asked: a need or a greeting is seen to be one."""
    other = again(text, None)
    if isinstance(other, Draft) and (other.intent in DANGER or (other.category and other.confidence >= SURE and not told_place(other))):
        return other
    if isinstance(other, Command) and other.intent in POLITE:
        return other
    return outcome


def _is_none(known: Known, asked: str, text: str) -> bool:
    """ "0 Otro", "ninguna": none of what we offered; 8 in a question of seven."""
    number = openings.number_in(text)
    if number is not None:
        return number == 0 if asked in ("choice", "category_choice") else asked == "category" and number in (0, len(known.options()) + 1)
    return asked in ("category", "choice", "category_choice", "confirm_place") and openings.is_other(text)
