"""How the phones that carry texts are: one row for each, local, by the pseudonym of its number.

    >>> [(phone.name, phone.battery, phone.trouble) for phone in standing(c)]
    [('office', 83, None), ('roof', 11, 'battery_low')]

A phone speaks by its own clock, which may be wrong. Its requests are told apart from repeated ones by that clock alone: it must go
forward. A request that is not later than the last says nothing new, and gets no replies.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import Connection, delete, func, select

from gateway.journal import handed, tasks
from gateway.journal.canonical import iso, moment
from gateway.journal.rows import upsert
from gateway.journal.tables import Handed, Phone, Reply, table

PHONE, HANDED, REPLY = table(Phone), table(Handed), table(Reply)
SILENT: Final = timedelta(minutes=15)  # then others take its replies, and somebody should look
KEPT: Final = timedelta(days=2)  # how long is remembered what was handed to whom and is over: the app tries for a day and an hour
MAY_LIE_THERE: Final = timedelta(days=30)  # likewise what no phone spoke of: one that was off for a week has it on its disk still
RIGHT: Final = timedelta(minutes=5)
CLOCK_BACK, BATTERY_LOW, SEND_LIMIT, HOUR_FULL = "clock_back", "battery_low", "send_limit", "hour_full"
FULL: Final = frozenset({SEND_LIMIT, HOUR_FULL})
OF_SENDING: Final = frozenset({"no_service", "radio_off", "generic_failure", "null_pdu", "phone_timeout", "unknown_error", SEND_LIMIT})
_EVENTS: Final = {"battery_low": BATTERY_LOW, "send_limit_exceeded": SEND_LIMIT}


@dataclass(frozen=True, slots=True)
class Handset:
    """A phone of ours as it last spoke. What it did not say is None; the app does not say how strong its signal is.

    `power` is battery, mains, usb or wireless. `network` is how it reaches us (WIFI, MOBILE). `queue` is how many replies it was given
    and has said nothing final of. `skew` is by how many seconds its clock is ahead of ours. `trouble` is battery_low, send_limit,
    hour_full (it was given all that it may send in an hour), clock_back, or why its last SMS did not leave (no_service, radio_off, ...),
    until an SMS leaves again.
    """

    name: str
    last_heard: datetime
    battery: int | None
    power: str | None
    network: str | None
    queue: int
    skew: int
    version: int | None
    trouble: str | None
    trouble_at: datetime | None


class Said(Protocol):
    """As much of what a phone says of itself as is kept."""

    @property
    def phone(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def clock(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def battery(self) -> int | None: ...
    @property
    def power(self) -> str | None: ...
    @property
    def network(self) -> str | None: ...
    @property
    def event(self) -> str | None: ...


def standing(c: Connection) -> list[Handset]:
    """Every phone that was ever heard and is still in the configuration, by name. Whoever reads decides what is too long ago."""
    queues = {phone: count for phone, count in c.execute(
        select(HANDED.c.phone, func.count()).join(REPLY, REPLY.c.id == HANDED.c.reply)
        .where(REPLY.c.state == "uncertain").group_by(HANDED.c.phone))}
    return [Handset(row["name"], moment(row["heard_at"]), row["battery"], row["power"], row["network"], queues.get(row["id"], 0),
                    row["skew"], row["version"], row["trouble"], moment(row["trouble_at"]) if row["trouble_at"] else None)
            for row in c.execute(select(PHONE).order_by(PHONE.c.name)).mappings()]


def heard(c: Connection, said: Said, now: datetime, *, asks: bool = False) -> bool:
    """Note what a phone says of itself; whether that is new. `asks`: it asks for replies, and must not have asked so before."""
    found = c.execute(select(PHONE).where(PHONE.c.id == said.phone).with_for_update()).mappings().first()
    row: dict[str, Any] = dict(found) if found else dict.fromkeys(PHONE.columns.keys()) | {"id": said.phone, "clock": 0, "asked": 0}
    mark = row["asked"] if asks else row["clock"]
    if not _goes_on(said.clock, mark, now):
        if found is not None and said.clock < mark - RIGHT.total_seconds() * 1000:
            upsert(c, PHONE, [row | {"trouble": CLOCK_BACK, "trouble_at": iso(now)}])
        return False
    clock = said.clock if _goes_on(said.clock, row["clock"], now) else row["clock"]  # two requests may overtake each other
    upsert(c, PHONE, [row | {
        "name": said.name, "heard_at": iso(now), "clock": clock, "asked": said.clock if asks else row["asked"],
        "skew": _between(round(said.clock / 1000 - now.timestamp())), "battery": said.battery, "power": said.power,
        "network": said.network, "version": said.version} | _trouble(row, said, now)])
    return True


def told_of_sending(c: Connection, phone: str, trouble: str | None, now: datetime) -> None:
    """Why an SMS did not leave; None when one did, and whatever kept them back is over."""
    found = c.execute(select(PHONE).where(PHONE.c.id == phone).with_for_update()).mappings().first()
    if found is not None and (trouble or found["trouble"] in OF_SENDING):
        upsert(c, PHONE, [dict(found) | {"trouble": trouble, "trouble_at": iso(now) if trouble else None}])


def full(c: Connection, phone: str, is_full: bool, now: datetime) -> None:
    """Whether a phone was given all that it may send in an hour; what else keeps it from sending is worse, and stays."""
    found = c.execute(select(PHONE).where(PHONE.c.id == phone)).mappings().first()
    if found is not None and found["trouble"] == (None if is_full else HOUR_FULL):
        upsert(c, PHONE, [dict(found) | {"trouble": HOUR_FULL if is_full else None, "trouble_at": iso(now) if is_full else None}])


def live(c: Connection, now: datetime) -> list[str]:
    """The phones that were heard lately."""
    return list(c.execute(select(PHONE.c.id).where(tasks.lately(PHONE.c.heard_at, now, SILENT)).order_by(PHONE.c.id)).scalars())


def forget_others(c: Connection, ours: Collection[str], now: datetime) -> None:
    """Phones that are no longer ours, and what was handed over too long ago to matter."""
    c.execute(delete(PHONE).where(PHONE.c.id.not_in(ours)))
    unsaid = select(REPLY.c.id).where(REPLY.c.id == HANDED.c.reply, REPLY.c.state == "uncertain").exists()
    c.execute(delete(HANDED).where(HANDED.c.at < iso(now - MAY_LIE_THERE)))
    c.execute(delete(HANDED).where(HANDED.c.at < iso(now - KEPT), ~(unsaid | handed.is_of_nobody())))


def _goes_on(clock: int, mark: int, now: datetime) -> bool:
    """Whether this is later. A mark that lies in the future was set by a wrong clock: it gives way to one that is right now."""
    here, right = now.timestamp() * 1000, RIGHT.total_seconds() * 1000
    return clock > mark or (mark > here + right and abs(clock - here) <= right)


def _trouble(row: dict[str, Any], said: Said, now: datetime) -> dict[str, Any]:
    if trouble := _EVENTS.get(said.event or ""):
        return {"trouble": trouble, "trouble_at": iso(now)}
    over = row["trouble"] == CLOCK_BACK or (row["trouble"] == BATTERY_LOW and (
        said.event in ("battery_okay", "power_connected") or (said.power or "battery") != "battery"))
    return {"trouble": None, "trouble_at": None} if over else {}


def _between(skew: int) -> int:
    return max(-2_000_000_000, min(skew, 2_000_000_000))
