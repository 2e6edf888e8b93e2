"""Replies that a phone comes for: who may have them, once, whatever breaks; and what the phone says of itself."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import Connection, select, update

from gateway import doctor, duty, governor, handing, handsets, health, intake, jobs, outbox
from gateway.channels import android
from gateway.channels.values import Request
from gateway.erasing import erase_sender
from gateway.errors import Problem
from gateway.journal import tasks
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Reply, table
from gateway.node import Node
from tests.channels.handset import OFFICE, PASSWORD, ROOF, SECTION, Handset
from tests.conftest import Clock
from tests.patience import LONG

REPLY = table(Reply)
PHONE, OTHER = "+59170000001", "+59170000002"
URL = "http://127.0.0.1:8000/channels/android/inbound"
BOTH = pytest.mark.parametrize("where", ["sqlite", "postgresql"], indirect=True)


@dataclass
class Town:
    """A node, its phone, and the residents; the phone's requests go the way of the door, without HTTP."""

    node: Node
    clock: Clock
    phones: dict[str, Handset] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = android.settings(self.node.config)
        for name, number in (("office", OFFICE), ("roof", ROOF)):
            self.phones[name] = Handset(URL, self.wire, self.ms, number)
        self.phone = self.phones["office"]

    def ms(self) -> int:
        return int(self.clock().timestamp() * 1000)

    def wire(self, url: str, kind: str, signature: str, body: bytes) -> bytes:
        request = Request(url, kind, {"X-Request-Signature": signature}, body, self.clock())
        params = android.verify(request, self.known)
        if android.is_text(params):
            with self.node.database.writing() as c:
                intake.receive(c, self.node, [android.read(params, request)])
            return android.answer([])
        return android.answer(handing.answer(self.node, params))

    def text(self, words: str = "AGUA S1604 sin agua", number: str = PHONE, by: str = "office") -> None:
        self.clock.on(seconds=1)
        self.phones[by].get(number, words, self.ms() - 500)
        self.phones[by].forward()

    def turn(self, by: str = "office", **span: float) -> None:
        """The phone asks, sends, and says so; the worker does what is for it to do."""
        self.clock.on(**(span or {"seconds": 60}))
        self.phones[by].ask()
        self.phones[by].transmit()
        self.work()

    def work(self) -> None:
        while outbox.send_due(self.node):
            pass

    def states(self) -> list[tuple[str, str, str | None]]:
        with self.node.database.reading() as c:
            rows = c.execute(select(REPLY.c.kind, REPLY.c.state, REPLY.c.reason).order_by(REPLY.c.queued_at, REPLY.c.id)).all()
        return [(kind, state, reason) for kind, state, reason in rows]

    def air(self, number: str = PHONE) -> int:
        return sum(count for phone in self.phones.values() for (to, _), count in phone.air.items() if to == number)

    def standing(self) -> dict[str, handsets.Handset]:
        with self.node.database.reading() as c:
            return {phone.name: phone for phone in handsets.standing(c)}

    def waiting(self) -> int:
        with self.node.database.reading() as c:
            return len(c.execute(select(outbox.TASK.c.subject).where(outbox.TASK.c.kind == "send")).all())


@pytest.fixture
def where(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("postgres_url")) if getattr(request, "param", "") == "postgresql" else "sqlite:///barrio.db"


@pytest.fixture
def more() -> str:
    return ""


