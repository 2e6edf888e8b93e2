"""A phone with the app EnvayaSMS 3.0.1, as far as it matters here: what it keeps on its disk, what it forgets when it dies, what it posts.

It keeps texts until they are taken, SMS until they are sent, and knows an SMS it was given twice only while it has it or remembers it.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from gateway.channels import android

PASSWORD, OLD = "correct-horse-battery", "the-password-before-it"
OFFICE, ROOF = "+59170000900", "+59170000901"
SECTION = f'\n[android]\nenabled = true\nphones = {{ office = "{OFFICE}", roof = "{ROOF}" }}\n'
FORM = "application/x-www-form-urlencoded"


class Lost(Exception):
    """No answer came: refused, cut off, or a phone that died while it waited."""


# (address, content type, signature, body) -> the answer's body; Lost when there is none
Wire = Callable[[str, str, str, bytes], bytes]


@dataclass
class Handset:
    """`air` is what residents got from it: the count that must never be too high. `lose` says of each request whether it fails:
    "" (no), "request" (it never arrives) or "answer" (it arrives, and its answer does not)."""

    url: str
    wire: Wire
    clock: Callable[[], int]
    number: str = OFFICE
    password: str = PASSWORD
    version: int = 30
    battery: int = 83
    send_limit: int = 100
    lose: Callable[[str], str] = lambda action: ""
    radio: Callable[[str], str] = lambda number: ""  # why an SMS does not leave; "" when it does
    air: Counter[tuple[str, str]] = field(default_factory=Counter)
    inbox: dict[tuple[str, int, str], None] = field(default_factory=dict)  # on its disk
    outbox: dict[str, tuple[str, str]] = field(default_factory=dict)  # on its disk
    given: Counter[str] = field(default_factory=Counter)
    answers: list[list[dict[str, object]]] = field(default_factory=list)
    recent: set[str] = field(default_factory=set)
    unsaid: list[dict[str, str]] = field(default_factory=list)
    ticks: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def fields(self, action: str, more: Mapping[str, str]) -> dict[str, str]:
        return {"version": str(self.version), "action": action, "phone_number": self.number, "phone_id": "", "phone_token": "",
                "send_limit": str(self.send_limit), "now": str(self.clock() + next(self.ticks)), "settings_version": "0",
                "battery": str(self.battery), "power": "0",
                "network": "WIFI", "log": "Checking for messages\nñ, ü & 水\n"} | more

    def post(self, action: str, **more: str) -> list[dict[str, object]]:
        fields = self.fields(action, more)
        fate = self.lose(action)
        if fate == "request":
            raise Lost
        answer = self.wire(self.url, FORM, android.signature(self.url, fields, self.password), urlencode(fields).encode())
        if fate == "answer":
            raise Lost
        events: list[dict[str, object]] = json.loads(answer)["events"]
        self.answers.append(events)
        self._obey(events)
        return events

    def get(self, number: str, words: str, at: int) -> None:
        """An SMS comes to it."""
        self.inbox[number, at, words] = None

    def forward(self) -> None:
        """Hand over what it got; what fails stays."""
        for number, at, words in list(self.inbox):
            try:
                self.post("incoming", **{"from": number, "message": words, "message_type": "sms", "timestamp": str(at)})
            except Lost:
                continue
            del self.inbox[number, at, words]

    def ask(self) -> None:
        """Ask for what to send."""
        try:
            self.post("outgoing")
        except Lost:
            return

    def transmit(self) -> None:
        """Send what it has, and say what became of it."""
        for reply, (number, words) in list(self.outbox.items()):
            if why := self.radio(number):
                self.say(reply, "failed", why)
                continue
            self.air[number, words] += 1
            self.outbox.pop(reply, None)
            self.recent.add(reply)
            self.say(reply, "sent")

    def say(self, reply: str, status: str, error: str = "") -> None:
        try:
            self.post("send_status", id=reply, status=status, error=error)
        except Lost:
            self.unsaid.append({"id": reply, "status": status, "error": error})

    def say_again(self) -> None:
        """After the network came back."""
        waiting, self.unsaid = self.unsaid, []
        for said in waiting:
            self.say(said["id"], said["status"], said["error"])

    def die(self) -> None:
        """It is killed and starts again: what stood on its disk is there, and nothing else."""
        self.recent.clear()
        self.unsaid.clear()

    def _obey(self, events: list[dict[str, object]]) -> None:
        for event in events:
            if event["event"] == "send":
                messages = event["messages"]
                assert isinstance(messages, list)
                for message in messages:
                    self.given[message["id"]] += 1
                    if message["id"] in self.recent:
                        self.say(message["id"], "sent")
                    elif message["id"] not in self.outbox:
                        self.outbox[message["id"]] = (message["to"], message["message"])
            elif event["event"] == "cancel" and self.outbox.pop(str(event["id"]), None):
                self.say(str(event["id"]), "cancelled", "deleted by user")
