"""Photos between nodes: whoever may read a note may see its picture, and says itself which of them it has not.

The hub asks a node for those that were taken there; a field node asks the hub for those of its areas when its `sync.photos` is
"all". A picture is given beside the note that names it, or when it was asked for; never before all entries have left. What comes
must be the picture that a note here names, and nothing but a picture.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from gateway.decisions import photos
from gateway.decisions.photos import Photo, Unfit
from gateway.journal.tables import Note, table
from gateway.node import Node
from offline_sync.peers import Book, Known
from offline_sync.scope import Scope

NOTE = table(Note)
MOST_ASKED = 40
ROOM_ON_A_STICK = 24 * 1024 * 1024  # they lie in memory three times while a bundle is made
ROOM_ON_A_LINE = 1024 * 1024  # one that is larger travels alone


@dataclass(frozen=True, slots=True)
class Named:
    """A picture as a note names it."""

    digest: str
    media: str
    need: str
    kept: str


def lacking(c: Connection, node: Node, book: Book, peer: Known) -> list[str]:
    """The digests of pictures that this node would have from that one, the newest first."""
    if node.config.sync.photos == "none" or not (book.is_hub or node.config.sync.photos == "all"):
        return []
    theirs = (one.digest for one in _named(c) if (one.kept == peer.name or not book.is_hub) and one.kept != book.name
              and not photos.is_here(node.config.data, one.digest, one.media))
    return list(dict.fromkeys(theirs))[:MOST_ASKED]


def absent(c: Connection, node: Node) -> int:
    """How many that notes here name are on other nodes only."""
    return len({one.digest for one in _named(c) if not photos.is_here(node.config.data, one.digest, one.media)})


def given(c: Connection, node: Node, to: Known, asked: Collection[str], look_up: Callable[[], Scope], room: int) -> Iterator[Photo]:
    """Those it asked for that are here and that it may see, as many as there is room for, and one at least."""
    if not asked or node.config.sync.photos == "none":
        return
    may, wanted, size = look_up(), set(asked), 0
    for one in _named(c, wanted):
        if one.digest not in wanted or not (may.full or one.need in may.needs):
            continue
        content = photos.find(node.config.data, one.digest, one.media)
        if content is None:
            continue
        if size and size + len(content) > room:
            return
        wanted.discard(one.digest)
        size += len(content)
        yield Photo(content, one.media)


def owes(c: Connection, node: Node, asked: Collection[str]) -> bool:
    """Whether any of these could be given."""
    return bool(asked) and node.config.sync.photos != "none" and any(
        photos.find(node.config.data, one.digest, one.media) is not None for one in _named(c, asked))


def asked_for(row: Mapping[str, Any]) -> list[str]:
    """What a peer said that it would have."""
    return list(json.loads(row["wants"]))


def fault_of(content: bytes, digest: str, media: str) -> str:
    """What is wrong with a picture that came; empty when it is the one that its batch names, and nothing but a picture."""
    try:
        photo = photos.cleaned(content)
    except Unfit as fault:
        return f"is no picture that may be kept ({fault})"
    return "" if (photo.digest, photo.media) == (digest, media) else "is not the one that was named"


def keep(c: Connection, node: Node, came: Sequence[tuple[str, str]], read: Callable[[int], bytes]) -> int:
    """Keep those that a note here names and that are not here yet; how many. `read(2)` gives the third of them."""
    wanted = {(one.digest, one.media) for one in _named(c, {digest for digest, _ in came})} if came else set()
    count = 0
    for at, (digest, media) in enumerate(came):
        if (digest, media) in wanted and not photos.is_here(node.config.data, digest, media):
            photos.keep(node.config.data, Photo(read(at), media))
            count += 1
    return count


def named(c: Connection) -> set[str]:
    """The digests that notes name, those too that were taken back."""
    return set(c.execute(select(NOTE.c.photo).where(NOTE.c.photo != "")).scalars())


def _named(c: Connection, digests: Collection[str] | None = None) -> list[Named]:
    """The pictures that standing notes name, the newest first."""
    chosen = select(NOTE.c.photo, NOTE.c.media, NOTE.c.need, NOTE.c.kept).where(NOTE.c.photo != "", NOTE.c.withdrawn.is_(False))
    if digests is not None:
        chosen = chosen.where(NOTE.c.photo.in_(list(digests)))
    return [Named(*row) for row in c.execute(chosen.order_by(NOTE.c.position.desc()))]
