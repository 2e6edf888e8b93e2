"""Which road is in trouble: a channel that is silent, a provider that fails, replies that do not leave, a weak phone, a lost canary. Pure.

    texts came every day between 9 and 10, and today none since 8:40   -> Trouble("silent", "kannel", since 8:40)
    five sends in a row failed                                         -> Trouble("failing", "twilio", ...)

What is usual is a channel's own: the same hours of the four weeks before. Who has no history yet goes by the configuration.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

SILENT, FAILING, UNDELIVERED, AGED, PHONE, ROUND_TRIP = "silent", "failing", "undelivered", "aged", "phone", "round_trip"
KINDS: Final = (SILENT, FAILING, UNDELIVERED, AGED, PHONE, ROUND_TRIP)
SLOT = timedelta(minutes=10)  # how finely a channel's texts are remembered
DAY, WEEKS = timedelta(days=1), 28
LEAST_DAYS = 7   # with fewer days to compare with, nothing is usual yet
RARELY = 20      # a silence that one day in twenty knew is unusual
LAST = 20        # sendings that are looked at
UNHEARD = -1     # the battery of a phone that was not heard
LEAST_SAID = 10  # reports of a provider, with fewer of which nothing is said about all


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration says; `Config.roads` has these fields."""

    silent_hours: int = 24
    silent_floor_minutes: int = 60
    failed_in_a_row: int = 5
    failed_percent: int = 50
    outbox_minutes: int = 15
    battery_percent: int = 20
    unheard_minutes: int = 15


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, where, since when; `facts` fill the words that people read."""

    kind: str
    where: str
    since: datetime
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Phone:
    """A handset that texts for us: when it was heard last, its battery in percent where it says that, whether it is charging."""

    name: str
    last_heard: datetime
    battery: int | None = None
    charging: bool | None = None
    network: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """When a channel brought texts: numbers of slots in order, the first and the last time."""

    channel: str
    slots: Sequence[int]
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Sung:
    """A canary of a channel: `state` is out, failed or back; `asked` if it was found by asking the provider alone."""

    channel: str
    sent_at: datetime
    state: str
    reason: str = ""
    asked: bool = False


def slot_of(at: datetime) -> int:
    return int(at.timestamp() // SLOT.total_seconds())


def silent(heard: Heard, now: datetime, rules: Rules) -> Trouble | None:
    """Whether a channel is silent for longer than it ever is at this hour."""
    length = now - heard.last
    if length < timedelta(minutes=rules.silent_floor_minutes):
        return None
    days, quiet = _days_like_this(heard, now, length)
    if days < LEAST_DAYS:
        return Trouble(SILENT, heard.channel, heard.last, {"days": 0}) if length >= timedelta(hours=rules.silent_hours) else None
    return Trouble(SILENT, heard.channel, heard.last, {"days": days}) if quiet <= days // RARELY else None


def _days_like_this(heard: Heard, now: datetime, length: timedelta) -> tuple[int, int]:
    """How many days of the four weeks before can be compared with, and in how many of them the same hours were silent."""
    days = quiet = 0
    for back in range(1, WEEKS + 1):
        until = now - back * DAY
        if until > heard.last or until - length < heard.first:
            continue
        days += 1
        quiet += bisect_right(heard.slots, slot_of(until)) == bisect_left(heard.slots, slot_of(until - length) + 1)
    return days, quiet


def failing(channel: str, went: str, since: datetime, rules: Rules, reason: str = "") -> Trouble | None:
    """Whether the last sendings failed in a row, or too many of the last twenty; `went` is `ssff`, the newest last."""
    last = went[-LAST:]
    row, failed = len(last) - len(last.rstrip("f")), last.count("f")
    if row >= rules.failed_in_a_row or (len(last) == LAST and failed * 100 >= rules.failed_percent * LAST):
        return Trouble(FAILING, channel, since, {"failed": failed, "of": len(last), "reason": reason})
    return None


def undelivered(channel: str, states: Sequence[str], since: datetime, rules: Rules) -> Trouble | None:
    """Whether most of what a provider took did not arrive, as it says itself."""
    failed = sum(state != "delivered" for state in states)
    if len(states) >= LEAST_SAID and failed * 100 >= rules.failed_percent * len(states):
        return Trouble(UNDELIVERED, channel, since, {"failed": failed, "of": len(states)})
    return None


def aged(channel: str, waiting: int, oldest: datetime, now: datetime, rules: Rules, *, full: bool = False) -> Trouble | None:
    """Whether replies that may leave do not. `oldest` is since when the oldest may; `full`: the phones may send no more in this hour."""
    if waiting and now - oldest >= timedelta(minutes=rules.outbox_minutes):
        return Trouble(AGED, channel, oldest, {"waiting": waiting} | ({"full": 1} if full else {}))
    return None


def weak(phones: Iterable[Phone], now: datetime, rules: Rules) -> list[Trouble]:
    """The phones that are not heard of, or run out: `Phone("azul", 9:00, battery=12, charging=False)`."""
    found = []
    for phone in phones:
        if now - phone.last_heard > timedelta(minutes=rules.unheard_minutes):
            found.append(Trouble(PHONE, phone.name, phone.last_heard, {"battery": UNHEARD}))
        elif phone.battery is not None and phone.battery < rules.battery_percent and not phone.charging:
            found.append(Trouble(PHONE, phone.name, phone.last_heard, {"battery": phone.battery}))
    return found


def lost(canaries: Iterable[Sung], now: datetime, within: timedelta) -> list[Trouble]:
    """The channels whose last canary that must be back is not; one that is on its way says nothing yet."""
    found = []
    by_channel: dict[str, list[Sung]] = {}
    for canary in sorted(canaries, key=lambda canary: canary.sent_at, reverse=True):
        by_channel.setdefault(canary.channel, []).append(canary)
    for channel, sung in sorted(by_channel.items()):
        decided = [canary for canary in sung if canary.state != "out" or now - canary.sent_at > within]
        gone = []
        for canary in decided:
            if canary.state == "back" and not canary.asked:
                break
            gone.append(canary)
        if gone:
            found.append(Trouble(ROUND_TRIP, channel, gone[-1].sent_at, {
                "lost": len(gone), "reason": gone[0].reason, "asked": int(gone[0].asked)}))
    return found
