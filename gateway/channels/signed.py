"""Any gateway that speaks signed JSON: POST in, POST out, the same signature both ways. docs/channels.md is its contract.

    X-Barrio-Timestamp: 1795600000
    X-Barrio-Signature: hex of HMAC-SHA256(secret, timestamp + "." + body)
"""

from __future__ import annotations

import hmac
import json
import os
import re
import time
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.channels.calling import never_connected
from gateway.channels.values import Failed, Inbound, Outcome, Request, Sent, StatusReport, Uncertain
from gateway.config import Config
from gateway.errors import Problem

NAME = "http"
STAMP, SIGNATURE, KEY = "X-Barrio-Timestamp", "X-Barrio-Signature", "Idempotency-Key"
_STATUSES = ("sent", "delivered", "undelivered", "failed")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}\Z")
_ERROR = re.compile(r"[a-z0-9_]{1,40}\Z")
_SECONDS = re.compile(r"[0-9]{1,12}\Z")
_DIGITS = re.compile(r"\D")


@dataclass(frozen=True)
class Settings:
    """Secrets (several while rotating) come from the environment, the rest from [http]. `asks`: a doubt can be ended by asking."""

    secrets: tuple[str, ...] = field(repr=False)
    send_url: str
    lookup_url: str
    number: str
    window: float
    timeout: float
    asks: bool


def settings(config: Config) -> Settings:
    chosen = config.http
    if not chosen.send_url:
        raise Problem("channel.unconfigured", name=NAME, variables="http.send_url")
    secrets = tuple(s.strip() for s in os.environ.get("BARRIO_HTTP_SECRET", "").split(",") if s.strip())
    if not secrets:
        raise Problem("channel.unconfigured", name=NAME, variables="BARRIO_HTTP_SECRET")
    if weak := next((s for s in secrets if len(s) < 16 or not s.isascii()), None):
        raise Problem("channel.weak_secret", name="BARRIO_HTTP_SECRET", length=len(weak))
    return Settings(secrets, chosen.send_url, chosen.lookup_url, chosen.number, chosen.window_seconds, chosen.timeout,
                    bool(chosen.lookup_url) or chosen.idempotent)


def signature(body: bytes, stamp: str, secret: str) -> str:
    return hmac.digest(secret.encode(), stamp.encode() + b"." + body, "sha256").hex()


def verify(request: Request, known: Settings) -> dict[str, Any]:
    """The object of a genuine, fresh request; a Problem for anything else."""
    stamp, given = request.headers.get(STAMP, ""), request.headers.get(SIGNATURE, "").encode("latin-1", "replace")
    if not _SECONDS.match(stamp):
        raise Problem("channel.unsigned")
    matches = [hmac.compare_digest(given, signature(request.body, stamp, secret).encode()) for secret in known.secrets]
    if not any(matches):
        raise Problem("channel.unsigned")
    if abs(request.at.timestamp() - int(stamp)) > known.window:
        raise Problem("channel.stale", window=int(known.window))
    try:
        params = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Problem("channel.malformed", reason="the body is not JSON") from None
    if not isinstance(params, dict):
        raise Problem("channel.malformed", reason="the body is not an object")
    return params


def read(params: dict[str, Any], request: Request) -> Inbound:
    """`{"id": "a1", "from": "+59170000001", "text": "AGUA S1604", "at": "2026-11-25T12:00:00Z"}` -> the SMS; `at` may be left out."""
    if not all(isinstance(params.get(name), str) for name in ("id", "from", "text")) or not params["from"].strip():
        raise Problem("channel.malformed", reason="id, from and text are needed, each a text")
    if not _is_id(params["id"], params["from"]):
        raise Problem("channel.malformed", reason="id is 1 to 64 letters, digits and _.:- and does not hold the number")
    return Inbound(NAME, NAME, params["id"], params["from"].strip(), params["text"], _time(params.get("at"), request.at), request.body)


def answer(params: dict[str, Any]) -> bytes:
    return b"ok"


