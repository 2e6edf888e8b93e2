"""Entries of other writers: what continues a chain we hold is appended and folded, what does not is kept waiting, nothing is forced.

A run is contiguous lines of one (writer, epoch) with the digest before them and the writer's seal over the last, so that it proves
itself, whoever brought it. Lines may lack their bodies, which may come later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, bindparam, delete, func, select, update

from gateway.journal import projections, soundness, withholding
from gateway.journal.entries import ENTRY, GENESIS, WRITER, Fact, digest_of, position_of
from gateway.journal.facts import erasure
from gateway.journal.rows import insert
from gateway.journal.tables import Seal, table

SEAL = table(Seal)
AT_ONCE = 400  # facts folded together: a database takes only so many parameters in one statement
HIGHEST_LAMPORT = 1 << 44
Source = tuple[str, int]  # writer, epoch


@dataclass(frozen=True, slots=True)
class Line:
    """An entry on the move; its number and the digests of the chain follow from where it stands."""

    lamport: int
    body_digest: bytes
    body: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """Lines `first`, `first` + 1 ... of one writer. `prev` is the digest before them, `seal` signs the digest of the last."""

    writer: str
    epoch: int
    first: int
    prev: bytes
    lines: Sequence[Line]
    seal: bytes

    @property
    def source(self) -> Source:
        return self.writer, self.epoch

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1

    def digests(self) -> list[bytes]:
        """The chain over the lines, as every node computes it."""
        prev, found = self.prev, []
        for seq, line in enumerate(self.lines, self.first):
            prev = digest_of(self.writer, self.epoch, seq, line.lamport, prev, line.body_digest)
            found.append(prev)
        return found


@dataclass(frozen=True, slots=True)
class Late:
    """The body of an entry whose header is known already."""

    writer: str
    epoch: int
    seq: int
    body: str


@dataclass(frozen=True, slots=True)
class Head:
    """How far a (writer, epoch) is known here."""

    source: int
    seq: int
    lamport: int
    digest: bytes


@dataclass(slots=True)
class Taken:
    """What became of entries: appended, known already, bodies that were filled in; and of the new facts those that are `watched`.

    A history of a hundred thousand facts is not to lie in memory for the few that lead to something.
    """

    appended: int = 0
    known: int = 0
    filled: int = 0
    watched: Callable[[Fact], bool] = lambda _: True
    fills: bool = True  # whether bodies are taken for headers that are here; else only those of `own`, which were ours before
    own: str = ""
    facts: list[Fact] = field(default_factory=list)


def head(c: Connection, writer: str, epoch: int) -> Head | None:
    row = c.execute(select(WRITER.c.id, WRITER.c.seq, WRITER.c.lamport, WRITER.c.digest).where(
        WRITER.c.writer == writer, WRITER.c.epoch == epoch)).first()
    return Head(row.id, row.seq, row.lamport, bytes(row.digest)) if row else None


def digest_at(c: Connection, known: Head | None, seq: int) -> bytes | None:
    """The digest of a known entry; GENESIS stands before the first."""
    if seq == 0:
        return GENESIS
    if known is None or seq > known.seq:
        return None
    if seq == known.seq:
        return known.digest
    return bytes(c.execute(select(ENTRY.c.digest).where(ENTRY.c.source == known.source, ENTRY.c.seq == seq)).scalar_one())


def fits(c: Connection, run: Run, digests: Sequence[bytes]) -> str:
    """`continues`, `gap` (what comes before it is not here), or `fork` (another entry stands in its place)."""
    known = head(c, run.writer, run.epoch)
    met = min(known.seq if known else 0, run.last)
    if met < run.first - 1:
        return "gap"
    theirs = digests[met - run.first] if met >= run.first else run.prev
    return "continues" if digest_at(c, known, met) == theirs else "fork"


def append(c: Connection, runs: Sequence[tuple[Run, Sequence[bytes]]], taken: Taken) -> None:
    """Write what is new of runs that continue, with the bodies that were lacking, and fold it; nothing else is checked here."""
    rows, facts, sealed = [], [], []
    gone = erasure.gone(c)
    for run, digests in runs:
        known = head(c, run.writer, run.epoch) or _begin(c, run)
        taken.known += max(0, min(known.seq, run.last) - run.first + 1)
        if known.seq >= run.first:
            upto = known.seq - run.first + 1
            fill(c, [Late(run.writer, run.epoch, run.first + at, line.body)
                     for at, line in enumerate(run.lines[:upto]) if line.body is not None], taken)
        fresh = max(0, known.seq - run.first + 1)
        for seq, line, digest in zip(range(run.first + fresh, run.last + 1), run.lines[fresh:], digests[fresh:], strict=True):
            kind, fact = _read(line.body, position_of(line.lamport, run.writer, run.epoch, seq))
            body = line.body
            if fact is not None and gone is not None and gone.holds(fact):
                kind, fact, body = "", None, None
            if fact is not None:
                facts.append(fact)
            rows.append({"source": known.source, "seq": seq, "lamport": line.lamport, "body_digest": line.body_digest, "digest": digest,
                         "body": body, "kind": kind, "subject": fact.about[0] if fact else None,
                         "other": fact.about[1] if fact and len(fact.about) > 1 else None})
        if run.last > known.seq:
            c.execute(update(WRITER).where(WRITER.c.id == known.source).values(
                seq=run.last, lamport=run.lines[-1].lamport, digest=digests[-1]))
        if run.last >= known.seq and run.seal:
            sealed.append((known.source, run.last, run.seal))
    insert(c, ENTRY, rows)
    for source, seq, signature in sealed:
        keep_seal(c, source, seq, signature)
    taken.appended += len(rows)
    fold(c, facts)
    taken.facts += filter(taken.watched, facts)


def fill(c: Connection, late: Sequence[Late], taken: Taken) -> list[Late]:
    """Put bodies to the headers that name their digests, and fold them; those whose header is not known are given back."""
    facts, rows, unknown = [], [], []
    gone = erasure.gone(c) if late else None
    heads: dict[Source, tuple[Head | None, dict[int, tuple[int, bytes]]]] = {}
    for each in late:
        source = (each.writer, each.epoch)
        if not taken.fills and each.writer != taken.own:
            continue
        if source not in heads:
            heads[source] = _lacking(c, head(c, *source), [other.seq for other in late if (other.writer, other.epoch) == source])
        known, lacking = heads[source]
        if known is None or each.seq > known.seq:
            unknown.append(each)
            continue
        stands = lacking.get(each.seq)
        if stands is None:  # it is here
            continue
        if hashlib.sha256(each.body.encode()).digest() != stands[1]:
            continue  # not the body that this header names
        kind, fact = _read(each.body, position_of(stands[0], each.writer, each.epoch, each.seq))
        if fact is not None and gone is not None and gone.holds(fact):
            continue
        rows.append({"b_source": known.source, "b_seq": each.seq, "b_body": each.body, "b_kind": kind,
                     "b_subject": fact.about[0] if fact else None, "b_other": fact.about[1] if fact and len(fact.about) > 1 else None})
        if fact is not None:
            facts.append(fact)
    if rows:
        c.execute(_FILL, rows)
    taken.filled += len(rows)
    fold(c, facts)
    taken.facts += filter(taken.watched, facts)
    return unknown


def _lacking(c: Connection, known: Head | None, seqs: Sequence[int]) -> tuple[Head | None, dict[int, tuple[int, bytes]]]:
    """Of the numbers asked for, (lamport, digest of the body) of the entries that have none."""
    if known is None:
        return None, {}
    rows = c.execute(select(ENTRY.c.seq, ENTRY.c.lamport, ENTRY.c.body_digest).where(
        ENTRY.c.source == known.source, ENTRY.c.body.is_(None), ENTRY.c.seq.between(min(seqs), max(seqs))))
    return known, {row[0]: (row[1], bytes(row[2])) for row in rows}


_FILL = update(ENTRY).where(ENTRY.c.source == bindparam("b_source"), ENTRY.c.seq == bindparam("b_seq")).values(
    body=bindparam("b_body"), kind=bindparam("b_kind"), subject=bindparam("b_subject"), other=bindparam("b_other"))


def fold(c: Connection, facts: list[Fact]) -> None:
    """Fold facts of other writers, in the order of the journal."""
    facts.sort(key=lambda fact: fact.position)
    for at in range(0, len(facts), AT_ONCE):
        projections.apply(c, facts[at:at + AT_ONCE], own=False)
    withholding.obey(c, facts)


def keep_seal(c: Connection, source: int, seq: int, signature: bytes) -> None:
    there = c.execute(select(SEAL.c.seq).where(SEAL.c.source == source, SEAL.c.seq == seq)).first()
    if there is None:
        insert(c, SEAL, [{"source": source, "seq": seq, "signature": signature}])


def hear(c: Connection, source: int) -> None:
    """Let this node's next entry come after all that it has heard of."""
    highest = c.execute(select(func.max(WRITER.c.lamport))).scalar_one()
    c.execute(update(WRITER).where(WRITER.c.id == source, WRITER.c.lamport < highest).values(lamport=highest))


