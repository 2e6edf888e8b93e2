"""A node in this process, its clock in our hand, and the provider's double behind the real client library."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask, Response, request
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from gateway.channels import twilio
from gateway.channels.values import Inbound, Request
from gateway.demo.phones import Message
from gateway.demo.provider import ProviderDouble
from gateway.doors import intake
from gateway.errors import Problem
from gateway.journal import tasks
from gateway.journal.tables import Entry, Reply, table
from gateway.node import Node
from gateway.sending import outbox, statuses
from tests.doors.house import ACCOUNT
from tests.patience import LONG
from tests.serving import Serving

REPLY, ENTRY = table(Reply), table(Entry)
PHONE = "+59170000001"


@dataclass
class Counter:
    """`text` a resident's words in, `work` the outbox, `clock` the time on; then look at both ends."""

    node: Node
    clock: Any
    double: ProviderDouble
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def text(self, words: str = "AGUA S1604 sin agua", number: str = PHONE) -> str:
        sid = f"SM{next(self.numbers):032x}"
        self.clock.on(seconds=1)
        with self.node.database.writing() as c:
            intake.receive(c, self.node, [Inbound("twilio", ACCOUNT.sid, sid, number, words, self.clock(), b"raw")])
        return sid

    def work(self) -> int:
        """Send what is due now, once."""
        return outbox.send_due(self.node)

    def wait(self, **span: float) -> None:
        """Let time pass; the worker looks for something to do every ten seconds, or sixty times in all."""
        whole = timedelta(**span)
        end, step = self.clock() + whole, max(10.0, whole.total_seconds() / 60)
        while self.clock() < end:
            self.clock.on(seconds=step)
            while self.work():
                pass

    def replies(self) -> list[dict[str, Any]]:
        with self.node.database.reading() as c:
            return [dict(row) for row in c.execute(select(REPLY).order_by(REPLY.c.queued_at, REPLY.c.id)).mappings()]

    def reply(self) -> dict[str, Any]:
        (only,) = self.replies()
        return only

    def states(self) -> list[tuple[str, str, str | None]]:
        return [(row["kind"], row["state"], row["reason"]) for row in self.replies()]

    def arrived(self, number: str = PHONE) -> list[Message]:
        """What the provider took for one phone: the count that must never be too high."""
        return self.double.replies_to(number)

    def entries(self, kind: str) -> int:
        with self.node.database.reading() as c:
            return len(c.execute(select(ENTRY.c.seq).where(ENTRY.c.kind == kind)).all())

    def quarantined(self) -> list[tasks.Quarantined]:
        with self.node.database.reading() as c:
            return tasks.quarantined(c)

    def waiting(self) -> int:
        """Sends that are still on the list, due or not."""
        with self.node.database.reading() as c:
            return len(c.execute(select(outbox.TASK.c.subject).where(outbox.TASK.c.kind == "send")).all())


def wait_long(monkeypatch: pytest.MonkeyPatch, seconds: float = LONG) -> None:
    """For the provider, as no worker would: what a busy machine is slow to answer is not in doubt."""
    genuine = twilio.settings
    monkeypatch.setattr(twilio, "settings", lambda config: replace(genuine(config), timeout=seconds))


class Ear(Serving):
    """The status door of a node, over HTTP, for the double's callbacks."""

    def __init__(self) -> None:
        self.node: Node | None = None
        self.heard: list[tuple[str, int]] = []
        app = Flask("ear", static_folder=None)

        @app.post("/channels/twilio/status")
        def status() -> Response:
            code = 200
            try:
                assert self.node is not None
                asked = Request(request.url, request.content_type or "", request.headers, request.get_data(), datetime.now().astimezone())
                statuses.apply(self.node, twilio.read_status(twilio.verify(asked, twilio.settings(self.node.config))))
            except Problem as fault:
                code = 503 if fault.code == "database.away" else 403
            self.heard.append((request.form["MessageStatus"], code))
            return Response("", code)

        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        server.daemon_threads = False  # type: ignore[attr-defined]  # so that whoever closes it waits for the callbacks it answers
        self.url = f"http://127.0.0.1:{server.port}"
        self.serve(server)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""
