"""Where many report the same: what raised an alert lately and still stands, counted from the reports as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, and_, func, select

from dashboards.queries.needs import STILL_OPEN
from dashboards.queries.seen import HEAD, NEED, REPORT
from gateway.journal.canonical import iso
from gateway.journal.facts.triage import CLUSTER
from gateway.journal.tables import REPORT_STANDS_IN_NEED, Alert, table
from gateway.node import Node

ALERT = table(Alert)
WHOLE = NEED.alias("whole")  # what it is merged with stands for it
MOST = 200


@dataclass(frozen=True, slots=True)
class Cluster:
    """So many people reported one kind of need in one place within the days of the rule; `at` is when the duty officer was told."""

    need: str | None
    place_code: str
    category: str
    people: int
    at: str


def standing(c: Connection, node: Node) -> list[Cluster]:
    """The alerts of the last days, most people first, as long as what is open there is still as many as the rule asks for.

    The alert says how many there were; a report that was restricted, taken back or done since counts no more. Phones are counted, each
    once, however often it wrote.
    """
    rules = node.config.triage
    since = iso(node.now() - timedelta(days=rules.cluster_days))
    people = func.count(REPORT.c.sender.distinct())
    found = (select(func.max(NEED.c.id), ALERT.c.place_code, ALERT.c.category, people.label("people"), ALERT.c.at).select_from(ALERT)
             .join(NEED, and_(NEED.c.place_code == ALERT.c.place_code, NEED.c.category == ALERT.c.category))
             .outerjoin(HEAD, HEAD.c.need == NEED.c.id).join(WHOLE, WHOLE.c.id == func.coalesce(HEAD.c.head, NEED.c.id))
             .join(REPORT, and_(REPORT.c.need == NEED.c.id, REPORT_STANDS_IN_NEED, REPORT.c.filed_at >= since))
             .where(ALERT.c.reason == CLUSTER, ALERT.c.at >= since, WHOLE.c.status.in_(STILL_OPEN))
             .group_by(ALERT.c.id, ALERT.c.place_code, ALERT.c.category, ALERT.c.at).having(people >= rules.cluster_people)
             .order_by(people.desc(), ALERT.c.at.desc(), ALERT.c.id).limit(MOST))
    return [Cluster(*row) for row in c.execute(found)]
