"""What changes in the database while we run: places are imported, names learned, or it comes back that was away at the start."""

from __future__ import annotations

import logging
import threading

from gateway.errors import Problem
from gateway.journal.database import is_away
from gateway.node import Node

EVERY_SECONDS = 5.0
AWAY_SECONDS = 1.0
_log = logging.getLogger("barrio.watch")


class Watch(threading.Thread):
    """Asks the database what stands of the city, and lets the node read it again when that changed; one in doubt is proven first."""

    def __init__(self, node: Node, every: float = EVERY_SECONDS) -> None:
        super().__init__(name="city watch", daemon=True)
        self._node, self._every = node, every
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(self._every if self._node.database.doubt is None else AWAY_SECONDS):
            try:
                if self._node.database.doubt is not None:
                    self._prove()
                elif self._node.renew():
                    _log.info("%d places are known now", len(self._node.places))
            except Exception as fault:
                if not is_away(fault):
                    _log.error("what was imported could not be read: %s", type(fault).__name__)

    def _prove(self) -> None:
        before = self._node.database.doubt
        try:
            self._node.prove()
            _log.info("the database is there")
        except Problem as fault:
            if fault.what != before:  # said once, not every second
                _log.error("%s", fault)

    def stop(self) -> None:
        self._ended.set()
