"""Ask the provider what it delivered while we were deaf, and take in what we never got; for ever, with an overlap.

A webhook is lost after one time-out and one fallback, so this is the only promise that a text arrives.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from gateway import intake
from gateway.channels import CHANNELS
from gateway.channels.values import Inbound
from gateway.errors import Problem
from gateway.node import Node

BATCH = 200
_log = logging.getLogger("barrio.reconcile")


@dataclass(frozen=True, slots=True)
class Reconciled:
    channel: str
    listed: int
    recovered: int


def reconcile(node: Node, since: timedelta, *, pause: Callable[[float], None] | None = None) -> list[Reconciled]:
    """Compare each channel's own list with what we hold. Repeated rows and pages are harmless: the UNIQUE key decides."""
    results = []
    for name, there in CHANNELS.items():
        if not hasattr(there, "history"):
            continue
        try:
            known = there.settings(node.config)
        except Problem:
            continue  # not configured here
        listed = recovered = 0
        rows = there.history(known, node.now() - since, **({"pause": pause} if pause else {}))
        for batch in _batches(rows):
            with node.database.writing() as c:
                recovered += intake.receive(c, node, batch)
            listed += len(batch)
        if recovered:
            _log.warning("%s: %d of %d texts had never reached us", name, recovered, listed)
        results.append(Reconciled(name, listed, recovered))
    return results


def _batches(rows: Iterable[Inbound]) -> Iterator[list[Inbound]]:
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        yield batch
