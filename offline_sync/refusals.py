"""The last batches that were refused, and why: in a file beside the database, since a refused batch changes not a byte of that."""

from __future__ import annotations

import json
from contextlib import suppress

from gateway.errors import Problem
from gateway.journal.canonical import iso
from gateway.machine.neighbours import Refusal
from gateway.node import Node

FILE = "refused.jsonl"
MOST = 20


def note(node: Node, fault: Problem) -> None:
    """Remember a refusal; where that cannot be written, it was at least said."""
    line = {"at": iso(node.now()), "source": str(fault.facts.get("source", ""))[:80], "reason": str(fault.facts.get("reason", ""))[:300]}
    path = node.config.data / FILE
    with suppress(OSError):
        before = path.read_text("utf-8").splitlines() if path.exists() else []
        new = path.with_name(f".{FILE}.new")
        new.write_text("\n".join([*before[-MOST + 1:], json.dumps(line, ensure_ascii=False)]) + "\n", "utf-8")
        new.replace(path)


def noted(node: Node) -> list[Refusal]:
    """The last ones, the newest first."""
    try:
        lines = (node.config.data / FILE).read_text("utf-8").splitlines()
        return [Refusal(**json.loads(line)) for line in reversed(lines)]
    except (OSError, ValueError, TypeError):
        return []
