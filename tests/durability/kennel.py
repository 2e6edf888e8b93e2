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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType

import pytest

from tests.durability.box import Box
from tests.patience import LONG, until

# one step of eight in every run, a seed says which; all of them is a campaign
AT_STEPS = pytest.mark.parametrize("every", [8, pytest.param(1, marks=[pytest.mark.campaign, pytest.mark.timeout(3600)])])
START_SHARE = 0.25  # of the kills, those that come while the server is starting
MOST_HEARD = 12  # acknowledgements in one life, or a few more
LONGEST_PAUSE = 0.04  # seconds from the last of them to the kill


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
        self._process.wait(LONG)
        self._listener.join(LONG)

    def doors(self, *options: str, ready: bool = True) -> int:
        """Fork a server; its process id, once it listens."""
        pid = self._fork("doors", *options)
        if ready:
            self.wait_ready(pid)
        return pid

    def wait_ready(self, pid: int) -> None:
        until(lambda: pid in self._ready, lambda: f"{pid} does not listen: {self.log()}")

    def kill(self, pid: int) -> None:
        """SIGKILL to the process group, and wait until the kernel has buried it."""
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:  # killed before it had its own group
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + LONG
        while _lives(pid):
            assert time.monotonic() < deadline, f"{pid} does not die"
            time.sleep(0.001)

    def work(self, *options: str) -> Ended:
        """Fork a worker and wait for its end, its own or by a planted crash."""
        return self.wait_for([self._fork("work", *options)])[0]

    def start_work(self, *options: str) -> int:
        return self._fork("work", *options)

    def wait_for(self, pids: list[int]) -> list[Ended]:
        until(lambda: not any(map(_lives, pids)), "a worker does not end", seconds=2 * LONG)  # eight of them share two cores
        self._tell("here")  # what comes after the last words of the dead
        assert self._next() is None
        return [Ended(pid, self._done.get(pid)) for pid in pids]

    def _fork(self, *words: str) -> int:
        self._tell(*words)
        pid = self._next()
        assert pid is not None
        return pid

    def _tell(self, *words: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{' '.join(words)}\n".encode())
        self._process.stdin.flush()

    def _next(self) -> int | None:
        try:
            return self._forked.get(timeout=LONG)
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
                    self._forked.put(None if what in ("warm", "here") else int(what))

    def log(self) -> str:
        """What the processes said that went wrong, the end of it."""
        return (self._box.directory.parent / "zygote.log").read_text("utf-8", "replace")[-2000:]


def kill_again_and_again(kennel: Kennel, kills: int, rng: random.Random, heard: Callable[[], int], *options: str,
                         most: int = MOST_HEARD, enough: Callable[[], bool] = lambda: True) -> int:
    """Servers started and killed at random moments, while others text them: so many, and on until it was enough; how many it were.

    A life is measured in what was `heard` from it, not in seconds: on a busy machine nothing may happen for many of those.
    """
    for killed in count():
        if killed >= kills and enough():
            return killed
        pid = kennel.doors(*options, ready=False)
        if rng.random() < START_SHARE:
            time.sleep(rng.uniform(0, 0.1))
        else:
            kennel.wait_ready(pid)
            wanted = heard() + rng.randrange(most)
            until(lambda: heard() >= wanted, "nobody is acknowledged", pause=0.001)  # noqa: B023
            time.sleep(rng.uniform(0, LONGEST_PAUSE))
        kennel.kill(pid)
    raise AssertionError("nobody counts further")


def steps_to_kill(every: int, rng: random.Random) -> Iterator[int]:
    """One step out of each `every`, without end.

    >>> list(islice(steps_to_kill(1, rng), 4))
    [1, 2, 3, 4]
    """
    return (first + rng.randrange(every) for first in count(1, every))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
