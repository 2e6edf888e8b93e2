"""A process that begins as a copy of this one: what was loaded here, words, model and libraries, lies in memory once for all.

Its refcounts make a page private when it is touched, so what is shared is frozen first: the collector leaves it alone.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from gateway import locks


@dataclass
class Forked:
    """As much of a subprocess.Popen as whoever watches it needs."""

    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            with suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(0.02)
        return self.returncode or 0

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def fork(work: Callable[[], int], environment: Mapping[str, str], *, close: tuple[int, ...] = ()) -> Forked:
    """Begin a process that does this and ends with its result; `close` names handles that are the parent's alone."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Forked(pid)
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        os.setsid()  # its own group: Ctrl-C reaches the supervisor alone, which then stops them in order
        locks.die_with_parent()
        for handle in close:
            os.close(handle)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.environ.update(environment)
        code = work()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # as the interpreter would say it
        traceback.print_exc()
    finally:  # never back into the supervisor's own story
        _end(code)
    raise AssertionError("unreachable")


def _end(code: int) -> None:
    with suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]  # waits for its threads, as an interpreter that ends does
        atexit._run_exitfuncs()
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def load() -> None:
    """Load what the processes of a box have in common, and keep the collector's hands off it."""
    import granian  # noqa: F401
    import requests  # noqa: F401
    import rq  # noqa: F401

    from gateway.classification import disclosing
    from gateway.classification.meaning import shipped
    from gateway.machine import worker  # noqa: F401
    from parsers import load_vocabulary
    load_vocabulary()
    shipped()
    disclosing.shipped()
    gc.collect()
    gc.freeze()
