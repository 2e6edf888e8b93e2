"""Servers killed with -9 at random moments under load: what was acknowledged is in the journal, once, as it was written."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest

from tests.durability.box import NO_BROKER, Box, until
from tests.durability.conftest import MakeBox
from tests.durability.kennel import LONGEST_LIFE, Kennel, kill_again_and_again
from tests.durability.load import Load
from tests.durability.tally import Tally, tally

KILLS = int(os.environ.get("DURABILITY_KILLS", "10000"))  # of the campaign
SEGMENT = 500  # kills an instance: verifying folds its whole journal


def run(box: Box, kills: int, rng: random.Random, *options: str, longest: float = LONGEST_LIFE,
        trouble: AbstractContextManager[object] | None = None) -> tuple[Tally, str]:
    """Kill, start again, let the last one bring in what lies in the spool; then what the journal says, and a line of figures."""
    with Kennel(box) as kennel:
        with trouble or nullcontext(), Load(box.port, rng) as load:
            seconds = kill_again_and_again(kennel, kills, rng, *options, longest=longest)
        last = kennel.doors(*options)
        until(lambda: not list(box.directory.glob("spool/*.spool")), 30, "the spool is not drained")
        kennel.kill(last)
    assert set(load.codes) <= {200}, load.codes
    with box.node() as node:
        found = tally(node, load.sent, load.acked)
    return found, f"{kills} kills in {seconds:.1f} s ({seconds / kills:.3f} s each), {load.cut} answers cut short, {found}"


def is_sound(box: Box, found: Tally, at_least: int) -> None:
    verified = box.cli("rebuild", "--verify")
    assert verified.returncode == 0, verified.stderr
    assert found.is_clean, found
    assert found.acked > at_least, f"too few texts to say anything: {found}"


def test_a_killed_server_has_kept_what_it_acknowledged(boxes: MakeBox, rng: random.Random) -> None:
    box = boxes(extra=NO_BROKER)
    found, words = run(box, 320, rng)
    print(words)
    is_sound(box, found, 600)


def test_a_killed_server_on_postgresql_too(boxes: MakeBox, rng: random.Random, postgres_url: str) -> None:
    box = boxes(extra=NO_BROKER, database_url=postgres_url)
    found, words = run(box, 25, rng, longest=0.6)  # a start takes longer there
    print(words)
    is_sound(box, found, 50)


def test_the_whole_web_process_is_killed_just_as_well(boxes: MakeBox, rng: random.Random) -> None:
    """`barrio web` as it is, pages and granian's two processes and all: eight rounds."""
    box = boxes(extra=NO_BROKER)
    with Load(box.port, rng) as load:
        for _ in range(8):
            web = box.start("web")
            time.sleep(rng.uniform(0.02, 0.5))
            box.kill(web)
    with box.node() as node:
        found = tally(node, load.sent, load.acked)
    print(found)
    is_sound(box, found, 100)


def test_killed_while_texts_go_in_and_out_of_the_spool(boxes: MakeBox, rng: random.Random) -> None:
    """Another process locks the database again and again, so that texts are spooled, drained, and killed on the way."""
    box = boxes(extra=NO_BROKER)
    found, words = run(box, 40, rng, "busy=0.03", trouble=_locked_now_and_then(box, rng))
    print(words)
    is_sound(box, found, 200)
    with sqlite3.connect(box.directory / "barrio.db") as c:
        roads = dict(c.execute("SELECT road, count(*) FROM message GROUP BY road").fetchall())
    c.close()
    assert roads.get("spool", 0) > 50, f"hardly a text took the spool: {roads}"


@pytest.mark.parametrize(("label", "variant", "sign"), [
    ("a server that acknowledges before the commit loses texts", "early", "lost"),
    ("a server that does not heed the UNIQUE key doubles texts", "forgets", "doubled"),
])
def test_negative_control(boxes: MakeBox, rng: random.Random, label: str, variant: str, sign: str) -> None:
    found, words = run(boxes(extra=NO_BROKER), 20, rng, variant)
    print(words)
    assert getattr(found, sign) > 0, label
    assert not found.is_clean


@pytest.mark.campaign
@pytest.mark.timeout(6 * 3600)
def test_campaign_of_kills(boxes: MakeBox, rng: random.Random) -> None:
    acked = 0
    for start in range(0, KILLS, SEGMENT):
        box = boxes(extra=NO_BROKER)
        found, words = run(box, min(SEGMENT, KILLS - start), rng)
        print(words, flush=True)
        is_sound(box, found, 0)
        acked += found.acked
    print(f"{KILLS} kills, {acked} acknowledged, none lost, none doubled")


@contextmanager
def _locked_now_and_then(box: Box, rng: random.Random) -> Iterator[None]:
    """Hold SQLite's own write lock for a moment, let go for another, until the end."""
    ended = threading.Event()

    def lock() -> None:
        c = sqlite3.connect(box.directory / "barrio.db", timeout=10, isolation_level=None)
        while not ended.wait(rng.uniform(0.02, 0.2)):
            c.execute("BEGIN IMMEDIATE")
            time.sleep(rng.uniform(0.05, 0.4))
            c.execute("ROLLBACK")
        c.close()

    thread = threading.Thread(target=lock)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
