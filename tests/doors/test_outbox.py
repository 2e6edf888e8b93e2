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

from gateway import outbox
from gateway.channels import console, twilio
from gateway.channels.values import Inbound, Outcome, Sent
from gateway.demo.faults import Faults
from gateway.demo.provider import ProviderDouble
from gateway.intake import receive
from gateway.journal import tasks
from tests.doors.counter import PHONE, Counter
from tests.doors.house import ACCOUNT, free_port

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
    node = make_node(extra=f'\n[twilio]\napi_url = "http://127.0.0.1:{port}"\ntimeout = 0.5\n')
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


# --------------------------------------------------------------------------------------- nobody knows: looked up, never blind

Arm = Callable[[Faults], None]


@pytest.mark.parametrize(("label", "arm", "accepted"), [
    ("503, and it was not taken", lambda f: f.broken(1, 503, SEND), False),
    ("503, and it was taken", lambda f: f.broken(1, 503, SEND, accepts=True), True),
    ("500, and it was taken", lambda f: f.broken(1, 500, SEND, accepts=True), True),
    ("502, and it was taken", lambda f: f.broken(1, 502, SEND, accepts=True), True),
    ("no answer in time, and it was not taken", lambda f: f.hang(1, 2, SEND, accepts=False), False),
    ("no answer in time, and it was taken", lambda f: f.hang(1, 2, SEND), True),
    ("the connection dropped, and it was not taken", lambda f: f.drop(1, SEND, accepts=False), False),
    ("the connection dropped, and it was taken", lambda f: f.drop(1, SEND), True),
])
def test_uncertain(counter: Counter, label: str, arm: Arm, accepted: bool) -> None:
    arm(counter.double.faults)
    counter.text()
    assert counter.work() == 1
    assert (counter.reply()["state"], sum(counter.double.faults.met.values())) == ("uncertain", 1)
    assert len(counter.arrived()) == accepted
    counter.wait(seconds=20)
    assert len(counter.arrived()) == accepted  # not sent again before it was looked up
    counter.wait(minutes=10)
    (message,) = counter.arrived()
    assert (counter.reply()["state"] in ("sent", "delivered"), counter.reply()["provider_id"]) == (True, message.sid)
    assert counter.waiting() == 0


def test_one_trouble_after_the_other_still_leaves_one(counter: Counter) -> None:
    faults = counter.double.faults
    faults.drop(1, SEND, accepts=False)
    faults.broken(1, 503, SEND)
    faults.drop(1, SEND)
    counter.text()
    counter.wait(minutes=30)
    assert (faults.met["drop"], faults.met["broken"], len(counter.arrived())) == (2, 1, 1)


def test_each_doubt_is_waited_out_before_the_next_try(counter: Counter) -> None:
    """A list that lags behind by a minute must not lead to a second SMS, the first time or the second."""
    counter.double.faults.drop(2, SEND, accepts=False)
    counter.text()
    counter.work()
    tries = []
    for _ in range(60):
        before = counter.double.faults.met["drop"] + len(counter.arrived())
        counter.wait(seconds=10)
        if counter.double.faults.met["drop"] + len(counter.arrived()) > before:
            tries.append(counter.clock())
    assert len(tries) == 2
    assert (tries[1] - tries[0]).total_seconds() >= outbox.GIVE_UP_LOOKING.total_seconds()


def test_a_look_up_that_fails_settles_nothing(counter: Counter) -> None:
    counter.double.faults.drop(1, SEND)
    counter.double.faults.broken(None, 503, LIST)
    counter.text()
    counter.wait(minutes=30)
    assert (counter.reply()["state"], len(counter.arrived()), counter.quarantined()) == ("uncertain", 1, [])
    assert counter.double.faults.met["broken"] > 2
    counter.double.faults.clear()
    counter.wait(minutes=10)
    assert (counter.reply()["state"] in ("sent", "delivered"), len(counter.arrived())) == (True, 1)


