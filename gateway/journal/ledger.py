"""The one way to write: append events and fold them into the tables, in the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from gateway import clock
from gateway.errors import Problem
from gateway.journal import projections, soundness
from gateway.journal.canonical import iso
from gateway.journal.database import Database
from gateway.journal.entries import WRITER, Fact, Origin, Turn, chain, put, take_turn
from gateway.journal.events import Event
from gateway.journal.tables import SCHEMA_VERSION, Local, table
from parsers.reference import check_digit

LOCAL = table(Local)
READS = "reads"  # the catalogue of events with which this database was last folded


def found(database: Database, *, fingerprint: str, name: str) -> None:
    """Make the tables and this node's writer: a random database id and its first epoch."""
    database.create()
    with database.writing() as c:
        if c.execute(select(LOCAL.c.value).where(LOCAL.c.key == "writer")).scalar() is not None:
            return
        writer = secrets.token_hex(16)
        c.execute(insert(WRITER), [{"writer": writer, "epoch": 1, "seq": 0, "lamport": 0, "digest": bytes(32), "reference": 1000}])
        c.execute(insert(LOCAL), [{"key": k, "value": v} for k, v in {
            "writer": writer, "epoch": "1", "schema": str(SCHEMA_VERSION), "vault": fingerprint, "name": name,
            READS: soundness.catalogue()}.items()])


def origin(database: Database, *, fingerprint: str) -> Origin:
    """Who writes here; refuses a newer schema, another instance's secret and a database that was never made."""
    if not database.has_tables():
        raise Problem("database.empty", url=database.engine.url.render_as_string(hide_password=True))
    with database.reading() as c:
        known = {key: value for key, value in c.execute(select(LOCAL.c.key, LOCAL.c.value))}
        if "writer" not in known:
            raise Problem("database.empty", url=database.engine.url.render_as_string(hide_password=True))
        if int(known["schema"]) > SCHEMA_VERSION:
            raise Problem("database.newer", found=known["schema"], known=SCHEMA_VERSION)
        if known["vault"] != fingerprint:
            raise Problem("secret.mismatch")
        source = c.execute(select(WRITER.c.id).where(
            WRITER.c.writer == known["writer"], WRITER.c.epoch == int(known["epoch"]))).scalar_one()
    return Origin(int(source), known["writer"], int(known["epoch"]))


def write(c: Connection, origin: Origin, events: Sequence[Event], *, at: datetime, by: str, turn: Turn | None = None) -> list[Fact]:
    """Append and fold. `by` is `resident`, `machine`, or an account's name; `turn` was taken already when references were."""
    if not events:
        return []
    chained = chain(turn or take_turn(c, origin), events, at=iso(at), by=by, clock=clock.is_trusted(at))
    projections.apply(c, chained.facts, read=turn.rows if turn else None)  # first: where a row is refused, it is all done again
    put(c, chained)
    return chained.facts


def references(turn: Turn, count: int) -> list[str]:
    """The next references of this node; a number whose check digit would be 10 is skipped. Kept when the turn ends."""
    given: list[str] = []
    while len(given) < count:
        digit = check_digit(turn.reference)
        if digit is not None:
            given.append(f"{turn.reference}{digit}")
        turn.reference += 1
    return given
