"""One life of an instance under the ear of the recorder: made, texted one by one and in groups, its database away and back.

The texts go through the real doors, desk, spool, intake and worker; a text counts as acknowledged when its door said 200.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import json
import logging
import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from gateway import config, phone
from gateway.channels import console
from gateway.channels.values import Inbound
from gateway.doors import desk
from gateway.doors.webhook import Doors
from gateway.journal import database
from gateway.machine import jobs
from gateway.machine.instance import create
from gateway.node import Node, open_node
from tests.durability.powercut.power_cut_disk import Image
from tests.durability.powercut.power_cut_files import PythonEar
from tests.durability.powercut.power_cut_log import Acknowledged, FolderSynced, Log, Named, Recording, Text
from tests.durability.powercut.power_cut_vfs import Impossible, SqliteEar

WORDS = ("AGUA S1604 sin agua hace 3 dias 20 familias", "no hay luz en la calle, Villa Fátima", "BASURA S1604 no recogen",
         "the water pipe is broken near the school", "hola", "STATUS 10004", "alcantarilla rota 😷 niños", "nul\x00 y \ud83d suelto",
         "desague " * 60)
_unfinished: set[asyncio.Task[None]] = set()
_words: dict[str, Any] = {}


@dataclass(frozen=True)
class Setting:
    """How an instance is run while it is recorded; the defaults of everything but `wal` are Barrio's own."""

    wal: bool = False
    pragmas: tuple[str, ...] = ()
    hasty: bool = False
    spool_synced: bool = True


class HastyDesk(desk.Desk):
    """What must never be built: it says yes before the text is on disk."""

    async def take_in(self, inbound: Inbound) -> None:
        _unfinished.add(asyncio.create_task(super().take_in(inbound)))
        await asyncio.sleep(0)


@dataclass
class Life:
    """An open instance whose doors can be knocked at."""

    name: str
    log: Log
    ear: PythonEar
    node: Node
    desk: desk.Desk
    runner: asyncio.Runner
    texts: dict[str, Text] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._doors, self._key = Doors(self.node, self.desk), phone.open_vault(self.node.config).console_key

    def one_by_one(self, count: int) -> None:
        for _ in range(count):
            self.runner.run(self._text())

    def again(self, sids: Sequence[str]) -> None:
        for sid in sids:
            self.runner.run(self._text(self.texts[sid]))

    def together(self, clients: int, each: int) -> None:
        """So many clients at once, each with so many texts one after the other."""
        async def client() -> None:
            for _ in range(each):
                await self._text()

        async def all_of_them() -> None:
            await asyncio.gather(*(client() for _ in range(clients)))

        self.runner.run(all_of_them())

    async def _text(self, known: Text | None = None) -> None:
        """Knock with a text; it counts as acknowledged when the door says 200."""
        known = known or self._compose(len(self.texts))
        self.texts[known.sid] = known
        headers = {"content-type": "application/json", "content-length": str(len(known.raw)),
                   "x-barrio-signature": console.signature(known.raw, self._key)}

        async def receive() -> Any:
            return {"type": "http.request", "body": known.raw}

        async def send(message: Any) -> None:
            if message.get("status") == 200:
                self.log.note(Acknowledged(known.sid))

        scope: Any = {"path": "/channels/console/inbound", "method": "POST", "query_string": b"",
                      "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
        await self._doors(scope, receive, send)

    @contextmanager
    def database_away(self) -> Iterator[None]:
        """Another process holds the write turn, so texts go to the spool."""
        handle = os.open(self.node.database.path.with_suffix(".write"), os.O_RDWR | os.O_CREAT)
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(handle)
            time.sleep(desk.RETRY_AFTER)

    def _compose(self, number: int) -> Text:
        sid = f"{self.name}-{number:03d}"
        from_, words = f"+5917000{number % 23:04d}", f"{WORDS[number % len(WORDS)]} {number}"
        return Text(sid, from_, words, json.dumps({"id": sid, "from": from_, "text": words}).encode())


def alone(life: Life) -> None:
    life.one_by_one(6)


def crowd(life: Life) -> None:
    life.together(8, 2)


def repeated(life: Life) -> None:
    life.again(list(life.texts)[-6:])


def worker(life: Life) -> None:
    """On a busy machine the write turn may be long in coming; a worker then comes again."""
    for _ in range(100):
        with suppress(OperationalError):
            jobs.work(life.node)
            return
    raise TimeoutError("the write turn never came")


def away(life: Life) -> None:
    with life.database_away():
        life.one_by_one(3)
        life.together(4, 2)


def away_and_full(life: Life) -> None:
    """The disk is full just once: that text is not acknowledged, the next ones are."""
    with life.database_away():
        life.ear.refuse = ".spool"
        life.one_by_one(4)


def drained(life: Life) -> None:
    """The spool comes in while texts do."""
    def drain() -> None:
        with suppress(OperationalError):  # on a busy machine the turn may be long in coming; the spool then waits, as it does at work
            life.desk.spool.drain()

    draining = threading.Thread(target=drain)
    draining.start()
    life.together(4, 2)
    draining.join()


FIRST = (alone, crowd, crowd, repeated, worker, away, away_and_full, drained, drained)
SECOND = (alone, crowd, away, drained, worker)


def record(name: str, setting: Setting, root: Path, chance: random.Random, before: tuple[Recording, Image] | None = None) -> Recording:
    """Live through it in `root` and say what was written; `before` goes on from a disk after a power cut, beginning with the spool."""
    story = chance.sample(SECOND if before else FIRST, len(SECOND if before else FIRST))
    log = Log(root)
    if not os.path.isdir("/proc/self/fd"):
        raise Impossible("this system does not say which file a handle stands for (/proc/self/fd)")
    replaced = _replace(setting)
    try:
        with PythonEar(log) as ear, SqliteEar(log):
            if before is None:
                create(root / "hub")
                ear.look_around()
                if not any(isinstance(step, Named) and step.path.endswith(".db") for step in log.steps):
                    raise Impossible("Python's sqlite3 writes past the SQLite that was found")
            else:
                _lay(before, log)
            start = log.position()
            node = open_node(config.load(str(root / "hub" / "config.toml")), busy_seconds=0.15)
            lend_words(node)
            _weaken(node, setting)
            made = (HastyDesk if setting.hasty else desk.Desk)(node, fsync=setting.spool_synced).start()
            with asyncio.Runner() as runner:
                life = Life(name, log, ear, node, made, runner, dict(before[0].texts) if before else {})
                for chapter in [drained, *story] if before else [alone, *story]:
                    chapter(life)
                runner.run(_end(made))
            node.database.engine.dispose()
            gc.collect()
            ear.look_around()
    finally:
        for module, attribute, theirs in replaced:
            setattr(module, attribute, theirs)
    if log.faults:
        raise RuntimeError(f"the recorder failed: {log.faults[0]}")
    return Recording(name, os.getpid(), start, tuple(log.steps), life.texts, files_under(root))


async def _end(made: desk.Desk) -> None:
    await asyncio.gather(*_unfinished)
    _unfinished.clear()
    await asyncio.to_thread(made.stop)


def files_under(root: Path) -> dict[str, bytes]:
    """What really lies on the disk, but for SQLite's shared memory: that is rebuilt after every start."""
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file() and not p.name.endswith("-shm")}


