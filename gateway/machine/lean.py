"""The two processes of a small box that only watch, without all that the third one needs: together a tenth of its memory.

    python -m gateway.machine.lean watch {"own": 5, "environment": {...}, "running": {"web": [...]}}
    python -m gateway.machine.lean serve gateway.wsgi:make 127.0.0.1 8000
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from gateway import locks
from gateway.machine import speaking
from gateway.machine.watching import Supervisor

INSIDE = "BARRIO_MEETS_INSIDE"  # said to the web process that works and meets the hub itself


def become_watcher(own: int, environment: Mapping[str, str], running: Mapping[str, Sequence[str]]) -> NoReturn:
    """Turn this process, which has checked everything, into one that keeps these running; `own` is its lock, which stays."""
    _become("watch", json.dumps({"own": own, "environment": environment, "running": running}))


def become_server(target: str, host: str, port: int) -> NoReturn:
    """Turn this process into the server's first one; its locks stay. Threads share two heaps."""
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    _become("serve", target, host, str(port))


def granian(target: str, host: str, port: int, *, threads: int = 0, processes: int = 1) -> Any:
    """The server: ASGI, or WSGI with this many threads."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels
    return Granian(target, factory=True, address=host, port=port, interface=Interfaces.WSGI if threads else Interfaces.ASGI,
                   workers=processes, blocking_threads=threads or None, backlog=1024, respawn_failed_workers=True, websockets=False,
                   log_access=False, log_level=LogLevels.error, workers_kill_timeout=10)


def main(words: Sequence[str]) -> None:
    speaking.start()
    if words[0] == "serve":
        os.register_at_fork(after_in_child=locks.die_with_parent)
        granian(words[1], words[2], int(words[3])).serve()
        return
    told = json.loads(words[1])
    os.set_inheritable(told["own"], False)
    supervisor = Supervisor(told["environment"])
    for name, command in told["running"].items():
        supervisor.keep(name, *command)
    supervisor.heed()
    supervisor.run()


def _become(*words: str) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", "gateway.machine.lean", *words])


if __name__ == "__main__":
    main(sys.argv[1:])
