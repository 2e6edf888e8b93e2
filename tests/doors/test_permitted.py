"""Who may be written to, and when: stop, start, five a day, and nothing that is older than a day."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.channels import twilio
from gateway.channels.values import Inbound, Outcome
from gateway.decisions import erasing, visiting
from gateway.decisions.triaging import Who
from gateway.decisions.visiting import Told
from gateway.doors import intake
from gateway.feedback import threads
from gateway.governing import duty, governor
from gateway.journal import tasks
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Contact, Report, table
from gateway.machine import jobs
from gateway.sending import outbox
from tests.doors.counter import PHONE, Counter
from tests.doors.house import ACCOUNT
from tests.patience import until

LIST, SEND = frozenset({"list"}), frozenset({"send"})

OTHER = "+59170000002"
CONTACT, REPORT = table(Contact), table(Report)


@pytest.mark.parametrize("word", ["BAJA", "STOP", "ARRET", "توقف"])
def test_stop_then_nothing_but_the_confirmation(counter: Counter, word: str) -> None:
    counter.text()
    counter.text(word)
    counter.text("AGUA S1604 otra vez")
    counter.text("AYUDA")
    counter.wait(hours=2)
    assert [kind for kind, state, _ in counter.states() if state in ("sent", "delivered")] == ["stop_ok"]
    assert {reason for kind, _, reason in counter.states() if kind != "stop_ok"} == {"opted_out"}
    assert len(counter.arrived()) == 1


@pytest.mark.parametrize("accepted", [False, True])
def test_stop_while_a_reply_is_in_doubt(counter: Counter, accepted: bool) -> None:
    counter.double.faults.drop(1, SEND, accepts=accepted)
    counter.text()
    counter.work()
    if accepted:
        until(lambda: counter.arrived()[0].status == "delivered", "it was never carried")
    counter.text("BAJA")
    counter.wait(minutes=30)
    assert len(counter.arrived()) == accepted + 1
    assert counter.states()[0][1:] == (("delivered", None) if accepted else ("failed", "opted_out"))


def test_stop_while_a_worker_died(counter: Counter) -> None:
    counter.text()
    with counter.node.database.writing() as c:
        tasks.claim(c, "send", counter.clock(), 40)
    counter.text("BAJA")
    counter.wait(minutes=30)
    assert len(counter.arrived()) == 1
    assert counter.states()[0] == ("ack", "failed", "opted_out")


@pytest.mark.parametrize(("label", "happens", "left", "state"), [
    ("says stop", lambda counter: counter.text("BAJA", OTHER), 0, ("failed", "opted_out")),
    ("is erased", lambda counter: erasing.erase_sender(counter.node, OTHER, why="asked", by="ana"), 0, None),
    ("gets nothing, for all is stopped", lambda counter: governor.stop(counter.node, by="ana", why="test"), 0, ("queued", None)),
    ("writes something else", lambda counter: counter.text("AYUDA", OTHER), 1, ("sent", None)),
])
@pytest.mark.parametrize("where", ["sqlite", "postgresql"], indirect=True)
def test_who_meanwhile(counter: Counter, label: str, happens: Callable[[Counter], object], left: int, state: tuple[str, str | None] | None,
                       monkeypatch: pytest.MonkeyPatch) -> None:
    """Both were claimed together; while the first is handed over, slowly, this happens to the second."""
    monkeypatch.setattr(outbox, "ThreadPoolExecutor", lambda *_: ThreadPoolExecutor(1))
    counter.text("AYUDA", PHONE)
    counter.text("AYUDA", OTHER)
    genuine, calls = twilio.send, []

    def slowly(*asked: Any) -> Outcome:
        calls.append(asked[1])
        if len(calls) == 1:
            happens(counter)
        outcome: Outcome = genuine(*asked)
        return outcome

    monkeypatch.setattr(twilio, "send", slowly)
    assert counter.work() == 2
    assert calls == [PHONE, OTHER][:1 + left], label
    other = counter.node.vault.sender(OTHER)
    theirs = [(row["state"].replace("delivered", "sent"), row["reason"]) for row in counter.replies() if row["sender"] == other]
    assert theirs[:1] == ([state] if state else [])
    with counter.node.database.reading() as c:
        assert governor.spent(c, counter.node, counter.clock()).day == 1 + left, "what did not leave is not counted"


@pytest.mark.parametrize("twice", [False, True])
def test_who_said_stop_and_was_erased_is_texted_by_nobody_who_types_their_number(counter: Counter, twice: bool) -> None:
    """Of all that was known of them this is kept: they wanted no texts."""
    node = counter.node
    counter.text("BAJA", OTHER)
    counter.wait(minutes=1)
    for n in range(1 + twice):
        erasing.erase_sender(node, OTHER, why="they asked for it", by="ana")
        duty.add(node, "guardia", OTHER)
        visiting.bring(node, Who("luz", "luz", lambda place: True), Told(f"k{n}", "no hay agua", "WAT01", "S1604", phone=OTHER))
    counter.text("incendio en Kupini, hay gente atrapada")
    while jobs.classify_due(node):
        pass
    with node.database.reading() as c:
        need = c.execute(select(REPORT.c.need).where(REPORT.c.category == "WAT01", REPORT.c.need.is_not(None))).scalars().first()
    threads.write(node, str(need), "Mañana hay agua", key="1", by="luz")
    counter.wait(minutes=5)
    assert [message.text for message in counter.arrived(OTHER)] == [counter.arrived(OTHER)[0].text], "the confirmation of before"
    assert ("failed", "opted_out") in {(state, reason) for kind, state, reason in counter.states() if kind == "alert_emergency"}
    counter.text("AYUDA", OTHER)
    counter.wait(minutes=1)
    assert len(counter.arrived(OTHER)) == 2, "who writes to us is somebody new, and is answered"
    rebuild(node.database, verify=True)


@pytest.mark.parametrize(("label", "heard", "ends"), [
    ("a start that was lost before a stop",    [("ALTA", 5, True), ("BAJA", 9, False)], "stopped"),
    ("a stop that was lost before a start",    [("BAJA", 5, True), ("INICIO", 9, False)], "started"),
    ("a stop that was lost, and nothing since", [("BAJA", 5, True), ("AYUDA", 9, False)], "stopped"),
    ("a start lost between two stops",         [("BAJA", 1, False), ("ALTA", 5, True), ("STOP", 9, False)], "stopped"),
    ("a stop and a start that were lost, of days ago", [("BAJA", 1, True), ("ALTA", 2, True), ("BAJA", 9, False)], "stopped"),
])
def test_what_was_said_last_counts_however_late_the_rest_comes(counter: Counter, label: str, heard: list[tuple[str, int, bool]],
                                                              ends: str) -> None:
    """Lost texts are found in the provider's list, after what was said since."""
    start, sent = counter.clock(), [0]

    def comes(words: str, minute: int) -> None:
        sent[0] += 1
        with counter.node.database.writing() as c:
            intake.receive(c, counter.node, [Inbound("twilio", ACCOUNT.sid, f"SM{sent[0]:032x}", PHONE, words,
                                                     start + timedelta(minutes=minute), b"raw")])
    counter.clock.on(minutes=10)
    for words, minute, lost in heard:
        comes(words, minute) if not lost else None
    counter.wait(minutes=1)
    before = len(counter.arrived())
    for words, minute, lost in heard:
        comes(words, minute) if lost else None
    comes("AYUDA", 11)
    counter.wait(minutes=1)
    late_word = heard[-1][0] == "AYUDA"
    assert len(counter.arrived()) - before == (ends == "started") + late_word, label
    rebuild(counter.node.database, verify=True)


