"""Transcripts: what residents text and what they read, as files a clerk can check.

    # es · a report in a resident's own words          the first line says what is shown
    +59170000001 > no hay agua en villa fatima          a resident's text (`>>` texts that come at the same moment)
    +59170000001 < Recibido: Sin agua, ...              the whole reply
    +59170000001 <                                      no reply at all
    ana: verified 1                                     a planner changes the status of need 1 (by the order of opening)
    ana: link 1 PBCV-31                                 a planner links need 1 to a work
    -- 25 h                                             time goes on
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway import intake, jobs, planning
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Message, Need, Reply, table
from gateway.node import Node
from tests.conftest import Clock, MakeNode, sms

HERE = Path(__file__).parent
TRANSCRIPTS = sorted(HERE.glob("*/*.txt"))
MESSAGE, REPLY, NEED = table(Message), table(Reply), table(Need)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_conversation_goes_as_written(path: Path, make_node: MakeNode, clock: Clock) -> None:
    node = make_node(city=path.parent.name, extra="[outbox]\nautomatic_per_day = 100\n" if "loop" not in path.stem else "")
    written = path.read_text("utf-8").splitlines()
    assert written[0].startswith("# "), "the first line says what is shown"
    spoken = list(replay(node, clock, written))
    assert spoken == written
    rebuild(node.database, verify=True)


def test_there_are_transcripts_for_every_city_that_answers() -> None:
    assert {p.parent.name for p in TRANSCRIPTS} >= {"la-paz"}


def replay(node: Node, clock: Clock, lines: list[str]) -> list[str]:
    """The transcript as it really goes: our lines stand as they are, replies are what was sent."""
    said: list[str] = []
    numbers = itertools.count()
    for line in lines:
        if re.match(r"\S+ <", line):
            continue
        said.append(line)
        if found := re.match(r"(\+\d+) > ?(.*)", line):
            clock.on(seconds=20)
            provider_id = f"t{next(numbers)}"
            with node.database.writing() as c:
                intake.receive(c, node, [sms(provider_id, found[2], found[1], clock())])
            jobs.work(node)
            said += answers(node, provider_id, found[1])
        elif found := re.match(r"(\w+): link (\d+) (\S+)", line):
            planning.link_need(node, need(node, int(found[2])), found[3], why="", by=found[1])
        elif found := re.match(r"(\w+): (\w+) (\d+)", line):
            planning.change_status(node, need(node, int(found[3])), found[2], note="", by=found[1], after=None)
        elif found := re.match(r"-- (\d+) h", line):
            clock.on(hours=int(found[1]))
    return said


def answers(node: Node, provider_id: str, number: str) -> list[str]:
    with node.database.reading() as c:
        rows = c.execute(select(REPLY.c.text, REPLY.c.state).join(MESSAGE, MESSAGE.c.id == REPLY.c.message)
                         .where(MESSAGE.c.provider_id == provider_id).order_by(REPLY.c.id)).all()
    return [f"{number} < {text}" for text, state in rows if state in ("sent", "delivered")] or [f"{number} <"]


def need(node: Node, number: int) -> str:
    with node.database.reading() as c:
        found: str = c.execute(select(NEED.c.id).order_by(NEED.c.position)).scalars().all()[number - 1]
    return found
