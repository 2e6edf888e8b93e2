"""A hub and its field nodes in one process: real databases and files, batches handed over as bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import func, select

from gateway.doors import intake
from gateway.journal import projections
from gateway.journal.entries import ENTRY, verify_chain
from gateway.machine import jobs
from gateway.node import Node, open_node
from offline_sync import exchange, joining, offering, peers
from offline_sync.command import bring_in
from offline_sync.identity import Identity, open_identity
from offline_sync.taking import Result
from tests.conftest import sms


@dataclass
class Box:
    """One node with its key; `node` is opened again when its epoch changes."""

    node: Node
    texts: int = 0

    @property
    def name(self) -> str:
        return self.node.config.node.name

    @property
    def identity(self) -> Identity:
        return open_identity(self.node.config.data)

    def hear(self, words: str, number: str = "+59170000001", *, work: bool = True) -> None:
        """A text comes in here, and the machine does its work."""
        self.texts += 1
        with self.node.database.writing() as c:
            intake.receive(c, self.node, [sms(f"{self.name}-{self.texts}", words, number, self.node.now())])
        if work:
            jobs.work(self.node)

    def state(self) -> str:
        with self.node.database.reading() as c:
            return projections.state_hash(c)

    def tables(self) -> dict[str, str]:
        with self.node.database.reading() as c:
            return projections.table_hashes(c)

    def entries(self) -> int:
        with self.node.database.reading() as c:
            return verify_chain(c)

    def withheld(self) -> int:
        with self.node.database.reading() as c:
            return int(c.execute(select(func.count()).select_from(ENTRY).where(ENTRY.c.body.is_(None))).scalar_one())

    def tasks(self, kind: str) -> set[str]:
        with self.node.database.reading() as c:
            return set(c.exec_driver_sql(f"SELECT subject FROM task WHERE kind = '{kind}'").scalars())

    def offer(self, to: str, *, most: int = offering.MOST_ENTRIES) -> offering.Offer:
        with self.node.database.writing() as c:
            book = peers.book(c, self.node, self.identity)
            return offering.offer(c, self.node, self.identity, book, book.by_name(to), most=most)

    def export(self, to: str, *, most: int = offering.MOST_ENTRIES) -> bytes:
        return self.offer(to, most=most).content

    def bring(self, content: bytes) -> Result:
        return bring_in(self.node, self.identity, content, "b.barrio")

    def reopen(self) -> None:
        self.node.database.engine.dispose()
        self.node = open_node(self.node.config, now=self.node.now)

    def heal(self) -> str:
        words = joining.heal(self.node, self.identity)
        self.reopen()
        return words


@dataclass
class Fleet:
    hub: Box
    make: Callable[..., Node]
    fields: list[Box] = field(default_factory=list)

    def field(self, name: str, areas: str = "*", clearance: str | None = None, **options: str) -> Box:
        """A field node that was invited and took it up; the hub knows it once it hears of it."""
        box = Box(self.make(name, role="field", **options))
        joining.join(box.node, box.identity, joining.invite(self.hub.node, self.hub.identity, name, areas.split(","), clearance))
        self.fields.append(box)
        return box

    def meet(self, box: Box, *, most: int = exchange.MOST_AT_ONCE, road: Callable[[bytes], bytes] = bytes) -> exchange.Met:
        """A field node and the hub, over a line that `road` may spoil."""
        return exchange.meet(box.node, box.identity, lambda content: road(exchange.answer(self.hub.node, self.hub.identity, road(content))),
                             most=most)

    def settle(self, rounds: int = 2) -> None:
        """Every node meets the hub, so often."""
        for _ in range(rounds):
            for box in self.fields:
                self.meet(box)

    def carry(self, source: Box, target: Box) -> Result:
        return target.bring(source.export(target.name))
