"""The web process of one node: its threads, its doors, its health. Pages and sync are added by wsgi.py."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, jsonify

from gateway import health, jobs
from gateway.bell import Bell
from gateway.desk import Desk, Drain
from gateway.node import Node
from gateway.rules import PUBLIC, rule
from gateway.watch import Watch

_log = logging.getLogger("barrio.app")


@dataclass
class Running:
    """The threads of a web process."""

    desk: Desk
    drain: Drain
    bell: Bell | None
    inline: Inline | None
    watch: Watch


class Inline(threading.Thread):
    """`queue.url = "none"`: the worker lives in the web process. The bell is an event, the sweep its time-out."""

    def __init__(self, node: Node) -> None:
        super().__init__(name="inline worker", daemon=True)
        self._node, self._rung, self._ended = node, threading.Event(), False

    def ring(self) -> None:
        self._rung.set()

    def stop(self) -> None:
        self._ended = True
        self._rung.set()

    def run(self) -> None:
        from gateway.worker import Chores
        chores = Chores(self._node)
        while not self._ended:
            self._rung.wait(self._node.config.queue.sweep_seconds)
            self._rung.clear()
            if self._ended:
                return
            try:
                jobs.work(self._node)
                chores.tick()
            except Exception as fault:
                _log.error("work was interrupted: %s", type(fault).__name__)
                threading.Event().wait(1.0)


def start(node: Node) -> Running:
    """Start the threads that take texts in for this node."""
    bell = Bell(node.config) if node.config.queue_url else None
    inline = None if bell else Inline(node)
    ring = bell.ring if bell else inline.ring if inline else lambda: None
    desk = Desk(node, ring)
    running = Running(desk, Drain(node, desk.spool, ring), bell, inline, Watch(node))
    for thread in (running.drain, running.watch, bell, inline):
        if thread is not None:
            thread.start()
    desk.start()
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
