"""Short words for the queue as a browser uses it."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from gateway.decisions import planning
from gateway.journal.canonical import derived_id
from gateway.journal.tables import Message, Need, table
from gateway.node import Node
from tests.dashboards.planting import PASSWORD, Seed, need_id, sign_in, token

MESSAGE, NEED = table(Message), table(Need)
WATER = need_id("S1604", "WAT01")


def shown(client: FlaskClient, query: str = "") -> list[str]:
    """The lines of the queue as their boxes name them."""
    page = client.get(f"/queue/?lang=en{query}").text
    return [unescape(value) for value in re.findall(r'name="item" value="([^"]+)"', page)]


def act(client: FlaskClient, do: str, items: list[str], **more: str) -> str:
    answer = client.post("/queue/?lang=en", data={"do": do, "item": items, "csrf_token": token(client), **more})
    assert answer.status_code == 303, answer.text
    return client.get(f"/queue/?lang=en{'&' + urlsplit(answer.location).query if urlsplit(answer.location).query else ''}").text


def settled(node: Node, message: str) -> str | None:
    with node.database.reading() as c:
        return c.execute(select(MESSAGE.c.settled).where(MESSAGE.c.id == message)).scalar_one()  # type: ignore[no-any-return]


def status(node: Node, need: str = WATER) -> tuple[object, ...]:
    with node.database.reading() as c:
        return tuple(c.execute(select(NEED.c.status, NEED.c.status_at, NEED.c.contested).where(NEED.c.id == need)).one())


def message_of(seed: Seed) -> str:
    return derived_id("message", str(seed.count))


def officer(app: Flask, node: Node, *areas: str) -> FlaskClient:
    planning.enrol(node, "luz", "officer", areas, PASSWORD)
    client = app.test_client()
    assert sign_in(client, "luz").status_code == 303
    return client


def undo(client: FlaskClient) -> str:
    assert client.post("/queue/undo?lang=en", data={"csrf_token": token(client)}).status_code == 303
    return client.get("/queue/?lang=en").text


def entry_of(node: Node, need: str) -> str:
    with node.database.reading() as c:
        return str(c.execute(select(NEED.c.status_entry).where(NEED.c.id == need)).scalar_one() or "")
