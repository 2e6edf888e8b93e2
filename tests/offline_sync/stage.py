"""What the histories are played on: nodes that are made once, what lies on a disk, processes that die, and an older Barrio."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from gateway import config
from gateway.journal import foreign, soundness
from gateway.journal.entries import ENTRY, WRITER, Fact, position_of
from gateway.machine.instance import create
from gateway.node import Node, open_node
from offline_sync import command, exchange, joining
from offline_sync.parked import parked
from tests.conftest import Clock
from tests.offline_sync.fleet import Box

FULL, LIMITED = ("north", "south", "east", "upper"), {"west": "S1604", "lower": "S1701"}
BEHIND = "east"  # in every third history it is an older Barrio, that cannot read these
UNREAD = frozenset(["need_status_changed", "report_gathered", "sender_registered", "sender_erased"])
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # thousands of histories would wear out a disk


class Crash(Exception):
    """The process died here."""


class Template:
    """A hub that knows its nodes, made once; each history begins with a copy of it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="barrio-fleet-", dir=MEMORY))
        hub = self._open("hub", create(self.folder / "hub", name="hub"))
        for name in (*FULL, *LIMITED):
            box = self._open(name, create(self.folder / name, name=name, role="field"))
            text = joining.invite(hub.node, hub.identity, name, [LIMITED.get(name, "*")], None)
            joining.join(box.node, box.identity, text)
            exchange.meet(box.node, box.identity, lambda content: exchange.answer(hub.node, hub.identity, content))
            box.node.database.engine.dispose()
        self.lasting = {name: hub.node.__dict__.get(name) or getattr(hub.node, name) for name in ("words", "meaning", "replies", "places")}
        hub.node.database.engine.dispose()

    def _open(self, name: str, made: config.Config) -> Box:
        return Box(open_node(config.load(str(made.directory / "config.toml")), now=Clock()))

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def told(box: Box) -> dict[bytes, Fact | None]:
    """The bodies that lie on this disk, by their digests, as facts."""
    with box.node.database.reading() as c:
        return {bytes(row.body_digest): soundness.read(row.body, position_of(row.lamport, row.writer, row.epoch, row.seq))[1]
                for row in c.execute(select(ENTRY, WRITER.c.writer, WRITER.c.epoch)
                                     .join(WRITER, WRITER.c.id == ENTRY.c.source).where(ENTRY.c.body.is_not(None)))}


def waiting(box: Box) -> set[bytes]:
    with box.node.database.reading() as c:
        return {line.body_digest for _, _, run in parked(c, "gap", "stranger", "fork", "copy", "revoked") for line in run.lines}


@contextmanager
def an_older_barrio_at(name: str | None) -> Iterator[None]:
    """One node takes in bodies as a Barrio would that does not know some kinds: it keeps them and forwards them unread."""
    here = [False]
    read, taken = soundness.read, (exchange.take, command.take)

    def take(c: object, node: Node, *rest: object, **options: object) -> object:
        here[0] = node.config.node.name == name
        try:
            return taken[0](c, node, *rest, **options)  # type: ignore[arg-type]
        finally:
            here[0] = False

    def read_less(body: str, position: str) -> tuple[str, Fact | None]:
        kind, fact = read(body, position)
        return (kind, None) if here[0] and kind in UNREAD else (kind, fact)

    soundness.read, exchange.take, command.take = read_less, take, take  # type: ignore[assignment]
    try:
        yield
    finally:
        soundness.read, exchange.take, command.take = read, *taken


@contextmanager
def dying(after: int) -> Iterator[None]:
    """The process dies when it folds for the `after`th time."""
    real, left = foreign.fold, [after]

    def fold(c: object, facts: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Crash
        real(c, facts)  # type: ignore[arg-type]

    foreign.fold = fold  # type: ignore[assignment]
    try:
        yield
    finally:
        foreign.fold = real
