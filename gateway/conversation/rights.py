"""What a person may ask about themselves by text: what is kept of them, and that it be erased.

Whoever holds the phone may ask, and phones are shared: nothing here knows of a report that few may read, nor of a text about one, so a
phone with such a report hears, byte for byte, what it would hear without it.

    MIS DATOS   "Suyos: mensajes 4, avisos 2, desde 25/11/2026. Abiertos: 10017, 10005. Declaro: nada. Borrar todo: BORRAR"
                "Suyos: mensajes 3, avisos 1, viajes 1, votos 2, saludos 0, desde ...": who told a trip, voted, is greeted or looks in
    BORRAR      "Para borrar todos sus mensajes ... responda BORRAR SI. Vale 24 horas."
    BORRAR SI   "Se borran ahora ..."; once that left, `erasing.erase_asked` erases
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, distinct, func, or_, select

from gateway.conversation.turn import Turn
from gateway.journal import heads
from gateway.journal.canonical import moment
from gateway.journal.entries import ENTRY
from gateway.journal.events import Event
from gateway.journal.facts.circle import ENDED
from gateway.journal.rows import find
from gateway.journal.tables import Elder, Message, Need, Profile, Report, Trip, Vote, table
from gateway.words.replies import LAST

MESSAGE, REPORT, NEED, PROFILE = table(Message), table(Report), table(Need), table(Profile)
ELDER, TRIP, VOTE = table(Elder), table(Trip), table(Vote)
ASKED: Final = "erase"  # the question that only "BORRAR SI" answers, within a day
INTENTS: Final = ("my_data", "erase", "erase_yes", "erase_no")
_ENDED = ("cancelled", "confirmed_fixed")
_OVER = ("done", "closed", "rejected", "not_found")
# Facts about a report with a text beside it, and about a text with a report beside it.
_BESIDE = ("report_filed", "report_completed", "report_corrected", "report_extended", "answer_replied")
_ABOUT = ("command_given", "message_repeated")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one sender, as far as it may be said: `open` are references, the newest first; `since` is a moment.

    `greetings` are those in which the phone has a part: as the elder, or as who looks in.
    """

    messages: int
    reports: int
    open: tuple[str, ...]
    since: str | None
    gender: bool
    age: bool
    trips: int = 0
    votes: int = 0
    greetings: int = 0


def answer(turn: Turn, intent: str) -> list[Event]:
    """The one reply to what somebody asks about themselves; the words are the same whatever is kept that nobody may hear of."""
    if intent == "my_data":
        return _tell(turn)
    known = turn.known
    asked = known is not None and known.asked(turn.inbound.received_at) == ASKED
    if asked and intent == "erase_yes":
        return turn.reply(LAST)
    if asked and intent == "erase_no":
        return turn.reply("erase_kept")
    return turn.reply("erase_ask", question=ASKED)


def kept_of(c: Connection, sender: str) -> Kept:
    """What is kept of a sender, but for reports that few may read, and the texts that tell of them alone."""
    reports = find(c, REPORT, "sender", [sender])
    secret = [r for r in reports if r["restricted"] or r["intent"] == "protection"]
    told = [r for r in reports if not r["restricted"] and r["intent"] != "protection"]
    unsaid = _texts_of(c, secret) - _texts_of(c, told)
    texts = {row.id: row.received_at for row in c.execute(select(MESSAGE.c.id, MESSAGE.c.received_at).where(MESSAGE.c.sender == sender))
             if row.id not in unsaid}
    profile = next(iter(find(c, PROFILE, "id", [sender])), None) or {"gender": None, "age_band": None}
    circle = [row.state_at for row in c.execute(select(ELDER.c.state_at).where(
        or_(ELDER.c.sender == sender, ELDER.c.volunteer == sender), ELDER.c.state != ENDED))]
    trips = select(func.count(distinct(TRIP.c.message))).where(TRIP.c.sender == sender)
    votes = select(func.count()).select_from(VOTE).where(VOTE.c.sender == sender)
    return Kept(len(texts), len(told), _open(c, told), min([*texts.values(), *circle], default=None),
                profile["gender"] not in (None, "U"), profile["age_band"] not in (None, "U"),
                c.execute(trips).scalar_one(), c.execute(votes).scalar_one(), len(circle))


def _tell(turn: Turn) -> list[Event]:
    kept = kept_of(turn.c, turn.sender)
    if kept.since is None:
        return turn.reply("my_data_none")
    since = moment(kept.since).astimezone(ZoneInfo(turn.node.city.timezone))
    date, told = f"{since:%d/%m/%Y}", turn.node.replies.told(turn.language, gender=kept.gender, age=kept.age)
    if kept.trips or kept.votes or kept.greetings:
        return turn.reply("my_data_also", n=kept.messages, count=kept.reports, trips=kept.trips, votes=kept.votes, greets=kept.greetings,
                          date=date, told=told)
    return turn.reply("my_data", n=kept.messages, count=kept.reports, date=date, list=kept.open, told=told)


def _texts_of(c: Connection, reports: Collection[Row]) -> set[str]:
    """The texts that made these reports or say something of them."""
    ids = sorted(r["id"] for r in reports)
    beside = c.execute(select(ENTRY.c.other).where(ENTRY.c.subject.in_(ids), ENTRY.c.other.is_not(None), ENTRY.c.kind.in_(_BESIDE)))
    about = c.execute(select(ENTRY.c.subject).where(ENTRY.c.other.in_(ids), ENTRY.c.kind.in_(_ABOUT)))
    return {r["message"] for r in reports} | {str(text) for rows in (beside, about) for text in rows.scalars()}


def _open(c: Connection, reports: Collection[Row]) -> tuple[str, ...]:
    """The references of what is still on its way."""
    standing = [r for r in reports if r["intent"] == "report" and r["status"] not in _ENDED]
    head = heads.members(c, {r["need"] for r in standing if r["need"]})
    over = set(c.execute(select(NEED.c.id).where(NEED.c.id.in_(set(head.values())), NEED.c.status.in_(_OVER))).scalars())
    return tuple(r["reference"] for r in sorted(standing, key=lambda r: str(r["id"]), reverse=True) if head.get(r["need"]) not in over)
