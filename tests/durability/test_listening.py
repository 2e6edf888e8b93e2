"""The worker and its broker: it works on when the broker is lost, however RQ says so, and ends when it is told to."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NoBroker

from gateway.machine import worker
from gateway.node import Node
from tests.durability.conftest import MakeBox
from tests.patience import LONG, until


@dataclass
class Listening:
    """What RQ's worker does the next time it listens."""

    does: Callable[[], None]
    asked_to_stop: bool

    def work(self, **options: object) -> None:
        self.does()


def lost() -> None:
    raise NoBroker


def test_who_is_asked_to_stop_while_the_broker_ends_too_ends(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([Listening(lost, True)])
    monkeypatch.setattr(worker, "_rq_worker", lambda node: next(times))
    worker.run(node)
    assert next(times, None) is None


@pytest.mark.parametrize(("label", "does"), [
    ("the broker refuses the connection", lost), ("RQ comes back without a word, as when a job was cut off", lambda: None)])
def test_a_lost_broker_is_listened_for_again(node: Node, monkeypatch: pytest.MonkeyPatch, label: str, does: Callable[[], None]) -> None:
    times = iter([Listening(does, False), Listening(does, False), Listening(lambda: None, True)])
    monkeypatch.setattr(worker, "_rq_worker", lambda node: next(times))
    monkeypatch.setattr(worker, "BROKER_PAUSE", 0.0)
    worker.run(node)
    assert next(times, None) is None, label


@pytest.mark.parametrize(("label", "starts", "warned"), [("just after the start", 60.0, 0), ("later", 0.0, 2)])
def test_a_broker_that_is_not_up_yet_alarms_nobody(node: Node, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
                                                   label: str, starts: float, warned: int) -> None:
    times = iter([Listening(lost, False), Listening(lost, False), Listening(lambda: None, True)])
    monkeypatch.setattr(worker, "_rq_worker", lambda node: next(times))
    monkeypatch.setattr(worker, "BROKER_PAUSE", 0.0)
    monkeypatch.setattr(worker, "BROKER_STARTS", starts)
    worker.run(node)
    assert sum("the broker is away" in record.message for record in caplog.records if record.levelname == "WARNING") == warned, label


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(boxes: MakeBox, number: signal.Signals) -> None:
    box = boxes()
    box.start("broker")
    process = box.start("worker")
    with Redis(unix_socket_path=str(box.broker_socket)) as redis:
        until(lambda: any(redis.hget(key, "state") == b"idle" for key in redis.smembers("rq:workers")),
              lambda: f"it does not listen: {box.said('worker')}")
    process.send_signal(number)
    assert process.wait(LONG) == 0, box.said("worker")
