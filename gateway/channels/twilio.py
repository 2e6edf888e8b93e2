"""Twilio: signed form webhooks in, REST out. https://www.twilio.com/docs/usage/security describes the signature."""

from __future__ import annotations

import base64
import hmac
import logging
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from gateway.channels.calling import never_connected
from gateway.channels.values import Failed, Inbound, Outcome, Request, Sent, StatusReport, Uncertain
from gateway.config import Config
from gateway.errors import Problem

if TYPE_CHECKING:
    from twilio.rest import Client

NAME = "twilio"
_ALGORITHMS = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}\Z")
_MOST_FIELDS = 200
_STATUSES = {"accepted": "sent", "scheduled": "sent", "queued": "sent", "sending": "sent", "sent": "sent", "delivered": "delivered",
             "read": "delivered", "undelivered": "undelivered", "failed": "failed", "canceled": "failed"}
_STOPPED = 21610  # the phone answered STOP to the provider itself
_PAGE_TRIES = 6
_log = logging.getLogger("barrio.twilio")


@dataclass(frozen=True)
class Settings:
    """Account and tokens (several while rotating) come from the environment, the rest from [twilio]."""

    account: str
    tokens: tuple[str, ...]
    number: str
    api_url: str
    timeout: float
    status_url: str

    def __repr__(self) -> str:
        return f"Settings({self.account})"


def settings(config: Config) -> Settings:
    account = os.environ.get("BARRIO_TWILIO_ACCOUNT_SID", "").strip()
    tokens = tuple(t.strip() for t in os.environ.get("BARRIO_TWILIO_AUTH_TOKEN", "").split(",") if t.strip())
    if not account or not tokens:
        raise Problem("channel.unconfigured", name=NAME, variables="BARRIO_TWILIO_ACCOUNT_SID and BARRIO_TWILIO_AUTH_TOKEN")
    return Settings(account, tokens, config.twilio.number, config.twilio.api_url.rstrip("/"), config.twilio.timeout,
                    f"{config.web.public_url}/channels/{NAME}/status")


def verify(request: Request, known: Settings) -> dict[str, str]:
    """The form of a genuine request; a Problem for anything else. The address is ours, never taken from headers."""
    params = _form(request)
    given = request.headers.get("X-Twilio-Signature", "")
    if not given or not given.isascii():
        raise Problem("channel.unsigned")
    algorithm = _algorithm(request.headers.get("X-Twilio-Webhooks-Signature-Settings", ""))
    for url in _spellings(request.url):
        for token in known.tokens:
            if hmac.compare_digest(given, signature(url, params, token, algorithm)):
                if params.get("AccountSid") != known.account:
                    raise Problem("channel.foreign_account")
                return params
    raise Problem("channel.unsigned")


def read(params: dict[str, str], request: Request) -> Inbound:
    sid = params.get("MessageSid") or params.get("SmsSid") or ""
    if not _SID.match(sid):
        raise Problem("channel.malformed", reason="MessageSid is not a message's")
    if not params.get("From") or "Body" not in params:
        raise Problem("channel.malformed", reason="From or Body is missing")
    return Inbound(NAME, params["AccountSid"], sid, params["From"], params["Body"], request.at, request.body)


def read_status(params: dict[str, str]) -> StatusReport:
    sid, status = params.get("MessageSid") or params.get("SmsSid") or "", params.get("MessageStatus") or params.get("SmsStatus") or ""
    if not _SID.match(sid) or status not in _STATUSES:
        raise Problem("channel.malformed", reason="MessageSid or MessageStatus is not one")
    return StatusReport(sid, _STATUSES[status], params.get("ErrorCode") or None)


def send(known: Settings, number: str, text: str, reply: str = "") -> Outcome:
    """Hand one SMS to Twilio. A POST that was cut off may have been taken: that is Uncertain, not Failed."""
    import requests
    from twilio.base.exceptions import TwilioRestException, TwilioServiceException
    try:
        message = _client(known).messages.create(to=number, from_=known.number, body=text, status_callback=known.status_url)
        return Sent(str(message.sid), _STATUSES.get(str(message.status), "sent"))
    except (TwilioRestException, TwilioServiceException) as fault:
        if fault.status >= 500:
            return Uncertain(f"HTTP {fault.status}")
        account = fault.status in (401, 403, 404)  # the account or the token, not this SMS
        return Failed(f"{fault.code or fault.status}", permanent=not account and fault.status != 429, mendable=account,
                      opted_out=fault.code == _STOPPED)
    except requests.exceptions.RequestException as fault:
        return Failed("no connection", permanent=False) if never_connected(fault) else Uncertain(type(fault).__name__)


def find_sent(known: Settings, number: str, text: str, since: datetime, taken: Set[str] = frozenset(), reply: str = "") -> Sent | None:
    """Look up whether the provider has this SMS of ours, for an Uncertain outcome; `taken` are ids of other SMS of ours.

    The list is not filtered by date: what the provider still queues has no date of sending. A day of grace is for clocks
    that differ; the same words of an earlier reply are told apart by their id.
    """
    oldest = since - timedelta(days=1)
    for row in _listed(known, {"To": number}, time.sleep, tries=1):
        if _time(row) < oldest:  # newest first
            return None
        if row["direction"].startswith("outbound") and row["body"] == text and row["sid"] not in taken:
            return Sent(row["sid"], _STATUSES.get(row["status"], "sent"))
    return None


