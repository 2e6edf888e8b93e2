"""Workers killed at every step, poisoned, and crowded: one classification a report, none forgotten, nobody harmed by another.

Of eight steps a seed chooses one in every run; `-m campaign` kills at each.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway import classification
from gateway.channels.values import Inbound
from gateway.doors import intake
from gateway.journal import blame, tasks
from gateway.journal.canonical import moment
from gateway.journal.entries import all_facts
from gateway.journal.tables import Report, Task, table
from gateway.machine import health, jobs
from gateway.needs import gathering
from gateway.needs.likeness import is_point
from gateway.node import Node
from tests.durability.box import Box
from tests.durability.conftest import MakeBox, yard
from tests.durability.kennel import AT_STEPS, Kennel, steps_to_kill
from tests.durability.load import report_needs
from tests.durability.tally import classified
from tests.patience import until

REPORT, TASK = table(Report), table(Task)
PROMISE = 60.0  # seconds until the work of a dead worker is done
LEAST_STEPS = 30  # a worker that classifies and sends takes more; fewer would mean that the steps are not counted


@dataclass(frozen=True)
class Abandoned:
    """A box whose worker was killed, and is followed by another."""

    box: Box
    tasks: int
    killed_at: datetime


@pytest.fixture(scope="module", autouse=True)
def abandoned() -> Iterator[Abandoned]:
    """`barrio worker` itself, killed with a batch in its hands. Its lease runs out while the other tests run."""
    with yard() as make:
        box = make()
        with box.node() as node:
            held = 0
            while not held:  # a kill that comes late finds it done with its batch
                report_needs(node, 800)
                worker = box.start("worker")
                until(lambda: leased(node) > 0, "the worker takes nothing up", hopeless=lambda: worker.poll() is not None)  # noqa: B023
                box.kill(worker)
                held = leased(node)
            left = Abandoned(box, held, datetime.now(UTC))
        box.start("worker")
        yield left


@AT_STEPS
def test_killed_at_every_step(boxes: MakeBox, database_url: str, rng: random.Random, every: int) -> None:
    """SIGKILL before each statement and on either side of each commit; then the lease runs out and another worker comes."""
    box = boxes(database_url=database_url)
    with Kennel(box) as kennel, box.node() as node:
        kills = -1
        for step in steps_to_kill(every, rng):
            kills += 1
            report_needs(node, 4)
            ended = kennel.work(f"crash={step}").steps
            pass_leases(node)
            assert kennel.work().steps is not None
            found = classified(node)
            assert found.is_clean, f"killed at step {step}: {found}"
            assert sent_twice_or_never(node) == (0, 0), f"killed at step {step}"
            if ended is not None:
                break
        print(f"killed at {kills} of {ended} steps: {found}")
        assert step > LEAST_STEPS
    verified = box.cli("rebuild", "--verify")
    assert verified.returncode == 0, verified.stderr


def test_negative_control_a_worker_that_finishes_before_it_works_forgets_reports(boxes: MakeBox) -> None:
    box = boxes()
    with Kennel(box) as kennel, box.node() as node:
        for step in range(1, 16):
            report_needs(node, 2)
            kennel.work(f"crash={step}", "finishes_first")
            pass_leases(node)
            kennel.work()
        found = classified(node)
    print(found)
    assert found.without > 0
    assert not found.is_clean


def test_a_report_that_kills_its_worker_takes_no_others_along(boxes: MakeBox, database_url: str) -> None:
    """Every batch that holds it dies; five deaths later it is put aside, and not one of the others with it."""
    box = boxes(database_url=database_url)
    with Kennel(box) as kennel, box.node() as node:
        report_needs(node, 40)
        deadly, deaths = some_report(node), 0
        while kennel.work(f"deadly={deadly}").steps is None:
            deaths += 1
            pass_leases(node)
            assert deaths <= tasks.MOST_ATTEMPTS
        found = classified(node)
        with node.database.reading() as c:
            aside = tasks.quarantined(c)
    print(deaths, found)
    assert [(q.kind, q.subject, q.attempts, q.error) for q in aside] == [
        ("classify", deadly, tasks.MOST_ATTEMPTS, "its worker died every time")]
    assert (found.without, found.extra, found.waiting) == (1, 0, 0)


def _breaks_rules(monkeypatch: pytest.MonkeyPatch, poison: str) -> None:
    right = classification.Judge.classify

    def classify(judge: Any, report: Any, text: str, **said: bool) -> Any:
        if report["id"] == poison:
            raise ZeroDivisionError("poison")
        return right(judge, report, text, **said)

    monkeypatch.setattr(classification.Judge, "classify", classify)


def _breaks_transaction(monkeypatch: pytest.MonkeyPatch, poison: str) -> None:
    right = gathering.gather

    def gather(c: Any, reports: Any, *more: Any) -> Any:
        if any(r["id"] == poison for r in reports):
            raise ZeroDivisionError("poison")
        return right(c, reports, *more)

    monkeypatch.setattr(gathering, "gather", gather)


def test_a_text_that_cannot_be_likened_to_others_is_put_back_alone(make_node: Callable[..., Node], database_url: str,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    """Its batch is done in one go all the same: nobody beside it is judged twice."""
    node = make_node(database_url=database_url)
    report_needs(node, 30)
    with node.database.writing() as c:
        intake.receive(c, node, [Inbound("console", "local", "hole", "+59170009999", "bache en calle 5 villa fatima", node.now(), b"")])
        poison = next(row.id for row in c.execute(select(REPORT.c.id, REPORT.c.category)) if is_point(row.category))
    right = gathering._join

    def join(there: Any, report: Any, *more: Any) -> Any:
        if report["id"] == poison:
            raise ZeroDivisionError("poison")
        return right(there, report, *more)

    monkeypatch.setattr(gathering, "_join", join)
    monkeypatch.setattr(blame, "at_fault_in", lambda *_: pytest.fail("the batch broke"))
    jobs.work(node)
    found = classified(node)
    assert (found.without, found.extra, found.waiting) == (1, 0, 1)
    with node.database.reading() as c:
        assert c.execute(select(TASK.c.subject, TASK.c.error).where(TASK.c.kind == "classify")).all() == [(poison, "ZeroDivisionError")]


@pytest.mark.parametrize(("label", "poisoned"), [
    ("classification raises for one report", _breaks_rules), ("the transaction of a whole batch breaks on it", _breaks_transaction)])
def test_poison_is_put_aside_after_five_attempts(make_node: Callable[..., Node], clock: Any, database_url: str, label: str,
                                                 poisoned: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_node(database_url=database_url)
    report_needs(node, 30)
    poison = some_report(node)
    poisoned(monkeypatch, poison)
    for attempt in range(1, 20):
        jobs.work(node)
        with node.database.reading() as c:
            aside = tasks.quarantined(c)
        found = classified(node)
        assert found.without == 1, f"{label}, attempt {attempt}: {found}"
        if aside:
            break
        clock.on(seconds=61)
    assert [(q.subject, q.attempts, q.error) for q in aside] == [(poison, tasks.MOST_ATTEMPTS, "ZeroDivisionError")]
    assert (found.extra, found.waiting, found.gathered_twice) == (0, 0, 0)
    assert any("quarantine" in fault for fault in health.faults(node))
    monkeypatch.undo()
    with node.database.writing() as c:
        assert tasks.release(c, "classify", poison, node.now())
    jobs.work(node)
    assert classified(node).is_clean, "a person sent it back to work"


def test_eight_processes_share_the_work(boxes: MakeBox, database_url: str) -> None:
    box = boxes(database_url=database_url)
    with Kennel(box) as kennel, box.node() as node:
        report_needs(node, 400)
        ended = kennel.wait_for([kennel.start_work() for _ in range(8)])
        assert all(e.steps is not None for e in ended), "a worker broke"
        assert classified(node).is_clean, classified(node)
        assert sent_twice_or_never(node) == (0, 0)


def test_eight_threads_share_the_work(make_node: Callable[..., Node], database_url: str) -> None:
    node = make_node(database_url=database_url)
    report_needs(node, 400)
    broken: list[BaseException] = []

    def work() -> None:
        try:
            jobs.work(node)
        except Exception as fault:
            broken.append(fault)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broken
    assert classified(node).is_clean, classified(node)


def test_what_a_resident_adds_while_a_report_is_classified_is_not_overlooked(
        make_node: Callable[..., Node], postgres_url: str, text_in: Callable[..., Inbound], monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL a text may come between a worker's look at the report and its verdict: neither may wait for the other for ever."""
    node = make_node(database_url=postgres_url)
    right, faults, texting = classification.Judge.classify, list[Exception](), list[threading.Thread]()

    def answer() -> None:
        try:
            with node.database.writing() as c:
                intake.receive(c, node, [text_in("answer", "S1604")])
        except Exception as fault:
            faults.append(fault)

    def classify(judge: Any, report: Any, text: str, **said: bool) -> Any:
        if not texting:
            texting.append(threading.Thread(target=answer))
            texting[0].start()
            texting[0].join(0.5)
        return right(judge, report, text, **said)

    with node.database.writing() as c:
        intake.receive(c, node, [text_in("first", "no hay agua")])
    monkeypatch.setattr(classification.Judge, "classify", classify)
    jobs.work(node)
    texting[0].join()
    jobs.work(node)
    assert not faults, "the text ran into a deadlock"
    with node.database.reading() as c:
        row = c.execute(select(REPORT.c.place_code, REPORT.c.need)).one()
    assert row.place_code == "S1604"
    assert row.need is not None, "classified and gathered without its place, and never again"
    assert classified(node).is_clean, classified(node)


