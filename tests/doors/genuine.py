"""A genuine request, and the means to make another one that is wrong in one way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from gateway.channels import console
from gateway.demo.courier import Account, sign
from tests.doors.house import ACCOUNT
from tests.doors.posting import Pairs, Post, signed, sms_form

STRANGER = Account("AC" + "2" * 32, "a-strangers-token")


@dataclass(frozen=True)
class Genuine:
    """What a variant starts from: the right form for the right address, and the means to sign another."""

    sid: str
    site: str
    console_key: bytes

    @property
    def form(self) -> dict[str, str]:
        return sms_form(self.sid)

    @property
    def url(self) -> str:
        return f"{self.site}/channels/twilio/inbound"

    @property
    def post(self) -> Post:
        return signed(self.form, self.url, ACCOUNT)

    @property
    def right(self) -> str:
        return sign(self.url, self.form, ACCOUNT.token)

    def altered(self, **fields: str | None) -> Post:
        """Signed rightly over a form with these fields changed, or left out where None."""
        return signed({k: v for k, v in (self.form | fields).items() if v is not None}, self.url, ACCOUNT)

    def posted(self, pairs: Pairs) -> Post:
        """The genuine signature over another body."""
        return signed(self.form, self.url, ACCOUNT, posted=pairs)

    def signed_for(self, url: str) -> Post:
        return signed(self.form, url, ACCOUNT)

    def raw(self, body: bytes) -> Post:
        """These bytes, under the signature of what a lenient reader would make of them."""
        pairs = [field.partition(b"=") for field in body.split(b"&")]
        lenient = {k.decode("utf-8", "replace"): v.decode("utf-8", "replace") for k, _, v in pairs}
        return self.post.to(body=body, signature=sign(self.url, lenient, ACCOUNT.token))

    def field(self, encoded: str) -> Post:
        """The genuine form with a Body in this percent-encoding."""
        rest = urlencode({k: v for k, v in self.form.items() if k != "Body"})
        return self.post.to(body=f"{rest}&Body={encoded}".encode("latin-1"))

    def status(self, **fields: str) -> Post:
        """A signed status callback for an SMS nobody sent."""
        form = {"MessageSid": self.sid, "SmsSid": self.sid, "MessageStatus": "delivered", "SmsStatus": "delivered",
                "AccountSid": ACCOUNT.sid, "From": "+59122000000", "To": "+59170000001", "ApiVersion": "2010-04-01"} | fields
        return signed(form, f"{self.site}/channels/twilio/status", ACCOUNT).to(target="/channels/twilio/status")

    def at_console(self, body: bytes, *, key: bytes | None = None, sig: str | None = None) -> Post:
        proof = sig if sig is not None else console.signature(body, self.console_key if key is None else key)
        return Post(body, target="/channels/console/inbound", content_type="application/json").beside(("X-Barrio-Signature", proof))


def digest(g: Genuine, algorithm: str, form: str = "base64") -> str:
    raw = hmac.digest(ACCOUNT.token.encode(), (g.url + "".join(k + g.form[k] for k in sorted(g.form))).encode(), algorithm)
    return base64.b64encode(raw).decode() if form == "base64" else raw.hex()


def typed(g: Genuine, **fields: object) -> bytes:
    return json.dumps({"id": g.sid, "from": "+59170000001", "text": "AGUA S1604"} | fields).encode()


def multipart(g: Genuine) -> Post:
    parts = "".join(f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in g.form.items())
    return g.post.to(body=f"{parts}--x--\r\n".encode(), content_type="multipart/form-data; boundary=x")


def chunked(post: Post) -> Post:
    body = f"{len(post.body):x}\r\n".encode() + post.body + b"\r\n0\r\n\r\n"
    return post.to(body=body, length="").beside(("Transfer-Encoding", "chunked"))


def stuffed(g: Genuine, length: int) -> Post:
    """Signed rightly, with a body of exactly so many bytes."""
    form = g.form | {"Body": ""}
    return signed(form | {"Body": "a" * (length - len(urlencode(form)))}, g.url, ACCOUNT)


def sid_of(label: str) -> str:
    """A sid of its own for every label."""
    return "SM" + hashlib.blake2b(label.encode(), digest_size=16).hexdigest()


Make = Callable[[Genuine], Post]
Variants = list[tuple[str, Make, set[int]]]  # label, how to make it, the answers that are right for it
