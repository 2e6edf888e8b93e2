"""Where acknowledged texts wait while the database is away: one fsynced, sealed file per process, drained when it is back.

A frame is: length (4 bytes), SHA-256 of the sealed bytes, the sealed bytes. A torn last frame was never acknowledged.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from gateway import intake
from gateway.channels.values import Inbound
from gateway.journal.canonical import iso, moment
from gateway.node import Node

_log = logging.getLogger("barrio.spool")


class Spool:
    def __init__(self, node: Node, *, fsync: bool = True) -> None:
        self._node, self._fsync = node, fsync
        self.directory = node.config.data / "spool"
        self._lock = threading.Lock()
        self._number = 0

    def keep(self, inbounds: Sequence[Inbound]) -> None:
        """Write and fsync; OSError when the disk will not have it (what was written of it is taken back)."""
        frames = b"".join(_frame(self._node.vault.seal(_packed(i))) for i in inbounds)
        with self._lock:
            self.directory.mkdir(mode=0o700, exist_ok=True)
            path = self.directory / f"{os.getpid()}-{self._number}.spool"
            new = not path.exists()
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                end = os.fstat(handle).st_size
                try:
                    written = 0
                    while written < len(frames):
                        written += os.write(handle, frames[written:])
                    if self._fsync:
                        os.fsync(handle)
                        if new:
                            _sync_directory(self.directory)
                except OSError:
                    os.ftruncate(handle, end)
                    raise
            finally:
                os.close(handle)

    def files(self) -> list[Path]:
        return sorted(self.directory.glob("*.spool")) if self.directory.is_dir() else []

    def drain(self) -> int:
        """Bring every waiting file into the journal, then remove it; how many texts were new."""
        with self._lock:
            self._number += 1  # this process goes on in another file
            waiting = [p for p in self.files() if p.name != f"{os.getpid()}-{self._number}.spool"]
        new = 0
        for path in waiting:
            if self._somebody_elses(path):
                continue
            inbounds = [replace(i, road="spool") for i in self._read(path)]
            refused: list[Inbound] = []
            for start in range(0, len(inbounds), 200):
                new += self._take(inbounds[start:start + 200], refused)
            if refused:
                _log.error("%d text(s) of %s are refused by the database; kept aside for a person", len(refused), path.name)
                path.rename(path.with_suffix(".refused"))
            else:
                path.unlink(missing_ok=True)
        return new

    def _take(self, inbounds: Sequence[Inbound], refused: list[Inbound]) -> int:
        from gateway.journal.database import is_away
        try:
            with self._node.database.writing() as c:
                return intake.receive(c, self._node, inbounds)
        except Exception as fault:
            if is_away(fault):
                raise
            if len(inbounds) == 1:
                refused.extend(inbounds)
                return 0
            return sum(self._take([i], refused) for i in inbounds)

    def _somebody_elses(self, path: Path) -> bool:
        """A file that another living process is still writing."""
        pid = int(path.name.partition("-")[0])
        if pid == os.getpid():
            return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return path.stat().st_mtime > self._node.now().timestamp() - 5

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


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
