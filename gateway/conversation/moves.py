"""Which move a text makes in the conversation: an answer, an addition, a correction, a new need, an update. Pure.

The order is the meaning: danger first, then the very same words, then "no", then the open question, then what the words say.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gateway.conversation import openings
from gateway.conversation.dialogue import (
    ANSWER,
    DANGER,
    DAY,
    OF_REPORT,
    POLL,
    SOON,
    WHICH,
    Again,
    Known,
    Move,
    Row,
    agrees,
    alike,
    apart,
    brings,
    is_same_need,
    is_secret,
    lacks,
    names_place,
    told_place,
    twin,
)
from gateway.conversation.openings import Correction
from gateway.needs.likeness import is_point
from parsers import Command, Draft, Outcome, Unreadable
from parsers.questions import AGREED, QUESTIONS, SLIP, WHEN, WRONG_NUMBER

WORDS_OF_AN_ANSWER = 3  # what has more words says more than the answer
PLAIN = 0.8  # from here on a text that tells a spot tells a need there
SURE = 0.6  # from here on a need is taken for one although we asked for something else
# Commands that answer nothing: the open question is asked again instead of being forgotten.
POLITE = ("greeting", "thanks")
OVERRIDES = ("add", "cancel", "status", "support", "register", "language", "info", "not_fixed", "fixed", "trip")
NOT_UNDERSTOOD = ("unknown", "number_only", "empty", "no_need")


def decide(known: Known | None, text: str, at: datetime, outcome: Outcome, again: Again) -> Move:
    """The move. `again` reads a text once more, under no question or another; it is called rarely."""
    if known is None:
        return plain(outcome)
    asked = known.asked(at)
    if outcome.answer == AGREED and (asked or known.recent):  # what it agrees with, the conversation knows
        outcome = Unreadable(intent="unknown", reason="unknown", language=outcome.language, answer=AGREED, why=outcome.why)
    if isinstance(outcome, Draft) and outcome.intent == "protection":
        return _once_more(known, text, at, outcome) or plain(outcome)
    if asked == "same" and known.report is not None and outcome.intent not in DANGER and (same := openings.is_same(text)) is not None:
        answer = Command(intent="dialogue", language=outcome.language, why=("the same as another report" if same else "another",))
        more = outcome if len(openings.words_of(text)) > WORDS_OF_AN_ANSWER else None
        return Move(act="same", outcome=answer, about=known.report, same=same, more=more)
    if asked == "erase" and outcome.intent not in DANGER and (openings.is_yes(text) or openings.is_no(text)):  # a bare "si" erases nothing
        intent = "erase" if openings.is_yes(text) else "erase_no"
        return Move(act="command", outcome=Command(intent=intent, language=outcome.language, why=("an answer to whether to erase",)))
    if asked == POLL and outcome.intent not in DANGER and (vote := _voted(known, text, outcome)) is not None:
        return vote
    if asked == "callback" and known.report is not None and _is_confided(outcome):
        return Move(act="confide", outcome=outcome, about=known.report)
    if outcome.answer == WHEN and (newest := known.last(at)) is not None and is_secret(newest):
        return Move(act="confide", outcome=outcome, about=newest)  # whoever waits for us after that waits for the focal point
    if asked is not None and asked.startswith(WHICH) and (one := _pointed(known, asked, text, outcome)) is not None:
        return one
    if asked == ANSWER and known.report is not None and _writes_back(known.report, outcome):
        return Move(act="thread", outcome=outcome, about=known.report)
    if outcome.intent == WRONG_NUMBER and outcome.answer == SLIP and (slipped := _slipped(known, asked, at, outcome)) is not None:
        return slipped
    if (cried := _calmed(known, text, at, outcome)) is not None:
        return Move(act="over", outcome=outcome, about=cried)
    move = (_once_more(known, text, at, outcome) or _corrected(known, asked, text, at, outcome, again)
            or _answered(known, asked, text, at, outcome, again))
    if move is not None:
        return move
    if not isinstance(outcome, Command) and (joined := _joined(known, text, outcome, again)) is not None:
        outcome = joined
    if isinstance(outcome, Draft):
        return _told(known, text, at, outcome)
    if isinstance(outcome, Unreadable):
        return _unread(known, text, at, outcome)
    # "AGREGAR somos 20 familias" counts them
    more = again(outcome.details, None) if outcome.intent == "add" and outcome.details else None
    return replace(plain(outcome), more=more)


def plain(outcome: Outcome) -> Move:
    """What the text is when no conversation gives it another sense."""
    return Move(act="file" if isinstance(outcome, Draft) else "command" if isinstance(outcome, Command) else "unread", outcome=outcome)


def _voted(known: Known, text: str, outcome: Outcome) -> Move | None:
    """ "B", "la b", or an option in its own words, and nothing else: a text that says more is what it says, whatever letters are in it.

    Options are words of needs ("Gradas"), and who reported lately has a place that goes on: that makes no report of a vote.
    One word that is none of it is told the letters, once.
    """
    _, _, hinted, *options = known.options()
    letter = openings.vote_in(text, options)
    unclear = not hinted and isinstance(outcome, Unreadable) and outcome.reason in ("unknown", "number_only") and (
        len(openings.words_of(text)) == 1)
    if letter is None and not unclear:
        return None
    errors = () if letter else ("poll_ambiguous",)
    return Move(act="command", outcome=Command(intent="poll", language="und", answer=letter, errors=errors,
                                               why=(f"answer: {letter or text.strip()[:20]}",)))


def _pointed(known: Known, asked: str, text: str, outcome: Outcome) -> Move | None:
    """The answer to "which report?": its number, or a few words that name it. What says more is what it says."""
    said = [word.said for word in openings.words_of(text)]
    number = next((option for option in known.options() if option in said), None)
    few = 0 < len(said) <= WORDS_OF_AN_ANSWER and outcome.intent not in DANGER and not isinstance(outcome, Command)
    if number is None and not few:
        return None
    return Move(act="command", outcome=Command(intent=asked.removeprefix(WHICH), language="und", reference=number, why=(
        f"answer: which report, {number or text.strip()[:20]}",)))


def _calmed(known: Known, text: str, at: datetime, outcome: Outcome) -> Row | None:
    """The emergency of which a text says that it is over or was none; a need that it tells besides, with a place, comes first."""
    last = known.last(at)
    if last is None or last["intent"] != "emergency" or is_secret(last) or outcome.intent in DANGER or not openings.is_over(text):
        return None
    return None if isinstance(outcome, Draft) and told_place(outcome) not in (None, last["place_code"]) else last


def _slipped(known: Known, asked: str | None, at: datetime, outcome: Outcome) -> Move | None:
    """ "perdon, equivocado" after a report: something in it is wrong. About danger nothing is asked."""
    about = known.report if asked in (*OF_REPORT, "correct") else known.last(at)
    if about is None or about["intent"] in DANGER or is_secret(about):
        return None
    return Move(act="ask_correction", outcome=outcome, about=about)


def _is_confided(outcome: Outcome) -> bool:
    """After a text about violence, all but a need of its own kind and a command stays between the sender and the focal point."""
    if isinstance(outcome, Draft):
        return outcome.category is None
    return isinstance(outcome, Unreadable) and outcome.reason != "spam"


def _writes_back(about: Row, outcome: Outcome) -> bool:
    """Whether a text is for the person who wrote to them: it is no command but a question, and states no need but the one it was about."""
    if is_secret(about):
        return False
    if isinstance(outcome, Draft):
        restates = alike(outcome.category, about["category"]) and told_place(outcome) in (None, about["place_code"])
        return outcome.intent == "report" and (outcome.category is None or outcome.confidence < SURE or restates)
    if isinstance(outcome, Command):
        return outcome.answer in QUESTIONS  # "a que hora vienen?" is asked of who wrote
    return isinstance(outcome, Unreadable) and outcome.reason in ("unknown", "no_need", "number_only")


def _once_more(known: Known, text: str, at: datetime, outcome: Outcome) -> Move | None:
    """The same words again within a day. A place or a command may well be said twice."""
    if not known.recent or isinstance(outcome, Command) and outcome.intent != "dialogue":
        return None
    found = twin(known, text, at)
    if found is None or (isinstance(outcome, Command) and (known.report is None or found["id"] != known.report["id"])):
        return None
    return Move(act="repeat", outcome=outcome, about=found)


# -------------------------------------------------------------------------------------------------------- corrections

def _corrected(known: Known, asked: str | None, text: str, at: datetime, outcome: Outcome, again: Again) -> Move | None:
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
            return _to(about, outcome)
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
            return _to(about, right)
    return Move(act="ask_correction", outcome=outcome, about=about) if understood or found.firm else None


def _retold(about: Row, text: str, outcome: Outcome, again: Again) -> Move | None:
    """We asked what to correct and this is the answer, however it begins."""
    if isinstance(outcome, Draft) and outcome.intent not in DANGER and _says(outcome):
        right = next((o for part in openings.readings(text) if _changes(about, o := _read(part, again))), None)
        return _to(about, right) if right is not None else Move(act="disputed", outcome=outcome, about=about)
    if openings.is_yes(text):
        return Move(act="repeat", outcome=outcome, about=about, asks=True)
    if isinstance(outcome, Unreadable) and outcome.reason in NOT_UNDERSTOOD:
        return Move(act="ask_again", outcome=outcome, about=about)
    return None


def _to(about: Row, right: Outcome) -> Move:
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


# ------------------------------------------------------------------------------------------------------------ answers

def _answered(known: Known, asked: str | None, text: str, at: datetime, outcome: Outcome, again: Again) -> Move | None:
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
            more = again(text, None) if len(openings.words_of(text)) > WORDS_OF_AN_ANSWER else None
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
    return _answered_in_full(about, outcome) or _told(known, text, at, outcome)


def _is_addition(about: Row, outcome: Outcome) -> bool:
    """Whether an answer to "what do you want to add?" is one; a report of another place is not."""
    if isinstance(outcome, Draft):
        return outcome.intent == "report" and told_place(outcome) in (None, about["place_code"]) and not outcome.place_candidates
    return isinstance(outcome, Unreadable) and outcome.reason in ("unknown", "no_need")


def _answered_in_full(about: Row, draft: Draft) -> Move | None:
    if draft.intent == "emergency":
        return None
    if agrees(about, draft) and brings(about, draft):
        return _filled(about, draft)
    place = told_place(draft)
    if draft.category is None and place:  # "Kupini", "¿qué problema hay?", "Pampahasi"
        return _to(about, draft) if place != about["place_code"] else Move(act="ask_again", outcome=draft, about=about)
    if agrees(about, draft) and (draft.confidence < SURE or draft.category == about["category"]):
        return Move(act="extend", outcome=draft, about=about, asks=True)
    return None


def _filled(about: Row, draft: Draft) -> Move:
    return Move(act="fill", outcome=draft, about=about, category=draft.category, place_code=told_place(draft), more=draft)


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


# ------------------------------------------------------------------------------------------------- what the words say

def _told(known: Known, text: str, at: datetime, draft: Draft) -> Move:
    """A report, or what an earlier one lacked, or more about it."""
    mine = [r for r in known.recent if not r["restricted"] and r["intent"] != "protection" and apart(r, at) <= DAY]
    for report in mine:
        if lacks(report) and agrees(report, draft) and brings(report, draft) and _same_kind(report, draft):
            return _filled(report, draft)
    for report in mine:
        if is_same_need(report, draft, text) and _same_kind(report, draft):
            return Move(act="extend", outcome=draft, about=report)
    if (before := _goes_on(mine, text, draft)) is not None:
        return Move(act="extend", outcome=draft, about=before)
    last = mine[0] if mine else None
    if last is not None and not lacks(last) and draft.intent == "report":
        on = openings.adds(text)
        if draft.category is None and on and told_place(draft) not in (None, last["place_code"]):  # "tambien en Kupini"
            return Move(act="file", outcome=replace(draft, category=last["category"], confidence=last["confidence"],
                                                    errors=tuple(e for e in draft.errors if e != "missing_category")))
        if (on or apart(last, at) <= SOON) and _is_more(last, draft, text):
            return Move(act="extend", outcome=draft, about=last)
    return Move(act="file", outcome=draft, carried=draft.place_source == "profile" and known.carried(text, at) == draft.place_code)


def _goes_on(mine: list[Row], text: str, draft: Draft) -> Row | None:
    """The report that a text without a place tells again, although another of another place came between: "sigue sin agua"."""
    if names_place(draft) or draft.intent != "report" or draft.needs or openings.adds(text):
        return None
    same = [r for r in mine if alike(r["category"], draft.category) and r["place_code"] and r["intent"] == "report"]
    still = openings.goes_on(text)
    return same[0] if len({r["place_code"] for r in same}) == 1 and (still or not is_point(draft.category)) else None


def _same_kind(report: Row, draft: Draft) -> bool:
    return draft.intent == "report" or report["intent"] == draft.intent


def _is_more(last: Row, draft: Draft, text: str) -> bool:
    """Whether a text after a whole report only says more about it: how many, since when, at what spot."""
    if told_place(draft) not in (None, last["place_code"]) or openings.introduces(text):
        return False
    return draft.category is None or (draft.confidence < PLAIN and not draft.needs and openings.says_where(text))


def _unread(known: Known, text: str, at: datetime, outcome: Unreadable) -> Move:
    """A few words we cannot read, right after a report, are more about it."""
    if outcome.answer == AGREED and not known.recent:
        return _agreed(outcome)
    if outcome.reason != "unknown" or not known.recent:
        return plain(outcome)
    if (secret := next((r for r in known.recent if is_secret(r) and apart(r, at) <= DAY), None)) is not None:
        return Move(act="confide", outcome=outcome, about=secret)  # whatever else was said since: nobody else reads it by accident
    last, agrees_with_us = known.last(at, SOON), openings.is_yes(text) or outcome.answer == AGREED
    says_more = len(openings.words_of(text)) > 1 and not agrees_with_us and not openings.introduces(text)
    if last is not None and last["intent"] != "protection" and says_more:
        return Move(act="extend", outcome=outcome, about=last)
    if agrees_with_us and (known.last(at) is not None or outcome.answer == AGREED):  # "SI", it is right
        return _agreed(outcome)
    return plain(outcome)


def _agreed(outcome: Outcome) -> Move:
    return Move(act="command", outcome=Command(intent="thanks", language=outcome.language, why=("yes to what we understood",)))


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
