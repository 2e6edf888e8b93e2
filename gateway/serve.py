"""The web server: granian, one process with threads on SQLite (several writers would starve each other), more on PostgreSQL."""

from __future__ import annotations

import os
import socket
from typing import Any

from gateway import locks, speaking
from gateway.config import Config, config_path
from gateway.errors import Problem
from gateway.node import open_node


def serve(config: Config) -> None:
    """Serve until told to stop. Everything that can be wrong is found before the port is taken."""
    speaking.start()
    open_node(config).database.engine.dispose()
    check_port(config)
    if config.is_sqlite:
        locks.hold(config.data, "web")
    os.environ["BARRIO_CONFIG"] = str(config_path(None).resolve())
    granian("gateway.wsgi:make", config.web.host, config.web.port, threads=config.web.threads,
            processes=1 if config.is_sqlite else config.web.processes).serve()


def granian(target: str, host: str, port: int, *, threads: int, processes: int = 1) -> Any:
    """The server, set for one thread a waiting text: a door waits for its commit and costs nothing meanwhile."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels
    return Granian(target, factory=True, address=host, port=port, interface=Interfaces.WSGI, workers=processes, blocking_threads=threads,
                   backlog=1024, respawn_failed_workers=True, log_access=False, log_level=LogLevels.error, workers_kill_timeout=10)


def check_port(config: Config) -> None:
    family = socket.AF_INET6 if ":" in config.web.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.web.host, config.web.port))
        except OSError:
            raise Problem("port.in_use", bind=config.web.bind) from None
