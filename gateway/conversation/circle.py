"""What a text of an elder, or of who looks in on one, means to the human circle, and what follows from it.

    asked whether they would like to be greeted:  1, si, "claro que si" -> it begins · 2, no -> it does not
    greeted:  1 bien -> noted · 2 conversar -> the volunteer is texted · 3 ayuda, words of distress -> volunteer and duty officer
              anything else -> they are there; what nobody understands is taken for a wish to talk
    at any other hour:  2, 3, ayuda, words of distress -> the same, as if they had been greeted then; the rest is what it is
    BAJA ends it with all texts, NO MAS the greetings alone
    the volunteer, asked to go:  1, "ya hable con ella" -> they met · 2, "no puedo ir" -> a person's task, now

A text that may tell of harm goes its own way and is told to no volunteer: nobody knows who that is to the elder. Where it is a doubt
of the machine's alone and the words are of distress as well ("me cai"), who is on duty is told, and it is a person's task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select

from gateway.conversation import assent, openings, phrases
from gateway.conversation.dialogue import DANGER, Known, Move
from gateway.conversation.greeting import alarm, letter, step, told
from gateway.conversation.turn import Turn
from gateway.journal.canonical import derived_id, iso
from gateway.journal.events import Event
from gateway.journal.facts.circle import (
    ACTIVE,
    ASKED,
    CONSENT,
    ENOUGH,
    FINE,
    HELP,
    INTENTS,
    SAID,
    TALK,
    VISITED,
    CheckinAnswered,
    CheckinClosed,
    ConsentSaid,
)
from gateway.journal.tables import Checkin, Elder, table
from parsers import Command, Draft, Unreadable

CHECKIN, ELDER = table(Checkin), table(Elder)
Row = dict[str, Any]

ANSWERABLE = timedelta(hours=24)  # so long after a greeting a text is an answer to it
_LEAVES = ("stop", "erase_yes")
_LISTS = phrases.beside(__file__)
_DISTRESS, _ENOUGH = map(_LISTS.phrases, ("distress", "enough"))


@dataclass(frozen=True, slots=True)
class Member:
    """What a sender is to the circle: an elder, with the greeting that they may answer; and to whom they were called."""

    elder: Row | None = None
    greeting: Row | None = None
    called_to: tuple[tuple[Row, Row], ...] = ()  # (greeting, its elder), the newest first


def members(c: Connection, senders: Sequence[str], at: datetime) -> dict[str, Member]:
    """Those of the senders that belong to the circle: nearly always none, which costs one look into a small table."""
    theirs = or_(ELDER.c.sender.in_(senders), ELDER.c.volunteer.in_(senders))
    rows = [dict(row) for row in c.execute(select(ELDER).where(ELDER.c.state.in_((ASKED, ACTIVE)), theirs)).mappings()] if senders else []
    if not rows:
        return {}
    greetings: dict[str, list[Row]] = {}
    lately = select(CHECKIN).where(CHECKIN.c.elder.in_([row["id"] for row in rows]), CHECKIN.c.asked_at > iso(at - 3 * ANSWERABLE))
    for greeting in c.execute(lately.order_by(CHECKIN.c.asked_at.desc())).mappings():
        greetings.setdefault(greeting["elder"], []).append(dict(greeting))
    found: dict[str, Member] = {}
    for row in rows:
        last = next(iter(greetings.get(row["id"], ())), None)
        if row["sender"] in senders:
            found[row["sender"]] = Member(row, last if last and last["asked_at"] > iso(at - ANSWERABLE) else None)
    for row in rows:
        if row["volunteer"] in senders and row["state"] == ACTIVE:
            calls = tuple((call, row) for call in greetings.get(row["id"], ()) if call["told_at"] and not call["closed_at"])
            before = found.get(row["volunteer"], Member())
            found[row["volunteer"]] = Member(before.elder, before.greeting, tuple(
                sorted((*before.called_to, *calls), key=lambda pair: str(pair[0]["told_at"]), reverse=True)))
    return found


def meant(move: Move, text: str, member: Member | None, known: Known | None, at: datetime) -> Move:
    """The move in the light of the circle. Pure."""
    if member is None:
        return move
    outcome = move.outcome
    if member.elder is not None and phrases.said_in(text) in _ENOUGH:  # to who is greeted these words end the greetings alone
        return _command(move, ENOUGH, "no")
    if outcome.intent in DANGER or "sensitive" in outcome.flags or outcome.intent in _LEAVES:
        return move
    asked = _asked_since(known, at)
    called = max((str(call["told_at"]) for call, _ in member.called_to), default="")  # what we said last is what they answer
    return _of_elder(move, text, member, max(asked, called)) or _of_volunteer(move, text, member, asked) or move


def _asked_since(known: Known | None, at: datetime) -> str:
    """When we last asked them something that is not of the circle and is still open: what is short answers that."""
    return str(known.row["question_at"]) if known is not None and known.asked(at) not in (None, "checkin") else ""


def _of_elder(move: Move, text: str, member: Member, asked: str) -> Move | None:
    elder, greeting, outcome = member.elder, member.greeting, move.outcome
    if elder is None:
        return None
    number = openings.number_in(text)
    if elder["state"] == ASKED and asked < elder["state_at"] and (answer := _yes_or_no(text) or assent.consent(text)):
        return _command(move, CONSENT, answer)
    if elder["state"] != ACTIVE:
        return None
    if isinstance(outcome, Command) and (outcome.intent, outcome.answer) in (("help", None), ("checkin", HELP)):
        return _command(move, "checkin", HELP)
    if _tells_distress(text):
        return _command(move, "checkin", HELP)
    if greeting is None or greeting["closed_at"]:  # a fall asks for no hour
        return _command(move, "checkin", (TALK, HELP)[number - 2]) if number in (2, 3) and not asked else None
    if isinstance(outcome, Command) and outcome.intent == "checkin" and outcome.answer:
        return move
    if number in (1, 2, 3) and asked < greeting["asked_at"]:
        return _command(move, "checkin", (FINE, TALK, HELP)[number - 1])
    if isinstance(outcome, Unreadable) and outcome.reason not in ("spam", "empty") and not greeting["answer"]:
        return _command(move, "checkin", TALK)
    return None


def _of_volunteer(move: Move, text: str, member: Member, asked: str) -> Move | None:
    if not member.called_to or asked > member.called_to[0][0]["told_at"]:
        return None
    draft = move.outcome if isinstance(move.outcome, Draft) else None
    told = draft is not None and draft.category and draft.place_code and not move.carried  # a need of their own, whatever is in it
    answer = _yes_or_no(text) or (None if told else assent.visit(text))
    return _command(move, VISITED, answer) if answer else None


def _tells_distress(text: str) -> bool:
    return without_distress(text) != text


def cries(member: Member | None, text: str) -> bool:
    """Whether an elder who is greeted says that they are unwell."""
    return member is not None and member.elder is not None and member.elder["state"] == ACTIVE and _tells_distress(text)


def without_distress(text: str) -> str:
    """What a text says beside that somebody is unwell: "me siento mal desde anoche" -> " desde anoche".

    To be ill is no sign of harm, where it answers how they are; what is left of the text may be one.
    """
    return phrases.without(text, _DISTRESS)


def beside_the_answer(intent: str, text: str) -> str:
    """What a text says besides its answer to us: that alone may be a sign of harm, which "claro que si" is not."""
    if intent in (CONSENT, VISITED):
        return assent.without(text)
    return without_distress(text) if intent == "checkin" else text


def _yes_or_no(text: str) -> str | None:
    number = openings.number_in(text)
    if number == 1 or openings.is_yes(text):
        return "yes"
    return "no" if number == 2 or openings.is_no(text) else None


def _command(move: Move, intent: str, answer: str) -> Move:
    return Move(act="command", outcome=Command(intent=intent, language=move.outcome.language, answer=answer, why=("the human circle",)))


# --------------------------------------------------------------------------------------------------- what follows from it

def obey(turn: Turn, command: Command) -> list[Event]:
    """The facts of a text that is for the circle, and its reply."""
    member = turn.member
    given = turn.given(command.intent, detail=command.answer)
    if member is None:
        return [given, *turn.reply("unknown")]
    if command.intent == VISITED:
        return [given, *_visited(turn, *member.called_to[0], met=command.answer == "yes")]
    elder = member.elder
    if elder is None:
        return [given, *turn.reply("unknown")]
    turn.language = elder["language"] or turn.language
    if command.intent in (CONSENT, ENOUGH):
        return [given, *_consented(turn, elder, given=command.answer == "yes")]
    begun, greeting = _greeting(turn, elder, member.greeting)
    return [given, *begun, *_answered(turn, elder, greeting, str(command.answer))]


def beside(turn: Turn) -> list[Event]:
    """What any other text of an elder says to the circle: that they are there, that they want no more, that they are in danger."""
    member, outcome = turn.member, turn.outcome
    if member is None or member.elder is None or (isinstance(outcome, Command) and outcome.intent in INTENTS):
        return []
    elder = member.elder
    if outcome.intent in _LEAVES:
        return [ConsentSaid(elder=elder["id"], sender=turn.sender, given=False, message=turn.message)]
    if elder["state"] != ACTIVE or turn.move.act == "echo":
        return []
    secret = outcome.intent == "protection" or "sensitive" in outcome.flags
    begun, greeting = _greeting(turn, elder, member.greeting)
    if begun and not (secret and outcome.intent != "protection" and _tells_distress(turn.inbound.text)):
        return []
    if isinstance(outcome, Draft) and outcome.intent == "emergency" and not secret and greeting["answer"] != HELP:
        return [_fact(turn, elder, greeting, HELP), *_call(turn, elder, greeting)]
    if secret and outcome.intent != "protection" and greeting["answer"] != HELP and _tells_distress(turn.inbound.text):
        return [*begun, _fact(turn, elder, greeting, HELP), step(elder, greeting["id"], "task"), *alarm(
            turn.c, turn.node, elder, greeting["id"], turn.at)]
    return [] if greeting["answer"] else [_fact(turn, elder, greeting, SAID)]


def _greeting(turn: Turn, elder: Row, last: Row | None) -> tuple[list[Event], Row]:
    """The greeting that a text belongs to; where none is open, one that the elder began by writing, so asked when it was answered."""
    if last is not None and not last["closed_at"]:
        return [], last
    own = derived_id("checkin", elder["id"], turn.message)
    return [step(elder, own, "asked")], {"id": own, "answer": None}


def _consented(turn: Turn, elder: Row, *, given: bool) -> list[Event]:
    fact = ConsentSaid(elder=elder["id"], sender=turn.sender, given=given, message=turn.message)
    if not given:
        return [fact, *turn.reply("checkin_no")]
    hello = letter(turn.c, turn.node, elder, elder["volunteer"], "circle_hello", turn.at, turn.message, name=elder["name"])
    return [fact, *hello, *turn.reply("checkin_yes", time=f"{elder['hour']}:00")]


def _answered(turn: Turn, elder: Row, greeting: Row, answer: str) -> list[Event]:
    vol = elder["volunteer_name"]
    fact = _fact(turn, elder, greeting, answer)
    if answer == FINE:
        return [fact, *turn.reply("checkin_fine", vol=vol)]
    if answer == TALK:
        return [fact, *told(turn.c, turn.node, elder, greeting, "circle_talk", turn.at, turn.message), *turn.reply("checkin_talk", vol=vol)]
    called = [] if greeting["answer"] == HELP else _call(turn, elder, greeting)  # once, however often they ask
    return [fact, *called, *turn.reply("checkin_help", vol=vol)]


def _fact(turn: Turn, elder: Row, greeting: Row, answer: str) -> CheckinAnswered:
    return CheckinAnswered(checkin=greeting["id"], elder=elder["id"], sender=elder["sender"], message=turn.message, answer=answer)


def _call(turn: Turn, elder: Row, greeting: Row) -> list[Event]:
    """The volunteer and who is on duty, at once, and a person's task beside."""
    events = [*told(turn.c, turn.node, elder, greeting, "circle_help", turn.at, turn.message), step(elder, greeting["id"], "task")]
    return [*events, *alarm(turn.c, turn.node, elder, greeting["id"], turn.at)]


def _visited(turn: Turn, greeting: Row, elder: Row, *, met: bool) -> list[Event]:
    turn.language = elder["language"] or turn.language
    if met:
        return [CheckinClosed(checkin=greeting["id"], elder=elder["id"], sender=elder["sender"]),
                *turn.reply("circle_thanks", name=elder["name"])]
    return [step(elder, greeting["id"], "task"), *turn.reply("circle_handed_on")]
