"""The log itself: append, read, verify. An entry is a header, chained by digests, and a body that may be withheld.

    header = writer, epoch, seq, lamport, prev, SHA-256(body)      digest = SHA-256(header)
    body   = canonical JSON {about, at, by, clock, data, kind, salt, version}

The salt keeps a withheld body from being guessed out of its digest.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from gateway.errors import Problem
from gateway.journal.canonical import canonical
from gateway.journal.events import Event
from gateway.journal.rows import insert
from gateway.journal.tables import Entry, Writer, table

ENTRY, WRITER = table(Entry), table(Writer)
GENESIS = bytes(32)
_HEADER = struct.Struct(">16sIQQ32s32s")
_END_TURN = update(WRITER).where(WRITER.c.id == bindparam("source")).values(
    seq=bindparam("s"), lamport=bindparam("l"), digest=bindparam("d"), reference=bindparam("r"))


@dataclass(frozen=True, slots=True)
class Origin:
    """Who writes here: the row of Writer, its database id (32 hex digits) and its epoch."""

    source: int
    writer: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Fact:
    """A body as the folds read it. `position` sorts as the journal does."""

    position: str
    kind: str
    about: tuple[str, ...]
    at: str
    by: str
    data: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.data.get(name)


def digest_of(writer: str, epoch: int, seq: int, lamport: int, prev: bytes, body_digest: bytes) -> bytes:
    return hashlib.sha256(_HEADER.pack(bytes.fromhex(writer), epoch, seq, lamport, prev, body_digest)).digest()


def position_of(lamport: int, writer: str, epoch: int, seq: int) -> str:
    """The order of the journal as one text: lamport first, then the writer, so that every node sorts alike."""
    return f"{lamport:012x}.{writer}.{epoch:04x}.{seq:010x}"


def writer_of(position: str) -> str:
    """Who wrote the fact that stands at a position of the journal."""
    return position.split(".")[1] if "." in position else ""


class _Body(NamedTuple):
    """A fact written out; the event is held so that its id stays its own."""

    event: Event
    about: list[str]
    data: dict[str, Any]
    text: str
    digest: bytes


@dataclass(slots=True)
class Turn:
    """The writer's row, locked until the commit: the lock is what makes sequence numbers become visible in order.

    Where `bodies` are kept, what is taken back to a savepoint and written again without some others is not written out again, nor
    are the `rows` that it is folded into read again.
    """

    origin: Origin
    seq: int
    lamport: int
    digest: bytes
    reference: int
    bodies: dict[int, _Body] | None = None
    rows: dict[int, dict[str, dict[str, Any]]] | None = None


def take_turn(c: Connection, origin: Origin) -> Turn:
    """Lock this node's writer, however many processes append."""
    lock = "" if c.dialect.name == "sqlite" else " FOR UPDATE"  # SQLite's transaction is the lock already
    row = c.exec_driver_sql(f"SELECT seq, lamport, digest, reference FROM writer WHERE id = {origin.source:d}{lock}").one()
    return Turn(origin, row[0], row[1], bytes(row[2]), row[3])


class Chained(NamedTuple):
    """The next entries of this node, written out: as the folds read them, and as they are to stand in the journal."""

    facts: list[Fact]
    rows: list[dict[str, Any]]
    end: dict[str, Any]


def append(c: Connection, turn: Turn, events: Sequence[Event], *, at: str, by: str, clock: bool = True) -> list[Fact]:
    """Write events as the next entries of this node, in one go, and end the turn."""
    chained = chain(turn, events, at=at, by=by, clock=clock)
    put(c, chained)
    return chained.facts


def chain(turn: Turn, events: Sequence[Event], *, at: str, by: str, clock: bool = True) -> Chained:
    """Write events out as the next entries of this node; `put` lets them stand in the journal."""
    origin, seq, lamport, prev = turn.origin, turn.seq, turn.lamport, turn.digest
    salts = os.urandom(16 * len(events)).hex()
    rows, facts = [], []
    for i, event in enumerate(events):
        seq, lamport = seq + 1, lamport + 1
        body = turn.bodies.get(id(event)) if turn.bodies is not None else None
        if body is None:
            body = _write_out(event, at, by, clock, salts[32 * i:32 * i + 32])
            if turn.bodies is not None:
                turn.bodies[id(event)] = body
        _, about, data, text, body_digest = body
        prev = digest_of(origin.writer, origin.epoch, seq, lamport, prev, body_digest)
        rows.append({"source": origin.source, "seq": seq, "lamport": lamport, "body_digest": body_digest,
                     "digest": prev, "body": text, "kind": event.KIND, "subject": about[0],
                     "other": about[1] if len(about) > 1 else None})
        facts.append(Fact(position_of(lamport, origin.writer, origin.epoch, seq), event.KIND, tuple(about), at, by, data))
    return Chained(facts, rows, {"source": origin.source, "s": seq, "l": lamport, "d": prev, "r": turn.reference})


