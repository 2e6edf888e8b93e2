"""What the embedded broker is told, and what it leaves on the disk."""

from __future__ import annotations

import pytest

from gateway.machine import broker
from gateway.node import Node


@pytest.mark.parametrize(("label", "size", "kept"), [("a short one goes on", 100, ["valkey.log"]),
                                                     ("a long one is put aside", broker.MOST_LOG + 1, ["valkey.log.1"])])
def test_the_log_of_the_broker_does_not_grow_for_ever(label: str, size: int, kept: list[str], node: Node) -> None:
    folder = node.config.data / "broker"
    for _ in range(3):
        broker.prepare(node.config)
        (folder / "valkey.log").write_bytes(b"x" * size)
    broker.prepare(node.config)
    assert sorted(path.name for path in folder.glob("valkey.log*")) == kept, label
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2 * broker.MOST_LOG


def test_the_broker_writes_down_what_is_wrong_and_no_more(node: Node) -> None:
    broker.prepare(node.config)
    assert "loglevel warning\n" in (node.config.data / "broker" / "valkey.conf").read_text()
