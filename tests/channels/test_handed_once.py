"""A reply is handed to a phone once, whatever breaks on either side and between them."""

from __future__ import annotations

import json
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from gateway.journal import tasks
from gateway.sending import handing, outbox
from tests.channels.town import BOTH, OTHER, REPLY, Town, signed


class Killed(BaseException):
    """The process is gone."""


STEPS = [("before anything is claimed", handing.governor, "stopped", 1),
         ("when who may be written to is known", handing.ledger, "write", 1),
         ("when it is written down", handing.tasks, "take_off", 1), ("before the commit", handing, "insert", 1),
         ("after the commit, before the answer", handing, "_spoken", 0)]


@BOTH
@pytest.mark.parametrize(("label", "module", "name", "heard"), STEPS)
def test_a_kill_at_any_step_leads_to_one_sms_at_most(town: Town, label: str, module: Any, name: str, heard: int,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    town.text()

    def killed(*_: Any, **__: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(module, name, killed)
        with pytest.raises(Killed):
            town.turn()
    for _ in range(5):
        town.turn(minutes=10)
    assert (town.air(), town.states()[0][1]) == (heard, "sent" if heard else "uncertain")


@BOTH
@pytest.mark.parametrize(("label", "fate", "heard", "state"), [
    ("the question never arrives", "request", 1, "sent"),
    ("the answer is lost", "answer", 0, "uncertain"),
])
def test_a_question_that_fails(town: Town, label: str, fate: str, heard: int, state: str) -> None:
    town.text()
    town.phone.lose = lambda action: fate if action == "outgoing" else ""
    town.turn()
    town.phone.lose = lambda action: ""
    for _ in range(5):
        town.turn(minutes=10)
    assert (town.air(), town.states()[0][1]) == (heard, state)


@pytest.mark.parametrize(("label", "when", "heard", "state"), [
    ("before it sends", "before", 1, "sent"),
    ("after it sent and before it says so", "after", 1, "uncertain"),
])
def test_a_phone_that_dies(town: Town, label: str, when: str, heard: int, state: str) -> None:
    """What it has stands on its disk; what it did not say is lost with it."""
    town.text()
    town.phone.ask()
    if when == "after":
        town.phone.lose = lambda action: "request"
        town.phone.transmit()
    town.phone.die()
    town.phone.lose = lambda action: ""
    for _ in range(5):
        town.turn(minutes=10)
    assert (town.air(), town.states()[0][1]) == (heard, state)


def test_the_same_question_twice_is_answered_once(town: Town) -> None:
    """The app's HTTP library may post again what it believes lost; a stranger on the LAN may, too."""
    town.text()
    fields = town.phone.fields("outgoing", {})
    bodies = [json.loads(town.wire(*signed(fields)))["events"] for _ in range(3)]
    assert [len(events) for events in bodies] == [1, 0, 0]


@pytest.mark.parametrize(("label", "clocks", "given"), [
    ("it goes on", [0, 60, 120], [True, True, True]),
    ("it stands for years, and goes on", [-700_000_000, -699_999_940, -699_999_880], [True, True, True]),
    ("it falls back: what it asks looks like a question of before", [0, -3600, -3540], [True, False, False]),
    ("it falls back, and is set right", [0, -3600, 180], [True, False, True]),
    ("it was a year ahead, and is set right", [31_536_000, 60, 120], [True, True, True]),
    ("it was a year ahead, and is set wrong", [31_536_000, 7200, 7260], [True, False, False]),
])
def test_the_clock_of_a_phone(town: Town, label: str, clocks: list[int], given: list[bool]) -> None:
    found = []
    for n, seconds in enumerate(clocks):
        town.text("AYUDA", f"+5917000010{n}")
        fields = town.phone.fields("outgoing", {"now": str(START_MS + (seconds + 1) * 1000)})
        found.append(bool(json.loads(town.wire(*signed(fields)))["events"]))
        town.clock.on(seconds=60)
    assert found == given
    assert (town.standing()["office"].trouble == "clock_back") == (not given[-1])


@pytest.mark.parametrize("more", ["segments_per_hour = 10\n"])
def test_a_box_whose_clock_was_a_year_ahead_hands_over_once_it_is_right(town: Town, more: str) -> None:
    town.clock.on(hours=24 * 365)
    for n in range(30):
        town.text("AYUDA", f"+591700001{n:02d}")
    for _ in range(4):
        town.turn()
    full = len(town.phone.given)
    town.clock.on(hours=-24 * 365)
    town.text("AYUDA", OTHER)
    town.turn()
    assert len(town.phone.given) > full
    assert town.standing()["roof" if "roof" in town.standing() else "office"].trouble != "hour_full"


START_MS = 1_795_608_000_000


@pytest.mark.parametrize(("label", "error", "retried", "expected"), [
    ("no signal: the app tries again", "no service", True, (1, "sent")),
    ("refused by the network: likewise", "generic failure", True, (1, "sent")),
    ("Android never said: it is called back and stays in doubt", "Timeout while attempting to send message", False, (0, "uncertain")),
    ("what the app does not begin is over", "Message body is empty", True, (1, "failed")),
])
def test_an_sms_that_did_not_leave(town: Town, label: str, error: str, retried: bool, expected: tuple[int, str]) -> None:
    town.text()
    town.phone.radio = lambda number: error
    town.turn()
    assert bool(town.phone.outbox) == retried
    town.phone.radio = lambda number: ""
    town.turn()
    assert (town.air(), town.states()[0][1]) == expected
    town.turn()
    assert town.phone.answers[-1] == [], "what is settled is not spoken of again"


def test_after_a_restore_what_may_have_left_is_not_handed_over(town: Town) -> None:
    """As `barrio restore` leaves the list: what waited when the backup was made may have been handed over since."""
    town.text()
    with town.node.database.writing() as c:
        c.execute(update(outbox.TASK).where(outbox.TASK.c.kind == "send").values(attempts=1, leased_until="0000"))
    town.turn()
    assert (town.air(), town.states(), town.waiting()) == (0, [("ack", "uncertain", "interrupted")], 0)


def test_a_phone_ends_the_doubt_that_a_restore_left(town: Town) -> None:
    town.text()
    with town.node.database.reading() as c:
        (reply,) = c.execute(select(REPLY.c.id)).scalars()
    town.phone.say(reply, "sent")
    town.turn()
    assert (town.air(), town.states(), town.waiting()) == (0, [("ack", "sent", None)], 0)


def test_what_a_person_deletes_in_the_app_may_have_left(town: Town) -> None:
    town.text()
    town.phone.ask()
    (reply,) = town.phone.outbox
    del town.phone.outbox[reply]
    town.phone.say(reply, "cancelled", "deleted by user")
    assert town.states() == [("ack", "uncertain", "called_back")]
    town.phone.say(reply, "failed", "no service")  # of a try before, come late
    assert town.states() == [("ack", "uncertain", "called_back")]
    town.phone.say(reply, "sent")
    assert town.states() == [("ack", "sent", None)], "what the phone does know ends the doubt"


def test_a_status_of_a_reply_of_another_road_moves_nothing(town: Town) -> None:
    town.text()
    with town.node.database.writing() as c:
        c.execute(update(REPLY).values(channel="twilio"))
        (reply,) = c.execute(select(REPLY.c.id)).scalars()
    for status in ("sent", "failed", "cancelled"):
        town.phone.say(reply, status, "no service" if status == "failed" else "")
    assert town.states() == [("ack", "queued", None)]
    with town.node.database.writing() as c:
        c.execute(update(REPLY).values(channel="android"))


@BOTH
def test_two_hundred_texts_in_a_storm(town: Town) -> None:
    """Every fourth request fails on its way or on its way back, and the phone dies now and then."""
    storm(town)
    assert set(town.phone.given.values()) == {1}, "nothing was handed over twice"
    assert set(Counter(number for number, _ in town.phone.air.elements()).values()) == {1}, "nobody got two answers"
    lost = [state for _, state, _ in town.states() if state != "sent"]
    assert set(lost) == {"uncertain"}, "what is not sent is in doubt, for a person to see"
    assert sum(town.phone.air.values()) + len(lost) >= 200


def storm(town: Town, texts: int = 200) -> None:
    fates = iter(["", "", "answer", "", "", "", "request", ""] * 10_000)
    town.phone.lose = lambda action: next(fates)
    for n in range(texts):
        town.phone.get(f"+5917001{n:04d}", "AYUDA", town.ms() - 1)
    while town.phone.inbox:
        town.phone.forward()
    assert len(town.states()) == texts, "none is lost on the way in, none counts twice"
    for n in range(texts // 2):
        town.turn(seconds=60)
        town.phone.say_again()
        if n % 7 == 6:
            town.phone.die()
            town.clock.on(minutes=11)


def test_what_is_handed_over_until_it_is_reported_is_sent_twice(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: give again what nobody reported, and the phones of residents ring twice."""
    def leave_there(c: Connection, kind: str, subjects: list[str]) -> None:
        tasks.postpone(c, kind, dict.fromkeys(subjects, town.clock()))

    town.text()
    monkeypatch.setattr(handing, "tasks", SimpleNamespace(claim=tasks.claim, take_off=leave_there, lately=tasks.lately))
    monkeypatch.setattr(handing, "ledger", SimpleNamespace(write=lambda *_, **__: []))
    monkeypatch.setattr(handing, "insert", lambda *_: None)
    town.phone.lose = lambda action: "request" if action == "send_status" else ""
    town.turn()
    town.phone.die()
    town.turn()
    assert town.air() == 2