def put(c: Connection, chained: Chained) -> None:
    insert(c, ENTRY, chained.rows)
    c.execute(_END_TURN, chained.end)


def _write_out(event: Event, at: str, by: str, clock: bool, salt: str) -> _Body:
    about, data = event.about(), event.facts()
    text = canonical({"about": about, "at": at, "by": by, "clock": clock, "data": data, "kind": event.KIND, "salt": salt,
                      "version": event.VERSION})
    return _Body(event, about, data, text, hashlib.sha256(text.encode()).digest())


def fact_of(lamport: int, writer: str, epoch: int, seq: int, body: str) -> Fact:
    read = json.loads(body)
    return Fact(position_of(lamport, writer, epoch, seq), read["kind"], tuple(read["about"]), read["at"], read["by"], read["data"])


def facts_about(c: Connection, ids: Iterable[str], kinds: Iterable[str]) -> list[Fact]:
    """Every fact of these kinds that concerns one of these ids, in the order of the journal."""
    wanted = list(ids)
    return _facts(c, ENTRY.c.subject.in_(wanted) | ENTRY.c.other.in_(wanted), kinds)


def facts_of(c: Connection, subjects: Iterable[str], kinds: Iterable[str]) -> list[Fact]:
    """The same of what is first of all about these: of a need without the thousands of reports that joined it."""
    return _facts(c, ENTRY.c.subject.in_(list(subjects)), kinds)


def _facts(c: Connection, here: Any, kinds: Iterable[str]) -> list[Fact]:
    return [fact_of(*row) for row in c.execute(
        _readable().where(here, ENTRY.c.kind.in_(list(kinds)))
        .order_by(ENTRY.c.lamport, WRITER.c.writer, WRITER.c.epoch, ENTRY.c.seq))]


def all_facts(c: Connection, kinds: Iterable[str]) -> Iterator[Fact]:
    """Every readable fact of these kinds in the order of the journal, streamed."""
    for row in c.execute(_readable().where(ENTRY.c.kind.in_(list(kinds)))
                         .order_by(ENTRY.c.lamport, WRITER.c.writer, WRITER.c.epoch, ENTRY.c.seq)
                         .execution_options(yield_per=2000)):
        yield fact_of(*row)


def heads(c: Connection) -> dict[tuple[str, int], int]:
    """How far each (writer, epoch) is known here, counting only what is contiguous."""
    return {(w, e): s for w, e, s in c.execute(select(WRITER.c.writer, WRITER.c.epoch, WRITER.c.seq))}


def ours(c: Connection, writer: str, messages: Sequence[str]) -> set[str]:
    """Those of the messages that this node took in itself: it alone classifies what they report and answers their senders."""
    here = set(c.execute(select(WRITER.c.id).where(WRITER.c.writer == writer)).scalars())
    return {subject for subject, source in c.execute(select(ENTRY.c.subject, ENTRY.c.source).where(
        ENTRY.c.subject.in_(messages), ENTRY.c.kind == "message_received")) if source in here}


def verify_chain(c: Connection) -> int:
    """Recompute every digest; the number of entries, or the Problem that names the first one that does not fit."""
    count = 0
    for source, writer, epoch, last_seq, last_digest in c.execute(select(
            WRITER.c.id, WRITER.c.writer, WRITER.c.epoch, WRITER.c.seq, WRITER.c.digest)).all():
        prev, expected = GENESIS, 1
        for seq, lamport, body_digest, digest, body in c.execute(
                select(ENTRY.c.seq, ENTRY.c.lamport, ENTRY.c.body_digest, ENTRY.c.digest, ENTRY.c.body)
                .where(ENTRY.c.source == source).order_by(ENTRY.c.seq).execution_options(yield_per=2000)):
            if body is not None and hashlib.sha256(body.encode()).digest() != body_digest:
                raise Problem("journal.bad_body", seq=seq, writer=writer)
            prev = digest_of(writer, epoch, seq, lamport, prev, body_digest)
            if seq != expected or digest != prev:
                raise Problem("journal.broken_chain", seq=seq, writer=writer)
            expected += 1
        if last_seq != expected - 1 or last_digest != prev:
            raise Problem("journal.broken_chain", seq=last_seq, writer=writer)
        count += expected - 1
    return count


def _readable() -> Any:
    return (select(ENTRY.c.lamport, WRITER.c.writer, WRITER.c.epoch, ENTRY.c.seq, ENTRY.c.body)
            .join(WRITER, WRITER.c.id == ENTRY.c.source).where(ENTRY.c.body.is_not(None)))
