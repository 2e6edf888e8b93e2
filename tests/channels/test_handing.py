"""Replies that a phone comes for: who may have them, and when; which phone, and how many."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from sqlalchemy import select, update

from gateway.decisions.erasing import erase_sender
from gateway.governing import duty, governor
from gateway.machine import jobs
from gateway.sending import handing
from tests.channels.handset import Handset
from tests.channels.town import BOTH, OTHER, PHONE, REPLY, Town
from tests.patience import LONG

# --------------------------------------------------------------------------------------------------------- all is well

@BOTH
def test_a_text_is_answered_by_the_phone_that_brought_it(town: Town) -> None:
    town.text()
    town.work()
    assert town.states() == [("ack", "queued", None)], "nobody but a phone takes it"
    town.phone.ask()
    assert town.states() == [("ack", "uncertain", "handed")]
    town.phone.transmit()
    assert town.states() == [("ack", "sent", None)]
    assert (town.air(), town.waiting()) == (1, 0)
    town.turn()
    assert town.air() == 1


def test_the_phone_gets_what_a_person_must_read_first(town: Town) -> None:
    town.text("AYUDA")
    town.text("incendio en Villa Copacabana, hay gente atrapada", OTHER)
    town.phone.ask()
    (event,) = town.phone.answers[-1]
    assert isinstance(event["messages"], list)
    assert sorted((m["to"], m["priority"]) for m in event["messages"]) == [(PHONE, 2), (OTHER, 3)]
    assert set(event["messages"][0]) == {"id", "to", "message", "priority"}


@pytest.mark.parametrize("action", ["test", "device_status", "amqp_started", "forward_sent", "something_new", ""])
def test_what_asks_for_nothing_gets_nothing(town: Town, action: str) -> None:
    town.text()
    assert town.phone.post(action) == []
    assert town.states() == [("ack", "queued", None)]


def test_a_call_is_left_aside_with_a_line(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert town.phone.post("incoming", **{"from": PHONE, "message": "", "message_type": "call", "timestamp": str(town.ms())}) == []
    assert town.states() == []
    assert "phone office: a call is left aside" in caplog.text
    assert PHONE[-8:] not in caplog.text


# ------------------------------------------------------------------------------------------- who may be written to, when

@pytest.mark.parametrize(("label", "more", "texts", "expected"), [
    ("a number of another country", "", [("AYUDA", "+19005550100")], {"not_served"}),
    ("six questions a day", "", [("AYUDA", PHONE)] * 6, {"loop_guard"}),
    ("a cap of the day", "\n[governor]\nsegments_per_day = 1\n", [("AYUDA", PHONE), ("AYUDA", OTHER)], set()),
    ("who said stop", "", [("AYUDA", PHONE), ("BAJA", PHONE)], {"opted_out"}),
])
def test_the_rules_hold_for_phones_too(town: Town, label: str, more: str, texts: list[tuple[str, str]], expected: set[str]) -> None:
    for words, number in texts:
        town.text(words, number)
    town.turn()
    town.turn()
    assert {reason for _, state, reason in town.states() if state == "failed"} == expected
    assert sum(town.phone.air.values()) == {"six questions a day": 5, "who said stop": 1, "a cap of the day": 1}.get(label, 0)


def test_no_news_at_night(town: Town) -> None:
    town.text()
    with town.node.database.writing() as c:
        c.execute(update(REPLY).values(kind="news_work"))
    town.turn(hours=12)
    assert town.air() == 0
    with town.node.database.writing() as c:
        c.execute(update(REPLY).values(kind="ack"))  # as the journal has it


def test_what_no_phone_comes_for_expires_by_itself(town: Town) -> None:
    town.text()
    town.clock.on(hours=25)
    town.work()
    assert town.states() == [("ack", "failed", "expired")]
    town.turn()
    assert town.air() == 0


@BOTH
def test_when_all_is_stopped_nothing_is_handed_over_and_what_lies_with_the_phone_is_called_back(town: Town) -> None:
    town.text()
    town.phone.ask()
    governor.stop(town.node, by="ana", why="test")
    town.text("AYUDA")
    town.turn()
    assert (town.air(), town.states()) == (0, [("ack", "uncertain", "called_back"), ("help", "queued", None)])
    governor.start(town.node)
    town.turn()
    assert town.air() == 1


@BOTH
@pytest.mark.parametrize(("label", "turns"), [("says stop", "BAJA"), ("is erased", ""), ("waits for a day", "")])
def test_what_lies_with_the_phone_is_called_back_when_its_resident(town: Town, label: str, turns: str) -> None:
    town.text()
    town.phone.ask()
    assert len(town.phone.outbox) == 1
    if turns:
        town.text(turns)
    elif label == "is erased":
        erase_sender(town.node, PHONE, why="asked", by="ana")
    else:
        town.clock.on(hours=25)
    town.turn()
    assert town.air() == bool(turns), "the confirmation of a stop leaves, and nothing else"
    assert town.phone.outbox == {}


@BOTH
@pytest.mark.parametrize("more", ["\n[governor]\nsegments_per_day = 7\n"])
def test_caps_hold_for_two_phones_at_once(town: Town, more: str) -> None:
    """Nobody wrote to the second phone: it takes what the first does not, as if that were silent."""
    for n in range(20):
        town.text("AYUDA", f"+591700001{n:02d}")
    together = threading.Barrier(2)

    def ask(phone: Handset) -> None:
        together.wait(LONG)
        phone.ask()

    asking = [threading.Thread(target=ask, args=(phone,)) for phone in town.phones.values()]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    given = sum((phone.given for phone in town.phones.values()), Counter())
    assert (len(given), set(given.values())) == (7, {1})


@pytest.mark.parametrize("more", ['\n[outbox]\nchannel = "android"\n'])
def test_whoever_is_on_duty_is_told_by_a_phone(town: Town, more: str) -> None:
    duty.add(town.node, "guardia", OTHER)
    town.text("incendio en Kupini, hay gente atrapada")
    while jobs.classify_due(town.node):
        pass
    town.turn()
    assert (town.air(PHONE), town.air(OTHER)) == (1, 1)


# ------------------------------------------------------------------------------------------- which phone, and how much

@BOTH
def test_a_reply_leaves_by_the_phone_that_its_resident_wrote_to(town: Town) -> None:
    town.turn("office")
    town.turn("roof")
    town.text("AYUDA", PHONE, by="office")
    town.text("AYUDA", OTHER, by="roof")
    town.turn("office")
    assert (town.phones["office"].air.total(), town.phones["roof"].air.total()) == (1, 0)
    town.turn("roof")
    assert (town.air(PHONE), town.air(OTHER), town.phones["roof"].air.total()) == (1, 1, 1)


def test_another_phone_takes_over_from_one_that_is_silent(town: Town) -> None:
    town.turn("roof")
    town.text("AYUDA", OTHER, by="roof")
    town.phones["roof"].ask = lambda: None  # type: ignore[method-assign]
    town.turn("office", minutes=5)
    assert town.air(OTHER) == 0
    town.turn("office", minutes=15)
    assert town.air(OTHER) == 1


def test_a_phone_without_signal_is_given_no_more_than_a_few(town: Town) -> None:
    for n in range(60):
        town.text("AYUDA", f"+591700001{n:02d}")
    town.phone.radio = lambda number: "no service"
    for _ in range(8):
        town.turn(seconds=20)
    assert len(town.phone.given) == handing.MOST_WITH_A_PHONE
    assert town.standing()["office"].trouble == "no_service"
    assert town.standing()["office"].queue == handing.MOST_WITH_A_PHONE
    town.phone.radio = lambda number: ""
    for _ in range(12):
        town.turn(seconds=20)
    assert (sum(town.phone.air.values()), max(town.phone.air.values())) == (60, 1)
    assert (town.standing()["office"].trouble, town.standing()["office"].queue) == (None, 0)


@pytest.mark.parametrize("more", ["segments_per_hour = 10\n"])
def test_a_phone_is_given_so_much_an_hour(town: Town, more: str) -> None:
    for n in range(30):
        town.text("OBRAS S1604", f"+591700001{n:02d}")
    for _ in range(20):
        town.turn(seconds=30)
    with town.node.database.reading() as c:
        handed = sum(c.execute(select(handing.HANDED.c.segments)).scalars())
    assert 10 <= handed <= 11, "a text may be one segment longer than the room"
    assert town.standing()["office"].trouble == "hour_full"
    town.turn(minutes=61)
    assert town.standing()["office"].trouble is None
    assert len(town.phone.given) > handed // 2


@pytest.mark.parametrize(("label", "more", "sends"), [
    ("our own cap of an hour is used up", "segments_per_hour = 10\n", 100),
    ("what the app sends in an hour is nearly used up", "", 20),
])
def test_an_emergency_is_answered_though_the_hour_is_full(town: Town, label: str, more: str, sends: int) -> None:
    town.phone.send_limit = sends
    for n in range(30):
        town.text("OBRAS S1604", f"+591700001{n:02d}")
    for _ in range(10):
        town.turn(seconds=30)
    before = len(town.phone.given)
    assert 0 < before < 30, "the hour is full"
    town.text("incendio en Villa Copacabana, hay gente atrapada", OTHER)
    town.turn(seconds=30)
    assert (town.air(OTHER), len(town.phone.given) - before) == (1, 1), label


def test_an_emergency_is_answered_before_what_waits_longer(town: Town) -> None:
    for n in range(15):
        town.text("AYUDA", f"+591700001{n:02d}")
    town.text("incendio en Villa Copacabana, hay gente atrapada", OTHER)
    town.phone.ask()
    (event,) = town.phone.answers[-1]
    assert isinstance(event["messages"], list)
    assert (event["messages"][0]["to"], len(event["messages"])) == (OTHER, handing.MOST_AT_ONCE)


def test_an_app_that_reads_xml_only_is_given_nothing(town: Town) -> None:
    town.text()
    town.phone.version = 27
    town.turn()
    assert (town.states(), town.standing()["office"].version) == ([("ack", "queued", None)], 27)
