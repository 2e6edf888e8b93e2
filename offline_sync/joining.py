"""How a node comes to be trusted, ceases to be, and becomes itself again: invite, join, revoke, heal.

An invitation is a signed text on a stick. Whoever holds it may join once under its name, so it is carried like a key.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, select

from gateway import locks
from gateway.config import NODE_NAME
from gateway.errors import Problem
from gateway.journal import ledger, projections
from gateway.journal.canonical import canonical
from gateway.journal.entries import GENESIS, WRITER, Origin, take_turn
from gateway.journal.facts.nodes import EVERYWHERE, OPEN, RESTRICTED, NodeInvited, NodeRevoked, node_id
from gateway.journal.foreign import head, hear
from gateway.journal.rows import find
from gateway.node import Node
from offline_sync import branches, peers
from offline_sync.identity import Identity, is_signed_by
from offline_sync.parked import parked
from offline_sync.peers import MEMBER
from offline_sync.taking import Placing, Result

KIND = "barrio invitation 1"
FIRST_SPAN, SPAN, MOST_SPANS = 40_000, 2_500, 24  # references: those below are the hub's, each node has its own range above
JUMP = 500        # references that are skipped by a node that may have given some it does not remember
EPOCH_STEPS = 40  # a new epoch is one of the next so many, so that two copies that both begin anew do not meet again


def invite(node: Node, identity: Identity, name: str, areas: Sequence[str], clearance: str | None) -> str:
    """The text of an invitation for a node of that name; known at the hub from then on.

    Who gets all areas gets everything, unless its clearance is said to be `open`; others get what is open in their areas.
    """
    if node.config.node.role != "hub":
        raise Problem("node.refused", reason=f"{node.config.node.name} is a field node, and the hub invites", hint="Invite there.")
    codes = tuple(dict.fromkeys(area.strip() for area in areas if area.strip()))
    unknown = [code for code in codes if code != EVERYWHERE and code not in node.city.place]
    if unknown or not codes:
        raise Problem("node.refused", reason=f"there is no place with code {', '.join(unknown)}" if unknown else "no area was named",
                      hint="Areas are place codes with commas between (barrio export needs shows them), or '*' for all.")
    if not re.fullmatch(NODE_NAME, name):
        raise Problem("node.refused", reason=f"{name!r} is not a node's name", hint="Use letters, digits, - and _, at most 40.")
    level = clearance or (RESTRICTED if EVERYWHERE in codes else OPEN)
    token, invitation = secrets.token_hex(16), secrets.token_hex(8)
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        rows = find(c, MEMBER, "hub", [node.origin.writer])
        if name == node.config.node.name or any(row["name"] == name and row["public"] and not row["revoked_at"] for row in rows):
            raise Problem("node.refused", reason=f"there is a node called {name} already",
                          hint=f"Choose another name, or revoke that one first: barrio node revoke {name}")
        # an invitation that nobody used gives way to the new one
        unused = [row["id"] for row in rows if row["name"] == name and not row["revoked_at"]]
        events: list[Any] = [NodeRevoked(node=row_id, why="invited anew") for row_id in unused]
        span = 1 + len(rows) % MOST_SPANS
        events.append(NodeInvited(node=node_id(node.origin.writer, invitation), invitation=invitation, name=name, areas=codes,
                                  clearance=level, span=span, token=sha256(token.encode()).hexdigest()))
        ledger.write(c, node.origin, events, at=node.now(), by="operator", turn=turn)
    said = {"kind": KIND, "city": node.config.node.city, "name": name, "areas": codes, "clearance": level, "span": span,
            "invitation": invitation, "token": token, "hub": {
                "name": node.config.node.name, "writer": node.origin.writer, "public": identity.public, "url": node.config.web.public_url}}
    text = canonical(said)
    return f"{text}\n{base64.b64encode(identity.sign(text.encode())).decode()}\n"


def join(node: Node, identity: Identity, text: str) -> Mapping[str, Any]:
    """Take an invitation up: from now on that hub is ours. What it says is given back."""
    said = read_invitation(text)
    here = node.config.node
    if here.role != "field":
        raise Problem("node.refused", reason=f"{here.name} is a hub, and only field nodes join one", hint="Make it with --role field.")
    if said["name"] != here.name:
        raise Problem("node.refused", reason=f"the invitation is for {said['name']}, and this node is {here.name}",
                      hint=f"Ask for one for {here.name}, or write name = \"{said['name']}\" into [node] of config.toml.")
    if said["city"] != here.city:
        raise Problem("node.refused", reason=f"the hub is of {said['city']}, and this node of {here.city}",
                      hint="Make the node with that --city.")
    hub = said["hub"]
    with node.database.writing() as c:
        take_turn(c, node.origin)
        known = peers.said(c)
        if known.get("hub", hub["writer"]) != hub["writer"]:
            raise Problem("node.refused", reason=f"this node belongs to {known['hub_name']} already",
                          hint="A node has one hub: make a new one.")
        joining = {"invitation": said["invitation"], "token": said["token"], "public": identity.public, "writer": node.origin.writer}
        peers.say(c, hub=hub["writer"], hub_name=hub["name"], hub_public=hub["public"], hub_url=hub["url"], joining=json.dumps(joining),
                  name=here.name)
        start = FIRST_SPAN + (said["span"] - 1) * SPAN
        given = c.execute(select(WRITER.c.reference).where(WRITER.c.id == node.origin.source)).scalar_one()
        if not start <= given < start + SPAN:
            c.execute(WRITER.update().where(WRITER.c.id == node.origin.source).values(reference=start))
    return said


def read_invitation(text: str) -> dict[str, Any]:
    """An invitation whose signature is its hub's."""
    try:
        line, signature = text.strip().split("\n")
        said = json.loads(line)
        hub = said["hub"]
        sound = said["kind"] == KIND and is_signed_by(hub["public"], line.strip().encode(), base64.b64decode(signature, validate=True))
        sound = sound and all(isinstance(said[n], str) for n in ("name", "city", "invitation", "token", "clearance")) and all(
            isinstance(hub[n], str) for n in ("name", "writer", "public", "url")) and 0 < int(said["span"]) <= MOST_SPANS
    except (ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise Problem("node.refused", reason="this is not an invitation, or it was changed on the way",
                      hint="Ask the hub for a new one: barrio node invite NAME --areas CODES > FILE")
    return dict(said)


def revoke(node: Node, name: str, why: str = "") -> int:
    """The hub trusts that node no more: what it wrote after the last that we know is no fact. How many entries are known."""
    if node.config.node.role != "hub":
        raise Problem("node.refused", reason=f"{node.config.node.name} is a field node, and the hub revokes", hint="Revoke there.")
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        rows = [row for row in find(c, MEMBER, "hub", [node.origin.writer]) if row["name"] == name and not row["revoked_at"]]
        if not rows:
            standing = sorted({r["name"] for r in find(c, MEMBER, "hub", [node.origin.writer]) if not r["revoked_at"]})
            raise Problem("sync.unknown_node", name=name, known=", ".join(standing) or "none")
        count, events = 0, []
        for row in rows:
            ends = c.execute(select(WRITER.c.epoch, WRITER.c.seq).where(WRITER.c.writer == row["writer"]).order_by(WRITER.c.epoch)).all()
            count += sum(end.seq for end in ends)
            events.append(NodeRevoked(node=row["id"], known=tuple(f"{end.epoch}:{end.seq}" for end in ends), why=why))
        ledger.write(c, node.origin, events, at=node.now(), by="operator", turn=turn)
    return count


def heal(node: Node, identity: Identity) -> str:
    """This data directory is a copy, or an old one: begin a new epoch, carry over what only this one wrote, take the rest back.

    What it says it did. Nothing else may work on the directory meanwhile.
    """
    with locks.alone(node.config.data, "web", "worker", "sync"), node.database.writing() as c:
        take_turn(c, node.origin)
        known = peers.said(c)
        trouble = known.get("trouble", "")
        if not trouble:
            return "Nothing is wrong with this node: no other one knows more of it than it does."
        moved = _begin_anew(c, node, identity)
        peers.say(c, trouble="")
    return (f"Epoch {moved[0]} begun. {moved[1]} entries that only one of the copies had were carried over, "
            f"{moved[2]} that others had of us were taken back. Start Barrio again and sync.")


def _begin_anew(c: Connection, node: Node, identity: Identity) -> tuple[int, int, int]:
    """(new epoch, entries carried over, entries taken back)"""
    origin = node.origin
    epoch = new_epoch(c, origin.writer)
    forks = [run for _, _, run in parked(c, "fork") if run.writer == origin.writer and branches.begins_here(c, run)]
    current = [run for run in forks if run.epoch == origin.epoch]
    ours = None
    if current:  # the longest is the one that others know
        adopted = max(current, key=lambda run: run.last)
        ours = branches.detach(c, *adopted.source, branches.common_upto(c, adopted, adopted.digests()))
    begin_epoch(c, origin.writer, epoch)
    result = Result(_nobody())
    placing = Placing(c, node, identity, node.config.node.name, False, result)
    placing.settle()
    lines = [line for run in (*([ours] if ours else ()), *forks) for line in branches.untold(c, run)]
    moved = branches.carry(c, (origin.writer, epoch), lines)
    begun = head(c, origin.writer, epoch)
    assert begun is not None
    hear(c, begun.source)
    branches.keep(c, Origin(begun.source, origin.writer, epoch), node.now())
    placing.settle()
    projections.rebuild(c)
    return epoch, moved, result.taken.appended


def new_epoch(c: Connection, writer: str) -> int:
    highest = c.execute(select(func.max(WRITER.c.epoch)).where(WRITER.c.writer == writer)).scalar_one()
    return int(highest) + 1 + secrets.randbelow(EPOCH_STEPS)


def begin_epoch(c: Connection, writer: str, epoch: int) -> None:
    """From now on this node writes under another epoch, after all it has heard of."""
    lamport, reference = c.execute(select(func.max(WRITER.c.lamport), func.max(WRITER.c.reference))).one()
    c.execute(WRITER.insert().values(writer=writer, epoch=epoch, seq=0, lamport=lamport, digest=GENESIS, reference=reference + JUMP))
    peers.say(c, epoch=str(epoch))


def _nobody() -> peers.Known:
    return peers.Known("", "", "", (), OPEN)
