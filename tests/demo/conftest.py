"""A stand-in for Barrio's webhook and a double that texts it, both over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from gateway.demo.provider import ProviderDouble
from tests.demo.demo_hub import ACCOUNT, Call, Hub


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub, app = Hub(), Flask("hub")

    @app.post("/channels/twilio/<way>")
    def take(way: str) -> Response:
        hub.calls.append(Call(request.full_path.rstrip("?"), request.form.to_dict(), dict(request.headers)))
        status, body, seconds = hub.script.pop(0) if hub.script else (200, "<Response/>", 0)
        hub.closing.wait(seconds)
        elsewhere = {"Location": hub.status_url} if status == 302 else {}
        return Response(body, status, elsewhere, mimetype="text/xml")

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    hub.url = f"http://127.0.0.1:{server.port}"
    yield hub
    hub.closing.set()
    server.shutdown()
    serving.join()


@pytest.fixture
def double(hub: Hub) -> Iterator[ProviderDouble]:
    with ProviderDouble(ACCOUNT, hub.inbound_url, pace=0.01) as double:
        yield double
