"""Starting and killing servers and workers that are forks of one process which has paid all imports."""

from __future__ import annotations

import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.durability.box import Box, until

START_SHARE = 0.25  # of the kills, those that come while the server is starting
LONGEST_LIFE = 0.25


@dataclass(frozen=True, slots=True)
class Ended:
    """How one run of a worker ended: `steps` is None when it was killed on the way."""

    pid: int
    steps: int | None


class Kennel:
    """The zygote of one box.

    >>> with Kennel(box) as kennel:
    ...     kennel.kill(kennel.doors())
    """

    def __init__(self, box: Box) -> None:
        self._box = box
        self._forked: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._ready: set[int] = set()
        self._done: dict[int, int] = {}

    def __enter__(self) -> Kennel:
        with (self._box.directory.parent / "zygote.log").open("ab") as log:
            self._process = subprocess.Popen([sys.executable, str(Path(__file__).with_name("zygote.py"))], stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE, stderr=log, env=self._box.environment, start_new_session=True)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        assert self._next() is None
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._listener.join(10)

    def doors(self, *options: str, ready: bool = True) -> int:
        """Fork a server; its process id, once it listens."""
        pid = self._fork("doors", *options)
        if ready:
            self.wait_ready(pid)
        return pid

    def wait_ready(self, pid: int) -> None:
        until(lambda: pid in self._ready, 30, lambda: f"{pid} does not listen: {self.log()}")

    def kill(self, pid: int) -> None:
        """SIGKILL to the process group, and wait until the kernel has buried it."""
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:  # killed before it had its own group
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while _lives(pid):
            assert time.monotonic() < deadline, f"{pid} does not die"
            time.sleep(0.001)

    def work(self, *options: str, seconds: float = 60) -> Ended:
        """Fork a worker and wait for its end, its own or by a planted crash."""
        return self.wait_for([self._fork("work", *options)], seconds)[0]

    def start_work(self, *options: str) -> int:
        return self._fork("work", *options)

    def wait_for(self, pids: list[int], seconds: float = 60) -> list[Ended]:
        until(lambda: not any(map(_lives, pids)), seconds, "a worker does not end")
        time.sleep(0.01)  # its last word may still be on its way
        return [Ended(pid, self._done.get(pid)) for pid in pids]

    def _fork(self, *words: str) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{' '.join(words)}\n".encode())
        self._process.stdin.flush()
        pid = self._next()
        assert pid is not None
        return pid

    def _next(self) -> int | None:
        try:
            return self._forked.get(timeout=30)
        except queue.Empty:
            raise AssertionError(f"nothing was forked: {self.log()}") from None

    def _listen(self) -> None:
        """A child may have its say before its parent names it."""
        assert self._process.stdout is not None
        with self._process.stdout as heard:
            for line in heard:
                what, *numbers = line.decode().split()
                if what == "ready":
                    self._ready.add(int(numbers[0]))
                elif what == "done":
                    self._done[int(numbers[0])] = int(numbers[1])
                else:
                    self._forked.put(None if what == "warm" else int(what))

    def log(self) -> str:
        """What the processes said that went wrong, the end of it."""
        return (self._box.directory.parent / "zygote.log").read_text("utf-8", "replace")[-2000:]


def kill_again_and_again(kennel: Kennel, kills: int, rng: random.Random, *options: str, longest: float = LONGEST_LIFE) -> float:
    """Servers started and killed at random moments, while others text them; the seconds it took."""
    began = time.monotonic()
    for _ in range(kills):
        pid = kennel.doors(*options, ready=False)
        if rng.random() < START_SHARE:
            time.sleep(rng.uniform(0, 0.1))
        else:
            kennel.wait_ready(pid)
            time.sleep(rng.uniform(0, longest))
        kennel.kill(pid)
    return time.monotonic() - began


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
