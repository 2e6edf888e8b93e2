"""Transcripts: what residents text and what they read, as files a clerk can check.

    # es · a report in a resident's own words          the first line says what is shown
    +59170000001 > no hay agua en villa fatima          a resident's text
    +59170000001 >> no hay agua en                      texts that come at the same moment, one line after the other
    +59170000001 < Recibido: Sin agua, ...              the whole reply
    +59170000001 <                                      no reply at all
    ana: verified 1                                     a planner changes the status of need 1 (by the order of opening)
    ana: rejected 1 sin presupuesto                     with the reason that residents may read
    ana: link 1 PBCV-31                                 a planner links need 1 to a work
    ana: unlink 1 PBCV-31                               and takes it back
    luz: phase PBCV-31 handover                         an officer says how far a work is
    ana: commission 1 postponed 2027-05-15              a commission decides about need 1: postponed until a day, taken_up with a work,
                                                        refused with a reason, verify
    ana: commission 1 undone                            and takes it back
    ana: hold 1                                         a planner holds back what residents would be told; `release` lets it go
    ana: write 1 el jueves cortamos el agua             a person writes to all who speak for need 1
    ana: broadcast S1701 el lunes no hay agua           a planner says something to the people of a place
    ana: poll S1701 3 ¿que falta?|cancha|parque         and asks them something, until three days later
    luz: greet S1604 9 Rosa +59171110001 Elena +59172220001   an officer enrols Rosa to be greeted at nine; Elena looks in on her
    ana: pin S1701 detras del molino                    an officer pins a landmark to a place
    ana: unpin detras del molino                        and takes it back
    -- 25 h                                             time goes on (min, h, d); what is told meanwhile stands below it
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway import cities
from gateway.broadcasts import announcing, broadcasting
from gateway.broadcasts.audience import Audience
from gateway.channels import console
from gateway.channels.values import Inbound, Outcome
from gateway.decisions import pinning, planning, ruling, visiting
from gateway.decisions.ruling import Said
from gateway.decisions.triaging import Who
from gateway.doors import intake
from gateway.feedback import accompanying, holding, threads
from gateway.feedback.accompanying import Enrolment
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Contact, Message, Need, Reply, Ruling, table
from gateway.machine import jobs
from gateway.needs.news import KINDS as NEWS
from gateway.node import Node
from gateway.sending import outbox
from gateway.words.replies import ANSWER, KINDS, TO_MANY
from gateway.words.segments import measure
from tests.conftest import Clock, MakeNode, sms

HERE = Path(__file__).parent
TRANSCRIPTS = sorted(HERE.glob("*/*.txt"))
MESSAGE, REPLY, NEED, CONTACT, RULING = (table(of) for of in (Message, Reply, Need, Contact, Ruling))
ACKNOWLEDGEMENTS = {kind for kind, spec in KINDS.items() if spec.segments == 1}


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_conversation_goes_as_written(path: Path, make_node: MakeNode, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = '[outbox]\nchannel = "console"\n' + ("automatic_per_day = 100\n" if "loop" not in path.stem else "")
    node = make_node(city=path.parent.name, extra=extra + ("[access]\nk_anonymity = 2\n" if "many" in path.stem else ""))
    written = path.read_text("utf-8").splitlines()
    assert written[0].startswith("# "), "the first line says what is shown"
    sent: dict[str, str] = {}
    send = console.send

    def overheard(known: console.Settings, number: str, text: str, reply: str = "") -> Outcome:
        sent[number] = text
        return send(known, number, text, reply)

    monkeypatch.setattr(console, "send", overheard)
    spoken = list(replay(node, clock, written, sent))
    assert spoken == written
    assert faults_of(node) == []
    rebuild(node.database, verify=True)


def test_there_are_transcripts_in_every_language_and_city() -> None:
    heads = [p.read_text("utf-8").splitlines()[0] for p in TRANSCRIPTS]
    languages = {language for head in heads for language in head[2:].partition(" · ")[0].split()}
    assert languages == {"es", "fr", "en", "ar", "ary", "ay", "qu", "sw"}
    assert {p.parent.name for p in TRANSCRIPTS} == set(cities.known())


@pytest.mark.parametrize(("label", "kind", "text", "fault"), [
    ("an acknowledgement of two segments", "ack", "a" * 161, "2 segments"),
    ("a reply of three", "help", "a" * 307, "3 segments"),
    ("two questions at once", "ask_place", "¿Qué problema hay? ¿En qué zona?", "2 questions"),
    ("a good one", "ack", "Recibido.", None),
])
def test_what_a_reply_may_not_be(label: str, kind: str, text: str, fault: str | None) -> None:
    assert fault_of(kind, text) == fault, label


def fault_of(kind: str, text: str) -> str | None:
    """A reply costs two segments at most, an acknowledgement one, and asks one thing."""
    segments = measure(text).segments
    if segments > (1 if kind in ACKNOWLEDGEMENTS else 2):
        return f"{segments} segments"
    questions = text.count("?") + text.count("؟")
    return f"{questions} questions" if questions > 1 else None


def faults_of(node: Node) -> list[str]:
    """What is wrong with the replies of a conversation: their cost, their questions, more than one to a text."""
    with node.database.reading() as c:
        rows = c.execute(select(REPLY.c.message, REPLY.c.kind, REPLY.c.text)).all()
    twice = {message for message, count in Counter(message for message, _, _ in rows if message).items() if count > 1}
    found = [f"{text}: {fault}" for _, kind, text in rows if (fault := fault_of(kind, text))]
    return [*found, *(f"{message} has more than one reply" for message in twice)]


def replay(node: Node, clock: Clock, lines: list[str], sent: dict[str, str]) -> list[str]:
    """The transcript as it really goes: our lines stand as they are, replies are what was sent; `sent` is the last to each phone."""
    said: list[str] = []
    numbers = itertools.count()
    lines = [line for line in lines if not re.match(r"\S+ <", line)]
    together: list[Inbound] = []
    heard: set[str] = set()
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        said.append(line)
        if found := re.match(r"(\+\d+) >>? ?(.*)", line):
            clock.on(seconds=0 if together else 20)
            together.append(sms(f"t{next(numbers)}", found[2], found[1], clock()))
            if " >> " in line and re.match(r"\S+ >> ", after):
                continue
            with node.database.writing() as c:
                intake.receive(c, node, together)
            jobs.work(node)
            said += [answer for text in together for answer in answers(node, text, sent)]
            together = []
        elif found := re.match(r"(\w+): (un)?link (\d+) (\S+)", line):
            decide = planning.unlink_need if found[2] else planning.link_need
            decide(node, need(node, int(found[3])), found[4], why="", by=found[1])
        elif found := re.match(r"(\w+): phase (\S+) (\w+)", line):
            visiting.progress(node, Who(found[1], found[1], lambda place: True), found[2], found[3])
        elif found := re.match(r"(\w+): commission (\d+) (\w+) ?(.*)", line):
            commission(node, need(node, int(found[2])), found[3], found[4], found[1])
        elif found := re.match(r"(\w+): (hold|release) (\d+)", line):
            {"hold": holding.hold, "release": holding.release}[found[2]](node, need(node, int(found[3])), why="", by=found[1])
        elif found := re.match(r"(\w+): write (\d+) (.+)", line):
            threads.write(node, need(node, int(found[2])), found[3], key=str(next(numbers)), by=found[1])
        elif found := re.match(r"(\w+): (broadcast|poll) (\S+) (?:(\d+) )?(.+)", line):
            _said_to_many(node, clock, found[3], found[4], found[5].split("|"), key=str(next(numbers)), by=found[1])
        elif found := re.match(r"(\w+): greet (\S+) (\d+) (\w+) (\S+) (\w+) (\S+)", line):
            who, place, hour, *people = found.groups()
            accompanying.enrol(node, Enrolment(*people, place, int(hour), tuple(range(7))), by=who)
            jobs.work(node)
            said += told(node, heard)
        elif found := re.match(r"(\w+): pin (\S+) (.+)", line):
            pinning.pin(node, found[3], found[2], by=found[1])
            jobs.work(node)
        elif found := re.match(r"(\w+): unpin (.+)", line):
            pinning.unpin(node, found[2], by=found[1])
            jobs.work(node)
        elif found := re.match(r"(\w+): (\w+) (\d+) ?(.*)", line):
            planning.change_status(node, need(node, int(found[3])), found[2], note="", by=found[1], reason=found[4],
                                   after=status_entry(node, need(node, int(found[3]))))
        elif found := re.match(r"-- (\d+) (min|h|d)", line):
            clock.on(**{{"min": "minutes", "h": "hours", "d": "days"}[found[2]]: int(found[1])})
            accompanying.look(node)
            jobs.work(node)
            said += told(node, heard)
    return said


def commission(node: Node, one: str, decision: str, words: str, by: str) -> None:
    if decision == "undone":
        with node.database.reading() as c:
            entry = c.execute(select(RULING.c.entry).where(RULING.c.id == one)).scalar_one()
        ruling.withdraw(node, one, by=by, after=entry)
        return
    filled = {"taken_up": "work", "postponed": "until", "refused": "reason"}.get(decision)
    ruling.decide(node, one, Said(decision=decision, met_on=node.today.isoformat(), **({filled: words} if filled else {})), by=by)


def _said_to_many(node: Node, clock: Clock, place: str, days: str | None, words: list[str], *, key: str, by: str) -> None:
    language = broadcasting.default_language(node)
    wording = broadcasting.Wording({language: words[0]}, {language: words[1:]} if days else {},
                                   clock() + timedelta(days=int(days)) if days else None)
    announcing.start(node, announcing.prepare(node, "x", Audience("place", place), wording, key=key, by=by), by=by)


def told(node: Node, heard: set[str]) -> list[str]:
    """What left by itself since the last look, phone by phone."""
    with node.database.reading() as c:
        rows = c.execute(select(REPLY.c.id, REPLY.c.text, CONTACT.c.number).join(CONTACT, CONTACT.c.sender == REPLY.c.sender).where(
            REPLY.c.kind.in_((*NEWS, ANSWER, *TO_MANY, *outbox.CIRCLE)), REPLY.c.state == "delivered")).all()
    new = sorted((node.vault.open(number).decode(), text) for reply, text, number in rows if reply not in heard)
    heard.update(reply for reply, _, _ in rows)
    return [f"{number} < {text}" for number, text in new]


def status_entry(node: Node, need: str) -> str | None:
    with node.database.reading() as c:
        found: str | None = c.execute(select(NEED.c.status_entry).where(NEED.c.id == need)).scalar_one()
    return found


def answers(node: Node, text: Inbound, sent: dict[str, str]) -> list[str]:
    """What was answered to a text; where nothing is kept of it any more, the last that its phone was sent."""
    with node.database.reading() as c:
        kept = c.execute(select(MESSAGE.c.id).where(MESSAGE.c.provider_id == text.provider_id)).scalar()
        rows = c.execute(select(REPLY.c.text, REPLY.c.state).where(REPLY.c.message == kept).order_by(REPLY.c.id)).all()
    if kept is None:
        return [f"{text.number} < {sent.pop(text.number)}"]
    return [f"{text.number} < {said}" for said, state in rows if state in ("sent", "delivered")] or [f"{text.number} <"]


def need(node: Node, number: int) -> str:
    with node.database.reading() as c:
        found: str = c.execute(select(NEED.c.id).order_by(NEED.c.opened_at, NEED.c.id)).scalars().all()[number - 1]
    return found
