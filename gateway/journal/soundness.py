"""Whether a body that another node wrote is one that our folds can read; what is not is kept and forwarded, never applied."""

from __future__ import annotations

import hashlib
import json
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any

from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact
from gateway.journal.events import EVENTS, Event, named
from gateway.journal.facts import circle
from gateway.journal.folds import STAGES

Check = Callable[[Any], bool]

MOST_FLOAT = 1e300
UNSOUND = "?"  # stands before the kind of a body that says it is of a kind we know, and is not
_KIND, _TIME = re.compile(r"[a-z][a-z_]{0,59}\Z"), re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")
_ID = re.compile(r"[\x21-\x7e]{1,120}\Z")
_BODY = {"about", "at", "by", "clock", "data", "kind", "salt", "version"}
# What the folds look up or count with, beyond its type.
_VALUES: dict[tuple[str, str], Check] = {
    ("reply_sent", "status"): STAGES.__contains__, ("reply_tracked", "status"): STAGES.__contains__,
    ("elder_enrolled", "hour"): range(24).__contains__, ("checkin_stepped", "step"): circle.STEPS.__contains__,
    ("elder_enrolled", "days"): lambda days: all(re.fullmatch("[0-6]", day) for day in days),
    **dict.fromkeys([("node_revoked", "known"), ("node_believed", "upto")],
                    lambda known: all(re.fullmatch(r"\d{1,5}:\d{1,12}", each) for each in known)),
    ("branch_kept", "ends"): lambda ends: all(re.fullmatch(r"\d{1,5}:\d{1,12}:[0-9a-f]{16}", each) for each in ends)}


def catalogue() -> str:
    """A name for the events that this Barrio can read."""
    told = {kind: event.FIELDS for kind, event in EVENTS.items()}
    return hashlib.sha256(canonical(told).encode()).hexdigest()[:16]


def read(body: str, position: str) -> tuple[str, Fact | None]:
    """The kind under which a body is filed, and the fact when it is one of ours."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return UNSOUND, None
    kind = said.get("kind") if isinstance(said, dict) else None
    if not isinstance(kind, str) or not _KIND.match(kind):
        return UNSOUND, None
    if kind not in EVENTS:
        return kind, None
    if not _is_sound(kind, said):
        return UNSOUND + kind, None
    return kind, Fact(position, kind, tuple(said["about"]), said["at"], said["by"], said["data"])


def _is_sound(kind: str, said: dict[str, Any]) -> bool:
    data, about, at, by = said.get("data"), said.get("about"), said.get("at"), said.get("by")
    if said.keys() != _BODY or not isinstance(data, dict) or not isinstance(at, str) or not _TIME.match(at):
        return False
    if not isinstance(by, str) or not _is_plain(by, 200):
        return False
    for name, (check, must) in _fields(kind).items():
        if name not in data:
            if must:
                return False
        elif not check(data[name]) or not _VALUES.get((kind, name), _any)(data[name]):
            return False
    ids = [named(EVENTS[kind].ABOUT, data.get)]
    ids.append(named([name.split("|")[0] for name in EVENTS[kind].ABOUT], data.get))  # as it was written before there was an "or"
    return about in ids and bool(about) and all(isinstance(each, str) and _ID.match(each) for each in about)


def misfit(event: Event) -> str | None:
    """The first field of a fact of our own whose value is none of its type, or no text for a table: a batch would break on it."""
    for name, (check, _) in _fields(event.KIND).items():
        value = getattr(event, name)
        if not check(list(value) if isinstance(value, tuple) else value):
            return name
        if isinstance(value, str) and not value.isprintable():
            return name
    return None


def _any(_: Any) -> bool:
    return True


def _is_plain(value: str, most: int) -> bool:
    return len(value) <= most and "\x00" not in value and value.isprintable()


@lru_cache(maxsize=128)
def _fields(kind: str) -> dict[str, tuple[Check, bool]]:
    """For each field of an event: whether a value is of its type, and whether it must be there."""
    event = EVENTS[kind]
    hints = typing.get_type_hints(event)
    return {made.name: (_check(hints[made.name]), made.default is MISSING) for made in fields(event)}


def _check(hint: Any) -> Check:
    if typing.get_origin(hint) in (UnionType, typing.Union):
        checks = [_check(part) for part in typing.get_args(hint)]
        return lambda value: any(check(value) for check in checks)
    if hint is NoneType:
        return lambda value: value is None
    if typing.get_origin(hint) is tuple:
        return lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value)
    if typing.get_origin(hint) is Mapping:
        named, check = (_check(part) for part in typing.get_args(hint))
        return lambda value: isinstance(value, dict) and all(named(name) and check(each) for name, each in value.items())
    if hint is float:  # JSON as Python reads it knows NaN and numbers without end, with which nobody can count
        return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST_FLOAT
    if hint is int:
        return lambda value: isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
    if hint is bool:
        return lambda value: isinstance(value, bool)
    return lambda value: isinstance(value, str)
