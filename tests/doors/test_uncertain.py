"""A send of which nobody can tell whether it arrived is looked up at the provider, and never repeated blindly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.channels import twilio
from gateway.channels.values import Sent
from gateway.demo.faults import Faults
from gateway.demo.provider import ProviderDouble
from gateway.sending import outbox
from tests.doors.counter import PHONE, Counter
from tests.doors.house import ACCOUNT
from tests.patience import until

SEND, LIST = frozenset({"send"}), frozenset({"list"})
Arm = Callable[[Faults], None]


@pytest.mark.parametrize(("label", "arm", "accepted"), [
    ("503, and it was not taken", lambda f: f.broken(1, 503, SEND), False),
    ("503, and it was taken", lambda f: f.broken(1, 503, SEND, accepts=True), True),
    ("500, and it was taken", lambda f: f.broken(1, 500, SEND, accepts=True), True),
    ("502, and it was taken", lambda f: f.broken(1, 502, SEND, accepts=True), True),
    pytest.param("no answer in time, and it was not taken", lambda f: f.hang(1, 60, SEND, accepts=False), False,
                 marks=pytest.mark.patience(3)),
    pytest.param("no answer in time, and it was taken", lambda f: f.hang(1, 60, SEND), True, marks=pytest.mark.patience(3)),
    ("the connection dropped, and it was not taken", lambda f: f.drop(1, SEND, accepts=False), False),
    ("the connection dropped, and it was taken", lambda f: f.drop(1, SEND), True),
])
def test_uncertain(counter: Counter, label: str, arm: Arm, accepted: bool) -> None:
    arm(counter.double.faults)
    counter.text()
    assert counter.work() == 1
    until(lambda: counter.double.faults.met and len(counter.arrived()) == accepted, "the provider never heard of it")
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
        counter = Counter(make_node(extra=f'\n[twilio]\napi_url = "{double.url}"\ntimeout = 10.0\n'), clock, double)
        double.faults.drop(1, SEND)
        counter.text()
        counter.wait(minutes=30)
        (message,) = counter.arrived()
        assert (message.status, counter.reply()["provider_id"]) == ("queued", message.sid)


@pytest.mark.parametrize("accepted", [False, True])
def test_the_same_words_to_the_same_phone_are_not_mistaken_for_each_other(counter: Counter, accepted: bool) -> None:
    counter.text("AYUDA")
    counter.wait(seconds=10)
    counter.double.faults.drop(1, SEND, accepts=accepted)
    counter.text("AYUDA")
    counter.wait(minutes=10)
    first, second = counter.arrived()
    assert first.text == second.text
    assert {row["provider_id"] for row in counter.replies()} == {first.sid, second.sid}


def test_two_doubts_over_the_same_words_find_two_messages(counter: Counter) -> None:
    counter.double.faults.drop(2, SEND)
    counter.text("AYUDA")
    counter.text("AYUDA")
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
