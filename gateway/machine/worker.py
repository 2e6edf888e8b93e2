"""The worker process: answers the bell through RQ, and sweeps SQL for what the bell missed, broker or no broker."""

from __future__ import annotations

import logging
import signal
import time
from datetime import timedelta
from typing import Any

from gateway.decisions import forgetting
from gateway.doors.reconcile import reconcile
from gateway.errors import Problem
from gateway.feedback import accompanying, alerting
from gateway.journal import counting
from gateway.machine import bell, jobs
from gateway.needs import escalating
from gateway.node import Node
from gateway.sending.restored import waits_for
from gateway.trouble import lookout, sounding

PROMISES_EVERY, ROADS_EVERY, FORGET_EVERY = 60.0, 60.0, 3600.0
BROKER_STARTS = 20.0  # so long after our start it may come up yet, which is no trouble
BROKER_PAUSE = SWEEP_PAUSE = DATABASE_PAUSE = 1.0
LOOK_SECONDS = 5.0
_log = logging.getLogger("barrio.worker")


class Chores:
    """What is done by the clock. Asked often; does each thing when its time has come."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._next_reconcile = time.monotonic() + min(5.0, node.config.reconcile.every_seconds)
        self._next_look = time.monotonic() + LOOK_SECONDS
        self._next_promises = time.monotonic()
        self._next_forgetting = time.monotonic() + 60.0
        self._roads, self._next_roads = lookout.Lookout(node), time.monotonic() + 30.0

    def tick(self) -> None:
        if time.monotonic() >= self._next_look:  # lessons that were taken back, or came late from another node
            self._next_look = time.monotonic() + LOOK_SECONDS
            self._node.renew()
            if told := alerting.look_aside(self._node):
                _log.warning("%d emergenc(ies) could not be classified, and the duty officer was told all the same", told)
            counting.count_marked(self._node.database)
        if time.monotonic() >= self._next_promises:
            self._next_promises = time.monotonic() + PROMISES_EVERY
            escalating.look(self._node)
        if time.monotonic() >= self._next_roads:
            self._next_roads = time.monotonic() + ROADS_EVERY
            sounding.send_due(self._node)
            accompanying.look(self._node)
            if opened := self._roads.look():
                _log.warning("%d incident(s) on the roads, see /planner/incidents", opened)
        if time.monotonic() >= self._next_forgetting:
            self._next_forgetting = time.monotonic() + FORGET_EVERY
            if erased := forgetting.forget_due(self._node):
                _log.info("the words of %d restricted report(s) were erased", erased)
        if time.monotonic() < self._next_reconcile:
            return
        self._next_reconcile = time.monotonic() + self._node.config.reconcile.every_seconds
        with self._node.database.reading() as c:
            awaited = waits_for(c, self._node.now())
        if awaited:
            _log.info("reconcile waits until %s synced, since this hub was restored", ", ".join(awaited))
            return
        try:
            reconcile(self._node, timedelta(hours=self._node.config.reconcile.overlap_hours))
        except Problem as fault:
            _log.warning("reconcile: %s", fault.what)


class Sweeper(bell.Rung):
    """Does what is due every few seconds, whether or not anybody rang; where there is no broker it is the bell as well."""

    def __init__(self, node: Node) -> None:
        super().__init__("sweeper", node.config.queue.sweep_seconds)
        self._node, self._chores = node, Chores(node)

    def act(self) -> None:
        try:
            jobs.work(self._node)
            self._chores.tick()
        except Exception as fault:
            _log.error("sweep interrupted: %s", type(fault).__name__)
            time.sleep(SWEEP_PAUSE)  # whoever rings all the while must not make it try a thousand times a second


def run(node: Node) -> None:
    """Work until told to stop. A broker that goes away is waited for; the sweeper goes on meanwhile."""
    _wait_for_database(node)
    jobs.serve(node)
    node.warm_up()
    sweeper = Sweeper(node)
    sweeper.start()
    try:
        if node.config.queue_url is None:
            sweeper.join()
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        began = time.monotonic()
        while True:
            listening, why = None, "lost in the middle of a job"
            try:
                jobs.work(node)  # what lay about while nobody worked
                listening = _rq_worker(node)
                listening.work(with_scheduler=False, logging_level="WARNING")
            except (SystemExit, KeyboardInterrupt):
                return
            except Exception as fault:
                why = type(fault).__name__
            if listening is not None and listening.asked_to_stop:  # though its broker may have ended before it could say goodbye
                return
            for number, handler in handlers.items():  # RQ's would speak to a worker that is no more
                signal.signal(number, handler)
            starting = time.monotonic() - began < BROKER_STARTS
            _log.log(logging.DEBUG if starting else logging.WARNING, "the broker is away (%s); sweeping every %d s", why,
                     node.config.queue.sweep_seconds)
            time.sleep(BROKER_PAUSE)
    finally:
        sweeper.stop()


def _wait_for_database(node: Node) -> None:
    """It was away when we started: wait until it is there and passes every check; what fails one is a Problem, as at the start."""
    while node.database.doubt is not None:
        time.sleep(DATABASE_PAUSE)
        try:
            node.prove()
            _log.info("the database is there")
        except Problem as fault:
            if fault.permanent:
                raise


def _rq_worker(node: Node) -> Any:
    """One queue, jobs in this process: the words and places are loaded once, not once a job."""
    from rq import Queue, SimpleWorker
    from rq.serializers import JSONSerializer

    class Listening(SimpleWorker):
        """RQ comes back from `work` without a word when a signal says so, and when a broker goes away in the middle of a job."""

        asked_to_stop = False

        def handle_warm_shutdown_request(self) -> None:
            self.asked_to_stop = True
            super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]

    redis = bell.connection(node.config, patience=None)
    redis.ping()
    # short times: RQ cleans its registries only between dequeues, and an idle dequeue blocks worker_ttl - 15 s
    return Listening([Queue(bell.QUEUE, connection=redis, serializer=JSONSerializer)], connection=redis,
                     serializer=JSONSerializer, worker_ttl=30, job_monitoring_interval=5, maintenance_interval=10)
