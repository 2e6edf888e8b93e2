"""The queue under all at once: killed workers, crowds, poison, a broker in trouble. A sample always, all of it with `-m campaign`."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import event, func, select

from gateway.bench.intake import emptied
from gateway.classification import Judge
from gateway.journal import projections, tasks
from gateway.journal.canonical import moment
from gateway.journal.tables import Report, Task, table
from gateway.machine import jobs
from gateway.needs import gathering
from gateway.node import Node
from tests.conftest import Clock, MakeNode
from tests.durability.box import NOWHERE, Box
from tests.durability.conftest import MakeBox
from tests.durability.kennel import Kennel
from tests.durability.load import NEEDS, Load, report_needs
from tests.durability.tally import classified, tally
from tests.durability.test_worker_kill import pass_leases, sent_twice_or_never
from tests.patience import LONG

REPORT, TASK = table(Report), table(Task)
STEPS = 45  # a worker that finds a few reports takes about so many steps
CROWD = 8
PROMISE = 60.0  # seconds: nothing waits longer; measured by the campaign, on a machine that has the time
HOLES = tuple(f"bache en calle {n} villa fatima" for n in range(1, 11))  # each is a thing of its own, where water is a place's
SHARE = 10  # every tenth text is poison
WHOLE = 240  # seconds of trouble
MOST_LOST = 0.2  # of the good reports' throughput
MOST_STATEMENTS = 10  # that a batch takes more where a tenth of it is poison: the step that broke is done again


def sampled(sample: int, whole: int) -> pytest.MarkDecorator:
    """A size for every run, and the one that is promised."""
    return pytest.mark.parametrize("size", [sample, pytest.param(whole, marks=[pytest.mark.campaign, pytest.mark.timeout(3600)])])


@sampled(24, 1000)
def test_workers_are_killed_alone_and_in_a_crowd_and_each_report_has_one_classification(boxes: MakeBox, rng: random.Random,
                                                                                        size: int) -> None:
    """SIGKILL at a step that chance chooses; every eighth time eight workers run the same job, and half of them are killed."""
    box = boxes()
    with Kennel(box) as kennel, box.node() as node:
        kills = runs = 0
        while kills < size:
            runs += 1
            report_needs(node, 3)
            crowd = CROWD if runs % 8 == 0 else 1
            doomed = [f"crash={rng.randint(1, STEPS)}" for _ in range(max(1, crowd // 2))]
            ended = kennel.wait_for([kennel.start_work(option) for option in doomed]
                                    + [kennel.start_work() for _ in range(crowd - len(doomed))])
            kills += sum(e.steps is None for e in ended)
            pass_leases(node)
            assert kennel.work().steps is not None, f"the worker that comes after is harmed: {kennel.log()}"
            if runs % 50 == 0:
                assert classified(node).is_clean, f"after {kills} kills: {classified(node)}"
        found = classified(node)
        print(f"{kills} kills in {runs} runs: {found}; sent twice or never: {sent_twice_or_never(node)}")
        assert found.is_clean, found
        assert sent_twice_or_never(node) == (0, 0)
        assert "Traceback" not in kennel.log(), kennel.log()
    verified = box.cli("rebuild", "--verify")
    assert verified.returncode == 0, verified.stderr


def _raises(monkeypatch: pytest.MonkeyPatch, poison: Callable[[str], bool]) -> None:
    right = Judge.classify

    def classify(judge: Judge, report: Any, *more: Any, **options: Any) -> Any:
        if poison(report["id"]):
            raise ZeroDivisionError("poison")
        return right(judge, report, *more, **options)

    monkeypatch.setattr(Judge, "classify", classify)


def _breaks(monkeypatch: pytest.MonkeyPatch, poison: Callable[[str], bool]) -> None:
    right = gathering.gather

    def gather(c: Any, reports: Iterable[Any], *more: Any) -> Any:
        reports = list(reports)
        if any(poison(r["id"]) for r in reports):
            raise ZeroDivisionError("poison")
        return right(c, reports, *more)

    monkeypatch.setattr(gathering, "gather", gather)


def _fits_no_table(monkeypatch: pytest.MonkeyPatch, poison: Callable[[str], bool]) -> None:
    right = Judge.classify

    def classify(judge: Judge, report: Any, *more: Any, **options: Any) -> Any:
        found = right(judge, report, *more, **options)
        return replace(found, urgency=2**70) if poison(report["id"]) else found

    monkeypatch.setattr(Judge, "classify", classify)


def _is_refused(monkeypatch: pytest.MonkeyPatch, poison: Callable[[str], bool]) -> None:
    right = projections.upsert

    def upsert(c: Any, into: Any, rows: Any) -> None:
        right(c, into, [row | {"intent": None} if into is REPORT and poison(row["id"]) else row for row in rows])

    monkeypatch.setattr(projections, "upsert", upsert)


POISONS = [("its classification raises", _raises), ("no table can hold what is said of it", _fits_no_table),
           ("the database refuses its row", _is_refused), ("it breaks the gathering of its whole batch", _breaks)]


@pytest.mark.parametrize(("label", "poisoned"), POISONS)
@sampled(300, 5000)
def test_a_tenth_of_poison_is_put_aside_after_five_attempts_and_harms_nobody(
        make_node: MakeNode, clock: Clock, database_url: str, size: int, label: str, poisoned: Callable[..., None],
        monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_node(database_url=database_url)
    report_needs(node, size)
    bad = set(_reports(node)[::SHARE])
    poisoned(monkeypatch, bad.__contains__)
    jobs.work(node)
    assert classified(node).without == len(bad), f"{label}: the good ones wait for nothing"
    for _ in range(8):
        clock.on(seconds=61)
        jobs.work(node)
    with node.database.reading() as c:
        aside = {(q.subject, q.attempts) for q in c.execute(select(TASK.c.subject, TASK.c.attempts).where(
            TASK.c.quarantined_at.is_not(None)))}
    assert aside == {(subject, tasks.MOST_ATTEMPTS) for subject in bad}
    found = classified(node)
    assert (found.extra, found.waiting, found.gathered_twice, found.quarantined) == (0, 0, 0, len(bad))


@pytest.mark.parametrize(("label", "poisoned"), POISONS)
def test_a_tenth_of_poison_asks_the_database_little_more(make_node: MakeNode, database_url: str, label: str, poisoned: Callable[..., None],
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    """What a batch costs with and without, in statements: of PostgreSQL each is a way there and back."""
    told: dict[bool, int] = {}
    for spoilt in (False, True):
        if not database_url.startswith("sqlite"):
            emptied(database_url)
        node = make_node(f"n{spoilt}", database_url=database_url)
        report_needs(node, jobs.MOST_AT_ONCE, (*NEEDS, *HOLES))
        bad = set(_reports(node)[::SHARE]) if spoilt else set()
        poisoned(monkeypatch, bad.__contains__)
        told[spoilt] = _statements(node, partial(jobs.classify_due, node))
        assert classified(node).without == len(bad)
        node.database.engine.dispose()
    print(f"{label}: {told}")
    assert told[True] <= told[False] + MOST_STATEMENTS, label


@pytest.mark.campaign
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("label", "poisoned"), POISONS)
def test_what_a_tenth_of_poison_costs_the_good(make_node: MakeNode, database_url: str, label: str, poisoned: Callable[..., None],
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    """Good reports a second until the last good one is done, with and without poison among them: in turn, on the same machine at
    the same time, the median of the ratios. A tenth is lost to begin with: so many of the texts are no good ones.

    What poison costs is processor time, which others on the machine do not change; by the clock it is said beside it. Of PostgreSQL
    the server works too, so there the clock counts.
    """
    elsewhere = not database_url.startswith("sqlite")
    rates: dict[bool, list[tuple[float, float]]] = {True: [], False: []}  # by the processor's time, by the clock
    whole: list[tuple[float, float]] = []
    bad: set[str] = set()
    poisoned(monkeypatch, bad.__contains__)
    for turn in range(7):
        for spoilt in (turn % 2 == 0, turn % 2 == 1):
            bad.clear()
            at = Clock()
            if elsewhere:
                emptied(database_url)
            node = make_node(f"n{turn}{spoilt}", now=at, database_url=database_url)
            report_needs(node, 1500)
            if spoilt:
                bad.update(_reports(node)[::SHARE])
            with node.database.writing() as c:  # the answers are not measured
                c.execute(TASK.delete().where(TASK.c.kind == "send"))
            begun = (time.process_time(), time.perf_counter())
            jobs.work(node)
            rates[spoilt].append(_rate(1500 - len(bad), begun))
            for _ in range(8 if spoilt else 0):  # with all five attempts, as their pauses go by
                at.on(seconds=61)
                jobs.work(node)
            if spoilt:
                whole.append(_rate(1500 - len(bad), begun))
            assert classified(node).without == len(bad)
            node.database.engine.dispose()
    lost, by_the_clock = (_lost(rates[True], rates[False], of) for of in (0, 1))
    without, with_it = (median(rate for _, rate in rates[spoilt]) for spoilt in (False, True))
    print(f"{'PostgreSQL' if elsewhere else 'SQLite'}, {label}: {without:.0f} reports/s without, {with_it:.0f} with a tenth of poison; "
          f"lost {lost:.1%} ({by_the_clock:.1%} by the clock), with all five attempts of the poison {_lost(whole, rates[False], 0):.1%} "
          f"({_lost(whole, rates[False], 1):.1%})")
    assert (by_the_clock if elsewhere else lost) <= MOST_LOST, label


def _statements(node: Node, act: Callable[[], object]) -> int:
    heard: list[str] = []
    event.listen(node.database.engine, "before_cursor_execute", lambda c, cursor, statement, *_: heard.append(statement))
    act()
    return len(heard)


def _rate(done: int, begun: tuple[float, float]) -> tuple[float, float]:
    return done / (time.process_time() - begun[0]), done / (time.perf_counter() - begun[1])


def _lost(some: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]], of: int) -> float:
    return 1 - median(a[of] / b[of] for a, b in zip(some, others, strict=True))


def _reports(node: Node) -> list[str]:
    with node.database.reading() as c:
        return list(c.execute(select(REPORT.c.id).order_by(REPORT.c.id)).scalars())


class Trouble(threading.Thread):
    """Does one bad thing after the other to broker and worker until it is ended."""

    def __init__(self, box: Box, rng: random.Random, pause: float) -> None:
        super().__init__(daemon=True)
        self.box, self.rng, self.pause = box, rng, pause
        self.done: dict[str, int] = {}
        self.ended = threading.Event()
        self.fault: BaseException | None = None
        self.broker = self.box.start("broker")
        self.worker = self.box.start("worker")

    def run(self) -> None:
        try:
            while not self.ended.wait(self.rng.uniform(0, self.pause)):
                what = self.rng.choice([self.kill_broker, self.hang_broker, self.flush, self.kill_worker])
                what()
                self.done[what.__name__] = self.done.get(what.__name__, 0) + 1
        except BaseException as fault:
            self.fault = fault

    def kill_broker(self) -> None:
        self.box.kill(self.broker)
        time.sleep(self.rng.uniform(0, self.pause))
        self.broker = self.box.start("broker")

    def hang_broker(self) -> None:
        os.kill(self.broker.pid, signal.SIGSTOP)
        time.sleep(self.rng.uniform(0, self.pause))
        os.kill(self.broker.pid, signal.SIGCONT)

    def flush(self) -> None:
        with Redis(unix_socket_path=str(self.box.broker_socket), socket_timeout=LONG) as redis:
            redis.flushall()

    def kill_worker(self) -> None:
        self.box.kill(self.worker)
        self.worker = self.box.start("worker")

    def end(self) -> None:
        self.ended.set()
        self.join(2 * LONG)
        assert not self.is_alive()
        if self.fault is not None:
            raise self.fault


@sampled(10, WHOLE)
def test_nothing_waits_longer_than_a_minute_whatever_becomes_of_broker_and_worker(boxes: MakeBox, rng: random.Random, size: int) -> None:
    """Residents text for so many seconds; every half second somebody looks how long the oldest report has waited."""
    box = boxes(extra=NOWHERE + "\n[queue]\nsweep_seconds = 2\n")
    trouble = Trouble(box, random.Random(rng.random()), pause=4.0)
    box.start("web")
    load = Load(box.port, rng, clients=3, pace=0.15)
    oldest = 0.0
    with load, box.node() as node:
        trouble.start()
        ends = time.monotonic() + size
        while time.monotonic() < ends:
            oldest = max(oldest, waited(node))
            time.sleep(0.5)
        trouble.end()
    with box.node() as node:
        ends = time.monotonic() + PROMISE + LONG
        while (left := classified(node)).without + left.waiting and time.monotonic() < ends:
            oldest = max(oldest, waited(node))
            time.sleep(0.2)
        found = classified(node)
        print(f"{size} s, {len(load.acked)} texts, {trouble.done}: the oldest waited {oldest:.1f} s; {found}")
        assert found.is_clean, found
        assert tally(node, load.sent, load.acked).is_clean
    assert oldest <= PROMISE or size < WHOLE
    assert sum(trouble.done.values()) > 0


def waited(node: Node) -> float:
    """How long the oldest report that is not classified has been there, in seconds."""
    with node.database.reading() as c:
        since = c.execute(select(func.min(REPORT.c.filed_at)).where(REPORT.c.classified_at.is_(None))).scalar()
    return (node.now() - moment(since)).total_seconds() if since else 0.0
