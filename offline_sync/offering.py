"""What another node lacks, as a batch for it: headers of everything, bodies of what it may hold, receipts, and our own heads.

What it lacks is what it said itself (its heads, in its last batch): a checkpoint belongs to the receiver, so one that was restored
from an old backup says less and is sent everything again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from gateway.journal import foreign
from gateway.journal.canonical import iso
from gateway.journal.entries import ENTRY, WRITER
from gateway.journal.facts.visits import NeedNoted
from gateway.journal.foreign import SEAL, Late
from gateway.journal.tables import SCHEMA_VERSION, Waiting, table
from gateway.node import Node
from offline_sync import bundle, heads, peers, pictures
from offline_sync.frames import Frame, pack
from offline_sync.identity import Identity
from offline_sync.peers import Book, Known
from offline_sync.scope import Scope, scope_of

WAITING = table(Waiting)
FORMAT = 1
MOST_ENTRIES = 250_000  # of a bundle
Heads = dict[heads.Source, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A batch for a node. `more` says that it does not hold all; `settled` that the other side said it lacks nothing of this."""

    id: str
    content: bytes
    entries: int
    late: int
    withheld: int
    recalled: int
    photos: int
    more: bool
    settled: bool


def offer(c: Connection, node: Node, identity: Identity, book: Book, to: Known, *, most: int = MOST_ENTRIES, detailed: bool = True,
          nothing: bool = False, want: int = 0, room: int = pictures.ROOM_ON_A_LINE) -> Offer:
    """Make the batch for `to`. `detailed` names each body we lack; `nothing` sends our heads alone; `want` entries in answer to it.

    Photos, at most `room` bytes of them, go when no entries are left to send.
    """
    row = peers.peer(c, to.name)
    local = peers.said(c)
    theirs = heads.read(json.loads(row["heads"])) if row["heads"] else {}
    here = our_heads(c)
    lacking = our_lacking(c)
    lack = lack_of(lacking)
    written = heads.written(here)
    stamp = stamp_of(to, here, lacking, theirs, row["lack"])
    work = _Work(c, identity, book, theirs, most, None if nothing or row["agreed"] == stamp else _asked(row),
                 heads.read_rungs(json.loads(row["rungs"])), calls_back=book.is_hub and not to.is_full and row["agreed"] != stamp)
    if not nothing:
        work.gather(lambda: scope_of(c, node, to))
    moves = work.runs or work.late or work.recall or work.more
    settled = not nothing and not moves and (row["agreed"] == stamp or not work.unsure)
    if settled and row["agreed"] != stamp:
        peers.remember(c, row, agreed=stamp)
    joining = json.loads(local["joining"]) if "joining" in local and not any(k.writer == book.writer for k in book.everybody()) else None
    number = int(local.get("number", "0")) + 1
    peers.say(c, number=str(number))
    manifest: dict[str, Any] = {
        "format": FORMAT, "schema": SCHEMA_VERSION, "from": book.name, "to": to.name, "epoch": book.epoch, "number": number,
        "at": iso(node.now()), "heads": written, "lack": lack, "runs": work.runs, "more": work.more,
        "ask": bool(work.unsure and not settled), "want": want}
    manifest |= {"lacking": {heads.name_of(s): r for s, r in lacking.items()}} if detailed else {}
    manifest |= {"recall": {heads.name_of(s): r for s, r in work.recall.items()}}
    manifest |= {"rungs": work.rungs} if work.rungs else {}
    manifest |= {"joining": joining} if joining else {}
    manifest |= {"receipts": json.loads(row["receipts"])} if row["receipts"] != "[]" else {}
    asked = [] if nothing or work.more else [*(work.shown if to.is_hub else ()), *pictures.asked_for(row)]
    shown = list(pictures.given(c, node, to, asked, lambda: scope_of(c, node, to), room))
    manifest |= {"photos": [[photo.digest, photo.media] for photo in shown], "wants": pictures.lacking(c, node, book, to)}
    content = bundle.seal(identity, to.public, manifest, [*work.packed(), *(photo.content for photo in shown)])
    return Offer(hashlib.sha256(content).hexdigest()[:32], content, work.entries, work.late, work.withheld, work.recalled, len(shown),
                 work.more, settled)


def sealed_text(writer: str, epoch: int, seq: int, digest: bytes) -> bytes:
    """What a writer signs to vouch for an entry and all before it."""
    return f"barrio entry {writer}/{epoch}/{seq} ".encode() + digest


