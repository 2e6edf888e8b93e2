"""Trouble on a road becomes an incident that a person sees: opened once, told once to who is on duty, closed when its cause is gone.

    a channel is silent, a provider fails, replies do not leave, a phone is weak, a canary is lost    (`roads`, pure)
    -> a row that the page Incidents, /health, /metrics and `barrio check` show, with what to do
    -> one SMS to each duty phone, by another channel than the one in trouble; none where there is no other

It is this machine's own business and stands in no journal, but for the SMS. The worker looks every minute.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, delete, exists, func, select, update

from gateway.channels import CHANNELS, android, console
from gateway.errors import Problem
from gateway.governing import duty, governor, handsets, quiet, roads
from gateway.journal import ledger, tasks
from gateway.journal.canonical import derived_id, iso, moment
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.rows import find, upsert
from gateway.journal.tables import Contact, Incident, Message, Reply, Road, Task, table
from gateway.node import Node
from gateway.trouble import canaries
from gateway.trouble.hearing import ASKED, Hearing
from gateway.trouble.incidents import standing_rows
from gateway.words.replies import ROAD_ALERTS
from gateway.words.segments import measure

CONTACT, INCIDENT, MESSAGE, REPLY, ROAD, TASK = (table(of) for of in (Contact, Incident, Message, Reply, Road, Task))
Row = dict[str, Any]
Phones = Callable[[Connection], Sequence[roads.Phone]]

AGAIN = timedelta(hours=1)  # trouble that comes back so soon is the same, and is not told again
KEPT = timedelta(days=90)
SOON = timedelta(minutes=6)  # who waits for a provider is tried again within five minutes: such a reply is due, whatever its time


def phones_of_ours(c: Connection) -> Sequence[roads.Phone]:
    """The phones that carry texts, as they last spoke."""
    return [roads.Phone(each.name, each.last_heard, each.battery, None if each.power is None else each.power != "battery",
                        each.network or "") for each in handsets.standing(c)]


class Lookout:
    """Looks at all roads of a node; it remembers what was heard, so that a look costs what is new."""

    def __init__(self, node: Node, phones: Phones = phones_of_ours) -> None:
        self._node, self._phones, self._hearing = node, phones, Hearing()

    def look(self) -> int:
        """Open, close and tell; how many incidents were opened."""
        node, now = self._node, self._node.now()
        self._hearing.listen(node.database, now)
        with node.database.reading() as c:
            found = {(trouble.kind, trouble.where): trouble for trouble in self._troubles(c, now)}
            standing = {(row["kind"], row["place"]): row for row in standing_rows(c)}
            facts = {key: json.dumps(dict(trouble.facts), sort_keys=True) for key, trouble in found.items()}
            if not (found.keys() ^ standing.keys()) and all(standing[key]["facts"] == said for key, said in facts.items()):
                return 0
        with node.database.writing() as c:
            standing = {(row["kind"], row["place"]): row for row in standing_rows(c)}  # who looks beside us may have written it
            gone = [row["id"] for key, row in standing.items() if key not in found]
            c.execute(update(INCIDENT).where(INCIDENT.c.id.in_(gone)).values(closed_at=iso(now)))
            opened = [self._open(c, found[key], facts[key], now) for key in sorted(found.keys() - standing.keys())]
            for key in found.keys() & standing.keys():
                c.execute(update(INCIDENT).where(INCIDENT.c.id == standing[key]["id"]).values(facts=facts[key]))
            self._tell(c, [row for row in opened if row is not None], {where for _, where in found} | self._without_a_phone(c, found), now)
            c.execute(delete(INCIDENT).where(INCIDENT.c.closed_at < iso(now - KEPT)))
            return len(opened)

    def _open(self, c: Connection, trouble: roads.Trouble, facts: str, now: datetime) -> Row | None:
        """The new row; None where it is an old one that goes on."""
        lately = c.execute(select(INCIDENT.c.id).where(
            INCIDENT.c.kind == trouble.kind, INCIDENT.c.place == trouble.where, INCIDENT.c.closed_at > iso(now - AGAIN))).scalar()
        if lately is not None:
            c.execute(update(INCIDENT).where(INCIDENT.c.id == lately).values(closed_at=None, facts=facts))
            return None
        row = {"id": derived_id("incident", trouble.kind, trouble.where, iso(now)), "kind": trouble.kind, "place": trouble.where,
               "since": iso(trouble.since), "opened_at": iso(now), "closed_at": None, "facts": facts, "phones": 0, "taken_by": "",
               "taken_at": None}
        upsert(c, INCIDENT, [row])
        return row

    def _without_a_phone(self, c: Connection, found: Mapping[tuple[str, str], roads.Trouble]) -> set[str]:
        """The channel of phones, when none of them was heard of: it tells nobody anything."""
        troubles = [found.get((roads.PHONE, phone.name)) for phone in self._phones(c)]
        return {android.NAME} if troubles and all(one is not None and one.facts["battery"] == roads.UNHEARD for one in troubles) else set()

    def _tell(self, c: Connection, opened: Sequence[Row], in_trouble: set[str], now: datetime) -> None:
        """One SMS for each to each duty phone, by a road that is not in trouble itself."""
        node, letters = self._node, []
        phones = duty.listed(c)
        for row in opened:
            by = next((name for name in configured(node) if name not in in_trouble), None)
            if by is None:
                continue
            letters += [_letter(node, row, phone, by, now) for phone in phones]
            c.execute(update(INCIDENT).where(INCIDENT.c.id == row["id"]).values(phones=len(phones)))
        if letters:
            ledger.write(c, node.origin, letters, at=now, by="machine")
            tasks.add(c, "send", [letter.reply for letter in letters], iso(now))

    def _troubles(self, c: Connection, now: datetime) -> Iterator[roads.Trouble]:
        node = self._node
        rules = roads.Rules(**node.config.roads.model_dump())
        names = configured(node)
        for heard in self._hearing.heard(names):
            if (trouble := roads.silent(heard, now, rules)) is not None:
                yield roads.Trouble(trouble.kind, trouble.where, trouble.since, {
                    **trouble.facts, "asked": _asked_for(c, heard.channel, heard.last)})
        for row in find(c, ROAD, "channel", names):
            since = moment(row["failing_since"]) if row["failing_since"] else now
            if (found := roads.failing(row["channel"], row["went"], since, rules, row["reason"])) is not None:
                yield found
        for name in names:
            states = _arrived(c, name, now)
            if states and (found := roads.undelivered(name, [state for state, _ in states], moment(states[-1][1]), rules)) is not None:
                yield found
        if governor.stopped(c) is None:
            for name, waiting, oldest in _waiting(c, node, now):
                if (found := roads.aged(name, waiting, oldest, now, rules, full=name == android.NAME and _hour_is_full(c))) is not None:
                    yield found
        yield from roads.weak(self._phones(c), now, rules)
        yield from roads.lost(canaries.lately(c, now, node.config.canary.channels), now,
                              timedelta(minutes=node.config.canary.within_minutes))


def configured(node: Node) -> list[str]:
    """The channels by which this machine texts, but for its own keyboard."""
    names = []
    for name, there in CHANNELS.items():
        if there is not console:
            try:
                there.settings(node.config)
            except Problem:
                continue
            names.append(name)
    return names


def _asked_for(c: Connection, channel: str, since: datetime) -> int:
    """Texts that came since then only because the provider was asked: then the way in is broken, and nothing was lost."""
    return c.execute(select(func.count()).select_from(MESSAGE).where(
        MESSAGE.c.received_at > iso(since), MESSAGE.c.channel == channel, MESSAGE.c.road == ASKED,
        MESSAGE.c.id >= f"{int(since.timestamp() * 1000):011x}")).scalar_one()


def _arrived(c: Connection, channel: str, now: datetime) -> list[tuple[str, str]]:
    """(state, at) of the last replies of a day of which the provider says what became of them, the newest first."""
    rows: list[tuple[str, str]] = []
    for state in ("delivered", "undelivered", "failed"):
        rows += [(row.state, row.settled_at) for row in c.execute(select(REPLY.c.state, REPLY.c.settled_at).where(
            REPLY.c.state == state, REPLY.c.queued_at > iso(now - roads.DAY), REPLY.c.channel == channel, REPLY.c.provider_id.is_not(None),
            exists().where(CONTACT.c.sender == REPLY.c.sender)).order_by(REPLY.c.queued_at.desc()).limit(roads.LAST))]
    return sorted(rows, key=lambda row: row[1], reverse=True)[:roads.LAST]


def _waiting(c: Connection, node: Node, now: datetime) -> Iterator[tuple[str, int, datetime]]:
    """(channel, how many, since when the oldest may leave) of what could leave now: not by night, nor beyond a cap."""
    spent = governor.spent(c, node, now)
    awake = quiet.opening(now, node.city.timezone, node.config.news.hours) <= now
    morning = _morning(node, now)
    waits: dict[str, list[tuple[int, datetime]]] = {}
    rows = c.execute(
        select(REPLY.c.channel, REPLY.c.kind, func.count(), func.min(REPLY.c.queued_at), func.min(REPLY.c.segments))
        .join(TASK, and_(TASK.c.kind == "send", TASK.c.subject == REPLY.c.id))
        .where(TASK.c.quarantined_at.is_(None), TASK.c.due_at <= iso(now + SOON), REPLY.c.state == "queued")
        .group_by(REPLY.c.channel, REPLY.c.kind))
    for channel, kind, count, oldest, segments in rows:
        sort = governor.class_of(kind)
        share = governor.SHARE.get(sort)
        if share is not None:
            if not awake or any(cap and used + segments > int(cap * share) for used, cap in (
                    (spent.day, spent.day_cap), (spent.month, spent.month_cap))):
                continue
            waits.setdefault(channel, []).append((count, max(moment(oldest), morning)))
        else:
            waits.setdefault(channel, []).append((count, moment(oldest)))
    for channel, some in sorted(waits.items()):
        yield channel, sum(count for count, _ in some), min(at for _, at in some)


def _hour_is_full(c: Connection) -> bool:
    """Whether the phones are given no more for now, since they may not send more in an hour."""
    return any(phone.trouble in handsets.FULL for phone in handsets.standing(c))


def _morning(node: Node, now: datetime) -> datetime:
    """When today's hours began: what waited for them is not late before they have begun."""
    here = now.astimezone(ZoneInfo(node.city.timezone))
    return here.replace(hour=node.config.news.from_hour, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)


def _letter(node: Node, row: Row, phone: duty.OnDuty, by: str, now: datetime) -> ReplyQueued:
    since = moment(row["since"]).astimezone(ZoneInfo(node.city.timezone))
    kind = ROAD_ALERTS[row["kind"]]
    text = node.replies.text_for(kind, phone.language, svc=row["place"], date=f"{since:%d/%m}", time=f"{since:%H:%M}")
    assert text is not None, "an alert is never silent"
    return ReplyQueued(reply=derived_id("reply", row["id"], phone.sender), sender=phone.sender, channel=by, kind=kind,
                       language=phone.language, text=text, segments=measure(text).segments, due_at=iso(now))
