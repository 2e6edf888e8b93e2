"""Processes that must run: started together, restarted when they die, stopped together. It imports as little as it needs."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway import locks
from gateway.machine.forking import Forked, fork

CALM = 10.0  # a process that ran this long may be restarted at once
LONGEST_PAUSE = 15.0
GRACE = 12.0
_log = logging.getLogger("barrio.supervisor")


@dataclass
class Kept:
    """One process that must run."""

    name: str
    command: list[str]
    work: Callable[[], int] | None = None  # done by a copy of this process, where there is one
    process: subprocess.Popen[bytes] | Forked | None = None
    started: float = 0.0
    failures: int = 0
    not_before: float = 0.0


@dataclass
class Supervisor:
    """Keeps its processes running until `stop`; `environment` is what they get beside ours."""

    environment: Mapping[str, str] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    own: tuple[int, ...] = ()  # handles that a copy of this process must not keep

    def keep(self, name: str, *command: str, work: Callable[[], int] | None = None) -> None:
        self.kept.append(Kept(name, list(command), work))

    def run(self) -> None:
        """Watch until stopped."""
        try:
            while not self.ended.is_set():
                for one in self.kept:
                    self._watch(one)
                self.ended.wait(0.2)
        finally:
            self.end()

    def stop(self) -> None:
        self.ended.set()

    def end(self) -> None:
        """End one process after the other, the first started last: the broker outlives those who talk to it."""
        deadline = time.monotonic() + GRACE
        for one in reversed(self.kept):
            if one.process is None or one.process.poll() is not None:
                continue
            one.process.send_signal(signal.SIGTERM)
            try:
                one.process.wait(max(0.5, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                one.process.kill()
                one.process.wait()

    def _watch(self, one: Kept) -> None:
        now = time.monotonic()
        if one.process is not None and one.process.poll() is None:
            return
        if one.process is not None:
            one.failures = 0 if now - one.started > CALM else one.failures + 1
            one.not_before = now + min(LONGEST_PAUSE, 0.2 * 2 ** one.failures)
            _log.error("%s ended with %s; again in %.1f s", one.name, one.process.returncode, one.not_before - now)
            one.process = None
        if now >= one.not_before:
            one.started = now
            if one.work is not None:
                one.process = fork(one.work, self.environment, close=self.own)
                return
            # its own group: Ctrl-C reaches the supervisor alone, which then stops them in order
            one.process = subprocess.Popen(one.command, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL,
                                           start_new_session=True, preexec_fn=locks.die_with_parent)

    def heed(self) -> None:
        """Stop when told to."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop())