def cut(c: Connection, writer: str, epoch: int, last: int) -> list[Line]:
    """Take the entries after `last` out of the journal and give them back; the caller folds again."""
    known = head(c, writer, epoch)
    if known is None or known.seq <= last:
        return []
    after = (ENTRY.c.source == known.source) & (ENTRY.c.seq > last)
    lines = [Line(row[0], bytes(row[1]), row[2]) for row in c.execute(
        select(ENTRY.c.lamport, ENTRY.c.body_digest, ENTRY.c.body).where(after).order_by(ENTRY.c.seq))]
    digest = digest_at(c, known, last)
    lamport = c.execute(select(ENTRY.c.lamport).where(ENTRY.c.source == known.source, ENTRY.c.seq == last)).scalar() or 0
    c.execute(delete(ENTRY).where(after))
    c.execute(delete(SEAL).where(SEAL.c.source == known.source, SEAL.c.seq > last))
    c.execute(update(WRITER).where(WRITER.c.id == known.source).values(seq=last, digest=digest, lamport=lamport))
    return lines


def lines_of(c: Connection, source: int, first: int, last: int) -> Iterable[tuple[int, Line, str, str | None, str | None]]:
    """(seq, line, kind, subject, other) of the entries asked for, streamed."""
    wanted = (ENTRY.c.seq, ENTRY.c.lamport, ENTRY.c.body_digest, ENTRY.c.body, ENTRY.c.kind, ENTRY.c.subject, ENTRY.c.other)
    for row in c.execute(select(*wanted).where(ENTRY.c.source == source, ENTRY.c.seq.between(first, last)).order_by(ENTRY.c.seq)):
        yield row[0], Line(row[1], bytes(row[2]), row[3]), row[4], row[5], row[6]


def part(run: Run, last: int) -> Run:
    """The run up to `last`, without the seal, which is over more."""
    return replace(run, lines=run.lines[:max(0, last - run.first + 1)], seal=b"")


def _begin(c: Connection, run: Run) -> Head:
    c.execute(WRITER.insert().values(writer=run.writer, epoch=run.epoch, seq=0, lamport=0, digest=GENESIS, reference=0))
    begun = head(c, run.writer, run.epoch)
    assert begun is not None
    return begun


def _read(body: str | None, position: str) -> tuple[str, Fact | None]:
    return soundness.read(body, position) if body is not None else ("", None)
