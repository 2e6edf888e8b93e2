"""What the web server runs, and the only file that knows all rooms; nobody imports it.

Behind one address: the doors for machines, lean and asynchronous; the vital signs, and the pages for people with their
sessions, languages and headers, which are WSGI and run in threads.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from a2wsgi import WSGIMiddleware
from flask import Flask

import dashboards
from dashboards import access
from gateway import config, node
from gateway.doors.webhook import Doors
from gateway.machine import app, speaking
from gateway.machine.lean import INSIDE
from offline_sync import door, meeting, status
from offline_sync.exchange import ADDRESS
from offline_sync.identity import open_identity

if TYPE_CHECKING:
    from a2wsgi.asgi_typing import ASGIApp


def make() -> ASGIApp:
    """One node, its doors and its pages, from the configuration that BARRIO_CONFIG names."""
    speaking.start()
    opened = node.approach(config.load())
    running = app.start(opened)
    doors, vitals = Doors(opened, running.desk), app.vitals(opened, running)
    sync = door.app(opened)
    if os.environ.get(INSIDE):
        meeting.Meeting(opened).start()
    for machines in (vitals, sync):
        access.insist(machines)
    in_doubt = opened.database.doubt is not None
    people, for_watchers, for_nodes = _pages(opened), _threaded(vitals, 2), _threaded(sync, 2)
    for_people, keeper = _threaded(people, opened.config.web.threads), None if in_doubt else dashboards.keep_ready(people)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        nonlocal for_people, in_doubt, keeper
        if scope["type"] == "lifespan":
            await app.live(running, receive, send)
            if keeper is not None:
                keeper.stop()
        elif scope["path"].startswith("/channels/"):
            await doors(scope, receive, send)
        else:
            async def received() -> Any:  # a2wsgi asks from its thread for a coroutine; granian's receive is another awaitable
                return await receive()

            if in_doubt and opened.database.doubt is None:  # it is back: the pages, too, know now what was imported
                in_doubt = False
                people = await asyncio.to_thread(_pages, opened)
                for_people, keeper = _threaded(people, opened.config.web.threads), dashboards.keep_ready(people)
            there = {"/health": for_watchers, "/metrics": for_watchers, ADDRESS: for_nodes}.get(scope["path"], for_people)
            await there(scope, received, send)

    return application


def _pages(opened: node.Node) -> Flask:
    pages = Flask("dashboards", static_folder=None)
    dashboards.register(pages, opened, lambda: status.look(opened, open_identity(opened.config.data)))
    access.insist(pages)
    return pages


def _threaded(flask: Any, threads: int) -> ASGIApp:
    return WSGIMiddleware(flask, workers=threads)