def lend_words(node: Node) -> None:
    """Word lists and places are read once per process: an image has its own disk, not its own language."""
    if not _words:
        _words.update(words=node.words, places=node.places, replies=node.replies)
    node.__dict__.update(_words)


def use_wal(wal: bool) -> tuple[Any, str, Any]:
    """Open databases as Barrio does on an SQLite with, or without, the fix of the WAL-reset bug; what to put back later."""
    theirs = database.wal_is_safe
    database.wal_is_safe = lambda version: wal
    return database, "wal_is_safe", theirs


def _replace(setting: Setting) -> Sequence[tuple[Any, str, Any]]:
    logging.getLogger("barrio").setLevel(logging.CRITICAL)
    retry, desk.RETRY_AFTER = desk.RETRY_AFTER, 0.05
    return [use_wal(setting.wal), (desk, "RETRY_AFTER", retry)]


def _weaken(node: Node, setting: Setting) -> None:
    """Set what the setting says after Barrio has set its own; in WAL, fold the file back often, so that cuts fall into that too."""
    pragmas = [*setting.pragmas, *(["wal_autocheckpoint=60"] if setting.wal else [])]

    @event.listens_for(node.database.engine, "connect")
    def _connect(raw: Any, _: Any) -> None:
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}").close()

    node.database.engine.dispose()


def _lay(before: tuple[Recording, Image], log: Log) -> None:
    """Put the image down as the disk of this life, all of it safe, and count what the life before had acknowledged."""
    recording, image = before
    root = Path(log.root)
    for folder in sorted(image.folders):
        (root / folder).mkdir()
    for path, content in image.files.items():
        (root / path).write_bytes(content)
        inode = log.inode(path)
        log.wrote(inode, 0, content)
        log.synced(inode, log.position())
    for folder in (".", *sorted(image.folders)):
        log.note(FolderSynced(folder, log.position()))
    for sid in image.acknowledged(recording):
        log.note(Acknowledged(sid))
