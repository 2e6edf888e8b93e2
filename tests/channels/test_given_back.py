"""What a phone was given counts at once; what it says never left is given back to the caps, once, to the day it was counted on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway.decisions import erasing, planning
from gateway.governing import governor
from gateway.journal.tables import Handed, Need, table
from gateway.machine import jobs
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
    ("somebody deleted it in the app", cancelled, 0),
    ("all sending was stopped, so it was called back", stop, 0),
    ("its resident was erased, so it was called back", erase, 0),
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
    cancelled(town, reply)
    assert spent(town) == (1, 1), "today's own stays counted"


def test_another_phone_cannot_give_back_what_it_never_had(town: Town) -> None:
    reply = given(town)
    town.phones["roof"].say(reply, "cancelled")
    assert spent(town) == (1, 1)


@pytest.mark.parametrize("more", ["[governor]\nsegments_per_day = 1\n"])
@pytest.mark.parametrize(("label", "happens", "leaves"), [
    ("while the phone has it the day is full", lambda town, reply: None, 0),
    ("given back, it makes room for the next", cancelled, 1),
])
def test_the_cap_of_a_day(town: Town, label: str, happens: Callable[[Town, str], None], leaves: int, more: str) -> None:
    happens(town, given(town))
    town.text(NEWS, OTHER)
    town.turn()
    assert town.air(OTHER) == leaves, label


def sent(town: Town, reply: str) -> None:
    town.phone.transmit()


@pytest.mark.parametrize(("label", "happens", "again"), [
    ("what a phone gave back is told again", cancelled, 1),
    ("what was sent is not", sent, 0),
    ("what may have left is not", in_doubt, 0),
    ("what was said to somebody who wants no more is not", lambda town, reply: (cancelled(town, reply), town.text("BAJA")), 0),
])
@pytest.mark.parametrize("days", [0, 3], ids=["at once", "days later"])
def test_news_that_a_phone_gave_back_told_nothing(town: Town, label: str, happens: Callable[[Town, str], object], again: int, days: int
                                                  ) -> None:
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
    assert len([kind for kind, *_ in town.states() if kind == "news_verified"]) == 1 + again, label
    heard = {text: count for (_, text), count in town.phone.air.items() if text.startswith("Aviso ")}
    assert sum(heard.values()) == (1 if again or happens is sent else 0), (label, heard)


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
