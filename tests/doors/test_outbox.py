"""SMS that leave, through the provider's own client library to its double: each at most once, and only to who may get one.

`counter.arrived()` is what the provider took; whatever breaks on the way, no reply may stand there twice.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from twilio.rest import Client

from gateway.channels import console, twilio
from gateway.channels.values import Inbound, Outcome, Sent
from gateway.demo.provider import ProviderDouble
from gateway.doors.intake import receive
from gateway.journal import tasks
from tests.doors.counter import PHONE, Counter
from tests.doors.house import ACCOUNT
from tests.patience import free_port

SEND = frozenset({"send"})
LIST = frozenset({"list"})


def test_a_reply_is_sent_once_and_stays_sent(counter: Counter) -> None:
    counter.text()
    counter.wait(minutes=10)
    (message,) = counter.arrived()
    reply = counter.reply()
    assert (reply["state"] in ("sent", "delivered"), reply["provider_id"], reply["text"]) == (True, message.sid, message.text)
    assert counter.waiting() == 0


def test_forty_replies_to_forty_phones(counter: Counter) -> None:
    phones = [f"+5917000{n:04d}" for n in range(90)]
    for phone in phones:
        counter.text(number=phone)
    counter.wait(seconds=30)
    assert [len(counter.arrived(phone)) for phone in phones] == [1] * 90


def test_replies_to_one_phone_leave_in_the_order_they_were_written(counter: Counter) -> None:
    for words in ("AGUA S1604 sin agua", "AYUDA", "LUZ P1105 poste apagado", "ESTADO"):
        counter.text(words)
        counter.clock.on(seconds=1)
    counter.wait(seconds=20)
    assert [m.text for m in counter.arrived()] == [row["text"] for row in counter.replies()]


# ------------------------------------------------------------------------------------------------- refused for good

@pytest.mark.parametrize(("label", "code"), [("no such number", 21211), ("a land line", 21614), ("a country not served", 21408)])
def test_refused_for_good(counter: Counter, label: str, code: int) -> None:
    counter.double.faults.refuse(code, times=None)
    counter.text()
    counter.wait(hours=1)
    assert (counter.reply()["state"], counter.reply()["reason"]) == ("failed", str(code))
    assert (counter.arrived(), counter.waiting(), counter.double.faults.met["refuse"]) == ([], 0, 1)


def test_a_phone_that_said_stop_to_the_provider_is_left_alone_until_it_says_start(counter: Counter) -> None:
    counter.double.faults.refuse(21610)
    counter.text()
    counter.wait(seconds=20)
    assert counter.states() == [("ack", "failed", "21610")]
    counter.text("AYUDA")
    counter.wait(minutes=5)
    assert counter.states()[1] == ("help", "failed", "opted_out")
    assert counter.arrived() == []
    counter.text("ALTA")
    counter.text("AYUDA")
    counter.wait(minutes=5)
    assert [kind for kind, state, _ in counter.states() if state in ("sent", "delivered")] == ["start_ok", "help"]


# -------------------------------------------------------------------------------------------------- not now: tried again

def test_too_many_requests_is_tried_again(counter: Counter) -> None:
    counter.double.faults.too_many(3)
    counter.text()
    counter.wait(minutes=10)
    assert (counter.double.faults.met["too_many"], len(counter.arrived())) == (3, 1)


def test_an_hour_of_too_many_requests_puts_nothing_aside(counter: Counter) -> None:
    counter.double.faults.too_many(None)
    for n in range(6):
        counter.text(number=f"+5917000000{n}")
    counter.wait(hours=1)
    assert counter.quarantined() == []
    assert counter.double.faults.met["too_many"] < 6 * 60  # and the provider is not hammered meanwhile
    counter.double.faults.clear()
    counter.wait(minutes=20)
    assert [len(counter.arrived(f"+5917000000{n}")) for n in range(6)] == [1] * 6


def test_a_line_that_is_down_for_hours_costs_nobody_an_answer(
        clock: Any, make_node: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("BARRIO_TWILIO_ACCOUNT_SID", ACCOUNT.sid)
    monkeypatch.setenv("BARRIO_TWILIO_AUTH_TOKEN", ACCOUNT.token)
    node = make_node(extra=f'\n[twilio]\napi_url = "http://127.0.0.1:{port}"\ntimeout = 10.0\n')
    double = ProviderDouble(ACCOUNT, "http://127.0.0.1:9/", port, pace=0.0, clock=clock)
    counter = Counter(node, clock, double)
    counter.text()
    counter.wait(hours=3)
    assert (counter.reply()["state"], counter.quarantined()) == ("queued", [])
    with double:
        counter.wait(minutes=20)
        assert (counter.reply()["state"], len(counter.arrived())) == ("sent", 1)


def test_a_name_that_does_not_resolve_is_no_doubt_that_it_was_not_sent(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")
    counter.text()
    with monkeypatch.context() as offline:
        offline.setattr(socket, "getaddrinfo", nowhere)
        counter.wait(minutes=5)
    assert (counter.reply()["state"], counter.entries("reply_uncertain"), counter.quarantined()) == ("queued", 0, [])
    counter.wait(minutes=10)
    assert len(counter.arrived()) == 1


def test_a_token_that_is_refused_fails_nothing_for_good(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARRIO_TWILIO_AUTH_TOKEN", "mistyped")
    counter.text()
    counter.wait(minutes=10)
    assert counter.reply()["state"] == "queued"
    assert [(q.kind, q.error) for q in counter.quarantined()] == [("send", "20003")]  # a person must see it
    monkeypatch.setenv("BARRIO_TWILIO_AUTH_TOKEN", ACCOUNT.token)
    with counter.node.database.writing() as c:
        tasks.release(c, "send", counter.reply()["id"], counter.clock())
    counter.wait(minutes=1)
    assert len(counter.arrived()) == 1


# ----------------------------------------------------------------------------------------------------- workers that die

def test_a_worker_that_died_before_it_sent(counter: Counter) -> None:
    counter.text()
    with counter.node.database.writing() as c:
        assert len(tasks.claim(c, "send", counter.clock(), 40)) == 1  # and then its light went out
    assert counter.work() == 0
    counter.wait(minutes=5)
    assert len(counter.arrived()) == 1


def test_a_worker_that_died_after_it_sent(counter: Counter) -> None:
    counter.text()
    with counter.node.database.writing() as c:
        tasks.claim(c, "send", counter.clock(), 40)
    sent = twilio.send(twilio.settings(counter.node.config), PHONE, counter.reply()["text"])
    counter.wait(minutes=5)
    (message,) = counter.arrived()
    assert isinstance(sent, Sent)
    assert (counter.reply()["provider_id"], message.sid) == (sent.provider_id, sent.provider_id)


def test_a_worker_that_died_after_it_sent_while_the_provider_cannot_be_asked(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up that fails settles nothing: what may have left is asked for again, however often, and never just sent."""
    counter.text()
    with counter.node.database.writing() as c:
        (claim,) = tasks.claim(c, "send", counter.clock(), 40)
    known = twilio.settings(counter.node.config)
    assert isinstance(twilio.send(known, PHONE, counter.reply()["text"]), Sent)
    assert claim.subject == counter.reply()["id"]
    counter.double.faults.broken(None, 503, LIST)
    counter.wait(minutes=10)
    assert (len(counter.arrived()), counter.reply()["state"]) == (1, "queued")
    counter.double.faults.clear()
    counter.wait(minutes=10)
    assert (len(counter.arrived()), counter.waiting()) == (1, 0)


