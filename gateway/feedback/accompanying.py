"""The human circle, as people and the clock move it: an officer enrols an elder, the elder consents, the machine greets and hands on.

    greeted at their hour -> no answer: once more after `repeat_hours` -> the volunteer is asked to knock after `knock_hours`, or an
    hour before the night -> after `task_hours` it is a person's task, which a person closes with a note

A phone that said stop is written down like any other and is texted nothing: whoever types a number learns nothing of it here.

Only the node that holds the elder's number greets. Each step is a fact with its text in one transaction: whoever looks twice says it once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, exists, select

from gateway.channels import sends
from gateway.conversation import greeting
from gateway.errors import Problem
from gateway.governing import governor, quiet
from gateway.journal import ledger, tasks
from gateway.journal.canonical import derived_id, iso, moment
from gateway.journal.entries import take_turn
from gateway.journal.events import Event
from gateway.journal.facts.circle import (
    ACTIVE,
    ASKED,
    ENDED,
    HELP,
    TALK,
    CheckinClosed,
    ConsentSaid,
    ElderEnrolled,
    VolunteerNamed,
)
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.rows import find, insert_new
from gateway.journal.tables import Checkin, Contact, Duty, Elder, Sender, table
from gateway.node import Node
from gateway.phone import is_phone, normalise
from gateway.words.replies import LANGUAGES

CHECKIN, CONTACT, DUTY, ELDER, SENDER = (table(of) for of in (Checkin, Contact, Duty, Elder, Sender))
Row = dict[str, Any]
LATE = timedelta(hours=2)  # a machine that was away greets late, but not at noon who asked for eight
NIGHTFALL = timedelta(hours=1)
KEPT_UP = timedelta(days=14)  # an older greeting is not taken up again
CALLED = timedelta(days=3)  # so long after a greeting the word of who was called closes it
MOST_NAME, MOST_NOTE = 20, 200


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an officer writes down, as it was typed: first names, numbers, the place, the hour, the days (Monday is 0)."""

    name: str
    number: str
    volunteer: str
    volunteer_number: str
    place_code: str
    hour: int
    days: tuple[int, ...]
    language: str = ""

    def __repr__(self) -> str:
        return "Enrolment()"


def enrol(node: Node, said: Enrolment, *, by: str) -> str:
    """Write an elder down and ask them; the id. Enrolled anew with something changed they are asked anew."""
    _must_be_sound(node, said)
    sender, volunteer = node.vault.sender(said.number), node.vault.sender(said.volunteer_number)
    elder, now = derived_id("elder", node.origin.writer, sender), node.now()
    language = said.language or node.city.language
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        there = find(c, ELDER, "id", [elder])
        if there and there[0]["state"] == ACTIVE:
            raise Problem("planning.refused", reason="This phone is greeted already.")
        _keep_numbers(c, node, {sender: said.number, volunteer: said.volunteer_number})
        if there and there[0]["state"] == ASKED and _says_the_same(there[0], said, volunteer, language):
            raise Problem("planning.refused", reason="They were asked this already, and have not answered yet.")
        row = {"id": elder, "sender": sender, "language": language}
        asks = greeting.letter(c, node, row, sender, "checkin_consent", now, iso(now), name=said.name, vol=said.volunteer,
                             time=f"{said.hour}:00")
        events: list[Event] = [
            ElderEnrolled(elder=elder, sender=sender, name=said.name, place_code=said.place_code, hour=said.hour,
                          days=tuple(str(day) for day in sorted(set(said.days))), language=language),
            VolunteerNamed(elder=elder, sender=volunteer, name=said.volunteer), *asks]
        ledger.write(c, node.origin, events, at=now, by=by, turn=turn)
        tasks.add(c, "send", [letter.reply for letter in asks], iso(now))
    return elder


