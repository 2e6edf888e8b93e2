"""How this node stands with each of the others; "in step" only when both heads and bodies were compared and are the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gateway.node import Node
from offline_sync import heads, offering, peers
from offline_sync.identity import Identity
from offline_sync.taking import PARCEL, waiting_in_words


@dataclass(frozen=True, slots=True)
class Standing:
    """`lacks` entries of ours are not there, `ahead` of theirs not here, `differ` writers have two histories."""

    name: str
    heard_at: str | None
    told_at: str | None
    lacks: int
    ahead: int
    differ: int
    compared: bool
    trouble: str
    unanswered: int

    @property
    def in_step(self) -> bool:
        return bool(self.heard_at) and self.compared and not (self.lacks or self.ahead or self.differ)

    def __str__(self) -> str:
        heard = f"heard {_when(self.heard_at)}" if self.heard_at else "never heard"
        if not self.heard_at:
            state = f"{self.lacks:,} entries to bring"
        elif self.in_step:
            state = "IN STEP when last heard"
        else:
            state = ", ".join(words for count, words in (
                (self.differ, f"{self.differ} writer(s) have TWO HISTORIES"), (self.lacks, f"it lacks {self.lacks:,} entries"),
                (self.ahead, f"it has {self.ahead:,} that are not here"), (not self.compared, "bodies not compared yet")) if count)
        more = [f"last told {_when(self.told_at)}"] if self.told_at else []
        more += [f"{self.unanswered} bundle(s) without receipt"] if self.unanswered else []
        more += [f"TROUBLE: {self.trouble}"] if self.trouble else []
        return f"{self.name}: {state}; {heard}{''.join(f'; {each}' for each in more)}"


def standings(c: Connection, node: Node, identity: Identity) -> Iterator[Standing]:
    """One for each node that this one may exchange with."""
    book = peers.book(c, node, identity)
    here, lacking = offering.our_heads(c), offering.our_lacking(c)
    for known in book.others():
        row = peers.peer(c, known.name)
        theirs = heads.read(json.loads(row["heads"]))
        zero = (0, "")
        both = here.keys() | theirs.keys()
        lacks = sum(max(0, here.get(s, zero)[0] - theirs.get(s, zero)[0]) for s in both)
        ahead = sum(max(0, theirs.get(s, zero)[0] - here.get(s, zero)[0]) for s in both)
        differ = sum(here.get(s, zero)[0] == theirs.get(s, zero)[0] and here.get(s, zero) != theirs.get(s, zero) for s in both)
        agreed = row["agreed"] == offering.stamp_of(known, here, lacking, theirs, row["lack"])
        unanswered = c.execute(select(PARCEL.c.id).where(PARCEL.c.peer == known.name, PARCEL.c.receipt.is_(None))).all()
        yield Standing(known.name, row["heard_at"], row["told_at"], lacks, ahead, differ, agreed or not row["lack"], row["trouble"],
                       len(unanswered))


def report(node: Node, identity: Identity) -> Iterator[str]:
    """The status as lines for a person."""
    with node.database.reading() as c:
        book = peers.book(c, node, identity)
        role = "the hub" if book.is_hub else f"a node of {book.hub.name}" if book.hub else "a field node that has no hub yet"
        yield f"This is {book.name}, {role}."
        yield from (str(standing) for standing in standings(c, node, identity))
        for known in book.members:
            if known.revoked_at:
                yield f"{known.name}: revoked {_when(known.revoked_at)}"
            elif not known.public and book.is_hub:
                yield f"{known.name}: invited, has not come yet"
        if trouble := peers.said(c).get("trouble"):
            yield (f"TROUBLE: {'others know more of this node than it does' if trouble == 'copy' else 'two histories of this node exist'}: "
                   "its data directory was copied or put back by hand. Stop Barrio, run `barrio node heal`, start it again.")
        yield from (f"waiting: {words}" for words in waiting_in_words(c, book))
        parcels = c.execute(select(PARCEL).order_by(PARCEL.c.made_at.desc()).limit(5)).mappings()
        for parcel in parcels:
            receipt = json.loads(parcel["receipt"]) if parcel["receipt"] else None
            came = ", ".join(f"{receipt[what]} {what}" for what in ("applied", "known", "waiting")) if receipt else "no receipt yet"
            yield f"bundle {parcel['id'][:8]} to {parcel['peer']} of {_when(parcel['made_at'])}, {parcel['entries']:,} entries: {came}"


def _when(at: str | None) -> str:
    return (at or "")[:16].replace("T", " ")
