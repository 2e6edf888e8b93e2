"""The bell: "there is work". One RQ job that says no more than that; the truth about what is due is in SQL.

Rung from a thread of its own after the commit, so that a broker that is down or hung costs no text anything.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from typing import Any

from gateway.config import Config

QUEUE = "work"
JOB = "gateway.machine.jobs.drain"
PATIENCE = 0.25  # seconds a dead or hung broker may take
_log = logging.getLogger("barrio.bell")


def connection(config: Config, *, patience: float | None = PATIENCE) -> Any:
    """A Redis connection with short time-outs and no retries; None patience is for the worker's blocking wait."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry
    url = config.queue_url
    assert url is not None
    return Redis.from_url(url, socket_timeout=patience, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0))


class Rung(threading.Thread, ABC):
    """Acts when it is rung, and unrung every so many seconds. `ring()` returns at once; rings that come while it acts are one."""

    def __init__(self, name: str, every: float | None = None) -> None:
        super().__init__(name=name, daemon=True)
        self._every, self._rung, self._ended = every, threading.Event(), False

    def ring(self) -> None:
        self._rung.set()

    def stop(self) -> None:
        self._ended = True
        self._rung.set()

    def run(self) -> None:
        while True:
            self._rung.wait(self._every)
            self._rung.clear()
            if self._ended:
                return
            self.act()

    @abstractmethod
    def act(self) -> None:
        """What is to be done when it rang."""


class Bell(Rung):
    """Rings the worker through the broker; `broken` says why it cannot."""

    def __init__(self, config: Config) -> None:
        super().__init__("bell")
        self._config, self._redis = config, None
        self.broken: str | None = None

    def run(self) -> None:
        from rq import Queue  # noqa: F401  half a second of imports, before the first text and not during it
        super().run()

    def act(self) -> None:
        try:
            self._redis = self._redis or connection(self._config)
            enqueue(self._redis)
            self.broken = None
        except Exception as fault:
            self._redis = None
            if self.broken is None:
                _log.warning("the broker does not answer (%s); the sweeper will find the work", type(fault).__name__)
            self.broken = type(fault).__name__
            threading.Event().wait(0.2)  # a dead broker is not asked a thousand times a second


def enqueue(redis: Any) -> bool:
    """Ring once: a second ring while the first waits changes nothing."""
    from rq import Queue
    from rq.exceptions import DuplicateJobError
    from rq.serializers import JSONSerializer
    try:
        Queue(QUEUE, connection=redis, serializer=JSONSerializer).enqueue(
            JOB, job_id="work", unique=True, result_ttl=0, failure_ttl=0, job_timeout=300)
    except DuplicateJobError:
        return False
    return True
