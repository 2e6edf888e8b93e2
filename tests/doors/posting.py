"""HTTP by hand: what a careful provider posts, and what a careless or hostile one might."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from gateway.demo.courier import Account, sign
from tests.patience import LONG

FORM = "application/x-www-form-urlencoded"
Pairs = Sequence[tuple[str, str]]


def sms_form(sid: str, text: str = "AGUA S1604 sin agua 3 dias", number: str = "+59170000001", account: str = "AC" + "1" * 32,
             **more: str) -> dict[str, str]:
    """The fields of an inbound SMS as the provider sends them."""
    return {"ToCountry": "", "SmsMessageSid": sid, "NumMedia": "0", "SmsSid": sid, "SmsStatus": "received", "Body": text,
            "To": "+59122000000", "NumSegments": "1", "MessageSid": sid, "AccountSid": account, "From": number,
            "ApiVersion": "2010-04-01"} | more


@dataclass(frozen=True)
class Post:
    """A request before it becomes bytes. `length` None = as long as the body, "" = not said at all."""

    body: bytes
    method: str = "POST"
    target: str = "/channels/twilio/inbound"
    version: str = "HTTP/1.1"
    host: str = "127.0.0.1"
    content_type: str | None = FORM
    signature: str | bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    length: str | None = None

    def to(self, **changes: object) -> Post:
        return replace(self, **changes)  # type: ignore[arg-type]

    def beside(self, *headers: tuple[str, str]) -> Post:
        return replace(self, headers=self.headers + headers)

    def wire(self) -> bytes:
        """The bytes that go over the connection."""
        lines = [f"{self.method} {self.target} {self.version}".encode("latin-1"), f"Host: {self.host}".encode()]
        if self.content_type is not None:
            lines.append(f"Content-Type: {self.content_type}".encode())
        if self.signature is not None:
            given = self.signature if isinstance(self.signature, bytes) else self.signature.encode("latin-1")
            lines.append(b"X-Twilio-Signature: " + given)
        if self.length != "":
            lines.append(f"Content-Length: {self.length or len(self.body)}".encode())
        lines += [f"{name}: {value}".encode("latin-1") for name, value in self.headers]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def signed(form: Mapping[str, str], url: str, account: Account, *, posted: Pairs | None = None) -> Post:
    """A genuine request; `posted` puts other pairs into the body than those that were signed."""
    return Post(urlencode(posted if posted is not None else form).encode(), signature=sign(url, form, account.token))


@dataclass(frozen=True)
class Answer:
    """`code` 0: the connection ended without one, which is a refusal too."""

    code: int
    body: bytes = b""


def deliver(port: int, wire: bytes, *, patience: float = LONG, ends: bool = False) -> Answer:
    """Send these bytes and read one answer; `ends` closes our side, as a client that was cut off."""
    with socket.create_connection(("127.0.0.1", port), patience) as line:
        answer = b""
        try:
            line.sendall(wire)
            if ends:
                line.shutdown(socket.SHUT_WR)
            while not _whole(answer) and (more := line.recv(65536)):
                answer += more
        except OSError:  # it hung up on us, in the middle of sending perhaps
            pass
    head, _, body = answer.partition(b"\r\n\r\n")
    return Answer(int(head.split(b" ", 2)[1]) if head.startswith(b"HTTP/1.") else 0, body)


def _whole(answer: bytes) -> bool:
    head, gap, body = answer.partition(b"\r\n\r\n")
    if not gap:
        return False
    said = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return not said or len(body) >= int(said[0].partition(b":")[2]) or b"405 method" in head.lower()