def test_start_opens_the_door_again(counter: Counter) -> None:
    for words in ("BAJA", "AYUDA", "ALTA", "AYUDA"):
        counter.text(words)
        counter.wait(seconds=20)
    assert [kind for kind, state, _ in counter.states() if state in ("sent", "delivered")] == ["stop_ok", "start_ok", "help"]


@pytest.mark.parametrize(("label", "texts", "hours", "left"), [
    ("three times in a row", ("BAJA", "STOP", "BAJA BAJA"), 0, ["stop_ok"]),
    ("over an hour", ("BAJA", "BAJA"), 1, ["stop_ok"]),
    ("start lies between", ("BAJA", "ALTA", "BAJA"), 0, ["stop_ok", "start_ok", "stop_ok"]),
    ("a day lies between", ("BAJA", "BAJA"), 25, ["stop_ok", "stop_ok"]),
])
@pytest.mark.parametrize("at_once", [False, True])
def test_who_said_stop_is_told_so_once(counter: Counter, label: str, texts: tuple[str, ...], hours: int, left: list[str],
                                       at_once: bool) -> None:
    if at_once and hours:
        return
    for words in texts:
        counter.text(words)
        counter.wait(seconds=0 if at_once else 20)
        counter.clock.on(hours=hours)
    counter.wait(minutes=1)
    assert [kind for kind, state, _ in counter.states() if state in ("sent", "delivered")] == left, label
    assert len(counter.arrived()) == len(left)