def test_a_worker_that_dies_every_time_is_put_aside_for_a_person(counter: Counter) -> None:
    counter.text()
    for _ in range(7):
        with counter.node.database.writing() as c:
            tasks.claim(c, "send", counter.clock(), 40)
        counter.clock.on(minutes=5)
    assert [(q.kind, q.subject) for q in counter.quarantined()] == [("send", counter.reply()["id"])]


def test_a_provider_so_slow_that_another_worker_takes_over(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first worker is at its first of four SMS when its lease runs out: it must leave the others to the second."""
    for _ in range(4):
        counter.text("AYUDA")
    genuine, calls = twilio.send, []

    def slowly(*asked: Any) -> Outcome:
        outcome: Outcome = genuine(*asked)
        calls.append(counter.clock())
        if len(calls) == 1:
            counter.clock.on(seconds=tasks.LEASE.total_seconds() + 1)
            assert counter.work() == 4  # the second worker
        return outcome

    monkeypatch.setattr(twilio, "send", slowly)
    counter.work()
    assert len(calls) == 4
    counter.wait(minutes=10)
    assert len(counter.arrived()) == 4
    assert {row["provider_id"] for row in counter.replies()} == {message.sid for message in counter.arrived()}


@pytest.mark.parametrize("where", ["sqlite", "postgresql"], indirect=True)
def test_two_workers_at_once(counter: Counter) -> None:
    phones = [f"+5917000{n:04d}" for n in range(60)]
    for phone in phones:
        counter.text(number=phone)
    with ThreadPoolExecutor(4) as workers:
        claimed = sum(workers.map(lambda _: counter.work(), range(8)))
    assert claimed == 60
    assert [len(counter.arrived(phone)) for phone in phones] == [1] * 60


# ------------------------------------------------------------------------------------------------------- other roads

def test_the_console_is_read_where_it_was_written(counter: Counter) -> None:
    with counter.node.database.writing() as c:
        receive(c, counter.node, [Inbound(console.NAME, "local", "c1", PHONE, "AYUDA", datetime(2026, 11, 25, tzinfo=UTC), b"", "console")])
    counter.wait(seconds=10)
    assert counter.states() == [("help", "delivered", None)]
    assert counter.arrived() == []


def test_the_library_is_the_real_one(counter: Counter) -> None:
    assert isinstance(twilio._client(twilio.settings(counter.node.config)), Client)
