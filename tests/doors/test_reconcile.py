"""What the provider delivered while we were deaf is asked for and taken in: all of it, once, with its own times."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.channels import twilio
from gateway.demo.faults import Faults
from gateway.demo.phones import INBOUND, Message
from gateway.doors.reconcile import Reconciled, reconcile
from gateway.errors import Problem
from gateway.journal.canonical import iso
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Entry, Sender, table
from tests.doors.counter import PHONE, Counter
from tests.doors.listing import Ask, by_webhook, deaf, fingerprint, held

ENTRY, SENDER = table(Entry), table(Sender)
LIST = frozenset({"list"})


def test_what_was_missed_is_taken_in_with_its_own_times(counter: Counter, ask: Ask) -> None:
    missed = deaf(counter, 25)
    assert ask() == Reconciled("twilio", 25, 25)
    assert held(counter) == {sid: (words, iso(at), "reconcile") for sid, (words, at) in missed.items()}


@pytest.mark.parametrize("where", ["sqlite", "postgresql"], indirect=True)
def test_what_came_by_whatsapp_and_was_missed_is_the_same_persons(counter: Counter, ask: Ask) -> None:
    ours, at = counter.double.account.number, counter.clock()
    for n, (sender, to) in enumerate(((PHONE, ours), (f"whatsapp:{PHONE}", f"whatsapp:{ours}")), 1):
        counter.double.phones.keep(Message(f"SM{n:032x}", INBOUND, sender, to, "AYUDA", "received", at, sent_at=at))
    counter.clock.on(minutes=1)
    assert ask() == Reconciled("twilio", 2, 2)
    assert ask() == Reconciled("twilio", 2, 0)
    with counter.node.database.reading() as c:
        assert c.execute(select(SENDER.c.id)).scalars().all() == [counter.node.vault.sender(PHONE)]


def test_twice_is_once(counter: Counter, ask: Ask) -> None:
    deaf(counter, 25)
    ask()
    before = fingerprint(counter)
    assert ask() == Reconciled("twilio", 25, 0)
    assert ask() == Reconciled("twilio", 25, 0)
    assert fingerprint(counter) == before


def test_what_came_by_webhook_is_left_as_it_came(counter: Counter, ask: Ask) -> None:
    missed = deaf(counter, 20)
    for sid, (words, at) in list(missed.items())[::2]:
        by_webhook(counter, sid, words, at + timedelta(seconds=3))
    assert ask() == Reconciled("twilio", 20, 10)
    assert sorted(road for _, _, road in held(counter).values()) == ["reconcile"] * 10 + ["webhook"] * 10


def test_a_webhook_that_comes_late_changes_nothing(counter: Counter, ask: Ask) -> None:
    missed = deaf(counter, 10)
    ask()
    before = fingerprint(counter)
    for sid, (words, _) in missed.items():
        by_webhook(counter, sid, words, counter.clock())
    assert fingerprint(counter) == before


def test_our_own_replies_in_the_list_are_not_heard_as_texts(counter: Counter, ask: Ask) -> None:
    counter.text("AYUDA")
    counter.work()
    deaf(counter, 3)
    assert len(counter.arrived()) == 1
    assert ask().recovered == 3
    assert len(held(counter)) == 4


def test_texts_to_another_number_of_the_account_are_not_ours(counter: Counter, ask: Ask) -> None:
    counter.node.config.__dict__["twilio"] = counter.node.config.twilio.model_copy(update={"number": "+59122999999"})
    deaf(counter, 3)
    assert ask() == Reconciled("twilio", 0, 0)


@pytest.mark.parametrize(("label", "ago", "span", "found"), [
    ("within the span", {"hours": 47}, {"hours": 48}, 1),
    ("before it", {"hours": 49}, {"hours": 48}, 0),
    ("just within it", {"minutes": 29}, {"minutes": 30}, 1),
    ("just before it", {"minutes": 31}, {"minutes": 30}, 0),
    ("a week ago, asked for a week and a bit", {"days": 7}, {"days": 8}, 1),
])
def test_how_far_back(counter: Counter, ask: Ask, label: str, ago: dict[str, float], span: dict[str, float], found: int) -> None:
    counter.double.text(PHONE, "AGUA S1604", at=counter.clock() - timedelta(**ago), webhook=False)
    assert ask(**span).recovered == found


@pytest.mark.parametrize(("label", "count"), [("no text", 0), ("one", 1), ("a page but one", 199), ("a page", 200), ("a page and one", 201),
                                               ("three pages", 600)])
def test_pages(counter: Counter, ask: Ask, label: str, count: int) -> None:
    missed = deaf(counter, count)
    assert ask() == Reconciled("twilio", count, count)
    assert held(counter).keys() == missed.keys()


def test_texts_that_arrive_while_we_read_the_list(counter: Counter, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list grows at its front: rows move from page to page under our eyes."""
    missed = deaf(counter, 450)
    genuine, later = twilio._page, []

    def busy(*asked: Any) -> dict[str, Any]:
        page = genuine(*asked)
        for n in range(30):
            later.append(counter.double.text(f"+59176{len(later):06d}", f"AGUA S1604 {n}", webhook=False).sid)
        return page

    monkeypatch.setattr(twilio, "_page", busy)
    ask()
    assert missed.keys() <= held(counter).keys()
    monkeypatch.setattr(twilio, "_page", genuine)
    ask()
    assert held(counter).keys() == missed.keys() | set(later)


