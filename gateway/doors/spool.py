"""Where acknowledged texts wait while the database is away: one fsynced, sealed file per process, drained when it is back.

A frame is: length (4 bytes), SHA-256 of the sealed bytes, the sealed bytes. A torn last frame was never acknowledged.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from gateway import lasting, locks
from gateway.channels.values import Inbound
from gateway.decisions import erasing
from gateway.doors import intake
from gateway.journal.canonical import iso, moment
from gateway.node import Node

_log = logging.getLogger("barrio.spool")


@dataclass(frozen=True, slots=True)
class Held:
    """One file of the spool: how many texts it holds, and when the first of them was received."""

    name: str
    refused: bool
    texts: int
    since: str


class Spool:
    def __init__(self, node: Node, *, fsync: bool = True) -> None:
        self._node, self._fsync = node, fsync
        self.directory = node.config.data / "spool"
        self._lock = threading.Lock()
        # never the name of a file that an earlier process of this number left, perhaps with a torn end: in a container every
        # start has the same number, and what is written behind a torn frame is never read
        self._run, self._number = secrets.token_hex(4), 0

    def keep(self, inbounds: Sequence[Inbound]) -> None:
        """Write and fsync; OSError when the disk will not have it (what was written of it is taken back)."""
        frames = b"".join(_frame(self._node.vault.seal(_packed(i))) for i in inbounds)
        with self._lock:
            self.directory.mkdir(mode=0o700, exist_ok=True)
            handle = self._open()
            try:
                end = os.fstat(handle).st_size
                try:
                    written = 0
                    while written < len(frames):
                        written += os.write(handle, frames[written:])
                    if self._fsync:
                        os.fsync(handle)
                        if end == 0:  # a new file: its name must last too, and that of the folder
                            lasting.sync_folder(self.directory)
                            lasting.sync_folder(self.directory.parent)
                except OSError:
                    self._number += 1  # should the rest of it stay, nothing may stand behind it
                    os.ftruncate(handle, end)
                    raise
            finally:
                os.close(handle)

    def _open(self) -> int:
        """The file this process writes, locked; another one when it is being drained, or was."""
        while True:
            handle = os.open(self._path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            if locks.take_now(handle) and os.fstat(handle).st_nlink:
                return handle
            os.close(handle)
            self._number += 1

    def _path(self) -> Path:
        return self.directory / f"{os.getpid()}-{self._run}-{self._number}.spool"

    def files(self) -> list[Path]:
        return sorted(self.directory.glob("*.spool")) if self.directory.is_dir() else []

    def refused(self) -> list[Path]:
        return sorted(self.directory.glob("*.refused")) if self.directory.is_dir() else []

    def held(self) -> list[Held]:
        """What waits and what was refused, file by file; of a refused one, what the journal took is no news to it."""
        found = []
        for path in (*self.files(), *self.refused()):
            with suppress(FileNotFoundError):  # drained just now
                times = [iso(i.received_at) for i in self._read(path)]
                found.append(Held(path.name, path.suffix == ".refused", len(times), min(times, default="")))
        return found

    def retry(self) -> int:
        """Bring what was refused into the journal, once that is mended; how many texts were new. What is refused again stays."""
        return sum(self._drain(path) for path in self.refused())

    def drain(self) -> int:
        """Bring every waiting file into the journal, then remove it; how many texts were new."""
        with self._lock:
            self._number += 1  # this process goes on in another file
            waiting = [p for p in self.files() if p != self._path()]
        return sum(self._drain(path) for path in waiting)

    def _drain(self, path: Path) -> int:
        """One file, locked from the first look to its end: nobody may write behind what was read."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return 0
        try:
            if not locks.take_now(handle) or not os.fstat(handle).st_nlink:
                return 0
            new, refused = 0, list[str]()
            inbounds = [replace(i, road="spool") for i in self._read(path)]
            with self._node.database.reading() as c:
                inbounds = erasing.still_wanted(c, self._node, inbounds)
            for start in range(0, len(inbounds), 200):
                new += self._take(inbounds[start:start + 200], refused)
            if refused:
                _log.error("%d text(s) of %s are refused (%s); kept aside for a person, see `barrio spool`", len(refused), path.name,
                           ", ".join(sorted(set(refused))))
                path.rename(path.with_suffix(".refused"))
            else:
                path.unlink(missing_ok=True)
            return new
        finally:
            os.close(handle)

    def _take(self, inbounds: Sequence[Inbound], refused: list[str]) -> int:
        from gateway.journal.database import is_away
        try:
            with self._node.database.writing() as c:
                return intake.receive(c, self._node, inbounds)
        except Exception as fault:
            if is_away(fault):
                raise
            if len(inbounds) == 1:
                refused.append(type(fault).__name__)
                return 0
            return sum(self._take([i], refused) for i in inbounds)

    def _read(self, path: Path) -> Iterator[Inbound]:
        stored = path.read_bytes()
        place = 0
        while place + 36 <= len(stored):
            length = int.from_bytes(stored[place:place + 4])
            digest, sealed = stored[place + 4:place + 36], stored[place + 36:place + 36 + length]
            if len(sealed) < length or hashlib.sha256(sealed).digest() != digest:
                return
            yield _unpacked(self._node.vault.open(sealed))
            place += 36 + length


def _frame(sealed: bytes) -> bytes:
    return len(sealed).to_bytes(4) + hashlib.sha256(sealed).digest() + sealed


def _packed(i: Inbound) -> bytes:
    return json.dumps([i.channel, i.account, i.provider_id, i.number, i.text, iso(i.received_at), b64encode(i.raw).decode()]).encode()


def _unpacked(packed: bytes) -> Inbound:
    channel, account, provider_id, number, text, received_at, raw = json.loads(packed)
    return Inbound(channel, account, provider_id, number, text, moment(received_at), b64decode(raw))
