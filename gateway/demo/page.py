"""The phone in the browser: choose a resident, text, read the replies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from gateway.demo.courier import Account, Delivery
from gateway.demo.phones import INBOUND, Message, Phones
from gateway.demo.spoken import SPOKEN

_POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_LONGEST = 1600


@dataclass(frozen=True, slots=True)
class Resident:
    """Someone the page offers to text as: a first name, a phone that cannot exist, where they live."""

    name: str
    number: str
    home: str


@dataclass(frozen=True, slots=True)
class PhonePage:
    """What the page shows around the phone: whom to text as, what to try, where to see the result."""

    city: str = "La Paz"
    residents: tuple[Resident, ...] = (Resident("Vecina", "+59170000099", "La Paz"),)
    tries: tuple[str, ...] = ()
    board_url: str = ""
    planner_url: str = ""
    language: str = "es"


def routes(shown: PhonePage, phones: Phones, account: Account, text: Callable[[str, str], Delivery]) -> Blueprint:
    """The page at `/` and the JSON it polls."""
    site = Blueprint(
        "phone", __name__, template_folder="templates", static_folder="static", static_url_path="/phone/static"
    )

    @site.get("/")
    def phone() -> str:
        return render_template("phone.html", page=shown, say=SPOKEN[shown.language], number=account.number)

    @site.get("/phone/messages")
    def conversation() -> Response:
        messages, turn = phones.conversation(request.args.get("number", ""), request.args.get("after", 0, type=int))
        return jsonify({"messages": [_line(message) for message in messages], "turn": turn})

    @site.post("/phone/messages")
    def write() -> tuple[Response, int]:
        # JSON from this very page only: a form on another site can neither set the type nor be same-origin
        if not request.is_json or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return jsonify({"error": "json"}), 415
        asked = request.get_json(silent=True)
        number, words = (asked.get("number"), asked.get("text")) if isinstance(asked, dict) else (None, None)
        if not isinstance(number, str) or not isinstance(words, str) or len(words) > _LONGEST:
            return jsonify({"error": "text"}), 400
        try:
            delivery = text(number, words)
        except ValueError:
            return jsonify({"error": "text"}), 400
        return jsonify({"sid": delivery.sid, "arrived": delivery.arrived}), 201

    @site.after_request
    def protect(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = _POLICY
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return site


def _line(message: Message) -> dict[str, Any]:
    return {
        "sid": message.sid,
        "mine": message.direction == INBOUND,
        "text": message.text,
        "at": message.created_at.isoformat(),
        "status": message.status,
        "arrived": message.handed_over,
    }
