"""Which processes one box runs, checked and then started."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from functools import partial

from gateway import locks
from gateway.config import Config, config_path
from gateway.machine import lean, speaking
from gateway.machine.forking import load
from gateway.machine.serve import check_port
from gateway.machine.watching import Supervisor
from gateway.node import approach, check_writable

_log = logging.getLogger("barrio.supervisor")


def processes(config: Config) -> dict[str, list[str]]:
    """What one box runs, as the Procfile lists it."""
    barrio = [sys.executable, "-m", "gateway"]
    running = {"broker": [*barrio, "broker"]} if config.queue.url == "embedded" else {}
    running["web"] = [*barrio, "web"]
    if config.queue_url is not None:
        running["worker"] = [*barrio, "worker"]
    if config.node.role == "field" and not meets_inside(config):
        running["sync"] = [*barrio, "sync", "run"]
    return running


def meets_inside(config: Config) -> bool:
    """Whether the one process of a small box meets the hub as well."""
    return config.node.role == "field" and config.queue_url is None and config.is_sqlite


def up(config: Config, run: Callable[[list[str]], int]) -> int:
    """`barrio up`. `run` is what a command line does: the processes are copies of this one, and share what it has loaded."""
    speaking.start()
    node = approach(config)  # every fault is said once, before anything starts
    check_writable(node)
    node.database.engine.dispose()
    own = locks.hold(config.data, "up", patience=1.0)
    for name in ("web", "worker", "broker", "sync"):
        handle = locks.hold(config.data, name, patience=1.0)
        os.close(handle)  # only looked at: the processes take theirs themselves
    check_port(config.web.host, config.web.port)  # after the locks: a second `up` here must not be told to choose another port
    running = processes(config)
    environment = {"BARRIO_CONFIG": str(config_path(None).resolve())} | ({lean.INSIDE: "1"} if meets_inside(config) else {})
    _log.info("%s runs at %s: %s", config.node.name, config.web.public_url, ", ".join(running))
    if len(running) == 1:  # nothing to share: what watches it is to weigh as little as it can
        lean.become_watcher(own, environment, running)
    load()
    supervisor = Supervisor(environment, own=(own,))
    for name, command in running.items():
        supervisor.keep(name, *command, work=None if name == "broker" else partial(run, command[3:]))
    supervisor.heed()
    supervisor.run()
    return 0