@pytest.fixture
def town(make_node: Callable[..., Node], clock: Clock, where: str, more: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Whatever a test did, the journal folds to the tables that stand."""
    monkeypatch.setenv("BARRIO_ANDROID_PASSWORD", PASSWORD)
    made = Town(make_node(database_url=where, extra=SECTION + more), clock)
    yield made
    rebuild(made.node.database, verify=True)


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
    assert (town.air(), [state for _, state, _ in town.states()]) == (0, ["failed", "queued"])
    assert town.states()[0] == ("ack", "failed", "withdrawn")
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
    town.turn(minutes=61)
    assert len(town.phone.given) > handed // 2


def test_an_app_that_reads_xml_only_is_given_nothing(town: Town) -> None:
    town.text()
    town.phone.version = 27
    town.turn()
    assert (town.states(), town.standing()["office"].version) == ([("ack", "queued", None)], 27)


# --------------------------------------------------------------------------------------------------- once, whatever breaks

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


def signed(fields: dict[str, str]) -> tuple[str, str, str, bytes]:
    return URL, "application/x-www-form-urlencoded", android.signature(URL, fields, PASSWORD), urlencode(fields).encode()


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


def test_what_a_person_deletes_in_the_app_has_failed(town: Town) -> None:
    town.text()
    town.phone.ask()
    (reply,) = town.phone.outbox
    del town.phone.outbox[reply]
    town.phone.say(reply, "cancelled", "deleted by user")
    assert town.states() == [("ack", "failed", "withdrawn")]


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
    monkeypatch.setattr(handing, "tasks", SimpleNamespace(claim=tasks.claim, take_off=leave_there))
    monkeypatch.setattr(handing, "ledger", SimpleNamespace(write=lambda *_, **__: []))
    monkeypatch.setattr(handing, "insert", lambda *_: None)
    town.phone.lose = lambda action: "request" if action == "send_status" else ""
    town.turn()
    town.phone.die()
    town.turn()
    assert town.air() == 2


# ------------------------------------------------------------------------------------------------------- how phones are

def test_how_the_phones_are(town: Town) -> None:
    town.phones["roof"].battery = 11
    town.turn("office")
    town.phones["roof"].post("device_status", status="battery_low")
    town.turn("office")
    office, roof = town.standing()["office"], town.standing()["roof"]
    assert (office.battery, office.power, office.network, office.trouble) == (83, "battery", "WIFI", None)
    assert (roof.battery, roof.trouble, roof.trouble_at) == (11, "battery_low", roof.last_heard)
    assert office.last_heard == town.clock()
    assert abs(office.skew) <= 1
    town.phones["roof"].post("device_status", status="power_connected")
    assert town.standing()["roof"].trouble is None
    town.phones["roof"].post("device_status", status="send_limit_exceeded")
    assert town.standing()["roof"].trouble == "send_limit"


def test_a_phone_that_brings_a_text_is_heard(town: Town) -> None:
    handing.overhear(town.node, {"action": "incoming", "phone": "p1", "name": "office", "now": str(town.ms()), "battery": "50"})
    assert town.standing()["office"].battery == 50


def test_a_skew_of_its_clock_is_noted(town: Town) -> None:
    town.phone.post("test", now=str(town.ms() + 600_000))
    assert town.standing()["office"].skew == 600


def test_a_phone_that_is_no_longer_ours_is_forgotten(town: Town) -> None:
    handing.overhear(town.node, {"action": "incoming", "phone": "old", "name": "old", "now": str(town.ms())})
    town.turn()
    assert set(town.standing()) == {"office"}


def test_no_number_stands_in_what_is_kept_of_a_phone(town: Town) -> None:
    town.text()
    town.turn()
    with town.node.database.reading() as c:
        kept = str(c.execute(select(handsets.PHONE)).all()) + str(c.execute(select(handsets.HANDED)).all())
    assert [number for number in (OFFICE, PHONE) if number[-8:] in kept] == []


def test_the_doctor_says_how_the_phones_are(town: Town) -> None:
    def said() -> str:
        return "\n".join(str(finding) for finding in doctor.examine(town.node.config) if finding.subject == "android")

    assert "phone office was never heard" in said()
    town.phone.battery = 12
    town.phone.post("test", now=str(town.ms() - 300_000))
    assert "battery 12 % and not charging" in said()
    assert "its clock is 300 s behind" in said()
    assert "silent since" in said(), "by the doctor's own clock"


def test_the_box_is_unwell_when_replies_wait_and_no_phone_comes(town: Town) -> None:
    town.text("AYUDA")
    town.clock.on(seconds=200)
    assert health.faults(town.node) == []
    town.clock.on(minutes=20)
    (fault,) = health.faults(town.node)
    assert fault.startswith("phones: 1 replies wait to be fetched")
    town.turn()
    assert health.faults(town.node) == []


def test_a_database_that_is_away_is_said_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.node.database.doubt = "gone"
    with pytest.raises(Problem) as fault:
        town.phone.ask()
    assert fault.value.code == "database.away"
    town.node.database.doubt = None
    town.phone.ask()