def test_a_look_up_that_is_refused_settles_nothing_either(counter: Counter) -> None:
    counter.double.faults.drop(1, SEND)
    counter.double.faults.broken(4, 404, LIST)
    counter.text()
    counter.wait(minutes=30)
    assert (counter.reply()["state"] in ("sent", "delivered"), len(counter.arrived())) == (True, 1)


def test_an_sms_that_the_provider_still_queues_is_found(ear: Any, clock: Any, make_node: Callable[..., Any],
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no date of sending yet, so a list filtered by that date would not show it."""
    monkeypatch.setenv("BARRIO_TWILIO_ACCOUNT_SID", ACCOUNT.sid)
    monkeypatch.setenv("BARRIO_TWILIO_AUTH_TOKEN", ACCOUNT.token)
    with ProviderDouble(ACCOUNT, "http://127.0.0.1:9/", pace=3600.0, clock=clock) as double:
        counter = Counter(make_node(extra=f'\n[twilio]\napi_url = "{double.url}"\ntimeout = 0.5\n'), clock, double)
        double.faults.drop(1, SEND)
        counter.text()
        counter.wait(minutes=30)
        (message,) = counter.arrived()
        assert (message.status, counter.reply()["provider_id"]) == ("queued", message.sid)


@pytest.mark.parametrize("accepted", [False, True])
def test_the_same_words_to_the_same_phone_are_not_mistaken_for_each_other(counter: Counter, accepted: bool) -> None:
    counter.text("xyzzy")
    counter.wait(seconds=10)
    counter.double.faults.drop(1, SEND, accepts=accepted)
    counter.text("xyzzy")
    counter.wait(minutes=10)
    first, second = counter.arrived()
    assert first.text == second.text
    assert {row["provider_id"] for row in counter.replies()} == {first.sid, second.sid}


def test_two_doubts_over_the_same_words_find_two_messages(counter: Counter) -> None:
    counter.double.faults.drop(2, SEND)
    counter.text("xyzzy")
    counter.text("xyzzy")
    counter.wait(minutes=10)
    first, second = counter.arrived()
    assert {row["provider_id"] for row in counter.replies()} == {first.sid, second.sid}


def test_the_double_would_show_an_sms_sent_twice(counter: Counter) -> None:
    """The control: an impatient sender, who repeats what was dropped, is caught by the count."""
    counter.double.faults.drop(1, SEND)
    known = twilio.settings(counter.node.config)
    assert not isinstance(twilio.send(known, PHONE, "Recibido"), Sent)
    assert isinstance(twilio.send(known, PHONE, "Recibido"), Sent)
    assert len(counter.arrived()) == 2


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


def test_a_worker_that_dies_every_time_is_put_aside_for_a_person(counter: Counter) -> None:
    counter.text()
    for _ in range(7):
        with counter.node.database.writing() as c:
            tasks.claim(c, "send", counter.clock(), 40)
        counter.clock.on(minutes=5)
    assert [(q.kind, q.subject) for q in counter.quarantined()] == [("send", counter.reply()["id"])]


def test_a_provider_so_slow_that_another_worker_takes_over(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first worker is still sending when its lease has run out; the second must not meet it at the same SMS."""
    phones = [f"+5917000{n:04d}" for n in range(24)]
    for phone in phones:
        counter.text(number=phone)
    genuine, second = twilio.send, []

    def slowly(*asked: Any) -> Outcome:
        outcome: Outcome = genuine(*asked)
        counter.clock.on(seconds=4)
        if not second and counter.clock() > start + tasks.LEASE:
            second.append(True)
            counter.work()
        return outcome

    start = counter.clock()
    monkeypatch.setattr(twilio, "send", slowly)
    counter.work()
    counter.wait(minutes=10)
    assert second == [True]
    assert [len(counter.arrived(phone)) for phone in phones] == [1] * 24


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
