"""The broker killed, hung, emptied, absent: acknowledgements do not notice, and the work is done all the same."""

from __future__ import annotations

import os
import random
import signal
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from redis import Redis

from tests.durability.box import NOWHERE, Box
from tests.durability.conftest import MakeBox
from tests.durability.load import Load
from tests.durability.tally import classified, tally
from tests.patience import LONG, until

TEXTS = 30


@dataclass
class Town:
    """One box with its processes and the residents who text it."""

    box: Box
    load: Load
    broker: int

    @contextmanager
    def killed(self) -> Iterator[None]:
        os.kill(self.broker, signal.SIGKILL)
        yield
        self.broker = self.box.start("broker").pid

    @contextmanager
    def hung(self) -> Iterator[None]:
        os.kill(self.broker, signal.SIGSTOP)
        yield
        os.kill(self.broker, signal.SIGCONT)

    @contextmanager
    def flushed(self) -> Iterator[None]:
        """FLUSHALL again and again, while the bell is rung and heard."""
        ended = threading.Event()

        def flush() -> None:
            with Redis(unix_socket_path=str(self.box.broker_socket)) as redis:
                while not ended.wait(0.01):
                    redis.flushall()

        flushing = threading.Thread(target=flush)
        flushing.start()
        yield
        ended.set()
        flushing.join()

    def text(self) -> float:
        """A few residents text, one after the other; the median of what an acknowledgement takes."""
        before = len(self.load.seconds)
        for _ in range(TEXTS):
            self.load.one()
        assert set(self.load.codes) == {200}, self.load.codes
        assert len(self.load.seconds) == before + TEXTS, "a text was not acknowledged"
        return statistics.median(self.load.seconds[before:])

    def backlog(self) -> int:
        """Reports that wait for the worker, for the first time or once more."""
        with self.box.node() as node:
            found = classified(node)
        return found.without + found.waiting

    def settle(self) -> float:
        return until(lambda: self.backlog() == 0, lambda: f"{self.backlog()} reports are not classified {self.box.said('worker')}")

    def is_sound(self) -> None:
        with self.box.node() as node:
            assert classified(node).is_clean, classified(node)
            assert tally(node, self.load.sent, self.load.acked).is_clean


def test_acknowledgements_do_not_notice_what_becomes_of_the_broker(boxes: MakeBox, rng: random.Random) -> None:
    box = boxes(extra=NOWHERE + "\n[queue]\nsweep_seconds = 2\n")
    town = Town(box, Load(box.port, rng), box.start("broker").pid)
    box.start("worker")
    box.start("web")
    for trouble in (town.killed, town.hung, town.flushed):
        usual = town.text()
        town.settle()
        with trouble():
            meanwhile = town.text()
        seconds = town.settle()
        print(f"{trouble.__name__}: median {usual * 1000:.1f} ms before, {meanwhile * 1000:.1f} ms meanwhile; "
              f"backlog classified {seconds:.1f} s after its return")
    town.is_sound()


def test_without_any_broker_the_sweeper_does_the_work(boxes: MakeBox, rng: random.Random) -> None:
    """The settings `barrio init` makes: nothing is said of the queue."""
    box = boxes()
    town = Town(box, Load(box.port, rng), 0)
    box.start("worker")
    box.start("web")
    meanwhile = town.text()
    seconds = town.settle()
    print(f"absent: median {meanwhile * 1000:.1f} ms, classified {seconds:.1f} s after the last text")
    town.is_sound()


def test_negative_control_it_is_the_bell_that_is_heard(boxes: MakeBox, rng: random.Random) -> None:
    """With a minute between two sweeps nothing is done while the broker hangs, and all at the first ring once it does not."""
    box = boxes(extra=NOWHERE + "\n[queue]\nsweep_seconds = 60\n")
    town = Town(box, Load(box.port, rng), box.start("broker").pid)
    box.start("worker")
    box.start("web")
    town.text()
    for _ in range(3):  # once it may be the sweep of that minute, or a ring that was late
        town.settle()
        time.sleep(1.0)  # until the worker has nothing more to do
        with town.hung():
            town.text()
            time.sleep(2.0)
            left = town.backlog()
        if left:
            break
    assert left > 0, "somebody else than the bell calls the worker: this test shows nothing"
    town.load.one()
    print(f"heard {town.settle():.1f} s after the broker came to itself")
    town.is_sound()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_broker_is_left_behind(boxes: MakeBox, number: int) -> None:
    """Whoever ends `barrio broker` ends the server itself; the next one starts on the same socket."""
    box = boxes()
    for _ in range(2):
        broker = box.start("broker")
        os.kill(broker.pid, number)
        broker.wait(LONG)
        until(lambda: not box.broker_answers(), "a broker without an owner answers")
