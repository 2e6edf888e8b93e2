"""What a phone was given counts at once; what never left is given back to the caps, once, to the day it was counted on.

What it says it has no longer may have left: the radio had it at that moment. It stays counted, and its news is not told again.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway.decisions import erasing, planning
from gateway.feedback import holding
from gateway.governing import governor
from gateway.journal.tables import Handed, Need, table
from gateway.machine import jobs
from gateway.sending import handing
from tests.channels.town import BOTH, OTHER, PHONE, Town

HANDED, NEED = table(Handed), table(Need)
NEWS = "AGUA S1604 sin agua"


def spent(town: Town) -> tuple[int, int]:
    with town.node.database.reading() as c:
        there = governor.spent(c, town.node, town.clock())
    return there.day, there.month


def given(town: Town) -> str:
    """A reply that lies with the phone, and counts."""
    town.text()
    town.phone.ask()
    assert spent(town) == (1, 1)
    (reply,) = town.phone.outbox
    return reply


def refused(town: Town, reply: str) -> None:
    town.phone.outbox.pop(reply, None)
    town.phone.say(reply, "failed", "Message body is empty")


def on_its_way(town: Town, reply: str) -> None:
    """It is called back while the radio has it: it leaves, and the app says that somebody deleted it."""
    number, words = town.phone.outbox[reply]
    town.phone.air[number, words] += 1
    cancelled(town, reply)


def cancelled(town: Town, reply: str) -> None:
    town.phone.outbox.pop(reply, None)
    town.phone.say(reply, "cancelled", "deleted by user")


def stop(town: Town, reply: str) -> None:
    governor.stop(town.node, by="ana", why="a fault")
    town.phone.ask()
    assert not town.phone.outbox, "it was called back"
    governor.start(town.node)


def erase(town: Town, reply: str) -> None:
    erasing.erase_sender(town.node, PHONE, why="they asked for it", by="ana")
    town.phone.ask()
    assert not town.phone.outbox, "it was called back"


def in_doubt(town: Town, reply: str) -> None:
    town.phone.radio = lambda number: "Timeout while attempting to send message"
    town.phone.transmit()
    assert not town.phone.outbox, "it was called back"


@BOTH
@pytest.mark.parametrize(("label", "happens", "counts"), [
    ("it was sent", lambda town, reply: town.phone.transmit(), 1),
    ("it has no signal and goes on trying", lambda town, reply: town.phone.say(reply, "failed", "no service"), 1),
    ("somebody deleted it in the app", cancelled, 1),
    ("somebody deleted it in the app while it left", on_its_way, 1),
    ("all sending was stopped, so it was called back", stop, 1),
    ("its resident was erased, so it was called back", erase, 1),
    ("the app did not begin to send it", lambda town, reply: town.phone.say(reply, "failed", "Message body is empty"), 0),
    ("Android never said whether it left, so it was called back", in_doubt, 1),
])
def test_what_a_reply_costs_that_lay_with_a_phone(town: Town, label: str, happens: Callable[[Town, str], None], counts: int) -> None:
    reply = given(town)
    happens(town, reply)
    assert spent(town) == (counts, counts), label
    for status, error in (("cancelled", ""), ("failed", "Message body is empty"), ("cancelled", "")):
        if not counts:  # it says so again, as it does when an answer was lost
            town.phone.say(reply, status, error)
    assert spent(town) == (counts, counts), "once, however often it is said"


def test_what_was_counted_yesterday_is_given_back_to_yesterday(town: Town) -> None:
    reply = given(town)
    town.clock.on(hours=20)
    town.text(NEWS, OTHER)
    town.phone.ask()
    assert spent(town) == (1, 2)
    refused(town, reply)
    assert spent(town) == (1, 1), "today's own stays counted"


def test_another_phone_cannot_give_back_what_it_never_had(town: Town) -> None:
    reply = given(town)
    town.phones["roof"].say(reply, "cancelled")
    assert spent(town) == (1, 1)


@pytest.mark.parametrize("more", ["[governor]\nsegments_per_day = 1\n"])
@pytest.mark.parametrize(("label", "happens", "leaves"), [
    ("while the phone has it the day is full", lambda town, reply: None, 0),
    ("what may have left while it was called back leaves no room", on_its_way, 0),
    ("what the app did not begin makes room for the next", refused, 1),
])
def test_the_cap_of_a_day(town: Town, label: str, happens: Callable[[Town, str], None], leaves: int, more: str) -> None:
    happens(town, given(town))
    town.text(NEWS, OTHER)
    town.turn()
    assert town.air(OTHER) == leaves, label


def sent(town: Town, reply: str) -> None:
    town.phone.transmit()


@pytest.mark.parametrize(("label", "happens", "heard"), [
    ("what was sent", sent, 1),
    ("what somebody deleted in the app", cancelled, 0),
    ("what somebody deleted in the app while it left", on_its_way, 1),
    ("what was called back while all was stopped", stop, 0),
    ("what Android did not say of whether it left", in_doubt, 0),
    ("what was said to somebody who wants no more", lambda town, reply: (cancelled(town, reply), town.text("BAJA")), 0),
])
@pytest.mark.parametrize("days", [0, 3], ids=["at once", "days later"])
def test_news_that_may_have_left_is_not_told_again(town: Town, label: str, happens: Callable[[Town, str], object], heard: int, days: int
                                                   ) -> None:
    """Never twice is worth more than told late: the next change is told, and who asks is answered."""
    town.text()
    town.turn()
    jobs.work(town.node)
    with town.node.database.reading() as c:
        need = c.execute(select(NEED.c.id)).scalar_one()
    planning.change_status(town.node, need, "verified", note="", by="ana", after=None)
    _days_go_on(town, hours=3)
    town.phone.ask()
    (news,) = town.phone.outbox
    if days:
        _days_go_on(town, hours=24 * days)
    happens(town, news)
    if happens is not in_doubt:
        town.phone.radio = lambda number: ""
    for _ in range(6):
        _days_go_on(town, hours=12)
        town.turn()
    assert len([kind for kind, *_ in town.states() if kind == "news_verified"]) == 1, label
    read = {text: count for (_, text), count in town.phone.air.items() if text.startswith("Aviso ")}
    assert sum(read.values()) == heard, (label, read)


@pytest.mark.parametrize(("label", "happens", "left"), [
    ("nothing happens", lambda town, need: None, 1),
    ("a planner holds it back", lambda town, need: holding.hold(town.node, need, why="a name in it", by="ana"), 0),
    ("it is true no longer", lambda town, need: planning.change_status(town.node, need, "rejected", note="", by="ana", after=None), 0),
])
def test_news_that_waits_in_a_phone_for_a_signal_while(town: Town, label: str, happens: Callable[[Town, str], object], left: int) -> None:
    town.text()
    town.turn()
    jobs.work(town.node)
    with town.node.database.reading() as c:
        need = c.execute(select(NEED.c.id)).scalar_one()
    planning.change_status(town.node, need, "verified", note="", by="ana", after=None)
    _days_go_on(town, hours=3)
    town.phone.radio = lambda number: "no service"
    town.turn()
    happens(town, need)
    town.phone.ask()
    town.phone.radio = lambda number: ""
    town.phone.transmit()
    assert sum(count for (_, text), count in town.phone.air.items() if "confirmado" in text) == left, label


def _days_go_on(town: Town, hours: int) -> None:
    town.clock.on(hours=hours)
    for _ in range(3):
        jobs.work(town.node)


def test_a_phone_gives_back_nothing_that_another_has(town: Town) -> None:
    """Else news would leave twice: once from the phone that has it, once more because it was told to nobody."""
    reply = given(town)
    town.phones["roof"].say(reply, "cancelled", "deleted by user")
    assert [state for _, state, *_ in town.states()] == ["uncertain"]
    town.phone.transmit()
    assert [state for _, state, *_ in town.states()] == ["sent"]
    assert spent(town) == (1, 1)


@BOTH
@pytest.mark.parametrize(("label", "happens", "calls"), [
    ("sent and said so: nothing is called back", lambda town: town.phone.transmit(), 0),
    ("still with the phone: it is called back once", lambda town: None, 1),
])
def test_of_whom_is_erased_a_phone_is_not_asked_for_ever(town: Town, label: str, happens: Callable[[Town], object], calls: int) -> None:
    reply = given(town)
    happens(town)
    erase(town, reply)
    for _ in range(4):
        town.turn()
    assert sum(event["event"] == "cancel" for events in town.phone.answers for event in events) == calls, label
    assert spent(town) == (1, 1)
    with town.node.database.reading() as c:
        kept = c.execute(select(HANDED.c.reply, HANDED.c.segments)).all()
    assert [row.segments for row in kept] == [1], "the phone's hour still counts it"
    assert reply not in str(kept), "and names it no more"


def test_what_was_sent_and_said_after_the_erasing_is_not_called_back_either(town: Town) -> None:
    reply = given(town)
    town.phone.lose = lambda action: "request" if action == "send_status" else ""
    town.phone.transmit()
    erasing.erase_sender(town.node, PHONE, why="they asked for it", by="ana")
    town.phone.lose = lambda action: ""
    town.phone.ask()
    assert town.phone.answers[-1] == [{"event": "cancel", "id": reply}], "nobody knows yet whether it left"
    town.phone.say_again()
    town.phone.ask()
    assert town.phone.answers[-1] == []


def test_what_a_phone_never_got_keeps_nothing_from_being_called_back(town: Town) -> None:
    """The answers of many questions were lost; among what they held lies one that the phone does have."""
    real = given(town)
    with town.node.database.writing() as c:
        row = dict(c.execute(select(HANDED)).mappings().one())
        for n in range(120):
            c.execute(HANDED.insert().values(row | {"reply": f"lost{n:03d}", "at": f"2026-11-25T15:0{n % 10}:00.000Z"}))
    governor.stop(town.node, by="ana", why="a fault")
    for _ in range(60):
        town.clock.on(minutes=5)
        town.phone.ask()
    assert real not in town.phone.outbox
    assert max(len(events) for events in town.phone.answers) <= handing.MOST_CALLED_BACK + handing.BY_LOT


@pytest.mark.parametrize(("label", "happens"), [
    ("said stop meanwhile", lambda town: town.text("BAJA", PHONE, by="roof")),
    ("was erased meanwhile", lambda town: erasing.erase_sender(town.node, PHONE, why="they asked for it", by="ana")),
    ("waits for something that is too old by now", lambda town: None),
])
def test_a_phone_that_was_off_for_days_is_told_to_drop_what_is_for_somebody_who(town: Town, label: str, happens: Callable[[Town], object]
                                                                               ) -> None:
    reply = given(town)
    happens(town)
    town.turn("roof")
    for _ in range(5):
        town.clock.on(hours=24)
        town.turn("roof")
    town.phone.ask()
    assert reply not in town.phone.outbox, label


def test_what_nobody_spoke_of_for_a_month_is_forgotten(town: Town) -> None:
    given(town)
    town.phone.outbox.clear()  # the phone was lost
    for days in (3, 28):
        with town.node.database.reading() as c:
            assert c.execute(select(HANDED.c.reply)).all(), days
        town.clock.on(hours=24 * days)
        town.turn("roof")
    with town.node.database.reading() as c:
        assert not c.execute(select(HANDED.c.reply)).all()