@pytest.mark.parametrize(("stops", "writes"), [("whatsapp:+59170000001", PHONE), (PHONE, "whatsapp:+59170000001"),
                                               ("rcs:+59170000001", "+591 7000 0001"), ("0059170000001", PHONE)])
def test_who_says_stop_by_one_road_has_said_it_by_all(counter: Counter, stops: str, writes: str) -> None:
    counter.text("BAJA", stops)
    counter.text("AYUDA", writes)
    counter.wait(hours=1)
    assert [row[:2] for row in counter.states() if row[2] is None] == [("stop_ok", "delivered")]
    assert len(counter.arrived()) == 1, "by SMS, whichever road they took"
    counter.text("ALTA", writes)
    counter.text("AYUDA", stops)
    counter.wait(hours=1)
    assert len(counter.arrived()) == 3


def test_who_writes_by_whatsapp_is_answered_by_sms_and_keeps_their_reports(counter: Counter) -> None:
    counter.text("AGUA S1604 sin agua", "whatsapp:+59170000001")
    counter.text("ESTADO", PHONE)
    counter.wait(minutes=1)
    assert [message.text.count("10005") > 0 for message in counter.arrived()] == [True, True]


def test_a_phone_that_never_wrote_and_said_stop_to_the_provider_is_left_alone(counter: Counter) -> None:
    """One on duty: it has no row among those who wrote, and by another provider it would be texted again."""
    duty.add(counter.node, "guardia", OTHER)
    counter.double.faults.refuse(21610, to=OTHER, times=1)
    for n, place in enumerate(("Villa Copacabana", "Kupini")):
        counter.text(f"incendio en {place}, hay gente atrapada", f"+5917000001{n}")
        while jobs.classify_due(counter.node):
            pass
        counter.wait(minutes=5)
    assert counter.double.faults.met["refuse"] == 1, "asked once"
    assert counter.arrived(OTHER) == []
    assert {(state, reason) for kind, state, reason in counter.states() if kind == "alert_emergency"} == {
        ("failed", "21610"), ("failed", "opted_out")}


def test_five_automatic_replies_a_day_and_then_silence(counter: Counter) -> None:
    for n in range(9):
        counter.text("AYUDA")
        counter.text("AYUDA", OTHER) if n < 2 else None
    counter.wait(minutes=10)
    assert (len(counter.arrived()), len(counter.arrived(OTHER))) == (5, 2)
    assert sorted(str(reason) for _, _, reason in counter.states() if reason) == ["loop_guard"] * 4
    counter.clock.on(hours=24)
    counter.text("AYUDA")
    counter.wait(minutes=10)
    assert len(counter.arrived()) == 6


