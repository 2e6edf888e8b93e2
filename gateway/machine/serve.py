"""The web server: granian, one process on SQLite (several writers would starve each other), more on PostgreSQL."""

from __future__ import annotations

import os
import socket

from gateway import locks
from gateway.config import Config, config_path
from gateway.errors import Problem
from gateway.machine import lean, speaking
from gateway.node import approach, check_writable


def serve(config: Config) -> None:
    """Serve until told to stop. Everything that can be wrong is found before the port is taken."""
    speaking.start()
    node = approach(config)
    check_writable(node)
    node.database.engine.dispose()
    if config.is_sqlite:  # before the port: whoever starts a second one here must not be told to choose another port
        locks.hold(config.data, "web")
    check_port(config.web.host, config.web.port)
    os.register_at_fork(after_in_child=locks.die_with_parent)  # granian's worker: alone it would serve on, unwatched, on this port
    os.environ["BARRIO_CONFIG"] = str(config_path(None).resolve())
    if os.environ.get(lean.INSIDE):
        lean.become_server("gateway.wsgi:make", config.web.host, config.web.port)
    lean.granian("gateway.wsgi:make", config.web.host, config.web.port, processes=1 if config.is_sqlite else config.web.processes).serve()


def check_port(host: str, port: int) -> None:
    """Say that a port is taken before anything is started that would need it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise Problem("port.in_use", bind=f"{host}:{port}") from None
