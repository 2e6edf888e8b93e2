"""The desk between the doors and the journal: texts that come at the same time share one transaction and one fsync.

A door hands in an SMS and waits until it is on disk. One thread drains what waits into one commit. When the database is
away, the texts go sealed into the spool, an fsynced file, and the doors still get their yes; when that fails too, they
get a Problem and the provider keeps the text.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence

from gateway.channels.values import Inbound
from gateway.doors import intake
from gateway.doors.spool import Spool
from gateway.errors import Problem
from gateway.journal.database import fault_in_words, is_away
from gateway.node import Node

MOST_AT_ONCE = 256
LINGER = 0.004  # seconds a group waits for texts that came with the one before it; a lone text never waits
PATIENCE = 14.0  # seconds a door waits at most: Twilio gives up at 15
HUNG_AFTER = 8.0  # seconds a door waits for the desk; a database that is away says so sooner, one that hangs never does
RETRY_AFTER = 1.0  # how long the database is left alone once it was away; texts go to the spool meanwhile
_log = logging.getLogger("barrio.desk")


class _Waiting:
    """An SMS whose door waits, in an event loop."""

    __slots__ = ("done", "fault", "inbound", "loop")

    def __init__(self, inbound: Inbound, loop: asyncio.AbstractEventLoop) -> None:
        self.inbound, self.loop = inbound, loop
        self.fault: Problem | None = None
        self.done: asyncio.Future[None] = loop.create_future()


class Desk:
    def __init__(self, node: Node, bell: Callable[[], None] = lambda: None, *, fsync: bool = True) -> None:
        self._node, self._bell = node, bell
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="desk", daemon=True)
        self._away_until = 0.0
        self.away: str | None = None
        self.spool = Spool(node, fsync=fsync)

    def start(self) -> Desk:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._queue.put(None)
        self._thread.join(PATIENCE)

    async def take_in(self, inbound: Inbound) -> None:
        """Return once the SMS is on disk, in the journal or in the spool; a Problem when it is in neither."""
        waiting = _Waiting(inbound, asyncio.get_running_loop())
        self._queue.put(waiting)
        try:
            async with asyncio.timeout(HUNG_AFTER):
                await waiting.done
        except TimeoutError:
            await self._go_round(inbound)
            return
        if waiting.fault is not None:
            raise waiting.fault

    async def _go_round(self, inbound: Inbound) -> None:
        """The database hangs, and the desk with it: the door spools by itself. Should the commit come after all, the key tells."""
        self.away = f"no answer in {HUNG_AFTER:.0f} s"
        try:
            async with asyncio.timeout(PATIENCE - HUNG_AFTER):
                await asyncio.to_thread(self.spool.keep, [inbound])
        except TimeoutError:
            raise Problem("intake.spool_failed", permanent=False, reason="no answer in time") from None
        except OSError as fault:
            raise Problem("intake.spool_failed", permanent=False, reason=fault.strerror or "disk") from None

    def _work(self) -> None:
        usual = 1
        while (first := self._queue.get()) is not None:
            group = self._gather(first, usual)
            usual = len(group)
            self._take(group)

    def _gather(self, first: _Waiting, usual: int) -> list[_Waiting]:
        """What waits now, and for a moment longer what usually comes with it: a commit costs milliseconds, whatever its size."""
        group, until = [first], time.monotonic() + LINGER
        while len(group) < MOST_AT_ONCE:
            try:
                following = self._queue.get(block=len(group) < usual, timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if following is None:
                self._queue.put(None)
                break
            group.append(following)
        return group

    def _take(self, group: list[_Waiting]) -> None:
        if time.monotonic() < self._away_until:
            self._put_aside(group)
            return
        try:
            self._commit([w.inbound for w in group])
        except Exception as fault:
            if is_away(fault):
                self._away_until, self.away = time.monotonic() + RETRY_AFTER, fault_in_words(fault)
                _log.error("database away, spooling: %s", self.away)
                self._put_aside(group)
            elif len(group) > 1:  # one text that the database refuses must not take the others with it
                for waiting in group:
                    self._take([waiting])
            else:
                _log.error("an SMS could not be taken in (%s), spooled for a person", type(fault).__name__)
                self._put_aside(group)
            return
        self.away = None
        _release(group)

    def _commit(self, inbounds: Sequence[Inbound]) -> None:
        with self._node.database.writing() as c:
            fresh = intake.receive(c, self._node, inbounds)
        if fresh:
            self._bell()

    def _put_aside(self, group: list[_Waiting]) -> None:
        try:
            self.spool.keep([w.inbound for w in group])
        except OSError as fault:
            for waiting in group:
                waiting.fault = Problem("intake.spool_failed", permanent=False, reason=fault.strerror or "disk")
        _release(group)


def _release(group: Sequence[_Waiting]) -> None:
    """Wake every door of the group with one call for each event loop."""
    loops = {waiting.loop for waiting in group}
    for loop in loops:
        mine = [w for w in group if w.loop is loop]
        try:
            loop.call_soon_threadsafe(_wake, mine)
        except RuntimeError:  # the loop was closed: its doors are gone
            _log.warning("%d door(s) were gone before their answer", len(mine))


def _wake(group: Sequence[_Waiting]) -> None:
    for waiting in group:
        if not waiting.done.done():  # its door may have given up
            waiting.done.set_result(None)


class Drain(threading.Thread):
    """Brings the spool into the journal as soon as the database is back."""

    def __init__(self, node: Node, spool: Spool, bell: Callable[[], None], every: float = 1.0) -> None:
        super().__init__(name="spool drain", daemon=True)
        self._node, self._spool, self._bell, self._every = node, spool, bell, every
        self._stop_asked = threading.Event()

    def run(self) -> None:
        while not self._stop_asked.wait(self._every):
            try:
                if self._spool.drain():
                    self._bell()
            except Exception as fault:
                if not is_away(fault):
                    _log.error("the spool could not be drained: %s", type(fault).__name__)

    def stop(self) -> None:
        self._stop_asked.set()
