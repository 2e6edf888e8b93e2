"""The console: `barrio text` at the keyboard of this machine. No provider and no cost; answers are read from the outbox.

A request is JSON {"id", "from", "text"} with X-Barrio-Signature = HMAC-SHA256(key of this instance, body) in hex.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime

from gateway.channels.values import Failed, Inbound, Outcome, Request, Sent, StatusReport
from gateway.config import Config
from gateway.errors import Problem
from gateway.phone import open_vault

NAME = "console"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


@dataclass(frozen=True)
class Settings:
    key: bytes = field(repr=False)


def settings(config: Config) -> Settings:
    if not config.console.enabled:
        raise Problem("channel.unconfigured", name=NAME, variables="console.enabled = true")
    return Settings(open_vault(config).console_key)


def signature(body: bytes, key: bytes) -> str:
    return hmac.digest(key, body, "sha256").hex()


def verify(request: Request, known: Settings) -> dict[str, str]:
    given = request.headers.get("X-Barrio-Signature", "")
    if not given.isascii() or not hmac.compare_digest(given, signature(request.body, known.key)):
        raise Problem("channel.unsigned")
    try:
        params = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Problem("channel.malformed", reason="the body is not JSON") from None
    if not isinstance(params, dict) or not all(isinstance(params.get(k), str) for k in ("id", "from", "text")):
        raise Problem("channel.malformed", reason="id, from and text are needed, each a text")
    if not _ID.match(params["id"]) or not params["from"]:
        raise Problem("channel.malformed", reason="id is 1 to 64 letters and digits, and from is not empty")
    return params


def read(params: dict[str, str], request: Request) -> Inbound:
    return Inbound(NAME, "local", params["id"], params["from"], params["text"], request.at, request.body, "console")


def read_status(params: dict[str, str]) -> StatusReport:
    raise Problem("channel.malformed", reason="the console reports no statuses")


def find_sent(known: Settings, number: str, text: str, since: datetime, taken: Set[str] = frozenset(), reply: str = "") -> Sent | None:
    """Nothing ever left: what was interrupted is simply put there again."""
    return None


def send(known: Settings, number: str, text: str, reply: str = "") -> Outcome:
    """The person at the keyboard reads it from the outbox; an empty text has nothing to read."""
    return Sent("console", "delivered") if text else Failed("empty", permanent=True)
