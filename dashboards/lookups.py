"""How many references may be looked up from one connection: residents never notice, and who walks through them all must wait.

Behind one address may be a household with one phone or half a city: so a reference that was asked for from there before costs
nothing, and room comes back as fast as a city asks. What is spent up is told with the seconds until there is room again.

All web processes of a machine count together, in one small file, in which addresses and references stand as keyed digests. It needs
no database: who walks must not keep texts waiting. Should the file fail, everybody is let through.
"""

from __future__ import annotations

import fcntl
import hashlib
import ipaddress
import logging
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

AT_ONCE: Final = 100.0  # references that an address may look up without a pause
PER_MINUTE: Final = 6.0  # and then; 50,000 people who look once a month ask four times a minute by day
UNKNOWN: Final = 5.0  # what a reference costs that was never given out: a slip of the thumb fails at its last digit already
REMEMBERED: Final = timedelta(days=1)
ROWS, PROBES = 16_384, 4
_ROW = struct.Struct("<8sdd")  # whose, how much is spent, as of when
_log = logging.getLogger("barrio.lookups")


class Lookups:
    """`wait(address, reference, now)` says for how many seconds; `spend` what was looked up."""

    def __init__(self, folder: Path, key: str) -> None:
        self._path, self._key = folder / "lookups", hashlib.sha256(key.encode()).digest()
        self._lock = threading.Lock()

    def wait(self, address: str, reference: str, now: datetime) -> int:
        """0 when this may be looked up now."""
        try:
            with self._file() as file:
                if _find(file, self._digest(address, reference), ROWS, now) is not None:
                    return 0
                row = _find(file, self._digest(address), 0, now)
                over = _left(row[1], row[2], now) + 1 - AT_ONCE if row else 0.0
                return max(0, -int(-over * 60 // PER_MINUTE))
        except OSError as fault:
            _log.warning("looking up references is not counted: %s", fault.strerror)
            return 0

    def spend(self, address: str, reference: str, now: datetime, *, known: bool) -> None:
        """Count it, unless it was asked for from there within a day."""
        try:
            with self._file() as file:
                asked, whose = self._digest(address, reference), self._digest(address)
                if _find(file, asked, ROWS, now) is not None:
                    return
                _put(file, asked, ROWS, 1.0, now)
                row = _find(file, whose, 0, now)
                before = _left(row[1], row[2], now) if row else 0.0
                after = min(before + (1.0 if known else UNKNOWN), AT_ONCE + UNKNOWN)
                _put(file, whose, 0, after, now)
                if before < AT_ONCE * 0.9 <= after:
                    _log.warning("somebody looks up many references, one after the other: they are made to wait")
        except OSError:
            return

    def _digest(self, *said: str) -> bytes:
        return hashlib.blake2b("\x1f".join((network(said[0]), *said[1:])).encode(), key=self._key, digest_size=8).digest()

    @contextmanager
    def _file(self) -> Iterator[int]:
        """The counts, to this thread of this process alone."""
        with self._lock:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file
            finally:
                os.close(file)  # which lets go of it


def network(address: str) -> str:
    """Whose an address is: an IPv6 household has a /64 of them. `2001:db8::1` -> `2001:db8::/64`"""
    try:
        there = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(there, ipaddress.IPv6Address):
        if there.ipv4_mapped:
            return str(there.ipv4_mapped)
        return str(ipaddress.ip_network((there, 64), strict=False))
    return str(there)


def _left(spent: float, at: float, now: datetime) -> float:
    """What is still spent of it by now; a clock that went back gives nothing back and takes nothing."""
    return max(0.0, spent - max(0.0, now.timestamp() - at) * PER_MINUTE / 60)


def _rows(file: int, digest: bytes, first: int) -> Iterator[tuple[int, tuple[bytes, float, float]]]:
    """The few places in which a digest may stand."""
    for probe in range(PROBES):
        at = (first + (int.from_bytes(digest, "little") + probe) % ROWS) * _ROW.size
        raw = os.pread(file, _ROW.size, at)
        yield at, _ROW.unpack(raw.ljust(_ROW.size, b"\0"))


def _find(file: int, digest: bytes, first: int, now: datetime) -> tuple[bytes, float, float] | None:
    fresh = (now - REMEMBERED).timestamp()
    return next((row for _, row in _rows(file, digest, first) if row[0] == digest and row[2] > fresh), None)


def _put(file: int, digest: bytes, first: int, spent: float, now: datetime) -> None:
    """In its own place, else in the one that was touched longest ago."""
    there = list(_rows(file, digest, first))
    at = next((at for at, row in there if row[0] == digest), min(there, key=lambda place: place[1][2])[0])
    os.pwrite(file, _ROW.pack(digest, spent, now.timestamp()), at)
