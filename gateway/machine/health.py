"""Is this box well? Reasons for /health, numbers for /metrics."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, func, select

from gateway import clock
from gateway.doors.desk import Desk
from gateway.governing import handsets, roads
from gateway.journal import tasks
from gateway.journal.canonical import moment
from gateway.journal.database import fault_in_words, is_away
from gateway.journal.tables import Message, Reply, table
from gateway.machine.bell import Bell
from gateway.node import Node
from gateway.sending import handing, outbox
from gateway.trouble import canaries, incidents

PUBLIC_OUTCOME = {"protection": "report", "restricted": "report"}  # how many wrote of violence is nobody's metric
OLDEST_WORK = 300  # seconds that due work may lie about before somebody should look
SLOWEST_PHONE = 3600  # one that is well may ask rarely, and sends so many an hour
MESSAGE, REPLY = table(Message), table(Reply)


def notes(bell: Bell | None) -> list[str]:
    """What is slower than it should be, but costs nobody an answer."""
    return [f"broker: {bell.broken}; work is found by the sweeper, slower"] if bell is not None and bell.broken else []


def faults(node: Node, desk: Desk | None = None) -> list[str]:
    """What is wrong now; empty when texts are taken in and answered."""
    found = []
    try:
        with node.database.reading() as c:
            backlog = tasks.backlog(c, node.now(), only=outbox.ours_to_bring(node, node.now()))
            found += incidents.reasons(c)
            found += _phones(c, node)
            if tasks.quarantined(c):
                found.append("quarantine: some work failed five times, see /planner/quarantine")
        for kind, (count, oldest) in backlog.items():
            age = (node.now() - moment(oldest)).total_seconds() if oldest else 0
            if age > OLDEST_WORK:
                found.append(f"backlog: {count} to {kind}, the oldest waits {int(age)} s; does `barrio worker` run?")
    except Exception as fault:
        if not is_away(fault):
            raise
        found.append(f"database: {fault_in_words(fault)}")
    if desk is not None:
        if desk.away:
            found.append(f"database: {desk.away}")
        if waiting := desk.spool.files():
            found.append(f"spool: {len(waiting)} file(s) wait for the database")
        if refused := desk.spool.refused():
            found.append(f"spool: {len(refused)} file(s) hold texts that the database refuses; mend that, then `barrio spool retry`")
    if not clock.is_trusted(node.now()):
        found.append("clock: this machine's time cannot be right")
    return found


def _phones(c: Connection, node: Node) -> list[str]:
    """Replies that phones come for, and no phone comes."""
    count, oldest = handing.waiting(c, node)
    age = (node.now() - moment(oldest)).total_seconds() if oldest else 0
    if age <= (SLOWEST_PHONE if handsets.live(c, node.now()) else OLDEST_WORK):
        return []
    return [f"phones: {count} replies wait to be fetched, the oldest {int(age)} s; is a phone on, does it reach us, does it send?"]


def metrics(node: Node) -> str:
    """Counts in Prometheus text form, read from the folds when asked."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest
    registry = CollectorRegistry()
    messages = Gauge("barrio_messages", "Texts received, by outcome", ["outcome"], registry=registry)
    replies = Gauge("barrio_replies", "Replies, by state", ["state"], registry=registry)
    due = Gauge("barrio_tasks_due", "Tasks that are due, by kind", ["kind"], registry=registry)
    aside = Gauge("barrio_tasks_quarantined", "Tasks put aside after five attempts", registry=registry)
    troubles = Gauge("barrio_incidents", "Incidents that stand, by kind of trouble", ["kind"], registry=registry)
    back = Gauge("barrio_canary_seconds", "How long the last canary was under way, by channel", ["channel"], registry=registry)
    told: Counter[str] = Counter()
    with node.database.reading() as c:
        for outcome, count in c.execute(select(MESSAGE.c.outcome, func.count()).group_by(MESSAGE.c.outcome)):
            told[PUBLIC_OUTCOME.get(outcome, outcome or "none")] += count
        for outcome, count in told.items():
            messages.labels(outcome).set(count)
        for state, count in c.execute(select(REPLY.c.state, func.count()).group_by(REPLY.c.state)):
            replies.labels(state).set(count)
        for kind, (count, _) in tasks.backlog(c, node.now()).items():
            due.labels(kind).set(count)
        aside.set(len(tasks.quarantined(c)))
        standing = Counter(one.kind for one in incidents.listed(c) if one.closed_at is None)
        for kind in roads.KINDS:
            troubles.labels(kind).set(standing[kind])
        for channel, seconds in canaries.seconds_back(c).items():
            back.labels(channel).set(seconds)
    return generate_latest(registry).decode()
