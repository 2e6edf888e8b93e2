"""What the doors' tests share: a real server that nobody works behind, a provider's double, a node that the double calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from gateway.demo.provider import ProviderDouble
from gateway.doors.reconcile import Reconciled, reconcile
from gateway.journal.rebuilding import rebuild
from gateway.node import Node
from tests.doors.counter import Counter, Ear, wait_long
from tests.doors.house import ACCOUNT, House
from tests.doors.listing import Ask
from tests.patience import LONG


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A web process as `barrio web` starts it, without worker and broker: what it stores is what was let in."""
    made = House.found(tmp_path_factory.mktemp("house"))
    made.start("web")
    yield made
    made.stop()
    made.node.database.engine.dispose()


@pytest.fixture
def ear() -> Iterator[Ear]:
    with Ear() as ear:
        yield ear


@pytest.fixture
def double(ear: Ear, clock: Any) -> Iterator[ProviderDouble]:
    """The provider, in the time of the test; it calls back at once."""
    with ProviderDouble(ACCOUNT, f"{ear.url}/channels/twilio/inbound", pace=0.0, clock=clock) as double:
        yield double


@pytest.fixture
def where(request: pytest.FixtureRequest) -> str:
    """SQLite, unless a test asks for PostgreSQL as well (indirectly)."""
    return str(request.getfixturevalue("postgres_url")) if getattr(request, "param", "") == "postgresql" else "sqlite:///barrio.db"


@pytest.fixture
def counter(double: ProviderDouble, ear: Ear, clock: Any, where: str, make_node: Callable[..., Node],
            monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Counter]:
    """A node that sends through the double. Whatever a test did, the journal folds to the tables that stand.

    It waits for the provider for however long that takes; `patience(seconds)` marks a test that must run out of it, and still may not
    do so before the provider has heard: some seconds.
    """
    patience = request.node.get_closest_marker("patience")
    wait_long(monkeypatch, patience.args[0] if patience else LONG)
    monkeypatch.setenv("BARRIO_TWILIO_ACCOUNT_SID", ACCOUNT.sid)
    monkeypatch.setenv("BARRIO_TWILIO_AUTH_TOKEN", ACCOUNT.token)
    ear.node = make_node(public_url=ear.url, database_url=where, extra=f'\n[twilio]\napi_url = "{double.url}"\n')
    yield Counter(ear.node, clock, double)
    double.stop()  # no callback may come while the database is closed
    rebuild(ear.node.database, verify=True)


@pytest.fixture
def pauses() -> list[float]:
    """How long the provider was waited for; nobody really waits."""
    return []


@pytest.fixture
def ask(counter: Counter, pauses: list[float]) -> Ask:
    def now(**span: float) -> Reconciled:
        (result,) = reconcile(counter.node, timedelta(**(span or {"hours": 48})), pause=pauses.append)
        return result
    return now
