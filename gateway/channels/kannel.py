"""Kannel: a gateway of one's own to an operator, a modem or an SMSC. Texts come by GET, replies leave by sendsms. docs/channels.md

Kannel signs nothing and sends texts in the query of a GET. So the address it is given holds a secret, only machines that are
named may come, and nothing that came through a proxy is taken: the query holds a number, which no proxy's log should have.
Every reply has a report address of its own, made of its id and the secret, so that a report proves which reply it is about.
"""

from __future__ import annotations

import hmac
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import parse_qsl, quote, urlsplit

from gateway.channels.calling import never_connected
from gateway.channels.values import Failed, Inbound, Outcome, Request, Sent, StatusReport, Uncertain
from gateway.config import Config
from gateway.errors import Problem
from gateway.words.segments import encoding_of

NAME = "kannel"
METHOD = "GET"
# %d of Kannel: what the operator's centre said of the SMS. 4, "buffered there", is not asked for: it moves nothing.
_STATUSES = {"1": "delivered", "2": "undelivered", "8": "sent", "16": "failed"}
_MASK = str(1 + 2 + 8 + 16)
_WHY = {"2": "not_delivered", "16": "smsc_refused"}
_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_REPLY = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_BARE = re.compile(r"[1-9][0-9]{6,14}\Z")
_CHARSETS = {"utf-8": "utf-8", "utf8": "utf-8", "utf-16be": "utf-16-be", "ucs-2": "utf-16-be", "iso-8859-1": "latin-1",
             "latin1": "latin-1", "us-ascii": "latin-1", "windows-1252": "cp1252"}
_MOST_FIELDS = 40
_LONGEST_DELAY = timedelta(days=7)  # Kannel keeps trying for days; a time further off was set by a clock that is wrong


@dataclass(frozen=True)
class Settings:
    """Secrets (several while rotating) and Kannel's user come from the environment, the rest from [kannel]."""

    secrets: tuple[str, ...] = field(repr=False)
    username: str
    password: str = field(repr=False)
    sendsms_url: str
    number: str
    smsc: str
    bare_prefix: str
    report_url: str
    peers: tuple[IPv4Network | IPv6Network, ...]
    timeout: float


def settings(config: Config) -> Settings:
    chosen = config.kannel
    if not chosen.enabled:
        raise Problem("channel.unconfigured", name=NAME, variables="kannel.enabled = true")
    secrets = tuple(s.strip() for s in os.environ.get("BARRIO_KANNEL_SECRET", "").split(",") if s.strip())
    username, password = (os.environ.get(f"BARRIO_KANNEL_{name}", "").strip() for name in ("USERNAME", "PASSWORD"))
    if not secrets or not username or not password:
        raise Problem("channel.unconfigured", name=NAME,
                      variables="BARRIO_KANNEL_SECRET, BARRIO_KANNEL_USERNAME and BARRIO_KANNEL_PASSWORD")
    if weak := next((s for s in secrets if len(s) < 16 or quote(s, safe="") != s), None):
        raise Problem("channel.weak_secret", name="BARRIO_KANNEL_SECRET", length=len(weak))
    return Settings(secrets, username, password, chosen.sendsms_url, chosen.number, chosen.smsc, chosen.bare_prefix,
                    f"{chosen.callback_url or config.web.public_url}/channels/{NAME}/status",
                    tuple(ip_network(peer, strict=False) for peer in chosen.peers), chosen.timeout)


def verify(request: Request, known: Settings) -> dict[str, str]:
    """The fields of a call that Kannel makes, each as the bytes that came (Latin-1); a Problem for anything else."""
    if not _is_peer(request.peer, known) or request.headers.get("X-Forwarded-For", "") or request.headers.get("Forwarded", ""):
        raise Problem("channel.stranger")
    parts = urlsplit(request.url)
    try:
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True, encoding="latin-1", max_num_fields=_MOST_FIELDS)
    except ValueError:  # the fault's own words would repeat the query
        raise Problem("channel.malformed", reason="its query cannot be read") from None
    params = dict(pairs)
    if len(params) != len(pairs):
        raise Problem("channel.malformed", reason="a parameter comes twice")
    if parts.path.endswith("/status"):
        given, right = params.get("mark", ""), [mark(params.get("reply", ""), secret) for secret in known.secrets]
    else:
        given, right = params.get("secret", ""), list(known.secrets)
    matches = [hmac.compare_digest(given.encode("latin-1"), each.encode()) for each in right]  # all, so that none is told by its time
    if not any(matches):
        raise Problem("channel.unsigned")
    return params | ({"from": _whole(params["from"], known)} if "from" in params else {})


