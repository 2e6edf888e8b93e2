"""Servers killed with -9 at random moments under load: what was acknowledged is in the journal, once, as it was written."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext

import pytest

from tests.durability.box import NO_BROKER, Box
from tests.durability.conftest import MakeBox
from tests.durability.kennel import MOST_HEARD, Kennel, kill_again_and_again
from tests.durability.load import Load
from tests.durability.tally import Tally, tally
from tests.patience import LONG, until

SAMPLE = 100  # kills of every run
ROUNDS = 4
KILLS = int(os.environ.get("DURABILITY_KILLS", "10000"))  # of the campaign
SEGMENT = 500  # kills an instance: verifying folds its whole journal


def run(box: Box, kills: int, rng: random.Random, *options: str, most: int = MOST_HEARD,
        trouble: AbstractContextManager[object] | None = None, enough: Callable[[], bool] = lambda: True) -> tuple[Tally, str]:
    """Kill, start again, let the last one bring in what lies in the spool; then what the journal says, and a line of figures."""
    with Kennel(box) as kennel:
        began = time.monotonic()
        with trouble or nullcontext(), Load(box.port, rng) as load:
            kills = kill_again_and_again(kennel, kills, rng, lambda: len(load.acked), *options, most=most, enough=enough)
        seconds = time.monotonic() - began
        last = kennel.doors(*options)
        until(lambda: not list(box.directory.glob("spool/*.spool")), "the spool is not drained")
        kennel.kill(last)
    assert set(load.codes) <= {200}, load.codes
    with box.node() as node:
        found = tally(node, load.sent, load.acked)
    return found, f"{kills} kills in {seconds:.1f} s ({seconds / kills:.3f} s each), {load.cut} answers cut short, {found}"


def is_sound(box: Box, found: Tally, at_least: int = 0) -> None:
    verified = box.cli("rebuild", "--verify")
    assert verified.returncode == 0, verified.stderr
    assert found.is_clean, found
    assert found.acked > at_least, f"too few texts to say anything: {found}"


def test_a_killed_server_has_kept_what_it_acknowledged(boxes: MakeBox, rng: random.Random) -> None:
    box = boxes(extra=NO_BROKER)
    found, words = run(box, SAMPLE, rng)
    print(words)
    is_sound(box, found, 250)


def test_a_killed_server_on_postgresql_too(boxes: MakeBox, rng: random.Random, postgres_url: str) -> None:
    box = boxes(extra=NO_BROKER, database_url=postgres_url)
    found, words = run(box, 25, rng)
    print(words)
    is_sound(box, found, 50)


def test_the_whole_web_process_is_killed_just_as_well(boxes: MakeBox, rng: random.Random) -> None:
    """`barrio web` as it is, pages and granian's two processes and all."""
    box = boxes(extra=NO_BROKER)
    with Load(box.port, rng) as load:
        for _ in range(ROUNDS):
            web = box.start("web")
            wanted = len(load.acked) + rng.randrange(25)
            until(lambda wanted=wanted: len(load.acked) > wanted, lambda: f"nobody is acknowledged: {load.codes}")  # type: ignore[misc]
            time.sleep(rng.uniform(0.02, 0.5))
            box.kill(web)
    with box.node() as node:
        found = tally(node, load.sent, load.acked)
    print(found)
    is_sound(box, found)


def test_killed_while_texts_go_in_and_out_of_the_spool(boxes: MakeBox, rng: random.Random) -> None:
    """Another process locks the database again and again, so that texts are spooled, drained, and killed on the way."""
    box = boxes(extra=NO_BROKER)
    found, words = run(box, 40, rng, "busy=0.03", trouble=_locked_now_and_then(box, rng),
                       enough=lambda: through_the_spool(box) > 50)
    print(words, f"{through_the_spool(box)} through the spool")
    is_sound(box, found)


def through_the_spool(box: Box) -> int:
    with closing(sqlite3.connect(box.directory / "barrio.db", timeout=LONG)) as c:
        return int(c.execute("SELECT count(*) FROM message WHERE road = 'spool'").fetchone()[0])


@pytest.mark.parametrize(("label", "variant", "sign"), [
    ("a server that acknowledges before the commit loses texts", "early", "lost"),
    ("a server that does not heed the UNIQUE key doubles texts", "forgets", "doubled"),
])
def test_negative_control(boxes: MakeBox, rng: random.Random, label: str, variant: str, sign: str) -> None:
    """Chance decides which kill hits: a few are tried again when none did."""
    for _ in range(8):
        found, words = run(boxes(extra=NO_BROKER), 20, rng, variant, most=60)
        print(words)
        if getattr(found, sign):
            break
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
        is_sound(box, found)
        acked += found.acked
    print(f"{KILLS} kills, {acked} acknowledged, none lost, none doubled")


@contextmanager
def _locked_now_and_then(box: Box, rng: random.Random) -> Iterator[None]:
    """Hold SQLite's own write lock for a moment, let go for another, until the end."""
    ended = threading.Event()

    def lock() -> None:
        c = sqlite3.connect(box.directory / "barrio.db", timeout=LONG, isolation_level=None)
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
