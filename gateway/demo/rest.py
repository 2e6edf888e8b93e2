"""The two REST calls Barrio makes, at the provider's paths: send a message, list messages."""

from __future__ import annotations

import hmac
import re
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, time
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from werkzeug.datastructures import MultiDict

from gateway.demo.courier import API_VERSION, Account
from gateway.demo.faults import Fault, Faults
from gateway.demo.phones import Message, Phones
from gateway.demo.segments import segments

PATH = f"/{API_VERSION}/Accounts/<account_sid>/Messages.json"
LONGEST = 1600  # characters of one send, the provider's limit
_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_SAID = {
    20001: "Invalid parameter",
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    21211: "The 'To' number is not a valid phone number.",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' number is not a message-capable number of your account.",
    21609: "The 'StatusCallback' URL is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21617: "The concatenated message body exceeds the 1600 character limit.",
}
Send = Callable[[str, str, str | None], Message]


def routes(account: Account, phones: Phones, faults: Faults, send: Send, stopping: threading.Event) -> Blueprint:
    """The REST edge; `send(to, text, status_callback)` keeps a message and carries it."""
    edge = Blueprint("rest", __name__)

    @edge.before_request
    def authenticate() -> Response | None:
        given = request.authorization
        known = given is not None and given.type == "basic" and _same(given.username, account.sid)
        if not known or given is None or not _same(given.password, account.token):
            refused = problem(401, 20003)
            refused.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
            return refused
        return None if request.view_args == {"account_sid": account.sid} else problem(404, 20404)

    @edge.post(PATH)
    def create(account_sid: str) -> Response:
        to, sender, text = (request.form.get(name, "") for name in ("To", "From", "Body"))
        callback = request.form.get("StatusCallback")
        if wrong := _wrong(to, sender, text, callback, account.number):
            return problem(400, wrong)
        fault = faults.take("send", to)
        if fault is not None and not fault.accepts:
            return _suffer(fault, stopping)
        message = send(to, text, callback)
        if fault is not None:
            return _suffer(fault, stopping)
        answer = jsonify(resource(message, account))
        answer.status_code = 201
        return answer

    @edge.get(PATH)
    def list_messages(account_sid: str) -> Response:
        if fault := faults.take("list"):
            return _suffer(fault, stopping)
        try:
            return jsonify(_page(request.args, account, phones, faults))
        except ValueError:
            return problem(400, 20001)

    return edge


def problem(status: int, code: int) -> Response:
    """An error as the provider words it: `{"code": 21610, "message": .., "more_info": .., "status": 400}`."""
    said = _SAID.get(code, "Error")
    answer = jsonify(
        {"code": code, "message": said, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    )
    answer.status_code = status
    return answer


def resource(message: Message, account: Account) -> dict[str, Any]:
    """A message as the provider shows it; dates are RFC 2822, counts are strings, as there."""
    uri = f"/{API_VERSION}/Accounts/{account.sid}/Messages/{message.sid}"
    sent = None if message.sent_at is None else _rfc2822(message.sent_at)
    return {
        "account_sid": account.sid, "api_version": API_VERSION, "body": message.text,
        "date_created": _rfc2822(message.created_at), "date_sent": sent,
        "date_updated": sent or _rfc2822(message.created_at), "direction": message.direction,
        "error_code": message.error_code, "error_message": None, "from": message.sender,
        "messaging_service_sid": None, "num_media": "0", "num_segments": str(segments(message.text)),
        "price": None, "price_unit": "USD", "sid": message.sid, "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"}, "to": message.recipient, "uri": f"{uri}.json",
    }


def _wrong(to: str, sender: str, text: str, callback: str | None, number: str) -> int | None:
    checks = (
        (not to, 21604), (not sender, 21603), (not text, 21602), (not _E164.match(to), 21211),
        (sender != number, 21606), (len(text) > LONGEST, 21617),
        (callback is not None and not callback.startswith(("http://", "https://")), 21609),
    )
    return next((code for failed, code in checks if failed), None)


def _suffer(fault: Fault, stopping: threading.Event) -> Response:
    if fault.kind == "hang":
        stopping.wait(fault.seconds)
    if fault.kind in ("hang", "drop"):
        connection: socket.socket = request.environ["werkzeug.socket"]
        connection.shutdown(socket.SHUT_RDWR)
        return Response()
    answer = problem(fault.status, fault.code)
    if fault.kind == "too_many":
        answer.headers["Retry-After"] = f"{fault.seconds:g}"
    return answer


def _page(asked: MultiDict[str, str], account: Account, phones: Phones, faults: Faults) -> dict[str, Any]:
    size = min(max(int(asked.get("PageSize", 50)), 1), 1000)
    number, token = int(asked.get("Page", 0)), asked.get("PageToken")
    messages = phones.listed(asked.get("From"), asked.get("To"), *_window(asked))
    # a token names the last message shown, so that texts arriving meanwhile shift nothing
    start = [m.sid for m in messages].index(token[2:]) + 1 if token else number * size
    shown, more = messages[start : start + size], len(messages) > start + size

    filters = [(name, asked[name]) for name in asked if name not in ("Page", "PageToken", "PageSize")]
    base = f"/{API_VERSION}/Accounts/{account.sid}/Messages.json?"

    def uri(page: int, at: str | None = None) -> str:
        position = [("PageSize", str(size)), ("Page", str(page)), *([("PageToken", at)] if at else [])]
        return base + urlencode([*filters, *position])

    if more and faults.take("page"):
        onward: str | None = uri(number, token)
    else:
        onward = uri(number + 1, f"PA{shown[-1].sid}") if more else None
    return {
        "messages": [resource(message, account) for message in shown],
        "first_page_uri": uri(0), "next_page_uri": onward,
        "previous_page_uri": uri(number - 1) if number else None, "uri": uri(number, token),
        "page": number, "page_size": size, "start": start, "end": start + max(len(shown) - 1, 0),
    }


def _window(asked: MultiDict[str, str]) -> tuple[datetime | None, datetime | None]:
    """`DateSent>=2026-11-01` reaches us as the parameter `DateSent>`; both bounds are inclusive, days are whole."""
    on, after, before = (asked.get("DateSent" + sign) or asked.get(f"DateSent{sign}=") for sign in ("", ">", "<"))
    since, until = after or on, before or on
    return _moment(since, time.min) if since else None, _moment(until, time.max) if until else None


def _moment(given: str, edge: time) -> datetime:
    moment = datetime.fromisoformat(given)
    if len(given) == len("2026-11-25"):
        moment = datetime.combine(moment, edge)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment


def _rfc2822(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC).replace(microsecond=0))


def _same(given: str | None, wanted: str) -> bool:
    return hmac.compare_digest((given or "").encode(), wanted.encode())