def read(params: dict[str, str], request: Request) -> Inbound:
    """`id=%I&from=..&to=..&coding=%c&charset=%C&text=%b&at=%t` -> the SMS.

    %I is the uuid Kannel gave the text. It keeps it while it tries again, and in its store while it is away; %i it does not.
    """
    if not _ID.match(params.get("id", "")):
        raise Problem("channel.malformed", reason="id is not Kannel's %I")
    if not params.get("from") or "text" not in params:
        raise Problem("channel.malformed", reason="from or text is missing")
    return Inbound(NAME, NAME, params["id"].lower(), params["from"], _text(params),
                   _time(params.get("at", ""), request.at), urlsplit(request.url).query.encode("latin-1", "replace"))


def answer(params: dict[str, str]) -> bytes:
    """Nothing, for an smsbox would text whatever it is answered to the sender; or the word by which a bearerbox knows success."""
    return b"ok" if params.get("answer") == "ok" else b""


def read_status(params: dict[str, str]) -> StatusReport:
    """`reply=..&type=%d`; `verify` has proven the reply by its mark."""
    reply, kind = params.get("reply", ""), params.get("type", "")
    if not _REPLY.match(reply) or kind not in _STATUSES:
        raise Problem("channel.malformed", reason="reply or type is not one")
    return StatusReport(reply, _STATUSES[kind], _WHY.get(kind), ours=NAME)


def send(known: Settings, number: str, text: str, reply: str = "") -> Outcome:
    """Hand one SMS to Kannel's queue: 202 says that it stands there, on disk, not yet that it left; its reports say the rest.

    By POST with X-Kannel headers: neither number nor password then stand in an address, which programs like to write down.
    """
    import requests
    report = f"{known.report_url}?reply={quote(reply)}&mark={mark(reply, known.secrets[0])}&type=%d"
    headers = {"X-Kannel-Username": known.username, "X-Kannel-Password": known.password, "X-Kannel-To": number,
               "X-Kannel-Coding": "0" if encoding_of(text) == "GSM-7" else "2", "X-Kannel-DLR-Mask": _MASK,
               "X-Kannel-DLR-Url": report, "Content-Type": "text/plain; charset=UTF-8"}
    headers |= {name: value for name, value in (("X-Kannel-From", known.number), ("X-Kannel-SMSC", known.smsc)) if value}
    try:
        answer = requests.post(known.sendsms_url, data=text.encode(), headers=headers, timeout=known.timeout, allow_redirects=False)
    except requests.exceptions.RequestException as fault:
        return Failed("no connection", permanent=False) if never_connected(fault) else Uncertain(type(fault).__name__, final=True)
    return _outcome(answer.status_code, answer.text, reply)


def mark(reply: str, secret: str) -> str:
    """What proves a report to be about this reply; who learns one report's address can move no other reply."""
    return hmac.digest(secret.encode(), b"report " + reply.encode("latin-1", "replace"), "sha256").hex()[:40]


def _outcome(code: int, said: str, reply: str) -> Outcome:
    if code == 202:
        return Sent(reply)
    if code == 503:  # "Temporal failure": the box behind sendsms has not taken it
        return Failed("HTTP 503", permanent=False)
    if code == 400 and "receiver" in said:
        return Failed("bad_number", permanent=True)
    if 400 <= code < 500:  # the user, the allowed addresses, a route or a sender that is missing: a person mends it
        return Failed("not_routable" if "routable" in said else f"HTTP {code}", permanent=False, mendable=True)
    return Uncertain(f"HTTP {code}", final=True)


def _is_peer(address: str, known: Settings) -> bool:
    try:
        there = ip_address(address)
    except ValueError:
        return False
    there = getattr(there, "ipv4_mapped", None) or there
    return any(there in network for network in known.peers)


def _whole(number: str, known: Settings) -> str:
    """Operators send 59170000001 or 70000001: what is missing in front is configured."""
    heard = number.encode("latin-1").decode("utf-8", "replace").strip()
    return known.bare_prefix + heard if known.bare_prefix and _BARE.match(heard) else heard


def _text(params: dict[str, str]) -> str:
    """%b is the SMS's bytes as they are, %c its coding and %C the name of its alphabet; what cannot be read is kept as far as it can."""
    raw = params["text"].encode("latin-1")
    usual = "utf-16-be" if params.get("coding") == "2" else "latin-1" if params.get("coding") == "1" else "utf-8"
    return raw.decode(_CHARSETS.get(params.get("charset", "").lower(), usual), "replace")


def _time(said: str, now: datetime) -> datetime:
    """%t, in UTC: when Kannel got it, however late it could hand it over."""
    try:
        at = datetime.strptime(said, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return now
    return at if now - _LONGEST_DELAY < at <= now else now
