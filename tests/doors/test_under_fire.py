"""The outbox under fire: sixteen workers, a day's cap, and trouble at the provider's edge for one SMS in eight. Whole with `-m campaign`.

What each phone meets is dealt by a seed beforehand, and once: so it is known how many sendings nobody can tell the end of.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from gateway.channels import twilio
from gateway.channels.values import Failed, Inbound, Outcome, Uncertain
from gateway.demo.faults import Faults
from gateway.demo.phones import Message
from gateway.demo.provider import ProviderDouble
from gateway.doors import intake
from gateway.governing import governor
from gateway.journal import tasks
from gateway.journal.canonical import iso
from gateway.journal.entries import all_facts
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Reply, Task, table
from gateway.node import Node
from gateway.sending import outbox
from tests.conftest import Clock, MakeNode
from tests.doors.counter import wait_long
from tests.doors.house import ACCOUNT
from tests.patience import until

REPLY, TASK = table(Reply), table(Task)
SEND = frozenset({"send"})
WORKERS = 16
STOPPED = 20  # of so many phones one said stop
DAYS = 6

# Of a thousand phones so many meet this, the first time that they are sent to.
FATES = {
    "killed before": 3, "killed after": 3, "dropped": 20, "dropped, taken": 20, "503": 20, "503, taken": 20,
    "no answer": 1, "no answer, taken": 1, "429": 20, "said stop to the provider": 10, "no such number": 10,
}
SLOW = {"no answer", "no answer, taken"}
DOUBTFUL = SLOW | {"dropped", "dropped, taken", "503", "503, taken"}
ARM: dict[str, Callable[[Faults, str], None]] = {
    "dropped": lambda f, phone: f.drop(1, SEND, accepts=False, to=phone),
    "dropped, taken": lambda f, phone: f.drop(1, SEND, to=phone),
    "503": lambda f, phone: f.broken(1, 503, SEND, to=phone),
    "503, taken": lambda f, phone: f.broken(1, 503, SEND, accepts=True, to=phone),
    "no answer": lambda f, phone: f.hang(1, 60, SEND, accepts=False, to=phone),
    "no answer, taken": lambda f, phone: f.hang(1, 60, SEND, to=phone),
    "429": lambda f, phone: f.too_many(1, on=SEND, to=phone),
    "said stop to the provider": lambda f, phone: f.refuse(21610, to=phone, times=None),
    "no such number": lambda f, phone: f.refuse(21211, to=phone, times=None),
}


class Killed(BaseException):
    """A worker's light went out: whatever it had claimed stays claimed, and nobody wrote down what became of it."""


@dataclass
class Fire:
    """Residents that were answered, the provider that answers are sent to, and what each will meet there."""

    node: Node
    clock: Clock
    double: ProviderDouble
    fates: dict[str, str]
    stopped: set[str]
    met: Counter[str] = field(default_factory=Counter)
    hands: dict[int, list[outbox.Letter]] = field(default_factory=dict)  # what each worker claimed last
    doubted: set[str] = field(default_factory=set)
    untold: set[str] = field(default_factory=set)  # in doubt, and the worker that knew it was killed with its batch

    def send(self, genuine: Callable[..., Outcome], known: Any, number: str, text: str, reply: str) -> Outcome:
        """Twilio's send with a fate: each strikes once."""
        fate = self.fates.pop(number, "")
        self.met[fate] += 1
        if fate == "killed before":
            raise Killed
        if fate in ARM:
            ARM[fate](self.double.faults, number)
        outcome = genuine(known, number, text, reply)
        if isinstance(outcome, Uncertain):
            self.doubted.add(number)
        if fate == "killed after":
            raise Killed
        return outcome

    def permitted(self, genuine: Callable[..., list[outbox.Letter]], *asked: Any) -> list[outbox.Letter]:
        self.hands[threading.get_ident()] = letters = genuine(*asked)
        return letters

    def race(self) -> None:
        """All workers at once, until each finds nothing; who is killed is followed by another."""
        def work(_: int) -> None:
            busy = True
            while busy:
                try:
                    busy = outbox.send_due(self.node) > 0
                except Killed:
                    self.untold |= self.doubted & {letter.number for letter in self.hands[threading.get_ident()]}
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(work, range(WORKERS)))

    def day(self) -> None:
        """Until nothing is left to do today, and every doubt is settled."""
        begun = self.clock()
        while self.soon() and self.clock() - begun < timedelta(hours=3):
            self.race()
            self.clock.on(seconds=40)

    def soon(self) -> int:
        """How much is due within the hour, or in the hands of a worker, alive or not."""
        with self.node.database.reading() as c:
            return len(c.execute(select(TASK.c.subject).where(
                TASK.c.kind == "send", TASK.c.due_at < iso(self.clock() + timedelta(hours=1)))).all())

    def sent(self) -> list[Message]:
        return [m for m in self.double.phones.listed() if m.direction != "inbound"]


