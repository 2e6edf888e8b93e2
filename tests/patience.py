"""How long a test waits for what must come, and ports nobody else takes meanwhile: the result may not depend on how busy the machine is."""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable
from pathlib import Path

LONG = 180.0  # seconds: what comes is not waited for any longer than it takes, and what does not come is a fault anyway
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_given: set[int] = set()


def until(holds: Callable[[], object], words: str | Callable[[], str], *, seconds: float = LONG,
          hopeless: Callable[[], bool] = lambda: False, pause: float = 0.01) -> float:
    """Wait until it holds and say how long it took; AssertionError with `words` when it never does, or is hopeless.

    >>> until(lambda: len(stored) == 3, "the worker never asked the provider")
    """
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds or hopeless():
            raise AssertionError(words if isinstance(words, str) else words())
        time.sleep(pause)
    return time.monotonic() - began


def free_port(following: int = 0) -> int:
    """A free port, with so many free ones after it, that neither another test nor an outgoing connection is given meanwhile.

    Each process of a run draws from ports of its own: who listens there first may come minutes after it was drawn.
    """
    lowest = int(_RANGE.read_text().split()[0]) if _RANGE.is_file() else 32768
    processes, this = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")), int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    share = (max(lowest, 20_000) - 10_000) // processes
    first = 10_000 + this * share
    while True:
        port = random.SystemRandom().randrange(first, first + share - following)
        ports = range(port, port + following + 1)
        if not _given.intersection(ports) and all(map(_is_free, ports)):
            _given.update(ports)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
