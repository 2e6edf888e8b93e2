"""Letting canaries out and in: one an hour by each channel that was asked for, by day and night, counted in the caps as a status.

None leaves while everything is stopped, or where the caps have no room for one; then none is missed either. Nor to a number that said
stop, for it may be somebody's by now, or that is not written to: that is a canary lost, which a person sees.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, update

from gateway.channels import CHANNELS, fetched
from gateway.channels.values import Failed, Inbound
from gateway.errors import Problem
from gateway.governing import governor
from gateway.journal import wishes
from gateway.journal.canonical import derived_id, iso
from gateway.journal.rows import find, insert_new
from gateway.journal.tables import Canary, table
from gateway.node import Node
from gateway.phone import is_phone, normalise
from gateway.trouble import canaries
from gateway.words.segments import measure

CANARY = table(Canary)
_log = logging.getLogger("barrio.canary")


def send_due(node: Node) -> int:
    """Let out the canaries whose hour has come; how many left."""
    rules, now, out = node.config.canary, node.now(), 0
    for name in rules.channels:
        if name in fetched(node.config):
            continue  # phones come for replies, and a canary is none
        try:
            there = CHANNELS[name]
            known = there.settings(node.config)
            to = normalise(rules.to or node.config.number_of(name))
        except (KeyError, Problem):
            continue  # `barrio check` says so
        if not to:
            continue
        canary = derived_id("canary", node.origin.writer, name, str(int(now.timestamp() // (60 * rules.every_minutes))))
        text = canaries.words(node.vault, canary)
        if (counted := _claim(node, canary, name, to, measure(text).segments, now)) is None:
            continue
        try:
            outcome = there.send(known, to, text, canary)
            failed = outcome.reason if isinstance(outcome, Failed) else None
        except Exception as fault:  # it may have left all the same
            _log.warning("the canary of %s broke: %s", name, type(fault).__name__)
            failed = None
        with node.database.writing() as c:
            if failed is not None:
                governor.give_back(c, {counted: measure(text).segments})
            # it may be back before its sender knows that it left
            c.execute(update(CANARY).where(CANARY.c.id == canary, CANARY.c.state == "going").values(
                state="out" if failed is None else "failed", reason=(failed or "")[:80]))
        out += failed is None
    return out


def _claim(node: Node, canary: str, channel: str, to: str, segments: int, now: datetime) -> governor.Keys | None:
    """Write it down and count it, once, if it may leave; where its segments were counted."""
    with node.database.reading() as c:  # nearly always: no write turn for what is there
        if governor.stopped(c) is not None or find(c, CANARY, "id", [canary]):
            return None
    with node.database.writing() as c:
        if governor.stopped(c) is not None:  # pressed since
            return None
        sender = node.vault.sender(to)
        barred = "opted_out" if wishes.no_texts(c, [sender]) else "" if governor.is_served(node, to) or not is_phone(to) else "not_served"
        purse = governor.Purse(c, node, now)
        if not barred and not purse.takes({"kind": governor.CANARY, "segments": segments}):
            return None
        if not insert_new(c, CANARY, [{"id": canary, "channel": channel, "sent_at": iso(now), "segments": segments,
                                       "state": "failed" if barred else "going", "reason": barred, "back_at": None, "road": ""}], "id"):
            return None
        purse.close()
        c.execute(delete(CANARY).where(CANARY.c.sent_at < iso(now - canaries.KEPT)))
        return None if barred else purse.keys


def take_out(c: Connection, node: Node, fresh: Sequence[tuple[Inbound, str, str]]) -> list[tuple[Inbound, str, str]]:
    """The texts that are of people: canaries among them are noted as back, once, and go no further."""
    people = []
    for heard in fresh:
        inbound = heard[0]
        canary = canaries.named_in(node.vault, inbound.text)
        if canary is None:
            people.append(heard)
            continue
        c.execute(update(CANARY).where(CANARY.c.id == canary, CANARY.c.channel == inbound.channel, CANARY.c.back_at.is_(None)).values(
            state="back", back_at=iso(node.now()), road=inbound.road))
    return people