def replace_volunteer(node: Node, elder: str, name: str, number: str, *, by: str) -> None:
    """Another neighbour looks in from now on; both are told. The elder need not consent anew: that they are greeted they know."""
    sender = node.vault.sender(number)
    with node.database.writing() as c:
        turn, now = take_turn(c, node.origin), node.now()
        row = next(iter(find(c, ELDER, "id", [elder])), None)
        if row is None or row["state"] == ENDED:
            raise Problem("planning.unknown", thing="person", id=elder[:40])
        if not find(c, CONTACT, "sender", [row["sender"]]):  # the one that greets them would not know the neighbour's number
            raise Problem("planning.refused", reason="They are greeted by another machine: name the neighbour there.")
        _must_be_sound_names(name)
        _must_be_sound_numbers(node, number)
        if sender == row["sender"]:
            raise Problem("planning.refused", reason="The elder and the neighbour need a phone each.")
        if sender == row["volunteer"] and name == row["volunteer_name"]:
            raise Problem("planning.refused", reason="This neighbour looks in on them already.")
        _keep_numbers(c, node, {sender: number})
        after = row | {"volunteer": sender, "volunteer_name": name}
        texts = [*greeting.letter(c, node, after, sender, "circle_hello", now, iso(now), name=row["name"]),
                 *greeting.letter(c, node, after, row["sender"], "checkin_neighbour", now, iso(now), vol=name)]
        # before their yes nobody is told
        told: list[Event] = [*texts, *_calls_again(c, node, after, now)] if row["state"] == ACTIVE else []
        ledger.write(c, node.origin, [VolunteerNamed(elder=elder, sender=sender, name=name), *told], at=now, by=by, turn=turn)
        tasks.add(c, "send", [letter.reply for letter in told if isinstance(letter, ReplyQueued)], iso(now))
        _forget_numbers(c, [row["volunteer"]])


def _calls_again(c: Connection, node: Node, elder: Row, now: datetime) -> Iterator[Event]:
    """Who was called to an elder and has not met them looks in no more: the new neighbour is asked, for it is their "1" that closes it."""
    still = select(CHECKIN).where(CHECKIN.c.elder == elder["id"], CHECKIN.c.told_at.is_not(None), CHECKIN.c.closed_at.is_(None),
                                  CHECKIN.c.asked_at > iso(now - CALLED))
    for call in c.execute(still.order_by(CHECKIN.c.asked_at.desc()).limit(1)).mappings():
        kind = {HELP: "circle_help", TALK: "circle_talk"}.get(call["answer"], "circle_knock")
        yield from greeting.told(c, node, elder, dict(call), kind, now, f"named{iso(now)}")


def may_send(node: Node) -> bool:
    """Whether a phone that never wrote to us could be texted from here."""
    return sends(node.config, node.config.outbox.channel)


def _says_the_same(row: Row, said: Enrolment, volunteer: str, language: str) -> bool:
    """Whether an elder stands just so on the list: a second press asks nobody twice."""
    there = (row["name"], row["volunteer_name"], row["volunteer"], row["place_code"], row["hour"], row["language"])
    return there == (said.name, said.volunteer, volunteer, said.place_code, said.hour, language) and (
        {int(day) for day in json.loads(row["days"])} == set(said.days))


def _must_be_sound(node: Node, said: Enrolment) -> None:
    _must_be_sound_names(said.name, said.volunteer)
    _must_be_sound_numbers(node, said.number, said.volunteer_number)
    if normalise(said.number) == normalise(said.volunteer_number):
        raise Problem("planning.refused", reason="The elder and the neighbour need a phone each.")
    if said.place_code not in node.city.place:
        raise Problem("planning.unknown", thing="place", id=said.place_code[:40])
    first, last = node.config.news.hours
    if not first <= said.hour < last:
        raise Problem("planning.refused", reason="The hour lies between %(first)s and %(last)s.", first=first, last=last - 1)
    if not said.days or not set(said.days) <= set(range(7)):
        raise Problem("planning.refused", reason="Choose one day of the week at least.")
    if said.language and said.language not in LANGUAGES:
        raise Problem("planning.refused", reason="Choose a language of the list.")


