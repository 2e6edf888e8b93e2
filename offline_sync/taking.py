"""What came from another node, checked wholly and then taken in one transaction: the fourth door to the journal.

    continues a chain we hold   -> appended and folded        nothing before it is here  -> waits for what is missing
    of a writer not known yet   -> waits for the hub's word   of a revoked node, later   -> kept for a person, no fact
    another entry stands there  -> a fork: both are kept      more of us than we know    -> we are a copy: kept, said
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from gateway.decisions import photos
from gateway.journal import foreign, ledger, projections
from gateway.journal.canonical import iso
from gateway.journal.entries import WRITER, Fact, take_turn
from gateway.journal.facts.nodes import NodeEnrolled, NodeRevoked
from gateway.journal.foreign import Run, Taken
from gateway.journal.rows import find
from gateway.journal.tables import Parcel, table
from gateway.journal.withholding import withhold
from gateway.machine.neighbours import Waits, when
from gateway.node import Node
from offline_sync import branches, heads, peers, pictures
from offline_sync.bundle import refused
from offline_sync.checking import Checked, is_token, sender_of
from offline_sync.following import follow, leads_to_something
from offline_sync.identity import Identity, is_signed_by
from offline_sync.offering import sealed_text
from offline_sync.parked import REFUSED, WAITING, forget, park, park_late, parked, parked_late, strip
from offline_sync.peers import MEMBER, Book, Known

PARCEL = table(Parcel)
MOST_RECEIPTS = 20
WORDS = {"gap": "what comes before it is missing", "stranger": "its writer is not known here yet: the hub's next batch says who it is",
         "fork": "another entry stands in its place (a copied or restored data directory)",
         "copy": "it is ours and we never wrote it: this data directory is an old copy",
         "revoked": "its writer was revoked", "header": "its header is not here yet"}


@dataclass(slots=True)
class Result:
    """What became of a batch, for people."""

    sender: Known
    taken: Taken = field(default_factory=Taken)
    waiting: list[str] = field(default_factory=list)
    enrolled: bool = False
    recalled: int = 0
    photos: int = 0

    @property
    def changed(self) -> bool:
        return bool(self.taken.appended or self.taken.filled or self.enrolled or self.recalled or self.photos)


def take(c: Connection, node: Node, identity: Identity, checked: Checked, source: str, *, live: bool = False) -> Result:
    """Take in a batch that was checked. `live` when its sender waits for the answer: then its heads are of this moment."""
    take_turn(c, node.origin)
    book = peers.book(c, node, identity)
    sender, enrolled = _sender(c, node, identity, checked, book, source)
    fresh = live or said_at(checked) > peers.peer(c, sender.name)["said"]
    # a batch made before a body was called back must not bring it again: a node that may not hold all believes its hub's newest alone
    result = Result(sender, Taken(watched=lambda fact: leads_to_something(node, fact), own=book.writer,
                                  fills=may_hold_all(book) or (sender.is_hub and fresh)), enrolled=enrolled)
    placing = Placing(c, node, identity, sender.name, sender.is_hub, result)
    for index, strand in enumerate(checked.strands):
        why = placing.judge(strand.bare(), strand.digests, strand.is_sealed_by)
        if why == "continues":
            for part in checked.parts(index):
                at = part.first - strand.first
                foreign.append(c, [(part, strand.digests[at:at + len(part.lines)])], result.taken)
            placing.heard(result.taken.facts)
        elif why != "known":
            placing.set_aside(checked.whole(index), strand.digests, why)
    for late in checked.late_bodies():
        for unknown in foreign.fill(c, late, result.taken):
            park_late(c, unknown, sender.name, iso(node.now()))
    shown = pictures.named(c) if sender.is_hub and fresh and checked.recall else set()
    if sender.is_hub and fresh:
        result.recalled = give_up(c, checked, book)
    placing.settle()
    foreign.hear(c, node.origin.source)
    follow(c, node, result.taken.facts)
    strip(c)
    photos.drop(node.config.data, shown - pictures.named(c) if shown else ())
    result.photos = pictures.keep(c, node, checked.batch.manifest["photos"], checked.batch.photo)
    _remember(c, node, checked, sender, result, live)
    return result


def may_hold_all(book: Book) -> bool:
    """Whether nothing is withheld from this node."""
    here = book.by_writer(book.writer)
    return book.is_hub or here is None or here.is_full


def said_at(checked: Checked) -> str:
    """When its sender made a batch, as a text that sorts."""
    return f"{checked.batch.manifest['epoch']:06d}.{checked.batch.manifest['number']:015d}"


def give_up(c: Connection, checked: Checked, book: Book) -> int:
    """Take out the bodies that the hub calls back; never those that this node wrote itself."""
    count = 0
    for (writer, epoch), ranges in checked.recall.items():
        known = foreign.head(c, writer, epoch)
        if known is None or writer == book.writer:
            continue
        for first, last in ranges:
            count += withhold(c, [(known.source, seq) for seq in range(first, min(last, known.seq) + 1)])
    return count


class Placing:
    """Where runs belong, in one transaction."""

    def __init__(self, c: Connection, node: Node, identity: Identity, sender: str, from_hub: bool, result: Result) -> None:
        self.c, self.node, self._identity, self._sender, self._from_hub = c, node, identity, sender, from_hub
        self.result, self._anew, self._at = result, False, iso(node.now())
        self.book = peers.book(c, node, identity)
        self._heard = len(result.taken.facts)

    def heard(self, facts: Sequence[Fact]) -> None:
        """The hub said something of nodes: look up anew who is who, and hold what came of a revoked one."""
        new = {fact.kind for fact in facts[self._heard:]}
        self._heard = len(facts)
        if any(kind.startswith("node_") for kind in new):
            self.book = peers.book(self.c, self.node, self._identity)
            if NodeRevoked.KIND in new:
                self._anew = self._withdraw() or self._anew

    def judge(self, run: Run, digests: Sequence[bytes], is_sealed_by: Any) -> str:
        """Why a run cannot be taken as it is; `continues` when it can, `known` when there is nothing new in it."""
        whose = self.book.by_writer(run.writer)
        own = run.writer == self.book.writer
        if not own and (whose is None or not whose.public):
            return "stranger"
        public = self._identity.public if own else whose.public if whose else ""
        if not is_sealed_by(public):
            raise refused(f"entries {run.first}-{run.last} of writer {run.writer[:8]} do not carry its seal", "the batch",
                          hint="Somebody made them up: do not use this node until you know.")
        fit = foreign.fits(self.c, run, digests)
        if fit != "continues":
            return fit
        known = foreign.head(self.c, run.writer, run.epoch)
        if own and run.epoch == self.book.epoch and run.last > (known.seq if known else 0):
            return "copy"
        if whose is not None and whose.revoked_at and run.last > (whose.known or {}).get(run.epoch, 0):
            return "revoked"
        return "continues"

    def set_aside(self, run: Run, digests: Sequence[bytes], why: str) -> None:
        """Keep a run apart; of a revoked writer what was known before is taken, and the hub's branch of a fork stands."""
        if why == "revoked":
            whose = self.book.by_writer(run.writer)
            before = foreign.part(run, ((whose.known if whose else None) or {}).get(run.epoch, 0))
            if before.lines:
                foreign.append(self.c, [(before, digests[:len(before.lines)])], self.result.taken)
        concerned = (self.book.writer, self.book.hub.writer if self.book.hub else "")  # each of them mends its own
        if why == "fork" and self._gives_way(run, digests):
            return
        if why == "fork" and self._from_hub and run.writer not in concerned and branches.begins_here(self.c, run):
            if (ours := self._yield(run, digests)) is not None:
                park(self.c, ours, "fork", self.book.name, self._at)
            return
        park(self.c, run, why, self._sender, self._at)
        if why in ("fork", "copy") and run.writer == self.book.writer:
            peers.say(self.c, trouble=why)

    def settle(self) -> None:
        """Take what waited and now fits, until nothing more does; then say what still waits."""
        moved = True
        while moved:
            moved = False
            for name, why, run in parked(self.c, "gap", "stranger", "fork", "copy", "revoked"):
                moved = self._again(name, why, run) or moved
            self.heard(self.result.taken.facts)
        for name, late in parked_late(self.c):
            if not foreign.fill(self.c, [late], self.result.taken):
                forget(self.c, name)
        if self._anew:
            projections.rebuild(self.c)
        self.result.waiting = [in_words(wait) for wait in waits(self.c, self.book)]

    def _again(self, name: str, why: str, run: Run) -> bool:
        digests = run.digests()
        sealed = sealed_text(run.writer, run.epoch, run.last, digests[-1])
        now = self.judge(run, digests, lambda public: not run.seal or is_signed_by(public, sealed, run.seal))
        if now == "continues":
            forget(self.c, name)
            foreign.append(self.c, [(run, digests)], self.result.taken)
            return True
        if now == "fork" and self._gives_way(run, digests):
            forget(self.c, name)
            return self._anew
        elif now != why:
            forget(self.c, name)
            self.set_aside(run, digests, now)
            return now == "fork"
        return False

    def _gives_way(self, run: Run, digests: Sequence[bytes]) -> bool:
        """Whether a fork is mended: nothing is only in this run, or its writer keeps it and nothing is only in ours."""
        lines = branches.untold(self.c, run)
        if not lines:
            branches.hand_on(self.c, run.lines, run.writer, self.result.taken)
            return True
        if branches.stands(self.c, run, digests) and branches.begins_here(self.c, run) and branches.is_told_again(self.c, run, digests):
            ours = self._yield(run, digests)
            branches.hand_on(self.c, ours.lines if ours else (), run.writer, self.result.taken)
            return True
        return False

    def _yield(self, run: Run, digests: Sequence[bytes]) -> Run | None:
        """Let another branch stand here; ours is given back."""
        ours = branches.detach(self.c, run.writer, run.epoch, branches.common_upto(self.c, run, digests))
        foreign.append(self.c, [(run, digests)], self.result.taken)
        self._anew = True
        return ours

    def _withdraw(self) -> bool:
        """Take out of the tables what a revoked node wrote after the hub last knew it; a person may look at it."""
        moved = False
        for known in self.book.members:
            if known.revoked_at is None or self.book.by_writer(known.writer) != known:
                continue
            for row in self.c.execute(select(WRITER.c.epoch, WRITER.c.seq).where(WRITER.c.writer == known.writer)).all():
                limit = (known.known or {}).get(row.epoch, 0)
                if row.seq > limit and known.writer != self.book.writer:
                    later = branches.detach(self.c, known.writer, row.epoch, limit)
                    if later is not None:
                        park(self.c, later, "revoked", self._sender, self._at)
                    moved = True
        return moved


