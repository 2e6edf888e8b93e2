"""`barrio backup` and `restore`: the journal, the vault's sealed numbers, what is due, photos and keys, as one file for one clerk.

What is folded is not in it: it is folded again. Entries are read in portions, so that texts go on coming in meanwhile; the heads are
read first, with what is due, so that the file is of that moment. Whoever holds the file can read everything: it is a key.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Table, delete, inspect, select

from gateway import lasting, locks
from gateway.config import SECRET_FILE, Config
from gateway.decisions import photos
from gateway.errors import Problem
from gateway.journal import ledger, projections, wishes, withholding
from gateway.journal.canonical import iso
from gateway.journal.database import Database
from gateway.journal.entries import ENTRY, WRITER, Origin, verify_chain
from gateway.journal.events import Event
from gateway.journal.facts.erasure import ERASURE, SenderErased
from gateway.journal.facts.guarding import WordsErased
from gateway.journal.facts.residents import SenderOptedOut
from gateway.journal.foreign import SEAL, hear
from gateway.journal.ledger import LOCAL
from gateway.journal.rows import find, insert
from gateway.journal.tables import (
    Contact,
    Delivery,
    Duty,
    Listed,
    Meter,
    Parcel,
    Peer,
    Reply,
    Report,
    SavedView,
    Sender,
    StatusCall,
    Task,
    Waiting,
    table,
)
from gateway.node import Node
from gateway.sending.restored import RESTORED_AT, RESTORED_FROM
from offline_sync import peers
from offline_sync.identity import KEY_FILE
from offline_sync.joining import begin_epoch, new_epoch

KIND = "barrio backup 1"
AT_ONCE = 1000
PHOTO = "photo"
NOW = (WRITER, LOCAL, table(Task), table(Peer), table(Waiting), table(Parcel), table(Meter), table(Duty), SEAL,
       table(SavedView))
LATER = (ENTRY, table(Delivery), table(Contact), table(StatusCall), table(Listed))
TABLES = {of.name: of for of in (*NOW, *LATER)}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Restored:
    """What stands after a restore: the new epoch, how many entries, and where the database that was there before lies now."""

    epoch: int
    entries: int
    made_at: str
    aside: Path | None


def backup(node: Node, path: Path) -> int:
    """Write a backup, readable by its owner alone; how many entries it holds. A torn one never has its name."""
    new = path.with_name(f".{path.name}.new")
    try:
        try:
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                count = _write(node, file)
                file.flush()
                os.fsync(file.fileno())
            for _ in _lines(new):  # read again, to its digest, before it gets its name
                pass
            new.replace(path)
            lasting.sync_folder(path.parent)
        finally:
            new.unlink(missing_ok=True)
    except OSError as fault:
        raise Problem("data.not_writable", path=path, reason=fault.strerror or type(fault).__name__) from None
    return count


def _write(node: Node, file: BinaryIO) -> int:
    machine, digest, count = zlib.compressobj(6), hashlib.sha256(), 0

    def say(value: object) -> None:
        line = json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"
        digest.update(line)
        file.write(machine.compress(line))

    data = node.config.data
    secret = os.environ.get("BARRIO_SECRET_KEY") or (data / SECRET_FILE).read_text("ascii").strip()
    with node.database.reading() as c:
        first = {of.name: [_plain(dict(row)) for row in c.execute(select(of)).mappings()] for of in NOW}
    say({"kind": KIND, "at": iso(node.now()), "name": node.config.node.name, "role": node.config.node.role, "city": node.config.node.city,
         "secret": secret, "key": (data / KEY_FILE).read_text("ascii").strip()})
    for name, rows in first.items():
        for row in rows:
            say([name, row])
    for writer in first["writer"]:
        for row in _portions(node.database, writer["id"], writer["seq"]):
            say(["entry", row])
            count += 1
    for of in LATER[1:]:
        for row in _all(node.database, of):
            say([of.name, row])
    for photo in photos.kept(data):
        say([PHOTO, _plain({"content": photo.content, "media": photo.media})])
    file.write(machine.compress(json.dumps({"digest": digest.hexdigest()}).encode() + b"\n") + machine.flush())
    return count


def _portions(database: Database, source: int, last: int) -> Iterator[Row]:
    for first in range(1, last + 1, AT_ONCE):
        with database.reading() as c:
            rows = c.execute(select(ENTRY).where(ENTRY.c.source == source, ENTRY.c.seq.between(first, min(last, first + AT_ONCE - 1)))
                             .order_by(ENTRY.c.seq)).mappings().all()
        yield from (_plain(dict(row)) for row in rows)


def _all(database: Database, of: Table) -> Iterator[Row]:
    keys, after = list(of.primary_key.columns), 0
    while True:
        with database.reading() as c:
            rows = c.execute(select(of).order_by(*keys).limit(AT_ONCE).offset(after)).mappings().all()
        yield from (_plain(dict(row)) for row in rows)
        if len(rows) < AT_ONCE:
            return
        after += len(rows)


def _plain(row: Row) -> Row:
    return {k: {"b": base64.b64encode(v).decode()} if isinstance(v, bytes | memoryview) else v for k, v in row.items()}


def _row(row: Row) -> Row:
    return {k: base64.b64decode(v["b"]) if isinstance(v, dict) else v for k, v in row.items()}


def _lines(path: Path) -> Iterator[Any]:
    """The lines of a backup; the last one must be the digest of the others."""
    digest, rest, machine = hashlib.sha256(), b"", zlib.decompressobj()
    last: Any = None
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 18):
                *lines, rest = (rest + machine.decompress(chunk)).split(b"\n")
                for line in lines:
                    last = json.loads(line)
                    if isinstance(last, dict) and last.keys() == {"digest"}:
                        continue
                    digest.update(line + b"\n")
                    yield last
    except OSError as fault:
        raise Problem("backup.refused", path=path, reason=fault.strerror, hint="Look whether the file is there.") from None
    except (zlib.error, ValueError):
        last = None
    if not isinstance(last, dict) or last.get("digest") != digest.hexdigest() or not machine.eof:
        raise Problem("backup.refused", path=path, reason="it is damaged or cut off", hint="Nothing was changed. Use another backup.")


def restore(config: Config, path: Path, now: datetime) -> Restored:
    """Put a backup in the place of this instance, under a new epoch; a database that was there is kept aside, not thrown away."""
    lines = _lines(path)
    head = next(lines, None)
    if not isinstance(head, dict) or head.get("kind") != KIND:
        raise Problem("backup.refused", path=path, reason="it is not a backup of Barrio's", hint="Nothing was changed.")
    for name, here in (("name", config.node.name), ("role", config.node.role), ("city", config.node.city)):
        if head[name] != here:
            like = f"--name {head['name']} --role {head['role']} --city {head['city']}"
            raise Problem("backup.refused", path=path, reason=f"it is of {name} {head[name]}, and this instance is of {here}",
                          hint=f"Nothing was changed. Make the instance with {like}.")
    if (named := os.environ.get("BARRIO_SECRET_KEY")) and named != head["secret"]:
        raise Problem("backup.refused", path=path, reason="BARRIO_SECRET_KEY is not the key it was made with",
                      hint="Unset it, or set that one.")
    for _ in lines:  # to the end, before anything is touched
        pass
    with locks.alone(config.data, "web", "worker", "sync"):
        return _replace_all(config, path, head, now)


def _replace_all(config: Config, path: Path, head: Row, now: datetime) -> Restored:
    erased, stopped = _known_here(config)
    aside = _put_aside(config, now)
    database = Database(config.database_url)
    try:
        database.create()
        with database.writing() as c:
            epoch, entries = _fill(c, path, config.data)
            peers.say(c, **{RESTORED_AT: iso(now), RESTORED_FROM: head["at"]})
            _say_again(c, epoch, erased, stopped, now)
    finally:
        database.engine.dispose()
    for name, content in ((SECRET_FILE, head["secret"]), (KEY_FILE, head["key"])):
        _replace(config.data / name, content + "\n")
    lasting.sync_folder(config.data)
    return Restored(epoch, entries, head["at"], aside)


def _known_here(config: Config) -> tuple[list[Row], set[str]]:
    """What was erased, and who wanted no texts, in the database that gives way: an older backup must not undo what it does not know."""
    database = Database(config.database_url)
    try:
        if (config.is_sqlite and not database.path.exists()) or not inspect(database.engine).has_table(ERASURE.name):
            return [], set()
        with database.reading() as c:
            erased = [dict(row) for row in c.execute(select(ERASURE)).mappings()]
            told = set(c.execute(select(ENTRY.c.subject).where(ENTRY.c.kind.in_((SenderOptedOut.KIND, SenderErased.KIND)))).scalars())
            stopped = set(c.execute(select(table(Sender).c.id).where(table(Sender).c.opted_out)).scalars())
            return erased, stopped | _no_texts(c, told)
    finally:
        database.engine.dispose()


def _no_texts(c: Connection, senders: Collection[str]) -> set[str]:
    """`wishes.no_texts` of however many: a database takes only so many parameters."""
    some = sorted(senders)
    return {sender for at in range(0, len(some), 400) for sender in wishes.no_texts(c, some[at:at + 400])}


def _say_again(c: Connection, epoch: int, erased: list[Row], stopped: set[str], now: datetime) -> None:
    """Say under the new epoch what the backup does not hold, before anybody can read a word of it."""
    known = {row.id: set(json.loads(row.ids)) for row in c.execute(select(ERASURE.c.id, ERASURE.c.ids))}
    local = peers.said(c)
    source = c.execute(select(WRITER.c.id).where(WRITER.c.writer == local["writer"], WRITER.c.epoch == epoch)).scalar_one()
    events: list[Event] = []
    for row in erased:
        ids = json.loads(row["ids"])
        if known.get(row["id"], set()) >= set(ids) and row["id"] in known:
            continue
        if row["whole"]:
            events.append(SenderErased(sender=row["id"], gone=tuple(ids), why="erased before the restore",
                                       stopped=row["id"] in stopped))
        else:
            events += [WordsErased(
                report=report["id"], message=report["message"], sender=report["sender"], reference=report["reference"],
                language=report["language"], filed_at=report["filed_at"], texts=tuple(ids))
                for report in find(c, table(Report), "id", [row["id"]])]
    gone = {row["id"] for row in erased if row["whole"]}
    events += [SenderOptedOut(sender=sender, reason="said stop before the restore")
               for sender in sorted(stopped - gone - _no_texts(c, stopped))]
    ledger.write(c, Origin(source, local["writer"], epoch), events, at=now, by="machine")
    withholding.sweep(c)


def _put_aside(config: Config, now: datetime) -> Path | None:
    database = Database(config.database_url)
    try:
        if not config.is_sqlite:
            if inspect(database.engine).has_table("entry"):
                with database.writing() as c:
                    if c.execute(select(table(Contact).c.sender)).first() is not None:
                        raise Problem("backup.refused", path=config.database.url, reason="that database holds residents' texts",
                                      hint="Nothing was changed. Name an empty database in [database].")
                    for of in reversed(TABLES.values()):
                        c.execute(delete(of))
            return None
        if not database.path.exists():
            return None
        aside = database.path.with_name(f"{database.path.name}.before-{now:%Y%m%dT%H%M%S}")
        database.engine.dispose()
        for suffix in ("-wal", "-shm", "-journal"):
            there = database.path.with_name(database.path.name + suffix)
            if there.exists():
                there.replace(aside.with_name(aside.name + suffix))
        database.path.replace(aside)
        return aside
    finally:
        database.engine.dispose()


def _fill(c: Connection, path: Path, data: Path) -> tuple[int, int]:
    rows: dict[str, list[Row]] = {}
    lines = _lines(path)
    next(lines)
    for name, row in lines:
        if name == PHOTO:  # under its digest, so one that is here already stays
            photos.keep(data, photos.Photo(**_row(row)))
            continue
        rows.setdefault(name, []).append(_row(row))
        if len(rows[name]) >= AT_ONCE:
            _insert(c, name, rows.pop(name))
    for name, some in rows.items():
        _insert(c, name, some)
    # a text whose entry is not in the backup was not received as far as this node knows: its provider may bring it again
    told = select(ENTRY.c.subject).where(ENTRY.c.kind == "message_received")
    c.execute(delete(table(Delivery)).where(table(Delivery).c.message.not_in(told)))
    local = peers.said(c)
    epoch = new_epoch(c, local["writer"])
    begin_epoch(c, local["writer"], epoch)
    source = c.execute(select(WRITER.c.id).where(WRITER.c.writer == local["writer"], WRITER.c.epoch == epoch)).scalar_one()
    hear(c, source)
    # what was to be sent may have been sent since: it counts as begun, and is looked up at the provider first
    task = table(Task)
    c.execute(task.update().where(task.c.kind == "send", task.c.attempts == 0).values(attempts=1))
    c.execute(task.update().where(task.c.kind == "send").values(leased_until="0000"))
    entries = verify_chain(c)
    projections.rebuild(c)
    # who was written to after the entries that are here waits again: the reply will have the same id, and is looked up first
    listed = table(Listed)
    c.execute(listed.update().where(listed.c.state == "written", listed.c.reply.not_in(select(table(Reply).c.id))).values(state="waiting"))
    return epoch, entries


def _insert(c: Connection, name: str, rows: list[Row]) -> None:
    of = TABLES[name]
    if name == "writer":
        c.execute(of.insert(), rows)  # with the numbers that the entries name
        if c.dialect.name == "postgresql":
            c.exec_driver_sql("SELECT setval(pg_get_serial_sequence('writer', 'id'), (SELECT MAX(id) FROM writer))")
        return
    insert(c, of, rows)


def _replace(path: Path, content: str) -> None:
    new = path.with_name(f".{path.name}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)

