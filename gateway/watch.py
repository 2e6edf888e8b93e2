"""Places are imported and names are learned while texts come in: the running node takes them up within seconds."""

from __future__ import annotations

import logging
import threading

from gateway.journal.database import is_away
from gateway.node import Node

EVERY_SECONDS = 5.0
_log = logging.getLogger("barrio.watch")


class Watch(threading.Thread):
    """Asks the database what stands of the city, and lets the node read it again when that changed."""

    def __init__(self, node: Node, every: float = EVERY_SECONDS) -> None:
        super().__init__(name="city watch", daemon=True)
        self._node, self._every = node, every
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(self._every):
            try:
                if self._node.renew():
                    _log.info("%d places are known now", len(self._node.places))
            except Exception as fault:
                if not is_away(fault):
                    _log.error("what was imported could not be read: %s", type(fault).__name__)

    def stop(self) -> None:
        self._ended.set()
