"""From the provider to Barrio: signed webhooks, as Twilio posts them."""

from __future__ import annotations

import base64
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit
from xml.etree import ElementTree

import requests
import urllib3.exceptions

from gateway.demo.phones import Message
from gateway.demo.segments import segments

API_VERSION = "2010-04-01"
RETRIEVAL_FAILED, CONNECTION_FAILED, UNPARSABLE = 11200, 11205, 12100  # the provider's own error codes


@dataclass(frozen=True, slots=True)
class Account:
    """The city's account at the provider: its sid, its secret token, the number residents text."""

    sid: str
    token: str
    number: str = "+59122000000"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How handing one message over went: the HTTP status (None = no answer), the attempts, the provider's error code.

    `replies` are texts the answer itself asked to send back (TwiML); Barrio answers with an empty <Response/>.
    """

    sid: str
    status: int | None
    attempts: int
    error: int | None = None
    replies: tuple[str, ...] = ()

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def sign(url: str, form: Mapping[str, str], token: str) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the address and the sorted parameters, base64."""
    payload = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), payload.encode(), "sha1")).decode()


def inbound_form(message: Message, account: Account) -> dict[str, str]:
    """The fields of an inbound SMS; the geography is blank, as it is for numbers outside North America."""
    return {
        "ToCountry": "", "ToState": "", "ToCity": "", "ToZip": "",
        "FromCountry": "", "FromState": "", "FromCity": "", "FromZip": "",
        "MessageSid": message.sid, "SmsSid": message.sid, "SmsMessageSid": message.sid,
        "AccountSid": account.sid, "From": message.sender, "To": message.recipient, "Body": message.text,
        "NumMedia": "0", "NumSegments": str(segments(message.text)), "SmsStatus": "received",
        "ApiVersion": API_VERSION,
    }


def status_form(message: Message, account: Account) -> dict[str, str]:
    """The fields of a status callback."""
    form = {
        "MessageSid": message.sid, "SmsSid": message.sid, "MessageStatus": message.status,
        "SmsStatus": message.status, "AccountSid": account.sid, "From": message.sender, "To": message.recipient,
        "ApiVersion": API_VERSION,
    }
    return form if message.error_code is None else form | {"ErrorCode": str(message.error_code)}


@dataclass(frozen=True, slots=True)
class Courier:
    """Posts and signs; retries as the provider does by default: once, and only when no connection came about.

    `via` posts to another host than the one that is signed, as a proxy in front of Barrio would.
    `retry_all` also retries time-outs, dropped connections and answers of 4xx and 5xx (the provider's `rp=all`).
    """

    account: Account
    timeout: float = 15.0
    retries: int = 1
    retry_all: bool = False
    via: str | None = None

    def deliver(self, message: Message, url: str) -> Delivery:
        return self._post(message.sid, url, inbound_form(message, self.account))

    def report(self, message: Message, url: str) -> Delivery:
        return self._post(message.sid, url, status_form(message, self.account))

    def _post(self, sid: str, url: str, form: dict[str, str]) -> Delivery:
        signed = url.partition("#")[0]  # the fragment holds connection settings and never leaves the provider
        head = {
            "X-Twilio-Signature": sign(signed, form, self.account.token),
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        attempts = 0
        while True:
            attempts += 1
            delivery, again = self._attempt(sid, _through(signed, self.via), form, head, attempts)
            if attempts > self.retries or not (again or (self.retry_all and not delivery.arrived)):
                return delivery

    def _attempt(
        self, sid: str, url: str, form: dict[str, str], head: dict[str, str], attempts: int
    ) -> tuple[Delivery, bool]:
        try:
            with requests.Session() as session:
                session.trust_env = False  # a proxy of the machine must not see residents' texts
                # stricter than the provider, which follows redirects: Barrio answers where it says it does
                answer = session.post(url, data=form, headers=head, timeout=self.timeout, allow_redirects=False)
        except requests.RequestException as fault:
            connected = not _never_connected(fault)
            return Delivery(sid, None, attempts, RETRIEVAL_FAILED if connected else CONNECTION_FAILED), not connected
        if not 200 <= answer.status_code < 300:
            return Delivery(sid, answer.status_code, attempts, RETRIEVAL_FAILED), False
        try:
            return Delivery(sid, answer.status_code, attempts, replies=_replies(answer.content)), False
        except ElementTree.ParseError:
            return Delivery(sid, answer.status_code, attempts, UNPARSABLE), False


def _through(url: str, via: str | None) -> str:
    return url if via is None else urlunsplit((*urlsplit(via)[:2], *urlsplit(url)[2:]))


def _never_connected(fault: requests.RequestException) -> bool:
    """A refused or timed-out connection, as against one that broke after the request had left."""
    if isinstance(fault, requests.ConnectTimeout):
        return True
    cause = fault.args[0] if fault.args else None
    reason = cause.reason if isinstance(cause, urllib3.exceptions.MaxRetryError) else cause
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _replies(body: bytes) -> tuple[str, ...]:
    if not body.strip():
        return ()
    said = (message.findtext("Body") or message.text or "" for message in ElementTree.fromstring(body).iter("Message"))
    return tuple(text.strip() for text in said if text.strip())
