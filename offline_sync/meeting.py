"""A field node meets its hub, again and again, patiently: as a command of its own, or as a thread of the one process of a small box."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable

from gateway.errors import Problem
from gateway.journal.canonical import iso
from gateway.node import Node
from offline_sync import exchange, peers
from offline_sync.identity import Identity, open_identity

_log = logging.getLogger("barrio.sync")


def once(node: Node, identity: Identity, most: int = exchange.MOST_AT_ONCE) -> exchange.Met:
    """One meeting with the hub over the network; why it failed is kept for the status."""
    with node.database.reading() as c:
        hub, local = peers.book(c, node, identity).hub, peers.said(c)
    if hub is None:
        raise Problem("sync.not_joined")
    bar = (lambda words: print(f"\r{words}   ", end="", file=sys.stderr, flush=True)) if sys.stderr.isatty() else (lambda _: None)
    try:
        return exchange.meet(node, identity, exchange.over_http(node.config.sync.hub_url or local["hub_url"], hub.name), most=most, say=bar)
    except Problem as fault:
        with node.database.writing() as c:
            peers.remember(c, peers.peer(c, hub.name), trouble=f"{iso(node.now())[:16].replace('T', ' ')} {fault.what}"[:500])
        raise


def in_words(met: exchange.Met) -> str:
    return (f"{met.sent:,} entries sent, {met.came:,} came, {met.requests} request(s), {met.bytes:,} bytes: "
            + ("in step" if met.in_step else f"NOT in step: {met.why}"))


def keep_meeting(node: Node, identity: Identity, ended: threading.Event, say: Callable[[str], None]) -> None:
    """Until ended: calmly while all is well, ever more patiently while the line is bad."""
    patience = exchange.Patience(node.config.sync.every_seconds)
    while not ended.is_set():
        try:
            say(in_words(once(node, identity, patience.most)))
        except Problem as fault:
            print(fault, file=sys.stderr, flush=True)
            ended.wait(patience.well() if fault.code == "sync.not_joined" else patience.ill())
            continue
        ended.wait(patience.well())


class Meeting(threading.Thread):
    """The same beside the doors and the worker; whatever breaks is tried again, since nobody else would start it anew."""

    def __init__(self, node: Node) -> None:
        super().__init__(name="meeting", daemon=True)
        self._node, self.ended = node, threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                keep_meeting(self._node, open_identity(self._node.config.data), self.ended, _log.info)
            except Exception as fault:  # the database is away, the disk is full
                _log.warning("sync interrupted: %s", type(fault).__name__)
                self.ended.wait(30.0)
