"""Who is told what was decided: a thousand random histories against the promises, and each promise by itself."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from gateway.decisions import planning
from gateway.errors import Problem
from gateway.feedback import holding, noting, telling
from gateway.journal import tasks
from gateway.journal.canonical import derived_id, moment
from gateway.journal.entries import all_facts
from gateway.journal.events import Event
from gateway.journal.facts.needs import NeedLinked, NeedOpened, NeedStatusChanged, NeedUnlinked, ReportClassified
from gateway.journal.rebuilding import rebuild
from gateway.journal.rows import insert
from gateway.journal.tables import Contact, Link, Need, Reply, Told, table
from gateway.machine import jobs
from gateway.needs import news
from gateway.node import Node
from gateway.sending import outbox
from tests.conftest import Clock, MakeNode
from tests.gateway.town import OFTEN, Town

HISTORIES, STEPS = 1000, 6
CONTACT, NEED, LINK, REPLY, TOLD = table(Contact), table(Need), table(Link), table(Reply), table(Told)
WORKS = ("PBCV-31", "LED-04")


@pytest.fixture
def town(make_node: MakeNode, clock: Clock) -> Town:
    town = Town(make_node(extra=OFTEN), clock)
    planning.record_city(town.node)
    return town


# ------------------------------------------------------------------------------------------------ a thousand histories

@dataclass
class Stood:
    """How a need stood from a moment on, by an account of its own that asks no table."""

    status: str = "open"
    work: str = ""

    @property
    def key(self) -> tuple[str, str]:
        if self.status in ("done", "rejected", "not_found"):
            return self.status, ""
        return ("linked", self.work) if self.work else (self.status, "")


def test_a_thousand_random_histories_of_decisions_and_undoing(town: Town, clock: Clock) -> None:
    rng, node = random.Random(11), town.node
    with node.database.writing() as c:
        insert(c, CONTACT, [{"sender": f"s{n:04d}", "channel": "console", "number": node.vault.seal(b"+59170000001")} for n in range(1500)])
    needs, phones = [], {}
    for n in range(HISTORIES):
        behind = rng.sample([f"s{p:04d}" for p in range(1500)], rng.choice((1, 1, 2, 3)))
        needs.append(town.need(str(n), *behind))
        phones[needs[-1]] = set(behind)
    town.write()
    stood: dict[str, list[tuple[datetime, Stood]]] = {need: [(clock(), Stood())] for need in needs}
    stopped: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)
    entries: dict[str, str | None] = {}
    for _ in range(STEPS):
        clock.on(minutes=1)
        with node.database.reading() as c:
            entries = {need: entry for need, entry in c.execute(select(NEED.c.id, NEED.c.status_entry))}
            links = {(need, work): entry for need, work, entry in c.execute(select(LINK.c.need, LINK.c.work, LINK.c.entry))}
        for need in needs:
            if rng.random() < 0.4:
                town.events.append(_decision(rng, need, stood[need], clock(), entries[need], links))
        town.write("ana")
        for phone in rng.sample(sorted(set().union(*phones.values())), 20):
            stops = rng.random() < 0.7
            town.command(phone, "stop" if stops else "start")
            stopped[phone].append((clock(), stops))
        town.write()
        for _ in range(rng.choice((1, 3))):
            town.work(minutes=rng.choice((5, 20, 40, 300, 1500)))
        _all_are_counted(node, rng.sample(needs, 20))
    for _ in range(8):  # everything that is still to be told has its day
        town.work(hours=13)
    _judge(node, stood, stopped, phones, clock())
    rebuild(node.database, verify=True)


def _all_are_counted(node: Node, needs: list[str]) -> None:
    """How many wait to be told is found without reading what thousands said: it is what reading each of them comes to."""
    for oldest in (node.now() - timedelta(days=30), node.now() - timedelta(hours=6)):
        with node.database.reading() as c:
            stands = news.stands(c, needs)
            said, free = news.tellings(c, stands), {need: replace(stand, held=False) for need, stand in stands.items()}
            each = Counter(voice.need for voice in news.voices(c, needs=stands)
                           if news.is_news(free[voice.need], voice, said.get((voice.need, voice.sender), ()), oldest))
            assert {need: news.waiting(c, stand, oldest) for need, stand in stands.items()} == {need: each[need] for need in stands}


def _decision(rng: random.Random, need: str, history: list[tuple[datetime, Stood]], at: datetime, entry: str | None,
              links: dict[tuple[str, str], str]) -> Event:
    now = history[-1][1]
    if now.work and rng.random() < 0.3:
        history.append((at, Stood(now.status, "")))
        return NeedUnlinked(need=need, work=now.work, after=links[need, now.work])
    if not now.work and rng.random() < 0.3:
        work = rng.choice(WORKS)
        history.append((at, Stood(now.status, work)))
        return NeedLinked(need=need, work=work, after=links.get((need, work)))
    status = rng.choice(("open", "verified", "planned", "done", "rejected", "not_found"))
    history.append((at, Stood(status, now.work)))
    return NeedStatusChanged(need=need, status=status, after=entry)


def _judge(node: Node, stood: dict[str, list[tuple[datetime, Stood]]], stopped: dict[str, list[tuple[datetime, bool]]],
           phones: dict[str, set[str]], now: datetime) -> None:
    with node.database.reading() as c:
        rows = c.execute(select(TOLD, REPLY.c.settled_at).join(REPLY, REPLY.c.id == TOLD.c.reply)
                         .where(REPLY.c.state == "delivered").order_by(TOLD.c.position)).mappings().all()
        sent = Counter(f.about[0] for f in all_facts(c, ["reply_sent"]))
    told: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    left: dict[str, list[datetime]] = defaultdict(list)
    for row in rows:
        at, phone, key = moment(row["settled_at"]), row["sender"], (row["stage"], row["work"])
        assert phone in phones[row["need"]], "told to a stranger"
        assert [s for when, s in stopped[phone] if when <= at][-1:] != [True], "told to who said stop"
        if row["stage"] != "asked":
            assert _at(stood[row["need"]], at).key == key, "told what no longer stands"
            assert told[row["need"], phone][-1:] != [key], "told the same twice in a row"
            told[row["need"], phone].append(key)
        left[phone].append(at)
    assert len({(r["need"], r["sender"], r["change"], r["stage"]) for r in rows}) == len(rows), "one change told twice"
    assert max(sent.values()) == 1, "sent twice"
    for phone, times in left.items():
        alone = sorted(set(times))
        assert all(b - a >= timedelta(hours=24) for a, b in zip(alone, alone[1:], strict=False)), f"{phone}: two in a day"
        assert all(8 <= (t - timedelta(hours=4)).hour < 20 for t in alone), f"{phone}: in the quiet hours"
    for need, history in stood.items():
        for phone in phones[need]:
            if not stopped[phone]:
                last = told[need, phone][-1] if told[need, phone] else ("open", "")
                assert last == history[-1][1].key, f"{phone} was never told how {need} stands: {history}"
    print(f"{len(stood)} histories, {sum(map(len, stood.values())) - len(stood)} decisions, {len(rows)} tellings in {len(sent)} texts")


def _at(history: list[tuple[datetime, Stood]], at: datetime) -> Stood:
    return [stand for when, stand in history if when <= at][-1]


# ------------------------------------------------------------------------------------------------- promise by promise

def verify_then_stop(t: Town, need: str) -> None:
    t.decide(need, "verified")
    t.command("a", "stop")
    t.write()


def verify_and_undo(t: Town, need: str) -> None:
    t.decide(need, "verified")
    t.decide(need, "open")


def hold_it(t: Town, need: str) -> None:
    t.decide(need, "verified")
    holding.hold(t.node, need, why="", by="ana")


def hold_and_release(t: Town, need: str) -> None:
    hold_it(t, need)
    holding.release(t.node, need, why="", by="ana")


def hold_then_decide_again(t: Town, need: str) -> None:
    hold_it(t, need)
    t.decide(need, "planned")


def decide_at_the_same_time(t: Town, need: str) -> None:
    t.decide(need, "planned")
    planning.change_status(t.node, need, "done", note="", by="luis", after="what he saw")


def take_the_report_back(t: Town, need: str) -> None:
    t.decide(need, "verified")
    t.command("a", "cancel", derived_id("report", "n", "a"))
    t.write()


def turn_restricted(t: Town, need: str) -> None:
    t.decide(need, "verified")
    t.events.append(ReportClassified(report=derived_id("report", "n", "a"), category="WAT01", confidence=1.0, urgency=2, restricted=True,
                                     model="person"))
    t.write("focal")


@pytest.mark.parametrize(("label", "happens", "heard"), [
    ("verified is told once",                     lambda t, n: t.decide(n, "verified"), ["news_verified"]),
    ("a refusal with its reason",                 lambda t, n: t.decide(n, "rejected", "otra empresa"), ["news_refused"]),
    ("a refusal without one",                     lambda t, n: t.decide(n, "rejected"), ["news_rejected"]),
    ("nobody found it there",                     lambda t, n: t.decide(n, "not_found"), ["news_not_found"]),
    ("closed without done is told as done",       lambda t, n: t.decide(n, "closed"), ["news_done"]),
    ("whoever says stop meanwhile is not told",   verify_then_stop, []),
    ("what is undone meanwhile is not told",      verify_and_undo, []),
    ("what is held back is not told",             hold_it, []),
    ("what is let go is told",                    hold_and_release, ["news_verified"]),
    ("a later decision is told",                  hold_then_decide_again, ["news_planned"]),
    ("what two people dispute waits for a third", decide_at_the_same_time, []),
    ("a report taken back hears nothing",         take_the_report_back, []),
    ("a report that turns restricted neither",    turn_restricted, []),
])
def test_what_is_told(label: str, happens: Callable[[Town, str], None], heard: list[str], town: Town) -> None:
    need = town.need("n", town.phone("a"))
    town.write()
    happens(town, need)
    town.work(minutes=1)
    assert town.heard() == [], f"{label}: a decision stands a while before it is told"
    for _ in range(3):
        town.work(hours=1)
    assert town.heard() == heard, label


def test_what_is_let_go_a_day_later_is_told_then(town: Town) -> None:
    need = town.need("n", town.phone("a"))
    town.write()
    hold_it(town, need)
    town.work(hours=26)
    assert town.heard() == []
    holding.release(town.node, need, why="", by="ana")
    town.work(minutes=1)
    assert town.heard() == ["news_verified"]


def test_only_the_node_that_keeps_the_number_tells(town: Town) -> None:
    need = town.need("n", town.phone("a"), town.phone("elsewhere", known=False))
    town.write()
    town.decide(need, "verified")
    town.work(hours=1)
    assert (town.heard("a"), town.heard("elsewhere")) == (["news_verified"], [])


def test_restricted_reports_are_never_told_about(town: Town) -> None:
    need = town.need("n", town.phone("a"), restricted=True)
    town.write()
    for status in ("verified", "planned", "done", "rejected", "not_found"):
        town.decide(need, status)
        town.work(hours=26)
    assert town.heard() == []


def test_who_came_after_the_decision_is_not_told_of_it(town: Town) -> None:
    need = town.need("n", town.phone("a"))
    town.write()
    town.decide(need, "verified")
    town.clock.on(minutes=5)
    late = town.need("n", town.phone("b"))
    town.events = [e for e in town.events if not isinstance(e, NeedOpened)]
    town.write()
    assert late == need
    town.work(hours=1)
    assert (town.heard("a"), town.heard("b")) == (["news_verified"], [])


def test_old_decisions_of_a_database_that_never_told_are_not_told_now(town: Town) -> None:
    need = town.need("n", town.phone("a"))
    town.write()
    town.decide(need, "verified")
    town.work(days=15)
    assert town.heard() == []


@pytest.mark.parametrize(("label", "meanwhile", "reason"), [
    ("undone between outbox and provider", lambda t, n: t.decide(n, "open"), news.UNDONE),
    ("held back between them", lambda t, n: holding.hold(t.node, n, why="", by="ana"), news.HELD_BACK),
])
def test_what_lies_in_the_outbox_is_looked_at_again(label: str, meanwhile: Callable[[Town, str], None], reason: str, town: Town) -> None:
    need = town.need("n", town.phone("a"))
    town.write()
    town.decide(need, "verified")
    town.clock.on(hours=1)
    while telling.tell_due(town.node):  # the sender is not there yet
        pass
    meanwhile(town, need)
    outbox.send_due(town.node)
    with town.node.database.reading() as c:
        assert [tuple(row) for row in c.execute(select(REPLY.c.state, REPLY.c.reason))] == [("failed", reason)], label
    town.decide(need, "verified")
    for _ in range(3):
        town.work(hours=1)
    assert town.heard() == ["news_verified"], "what never left is no telling: what stands now is told"


def test_nothing_leaves_the_outbox_at_night(town: Town) -> None:
    need = town.need("n", town.phone("a"))
    town.write()
    town.decide(need, "verified")
    town.clock.on(hours=1)
    while telling.tell_due(town.node):
        pass
    town.clock.on(hours=12)
    outbox.send_due(town.node)
    assert town.heard() == []
    town.work(hours=12)
    assert town.heard() == ["news_verified"]


def test_a_worker_that_begins_again_tells_nobody_twice(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The note of how far the journal was read is lost: everything is looked at again."""
    need = town.need("n", town.phone("a"))
    town.write()
    town.decide(need, "verified")
    town.work(hours=1)
    with town.node.database.writing() as c:
        c.exec_driver_sql(f"DELETE FROM local WHERE key = '{noting.CURSOR}'")
        c.exec_driver_sql("DELETE FROM task")
    town.work(hours=26)
    assert town.heard() == ["news_verified"]
    monkeypatch.setattr(news, "is_news", lambda *_: True)  # negative control: without looking at what was told
    town.decide(need, "verified")
    town.work(hours=26)
    assert len(town.heard()) == 2


def test_an_outage_of_the_database_uses_up_no_try(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    need = town.need("n", town.phone("a"))
    town.write()
    town.decide(need, "verified")

    def locked(*_: object, **__: object) -> None:
        raise OperationalError("UPDATE need", {}, sqlite3.OperationalError("database is locked"))

    right = telling._tell
    monkeypatch.setattr(telling, "_tell", locked)
    town.clock.on(hours=1)
    for _ in range(tasks.MOST_ATTEMPTS + 2):
        with pytest.raises(OperationalError):
            jobs.work(town.node)
        town.clock.on(seconds=1)
    monkeypatch.setattr(telling, "_tell", right)
    town.work(hours=1)
    assert town.heard() == ["news_verified"]


@pytest.mark.parametrize("reason", ["llame al 800106000", "Llame a EPSAS 80010 6000 de 8 a 16", "vea www.lapaz.bo"])
def test_a_reason_that_residents_could_not_read_whole_is_refused(town: Town, reason: str) -> None:
    need = town.need("n", town.phone("a"))
    town.write()
    with pytest.raises(Problem, match="no phone number and no link"):
        town.decide(need, "rejected", reason)
    town.work(hours=26)
    assert town.heard() == []