def history(known: Settings, since: datetime, *, pause: Callable[[float], None] = time.sleep) -> Iterator[Inbound]:
    """Every SMS the provider says it received for our number since then, with its own times; rows may repeat."""
    unreadable = 0
    ours = (known.number, f"whatsapp:{known.number}")  # what came by WhatsApp is listed under our number there
    for row in (row for to in ours for row in _listed(known, {"To": to, "DateSent>": _instant(since)}, pause)):
        try:
            inbound = _heard(known, row, since)
        except (AttributeError, KeyError, TypeError, ValueError):  # one odd row must not hide all that stand behind it
            unreadable += 1
            continue
        if inbound is not None:
            yield inbound
    if unreadable:
        _log.error("%d row(s) of the provider's list could not be read", unreadable)


def _heard(known: Settings, row: dict[str, Any], since: datetime) -> Inbound | None:
    if row["direction"] != "inbound" or not _SID.match(row["sid"]) or not row["from"] or _time(row) < since:
        return None
    raw = repr(sorted(row.items())).encode("utf-8", "surrogatepass")
    return Inbound(NAME, known.account, row["sid"], str(row["from"]), str(row["body"] or ""), _time(row), raw, "reconcile")


def _listed(known: Settings, query: dict[str, str], pause: Callable[[float], None], *, tries: int = _PAGE_TRIES
            ) -> Iterator[dict[str, Any]]:
    """Rows of the message list, newest first, page by page; a page may come twice, but no list may run in a circle."""
    url: str | None = f"/2010-04-01/Accounts/{known.account}/Messages.json"
    params: dict[str, str] | None = query | {"PageSize": "200"}
    seen: Counter[str] = Counter()
    while url:
        seen[url] += 1
        if seen[url] > 3:
            raise Problem("provider.away", permanent=False, reason="the pages of its list repeat")
        page = _page(known, url, params, pause, tries)
        if isinstance(rows := page.get("messages"), list):
            yield from rows
        onward = page.get("next_page_uri")
        url, params = str(onward) if onward else None, None


def _page(known: Settings, path: str, params: dict[str, str] | None, pause: Callable[[float], None], tries: int) -> dict[str, Any]:
    """One page; 429, 5xx and broken answers are waited out."""
    import requests
    if not path.startswith("/"):  # our credentials go to the configured host and nowhere else
        raise Problem("provider.refused", reason="its list goes on elsewhere")
    wait = reason = None
    for attempt in range(tries):
        if wait is not None:
            pause(wait if 0 <= wait <= 30 else 30.0)
        wait = 2.0 ** attempt
        try:
            answer = requests.get(known.api_url + path, params=params, auth=(known.account, known.tokens[0]), timeout=known.timeout)
            if answer.status_code == 200 and isinstance(page := answer.json(), dict):
                return page
            reason = f"HTTP {answer.status_code}"
            if answer.status_code != 429 and 400 <= answer.status_code < 500:
                raise Problem("provider.refused", reason=reason)
            wait = float(answer.headers.get("Retry-After") or wait)
        except (requests.exceptions.RequestException, ValueError) as fault:
            reason = type(fault).__name__
    raise Problem("provider.away", permanent=False, reason=reason)


def _form(request: Request) -> dict[str, str]:
    if request.content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise Problem("channel.malformed", reason="it is not a form")
    try:
        pairs = parse_qsl(request.body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict",
                          max_num_fields=_MOST_FIELDS)
    except ValueError:  # UnicodeDecodeError is one; the fault's own words would repeat the body
        raise Problem("channel.malformed", reason="the form cannot be read") from None
    params = dict(pairs)
    if len(params) != len(pairs):
        raise Problem("channel.malformed", reason="a parameter comes twice")
    return params


def _algorithm(said: str) -> str:
    """`key=..,algorithm=HMAC_SHA256` names it; nothing named is the older SHA-1, an unknown name is nobody's signature."""
    named = (value.strip() for name, _, value in (part.partition("=") for part in said.split(",")) if name.strip() == "algorithm")
    found = _ALGORITHMS.get(next(filter(None, named), "HMAC_SHA1").upper())
    if found is None:
        raise Problem("channel.unsigned")
    return found


def _spellings(url: str) -> Iterator[str]:
    """Twilio signs the address with its port or without, whichever it was configured with (its own library tries both)."""
    yield url
    parts = urlsplit(url)
    bare = parts.netloc.removesuffix(f":{parts.port}")
    other = bare if bare != parts.netloc else f"{bare}:{443 if parts.scheme == 'https' else 80}"
    yield f"{parts.scheme}://{other}{url[len(parts.scheme) + 3 + len(parts.netloc):]}"


def _client(known: Settings) -> Client:
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    class Http(TwilioHttpClient):  # type: ignore[misc]
        """Twilio's client has no base address setting; a double of the provider needs one."""

        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            parts = urlsplit(url)
            return super().request(method, known.api_url + parts.path + (f"?{parts.query}" if parts.query else ""), *args, **kwargs)

    return Client(known.account, known.tokens[0], http_client=Http(timeout=known.timeout))


def _instant(since: datetime) -> str:
    return since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(row: dict[str, Any]) -> datetime:
    from email.utils import parsedate_to_datetime
    return parsedate_to_datetime(row.get("date_sent") or row["date_created"]).astimezone(UTC)


def signature(url: str, params: dict[str, str], token: str, algorithm: str = "sha1") -> str:
    """What Twilio sends in X-Twilio-Signature: the address and the sorted fields, signed with the account's token."""
    signed = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), algorithm)).decode()
