"""Everything that can be said against a batch before a single byte is written: its shape, its numbers, its chains, its seals."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from gateway.decisions.photos import SUFFIX, is_digest
from gateway.journal.canonical import moment
from gateway.journal.entries import digest_of
from gateway.journal.foreign import Late, Line, Run
from gateway.journal.tables import SCHEMA_VERSION
from offline_sync import heads, pictures
from offline_sync.bundle import Batch, refused
from offline_sync.frames import Frame
from offline_sync.identity import is_signed_by
from offline_sync.offering import FORMAT, MOST_ENTRIES, sealed_text
from offline_sync.peers import Book, Known
from offline_sync.pictures import MOST_ASKED

AT_ONCE = 1000  # lines that are taken in together: a history never lies in memory at once


@dataclass(slots=True)
class Strand:
    """A run of the batch with its digests; the lines stay packed until they are wanted."""

    writer: str
    epoch: int
    first: int
    count: int
    prev: bytes
    seal: bytes
    end: bytes
    digests: list[bytes] = field(default_factory=list)
    lamport: int = 0

    @property
    def last(self) -> int:
        return self.first + self.count - 1

    def bare(self) -> Run:
        """The run without its lines: enough to see where it fits."""
        nothing = Line(0, b"", None)
        return Run(self.writer, self.epoch, self.first, self.prev, [nothing] * self.count, self.seal)

    def is_sealed_by(self, public: str) -> bool:
        return is_signed_by(public, sealed_text(self.writer, self.epoch, self.last, self.end), self.seal)


@dataclass
class Checked:
    """A batch whose every line was read and whose chains hold."""

    batch: Batch
    said: heads.Said
    lacking: dict[heads.Source, heads.Ranges] | None
    strands: list[Strand]
    recall: dict[heads.Source, heads.Ranges] = field(default_factory=dict)
    rungs: dict[heads.Source, list[tuple[int, str]]] = field(default_factory=dict)
    late: int = 0
    _open: tuple[int, Frame] | None = None

    def frame(self, at: int) -> Frame:
        """The one that was asked for last is kept, and let go before another is opened."""
        if self._open is None or self._open[0] != at:
            self._open = None
            self._open = (at, self.batch.frame(at))
        return self._open[1]

    def parts(self, index: int) -> Iterator[Run]:
        """The lines of one run, a thousand at a time; the last of them carries the seal."""
        strand, done = self.strands[index], 0
        for at in range(self.batch.frames):
            for run, lines in self.frame(at).parts:
                for begin in range(0, len(lines) if run == index else 0, AT_ONCE):
                    some = lines[begin:begin + AT_ONCE]
                    prev = strand.digests[done - 1] if done else strand.prev
                    last = done + len(some) == strand.count
                    yield Run(strand.writer, strand.epoch, strand.first + done, prev, some, strand.seal if last else b"")
                    done += len(some)
            if done == strand.count:
                return

    def whole(self, index: int) -> Run:
        strand = self.strands[index]
        lines = [line for part in self.parts(index) for line in part.lines]
        return Run(strand.writer, strand.epoch, strand.first, strand.prev, lines, strand.seal)

    def late_bodies(self) -> Iterator[list[Late]]:
        for at in range(self.batch.frames if self.late else 0):
            if late := self.frame(at).late:
                yield late


def check(batch: Batch, book: Book, source: str) -> Checked:
    """Read the whole batch; a Problem says what is wrong with it."""
    manifest = batch.manifest
    try:
        if manifest["format"] != FORMAT:
            raise refused(f"it has format {str(manifest['format'])[:20]}, and this Barrio reads {FORMAT}", source,
                          hint="Install the same version of Barrio on both nodes.")
        if manifest["to"] != book.name:
            raise refused(f"it is for node {str(manifest['to'])[:40]}, and this is {book.name}", source, hint="Bring it to that node.")
        lacking = manifest.get("lacking")
        checked = Checked(batch, heads.read(manifest["heads"]), _lacking(lacking) if lacking is not None else None,
                          [_strand(each) for each in manifest["runs"]], _lacking(manifest["recall"]),
                          heads.read_rungs(manifest.get("rungs", {})))
        _shapes(manifest, len(batch.sealed))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise refused("its manifest is not one", source) from None
    sender_of(checked, book, source)
    if sum(strand.count for strand in checked.strands) > 2 * MOST_ENTRIES:
        raise refused("it has more entries than a bundle may have", source)
    if len({(s.writer, s.epoch) for s in checked.strands}) != len(checked.strands):
        raise refused("it has two runs of one writer", source)
    _follow(checked, source)
    for at, (digest, media) in enumerate(manifest["photos"]):
        if fault := pictures.fault_of(batch.photo(at), digest, media):
            raise refused(f"photo {at + 1} of {len(manifest['photos'])} {fault}", source)
    for strand in checked.strands:
        whose = book.by_writer(strand.writer)
        if whose is not None and whose.public and not strand.is_sealed_by(whose.public):
            raise refused(f"entries {strand.first}-{strand.last} of {whose.name} do not carry its seal", source,
                          hint="Somebody made them up, or its key was changed: do not use this node until you know.")
    return checked


def _follow(checked: Checked, source: str) -> None:
    """Compute every chain over all frames."""
    for at in range(checked.batch.frames):
        frame: Frame = checked.frame(at)
        checked.late += len(frame.late)
        for run, lines in frame.parts:
            strand = checked.strands[run]
            if lines and lines[0].lamport <= strand.lamport:
                raise refused("its entries are not in order", source)
            prev = strand.digests[-1] if strand.digests else strand.prev
            for seq, line in enumerate(lines, strand.first + len(strand.digests)):
                prev = digest_of(strand.writer, strand.epoch, seq, line.lamport, prev, line.body_digest)
                strand.digests.append(prev)
            strand.lamport = lines[-1].lamport if lines else strand.lamport
            if len(strand.digests) > strand.count:
                raise refused("it has more entries than its manifest says", source)
    for strand in checked.strands:
        if len(strand.digests) != strand.count or not strand.digests or strand.digests[-1] != strand.end:
            raise refused(f"entries {strand.first}-{strand.last} of writer {strand.writer[:8]} are not the ones that were sealed", source)


def sender_of(checked: Checked, book: Book, source: str) -> Known | None:
    """The node that signed; None when it comes with an invitation that is still to be looked at."""
    public = str(checked.batch.manifest["public"])
    known = book.by_public(public)
    if known is not None:
        return known
    if book.is_hub and checked.batch.manifest.get("joining"):
        return None
    raise refused(f"it was signed by a node that is not known here ({public[:8]})", source,
                  hint="A new node joins at the hub first (barrio node invite, node join); this one then hears of it from the hub.")


def is_token(token: str, digest: str) -> bool:
    return hmac.compare_digest(sha256(token.encode()).hexdigest(), digest)


def _strand(each: Any) -> Strand:
    writer, epoch, first, count, prev, seal, end = each
    heads.source_of(f"{writer}/{epoch}")
    made = Strand(writer, epoch, first, count, bytes.fromhex(prev), bytes.fromhex(seal), bytes.fromhex(end))
    if type(epoch) is not int or type(first) is not int or type(count) is not int or first < 1 or count < 1 or first + count > 2**40 or (
            len(made.prev), len(made.seal), len(made.end)) != (32, 64, 32):
        raise ValueError("not a run")
    return made


def _lacking(said: Any) -> dict[heads.Source, heads.Ranges]:
    found = {heads.source_of(name): ranges for name, ranges in said.items()}
    for ranges in found.values():
        before = 0
        for first, last in ranges:
            if type(first) is not int or type(last) is not int or not before < first <= last:
                raise ValueError("not ranges")
            before = last
    return found


def _shapes(manifest: Any, frames: int) -> None:
    if not (isinstance(manifest["from"], str) and type(manifest["epoch"]) is int and type(manifest["number"]) is int
            and isinstance(manifest["lack"], str) and type(manifest["more"]) is bool and type(manifest["ask"]) is bool):
        raise ValueError("not a manifest")
    moment(manifest["at"])
    if not 0 < manifest["epoch"] < 65536 or not 0 < manifest["number"] < 2**48 or len(manifest["lack"]) > 64 or len(manifest["from"]) > 40:
        raise ValueError("not a manifest")
    if type(manifest["want"]) is not int or not 0 <= manifest["want"] < 2**31:
        raise ValueError("not a manifest")
    if type(manifest["schema"]) is not int or manifest["schema"] < SCHEMA_VERSION - 100:
        raise ValueError("not a manifest")
    shown, wants = manifest["photos"], manifest["wants"]
    if not (isinstance(shown, list) and isinstance(wants, list) and len(shown) <= frames and len(wants) <= MOST_ASKED
            and all(is_digest(digest) and media in SUFFIX for digest, media in shown) and all(map(is_digest, wants))):
        raise ValueError("not photos")
    for receipt in manifest.get("receipts", []):
        if not (isinstance(receipt["id"], str) and isinstance(receipt["at"], str) and len(json.dumps(receipt)) < 2000):
            raise ValueError("not a receipt")
    joining = manifest.get("joining")
    if joining is not None and not all(isinstance(joining[name], str) and len(joining[name]) < 200
                                       for name in ("invitation", "token", "public", "writer")):
        raise ValueError("not an invitation")
