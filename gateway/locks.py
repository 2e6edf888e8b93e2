"""One web process and one worker a data directory: a file lock that dies with its holder, kill -9 included."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import time
from pathlib import Path

from gateway.errors import Problem


def hold(directory: Path, what: str, *, patience: float = 5.0) -> int:
    """Take the lock, waiting a little for a predecessor that is just dying; the handle is inherited by children."""
    path = directory / f"{what}.lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise Problem("data.not_writable", path=directory, reason=fault.strerror) from None
    os.set_inheritable(handle, True)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(handle)
                raise Problem("data.in_use", what=what, path=directory) from None
            time.sleep(0.05)


def die_with_parent() -> None:
    """Called in a new process: it ends with the one that started it, be that killed -9 (Linux: PR_SET_PDEATHSIG)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
