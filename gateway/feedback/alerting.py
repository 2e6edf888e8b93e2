"""Whom the machine tells at once: the duty officer, of an emergency and of many people who report the same in one place.

    a report is an emergency, by its words or its kind   -> one SMS to each duty phone; not again for the same need within the hour
    an emergency that could not be classified            -> the same, once its classification was put aside for a person
    N people report one kind in one place within T days  -> one SMS, and a line on top of the queue; not again until they are twice as many

The SMS names kind, place and reference, never the resident's words or number. Nothing restricted is ever told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, exists, func, or_, select

from gateway.governing import duty
from gateway.journal import ledger, tasks
from gateway.journal.canonical import derived_id, iso, kin_id, moment
from gateway.journal.entries import take_turn
from gateway.journal.events import Event
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.facts.triage import CLUSTER, EMERGENCY, DutyAlerted
from gateway.journal.rows import find
from gateway.journal.tables import REPORT_STANDS_IN_NEED, Alert, Need, Report, Task, table
from gateway.labels import emergencies, label
from gateway.node import Node
from gateway.words.replies import ANSWERED_IN
from gateway.words.segments import measure

ALERT, NEED, REPORT, TASK = table(Alert), table(Need), table(Report), table(Task)
Row = dict[str, Any]

AGAIN = timedelta(hours=1)   # a second report of the same fire is no second alarm before that
STALE = timedelta(hours=24)  # history that is classified anew alarms nobody
AHEAD = timedelta(seconds=30)  # an alert leaves before the replies that were queued shortly before it


def look(c: Connection, node: Node, reports: Sequence[str]) -> None:
    """Tell the duty officer what these reports, classified and gathered just now, call for; in the caller's transaction."""
    now = node.now()
    rows = [row for row in find(c, REPORT, "id", list(reports)) if row["restricted"] is not None and not row["restricted"]]
    rows = [row for row in rows if row["status"] != "cancelled" and moment(row["filed_at"]) > now - STALE]
    if not rows:
        return
    _tell(c, node, rows, [*_emergencies(c, rows, now), *_clusters(c, node, rows, now)], now)


def look_aside(node: Node) -> int:
    """Tell of emergencies whose classification failed every time: whatever is wrong with them, the fire burns. How many there were."""
    now = node.now()
    with node.database.reading() as c:
        if not _aside(c, now):
            return 0
    with node.database.writing() as c:
        take_turn(c, node.origin)  # whoever looks beside us waits, and then finds it told
        rows = find(c, REPORT, "id", _aside(c, now))
        return _tell(c, node, rows, _emergencies(c, rows, now), now)


def _aside(c: Connection, now: datetime) -> list[str]:
    """Nothing that was suspected as it was filed: that is restricted already, and the focal point's alone."""
    return list(c.execute(select(REPORT.c.id).join(TASK, TASK.c.subject == REPORT.c.id).where(
        TASK.c.quarantined_at.is_not(None), TASK.c.kind == "classify", REPORT.c.restricted.is_not(True), REPORT.c.status != "cancelled",
        or_(REPORT.c.intent == EMERGENCY, REPORT.c.category.in_(emergencies())), REPORT.c.filed_at > iso(now - STALE),
        ~exists(select(ALERT.c.id).where(ALERT.c.report == REPORT.c.id, ALERT.c.reason == EMERGENCY)))).scalars())


def _tell(c: Connection, node: Node, rows: Iterable[Row], alerts: Sequence[DutyAlerted], now: datetime) -> int:
    if not alerts:
        return 0
    phones = duty.listed(c)
    references = {row["id"]: row["reference"] for row in rows}
    events: list[Event] = []
    letters: list[ReplyQueued] = []
    for alert in alerts:
        letters += [_letter(node, alert, references[alert.report], phone, now) for phone in phones]
        events.append(DutyAlerted(**alert.facts() | {"phones": len(phones)}))
    ledger.write(c, node.origin, [*events, *letters], at=now, by="machine")
    tasks.add(c, "send", [letter.reply for letter in letters], iso(now - AHEAD))
    return len(alerts)


def is_emergency(row: Row) -> bool:
    return row["intent"] == EMERGENCY or row["category"] in emergencies()


def _emergencies(c: Connection, rows: Iterable[Row], now: datetime) -> list[DutyAlerted]:
    calls = {derived_id("alert", EMERGENCY, row["id"]): row for row in rows if is_emergency(row)}
    if not calls:
        return []
    needs = [row["need"] for row in calls.values() if row["need"]]
    told: set[str] = set()
    lately = tasks.lately(ALERT.c.at, now, AGAIN)
    for known in c.execute(select(ALERT.c.id, ALERT.c.need, lately.label("lately")).where(
            or_(ALERT.c.id.in_(calls), and_(ALERT.c.reason == EMERGENCY, ALERT.c.need.in_(needs), lately)))):
        told |= {known.id, *([known.need] if known.lately and known.need else [])}
    alerts = []
    for alert, row in calls.items():
        if told.isdisjoint((alert, row["need"])):
            told |= {row["need"]} - {None}
            alerts.append(DutyAlerted(alert=alert, report=row["id"], reason=EMERGENCY, need=row["need"], place_code=row["place_code"],
                                      category=row["category"]))
    return alerts


def _clusters(c: Connection, node: Node, rows: Iterable[Row], now: datetime) -> list[DutyAlerted]:
    rules = node.config.triage
    last = {(row["place_code"], row["category"]): row for row in rows if row["need"]}
    if not last:
        return []
    since = now - timedelta(days=rules.cluster_days)
    counted = c.execute(
        select(NEED.c.place_code, NEED.c.category, func.count(REPORT.c.sender.distinct())).join(REPORT, REPORT.c.need == NEED.c.id)
        .where(NEED.c.place_code.in_({place for place, _ in last}), NEED.c.category.in_({category for _, category in last}),
               REPORT.c.filed_at >= iso(since), REPORT_STANDS_IN_NEED)
        .group_by(NEED.c.place_code, NEED.c.category)).all()
    many = {derived_id("alert", CLUSTER, place, category): (last[place, category], people) for place, category, people in counted
            if people >= rules.cluster_people and (place, category) in last}
    before = {row["id"]: row for row in find(c, ALERT, "id", list(many))}
    return [DutyAlerted(alert=alert, report=row["id"], reason=CLUSTER, need=row["need"], place_code=row["place_code"],
                        category=row["category"], people=people)
            for alert, (row, people) in many.items()
            if alert not in before or moment(before[alert]["at"]) < since or people >= 2 * before[alert]["people"]]


def _letter(node: Node, alert: DutyAlerted, reference: str, phone: duty.OnDuty, now: datetime) -> ReplyQueued:
    spoken = ANSWERED_IN.get(phone.language, phone.language)
    fills: dict[str, Any] = {"cat": label(alert.category, spoken), "place": node.city.place_name(alert.place_code, spoken),
                             "ref": reference} | ({"n": alert.people} if alert.reason == CLUSTER else {})
    text = node.replies.text_for(f"alert_{alert.reason}", phone.language, **fills)
    assert text is not None, "an alert is never silent"
    return ReplyQueued(reply=kin_id(alert.report, "alert", alert.reason, phone.sender), sender=phone.sender,
                       channel=node.config.outbox.channel, kind=f"alert_{alert.reason}", language=phone.language, text=text,
                       segments=measure(text).segments, due_at=iso(now))
