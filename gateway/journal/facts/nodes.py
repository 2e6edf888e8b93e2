"""Which nodes there are, as the hub says: invited, enrolled with a key, revoked. No other writer's word counts.

The id of a node is made of the hub's writer and the invitation, so a fact that another writer forges makes no row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from gateway.journal.canonical import canonical, derived_id
from gateway.journal.entries import Fact, writer_of
from gateway.journal.events import Event, about
from gateway.journal.tables import Local, table

Row = dict[str, Any]

OPEN, RESTRICTED = "open", "restricted"  # clearances: with `restricted` also what is restricted or not yet classified
EVERYWHERE = "*"


@about("node")
@dataclass(frozen=True, slots=True, kw_only=True)
class NodeInvited(Event):
    """The hub invites a node: its name, areas, clearance and range of references. `token` is the digest of the invitation's secret."""

    node: str
    invitation: str
    name: str
    areas: tuple[str, ...]
    clearance: str
    span: int
    token: str


@about("node")
@dataclass(frozen=True, slots=True, kw_only=True)
class NodeEnrolled(Event):
    """A node came with its invitation: its public key and its database id."""

    node: str
    public: str
    writer: str


@about("node")
@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRevoked(Event):
    """The hub trusts a node no more. `known` is how far it was known then (`"1:57"` is epoch 1 up to 57); later entries are no facts."""

    node: str
    known: tuple[str, ...] = ()
    why: str = ""


@about("node")
@dataclass(frozen=True, slots=True, kw_only=True)
class NodeBelieved(Event):
    """A person looked at what a revoked node wrote later, and it is fact up to here (`"1:70"` is epoch 1 up to 70)."""

    node: str
    upto: tuple[str, ...]
    why: str = ""


@about("writer")
@dataclass(frozen=True, slots=True, kw_only=True)
class BranchKept(Event):
    """A writer that was healed says which branch of its earlier epochs stands: `"1:94:<16 hex digits>"` names entry 94 of epoch 1.

    It counts when that writer says it itself; what only other branches held, it tells again under the epoch in which it says so.
    """

    writer: str
    ends: tuple[str, ...]


def node_id(hub: str, invitation: str) -> str:
    return derived_id("node", hub, invitation)


def authorities(c: Connection, own: str) -> list[str]:
    """The writers whose word on accounts counts at a node: its own, and its hub's."""
    local = table(Local)
    hub = c.execute(select(local.c.value).where(local.c.key == "hub")).scalar()
    return [own, *([str(hub)] if hub and hub != own else [])]


def member(row: Row | None, fact: Fact) -> Row | None:
    hub = writer_of(fact.position)
    if fact.kind == NodeInvited.KIND:
        if row is not None or fact.about[0] != node_id(hub, fact["invitation"]):
            return row
        return {name: fact[name] for name in ("name", "clearance", "span", "token")} | {
            "hub": hub, "areas": canonical(fact["areas"] or ()), "invited_at": fact.at}
    if row is None or row.get("hub") != hub:
        return row
    if fact.kind == NodeEnrolled.KIND:
        return row if row.get("public") else row | {"public": fact["public"], "writer": fact["writer"], "enrolled_at": fact.at}
    if fact.kind == NodeBelieved.KIND:
        return row | {"known": canonical(_furthest(json.loads(row["known"]), fact["upto"]))} if row.get("revoked_at") else row
    return row if row.get("revoked_at") else row | {"revoked_at": fact.at, "known": canonical(fact["known"] or ())}


def branch(row: Row | None, fact: Fact) -> Row | None:
    """What a writer says of itself; of an epoch that it spoke of twice, the later word."""
    if writer_of(fact.position) != fact.about[0]:
        return row
    said = {epoch: [int(seq), digest] for epoch, seq, digest in (end.split(":") for end in fact["ends"])}
    return {"ends": canonical((json.loads(row["ends"]) if row else {}) | said)}


def _furthest(known: Iterable[str], more: Iterable[str]) -> list[str]:
    """`["1:57"], ["1:70", "2:3"]` -> `["1:70", "2:3"]`."""
    found: dict[int, int] = {}
    for epoch, _, seq in (each.partition(":") for each in (*known, *more)):
        found[int(epoch)] = max(found.get(int(epoch), 0), int(seq))
    return [f"{epoch}:{seq}" for epoch, seq in sorted(found.items())]