def test_a_killed_worker_is_followed_by_another(abandoned: Abandoned) -> None:
    """With its real lease: all is taken up again, and lease and sweep fit into the minute. The last test here, so that it need not wait."""
    with abandoned.box.node() as node:
        until(lambda: not classified(node).without, lambda: f"left behind: {classified(node)}")
        with node.database.reading() as c:
            last = max(moment(f.at) for f in all_facts(c, ["report_classified"]))
        seconds = (last - abandoned.killed_at).total_seconds()
        print(f"{abandoned.tasks} tasks abandoned; all classified {seconds:.1f} s after the kill")
        assert abandoned.tasks > 0
        assert tasks.LEASE.total_seconds() + node.config.queue.sweep_seconds < PROMISE
        assert classified(node).is_clean


def some_report(node: Node) -> str:
    """One from the middle."""
    with node.database.reading() as c:
        reports = c.execute(select(REPORT.c.id).order_by(REPORT.c.id)).scalars().all()
    return reports[len(reports) // 2]


def pass_leases(node: Node) -> None:
    """Half a minute goes by for whoever held a task."""
    with node.database.writing() as c:
        c.execute(update(TASK).where(TASK.c.leased_until.is_not(None)).values(leased_until="2000-01-01T00:00:00.000000Z"))


def leased(node: Node) -> int:
    with node.database.reading() as c:
        return len(c.execute(select(TASK.c.subject).where(TASK.c.kind == "classify", TASK.c.leased_until.is_not(None))).all())


def sent_twice_or_never(node: Node) -> tuple[int, int]:
    """Replies with more than one sending in the journal, and with none."""
    with node.database.reading() as c:
        facts = list(all_facts(c, ["reply_queued", "reply_sent"]))
    sent = Counter(f.about[0] for f in facts if f.kind == "reply_sent")
    return sum(n > 1 for n in sent.values()), sum(f.about[0] not in sent for f in facts if f.kind == "reply_queued")
