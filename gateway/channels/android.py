"""A phone with the app EnvayaSMS (MIT, versions 3.0 and later, which speak JSON): its own SIM card is the road. docs/channels.md

The app knows one address and posts everything there, as a form: the texts it got, what became of those it sent, how it is, and
the question whether there is something to send. So nothing is pushed: replies are in the answer to that question
(`gateway.sending.handing`).

    X-Request-Signature: base64 of SHA-1(address + ",name=value" for each field, sorted by name + "," + password)

A text has no id. It gets one from what the phone brings again unchanged: whose it is, when the operator's centre had it, its words.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from gateway.channels.values import Failed, Inbound, Outcome, Request, StatusReport
from gateway.config import Config
from gateway.errors import Problem
from gateway.phone import normalise, open_vault

NAME = "android"
FETCHED = True
KIND = b"application/json; charset=utf-8"
# With every request comes what the app noted since the last one that we took. A week without us, asking each minute, is 2 MB;
# were it refused for its size, that phone could never be heard again.
MOST_BYTES = 4 * 1024 * 1024
OLDEST_JSON = 28  # the app's own number of its version: older ones read XML only
ANONYMOUS = "anonymous"  # a text whose sender the operator withholds is a text
# What the app says of an SMS that did not leave, and goes on trying after 20 seconds, 5 minutes, an hour and a day.
TRYING = {"no service": "no_service", "radio off": "radio_off", "generic failure": "generic_failure", "null PDU": "null_pdu"}
# Likewise, but it may have left all the same: Android never said. It must not try again.
RISKY = {"Timeout while attempting to send message": "phone_timeout", "unknown error": "unknown_error"}
# It has it no longer, and says the same whether or not the radio had it at that moment: it may have left.
CALLED_BACK = "called_back"
_FINAL = "phone_refused"  # it did not begin to: no number, no words, or not one of its test numbers
_STATUSES = {"sent": "sent", "failed": "failed", "cancelled": "uncertain", "queued": "uncertain"}
_POWER = {"0": "battery", "1": "mains", "2": "usb", "4": "wireless"}
_EVENTS = frozenset({"power_connected", "power_disconnected", "battery_low", "battery_okay", "send_limit_exceeded"})
_TYPES = frozenset({"sms", "mms", "call"})
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_WORD = re.compile(r"[A-Za-z0-9_ /.-]{1,20}\Z")
_NUMBER = re.compile(r"[0-9]{1,15}\Z")
_BARE = re.compile(r"[1-9][0-9]{6,14}\Z")
_PART = re.compile(r"part[0-9]{1,3}\Z")  # of an MMS: not signed
_KEPT = ("from", "message", "message_type", "timestamp", "mms_parts", "version")
_MOST_FIELDS = 60
_LONGEST_DELAY = timedelta(days=31)  # a phone keeps what it could not hand over; a time further off was set by a clock that is wrong


@dataclass(frozen=True)
class Settings:
    """Passwords (several while rotating) come from the environment, the rest from [android]. `phones` is number -> name."""

    passwords: tuple[str, ...] = field(repr=False)
    key: bytes = field(repr=False)
    phones: Mapping[str, tuple[str, str]] = field(repr=False)  # number -> its pseudonym and its name
    urls: tuple[str, ...] = ()
    public_url: str = ""
    bare_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a phone says of itself with every request; `event` is the news of a device_status."""

    phone: str
    name: str
    clock: int
    version: int
    send_limit: int | None = None
    battery: int | None = None
    power: str | None = None
    network: str | None = None
    event: str | None = None


def settings(config: Config) -> Settings:
    chosen = config.android
    if not chosen.enabled:
        raise Problem("channel.unconfigured", name=NAME, variables="android.enabled = true")
    passwords = tuple(s.strip() for s in os.environ.get("BARRIO_ANDROID_PASSWORD", "").split(",") if s.strip())
    lacking = [name for name, there in (("BARRIO_ANDROID_PASSWORD", passwords), ("android.phones", chosen.phones)) if not there]
    if lacking:
        raise Problem("channel.unconfigured", name=NAME, variables=" and ".join(lacking))
    if weak := next((s for s in passwords if len(s) < 16 or not s.isascii()), None):
        raise Problem("channel.weak_secret", name="BARRIO_ANDROID_PASSWORD", length=len(weak))
    vault, public = open_vault(config), config.web.public_url
    phones = {number: (vault.sender(number), name) for name, number in chosen.phones.items()}
    return Settings(passwords, vault.text_key, phones, (*chosen.urls, public), public, chosen.bare_prefix)


def signature(url: str, params: Mapping[str, str], password: str) -> str:
    said = ",".join([url, *(f"{name}={params[name]}" for name in sorted(params)), password])
    return base64.b64encode(hashlib.sha1(said.encode("utf-8", "replace"), usedforsecurity=False).digest()).decode()


