"""The morning after: open a disk image with the real code and look whether every acknowledged text is there, once, verbatim."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from sqlalchemy import Connection, select

from gateway import config
from gateway.channels.values import Inbound
from gateway.doors import intake
from gateway.doors.spool import Spool
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Delivery, Entry, Message, Reply, table
from gateway.node import Node, open_node
from tests.durability.powercut.power_cut_disk import Image
from tests.durability.powercut.power_cut_log import Recording, Text
from tests.durability.powercut.power_cut_traffic import lend_words

MESSAGE, DELIVERY, ENTRY, REPLY = table(Message), table(Delivery), table(Entry), table(Reply)
WHEN = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
AFTERWARDS = Text("afterwards", "+59170009999", "hay agua otra vez?", b"afterwards")
MOST_AGAIN = 4


@dataclass(frozen=True)
class Verdict:
    """What one image held: acknowledged texts looked for, how many of them are gone, and everything that is wrong."""

    acknowledged: int
    lost: int
    faults: tuple[str, ...]


def judge(recording: Recording, image: Image, folder: Path) -> Verdict:
    """Put the image down in an empty folder, start, drain, verify."""
    put_down(image, folder)
    acknowledged = dict.fromkeys(image.acknowledged(recording))
    try:
        node = open_node(config.load(str(folder / "hub" / "config.toml")))
    except Exception as fault:
        return Verdict(len(acknowledged), len(acknowledged), (f"cannot be opened: {_words(fault)}",))
    try:
        lend_words(node)
        lost, faults = _look(recording, list(acknowledged), node)
    except Exception as fault:
        lost, faults = len(acknowledged), [f"cannot be read: {_words(fault)}"]
    finally:
        node.database.engine.dispose()
    return Verdict(len(acknowledged), lost, tuple(faults))


def put_down(image: Image, folder: Path) -> None:
    """Write the image to a real disk, an hour ago; SQLite's shared memory holds whatever it likes."""
    for name in sorted(image.folders):
        (folder / name).mkdir(parents=True)
    for path, content in image.files.items():
        (folder / path).write_bytes(content)
        os.utime(folder / path, (time.time() - 3600,) * 2)
        if path.endswith("-wal") and image.cut % 2:
            (folder / path.replace("-wal", "-shm")).write_bytes(random.Random(image.cut).randbytes(32768))


def _look(recording: Recording, acknowledged: list[str], node: Node) -> tuple[int, list[str]]:
    texts = recording.texts | {AFTERWARDS.sid: AFTERWARDS}
    faults: list[str] = []
    _start_again(node, recording.process)
    rebuild(node.database, verify=True)
    with node.database.reading() as c:
        sound = c.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        if sound != ["ok"]:
            faults.append(f"integrity_check: {sound[0]}")
        faults += _compare(c, node, texts)
        held = _held(c)
    missing = [sid for sid in [*acknowledged, AFTERWARDS.sid] if sid not in held]
    faults += [f"acknowledged text {sid} is lost" for sid in missing]
    faults += _deliver_again(node, texts, held, missing)
    return sum(sid != AFTERWARDS.sid for sid in missing), faults


def _start_again(node: Node, process: int) -> None:
    """The first minute: a text comes before the database is reached, then the spool is drained, twice.

    In a container every start gives the same process number, so the new spool file may meet the old one.
    """
    spool = Spool(node)
    with mock.patch("os.getpid", return_value=process):
        spool.keep([_inbound(AFTERWARDS)])
        spool.drain()
        if spool.drain():
            raise AssertionError("a drained spool brings texts again")


def _compare(c: Connection, node: Node, texts: dict[str, Text]) -> list[str]:
    """Everything that is there must be a text that came, word for word, once, understood, with its answer."""
    faults = []
    raws = {sid: raw for sid, raw in c.execute(select(DELIVERY.c.provider_id, DELIVERY.c.raw))}
    answered = set(c.execute(select(REPLY.c.message)).scalars())
    for message, sid, words, outcome, settled in c.execute(select(
            MESSAGE.c.id, MESSAGE.c.provider_id, MESSAGE.c.text, MESSAGE.c.outcome, MESSAGE.c.settled)):
        if sid not in texts or words != texts[sid].words or sid not in raws or node.vault.open(raws[sid]) != texts[sid].raw:
            faults.append(f"text {sid} is not as it came")
        if outcome is None or (message not in answered and settled is None):
            faults.append(f"text {sid} has no outcome or no answer")
    journalled = Counter(json.loads(body)["data"]["provider_id"] for body in c.execute(
        select(ENTRY.c.body).where(ENTRY.c.kind == "message_received")).scalars())
    if journalled != _held(c):
        faults.append("journal and messages differ")
    faults += [f"text {sid} is there {count} times" for sid, count in _held(c).items() if count > 1]
    faults += [f"{sid} was delivered and is no message" for sid in raws if sid not in _held(c)]
    return faults


def _deliver_again(node: Node, texts: dict[str, Text], held: Counter[str], missing: list[str]) -> list[str]:
    """The provider tries again what was not acknowledged, and some of what was: only the new ones may be taken."""
    known = [texts[sid] for sid in sorted(held)][-MOST_AGAIN:]
    new = [texts[sid] for sid in sorted(texts) if sid not in held and sid not in missing][:MOST_AGAIN]
    with node.database.writing() as c:
        taken = intake.receive(c, node, [_inbound(text) for text in known + new])
    with node.database.reading() as c:
        now = _held(c)
    if taken != len(new) or now != held + Counter(text.sid for text in new):
        return [f"of {len(new)} new and {len(known)} repeated texts, {taken} were taken"]
    return []


def _held(c: Connection) -> Counter[str]:
    return Counter(c.execute(select(MESSAGE.c.provider_id)).scalars())


def _inbound(text: Text) -> Inbound:
    return Inbound("console", "local", text.sid, text.number, text.words, WHEN, text.raw, "console")


def _words(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}".splitlines()[0][:200]
