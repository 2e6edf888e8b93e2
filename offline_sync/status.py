"""How this node stands with each of the others; "in step" only when both heads and bodies were compared and are the same."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import Connection, select

from gateway.machine.neighbours import Absent, Neighbourhood, Standing, when
from gateway.node import Node
from gateway.sending.restored import RESTORED_AT, RESTORED_FROM
from offline_sync import heads, offering, peers, pictures, refusals
from offline_sync.identity import Identity
from offline_sync.taking import PARCEL, in_words, waits

FORKED = "TWO HISTORIES"  # how a trouble begins that nothing but healing ends


def standings(c: Connection, node: Node, identity: Identity) -> Iterator[Standing]:
    """One for each node that this one may exchange with."""
    book = peers.book(c, node, identity)
    here, lacking, restored_at = offering.our_heads(c), offering.our_lacking(c), peers.said(c).get(RESTORED_AT)
    for known in book.others():
        row = peers.peer(c, known.name)
        theirs = heads.read(json.loads(row["heads"]))
        zero = (0, "")
        both = here.keys() | theirs.keys()
        lacks = sum(max(0, here.get(s, zero)[0] - theirs.get(s, zero)[0]) for s in both)
        ahead = sum(max(0, theirs.get(s, zero)[0] - here.get(s, zero)[0]) for s in both)
        # an epoch without an entry has no history yet, whatever stands for its end: a node that was restored begins with one
        differ = sum(here.get(s, zero)[0] == theirs.get(s, zero)[0] > 0 and here[s] != theirs[s] for s in both)
        agreed = row["agreed"] == offering.stamp_of(known, here, lacking, theirs, row["lack"])
        unanswered = c.execute(select(PARCEL.c.id).where(PARCEL.c.peer == known.name, PARCEL.c.receipt.is_(None))).all()
        yield Standing(known.name, row["heard_at"], row["told_at"], lacks, ahead, differ, agreed or not row["lack"], row["trouble"],
                       len(unanswered), restored_at)


def look(node: Node, identity: Identity) -> Neighbourhood:
    """All there is to say of the other nodes."""
    with node.database.reading() as c:
        book = peers.book(c, node, identity)
        local = peers.said(c)
        absent = [Absent(known.name, known.revoked_at) for known in book.members if known.revoked_at or (not known.public and book.is_hub)]
        return Neighbourhood(book.name, book.hub.name if book.hub else None, book.is_hub, list(standings(c, node, identity)), absent,
                             waits(c, book), refusals.noted(node), local.get("trouble", ""), local.get(RESTORED_AT),
                             local.get(RESTORED_FROM))


def troubles(node: Node, identity: Identity) -> Iterator[str]:
    """What somebody should see to, for `barrio check`."""
    there = look(node, identity)
    if there.trouble:
        yield _own(there.trouble)
    for standing in there.standings:
        if standing.differ:
            yield f"{FORKED}: {standing}"
        elif standing.trouble:
            yield str(standing)
    for wait in there.waits:
        if wait.why in ("fork", "copy", "revoked"):
            yield f"{'' if wait.why == 'revoked' else f'{FORKED}: '}waiting: {in_words(wait)}"


def report(node: Node, identity: Identity) -> Iterator[str]:
    """The status as lines for a person."""
    there = look(node, identity)
    role = "the hub" if there.is_hub else f"a node of {there.hub}" if there.hub else "a field node that has no hub yet"
    yield f"This is {there.name}, {role}."
    if there.restored_at:
        yield f"It was restored {when(there.restored_at)} from a backup of {when(there.restored_from)}."
    yield from (str(standing) for standing in there.standings)
    for absent in there.absent:
        yield f"{absent.name}: revoked {when(absent.revoked_at)}" if absent.revoked_at else f"{absent.name}: invited, has not come yet"
    if there.trouble:
        yield _own(there.trouble)
    yield from (f"waiting: {in_words(wait)}" for wait in there.waits)
    yield from (f"refused {when(refusal.at)}: {refusal.source}: {refusal.reason}" for refusal in there.refused[:5])
    with node.database.reading() as c:
        if elsewhere := pictures.absent(c, node):
            yield f"{elsewhere} photo(s) that notes here name are not on this machine"
        for parcel in c.execute(select(PARCEL).order_by(PARCEL.c.made_at.desc()).limit(5)).mappings():
            receipt = json.loads(parcel["receipt"]) if parcel["receipt"] else None
            came = ", ".join(f"{receipt[what]} {what}" for what in ("applied", "known", "waiting")) if receipt else "no receipt yet"
            yield f"bundle {parcel['id'][:8]} to {parcel['peer']} of {when(parcel['made_at'])}, {parcel['entries']:,} entries: {came}"


def _own(trouble: str) -> str:
    return (f"TROUBLE: {'others know more of this node than it does' if trouble == 'copy' else 'two histories of this node exist'}: "
            "its data directory was copied or put back by hand. Stop Barrio, run `barrio node heal`, start it again.")