def _keep_numbers(c: Connection, node: Node, numbers: Mapping[str, str]) -> None:
    """Keep the number of each phone that is not known yet; refused where one of them could not be texted from here."""
    ours = node.config.outbox.channel
    roads = dict.fromkeys(numbers, ours) | {row["sender"]: row["channel"] for row in find(c, CONTACT, "sender", list(numbers))}
    if not all(sends(node.config, road) for road in roads.values()):
        raise Problem("planning.refused", reason=(
            "This machine has no channel by which it could text them: enrol them at one that sends, or have a channel set up here."))
    insert_new(c, CONTACT, [{"sender": sender, "channel": ours, "number": node.vault.seal(normalise(number).encode())}
                            for sender, number in sorted(numbers.items())], "sender")


def _must_be_sound_names(*names: str) -> None:
    if not all(name.strip() and len(name) <= MOST_NAME and name.isprintable() for name in names):
        raise Problem("planning.refused", reason="A first name for each, of %(most)s letters at most.", most=MOST_NAME)


def _must_be_sound_numbers(node: Node, *numbers: str) -> None:
    for number in numbers:
        if not is_phone(number):
            raise Problem("planning.refused", reason="Write both numbers with + and the code of the country.")
        if not governor.is_served(node, normalise(number)):
            raise Problem("planning.refused", reason="One of these numbers is of no country that is written to.")


def end(node: Node, elder: str, *, by: str) -> None:
    """An officer ends it for them; what stands open of it stays a task."""
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        row = next(iter(find(c, ELDER, "id", [elder])), None)
        if row is None:
            raise Problem("planning.unknown", thing="person", id=elder[:40])
        if row["state"] != ENDED:
            ledger.write(c, node.origin, [ConsentSaid(elder=elder, sender=row["sender"], given=False, why="by an officer")],
                         at=node.now(), by=by, turn=turn)
            _forget_numbers(c)


def close(node: Node, checkin: str, note: str, *, by: str) -> None:
    """A person saw to it, and says how."""
    said = " ".join(note.split())[:MOST_NOTE]
    if not said:
        raise Problem("planning.refused", reason="Write down how the person is, in a few words.")
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        row = next(iter(find(c, CHECKIN, "id", [checkin])), None)
        if row is None:
            raise Problem("planning.unknown", thing="greeting", id=checkin[:40])
        elder = next(iter(find(c, ELDER, "id", [row["elder"]])), {"sender": ""})
        if row["closed_at"] is None:
            ledger.write(c, node.origin, [CheckinClosed(checkin=checkin, elder=row["elder"], sender=elder["sender"], note=said)],
                         at=node.now(), by=by, turn=turn)


# ------------------------------------------------------------------------------------------------------------- the clock

def look(node: Node) -> int:
    """Greet who is to be greeted, and hand on what nobody answered; how many steps were made."""
    now = node.now()
    with node.database.reading() as c:
        if not any(True for _ in _due(c, node, now)):
            return 0
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)  # whoever looks beside us waits here, and then finds it done
        events = list(_due(c, node, now))
        ledger.write(c, node.origin, events, at=now, by="machine", turn=turn)
        tasks.add(c, "send", [event.reply for event in events if isinstance(event, ReplyQueued)], iso(now))
        if any(isinstance(event, ConsentSaid) for event in events):
            _forget_numbers(c)
        return len(events)


def _due(c: Connection, node: Node, now: datetime) -> Iterator[Event]:
    here = exists().where(CONTACT.c.sender == ELDER.c.sender)
    rows = [dict(row) for row in c.execute(select(ELDER).where(ELDER.c.state.in_((ASKED, ACTIVE)), here)).mappings()]
    elders = {row["id"]: row for row in rows if row["state"] == ACTIVE}
    for row in rows:
        if row["state"] == ASKED and moment(row["state_at"]) < now - timedelta(days=node.config.circle.consent_days):
            yield ConsentSaid(elder=row["id"], sender=row["sender"], given=False, why="no answer")
    for elder in elders.values():
        yield from _greeting(c, node, elder, now)
    open_ones = select(CHECKIN).where(CHECKIN.c.closed_at.is_(None), CHECKIN.c.task_at.is_(None), CHECKIN.c.asked_at > iso(now - KEPT_UP))
    for call in c.execute(open_ones.order_by(CHECKIN.c.asked_at)).mappings():
        if call["elder"] in elders:
            yield from _onward(c, node, elders[call["elder"]], dict(call), now)


