"""/channels/<name>/inbound and /status: check, hand in, and only then say yes. By POST, unless the channel says otherwise.

An ASGI application of its own: hundreds of texts wait for their commit in one event loop, where as many threads would fight
the desk for the interpreter; and a door that only machines use needs no routing, sessions or contexts of a web framework.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from typing import TYPE_CHECKING, Any

from gateway.channels import CHANNELS, channel, values
from gateway.doors.desk import Desk
from gateway.errors import Problem
from gateway.node import Node
from gateway.sending import handing, statuses

if TYPE_CHECKING:
    from a2wsgi.asgi_typing import HTTPScope, Receive, Send

MOST_BYTES = 64 * 1024
SLOWEST_BODY = 15.0  # seconds; who announces a body and keeps it back must not keep a connection for ever
OVERHEAR_EVERY = 20.0  # seconds: a phone that brings many texts says each time how it is
DOOR = re.compile(r"/channels/([A-Za-z0-9_-]{1,40})/(inbound|status)\Z")
TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
STATUS_OF = {"channel.unknown": 404, "channel.unsigned": 403, "channel.foreign_account": 403, "channel.foreign_phone": 403,
             "channel.stranger": 403, "channel.stale": 403,
             "channel.malformed": 400, "channel.too_long": 413, "channel.unconfigured": 403, "channel.weak_secret": 403,
             "intake.spool_failed": 503, "database.away": 503}
_log = logging.getLogger("barrio.webhook")


class Doors:
    """The doors of one node; `verify` of each channel is their access rule."""

    def __init__(self, node: Node, desk: Desk) -> None:
        self._node, self._desk = node, desk
        self._settings: dict[str, Any] = {}
        self._overhear_at: dict[str, float] = {}

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        door = DOOR.match(scope["path"])
        if door is None:
            await _answer(send, 404, b"no such door\n")
        elif scope["method"] != (method := getattr(CHANNELS.get(door[1]), "METHOD", "POST")):
            await _answer(send, 405, f"{method} only\n".encode())
        else:
            await self._enter(door[1], door[2], scope, receive, send)

    async def _enter(self, name: str, what: str, scope: HTTPScope, receive: Receive, send: Send) -> None:
        try:
            there = channel(name)
            known = self._settings.get(name)
            if known is None:
                known = self._settings[name] = there.settings(self._node.config)
            request = await self._request(scope, receive, getattr(there, "MOST_BYTES", MOST_BYTES))
            long = len(request.body) > MOST_BYTES  # and would keep the texts of others waiting
            params = await asyncio.to_thread(there.verify, request, known) if long else there.verify(request, known)
            if getattr(there, "FETCHED", False):
                events = await self._serve_phone(there, params, request)
            elif what == "inbound":
                await self._desk.take_in(there.read(params, request))
            else:
                await asyncio.to_thread(statuses.apply, self._node, there.read_status(params))
        except Problem as fault:
            code = STATUS_OF.get(fault.code, 500)
            if name in CHANNELS:
                _log.warning("%s %s: %d %s", name, what, code, fault.what)
            else:  # whatever was called so may be a phone number: it is not repeated
                _log.warning("%d unknown channel", code)
            await _answer(send, code, fault.code.encode() + b"\n")
        else:
            if getattr(there, "FETCHED", False):
                await _answer(send, 200, there.answer(events), there.KIND)
            elif hasattr(there, "answer"):
                await _answer(send, 200, there.answer(params))
            else:
                await _answer(send, 200, TWIML, b"text/xml; charset=utf-8")

    async def _serve_phone(self, there: Any, params: Any, request: values.Request) -> list[dict[str, Any]]:
        """A phone says everything at one door; how it is, is noted beside a text and never holds it up."""
        if not there.is_text(params):
            return await asyncio.to_thread(handing.answer, self._node, params)
        await self._desk.take_in(there.read(params, request))
        if time.monotonic() >= self._overhear_at.get(params["phone"], 0.0):
            self._overhear_at[params["phone"]] = time.monotonic() + OVERHEAR_EVERY
            asyncio.get_running_loop().run_in_executor(None, handing.overhear, self._node, params)
        return []

    async def _request(self, scope: HTTPScope, receive: Receive, most: int) -> values.Request:
        headers = _Headers(scope["headers"])
        length = headers.get("content-length", "0" if scope["method"] == "GET" else "")
        if len(scope["query_string"]) > MOST_BYTES:
            raise Problem("channel.too_long", most=MOST_BYTES)
        if not (length.isascii() and length.isdecimal()):
            raise Problem("channel.malformed", reason="its length is not said")
        if int(length) > most:
            raise Problem("channel.too_long", most=most)
        try:
            async with asyncio.timeout(SLOWEST_BODY):
                body = await _body(receive, most)
        except TimeoutError:
            raise Problem("channel.malformed", reason="its body did not come") from None
        if len(body) != int(length):
            raise Problem("channel.malformed", reason="the caller went away")
        query = scope["query_string"]
        url = self._node.config.web.public_url + scope["path"] + (f"?{query.decode('latin-1')}" if query else "")
        return values.Request(url, headers.get("content-type", ""), headers, body, self._node.now(), (scope.get("client") or ("",))[0])


class _Headers:
    """A request's headers, read by name; the few that are asked for are not worth a dict.

    One that comes twice is read as the list HTTP says it is, so that no two of us can see different ones.
    """

    def __init__(self, pairs: Any) -> None:
        self._pairs = pairs

    def get(self, name: str, default: str, /) -> str:
        wanted = name.lower().encode()
        found = [value for key, value in self._pairs if key == wanted]
        return b", ".join(found).decode("latin-1") if found else default


async def _body(receive: Receive, most: int) -> bytes:
    parts, size, more = [], 0, True
    while more and size <= most:
        message: Any = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
    return b"".join(parts)


async def _answer(send: Any, code: int, body: bytes, kind: bytes = b"text/plain; charset=utf-8") -> None:
    head = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": code, "headers": head})
    await send({"type": "http.response.body", "body": body})
