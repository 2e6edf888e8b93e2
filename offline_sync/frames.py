"""Entries as bytes: headers as numbers, salts as 16 bytes, bodies as lines, so that almost nothing is left for a receiver to be sent.

    {"parts": [[run, [lamport, step, step ...], "ssvhs.."] ...], "late": [...]}\n   salts   digests   bodies, one a line

Of a line's letter: `s` a body whose salt travels apart, `v` a body as it is, `h` a header alone, with the digest of its body.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate
from typing import Any

from gateway.journal.foreign import HIGHEST_LAMPORT, Late, Line

MOST_LINES = 4000       # of a frame
MOST_TEXT = 2_000_000   # characters of bodies after which a frame is closed
MOST_PLAIN = 24_000_000
LONGEST_BODY = 4_000_000
_SALT = re.compile(r'"salt":"([0-9a-f]{32})"')
_STANDS_FOR_SALT = '"salt":""'
Cut = tuple[int, list[Line]]  # which run, and the next lines of it


class Damaged(ValueError):
    """These bytes are no frame of ours; its words say why."""


@dataclass(slots=True)
class Frame:
    """Lines of some runs, in order, and late bodies."""

    parts: list[Cut] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    lines: int = 0
    size: int = 0

    def add(self, run: int, line: Line) -> None:
        if not self.parts or self.parts[-1][0] != run:
            self.parts.append((run, []))
        self.parts[-1][1].append(line)
        self._count(line.body)

    def add_late(self, late: Late) -> None:
        self.late.append(late)
        self._count(late.body)

    def _count(self, body: str | None) -> None:
        self.lines += 1
        self.size += len(body or "") + 48

    @property
    def is_full(self) -> bool:
        return self.lines >= MOST_LINES or self.size >= MOST_TEXT


def pack(frame: Frame) -> bytes:
    """A frame, compressed."""
    salts: list[str] = []
    digests: list[bytes] = []
    bodies: list[str] = []

    def letter(body: str | None, digest: bytes) -> str:
        if body is None:
            digests.append(digest)
            return "h"
        salt = _last_salt(body)
        if salt is None:
            bodies.append(body)
            return "v"
        salts.append(body[salt:salt + 32])
        bodies.append(body[:salt] + body[salt + 32:])
        return "s"

    parts = []
    for run, lines in frame.parts:
        marks = "".join([letter(line.body, line.body_digest) for line in lines])
        steps = [lines[0].lamport, *(b.lamport - a.lamport for a, b in zip(lines, lines[1:], strict=False))]
        parts.append([run, steps, marks])
    late = [[each.writer, each.epoch, each.seq, letter(each.body, b"")] for each in frame.late]
    head = json.dumps({"parts": parts, "late": late}, separators=(",", ":"))
    plain = b"".join((head.encode(), b"\n", bytes.fromhex("".join(salts)), b"".join(digests), "\n".join(bodies).encode()))
    return zlib.compress(plain, 9)


def _last_salt(body: str) -> int | None:
    """Where the 32 digits of the salt begin, if putting them back where they were is sure to give the same body."""
    at = body.rfind('"salt":"')
    if at < 0 or not _SALT.match(body, at):
        return None
    bare = body[:at + 8] + body[at + 40:]
    return at + 8 if bare.rfind(_STANDS_FOR_SALT) == at else None


def unpack(packed: bytes, *, runs: int) -> Frame:
    """A frame as it came, every length and number checked; Damaged when it is none. `runs` is how many the manifest names."""
    plain = inflate(packed, MOST_PLAIN)
    line, newline, rest = plain.partition(b"\n")
    try:
        head = json.loads(line)
        if not newline or head.keys() != {"parts", "late"}:
            raise Damaged("its head is not one")
        return _read(head, rest, runs)
    except (ValueError, TypeError, AttributeError, RecursionError) as fault:
        raise Damaged(str(fault) if isinstance(fault, Damaged) else "its head is not one") from None


def _read(head: Any, rest: bytes, runs: int) -> Frame:
    marks = "".join(part[2] for part in head["parts"]) + "".join(each[3] for each in head["late"])
    if len(marks) > MOST_LINES * 2 or set(marks) - set("svh"):
        raise Damaged("its lines are not lines")
    salted, bare = marks.count("s"), marks.count("h")
    texts = rest[16 * salted + 32 * bare:].decode()
    bodies = texts.split("\n") if texts else []
    if len(rest) < 16 * salted + 32 * bare or len(bodies) != len(marks) - bare:
        raise Damaged("it has other lengths than it says")
    salts = rest[:16 * salted].hex()
    source = _Source(salts, rest[16 * salted:16 * salted + 32 * bare], bodies)
    frame = Frame()
    for run, steps, letters in head["parts"]:
        if not isinstance(run, int) or isinstance(run, bool) or not 0 <= run < runs or len(steps) != len(letters):
            raise Damaged("it speaks of runs that are not there")
        if not all(type(step) is int and step > 0 for step in steps):
            raise Damaged("its order is not one")
        lamports = list(accumulate(steps))
        if lamports and lamports[-1] > HIGHEST_LAMPORT:
            raise Damaged("its order is beyond all bounds")
        frame.parts.append((run, [source.line(lamport, mark) for lamport, mark in zip(lamports, letters, strict=True)]))
        frame.lines += len(steps)
    for writer, epoch, seq, mark in head["late"]:
        if not (isinstance(writer, str) and type(epoch) is int and type(seq) is int and seq > 0) or mark == "h":
            raise Damaged("a late body says not whose it is")
        frame.late.append(Late(writer, epoch, seq, source.body(mark)))
    return frame


class _Source:
    """Gives out salts, digests and bodies in the order in which they were put in."""

    def __init__(self, salts: str, digests: bytes, bodies: Sequence[str]) -> None:
        self._salts, self._digests, self._bodies = salts, digests, iter(bodies)
        self._salt = self._digest = 0

    def line(self, lamport: int, mark: str) -> Line:
        if mark == "h":
            self._digest += 32
            return Line(lamport, self._digests[self._digest - 32:self._digest], None)
        body = self.body(mark)
        return Line(lamport, sha256(body.encode()).digest(), body)

    def body(self, mark: str) -> str:
        body = next(self._bodies)
        if len(body) > LONGEST_BODY:
            raise Damaged("a body is too long")
        if mark == "v":
            return body
        self._salt += 32
        at = body.rfind(_STANDS_FOR_SALT)
        if at < 0:
            raise Damaged("a salt has no place")
        return f"{body[:at + 8]}{self._salts[self._salt - 32:self._salt]}{body[at + 8:]}"


def inflate(packed: bytes, most: int) -> bytes:
    """Decompress at most so many bytes: a bomb is refused before it goes off."""
    machine = zlib.decompressobj()
    try:
        plain = machine.decompress(packed, most)
    except zlib.error:
        raise Damaged("it cannot be unpacked") from None
    if machine.unconsumed_tail:
        raise Damaged(f"it unpacks to more than {most} bytes")
    if not machine.eof or machine.unused_data:
        raise Damaged("it is cut off or too long")
    return plain


def cuts(frames: Sequence[Frame]) -> Iterator[Cut]:
    """The parts of all frames in order."""
    for frame in frames:
        yield from frame.parts
