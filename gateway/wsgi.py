"""What the web server runs, and the only file that knows all rooms; nobody imports it.

Behind one address: the doors for machines, lean and asynchronous; the vital signs, and the pages for people with their
sessions, languages and headers, which are WSGI and run in threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from a2wsgi import WSGIMiddleware
from flask import Flask

import dashboards
from dashboards import access
from gateway import app, config, node, speaking
from gateway.webhook import Doors

if TYPE_CHECKING:
    from a2wsgi.asgi_typing import ASGIApp


def make() -> ASGIApp:
    """One node, its doors and its pages, from the configuration that BARRIO_CONFIG names."""
    speaking.start()
    opened = node.open_node(config.load())
    running = app.start(opened)
    doors, vitals = Doors(opened, running.desk), app.vitals(opened, running)
    pages = Flask("dashboards", static_folder=None)
    dashboards.register(pages, opened)
    access.insist(pages)
    access.insist(vitals)
    threads = opened.config.web.threads
    for_people, for_watchers = _threaded(pages, threads), _threaded(vitals, 2)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await app.live(running, receive, send)
        elif scope["path"].startswith("/channels/"):
            await doors(scope, receive, send)
        else:
            async def received() -> Any:  # a2wsgi asks from its thread for a coroutine; granian's receive is another awaitable
                return await receive()

            await (for_watchers if scope["path"] in ("/health", "/metrics") else for_people)(scope, received, send)

    return application


def _threaded(flask: Any, threads: int) -> ASGIApp:
    return WSGIMiddleware(flask, workers=threads)
