"""A real node on SQLite in a temporary directory, seeded through the journal, and the app in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from planting import NOW, Seed, app_of, found_node

from gateway.node import Node

MakeNode = Callable[..., Node]


@pytest.fixture
def make_node(tmp_path: Path) -> Iterator[MakeNode]:
    """make_node(now=..., config_text=...) -> Node, founded as `barrio init` founds one."""
    opened: list[Node] = []

    def make(*, now: datetime = NOW, config_text: str = "", city: str = "la-paz") -> Node:
        node = found_node(tmp_path / f"node{len(opened)}", now=now, config_text=config_text, city=city)
        opened.append(node)
        return node

    yield make
    for node in opened:
        node.database.engine.dispose()


@pytest.fixture
def node(make_node: MakeNode) -> Node:
    return make_node()


@pytest.fixture
def seed(node: Node) -> Seed:
    return Seed(node)


@pytest.fixture
def app(node: Node) -> Flask:
    return app_of(node)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()

