"""Runs that wait, as bytes of one row each: kept whole with their seal, so that they prove themselves again when they are taken."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from sqlalchemy import Connection, delete, func, select

from gateway.journal import soundness
from gateway.journal.entries import position_of
from gateway.journal.facts.erasure import ERASURE, Gone, gone
from gateway.journal.foreign import Late, Line, Run
from gateway.journal.ledger import LOCAL
from gateway.journal.rows import insert_new, upsert
from gateway.journal.tables import Waiting, table
from offline_sync.frames import Frame, pack, unpack

WAITING = table(Waiting)
REFUSED = "refused"  # by a person: only that it was here is left, so that nobody is asked again when it comes again


def park(c: Connection, run: Run, why: str, sender: str, at: str) -> bool:
    """Keep a run apart; False when it is kept already."""
    if (erased := gone(c)) is not None:
        run = _stripped(erased, run)
    content = to_bytes(run)
    name = hashlib.sha256(f"{run.writer}/{run.epoch}/{run.first}-{run.last}".encode() + run.seal + run.prev).hexdigest()[:32]
    return bool(insert_new(c, WAITING, [{"id": name, "writer": run.writer, "epoch": run.epoch, "first": run.first, "last": run.last,
                                         "why": why, "sender": sender, "since": at, "run": content}], "id"))


def parked(c: Connection, *why: str) -> list[tuple[str, str, Run]]:
    """(id, why, run) of what waits, for these reasons, the earliest numbers first."""
    chosen = select(WAITING.c.id, WAITING.c.why, WAITING.c.run).where(WAITING.c.why.in_(why)).order_by(
        WAITING.c.writer, WAITING.c.epoch, WAITING.c.first, WAITING.c.last)
    return [(row.id, row.why, from_bytes(row.run)) for row in c.execute(chosen)]


def strip(c: Connection) -> None:
    """What waits holds no body of what was erased; looked through only when something was erased since the last time."""
    count, upto = c.execute(select(func.count(), func.max(ERASURE.c.upto))).one()
    stamp = f"{count} {upto}"
    if not count or c.execute(select(LOCAL.c.value).where(LOCAL.c.key == "stripped")).scalar() == stamp:
        return
    erased = gone(c)
    assert erased is not None
    for row in c.execute(select(WAITING.c.id, WAITING.c.why, WAITING.c.run)).all():
        if row.why == REFUSED:
            continue
        if row.why == "header":
            late = Late(*json.loads(bytes(row.run)))
            if _is_gone(erased, late.body, 0, late.writer, late.epoch, late.seq):
                forget(c, row.id)
            continue
        run = from_bytes(row.run)
        bare = _stripped(erased, run)
        if bare.lines != run.lines:
            c.execute(WAITING.update().where(WAITING.c.id == row.id).values(run=to_bytes(bare)))
    upsert(c, LOCAL, [{"key": "stripped", "value": stamp}])


def _stripped(erased: Gone, run: Run) -> Run:
    return replace(run, lines=[
        replace(line, body=None) if _is_gone(erased, line.body, line.lamport, run.writer, run.epoch, seq) else line
        for seq, line in enumerate(run.lines, run.first)])


def _is_gone(erased: Gone, body: str | None, lamport: int, writer: str, epoch: int, seq: int) -> bool:
    fact = soundness.read(body, position_of(lamport, writer, epoch, seq))[1] if body is not None else None
    return fact is not None and erased.holds(fact)


def forget(c: Connection, name: str) -> None:
    c.execute(delete(WAITING).where(WAITING.c.id == name))


def to_bytes(run: Run) -> bytes:
    frames, frame = [], Frame()
    for line in run.lines:
        frame.add(0, line)
        if frame.is_full:
            frames.append(pack(frame))
            frame = Frame()
    if frame.parts:
        frames.append(pack(frame))
    head = {"writer": run.writer, "epoch": run.epoch, "first": run.first, "prev": run.prev.hex(), "seal": run.seal.hex(),
            "frames": [len(f) for f in frames]}
    return json.dumps(head).encode() + b"\n" + b"".join(frames)


def from_bytes(content: bytes) -> Run:
    line, _, rest = bytes(content).partition(b"\n")
    head, lines, at = json.loads(line), list[Line](), 0
    for length in head["frames"]:
        for _, cut in unpack(rest[at:at + length], runs=1).parts:
            lines += cut
        at += length
    return Run(head["writer"], head["epoch"], head["first"], bytes.fromhex(head["prev"]), lines, bytes.fromhex(head["seal"]))


def park_late(c: Connection, late: Late, sender: str, at: str) -> None:
    """Keep a body whose header is still on its way."""
    content = json.dumps([late.writer, late.epoch, late.seq, late.body]).encode()
    insert_new(c, WAITING, [{"id": hashlib.sha256(content).hexdigest()[:32], "writer": late.writer, "epoch": late.epoch, "first": late.seq,
                             "last": late.seq, "why": "header", "sender": sender, "since": at, "run": content}], "id")


def parked_late(c: Connection) -> list[tuple[str, Late]]:
    rows = c.execute(select(WAITING.c.id, WAITING.c.run).where(WAITING.c.why == "header"))
    return [(row.id, Late(*json.loads(bytes(row.run)))) for row in rows]
