"""Two branches of one writer's history, as a copied or restored data directory makes them: which of them stands, what only one holds.

The writer itself says which branch of its earlier epochs stands (`branch_kept`), in an epoch that it began after it was healed. What
only the other branches held it tells again there. Whoever holds another branch lets go of it once all of it was told again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from gateway.journal import foreign, ledger
from gateway.journal.entries import ENTRY, GENESIS, WRITER, Origin
from gateway.journal.facts.nodes import BranchKept
from gateway.journal.foreign import Late, Line, Run, Source, Taken
from gateway.journal.rows import find
from gateway.journal.tables import Branch, table
from offline_sync import heads


def begins_here(c: Connection, run: Run) -> bool:
    """Whether what comes before the run is in our chain, so that its first entry that differs from ours is in it or is ours."""
    return foreign.digest_at(c, foreign.head(c, run.writer, run.epoch), run.first - 1) == run.prev


def common_upto(c: Connection, run: Run, digests: Sequence[bytes]) -> int:
    """The number of our last entry that a run which begins here has in common with us."""
    known = foreign.head(c, run.writer, run.epoch)
    ours = c.execute(select(ENTRY.c.digest).where(ENTRY.c.source == (known.source if known else None), ENTRY.c.seq >= run.first)
                     .order_by(ENTRY.c.seq)).scalars()
    same = run.first - 1
    for theirs, mine in zip(digests, ours, strict=False):
        if bytes(mine) != theirs:
            break
        same += 1
    return same


def detach(c: Connection, writer: str, epoch: int, last: int) -> Run | None:
    """Take the entries after `last` out of the journal as a run, with the seal that is over the last of them."""
    known = foreign.head(c, writer, epoch)
    if known is None:
        return None
    prev = foreign.digest_at(c, known, last)
    at_the_end = (foreign.SEAL.c.source == known.source) & (foreign.SEAL.c.seq == known.seq)
    seal = c.execute(select(foreign.SEAL.c.signature).where(at_the_end)).scalar()
    lines = foreign.cut(c, writer, epoch, last)
    assert prev is not None
    return Run(writer, epoch, last + 1, prev, lines, bytes(seal) if seal else b"") if lines else None


def untold(c: Connection, run: Run) -> list[Line]:
    """The lines of a run whose bodies its writer tells nowhere in our journal."""
    told = _told(c, run.writer)
    return [line for line in run.lines if line.body_digest not in told]


def is_told_again(c: Connection, run: Run, digests: Sequence[bytes]) -> bool:
    """Whether all that our branch holds and this run does not is told by its writer elsewhere too: then ours can be let go of."""
    known = foreign.head(c, run.writer, run.epoch)
    if known is None:
        return True
    after = (ENTRY.c.source == known.source) & (ENTRY.c.seq > common_upto(c, run, digests))
    ours = {bytes(digest) for digest in c.execute(select(ENTRY.c.body_digest).where(after)).scalars()}
    return ours <= {line.body_digest for line in run.lines} | _told(c, run.writer, but=known.source)


def _told(c: Connection, writer: str, *, but: int | None = None) -> set[bytes]:
    """The digests of all bodies that a writer tells in our journal, or in all of its epochs `but` one."""
    theirs = select(ENTRY.c.body_digest).join(WRITER, WRITER.c.id == ENTRY.c.source).where(WRITER.c.writer == writer)
    return {bytes(digest) for digest in c.execute(theirs if but is None else theirs.where(ENTRY.c.source != but)).scalars()}


def hand_on(c: Connection, lines: Iterable[Line], writer: str, taken: Taken) -> None:
    """Give the bodies of a branch that is let go of to the entries that tell the same and lack them."""
    bodies = {line.body_digest: line.body for line in lines if line.body is not None}
    lacking = select(WRITER.c.epoch, ENTRY.c.seq, ENTRY.c.body_digest).join(WRITER, WRITER.c.id == ENTRY.c.source).where(
        WRITER.c.writer == writer, ENTRY.c.body.is_(None))
    late = [Late(writer, row.epoch, row.seq, body) for row in c.execute(lacking) if (body := bodies.get(bytes(row.body_digest)))]
    foreign.fill(c, late, taken)


def stands(c: Connection, run: Run, digests: Sequence[bytes]) -> bool:
    """Whether the writer said of this run that it is part of the branch that stands."""
    said = kept(c, run.writer).get(run.epoch)
    if said is None:
        return False
    seq, digest = said
    return run.first <= seq <= run.last and digests[seq - run.first].hex()[:heads.SHORT] == digest


def kept(c: Connection, writer: str) -> dict[int, tuple[int, str]]:
    """What a writer last said of its earlier epochs: {epoch: (a number, the digest that stands there)}."""
    rows = find(c, table(Branch), "id", [writer])
    return {int(epoch): (seq, digest) for epoch, (seq, digest) in json.loads(rows[0]["ends"]).items()} if rows else {}


def keep(c: Connection, begun: Origin, now: datetime) -> None:
    """Say under this node's new epoch which branch of its earlier ones stands: the one that is here."""
    earlier = c.execute(select(WRITER.c.epoch, WRITER.c.seq, WRITER.c.digest).where(
        WRITER.c.writer == begun.writer, WRITER.c.epoch != begun.epoch, WRITER.c.seq > 0).order_by(WRITER.c.epoch))
    ends = tuple(f"{row.epoch}:{row.seq}:{bytes(row.digest).hex()[:heads.SHORT]}" for row in earlier)
    ledger.write(c, begun, [BranchKept(writer=begun.writer, ends=ends)], at=now, by="operator")


def carry(c: Connection, source: Source, lines: Iterable[Line]) -> int:
    """Tell lines of other branches again, at the beginning of a new epoch; how many there are. A later one comes after all before it."""
    writer, epoch = source
    carried: dict[bytes, Line] = {}
    lamport = 0
    for line in sorted(lines, key=lambda line: line.lamport):
        if line.body_digest not in carried or (line.body is not None and carried[line.body_digest].body is None):
            lamport = max(line.lamport, lamport + 1)
            carried[line.body_digest] = Line(lamport, line.body_digest, line.body)
    if carried:
        run = Run(writer, epoch, 1, GENESIS, sorted(carried.values(), key=lambda line: line.lamport), b"")
        foreign.append(c, [(run, run.digests())], Taken())
    return len(carried)

