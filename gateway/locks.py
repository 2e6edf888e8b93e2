"""File locks, which die with their holder, kill -9 included: one web process and one worker a data directory, one writer at a time."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from gateway.errors import Problem


def hold(directory: Path, what: str, *, patience: float = 5.0) -> int:
    """Take the lock, waiting a little for a predecessor that is just dying; the handle is inherited by children."""
    try:
        handle = take(directory / f"{what}.lock", time.monotonic() + patience)
    except OSError as fault:
        raise Problem("data.not_writable", path=directory, reason=fault.strerror) from None
    if handle is None:
        raise Problem("data.in_use", what=what, path=directory)
    os.set_inheritable(handle, True)
    return handle


@contextlib.contextmanager
def alone(directory: Path, *whats: str) -> Iterator[None]:
    """While none of these processes works on the directory, and none may start."""
    handles: list[int] = []
    try:
        for what in whats:
            handles.append(hold(directory, what, patience=1.0))
        yield
    finally:
        for handle in handles:
            os.close(handle)


def take(path: Path, deadline: float) -> int | None:
    """Open the file and wait for its lock until then, in monotonic time; None when it was not free, OSError when it will not open."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    pause = 0.0002
    while not take_now(handle):
        if time.monotonic() > deadline:
            os.close(handle)
            return None
        time.sleep(pause)
        pause = min(pause * 2, 0.01)
    return handle


def take_now(handle: int) -> bool:
    """Take the lock of an open file, if nobody holds it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def die_with_parent() -> None:
    """Called in a new process: it ends with the one that started it, be that killed -9 (Linux: PR_SET_PDEATHSIG)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
