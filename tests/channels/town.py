"""A node in this process, its phones, and the residents; the phones' requests go the way of the door, without HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from gateway.channels import android
from gateway.channels.values import Request
from gateway.doors import intake
from gateway.governing import handsets
from gateway.journal.tables import Reply, table
from gateway.node import Node
from gateway.sending import handing, outbox
from tests.channels.handset import FORM, OFFICE, PASSWORD, ROOF, Handset
from tests.conftest import Clock

REPLY = table(Reply)
PHONE, OTHER = "+59170000001", "+59170000002"
URL = "http://127.0.0.1:8000/channels/android/inbound"
BOTH = pytest.mark.parametrize("where", ["sqlite", "postgresql"], indirect=True)


@dataclass
class Town:
    node: Node
    clock: Clock
    phones: dict[str, Handset] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = android.settings(self.node.config)
        for name, number in (("office", OFFICE), ("roof", ROOF)):
            self.phones[name] = Handset(URL, self.wire, self.ms, number)
        self.phone = self.phones["office"]

    def ms(self) -> int:
        return int(self.clock().timestamp() * 1000)

    def wire(self, url: str, kind: str, signature: str, body: bytes) -> bytes:
        request = Request(url, kind, {"X-Request-Signature": signature}, body, self.clock())
        params = android.verify(request, self.known)
        if android.is_text(params):
            with self.node.database.writing() as c:
                intake.receive(c, self.node, [android.read(params, request)])
            return android.answer([])
        return android.answer(handing.answer(self.node, params))

    def text(self, words: str = "AGUA S1604 sin agua", number: str = PHONE, by: str = "office") -> None:
        self.clock.on(seconds=1)
        self.phones[by].get(number, words, self.ms() - 500)
        self.phones[by].forward()

    def turn(self, by: str = "office", **span: float) -> None:
        """The phone asks, sends, and says so; the worker does what is for it to do."""
        self.clock.on(**(span or {"seconds": 60}))
        self.phones[by].ask()
        self.phones[by].transmit()
        self.work()

    def work(self) -> None:
        while outbox.send_due(self.node):
            pass

    def states(self) -> list[tuple[str, str, str | None]]:
        with self.node.database.reading() as c:
            rows = c.execute(select(REPLY.c.kind, REPLY.c.state, REPLY.c.reason).order_by(REPLY.c.queued_at, REPLY.c.id)).all()
        return [(kind, state, reason) for kind, state, reason in rows]

    def air(self, number: str = PHONE) -> int:
        return sum(count for phone in self.phones.values() for (to, _), count in phone.air.items() if to == number)

    def standing(self) -> dict[str, handsets.Handset]:
        with self.node.database.reading() as c:
            return {phone.name: phone for phone in handsets.standing(c)}

    def waiting(self) -> int:
        with self.node.database.reading() as c:
            return len(c.execute(select(outbox.TASK.c.subject).where(outbox.TASK.c.kind == "send")).all())


def signed(fields: dict[str, str]) -> tuple[str, str, str, bytes]:
    """What a wire carries, for `Town.wire`."""
    return URL, FORM, android.signature(URL, fields, PASSWORD), urlencode(fields).encode()