def verify(request: Request, known: Settings) -> dict[str, str]:
    """The fields of a genuine request, with what they mean here: which phone of ours it is, and of a text its id and sender."""
    params = _form(request)
    door, given = request.url.removeprefix(known.public_url), request.headers.get("X-Request-Signature", "").encode("latin-1", "replace")
    matches = [hmac.compare_digest(given, signature(url + door, params, password).encode())
               for url in known.urls for password in known.passwords]
    if not any(matches):
        raise Problem("channel.unsigned")
    ours = known.phones.get(normalise(params.get("phone_number", "")))
    if ours is None:
        raise Problem("channel.foreign_phone")
    return params | {"phone": ours[0], "name": ours[1], "text_id": _text_id(params, known.key),
                     "sender": _whole(params.get("from", "").strip(), known) or ANONYMOUS}


def is_text(params: Mapping[str, str]) -> bool:
    """Whether somebody wrote to us; that somebody rang us up, or that a person wrote with this phone, is not asked for."""
    return params.get("action") == "incoming" and params.get("message_type") in ("sms", "mms")


def read(params: Mapping[str, str], request: Request) -> Inbound:
    """`action=incoming&from=+59170000001&message=AGUA S1604&message_type=sms&timestamp=1795600000000` -> the SMS.

    Kept are its own fields alone: the log that comes with them names other residents. Of an MMS the words are read, no more.
    """
    raw = urlencode([(name, params[name]) for name in _KEPT if name in params]).encode()
    return Inbound(NAME, params["phone"], params["text_id"], params["sender"], params.get("message", ""),
                   _time(params.get("timestamp", ""), request.at), raw)


def read_status(params: Mapping[str, str]) -> StatusReport:
    """`action=send_status&id=..&status=failed&error=no service`. What the app goes on trying is in doubt, and not failed."""
    reply, status, words = params.get("id", ""), params.get("status", ""), params.get("error", "")
    if not _ID.match(reply) or status not in _STATUSES:
        raise Problem("channel.malformed", reason="id or status is not one")
    if status == "cancelled":
        return StatusReport(reply, "uncertain", CALLED_BACK, ours=NAME)
    if status == "failed":
        error = TRYING.get(words) or RISKY.get(words)
        return StatusReport(reply, "uncertain" if error else "failed", error or _FINAL, ours=NAME)
    return StatusReport(reply, _STATUSES[status], None, ours=NAME)


def said(params: Mapping[str, str]) -> Said:
    """The fields that every request has; one that is odd counts as not said."""
    event, network = params.get("status", ""), params.get("network", "")
    battery = _count(params.get("battery", ""))
    return Said(params["phone"], params["name"], _count(params.get("now", "")) or 0, _count(params.get("version", "")) or 0,
                _count(params.get("send_limit", "")), battery if battery is not None and battery <= 100 else None,
                _POWER.get(params.get("power", "")), network if _WORD.match(network) else None,
                event if params.get("action") == "device_status" and event in _EVENTS else None)


def answer(events: Sequence[Mapping[str, Any]]) -> bytes:
    """What the app is to do, as it reads it: `{"events": [{"event": "send", "messages": [..]}]}`."""
    return json.dumps({"events": list(events)}).encode()  # in ASCII: a person may have written half a letter, which no UTF-8 holds


def send(known: Settings, number: str, text: str, reply: str = "") -> Outcome:
    """Nothing leaves from here: a phone comes for it."""
    return Failed("not_fetched", permanent=False)


def _form(request: Request) -> dict[str, str]:
    try:
        if request.content_type.startswith("multipart/form-data"):
            pairs = _parts(request)
        else:
            pairs = parse_qsl(request.body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS)
    except ValueError:  # the fault's own words would repeat the body
        raise Problem("channel.malformed", reason="its form cannot be read") from None
    params = dict(pairs)
    if len(params) != len(pairs):
        raise Problem("channel.malformed", reason="a field comes twice")
    return params


def _parts(request: Request) -> list[tuple[str, str]]:
    """An MMS: its fields; its pictures are let go."""
    from werkzeug.exceptions import HTTPException
    from werkzeug.formparser import MultiPartParser
    from werkzeug.http import parse_options_header
    boundary = parse_options_header(request.content_type)[1].get("boundary", "")
    parser = MultiPartParser(stream_factory=_Picture, max_form_memory_size=MOST_BYTES, max_form_parts=_MOST_FIELDS)
    try:
        form, _ = parser.parse(io.BytesIO(request.body), boundary.encode("ascii"), len(request.body))
    except HTTPException:
        raise ValueError("too many parts") from None
    return [(name, value) for name, value in form.items(multi=True) if not _PART.match(name)]


def _whole(number: str, known: Settings) -> str:
    """Some operators send 70000001: what is missing in front is configured."""
    return known.bare_prefix + number if known.bare_prefix and _BARE.match(number) else number


class _Picture(io.BytesIO):
    """A part of an MMS, which lives as long as it takes to find its end."""

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()


def _text_id(params: Mapping[str, str], key: bytes) -> str:
    same = [params.get(name, "") for name in ("from", "timestamp", "message", "message_type")]
    return hmac.digest(key, json.dumps(same).encode(), "sha256").hex()[:32]


def _time(said: str, now: datetime) -> datetime:
    """When the operator's centre had it: not the phone's own clock, and however late it could be handed over."""
    if (count := _count(said)) is None:
        return now
    try:
        at = datetime.fromtimestamp(count / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return now
    return at if now - _LONGEST_DELAY < at <= now else now


def _count(said: str) -> int | None:
    return int(said) if _NUMBER.match(said) else None
