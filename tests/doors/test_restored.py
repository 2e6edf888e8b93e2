"""A node that was put back from a backup does not tell residents again what it told since: it asks the provider first."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.decisions import planning
from gateway.journal.tables import Need, table
from gateway.machine import jobs
from gateway.node import open_node
from offline_sync import backup as backups
from tests.doors.counter import Counter, Ear
from tests.patience import until

NEED = table(Need)


def verified(counter: Counter) -> None:
    """A planner verifies the need, and its resident is told once it has stood a while."""
    with counter.node.database.reading() as c:
        need = c.execute(select(NEED)).mappings().one()
    planning.change_status(counter.node, need["id"], "verified", note="", by="ana", after=need["status_entry"])
    counter.clock.on(hours=1)
    jobs.work(counter.node)


@pytest.mark.parametrize(("label", "days", "told"), [
    ("soon after it was put back", 0, 2), ("long after, when it is news of its own", 3, 3)])
def test_what_was_told_since_the_backup_is_not_told_again(
        counter: Counter, ear: Ear, tmp_path: Path, label: str, days: int, told: int) -> None:
    counter.text()
    jobs.work(counter.node)
    backups.backup(counter.node, tmp_path / "b")
    verified(counter)
    assert len(counter.arrived()) == 2, "the answer and the news"
    until(lambda: len(ear.heard) >= 4, "the callbacks never came")  # a late one would open the file that gives way
    counter.node.database.engine.dispose()
    backups.restore(counter.node.config, tmp_path / "b", counter.clock())
    counter.node = ear.node = open_node(counter.node.config, now=counter.clock)
    counter.clock.on(days=days)
    verified(counter)
    assert len(counter.arrived()) == told, label
    assert {row["state"] for row in counter.replies()} <= {"sent", "delivered"}
    assert all(row["provider_id"] for row in counter.replies())