def stamp_of(to: Known, here: Heads, lacking: Mapping[heads.Source, heads.Ranges], theirs: Heads, lack: str) -> str:
    """All that a comparison depends on: while it is the same, so is its outcome."""
    return heads.stamp(heads.written(here), lack_of(lacking), sorted(to.areas), to.clearance, heads.written(theirs), lack)


def our_heads(c: Connection) -> Heads:
    return {(w, e): (s, bytes(d).hex()[:heads.SHORT]) for w, e, s, d in c.execute(
        select(WRITER.c.writer, WRITER.c.epoch, WRITER.c.seq, WRITER.c.digest))}


def our_lacking(c: Connection) -> dict[heads.Source, heads.Ranges]:
    """The entries whose bodies are not here, for each writer that has any."""
    found: dict[heads.Source, list[int]] = {}
    names = {row.id: (row.writer, row.epoch) for row in c.execute(select(WRITER.c.id, WRITER.c.writer, WRITER.c.epoch))}
    for source, seq in c.execute(select(ENTRY.c.source, ENTRY.c.seq).where(ENTRY.c.body.is_(None)).order_by(ENTRY.c.source, ENTRY.c.seq)):
        found.setdefault(names[source], []).append(seq)
    return {source: heads.ranges(seqs) for source, seqs in found.items()}


def lack_of(lacking: Mapping[heads.Source, heads.Ranges]) -> str:
    return heads.stamp(sorted((heads.name_of(s), r) for s, r in lacking.items())) if lacking else ""


def _asked(row: Mapping[str, Any]) -> dict[heads.Source, heads.Ranges] | None:
    """Which bodies the other side said it lacks; None when it named none of those that it has not."""
    if not row["lack"]:
        return {}
    named = json.loads(row["lacking"]) if row["lacking"] else None
    return {heads.source_of(s): r for s, r in named.items()} if named is not None else None


