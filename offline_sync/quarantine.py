"""What was kept apart for a person: they look at it, and take it as fact or refuse it. Nothing is decided by a timer.

At the hub, what a revoked node wrote later can be believed, which every node then hears (`node_believed`). The branch of a copy can
only be carried over by the node whose history it is (`barrio node heal`). What is refused stays refused when it comes again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from gateway.errors import Problem
from gateway.journal import foreign, ledger, projections
from gateway.journal.entries import position_of, take_turn
from gateway.journal.facts.nodes import NodeBelieved
from gateway.journal.rows import find
from gateway.journal.soundness import read
from gateway.node import Node
from offline_sync import peers
from offline_sync.identity import Identity
from offline_sync.parked import REFUSED, WAITING, from_bytes
from offline_sync.peers import MEMBER
from offline_sync.taking import Placing, Result

FOR_A_PERSON = ("revoked", "fork", "stranger")


@dataclass(frozen=True, slots=True)
class Kept:
    """A run that waits for a person: whose, which numbers, why, since when, who brought it, and what kinds of facts it holds."""

    id: str
    whose: str
    first: int
    last: int
    why: str
    since: str
    brought_by: str
    kinds: dict[str, int]

    def __str__(self) -> str:
        held = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items())) or "no bodies"
        return (f"{self.id[:8]}  entries {self.first}-{self.last} of {self.whose}, {self.why}, since {self.since[:16].replace('T', ' ')}, "
                f"brought by {self.brought_by}: {held}")


def kept(c: Connection, node: Node, identity: Identity) -> list[Kept]:
    """All that waits for a person, in the order of its numbers."""
    book = peers.book(c, node, identity)
    rows = c.execute(select(WAITING).where(WAITING.c.why.in_(FOR_A_PERSON)).order_by(
        WAITING.c.writer, WAITING.c.epoch, WAITING.c.first, WAITING.c.last)).mappings()
    return [Kept(row["id"], known.name if (known := book.by_writer(row["writer"])) else f"writer {row['writer'][:8]}", row["first"],
                 row["last"], row["why"], row["since"], row["sender"], _kinds(bytes(row["run"]))) for row in rows]


def accept(node: Node, identity: Identity, which: str, *, why: str = "", by: str = "operator") -> int:
    """What a revoked node wrote later is fact after all; how many entries were taken in."""
    if node.config.node.role != "hub":
        raise Problem("node.refused", reason=f"{node.config.node.name} is a field node, and the hub decides", hint="Accept it there.")
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        row = _one(c, which)
        if row.why != "revoked":
            raise Problem("node.refused", reason="these entries are another history of a node that was copied or restored",
                          hint="Only that node can carry them over: barrio node heal, there. Or refuse them here.")
        member = next(m for m in find(c, MEMBER, "hub", [node.origin.writer]) if m["writer"] == row.writer and m["revoked_at"])
        ledger.write(c, node.origin, [NodeBelieved(node=member["id"], upto=(f"{row.epoch}:{row.last}",), why=why)], at=node.now(), by=by,
                     turn=turn)
        result = Result(peers.Known("", "", "", (), ""))
        placing = Placing(c, node, identity, row.sender, False, result)
        placing.settle()
        foreign.hear(c, node.origin.source)
        projections.rebuild(c)
        return result.taken.appended


def refuse(node: Node, which: str) -> int:
    """It is no fact, and when it comes again nobody is asked again; how many entries that were."""
    with node.database.writing() as c:
        row = _one(c, which)
        c.execute(WAITING.update().where(WAITING.c.id == row.id).values(why=REFUSED, run=b""))
        return int(row.last - row.first + 1)


def _one(c: Connection, which: str) -> Any:
    rows = c.execute(select(WAITING.c.id, WAITING.c.writer, WAITING.c.epoch, WAITING.c.first, WAITING.c.last, WAITING.c.why,
                            WAITING.c.sender).where(WAITING.c.why.in_(FOR_A_PERSON), WAITING.c.id.startswith(which))).all()
    if len(rows) != 1 or len(which) < 6:
        raise Problem("node.refused", reason=f"{which} names {len(rows)} of what waits for a person",
                      hint="See: barrio sync waiting. The first 8 characters of a line are enough.")
    return rows[0]


def _kinds(content: bytes) -> dict[str, int]:
    run = from_bytes(content)
    return dict(Counter(read(line.body, position_of(line.lamport, run.writer, run.epoch, seq))[0]
                        for seq, line in enumerate(run.lines, run.first) if line.body is not None))
