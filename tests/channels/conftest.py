"""What the tests of phones share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from gateway.journal.rebuilding import rebuild
from gateway.node import Node
from tests.channels.handset import PASSWORD, SECTION
from tests.channels.town import Town
from tests.conftest import Clock


@pytest.fixture
def where(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("postgres_url")) if getattr(request, "param", "") == "postgresql" else "sqlite:///barrio.db"


@pytest.fixture
def more() -> str:
    return ""


@pytest.fixture
def town(make_node: Callable[..., Node], clock: Clock, where: str, more: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Whatever a test did, the journal folds to the tables that stand."""
    monkeypatch.setenv("BARRIO_ANDROID_PASSWORD", PASSWORD)
    made = Town(make_node(database_url=where, extra=SECTION + more), clock)
    yield made
    rebuild(made.node.database, verify=True)
