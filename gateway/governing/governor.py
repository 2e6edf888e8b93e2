"""What may leave now, and how much: the class of each reply, the quiet hours, the numbers, the caps and the switch.

    emergency        day and night, whatever it costs: it is counted, and held back by nothing but the switch
    acknowledgement  day and night while the text that it answers is fresh, later by day; up to the whole of the caps
    status           by day, up to four fifths of the caps, so that there is always room to answer who writes
    survey           by day, up to three fifths
    broadcast        by day, up to a half

A phone is often a household's: nobody is woken by what can wait, nor by an answer that comes hours after the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, delete, select

from gateway.governing import quiet
from gateway.journal.canonical import iso, moment
from gateway.journal.rows import find, insert_new, upsert
from gateway.journal.tables import Local, Message, Meter, table
from gateway.needs import news
from gateway.node import Node
from gateway.words.replies import ALERTS, ANSWER, GREETINGS, POLL, POLL_FEW, POLL_RESULTS, TO_VOLUNTEERS
from gateway.words.replies import BROADCAST as TO_ALL

LOCAL, MESSAGE, METER = table(Local), table(Message), table(Meter)
EMERGENCY, ACKNOWLEDGEMENT, STATUS, SURVEY, BROADCAST = "emergency", "acknowledgement", "status", "survey", "broadcast"
SHARE: Final[Mapping[str, float]] = {ACKNOWLEDGEMENT: 1.0, STATUS: 0.8, SURVEY: 0.6, BROADCAST: 0.5}
# Who asks twice is answered twice, up to the loop guard; what nobody asked for is said in the same words once a day.
UNASKED: Final = (STATUS, SURVEY, BROADCAST)
URGENT: Final = frozenset({*ALERTS, "emergency", "protection", "checkin_help", "circle_help"})
CANARY: Final = "canary"  # a text to ourselves, which is nobody's reply
SURVEYS: Final = frozenset({news.ASK, POLL, *GREETINGS})
OWED: Final = frozenset({*news.KINDS, ANSWER, POLL_RESULTS, POLL_FEW, CANARY, *TO_VOLUNTEERS})
FRESH = timedelta(hours=1)
AT_LATEST = timedelta(hours=23)  # a task may not wait longer than a day: it is looked at again
SWITCH = "sending_stopped"
_ADD = METER.update().where(METER.c.id == bindparam("key")).values(segments=METER.c.segments + bindparam("more"))
Row = dict[str, Any]
Keys = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Spent:
    """Segments that left, or that a worker is sending right now, today and this month, with what they may be (0: any number)."""

    day: int
    month: int
    day_cap: int
    month_cap: int
    price: float

    @property
    def cost(self) -> float:
        """What the month costs so far."""
        return self.month * self.price


@dataclass(frozen=True, slots=True)
class Stopped:
    at: str
    by: str
    why: str


def class_of(kind: str) -> str:
    """The class of a reply by its kind: `ack` is an acknowledgement, `news_work` a status, `ask_fixed` a survey."""
    if kind in URGENT:
        return EMERGENCY
    if kind in SURVEYS:
        return SURVEY
    if kind in OWED:
        return STATUS
    return BROADCAST if kind in (TO_ALL, "announce") else ACKNOWLEDGEMENT


def is_served(node: Node, number: str) -> bool:
    """Whether this number is of a country that the city writes to, and not one that only costs."""
    prefixes = tuple(node.config.governor.prefixes) or ((node.city.prefix,) if node.city.prefix else ())
    return (not prefixes or number.startswith(prefixes)) and not number.startswith(tuple(node.config.governor.barred) or ("\0",))


def asleep(c: Connection, node: Node, replies: Iterable[Row], now: datetime) -> tuple[set[str], datetime]:
    """The replies that would disturb the night, and when the day begins; none by day."""
    opening = quiet.opening(now, node.city.timezone, node.config.news.hours)
    if opening <= now:
        return set(), opening
    waiting = [reply for reply in replies if class_of(reply["kind"]) != EMERGENCY]
    heard = {row["id"]: row["received_at"] for row in find(c, MESSAGE, "id", [r["message"] for r in waiting if r["message"]])}
    return {reply["id"] for reply in waiting if class_of(reply["kind"]) != ACKNOWLEDGEMENT
            or moment(heard.get(reply["message"]) or reply["queued_at"]) < now - FRESH}, opening


# ---------------------------------------------------------------------------------------------------------------- caps

def keys(node: Node, now: datetime) -> Keys:
    """The day and the month of the city that a text counts to: `("day 2026-11-25", "month 2026-11")`."""
    here = now.astimezone(ZoneInfo(node.city.timezone))
    return f"day {here:%Y-%m-%d}", f"month {here:%Y-%m}"


class Purse:
    """What there is room for, counted in the transaction that claims: whoever opens it holds the meter until the commit.

    So nobody else claims meanwhile, and neither a cap nor the loop guard is exceeded by workers that run beside each other.
    """

    def __init__(self, c: Connection, node: Node, now: datetime) -> None:
        self._c, self.keys = c, keys(node, now)
        insert_new(c, METER, [{"id": name, "segments": 0} for name in self.keys], "id")
        hold(c, self.keys)
        there = {row["id"]: row["segments"] for row in find(c, METER, "id", list(self.keys))}
        caps = (node.config.governor.segments_per_day, node.config.governor.segments_per_month)
        self._spent, self._caps = 0, [(there[name], cap) for name, cap in zip(self.keys, caps, strict=True) if cap]

    def takes(self, reply: Row) -> bool:
        """Count a reply, if there is room for one of its class."""
        share, segments = SHARE.get(class_of(reply["kind"])), int(reply["segments"])
        if share is not None and any(there + self._spent + segments > int(cap * share) for there, cap in self._caps):
            return False
        self._spent += segments
        return True

    def close(self) -> None:
        _count(self._c, self.keys, self._spent)


def hold(c: Connection, names: Keys) -> None:
    """Keep these counts until the commit; before the turn to write, as everybody who counts, so that no two wait for each other."""
    for name in names:  # in one order, likewise
        c.execute(_ADD, {"key": name, "more": 0})


def give_back(c: Connection, counted: Mapping[Keys, int]) -> None:
    """Segments that were counted and never left."""
    for names, segments in sorted(counted.items()):
        _count(c, names, -segments)


def _count(c: Connection, names: Keys, segments: int) -> None:
    if segments:
        for name in names:
            c.execute(_ADD, {"key": name, "more": segments})


def tomorrow(node: Node, now: datetime) -> datetime:
    """When there may be room again: by day, after the next midnight of the city."""
    here = now.astimezone(ZoneInfo(node.city.timezone))
    midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return min(quiet.opening(midnight.astimezone(now.tzinfo), node.city.timezone, node.config.news.hours), now + AT_LATEST)


def room(spent: Spent, kind: str) -> int | None:
    """How many segments of a kind of reply may still leave today; None where nothing limits them."""
    share = SHARE.get(class_of(kind))
    left = [int(cap * share) - there for there, cap in ((spent.day, spent.day_cap), (spent.month, spent.month_cap)) if cap] if share else []
    return max(0, min(left)) if left else None


def days(spent: Spent, kind: str, segments: int, today: date) -> int | None:
    """How many days so many segments of a kind take beside what leaves on a usual day of this month; None: more than a year.

    >>> days(Spent(day=0, month=0, day_cap=1000, month_cap=0, price=0), "broadcast", 1200, date(2026, 11, 25))
    3
    """
    share, usual = SHARE[class_of(kind)], spent.month // today.day
    month, day, left = spent.month, today, segments
    for n in range(1, 367):
        gone = spent.day if n == 1 else usual
        month += 0 if n == 1 else usual
        free = [int(cap * share) - there for there, cap in ((gone, spent.day_cap), (month, spent.month_cap)) if cap]
        now = min(left, max(0, min(free))) if free else left
        left, month = left - now, month + now
        if left <= 0:
            return n
        month = 0 if (day + timedelta(days=1)).day == 1 else month
        day += timedelta(days=1)
    return None


def spent(c: Connection, node: Node, now: datetime) -> Spent:
    """What left today and this month, for people."""
    day, month = keys(node, now)
    there = {row["id"]: row["segments"] for row in find(c, METER, "id", [day, month])}
    rules = node.config.governor
    return Spent(there.get(day, 0), there.get(month, 0), rules.segments_per_day, rules.segments_per_month, rules.price_per_segment)


# ---------------------------------------------------------------------------------------------------------- the switch

def stop(node: Node, *, by: str, why: str) -> None:
    """Nothing leaves any more from this machine, not even emergencies, until somebody lets it; what waits expires as ever."""
    with node.database.writing() as c:
        said = json.dumps({"at": iso(node.now()), "by": by[:80], "why": " ".join(why.split())[:300]})
        upsert(c, LOCAL, [{"key": SWITCH, "value": said}])


def start(node: Node) -> bool:
    """Let texts leave again; False when they did."""
    with node.database.writing() as c:
        return c.execute(delete(LOCAL).where(LOCAL.c.key == SWITCH).returning(LOCAL.c.key)).first() is not None


def stopped(c: Connection) -> Stopped | None:
    said = c.execute(select(LOCAL.c.value).where(LOCAL.c.key == SWITCH)).scalar()
    return Stopped(**json.loads(said)) if said else None