class _Work:
    """Fills frames until the batch is full."""

    def __init__(self, c: Connection, identity: Identity, book: Book, theirs: Heads, most: int,
                 asked: dict[heads.Source, heads.Ranges] | None, ladders: Mapping[heads.Source, Sequence[tuple[int, str]]], *,
                 calls_back: bool) -> None:
        self._c, self._identity, self._book, self._theirs, self._left, self._asked = c, identity, book, theirs, most, asked
        self._ladders = ladders
        self.rungs: dict[str, list[list[object]]] = {}
        self.runs: list[list[Any]] = []
        self._packed: list[bytes] = []  # frames that are full: a history never lies in memory at once
        self._open = Frame()
        self.entries = self.late = self.withheld = self.recalled = 0
        self.shown: list[str] = []  # the pictures of notes that are sent
        self.recall: dict[heads.Source, heads.Ranges] = {}
        self._calls_back = calls_back and asked is not None  # what it holds is known by what it lacks
        self.more = False
        self._forked = {(r.writer, r.epoch) for r in c.execute(select(WAITING.c.writer, WAITING.c.epoch).where(WAITING.c.why == "fork"))}
        self.unsure = asked is None  # whether it lacks bodies that it may hold

    def gather(self, look_up: Any) -> None:
        rows = self._c.execute(select(WRITER.c.id, WRITER.c.writer, WRITER.c.epoch, WRITER.c.seq, WRITER.c.digest).order_by(
            WRITER.c.writer != self._book.hub.writer if self._book.hub else WRITER.c.writer, WRITER.c.writer, WRITER.c.epoch)).all()
        scope: Scope | None = None
        for row in rows:
            first, last = self._span(row)
            wanted = (self._asked or {}).get((row.writer, row.epoch), [])
            if first > last and not wanted and not self._calls_back:
                continue
            scope = scope or look_up()
            if self._calls_back and row.writer != scope.writer:
                self._call_back(row, wanted, scope)
            if first <= last:
                self._run(row, first, last, scope)
            if wanted:
                self._late(row, wanted, min(self._theirs.get((row.writer, row.epoch), (0, ""))[0], row.seq), scope)

    def _call_back(self, row: Any, lacking: heads.Ranges, scope: Scope) -> None:
        """Bodies that it holds and may not: its report was restricted or moved away since, or its words were erased."""
        seq, digest = self._theirs.get((row.writer, row.epoch), (0, ""))
        known = foreign.digest_at(self._c, foreign.Head(row.id, row.seq, 0, bytes(row.digest)), min(seq, row.seq))
        if not seq or known is None or (seq <= row.seq and known.hex()[:heads.SHORT] != digest):
            return
        there = self._c.execute(select(ENTRY.c.seq, ENTRY.c.kind, ENTRY.c.subject, ENTRY.c.other, ENTRY.c.body.is_(None)).where(
            ENTRY.c.source == row.id, ENTRY.c.seq <= seq, ENTRY.c.kind != "").order_by(ENTRY.c.seq))
        found = [number for number, kind, subject, other, gone in there
                 if (gone or not scope.holds(row.writer, kind, subject, other)) and not heads.within(number, lacking)]
        if found:
            self.recall[row.writer, row.epoch] = heads.ranges(found)
            self.recalled += len(found)

    def _span(self, row: Any) -> tuple[int, int]:
        """The first and last number to send: up to a seal, since only a sealed run proves itself."""
        known = foreign.Head(row.id, row.seq, 0, bytes(row.digest))
        common, parted = self._common(row, known)
        if parted:
            self.rungs[heads.name_of((row.writer, row.epoch))] = [[at, self._short(known, at)] for at in heads.rungs(row.seq)]
        if common >= row.seq:
            return 1, 0
        # a branch is sent whole, or nobody sees where it begins; a long one once the other side has said where to look
        waits = parted and (row.writer, row.epoch) not in self._ladders and row.seq - common > self._left
        if waits or self._left <= 0:
            self.more = True
            return 1, 0
        most = row.seq if parted else common + self._left
        if row.writer == self._book.writer:
            last = min(row.seq, most)
        else:
            after = (SEAL.c.source == row.id) & (SEAL.c.seq > common)
            seals = list(self._c.execute(select(SEAL.c.seq).where(after).order_by(SEAL.c.seq)).scalars())
            if not seals:
                return 1, 0
            last = max([s for s in seals if s <= most], default=seals[0])
        self.more = self.more or last < row.seq
        return common + 1, last

    def _common(self, row: Any, known: foreign.Head) -> tuple[int, bool]:
        """Up to where the other side's chain is ours, as far as is known, and whether the two part there."""
        source = (row.writer, row.epoch)
        seq, digest = self._theirs.get(source, (0, ""))
        if seq <= row.seq:
            if not seq or self._short(known, seq) == digest:
                return seq, False
        elif source not in self._forked and source not in self._ladders:
            return row.seq, False
        return next((at for at, there in self._ladders.get(source, ()) if at <= row.seq and self._short(known, at) == there), 0), True

    def _short(self, known: foreign.Head, seq: int) -> str:
        digest = foreign.digest_at(self._c, known, seq)
        assert digest is not None
        return digest.hex()[:heads.SHORT]

    def _run(self, row: Any, first: int, last: int, scope: Scope) -> None:
        known = foreign.Head(row.id, row.seq, 0, bytes(row.digest))
        prev, end = foreign.digest_at(self._c, known, first - 1), foreign.digest_at(self._c, known, last)
        assert prev is not None
        assert end is not None
        seal = self._c.execute(select(SEAL.c.signature).where(SEAL.c.source == row.id, SEAL.c.seq == last)).scalar()
        if seal is None:  # ours: what is sealed here is sealed for whoever carries it on
            seal = self._identity.sign(sealed_text(row.writer, row.epoch, last, end))
            foreign.keep_seal(self._c, row.id, last, seal)
        self.runs.append([row.writer, row.epoch, first, last - first + 1, prev.hex(), bytes(seal).hex(), end.hex()])
        for _, line, kind, subject, other in foreign.lines_of(self._c, row.id, first, last):
            if line.body is not None and not scope.holds(row.writer, kind, subject, other):
                line = foreign.Line(line.lamport, line.body_digest, None)
                self.withheld += 1
            self._frame().add(len(self.runs) - 1, line)
            self.entries += 1
            if kind == NeedNoted.KIND and line.body is not None and (photo := json.loads(line.body)["data"].get("photo")):
                self.shown.append(photo)
        self._left -= last - first + 1

    def _late(self, row: Any, wanted: heads.Ranges, upto: int, scope: Scope) -> None:
        for first, last in wanted:
            for seq, line, kind, subject, other in foreign.lines_of(self._c, row.id, first, min(last, upto)):
                if line.body is None or not scope.holds(row.writer, kind, subject, other):
                    continue
                if self._left <= 0:
                    self.more = True
                    return
                self._frame().add_late(Late(row.writer, row.epoch, seq, line.body))
                self.late += 1
                self._left -= 1

    def _frame(self) -> Frame:
        if self._open.is_full:
            self._packed.append(pack(self._open))
            self._open = Frame()
        return self._open

    def packed(self) -> list[bytes]:
        return [*self._packed, *([pack(self._open)] if self._open.lines else [])]