def waits(c: Connection, book: Book) -> list[Waits]:
    """What waits, whose it is, and what must come before it."""
    found = []
    for row in c.execute(select(WAITING.c.writer, WAITING.c.epoch, WAITING.c.first, WAITING.c.last, WAITING.c.why, WAITING.c.since)
                         .where(WAITING.c.why != REFUSED).order_by(WAITING.c.writer, WAITING.c.epoch, WAITING.c.first)):
        whose = book.by_writer(row.writer)
        known = foreign.head(c, row.writer, row.epoch)
        gap = heads.in_words([[(known.seq if known else 0) + 1, row.first - 1]]) if row.why == "gap" else ""
        found.append(Waits(whose.name if whose else f"writer {row.writer[:8]}", row.epoch, row.first, row.last, row.why, row.since, gap))
    return found


def in_words(wait: Waits) -> str:
    """`entries 58-90 of oruro wait since 2026-11-25 12:00: what comes before it is missing (41-57)`"""
    return (f"entries {wait.first}-{wait.last} of {wait.whose}{f' (epoch {wait.epoch})' if wait.epoch > 1 else ''} wait since "
            f"{when(wait.since)}: {WORDS[wait.why]}{f' ({wait.missing})' if wait.missing else ''}")


def _sender(c: Connection, node: Node, identity: Identity, checked: Checked, book: Book, source: str) -> tuple[Known, bool]:
    """Who sent it; a node that comes with its invitation for the first time is enrolled."""
    known = sender_of(checked, book, source)
    if known is not None:
        return known, False
    joining, public = checked.batch.manifest["joining"], str(checked.batch.manifest["public"])
    hint = "Invite that node anew: barrio node invite NAME --areas CODES"
    rows = [row for row in find(c, MEMBER, "hub", [book.writer]) if is_token(joining["token"], row["token"])]
    row = rows[0] if rows else None
    if row is None or joining["public"] != public or row["name"] != checked.batch.manifest["from"]:
        raise refused("its invitation is not one of ours", source, hint=hint)
    if row["revoked_at"] or row["public"]:
        raise refused("its invitation was used or taken back", source, hint=hint)
    heads.source_of(f"{joining['writer']}/1")
    if any(k.writer == joining["writer"] and k.public != public for k in book.everybody()):
        raise refused("its database is another node's", source, hint=hint)
    ledger.write(c, node.origin, [NodeEnrolled(node=row["id"], public=public, writer=joining["writer"])], at=node.now(), by="machine")
    found = peers.book(c, node, identity).by_public(public)
    assert found is not None
    return found, True


