"""`barrio text`: a resident at this machine's keyboard. The text takes the same road as any other."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator

from sqlalchemy import select

from gateway.channels import console, values
from gateway.config import Config
from gateway.doors import intake
from gateway.journal.tables import Message, Reply, table
from gateway.machine import jobs
from gateway.node import open_node

PATIENCE = 10.0
REPLY, MESSAGE = table(Reply), table(Message)


def converse(config: Config, number: str, text: str) -> Iterator[str]:
    """Take in one text and yield the replies to it."""
    node = open_node(config)
    known = console.settings(config)
    body = json.dumps({"id": secrets.token_hex(16), "from": number, "text": text}).encode()
    request = values.Request("console:", "application/json", {"X-Barrio-Signature": console.signature(body, known.key)}, body, node.now())
    inbound = console.read(console.verify(request, known), request)
    with node.database.writing() as c:
        intake.receive(c, node, [inbound])
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        jobs.work(node)
        with node.database.reading() as c:
            rows = c.execute(select(REPLY.c.text, REPLY.c.state, REPLY.c.reason).join(MESSAGE, MESSAGE.c.id == REPLY.c.message)
                             .where(MESSAGE.c.provider_id == inbound.provider_id, MESSAGE.c.channel == console.NAME)).all()
        if all(state not in ("queued", "uncertain") for _, state, _ in rows):
            yield from (f"{reply}" if state in ("sent", "delivered") else f"(not sent: {reason})" for reply, state, reason in rows)
            return
        time.sleep(0.1)
