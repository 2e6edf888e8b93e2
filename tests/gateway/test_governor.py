"""Who is written to, when, and how much it may cost: each rule by itself, and the caps under sixteen workers at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gateway import cli
from gateway.channels import console
from gateway.channels.values import Failed, Uncertain
from gateway.governing import governor
from gateway.journal import ledger, tasks
from gateway.journal.canonical import derived_id, iso
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.facts.residents import MessageReceived
from gateway.journal.rows import insert
from gateway.journal.tables import Contact, Meter, Reply, table
from gateway.node import Node
from gateway.sending import outbox
from gateway.words.replies import KINDS
from tests.conftest import Clock, MakeNode

CONTACT, METER, REPLY = table(Contact), table(Meter), table(Reply)
NIGHT = {"hours": 14}  # from eight in the morning to ten in the evening


def queue(node: Node, kind: str, phone: str = "+59170000001", *, n: int = 1, segments: int = 1, hours_ago: float = 0,
          text: str | None = None) -> list[str]:
    """Replies in the outbox, each of words of its own; the first of a phone answers a text that came so long ago."""
    sender = derived_id("phone", phone)
    replies = []
    with node.database.writing() as c:
        if not c.execute(select(CONTACT.c.sender).where(CONTACT.c.sender == sender)).first():
            insert(c, CONTACT, [{"sender": sender, "channel": "console", "number": node.vault.seal(phone.encode())}])
        for i in range(n):
            answers = governor.class_of(kind) == governor.ACKNOWLEDGEMENT
            message = derived_id("m", phone, kind, str(i), iso(node.now())) if answers else None
            if message:
                ledger.write(c, node.origin, [MessageReceived(message=message, sender=sender, channel="console", provider_id=message,
                                                              text="x", received_at=iso(node.now() - timedelta(hours=hours_ago)))],
                             at=node.now(), by="resident")
            reply = derived_id("r", phone, kind, str(i), iso(node.now()))
            ledger.write(c, node.origin, [ReplyQueued(
                reply=reply, sender=sender, channel="console", kind=kind, language="es", text=text or f"{kind} {i} {phone}",
                segments=segments, due_at=iso(node.now()), message=message)], at=node.now(), by="machine")
            replies.append(reply)
        tasks.add(c, "send", replies, iso(node.now()))
    return replies


def work(node: Node) -> None:
    while outbox.send_due(node):
        pass


def states(node: Node) -> Counter[tuple[str, str | None]]:
    with node.database.reading() as c:
        return Counter((state, reason) for state, reason in c.execute(select(REPLY.c.state, REPLY.c.reason)))


def spent(node: Node) -> tuple[int, int]:
    with node.database.reading() as c:
        said = governor.spent(c, node, node.now())
    return said.day, said.month


@pytest.mark.parametrize(("label", "kinds", "expected"), [
    ("what answers a text",                   ("ack", "help", "status_work", "stop_ok", "ask_place"), governor.ACKNOWLEDGEMENT),
    ("help in danger, and who is on duty",    ("emergency", "protection", "alert_emergency", "alert_cluster"), governor.EMERGENCY),
    ("what was decided",                      ("news_done", "news_work", "news_several", "news_refused", "poll_results"), governor.STATUS),
    ("what we ask",                           ("ask_fixed", "checkin", "poll"), governor.SURVEY),
    ("what is said to many",                  ("announce", "broadcast"), governor.BROADCAST),
    ("what a vote is answered",               ("vote_ok", "vote_changed", "poll_closed"), governor.ACKNOWLEDGEMENT),
])
def test_the_class_of_a_reply(label: str, kinds: tuple[str, ...], expected: str) -> None:
    assert {governor.class_of(kind) for kind in kinds} == {expected}, label
    assert set(kinds) <= set(KINDS)


@pytest.mark.parametrize(("label", "kind", "hours_ago", "leaves"), [
    ("an emergency is answered at night",                      "emergency", 0, True),
    ("and long after, should it come late",                    "emergency", 5, True),
    ("the duty officer is woken",                              "alert_emergency", 0, True),
    ("who writes at night is answered at night",               "ack", 0, True),
    ("stop is confirmed at once",                              "stop_ok", 0, True),
    ("but not hours after they wrote: the phone is shared",    "ack", 5, False),
    ("what a person decided waits for the morning",            "announce", 0, False),
    ("a survey too",                                           "checkin", 0, False),
])
def test_quiet_hours(label: str, kind: str, hours_ago: float, leaves: bool, node: Node, clock: Clock) -> None:
    clock.on(**NIGHT)
    queue(node, kind, hours_ago=hours_ago)
    work(node)
    assert states(node) == {("delivered" if leaves else "queued", None): 1}, label
    clock.on(hours=10, minutes=1)
    work(node)
    assert states(node) == {("delivered", None): 1}, label


@pytest.mark.parametrize(("label", "spent", "kind", "segments", "room", "days"), [
    ("no caps",                          (0, 0, 0, 0),          "broadcast", 50_000, None, 1),
    ("half of a day for broadcasts",     (0, 0, 1000, 0),       "broadcast", 500,    500,  1),
    ("three fifths for polls",           (0, 0, 1000, 0),       "poll",      1200,   600,  2),
    ("what left today counts",           (300, 300, 1000, 0),   "broadcast", 201,    200,  2),
    ("as much leaves every day",         (250, 6250, 1000, 0),  "broadcast", 750,    250,  3),
    ("the month is used up until it ends", (0, 5000, 0, 10_000), "broadcast", 1000,  0,    7),
    ("there is no room at all",          (0, 0, 1, 0),          "broadcast", 10,     0,    None)])
def test_how_long_so_many_texts_take(label: str, spent: tuple[int, int, int, int], kind: str, segments: int, room: int | None,
                                     days: int | None) -> None:
    there = governor.Spent(*spent, price=0)
    assert governor.room(there, kind) == room, label
    assert governor.days(there, kind, segments, date(2026, 11, 25)) == days, label


def test_what_may_have_left_is_looked_up_in_the_morning_and_not_just_sent(
        node: Node, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.on(**NIGHT)
    (reply,) = queue(node, "announce")
    with node.database.writing() as c:
        tasks.claim(c, "send", clock(), 1)  # and then its light went out
    asked: list[bool] = []
    monkeypatch.setattr(outbox._Bundle, "_one", lambda self, letter: asked.append(letter.doubtful))
    for _ in range(3):
        clock.on(hours=4)
        outbox.send_due(node)
    assert asked == [True]
    assert states(node) == {("queued", None): 1}
    with node.database.reading() as c:
        assert tasks.held(c, "send", [reply]) == [reply]


# ---------------------------------------------------------------------------------------------------------------- caps

@pytest.mark.parametrize(("label", "counted", "most"), [("the caps hold", True, 30), ("the control: nobody counts", False, 200)])
def test_sixteen_workers_at_once_exceed_no_cap(
        label: str, counted: bool, most: int, database_url: str, make_node: MakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_node(extra="[governor]\nsegments_per_day = 30\n", database_url=database_url)
    for n in range(100):
        queue(node, "ack", f"+5917000{n:04d}", segments=2)
    monkeypatch.setattr(outbox, "MOST_AT_ONCE", 5)
    if not counted:
        monkeypatch.setattr(governor.Purse, "takes", lambda self, reply: True)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: [outbox.send_due(node) for _ in range(8)], range(16)))
    left = states(node)["delivered", None] * 2
    assert left == most, label
    assert not counted or spent(node) == (30, 30)


@pytest.mark.parametrize(("label", "kind", "leaves"), [
    ("who writes is answered up to the cap", "ack", 10), ("news leave room for them", "news_verified", 8),
    ("surveys more", "checkin", 6), ("broadcasts most", "announce", 5), ("emergencies are not held back", "alert_emergency", 20)])
def test_each_class_has_its_share(label: str, kind: str, leaves: int, make_node: MakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox.news, "withdrawn", lambda *_: {})
    node = make_node(extra="[governor]\nsegments_per_day = 10\n")
    for n in range(20):
        queue(node, kind, f"+5917000{n:04d}")
    work(node)
    assert states(node)["delivered", None] == leaves, label
    assert spent(node)[0] == leaves


def test_what_found_no_room_leaves_the_next_day_and_the_month_ends_it(make_node: MakeNode, clock: Clock) -> None:
    node = make_node(extra="[governor]\nsegments_per_day = 3\nsegments_per_month = 5\n[outbox]\nexpire_hours = 168\n")
    for n in range(12):
        queue(node, "ack", f"+5917000{n:04d}")
    left = []
    for _ in range(8):  # the 25th to the end of the month, and on
        work(node)
        left.append(states(node)["delivered", None])
        clock.on(hours=24)
    assert left == [3, 5, 5, 5, 5, 5, 8, 10], "three a day, five this month, five the next"


@pytest.mark.parametrize(("label", "outcome", "counts"), [
    ("refused for good costs nothing", Failed("21211", permanent=True), 0),
    ("not now costs nothing yet",      Failed("busy", permanent=False), 0),
    ("what is uncertain counts",       Uncertain("timeout"), 3)])
def test_what_the_provider_did_not_take_is_given_back(
        label: str, outcome: Failed | Uncertain, counts: int, node: Node, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(node, "ack", segments=3)
    with monkeypatch.context() as broken:
        broken.setattr(console, "send", lambda *_: outcome)
        outbox.send_due(node)
    assert spent(node) == (counts, counts), label
    if not getattr(outcome, "permanent", False):
        clock.on(minutes=5)
        work(node)
        assert spent(node) == (3, 3), f"{label}: once, whenever it leaves"


# -------------------------------------------------------------------------------------------------------------- numbers

def test_a_thousand_premium_and_foreign_numbers_get_nothing(make_node: MakeNode) -> None:
    node = make_node(extra='[governor]\nbarred = ["+5919"]\n')
    numbers = [*(f"+88213{n:06d}" for n in range(400)), *(f"+1900{n:07d}" for n in range(300)), *(f"+5919{n:07d}" for n in range(200)),
               *(str(20000 + n) for n in range(50)), *(f"PROMO{n}" for n in range(50))]
    for number in numbers:
        queue(node, "ack", number)
    work(node)
    assert states(node) == {("failed", "not_served"): 1000}
    assert spent(node) == (0, 0)
    queue(node, "ack", "+59170000001")
    work(node)
    assert states(node)["delivered", None] == 1, "a resident is answered"


def test_what_nobody_asked_for_is_said_in_the_same_words_once_a_day(node: Node, clock: Clock) -> None:
    queue(node, "announce", text="Reunion hoy")
    clock.on(minutes=1)
    queue(node, "announce", text="Reunion hoy")
    queue(node, "help", text="AYUDA: ...")
    clock.on(minutes=1)
    queue(node, "help", text="AYUDA: ...")
    work(node)
    assert states(node) == {("delivered", None): 3, ("failed", "said_already"): 1}


# ----------------------------------------------------------------------------------------------------------- the switch

def test_the_switch_stops_everything_until_somebody_lets_it(node: Node, capsys: pytest.CaptureFixture[str],
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARRIO_CONFIG", str(node.config.data / "config.toml"))
    assert cli.main(["sending", "stop", "--why", "a loop"]) == 0
    queue(node, "ack"), queue(node, "alert_emergency", "+59170000002")
    work(node)
    assert states(node) == {("queued", None): 2}
    assert cli.main(["sending", "show"]) == 0
    assert cli.main(["sending", "start"]) == 0
    assert cli.main(["sending", "start"]) == 1
    work(node)
    assert states(node) == {("delivered", None): 2}
    said = capsys.readouterr().out
    assert "a loop" in said
    assert "Nothing leaves" in said
