"""What happens after what: one screen. Every job asks SQL what is due, so it may run twice, late, or on many machines.

    a text came in      -> place its landmark, if one was pinned -> classify the report -> gather it into a need
    it is an emergency  -> tell the duty officer, who is told of many alike in one place too
    a landmark pinned   -> the same, for the reports that wait with it
    a person read it    -> the same; what the person said stands, and the model learned it already
    a person decided    -> tell the residents who spoke for the need, once it has stood a while; after "done" ask them
    somebody asked      -> classify old reports again (`barrio classify again`)
    a reply was queued  -> send it, or look up what became of it
    every few seconds   -> the same, for whatever the bell missed
    every minute        -> stop and start the clocks of promises; tell of those that were broken
    every five minutes  -> ask the provider what it delivered while we were deaf
"""

from __future__ import annotations

import logging

from sqlalchemy import Connection

from gateway import alerting, gathering, outbox, pinning, telling
from gateway.journal import ledger, tasks
from gateway.journal.entries import ours, take_turn
from gateway.journal.rows import find
from gateway.journal.tables import Report, table
from gateway.judging import Judging
from gateway.node import Node

REPORT = table(Report)
MOST_AT_ONCE = 250
FEW = 4
_log = logging.getLogger("barrio.jobs")
_node: Node | None = None  # of this worker process; a job carries nothing but its name


def serve(node: Node) -> None:
    """Name the node that jobs of this process work on."""
    global _node
    _node = node


def drain() -> int:
    """The job behind the bell."""
    if _node is None:
        raise RuntimeError("no node is served here")
    return work(_node)


def work(node: Node) -> int:
    """Do everything that is due now; how many tasks were done."""
    done = 0
    while found := classify_due(node) + telling.tell_due(node) + outbox.send_due(node) + classify_due(node, tasks.AGAIN):
        done += found
    return done


def classify_due(node: Node, kind: str = "classify") -> int:
    """Classify and gather one batch; how many were claimed."""
    with node.database.writing() as c:
        claimed = [claim.subject for claim in tasks.claim(c, kind, node.now(), MOST_AT_ONCE)]
    if claimed:
        _attempt(node, claimed, kind)
    return len(claimed)


def _attempt(node: Node, claimed: list[str], kind: str) -> None:
    """All in one transaction; should one break it, its parts in savepoints of another, until it breaks only itself."""
    try:
        with node.database.writing() as c:
            _classify(c, node, claimed, kind)
    except Exception:
        broken: dict[str, str] = {}
        with node.database.writing() as c:  # one fsync, however many break it
            _in_parts(c, node, claimed, kind, broken)
            if broken:
                tasks.fail(c, kind, broken, node.now())


def _in_parts(c: Connection, node: Node, subjects: list[str], kind: str, broken: dict[str, str]) -> None:
    try:
        with c.begin_nested():
            _classify(c, node, subjects, kind)
    except Exception as fault:
        if len(subjects) == 1:
            broken[subjects[0]] = type(fault).__name__
            return
        # a few at once, then each alone: where a tenth is broken this takes the fewest steps, and halves of halves would take most twice
        size = 1 if len(subjects) <= FEW else FEW
        for at in range(0, len(subjects), size):
            _in_parts(c, node, subjects[at:at + size], kind, broken)


def _classify(c: Connection, node: Node, claimed: list[str], kind: str = "classify") -> None:
    """Take the tasks off the list, classify, gather. Whoever finds a task gone leaves it alone."""
    turn = take_turn(c, node.origin)  # first, as at the intake: whoever took the tasks before the turn would wait for each other
    now = node.now()
    mine = tasks.take_off(c, kind, claimed)
    rows = find(c, REPORT, "id", list(mine))
    here = ours(c, node.origin.writer, [report["message"] for report in rows])  # another node's are classified there, or twice
    reports = {report["id"]: report for report in rows if report["message"] in here}
    failures: dict[str, str] = {}
    placed = pinning.placements(c, reports.values())
    for fact in placed:
        reports[fact.report] |= {"place_code": fact.place_code, "need": None}
    judging = Judging(c, node, reports.values())
    events = []
    for report in reports.values():
        try:
            found = judging.event(report, anew=kind == tasks.AGAIN)
        except Exception as fault:
            failures[report["id"]] = type(fault).__name__
            continue
        if found is not None:
            events.append(found)
            report |= {"category": found.category or report["category"],
                       "restricted": report["restricted"] if report["held"] else found.restricted or report["restricted"]}
    broken: dict[str, str] = {}
    gathered = gathering.gather(c, [reports[e.report] for e in events], broken)
    events, failures = [e for e in events if e.report not in broken], failures | broken
    ledger.write(c, node.origin, [*placed, *events, *gathered], at=now, by="machine", turn=turn)
    alerting.look(c, node, [e.report for e in events])
    if failures:
        tasks.put_back(c, kind, {subject: mine[subject] for subject in failures}, failures, now)