def test_a_clock_that_was_a_year_ahead_silences_nobody_once_it_is_right(counter: Counter) -> None:
    counter.clock.on(hours=24 * 365)
    for _ in range(6):
        counter.text("AYUDA")
    counter.wait(minutes=1)
    assert len(counter.arrived()) == 5
    counter.clock.on(hours=-24 * 365)
    for _ in range(6):
        counter.text("AYUDA")
    counter.wait(minutes=1)
    assert len(counter.arrived()) == 10, "and the loop guard holds in the time that is right"


def test_who_used_up_the_answers_of_a_day_still_hears_what_may_save_a_life(counter: Counter) -> None:
    for _ in range(7):
        counter.text("AYUDA")
    counter.text("mi esposo me quiere matar")
    counter.text("incendio en Villa Copacabana, hay gente atrapada")
    counter.wait(minutes=10)
    left = [kind for kind, state, _ in counter.states() if state in ("sent", "delivered")]
    assert sorted(left) == ["emergency", *["help"] * 5, "protection"]


def test_even_what_may_save_a_life_is_said_five_times_a_day_at_most(counter: Counter) -> None:
    for n in range(9):
        counter.text(f"incendio en Villa Copacabana, hay {n} personas atrapadas")
    counter.wait(minutes=10)
    assert len(counter.arrived()) == 5


@pytest.mark.parametrize("where", ["sqlite", "postgresql"], indirect=True)
def test_five_a_day_hold_for_workers_at_once(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one worker is just sending counts for the other, although nobody has written down yet that it left."""
    monkeypatch.setattr(outbox, "MOST_AT_ONCE", 3)
    for _ in range(10):
        counter.text("AYUDA")
    genuine, calls = twilio.send, []

    def beside_another(*asked: Any) -> Outcome:
        calls.append(1)
        if len(calls) == 1:
            assert counter.work() == 3  # a second worker, while the first one is sending
        outcome: Outcome = genuine(*asked)
        return outcome

    monkeypatch.setattr(twilio, "send", beside_another)
    counter.wait(minutes=5)
    assert len(counter.arrived()) == len(calls) == 5


def test_a_machine_that_says_stop_and_start_for_ever_is_not_answered_for_ever(counter: Counter) -> None:
    for _ in range(12):
        counter.text("BAJA")
        counter.text("ALTA")
        counter.wait(seconds=30)
    assert len(counter.arrived()) <= counter.node.config.outbox.automatic_per_day + 2


def test_stop_is_confirmed_even_after_five_replies(counter: Counter) -> None:
    for _ in range(6):
        counter.text("AYUDA")
    counter.wait(minutes=1)
    counter.text("BAJA")
    counter.wait(minutes=1)
    assert counter.states()[-1][:2] in (("stop_ok", "sent"), ("stop_ok", "delivered"))
    assert len(counter.arrived()) == 6


def test_a_reply_that_waited_a_day_is_not_sent_any_more(counter: Counter) -> None:
    counter.text()
    counter.clock.on(hours=24, seconds=1)
    counter.wait(minutes=5)
    assert counter.states() == [("ack", "failed", "expired")]
    assert counter.arrived() == []


def test_a_doubt_that_lasts_a_day_does_not_send_old_news(counter: Counter) -> None:
    counter.double.faults.drop(1, SEND, accepts=False)
    counter.double.faults.broken(None, 503, LIST)
    counter.text()
    counter.work()
    counter.clock.on(hours=25)
    counter.double.faults.clear()
    counter.wait(minutes=10)
    assert counter.states() == [("ack", "failed", "expired")]
    assert counter.arrived() == []


def test_a_number_that_cannot_be_opened_costs_nobody_else_an_answer(counter: Counter) -> None:
    for phone in (PHONE, OTHER):
        counter.text(number=phone)
    damaged = counter.node.vault.sender(OTHER)
    with counter.node.database.writing() as c:
        c.execute(update(CONTACT).where(CONTACT.c.sender == damaged).values(number=b"damaged"))
    counter.wait(minutes=5)
    assert (len(counter.arrived()), len(counter.arrived(OTHER))) == (1, 0)
    assert [(row["state"], row["reason"]) for row in counter.replies() if row["sender"] == damaged] == [("failed", "no_number")]
