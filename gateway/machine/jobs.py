"""What happens after what: one screen. Every job asks SQL what is due, so it may run twice, late, or on many machines.

    a text came in      -> place its landmark, if one was pinned -> classify the report -> gather it into a need
    it is an emergency  -> tell the duty officer, who is told of many alike in one place too
    a landmark pinned   -> the same, for the reports that wait with it
    a person read it    -> the same; what the person said stands, and the model learned it already
    a person decided    -> tell the residents who spoke for the need, once it has stood a while; after "done" ask them
    a broadcast started -> put into the outbox as much of it as may leave; count a poll that is over, and tell who voted
    somebody asked      -> classify old reports again (`barrio classify again`)
    a reply was queued  -> send it, or look up what became of it
    the last one left   -> erase who asked for that by text, number and all
    every few seconds   -> the same, for whatever the bell missed
    every minute        -> stop and start the clocks of promises; tell of those that were broken
    every five minutes  -> ask the provider what it delivered while we were deaf
"""

from __future__ import annotations

import logging

from sqlalchemy import Connection

from gateway.broadcasts import airing
from gateway.decisions import erasing
from gateway.feedback import telling
from gateway.journal import blame, tasks
from gateway.machine import sorting
from gateway.node import Node
from gateway.sending import outbox

MOST_AT_ONCE = 250
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
    while found := (classify_due(node) + telling.tell_due(node) + airing.air_due(node) + outbox.send_due(node) + erasing.erase_asked(node)
                    + classify_due(node, tasks.AGAIN)):
        done += found
    return done


def classify_due(node: Node, kind: str = "classify") -> int:
    """Classify and gather one batch; how many were claimed. What failed before goes apart from what is new, and holds up nobody."""
    now = node.now()
    with node.database.writing() as c:
        _give_back(c, owed := set(node.owed))
        claimed = [claim.subject for claim in tasks.claim(c, kind, now, MOST_AT_ONCE, apart=True)]
    node.owed.difference_update(owed)
    if claimed:
        with node.trying(kind, claimed, now):
            _attempt(node, claimed, kind)
    return len(claimed)


def _attempt(node: Node, claimed: list[str], kind: str) -> None:
    """All in one transaction, which puts back alone what breaks it; should it break all the same, its halves in one each."""
    try:
        with node.database.writing() as c:
            sorting.sort(c, node, claimed, kind)
    except Exception as fault:
        if blame.was_away(fault):
            raise
        if len(claimed) > 1:
            for half in (claimed[:len(claimed) // 2], claimed[len(claimed) // 2:]):
                _attempt(node, half, kind)
            return
        with node.database.writing() as c:
            tasks.fail(c, kind, {claimed[0]: type(fault).__name__}, node.now())


def _give_back(c: Connection, owed: set[tuple[str, str, str]]) -> None:
    """Tries that the database did not let us make, as soon as it is there again."""
    together: dict[tuple[str, str], list[str]] = {}
    for kind, subject, lease in owed:
        together.setdefault((kind, lease), []).append(subject)
    for (kind, lease), subjects in together.items():
        tasks.give_back(c, kind, subjects, lease)