def _greeting(c: Connection, node: Node, elder: Row, now: datetime) -> Iterator[Event]:
    local = now.astimezone(ZoneInfo(node.city.timezone))
    begins = local.replace(hour=elder["hour"], minute=0, second=0, microsecond=0)
    if local.weekday() not in json.loads(elder["days"]) or not begins <= local < begins + LATE or begins < moment(elder["state_at"]):
        return
    checkin = derived_id("checkin", elder["id"], f"{local:%Y-%m-%d}")
    if find(c, CHECKIN, "id", [checkin]):
        return
    asks = greeting.letter(c, node, elder, elder["sender"], "checkin", now, checkin, question="checkin", options=(checkin,),
                         name=elder["name"], vol=elder["volunteer_name"])
    yield greeting.step(elder, checkin, "asked")
    yield from asks


def _onward(c: Connection, node: Node, elder: Row, call: Row, now: datetime) -> Iterator[Event]:
    """The next step of a greeting, if its time has come: one that was answered needs none, but who was called must come."""
    rules, asked, checkin = node.config.circle, moment(call["asked_at"]), call["id"]
    waits = now - asked
    if call["answer"] and call["answer"] not in (TALK, HELP):
        return
    if waits >= timedelta(hours=rules.task_hours) or (call["told_at"] and greeting.was_in_vain(c, elder, call["told_at"])):
        yield greeting.step(elder, checkin, "task")
    elif call["answer"] or not greeting.has_left(c, elder, checkin):  # who was not reached is not silent
        return
    elif call["told_at"] is None and now >= _knock_at(node, asked):
        yield from greeting.told(c, node, elder, call, "circle_knock", now, "knock")
    elif call["repeated_at"] is None and call["told_at"] is None and waits >= timedelta(hours=rules.repeat_hours):
        yield greeting.step(elder, checkin, "repeated")
        yield from greeting.letter(c, node, elder, elder["sender"], "checkin_again", now, checkin, question="checkin", options=(checkin,),
                                   name=elder["name"], vol=elder["volunteer_name"])


def _knock_at(node: Node, asked: datetime) -> datetime:
    """When the volunteer is asked to go: by day, for nobody is woken to knock at a door."""
    at = asked + timedelta(hours=node.config.circle.knock_hours)
    if quiet.opening(at + NIGHTFALL, node.city.timezone, node.config.news.hours) == at + NIGHTFALL:
        return at
    here = asked.astimezone(ZoneInfo(node.city.timezone))
    dusk = here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=node.config.news.until_hour) - NIGHTFALL
    return max(dusk.astimezone(asked.tzinfo), asked + timedelta(hours=1))


def _forget_numbers(c: Connection, replaced: Iterable[str] = ()) -> None:
    """The number of one who never wrote to us, and is greeted no more nor called to anybody, is forgotten."""
    ended = [*replaced, *c.execute(select(ELDER.c.sender).where(ELDER.c.state == ENDED)).scalars()]
    ended += list(c.execute(select(ELDER.c.volunteer).where(ELDER.c.state == ENDED)).scalars())
    needed = select(ELDER.c.sender).where(ELDER.c.state != ENDED).union(select(ELDER.c.volunteer).where(ELDER.c.state != ENDED),
                                                                       select(SENDER.c.id), select(DUTY.c.sender))
    c.execute(delete(CONTACT).where(CONTACT.c.sender.in_(ended), CONTACT.c.sender.not_in(needed)))
