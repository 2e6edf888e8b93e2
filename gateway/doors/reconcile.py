"""Ask the provider what it delivered while we were deaf, and take in what we never got; for ever, with an overlap.

A webhook is lost after one time-out and one fallback, so this is the only promise that a text arrives.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from gateway.channels import CHANNELS
from gateway.channels.values import Inbound
from gateway.decisions import erasing
from gateway.doors import intake
from gateway.errors import Problem
from gateway.journal.tables import Delivery, table
from gateway.node import Node

BATCH = 200
DELIVERY = table(Delivery)
_log = logging.getLogger("barrio.reconcile")


@dataclass(frozen=True, slots=True)
class Reconciled:
    channel: str
    listed: int
    recovered: int


def reconcile(node: Node, since: timedelta, *, pause: Callable[[float], None] | None = None) -> list[Reconciled]:
    """Compare each channel's own list with what we hold. Repeated rows and pages are harmless: the UNIQUE key decides.

    When a list breaks off, what it showed is taken in all the same, and then the Problem is raised.
    """
    results: list[Reconciled] = []
    away: Problem | None = None
    for name, there in CHANNELS.items():
        if not hasattr(there, "history"):
            continue
        try:
            known = there.settings(node.config)
        except Problem:
            continue  # not configured here
        rows: dict[str, Inbound] = {}
        try:
            for inbound in there.history(known, node.now() - since, **({"pause": pause} if pause else {})):
                rows.setdefault(inbound.provider_id, inbound)
        except Problem as fault:
            away = fault
        # oldest first, as they would have come: an answer must not be read before the text it belongs to
        in_order = sorted(reversed(rows.values()), key=lambda inbound: inbound.received_at)
        recovered = sum(_take_in(node, in_order[start:start + BATCH]) for start in range(0, len(in_order), BATCH))
        if recovered:
            _log.warning("%s: %d of %d texts had never reached us", name, recovered, len(rows))
        results.append(Reconciled(name, len(rows), recovered))
    if away is not None:
        raise away
    return results


def _take_in(node: Node, batch: Sequence[Inbound]) -> int:
    """How many of these were new. Mostly none is: then nobody has to wait for a write turn."""
    with node.database.reading() as c:
        held = set(c.execute(select(DELIVERY.c.provider_id).where(
            DELIVERY.c.channel == batch[0].channel, DELIVERY.c.account == batch[0].account,
            DELIVERY.c.provider_id.in_([inbound.provider_id for inbound in batch]))).scalars())
        missing = erasing.still_wanted(c, node, [inbound for inbound in batch if inbound.provider_id not in held])
    if not missing:
        return 0
    with node.database.writing() as c:
        return intake.receive(c, node, missing)