@pytest.fixture
def fire(request: pytest.FixtureRequest, clock: Clock, make_node: MakeNode, database_url: str,
         monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Fire]]:
    """`fire(size, cap)`: so many residents asked for help, one in twenty said stop first."""
    monkeypatch.setenv("BARRIO_TWILIO_ACCOUNT_SID", ACCOUNT.sid)
    monkeypatch.setenv("BARRIO_TWILIO_AUTH_TOKEN", ACCOUNT.token)
    with ProviderDouble(ACCOUNT, "http://127.0.0.1:9/", pace=3600.0, clock=clock) as double:
        def kindle(size: int, cap: int) -> Fire:
            node = make_node(database_url=database_url, extra=(
                f'\n[twilio]\napi_url = "{double.url}"\ntimeout = 10.0\n\n[governor]\nsegments_per_day = {cap}\n'
                "\n[outbox]\nexpire_hours = 168\n"))
            phones = [f"+59170{n:06d}" for n in range(size)]
            rng = random.Random(16)
            if few := size < 1000:  # then nobody has to wait ten seconds for no answer, and no other answer is in doubt for being late
                wait_long(monkeypatch)
            dealt = [fate for fate, n in FATES.items() if not (few and fate in SLOW) for _ in range(-(-n * size // 1000))]
            answered = [phone for n, phone in enumerate(phones) if n % STOPPED]
            rng.shuffle(answered)
            made = Fire(node, clock, double, dict(zip(answered, dealt, strict=False)), set(phones[::STOPPED]))
            texts = [(phone, "BAJA") for phone in sorted(made.stopped)] + [(phone, "AYUDA") for phone in phones]
            for start in range(0, len(texts), 200):
                with node.database.writing() as c:
                    intake.receive(c, node, [Inbound("twilio", ACCOUNT.sid, f"SM{start + n:032x}", phone, words, clock(), b"raw")
                                             for n, (phone, words) in enumerate(texts[start:start + 200])])
            genuine = twilio.send
            monkeypatch.setattr(twilio, "send", lambda *asked: made.send(genuine, *asked))
            permitted = outbox.permitted
            monkeypatch.setattr(outbox, "permitted", lambda *asked: made.permitted(permitted, *asked))
            return made
        yield kindle


SIZES = pytest.mark.parametrize("size", [100, pytest.param(10_000, marks=[pytest.mark.campaign, pytest.mark.timeout(3600)])])


@SIZES
def test_under_fire(fire: Callable[..., Fire], size: int) -> None:
    cap = size // 2
    made = fire(size, cap)
    dealt, counted = Counter(made.fates.values()), []
    ambiguous = {phone for phone, fate in made.fates.items() if fate in DOUBTFUL}
    while made.soon() or not counted:
        made.day()
        with made.node.database.reading() as c:
            counted.append(governor.spent(c, made.node, made.clock()).day)
        assert len(counted) < DAYS, "it never ends"
        made.clock.moment = (made.clock() + timedelta(days=1)).replace(hour=13, minute=0)
    with made.node.database.reading() as c:
        rows = [dict(row) for row in c.execute(select(REPLY)).mappings()]
        doubts = [fact.about[0] for fact in all_facts(c, ["reply_uncertain"])]
        aside = tasks.quarantined(c)
    there = made.sent()
    left = Counter(f"{m.created_at:%d}" for m in there)
    states = Counter((row["kind"], row["state"], row["reason"]) for row in rows)
    print(f"{size} phones on {made.node.database.engine.dialect.name}: {dict(dealt)}; {dict(states)}; {len(doubts)} uncertain, "
          f"{len(made.untold)} more known to a killed worker alone; a day counted {counted}, left {sorted(left.items())}, cap {cap}")
    assert aside == []
    assert {fate: made.met[fate] for fate in dealt} == dealt, "a fate that nobody met proves nothing"
    assert set(Counter(m.recipient for m in there).values()) == {1}, "nobody gets anything twice"
    assert made.doubted == ambiguous
    by_reply = {row["id"]: row["sender"] for row in rows}
    assert sorted(map(by_reply.__getitem__, doubts)) == sorted(map(made.node.vault.sender, ambiguous - made.untold)), "and nobody else"
    stopped, refused = len(made.stopped), {"21610": "said stop to the provider", "21211": "no such number"}
    expected = Counter({("stop_ok", "sent", None): stopped, ("help", "failed", "opted_out"): stopped}) + Counter(
        {("help", "failed", code): dealt[fate] for code, fate in refused.items()})
    expected["help", "sent", None] = size + stopped - expected.total()
    assert states == expected, "each doubt is settled, and nobody who said stop is written to"
    assert {row["provider_id"] for row in rows if row["state"] == "sent"} == {m.sid for m in there}
    assert max(counted) <= cap, "what we count is within the cap"
    assert max(left.values()) <= cap, "and so is what they took"
    rebuild(made.node.database, verify=True)


def test_the_control_who_does_not_look_up_sends_twice(fire: Callable[..., Fire], monkeypatch: pytest.MonkeyPatch) -> None:
    made = fire(40, 100)
    monkeypatch.setattr(twilio, "find_sent", lambda *_: None)
    made.day()
    assert max(Counter(m.recipient for m in made.sent()).values()) > 1


def test_who_settles_waits_for_who_claims_and_not_each_for_the_other(postgres_url: str, make_node: MakeNode, clock: Clock) -> None:
    """PostgreSQL leaves a row locked that a claim looked at while another worker claimed it, and the claim goes on to the meter."""
    node = make_node(database_url=postgres_url)
    with node.database.writing() as c:
        intake.receive(c, node, [Inbound("console", "local", "1", "+59170000001", "AYUDA", clock(), b"raw")])
    with node.database.writing() as c:
        (claim,) = tasks.claim(c, "send", clock(), 1)
        (letter,) = outbox.permitted(c, node, [claim], clock())
    with ThreadPoolExecutor(1) as other, node.database.writing() as c:
        c.execute(select(TASK).where(TASK.c.subject == claim.subject).with_for_update())

        def settle() -> None:
            with node.database.writing() as there:
                outbox._settle(there, node, [(letter, Failed("21211", permanent=True))])

        settled = other.submit(settle)
        waiting = text("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
        # in one transaction PostgreSQL shows the same picture of who waits again and again
        with node.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
            until(lambda: settled.done() or watch.execute(waiting).first(), "it does not wait", hopeless=settled.done)
        governor.Purse(c, node, clock()).close()
        c.commit()
        settled.result()
    with node.database.reading() as c:
        assert governor.spent(c, node, clock()).day == 0, "and gives back what did not leave"
