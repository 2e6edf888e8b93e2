"""A process that has imported everything, and forks a server or a worker for each line it reads: a kill costs no imports.

    doors [variant ...]        -> "PID" at once, "ready PID" when it listens; the doors of `gateway.wsgi`, without the pages
    work [crash=N] [variant]   -> "PID", then "done PID STEPS" unless it was killed on the way
    work ... gateway=FILE      -> the same, through a provider that keeps what it was sent in that file and can be asked
    here                       -> "here", behind every word of those that have ended by now

The variants are the negative controls: each is a fault of ours on purpose, which the tests must find.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from gateway import classification, config, locks
from gateway.channels import console
from gateway.doors import desk, intake, webhook
from gateway.journal import tasks
from gateway.machine import app, jobs, sorting
from gateway.needs import judging
from gateway.node import Node, open_node
from tests.durability.provider import Provider
from tests.patience import LONG

_READ: dict[str, Any] = {}  # words, places and replies, which are the same at every start


def main() -> None:
    loaded = config.load()
    warm = open_node(loaded)
    _READ.update(words=warm.words, places=warm.places, replies=warm.replies)
    judging.judge_of(warm)  # the model is read once, for every process to come
    warm.database.engine.dispose()
    import redis  # noqa: F401  the bell imports them when it first rings
    import rq  # noqa: F401
    import twilio.rest  # noqa: F401
    gc.freeze()  # or each child would walk through all of it as it warms up
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the killed are buried at once
    say("warm")
    for line in sys.stdin:
        what, *options = line.split()
        if what == "here":
            say(what)
            continue
        if pid := os.fork():
            say(str(pid))
            continue
        os.setsid()
        locks.die_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            {"doors": _doors, "work": _work}[what](loaded, dict(o.partition("=")[::2] for o in options))
        finally:
            os._exit(0)


def say(words: str) -> None:
    os.write(1, f"{words}\n".encode())


def _open(loaded: config.Config, **options: float) -> Node:
    node = open_node(loaded, **options)  # type: ignore[arg-type]
    node.__dict__.update(_READ)
    return node


def _doors(loaded: config.Config, options: dict[str, str]) -> None:
    """What `barrio web` runs, under its lock and with its server, without the pages and a second process."""
    if loaded.is_sqlite:
        locks.hold(loaded.data, "web")
    node = _open(loaded, busy_seconds=float(options.get("busy", "5")))
    if "forgets" in options:
        _take_every_delivery_for_new()
    running = app.start(node)
    if "busy" in options:
        desk.Drain(node, running.desk.spool, lambda: None, every=0.03).start()
    if "early" in options:
        running.desk.take_in = _say_yes_at_once(running.desk)  # type: ignore[method-assign]
    asyncio.run(_serve(loaded, webhook.Doors(node, running.desk)))


async def _serve(loaded: config.Config, doors: webhook.Doors) -> None:
    server = Server(doors, loaded.web.host, loaded.web.port, interface=Interfaces.ASGINL, backlog=1024, websockets=False,
                    log_level=LogLevels.error)
    serving = asyncio.create_task(server.serve())
    while not serving.done():
        try:
            _, writer = await asyncio.open_connection(loaded.web.host, loaded.web.port)
        except OSError:
            await asyncio.sleep(0.002)
        else:
            writer.close()
            say(f"ready {os.getpid()}")
            break
    await serving


def _say_yes_at_once(hasty: desk.Desk) -> Callable[..., Any]:
    """Negative control: the answer comes before the commit."""
    async def take_in(inbound: Any) -> None:
        hasty._queue.put(desk._Waiting(inbound, asyncio.get_running_loop()))

    return take_in


def _take_every_delivery_for_new() -> None:
    """Negative control: the UNIQUE key decides nothing."""
    right = intake.insert_new

    def wrong(c: Any, into: Any, rows: Any, returning: str) -> Any:
        return right(c, into, rows, returning) | ({row["message"] for row in rows} if into is intake.DELIVERY else set())

    intake.insert_new = wrong


def _work(loaded: config.Config, options: dict[str, str]) -> None:
    """Do what is due, and die by SIGKILL at step `crash`, or when classification meets the report `deadly`."""
    node = _open(loaded, busy_seconds=LONG)  # killed or not is what is asked, and not how long it had to wait for its turn
    if kept := options.get("gateway"):
        through = Provider(Path(kept))
        console.send, console.find_sent = through.send, through.find_sent  # type: ignore[assignment, attr-defined]
    steps = _count_steps(node, int(options.get("crash", "0")))
    if deadly := options.get("deadly"):
        right = classification.Judge.classify

        def classify(judge: Any, report: Any, text: str, **said: bool) -> Any:
            if report["id"] == deadly:
                _die()
            return right(judge, report, text, **said)

        classification.Judge.classify = classify  # type: ignore[method-assign]
    (_finish_before_classifying if "finishes_first" in options else jobs.work)(node)
    say(f"done {os.getpid()} {steps()}")


def _count_steps(node: Node, crash: int) -> Callable[[], int]:
    """Every statement, and either side of every commit, is a step; at step number `crash` this process is no more."""
    from sqlalchemy import event
    taken = 0

    def step(*_: Any) -> None:
        nonlocal taken
        taken += 1
        if taken == crash:
            _die()

    commit = node.database.engine.dialect.do_commit

    def do_commit(connection: Any) -> None:
        step()
        commit(connection)
        step()

    event.listen(node.database.engine, "before_cursor_execute", step)
    node.database.engine.dialect.do_commit = do_commit  # type: ignore[method-assign]
    return lambda: taken


def _finish_before_classifying(node: Node) -> None:
    """Negative control: the tasks are taken off the list in a commit of its own, before the work is done."""
    with node.database.writing() as c:
        claimed = [claim.subject for claim in tasks.claim(c, "classify", node.now(), jobs.MOST_AT_ONCE)]
        gone = tasks.take_off(c, "classify", claimed)
    tasks.take_off = lambda c, kind, subjects: gone
    with node.database.writing() as c:
        sorting.sort(c, node, claimed, "classify")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