def read_status(params: dict[str, Any]) -> StatusReport:
    """`{"id": the id we sent it with, "status": "delivered"}`, or with `provider_id` in place of `id`; `error` is a word of theirs."""
    ours, theirs, status, error = (params.get(name) for name in ("id", "provider_id", "status", "error"))
    name = ours if ours is not None else theirs
    if not isinstance(name, str) or not _ID.match(name) or status not in _STATUSES:
        raise Problem("channel.malformed", reason="id (or provider_id) or status is not one")
    told = error if isinstance(error, str) and _ERROR.match(error) else None
    return StatusReport(name, str(status), told, ours=NAME if ours is not None else None)


def send(known: Settings, number: str, text: str, reply: str = "") -> Outcome:
    """Hand one SMS over, under our own id: whoever gets the same id twice must send it once."""
    import requests
    order = {"id": reply, "to": number, "text": text} | ({"from": known.number} if known.number else {})
    try:
        said = _post(known, known.send_url, order, reply)
    except requests.exceptions.RequestException as fault:
        return Failed("no connection", permanent=False) if never_connected(fault) else Uncertain(type(fault).__name__)
    return _outcome(said.status_code, _object(said), number, reply)


def find_sent(known: Settings, number: str, text: str, since: datetime, taken: Set[str] = frozenset(), reply: str = "") -> Sent | None:
    """Ask by our own id; None says that they do not have it, or that they may be given it again (`idempotent`)."""
    import requests
    if not known.lookup_url:
        return None
    try:
        said = _post(known, known.lookup_url, {"id": reply}, reply)
    except requests.exceptions.RequestException as fault:
        raise Problem("provider.away", permanent=False, reason=type(fault).__name__) from None
    if said.status_code == 404:
        return None
    found = _object(said)
    if said.status_code != 200 or found.get("status") not in _STATUSES:
        raise Problem("provider.away", permanent=False, reason=f"HTTP {said.status_code}")
    return Sent(_their_id(found, number, reply), str(found["status"]))


def _post(known: Settings, url: str, order: Mapping[str, str], reply: str) -> Any:
    import requests
    body, stamp = json.dumps(order, ensure_ascii=False).encode(), str(int(time.time()))
    return requests.post(url, data=body, timeout=known.timeout, allow_redirects=False, headers={
        "Content-Type": "application/json", STAMP: stamp, SIGNATURE: signature(body, stamp, known.secrets[0]), KEY: reply})


def _outcome(code: int, said: Mapping[str, Any], number: str, reply: str) -> Outcome:
    if 200 <= code < 300 or code == 409:  # 409: they have it already
        status = said.get("status")
        return Sent(_their_id(said, number, reply), str(status) if status in ("sent", "delivered") else "sent")
    error = said.get("error")
    reason = error if isinstance(error, str) and _ERROR.match(error) else f"HTTP {code}"
    if code == 429:
        return Failed(reason, permanent=False)
    if code in (400, 410, 422):  # this SMS
        return Failed(reason, permanent=True, opted_out=error == "opted_out")
    if 400 <= code < 500:  # the secret, the address, the account
        return Failed(reason, permanent=False, mendable=True)
    return Uncertain(f"HTTP {code}")


def _object(answer: Any) -> dict[str, Any]:
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _their_id(said: Mapping[str, Any], number: str, reply: str) -> str:
    """Their id, where it is one; ours else."""
    theirs = said.get("provider_id")
    return theirs if isinstance(theirs, str) and _is_id(theirs, number) else reply


def _is_id(name: str, number: str) -> bool:
    """Ids are kept in the journal and travel: one that is made of the number would carry it there."""
    digits = _DIGITS.sub("", number)
    return _ID.match(name) is not None and not (len(digits) >= 8 and digits[-8:] in _DIGITS.sub("", name))


def _time(said: object, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        return now
    return at.astimezone(UTC) if at.tzinfo is not None and at <= now else now
