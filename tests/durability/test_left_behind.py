"""One process of a box is killed, or all are told to end: nothing serves on unwatched, and the next start finds a free house."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

from tests.durability.box import NOWHERE, Box
from tests.durability.conftest import MakeBox
from tests.durability.load import Load, exchange, request
from tests.durability.tally import tally
from tests.patience import LONG, until


def alive(box: Box) -> set[int]:
    """Every process that was started for this box, by whomever; not the broker, which writes its title over its environment."""
    ours = f"BARRIO_CONFIG={box.settings}".encode()
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if ours in (process / "environ").read_bytes().split(b"\0") and b") Z" not in (process / "stat").read_bytes():
                found.add(int(process.name))
        except OSError:  # it ended just now
            continue
    return found


def takes_texts(box: Box) -> bool:
    try:
        return exchange(box.port, request(box.port, "SM" + "d" * 32, "+59170000001", "AGUA S1604"), LONG) == 200
    except (OSError, EOFError):
        return False


def test_a_killed_parent_leaves_no_server_behind(boxes: MakeBox) -> None:
    """The first process of `barrio web` is killed alone, as the kernel does when memory is short."""
    box = boxes()
    web = box.start("web")
    until(lambda: len(alive(box)) == 2, lambda: f"{len(alive(box))} processes")
    os.kill(web.pid, signal.SIGKILL)
    web.wait()
    seconds = until(lambda: not alive(box), lambda: f"{alive(box)} serve on, and nobody watches them")
    print(f"gone after {seconds:.2f} s")
    box.start("web")
    assert takes_texts(box)


def test_a_killed_server_is_replaced_by_its_parent(boxes: MakeBox, rng: random.Random) -> None:
    box = boxes()
    web = box.start("web")
    with Load(box.port, rng, clients=4, pace=0.01) as load:
        until(lambda: len(load.acked) > 20, "nobody is acknowledged")
        (server,) = alive(box) - {web.pid}
        os.kill(server, signal.SIGKILL)
        before = len(load.acked)
        seconds = until(lambda: len(load.acked) > before + 20, "nobody is acknowledged any more")
    print(f"served again {seconds:.1f} s after the kill")
    with box.node() as node:
        assert tally(node, load.sent, load.acked).is_clean


def test_nothing_of_a_box_outlives_its_supervisor(boxes: MakeBox) -> None:
    """`barrio up` is killed -9, started again in a free house, and told to end."""
    box = boxes(extra=NOWHERE)
    for number in (signal.SIGKILL, signal.SIGTERM):
        up = box.start("up", ready=False)
        until(box.answers, lambda: box.said("up"))
        until(lambda: box.broker_answers() and len(alive(box)) == 4, lambda: f"{len(alive(box))} processes: {box.said('up')}")
        assert takes_texts(box)
        os.kill(up.pid, number)
        up.wait(LONG)
        gone = until(lambda: not alive(box) and not box.broker_answers(), lambda: f"{alive(box)} live on")
        print(f"{signal.Signals(number).name}: all gone {gone:.1f} s later")
