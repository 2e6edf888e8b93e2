"""POST /channels/<name>/inbound and /status: check, hand in, and only then say yes.

A bare WSGI application: of the time a text costs here, a web framework's routing, contexts and sessions would be a quarter,
and a door that only machines use needs none of them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import EnvironHeaders

from gateway import statuses
from gateway.channels import CHANNELS, channel, values
from gateway.desk import Desk
from gateway.errors import Problem
from gateway.node import Node

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MOST_BYTES = 64 * 1024
DOOR = re.compile(r"/channels/([A-Za-z0-9_-]{1,40})/(inbound|status)\Z")
TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
YES = [("Content-Type", "text/xml; charset=utf-8"), ("Content-Length", str(len(TWIML)))]
STATUS_OF = {"channel.unknown": 404, "channel.unsigned": 403, "channel.foreign_account": 403, "channel.malformed": 400,
             "channel.too_long": 413, "channel.unconfigured": 403, "intake.spool_failed": 503, "database.away": 503}
_log = logging.getLogger("barrio.webhook")


class Doors:
    """The doors of one node; `verify` of each channel is their access rule."""

    def __init__(self, node: Node, desk: Desk) -> None:
        self._node, self._desk = node, desk
        self._settings: dict[str, Any] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        door = DOOR.match(environ.get("PATH_INFO", ""))
        if door is None:
            return _answer(start_response, 404, "no such door")
        if environ["REQUEST_METHOD"] != "POST":
            return _answer(start_response, 405, "POST only")
        name, what = door.groups()
        try:
            self._enter(name, what, environ)
        except Problem as fault:
            code = STATUS_OF.get(fault.code, 500)
            _log.warning("%s: %d %s", f"{name} {what}" if name in CHANNELS else "unknown channel", code, fault.what)
            return _answer(start_response, code, fault.code)
        start_response("200 OK", YES)
        return (TWIML,)

    def _enter(self, name: str, what: str, environ: WSGIEnvironment) -> None:
        there = channel(name)
        known = self._settings.get(name)
        if known is None:
            known = self._settings[name] = there.settings(self._node.config)
        request = self._request(environ)
        params = there.verify(request, known)
        if what == "inbound":
            self._desk.hand_in(there.read(params, request))
        else:
            statuses.apply(self._node, there.read_status(params))

    def _request(self, environ: WSGIEnvironment) -> values.Request:
        length = environ.get("CONTENT_LENGTH") or ""
        if not length.isdecimal():
            raise Problem("channel.malformed", reason="its length is not said")
        if int(length) > MOST_BYTES:
            raise Problem("channel.too_long", most=MOST_BYTES)
        query = environ.get("QUERY_STRING")
        url = self._node.config.web.public_url + environ["PATH_INFO"] + (f"?{query}" if query else "")
        return values.Request(url, environ.get("CONTENT_TYPE") or "", EnvironHeaders(environ),
                              environ["wsgi.input"].read(int(length)), self._node.now())


def _answer(start_response: StartResponse, code: int, words: str) -> Iterable[bytes]:
    body = f"{words}\n".encode()
    start_response(f"{code} {HTTPStatus(code).phrase}", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
    return (body,)