def _remember(c: Connection, node: Node, checked: Checked, sender: Known, result: Result, live: bool) -> None:
    manifest, at = checked.batch.manifest, iso(node.now())
    row = peers.peer(c, sender.name)
    said = said_at(checked)
    changes: dict[str, Any] = {}
    if live or said > row["said"]:  # a replayed bundle tells what was so when it was made
        changes = {"heads": json.dumps(heads.written(checked.said)), "rungs": json.dumps(manifest.get("rungs", {})), "said": said,
                   "lack": manifest["lack"], "wants": json.dumps(manifest["wants"]), "heard_at": at, "lacking":
                   json.dumps({heads.name_of(s): r for s, r in checked.lacking.items()}) if checked.lacking is not None else
                   row["lacking"] if row["lack"] == manifest["lack"] else ""}
    if not live:
        receipt = {"id": checked.batch.id, "at": at, "applied": result.taken.appended, "known": result.taken.known,
                   "filled": result.taken.filled, "waiting": len(result.waiting)}
        kept = [r for r in json.loads(row["receipts"]) if r["id"] != checked.batch.id]
        changes["receipts"] = json.dumps([*kept, receipt][-MOST_RECEIPTS:])
    peers.remember(c, row, **changes)
    for came in manifest.get("receipts", []):
        c.execute(PARCEL.update().where(PARCEL.c.id == came["id"], PARCEL.c.peer == sender.name, PARCEL.c.receipt.is_(None)).values(
            receipt=json.dumps(came), received_at=at))
