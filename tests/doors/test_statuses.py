"""What the provider says later about an SMS of ours moves it forward, once, in whatever order it comes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any

import pytest

from gateway.channels import twilio
from gateway.channels.values import Outcome, Sent
from gateway.journal import ledger
from gateway.journal.facts.replies import ReplyTracked
from gateway.journal.folds import STAGES
from gateway.journal.rebuilding import rebuild
from gateway.sending import statuses
from tests.doors.counter import PHONE, Counter, Ear
from tests.patience import until


@pytest.fixture
def mute(counter: Counter) -> Counter:
    """A node with one reply that was sent and of which the double says nothing more by itself."""
    counter.node.config.__dict__["web"] = counter.node.config.web.model_copy(update={"public_url": "http://127.0.0.1:9"})
    counter.text()
    counter.work()
    assert counter.reply()["state"] == "sent"
    return counter


def call(counter: Counter, status: str, error: str | None = None, sid: str | None = None) -> bool:
    """A callback, as `read_status` reads it from the provider's form."""
    form = {"MessageSid": sid or counter.arrived()[0].sid, "MessageStatus": status} | ({"ErrorCode": error} if error else {})
    return statuses.apply(counter.node, twilio.read_status(form))


@pytest.mark.parametrize(("label", "calls", "state", "entries"), [
    ("as they should come", ["queued", "sending", "sent", "delivered"], "delivered", 1),
    ("backwards", ["delivered", "sent", "sending", "queued"], "delivered", 1),
    ("each twice", ["sent", "sent", "delivered", "delivered"], "delivered", 1),
    ("only the first of them", ["accepted", "queued"], "sent", 0),
    ("read, where a channel says so", ["read", "delivered"], "delivered", 1),
    ("not delivered", ["sent", "undelivered"], "undelivered", 1),
    ("failed, then delivered: the later stage stands", ["failed", "delivered"], "failed", 1),
    ("delivered, then not after all", ["delivered", "undelivered"], "undelivered", 2),
    ("cancelled", ["canceled"], "failed", 1),
])
def test_orders(mute: Counter, label: str, calls: list[str], state: str, entries: int) -> None:
    for status in calls:
        call(mute, status)
    assert (mute.reply()["state"], mute.entries("reply_tracked")) == (state, entries)


def test_every_order_ends_alike_and_never_goes_back(mute: Counter) -> None:
    seen = [mute.reply()["state"]]
    for order in permutations(["queued", "sent", "delivered", "undelivered"]):
        for status in order:
            call(mute, status)
            seen.append(mute.reply()["state"])
    assert [STAGES.index(state) for state in seen] == sorted(STAGES.index(state) for state in seen)
    assert (mute.reply()["state"], mute.entries("reply_tracked")) == ("undelivered", 2)


def test_entries_in_the_wrong_order_fold_forward_too(mute: Counter) -> None:
    """Two callbacks may both have looked before either wrote."""
    reply = mute.reply()["id"]
    with mute.node.database.writing() as c:
        ledger.write(c, mute.node.origin, [ReplyTracked(reply=reply, status=status) for status in ("delivered", "sent")],
                     at=mute.clock(), by="machine")
    assert mute.reply()["state"] == "delivered"


@pytest.mark.parametrize("where", ["sqlite", "postgresql"], indirect=True)
def test_many_at_once_count_once(mute: Counter) -> None:
    with ThreadPoolExecutor(8) as lines:
        moved = list(lines.map(lambda n: call(mute, ("sent", "delivered")[n % 2]), range(40)))
    assert (sum(moved), mute.entries("reply_tracked"), mute.reply()["state"]) == (1, 1, "delivered")


def test_why_it_was_not_delivered(counter: Counter, ear: Ear) -> None:
    counter.double.faults.undelivered(30003)
    counter.text()
    counter.work()
    until(lambda: len(ear.heard) >= 2, "the callbacks never came")
    assert (counter.reply()["state"], counter.reply()["reason"]) == ("undelivered", "30003")


def test_a_status_of_an_sms_we_never_sent(mute: Counter) -> None:
    assert not call(mute, "delivered", sid=f"SM{7:032x}")
    assert (mute.reply()["state"], mute.entries("reply_tracked")) == ("sent", 0)


def test_callbacks_that_overtake_the_answer_to_our_own_call(counter: Counter, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider may have delivered the SMS before we have written down that it took it."""
    genuine: Callable[..., Outcome] = twilio.send

    def leisurely(*asked: Any) -> Outcome:
        outcome = genuine(*asked)
        until(lambda: len(ear.heard) >= 2, "the callbacks never came")
        return outcome

    monkeypatch.setattr(twilio, "send", leisurely)
    counter.text()
    counter.work()
    assert ear.heard == [("sent", 200), ("delivered", 200)]
    assert (counter.reply()["state"], counter.entries("reply_sent"), counter.entries("reply_tracked")) == ("delivered", 1, 2)


def test_callbacks_of_an_sms_in_doubt_are_kept_for_it(counter: Counter, ear: Ear) -> None:
    counter.double.faults.undelivered(30005)
    counter.double.faults.drop(1, frozenset({"send"}))
    counter.text()
    counter.work()
    until(lambda: len(ear.heard) >= 2, "the callbacks never came")
    assert counter.reply()["state"] == "uncertain"
    counter.wait(minutes=5)
    assert (counter.reply()["state"], counter.reply()["reason"], len(counter.arrived())) == ("undelivered", "30005", 1)


@pytest.mark.parametrize("where", ["sqlite", "postgresql"], indirect=True)
def test_ninety_replies_end_delivered(counter: Counter, ear: Ear) -> None:
    for n in range(90):
        counter.text(number=f"+5917000{n:04d}")
    while counter.work():
        pass
    until(lambda: len(ear.heard) >= 180, "the callbacks never came")
    assert {code for _, code in ear.heard} == {200}
    assert {row["state"] for row in counter.replies()} == {"delivered"}
    assert counter.entries("reply_sent") == 90


@pytest.mark.parametrize("where", ["sqlite", "postgresql"], indirect=True)
def test_the_journal_is_folded_again_while_callbacks_come(counter: Counter, ear: Ear) -> None:
    """Folding must not see half of what others are writing: it would call a sound database damaged, or overwrite a row."""
    for n in range(40):
        counter.text(number=f"+5917000{n:04d}")
    with ThreadPoolExecutor(3) as workers:
        sending = [workers.submit(counter.work) for _ in range(2)]
        folding = [workers.submit(rebuild, counter.node.database, verify=True) for _ in range(6)]
        for future in sending + folding:
            future.result()
    until(lambda: len(ear.heard) >= 80, "the callbacks never came")
    assert {row["state"] for row in counter.replies()} == {"delivered"}


def test_a_look_up_takes_over_what_the_provider_says_of_it(mute: Counter) -> None:
    (message,) = mute.arrived()
    until(lambda: mute.arrived()[0].status == "delivered", "it was never carried")
    found = twilio.find_sent(twilio.settings(mute.node.config), PHONE, message.text, mute.clock())
    assert found == Sent(message.sid, "delivered")
