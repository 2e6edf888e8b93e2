"""Who is who: this node, its hub, and the nodes that the hub invited, with their keys, areas and clearances."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from gateway.errors import Problem
from gateway.journal.facts.nodes import EVERYWHERE, OPEN, RESTRICTED
from gateway.journal.ledger import LOCAL
from gateway.journal.rows import find, upsert
from gateway.journal.tables import Member, Peer, table
from gateway.node import Node
from offline_sync.identity import Identity, open_identity

MEMBER, PEER = table(Member), table(Peer)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """A node as the hub's journal knows it. `known` is how far it was known when it was revoked: {epoch: seq}."""

    name: str
    public: str
    writer: str
    areas: tuple[str, ...]
    clearance: str
    revoked_at: str | None = None
    known: Mapping[int, int] | None = None
    is_hub: bool = False

    @property
    def is_full(self) -> bool:
        """Whether nothing is withheld from it."""
        return self.is_hub or (EVERYWHERE in self.areas and self.clearance == RESTRICTED)


@dataclass(frozen=True)
class Book:
    """All nodes, as this one knows them now."""

    name: str
    writer: str
    epoch: int
    hub: Known | None
    members: Sequence[Known]

    @property
    def is_hub(self) -> bool:
        return self.hub is not None and self.hub.writer == self.writer

    def by_name(self, name: str) -> Known:
        """The node of that name that stands; a Problem when there is none."""
        for known in self.others():
            if known.name == name:
                return known
        if any(known.name == name and not known.public and known.revoked_at is None for known in self.members):
            raise Problem("sync.not_met", name=name, here=self.name)
        raise Problem("sync.unknown_node", name=name, known=", ".join(known.name for known in self.others()) or "none yet")

    def by_public(self, public: str) -> Known | None:
        found = [known for known in self.everybody() if known.public == public]
        return next((known for known in found if known.revoked_at is None), found[0] if found else None)

    def by_writer(self, writer: str) -> Known | None:
        """Whose entries these are. One that was revoked and invited again is trusted again."""
        found = [known for known in self.everybody() if known.writer == writer]
        return next((known for known in found if known.revoked_at is None), found[0] if found else None)

    def everybody(self) -> list[Known]:
        return [*([self.hub] if self.hub else []), *self.members]

    def others(self) -> list[Known]:
        """The nodes that this one may exchange with."""
        return [k for k in self.everybody() if k.writer != self.writer and k.public and k.revoked_at is None]


def book(c: Connection, node: Node, identity: Identity | None = None) -> Book:
    """Read who is who. At the hub the hub is this node; a field node knows its own from the invitation."""
    local = said(c)
    writer, epoch = local["writer"], int(local["epoch"])
    if node.config.node.role == "hub":
        own = (identity or open_identity(node.config.data)).public
        hub: Known | None = Known(local["name"], own, writer, (EVERYWHERE,), RESTRICTED, is_hub=True)
    elif "hub" in local:
        hub = Known(local["hub_name"], local["hub_public"], local["hub"], (EVERYWHERE,), RESTRICTED, is_hub=True)
    else:
        hub = None
    members = [Known(row["name"], row["public"] or "", row["writer"] or "", tuple(json.loads(row["areas"])), row["clearance"] or OPEN,
                     row["revoked_at"], _known(row["known"]))
               for row in find(c, MEMBER, "hub", [hub.writer])] if hub else []
    return Book(local["name"], writer, epoch, hub, members)


def said(c: Connection) -> dict[str, str]:
    """The facts of this machine."""
    return {key: value for key, value in c.execute(select(LOCAL.c.key, LOCAL.c.value))}


def say(c: Connection, **facts: str) -> None:
    upsert(c, LOCAL, [{"key": key, "value": value} for key, value in facts.items()])


def peer(c: Connection, name: str) -> Row:
    """What this node last said of itself; nothing yet, when it was never met."""
    found = find(c, PEER, "name", [name])
    return found[0] if found else {"name": name, "heads": "{}", "rungs": "{}", "said": "", "lack": "", "lacking": "", "agreed": "",
                                   "heard_at": None, "told_at": None, "receipts": "[]", "wants": "[]", "trouble": ""}


def remember(c: Connection, row: Row, **changes: object) -> None:
    upsert(c, PEER, [row | changes])


def _known(written: str | None) -> dict[int, int] | None:
    if written is None:
        return None
    return {int(epoch): int(seq) for epoch, _, seq in (each.partition(":") for each in json.loads(written))}
