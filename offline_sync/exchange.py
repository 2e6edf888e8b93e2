"""Two nodes on one line: `POST /sync/exchange`, a batch in, a batch out, until both have said that they hold the same.

Every batch is taken in a transaction of its own, so a line that breaks costs one batch, and batches grow as the line holds. "In step"
is said when the heads of both, with their digests, are the same and each has found that the other lacks no body that it may hold;
anything else is said as it is.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.errors import Problem
from gateway.journal.canonical import iso
from gateway.node import Node
from offline_sync import bundle, offering, peers, pictures
from offline_sync.checking import Checked, check
from offline_sync.identity import Identity
from offline_sync.peers import Book, Known
from offline_sync.taking import Result, take

MOST_REQUEST = 16 * 1024 * 1024
MOST_AT_ONCE, FIRST_AT_ONCE, FEWEST_AT_ONCE = 4000, 250, 50  # entries of one batch: fewer where the line breaks
# A batch is no more than this part of what the meeting has carried already: so much a line that breaks can waste.
AT_STAKE = 0.15
MOST_ROUNDS = 10_000
ADDRESS = "/sync/exchange"
KIND = "application/x-barrio-batch"
TIMEOUT = (10, 60)
Post = Callable[[bytes], bytes]
Say = Callable[[str], None]


# ----------------------------------------------------------------------------------------------------------- the hub's side

def answer(node: Node, identity: Identity, content: bytes) -> bytes:
    """Take a batch and give back what its sender lacks."""
    batch = bundle.unseal(identity, content, "the batch")
    with node.database.reading() as c:
        checked = check(batch, peers.book(c, node, identity), "the batch")
    with node.database.writing() as c:
        result = take(c, node, identity, checked, "the batch", live=True)
        book = peers.book(c, node, identity)
        to = book.by_public(str(batch.manifest["public"]))
        if to is None or to.revoked_at is not None:
            raise bundle.refused(f"{result.sender.name} was revoked; what it wrote since is kept for a person", "the batch",
                                 hint="Ask the hub for a new invitation.")
        wanted = min(int(batch.manifest["want"]) or MOST_AT_ONCE, MOST_AT_ONCE)
        made = offering.offer(c, node, identity, book, to, most=wanted, detailed=bool(batch.manifest["ask"]))
        peers.remember(c, peers.peer(c, to.name), told_at=iso(node.now()))
    return made.content


# --------------------------------------------------------------------------------------------------------- the node's side

@dataclass(frozen=True, slots=True)
class Met:
    """How a meeting ended: `in_step`, or `why` not; what came and went, in how many requests and bytes."""

    in_step: bool
    why: str
    sent: int = 0
    came: int = 0
    requests: int = 0
    bytes: int = 0


def meet(node: Node, identity: Identity, post: Post, *, most: int = MOST_AT_ONCE, say: Say = lambda _: None) -> Met:
    """Exchange with the hub until both are in step, or until a round changes nothing."""
    asked = first = True
    sent = came = kept = count = size = 0
    before: object = None
    for _ in range(MOST_ROUNDS):
        at_once = min(most, max(FIRST_AT_ONCE, int(AT_STAKE * (sent + came))))
        with node.database.writing() as c:
            book, hub = _hub(c, node, identity)
            met = bool(peers.peer(c, hub.name)["said"])
            out = offering.offer(c, node, identity, book, hub, most=at_once, detailed=asked and not first, nothing=not met,
                                 want=at_once)
        content = post(out.content)
        count, size = count + 1, size + len(out.content) + len(content)
        sent += out.entries + out.late
        batch = bundle.unseal(identity, content, f"{hub.name}'s answer")
        checked = check(batch, book, f"{hub.name}'s answer")
        with node.database.writing() as c:
            result = take(c, node, identity, checked, f"{hub.name}'s answer", live=True)
            peers.remember(c, peers.peer(c, hub.name), told_at=iso(node.now()), trouble="")
            here, lack = offering.our_heads(c), offering.lack_of(offering.our_lacking(c))
            owed = out.photos > 0 or pictures.owes(c, node, batch.manifest["wants"])
        came += result.taken.appended + result.taken.filled
        kept += result.photos
        asked, first = bool(batch.manifest["ask"]), False
        say(f"{sent:,} entries sent, {came:,} came")
        same = {s: h for s, h in here.items() if h[0]} == {s: h for s, h in checked.said.items() if h[0]}
        moves = checked.strands or checked.late or checked.recall or batch.manifest["more"] or batch.manifest["photos"] or owed
        if same and out.settled and not asked and not moves:
            return Met(True, "", sent, came, count, size)
        now = (here, lack, dict(checked.said), batch.manifest["lack"], checked.lacking is None, asked, out.settled,
               kept, batch.manifest["wants"])
        if met and now == before:
            return Met(False, why_not(checked, here, result), sent, came, count, size)
        before = now
    return Met(False, "it did not end", sent, came, count, size)


def why_not(checked: Checked, here: offering.Heads, result: Result) -> str:
    """Why two nodes are not in step though nothing moves any more."""
    if result.waiting:
        return "; ".join(result.waiting)
    apart = [s for s in here.keys() | checked.said.keys() if here.get(s, (0, ""))[0] and here.get(s) != checked.said.get(s)]
    return f"the histories of {len(apart)} writer(s) differ" if apart else "bodies are still to come"


def _hub(c: Connection, node: Node, identity: Identity) -> tuple[Book, Known]:
    book = peers.book(c, node, identity)
    if book.hub is None or book.is_hub:
        raise Problem("sync.not_joined")
    return book, book.hub


def over_http(url: str, name: str) -> Post:
    """Post to the hub's door; what it refuses is said in its own words."""
    import requests  # a quarter of what a process that only takes in a stick would need
    session = requests.Session()

    def post(content: bytes) -> bytes:
        try:
            came = session.post(url.rstrip("/") + ADDRESS, data=content, headers={"Content-Type": KIND}, timeout=TIMEOUT, stream=True,
                                allow_redirects=False)
            body = came.raw.read(MOST_REQUEST + 1, decode_content=True)
        except Exception as fault:  # whatever broke on the line: a name that is not found, a reset, half an answer
            raise Problem("sync.away", permanent=False, peer=name, reason=type(fault).__name__) from None
        if came.status_code != 200:
            words = body[:600].decode("utf-8", "replace").strip() or f"it answered {came.status_code}"
            if came.status_code == 409:
                raise Problem("sync.refused", source=f"our batch by {name}", reason=words, hint="See there.")
            raise Problem("sync.away", permanent=False, peer=name, reason=words.splitlines()[0])
        return bytes(body)

    return post


class Patience:
    """How long to wait for the next try: longer after each failure, never in step with the other boxes that lost the same hub."""

    def __init__(self, calm: float, *, first: float = 15.0, longest: float = 3600.0, rng: random.Random | None = None) -> None:
        self._calm, self._first, self._longest, self._rng = calm, first, longest, rng or random.Random()
        self.failures = 0
        self.most = MOST_AT_ONCE

    def well(self) -> float:
        self.failures, self.most = 0, min(self.most * 2, MOST_AT_ONCE)
        return self._calm * self._rng.uniform(0.8, 1.2)

    def ill(self) -> float:
        self.failures, self.most = self.failures + 1, max(self.most // 2, FEWEST_AT_ONCE)
        return float(min(self._longest, self._first * 2 ** min(self.failures - 1, 20)) * self._rng.uniform(0.5, 1.0))
