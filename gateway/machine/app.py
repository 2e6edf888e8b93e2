"""The web process of one node: its threads, its doors, its health. Pages and sync are added by wsgi.py."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, jsonify

from gateway.doors.desk import Desk, Drain
from gateway.machine import health
from gateway.machine.bell import Bell
from gateway.machine.watch import Watch
from gateway.machine.worker import Sweeper
from gateway.node import Node
from gateway.rules import PUBLIC, rule


@dataclass
class Running:
    """The threads of a web process."""

    desk: Desk
    drain: Drain
    bell: Bell | None
    watch: Watch


def start(node: Node) -> Running:
    """Start the threads that take texts in for this node; with `queue.url = "none"` also the one that works."""
    bell = Bell(node.config) if node.config.queue_url else None
    worker = bell or Sweeper(node)
    desk = Desk(node, worker.ring)
    running = Running(desk, Drain(node, desk.spool, worker.ring), bell, Watch(node))
    for thread in (running.drain, running.watch, worker):
        thread.start()
    desk.start()
    if node.database.doubt is None:
        node.warm_up()
    return running


async def live(running: Running, receive: Any, send: Any) -> None:
    """ASGI lifespan: when the server ends, what waits is committed first."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            running.drain.stop()
            running.watch.stop()
            await asyncio.to_thread(running.desk.stop)
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "lifespan.startup.complete"})


def vitals(node: Node, running: Running) -> Flask:
    """/health for whoever watches the box, /metrics for Prometheus."""
    app = Flask("gateway", static_folder=None)

    @app.get("/health")
    @rule(PUBLIC)
    def healthy() -> tuple[Response, int]:
        faults = health.faults(node, running.desk)
        return jsonify({"ok": not faults, "reasons": faults, "notes": health.notes(running.bell)}), 503 if faults else 200

    @app.get("/metrics")
    @rule(PUBLIC)
    def metrics() -> Response:
        return Response(health.metrics(node), mimetype="text/plain; version=0.0.4")

    return app