@pytest.mark.parametrize(("label", "arm", "waited"), [
    ("429 says when", lambda f: f.too_many(3, retry_after=7, on=LIST), [7.0, 7.0, 7.0]),
    ("429 says never", lambda f: f.too_many(2, retry_after=86400, on=LIST), [30.0, 30.0]),
    ("429 says yesterday", lambda f: f.too_many(1, retry_after=-5, on=LIST), [30.0]),
    ("429 says no number", lambda f: f.too_many(1, retry_after=float("nan"), on=LIST), [30.0]),
    ("500, then well", lambda f: f.broken(2, 500, LIST), [1.0, 2.0]),
    ("503 on and on, then well", lambda f: f.broken(5, 503, LIST), [1.0, 2.0, 4.0, 8.0, 16.0]),
    ("dropped, then well", lambda f: f.drop(2, LIST), [1.0, 2.0]),
    pytest.param("no answer in time, then well", lambda f: f.hang(1, 60, LIST), [1.0], marks=pytest.mark.patience(5)),
])
def test_trouble_on_the_way(counter: Counter, ask: Ask, pauses: list[float], label: str, arm: Callable[[Faults], None],
                            waited: list[float]) -> None:
    missed = deaf(counter, 250)
    arm(counter.double.faults)
    assert ask() == Reconciled("twilio", 250, 250)
    assert held(counter).keys() == missed.keys()
    assert pauses == waited


@pytest.mark.parametrize("times", [1, 2])
def test_pages_that_come_twice(counter: Counter, ask: Ask, times: int) -> None:
    missed = deaf(counter, 700)
    counter.double.faults.repeat_pages(times)
    assert ask() == Reconciled("twilio", 700, 700)
    assert counter.double.faults.met["repeat_pages"] == times
    assert held(counter).keys() == missed.keys()


def test_a_list_that_breaks_off_gives_what_it_showed(counter: Counter, ask: Ask, pauses: list[float],
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    missed = deaf(counter, 650)
    genuine, asked = twilio._page, []

    def two_pages(*asking: Any) -> dict[str, Any]:
        asked.append(1)
        if len(asked) == 3:
            counter.double.faults.broken(None, 503, LIST)
        return genuine(*asking)

    monkeypatch.setattr(twilio, "_page", two_pages)
    with pytest.raises(Problem) as away:
        ask()
    assert (away.value.code, away.value.permanent, len(pauses)) == ("provider.away", False, 5)
    assert len(held(counter)) == 400
    counter.double.faults.clear()
    assert ask().recovered == 250
    assert held(counter).keys() == missed.keys()


def test_each_phone_is_heard_in_the_order_it_texted(counter: Counter, ask: Ask) -> None:
    """The list is newest first: read so, START would come before STOP and the resident be left without answers."""
    deaf(counter, 450, timedelta(hours=5))
    for n, words in enumerate(("ALTA", "BAJA", "ALTA")):
        counter.double.text(PHONE, words, at=counter.clock() - timedelta(minutes=10 - n), webhook=False)
    ask()
    with counter.node.database.reading() as c:
        bodies = c.execute(select(ENTRY.c.body).where(ENTRY.c.kind == "message_received").order_by(ENTRY.c.seq)).scalars().all()
        stopped = c.execute(select(SENDER.c.opted_out).where(SENDER.c.id == counter.node.vault.sender(PHONE))).scalar_one()
    heard: dict[str, list[str]] = {}
    for said in map(json.loads, bodies):
        heard.setdefault(said["data"]["sender"], []).append(said["data"]["received_at"])
    assert sum(map(len, heard.values())) == 453
    assert [sender for sender, times in heard.items() if times != sorted(times)] == []
    assert not stopped


@pytest.mark.parametrize("size", [2000, pytest.param(10_000, marks=[pytest.mark.campaign, pytest.mark.timeout(3600)])])
def test_a_week_of_deafness(counter: Counter, ask: Ask, size: int) -> None:
    """Texts over seven days, a tenth of which a webhook had brought; replies of ours stand between them."""
    rng = random.Random(7)
    missed = deaf(counter, size, timedelta(days=7), rng)
    brought = rng.sample(sorted(missed), size // 10)
    for sid in brought:
        by_webhook(counter, sid, *missed[sid])
    counter.work()
    counter.double.faults.too_many(2, retry_after=1, on=LIST)
    counter.double.faults.broken(2, 503, LIST)
    counter.double.faults.repeat_pages(3)
    assert ask(days=7, minutes=5) == Reconciled("twilio", size, size - size // 10)
    there = held(counter)
    assert {sid: (words, at) for sid, (words, at, _) in there.items()} == {sid: (words, iso(at)) for sid, (words, at) in missed.items()}
    assert ask(days=7, minutes=5).recovered == 0
    assert rebuild(counter.node.database, verify=True).entries > 2 * size
    print(f"{size} texts of seven days: {len(there)} here, each once, with the times they had; {size - len(brought)} of them by asking")


@pytest.mark.parametrize("where", ["sqlite", "postgresql"], indirect=True)
def test_with_webhooks_and_with_another_reconcile_at_the_same_time(counter: Counter) -> None:
    missed = list(deaf(counter, 300).items())
    random.Random(3).shuffle(missed)
    start = threading.Barrier(4)

    def webhooks(part: int) -> int:
        start.wait()
        for sid, (words, at) in missed[part::2]:
            by_webhook(counter, sid, words, at)
        return 0

    def asking(_: int) -> int:
        start.wait()
        return reconcile(counter.node, timedelta(hours=48))[0].listed

    with ThreadPoolExecutor(4) as pool:
        done = [*pool.map(lambda job: job[0](job[1]), [(webhooks, 0), (asking, 0), (webhooks, 1), (asking, 1)])]
    assert done == [0, 300, 0, 300]
    assert held(counter).keys() == dict(missed).keys()
    assert counter.entries("message_received") == 300
