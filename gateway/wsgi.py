"""What the web server runs, and the only file that knows all rooms; nobody imports it.

Behind one address: the doors for machines, which stay lean, the vital signs, and the pages for people with their sessions,
languages and headers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

import dashboards
from dashboards import access
from gateway import app, config, node
from gateway.webhook import Doors

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def make() -> WSGIApplication:
    """One node, its doors and its pages, from the configuration that BARRIO_CONFIG names."""
    opened = node.open_node(config.load())
    running = app.start(opened)
    doors, vitals = Doors(opened, running.desk), app.vitals(opened, running)
    pages = Flask("dashboards", static_folder=None)
    dashboards.register(pages, opened)
    access.insist(pages)
    access.insist(vitals)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/channels/"):
            return doors(environ, start_response)
        return (vitals if path in ("/health", "/metrics") else pages)(environ, start_response)

    return application
