"""Requests that are forged or mangled, each in one way, with the answers that are right for it.

Every one starts from a genuine request. A code of 0 is a connection that ended without an answer.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

from gateway.channels import console
from gateway.demo.courier import Account, sign
from tests.doors.house import ACCOUNT
from tests.doors.posting import FORM, Pairs, Post, signed, sms_form

STRANGER = Account("AC" + "2" * 32, "a-strangers-token")
REFUSED, UNREADABLE, NO_DOOR, NOT_SO, TOO_LONG = {403}, {400}, {404}, {405}, {413}
BROKEN = {0, 400}  # the server itself gives up on it
SETTINGS = "X-Twilio-Webhooks-Signature-Settings"


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
    return post.to(body=f"{len(post.body):x}\r\n".encode() + post.body + b"\r\n0\r\n\r\n", length="").beside(("Transfer-Encoding", "chunked"))


def stuffed(g: Genuine, length: int) -> Post:
    """Signed rightly, with a body of exactly so many bytes."""
    form = g.form | {"Body": ""}
    return signed(form | {"Body": "a" * (length - len(urlencode(form)))}, g.url, ACCOUNT)


Make = Callable[[Genuine], Post]
SIGNATURES: list[tuple[str, Make, set[int]]] = [
    ("no signature", lambda g: g.post.to(signature=None), REFUSED),
    ("an empty signature", lambda g: g.post.to(signature=""), REFUSED),
    ("a blank signature", lambda g: g.post.to(signature="   "), REFUSED),
    ("a signature with another token", lambda g: g.post.to(signature=sign(g.url, g.form, "guess")), REFUSED),
    ("a signature with no token", lambda g: g.post.to(signature=sign(g.url, g.form, "")), REFUSED),
    ("a signature with the account's sid for a token", lambda g: g.post.to(signature=sign(g.url, g.form, ACCOUNT.sid)), REFUSED),
    ("a signature without its padding", lambda g: g.post.to(signature=g.right.rstrip("=")), REFUSED),
    ("a signature cut in half", lambda g: g.post.to(signature=g.right[:14]), REFUSED),
    ("a signature with something behind it", lambda g: g.post.to(signature=g.right + "A"), REFUSED),
    ("two signatures in one, the wrong one first", lambda g: g.post.to(signature=f"AAAA, {g.right}"), REFUSED),
    ("a signature in small letters", lambda g: g.post.to(signature=g.right.lower()), REFUSED),
    ("a signature in hexadecimal", lambda g: g.post.to(signature=digest(g, "sha1", "hex")), REFUSED),
    ("a signature beyond ASCII", lambda g: g.post.to(signature="\xe9" * 28), REFUSED),
    ("a signature of broken UTF-8", lambda g: g.post.to(signature=b"\xff\xfe" * 14), REFUSED),
    ("a signature of 100 kB", lambda g: g.post.to(signature="A" * 100_000), {403, 431}),
    ("two signature headers, the right one last", lambda g: g.post.to(signature="AAAA").beside(("X-Twilio-Signature", g.right)), REFUSED),
    ("two signature headers, the right one first", lambda g: g.post.beside(("X-Twilio-Signature", "AAAA")), REFUSED),
    ("the signature as a parameter", lambda g: g.post.to(body=g.post.body + f"&X-Twilio-Signature={quote_plus(g.right)}".encode(),
                                                          signature=None), REFUSED),
    ("the signature in the query", lambda g: g.post.to(target=f"{g.post.target}?X-Twilio-Signature={quote_plus(g.right)}",
                                                        signature=None), REFUSED),
    ("SHA-256 where SHA-1 is named", lambda g: g.post.to(signature=digest(g, "sha256")), REFUSED),
    ("SHA-1 where SHA-256 is named", lambda g: g.post.beside((SETTINGS, "key=k,algorithm=HMAC_SHA256")), REFUSED),
    ("an algorithm nobody knows", lambda g: g.post.to(signature=digest(g, "md5")).beside((SETTINGS, "algorithm=HMAC_MD5")), REFUSED),
    ("no algorithm at all", lambda g: g.post.to(signature=None).beside((SETTINGS, "key=k,algorithm=none")), REFUSED),
    ("the signature of another text", lambda g: g.posted(list((g.form | {"Body": "LUZ P1105"}).items())), REFUSED),
    ("the signature of another sender", lambda g: g.posted(list((g.form | {"From": "+59170000002"}).items())), REFUSED),
    ("the signature of another message", lambda g: g.posted(list((g.form | {"MessageSid": "SM" + "e" * 32}).items())), REFUSED),
    ("signed by another account for itself", lambda g: signed(g.form | {"AccountSid": STRANGER.sid}, g.url, STRANGER), REFUSED),
    ("signed by another account in our name", lambda g: signed(g.form, g.url, STRANGER), REFUSED),
]
ADDRESSES: list[tuple[str, Make, set[int]]] = [
    ("signed for https", lambda g: g.signed_for(g.url.replace("http:", "https:")), REFUSED),
    ("signed for another host", lambda g: g.signed_for("http://city.example/channels/twilio/inbound"), REFUSED),
    ("signed for localhost, which is not what we are called", lambda g: g.signed_for(g.url.replace("127.0.0.1", "localhost")), REFUSED),
    ("signed for another port", lambda g: g.signed_for(f"{g.site[:-1]}/channels/twilio/inbound"), REFUSED),
    ("signed for another case of the path", lambda g: g.signed_for(g.url.replace("twilio", "Twilio")), REFUSED),
    ("sent to another case of the path", lambda g: g.signed_for(g.url.replace("twilio", "Twilio")).to(
        target="/channels/Twilio/inbound"), NO_DOOR),
    ("signed for a slash at the end", lambda g: g.signed_for(g.url + "/"), REFUSED),
    ("sent to a slash at the end", lambda g: g.signed_for(g.url + "/").to(target="/channels/twilio/inbound/"), NO_DOOR),
    ("signed for the status door", lambda g: g.signed_for(f"{g.site}/channels/twilio/status"), REFUSED),
    ("signed without the query that is sent", lambda g: g.post.to(target="/channels/twilio/inbound?a=1"), REFUSED),
    ("signed with a query that is not sent", lambda g: g.signed_for(g.url + "?a=1"), REFUSED),
    ("the query in another order", lambda g: g.signed_for(g.url + "?a=1&b=2").to(target="/channels/twilio/inbound?b=2&a=1"), REFUSED),
    ("a proxy's headers name the host that was signed", lambda g: g.signed_for("https://evil.example/channels/twilio/inbound").beside(
        ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "443")), REFUSED),
    ("a proxy's headers name https", lambda g: g.signed_for(g.url.replace("http:", "https:")).beside(
        ("X-Forwarded-Proto", "https"), ("X-Forwarded-Ssl", "on"), ("Front-End-Https", "on")), REFUSED),
    ("a Forwarded header names the host that was signed", lambda g: g.signed_for("https://evil.example/channels/twilio/inbound").beside(
        ("Forwarded", "for=1.2.3.4;host=evil.example;proto=https")), REFUSED),
    ("a rewrite header names the path that was signed", lambda g: g.signed_for(f"{g.site}/other").beside(
        ("X-Original-URL", "/other"), ("X-Rewrite-URL", "/other"), ("X-Forwarded-Prefix", "/other")), REFUSED),
    ("the Host header names the host that was signed", lambda g: g.signed_for("http://evil.example/channels/twilio/inbound").to(
        host="evil.example"), REFUSED),
    ("two Host headers", lambda g: g.signed_for("http://evil.example/channels/twilio/inbound").beside(("Host", "evil.example")), {400, 403}),
    ("the request line names the host that was signed", lambda g: g.signed_for("http://evil.example/channels/twilio/inbound").to(
        target="http://evil.example/channels/twilio/inbound"), REFUSED),
    ("up and down again", lambda g: g.post.to(target="/channels/../channels/twilio/inbound"), NO_DOOR),
    ("through another channel", lambda g: g.post.to(target="/channels/console/../twilio/inbound"), NO_DOOR),
    ("up and down again, encoded", lambda g: g.post.to(target="/channels/twilio/%2e%2e/twilio/inbound"), NO_DOOR),
    ("to a file of the machine", lambda g: g.post.to(target="/channels/twilio/../../../../etc/passwd"), NO_DOOR),
    ("two slashes", lambda g: g.post.to(target="//channels/twilio/inbound"), {400, 403, 404, 405}),
    ("a NUL in the path", lambda g: g.post.to(target="/channels/twilio/inbound%00"), NO_DOOR),
    ("a line's end in the path", lambda g: g.post.to(target="/channels/twilio/inbound%0a"), NO_DOOR),
    ("a path of broken UTF-8", lambda g: g.post.to(target="/channels/%ff%fe/inbound"), NO_DOOR),
    ("a raw byte in the query", lambda g: g.post.to(target="/channels/twilio/inbound?x=\xff"), {400, 403}),
    ("an unknown channel", lambda g: g.post.to(target="/channels/pigeon/inbound"), NO_DOOR),
    ("a channel whose name is a number", lambda g: g.post.to(target="/channels/59170000001/inbound"), NO_DOOR),
    ("a channel with a very long name", lambda g: g.post.to(target=f"/channels/{'a' * 9000}/inbound"), {404, 414}),
    ("no channel", lambda g: g.post.to(target="/channels//inbound"), NO_DOOR),
    ("a door nobody built", lambda g: g.post.to(target="/channels/twilio/outbound"), NO_DOOR),
]
PARAMETERS: list[tuple[str, Make, set[int]]] = [
    ("the text twice, alike", lambda g: g.posted([*g.form.items(), ("Body", g.form["Body"])]), UNREADABLE),
    ("the text twice, the signed one last", lambda g: g.posted([("Body", "LUZ P1105"), *g.form.items()]), UNREADABLE),
    ("the text twice, the signed one first", lambda g: g.posted([*g.form.items(), ("Body", "LUZ P1105")]), UNREADABLE),
    ("two senders", lambda g: g.posted([*g.form.items(), ("From", "+59170000002")]), UNREADABLE),
    ("two accounts, ours first", lambda g: g.posted([*g.form.items(), ("AccountSid", STRANGER.sid)]), UNREADABLE),
    ("one parameter more than was signed", lambda g: g.posted([*g.form.items(), ("MediaUrl0", "http://evil.example/")]), REFUSED),
    ("one parameter less than was signed", lambda g: g.posted([*g.form.items()][1:]), REFUSED),
    ("a parameter moved into the query", lambda g: g.posted([p for p in g.form.items() if p[0] != "Body"]).to(
        target=f"/channels/twilio/inbound?Body={quote_plus(g.form['Body'])}"), REFUSED),
    ("an empty parameter dropped", lambda g: g.posted([p for p in g.form.items() if p[1]] + [("Extra", "")]), REFUSED),
    ("another account, signed rightly", lambda g: g.altered(AccountSid=STRANGER.sid), REFUSED),
    ("no account, signed rightly", lambda g: g.altered(AccountSid=None), REFUSED),
    ("an empty account, signed rightly", lambda g: g.altered(AccountSid=""), REFUSED),
    ("our account with a space behind it", lambda g: g.altered(AccountSid=ACCOUNT.sid + " "), REFUSED),
    ("the name of the account in small letters", lambda g: g.altered(AccountSid=None, accountsid=ACCOUNT.sid), REFUSED),
    ("no MessageSid, signed rightly", lambda g: g.altered(MessageSid=None, SmsSid=None, SmsMessageSid=None), UNREADABLE),
    ("a MessageSid that is too short", lambda g: g.altered(MessageSid=g.sid[:-1]), UNREADABLE),
    ("a MessageSid with a letter no sid has", lambda g: g.altered(MessageSid=g.sid[:-1] + "g"), UNREADABLE),
    ("a MessageSid with a line's end", lambda g: g.altered(MessageSid=g.sid + "\n"), UNREADABLE),
    ("a MessageSid with a NUL", lambda g: g.altered(MessageSid=g.sid[:-1] + "\x00"), UNREADABLE),
    ("the sid of a call", lambda g: g.altered(MessageSid="CA" + g.sid[2:]), UNREADABLE),
    ("a MessageSid that is SQL", lambda g: g.altered(MessageSid="SM'; DROP TABLE message; --"), UNREADABLE),
    ("no sender, signed rightly", lambda g: g.altered(From=None), UNREADABLE),
    ("an empty sender, signed rightly", lambda g: g.altered(From=""), UNREADABLE),
    ("no text, signed rightly", lambda g: g.altered(Body=None), UNREADABLE),
]
BODIES: list[tuple[str, Make, set[int]]] = [
    ("JSON", lambda g: g.post.to(body=json.dumps(g.form).encode(), content_type="application/json"), UNREADABLE),
    ("JSON that says it is a form", lambda g: g.post.to(body=json.dumps(g.form).encode()), UNREADABLE),
    ("a form that says it is JSON", lambda g: g.post.to(content_type="application/json"), UNREADABLE),
    ("multipart", multipart, UNREADABLE),
    ("a form that says it is multipart", lambda g: g.post.to(content_type="multipart/form-data; boundary=x"), UNREADABLE),
    ("plain text", lambda g: g.post.to(content_type="text/plain"), UNREADABLE),
    ("no content type", lambda g: g.post.to(content_type=None), UNREADABLE),
    ("two content types", lambda g: g.post.beside(("Content-Type", "application/json")), UNREADABLE),
    ("XML", lambda g: g.post.to(body=b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', content_type="text/xml"), UNREADABLE),
    ("compressed", lambda g: g.post.to(body=gzip.compress(g.post.body)).beside(("Content-Encoding", "gzip")), UNREADABLE),
    ("nothing, signed rightly", lambda g: signed({}, g.url, ACCOUNT), REFUSED),
    ("a million equal signs", lambda g: g.post.to(body=b"=" * 60_000), {400, 403}),
    ("no equal sign", lambda g: g.raw(b"Body"), UNREADABLE),
    ("fields parted by semicolons", lambda g: g.post.to(body=g.post.body.replace(b"&", b";")), {400, 403}),
    ("10,000 fields", lambda g: g.post.to(body="&".join(f"{n}=" for n in range(10_000)).encode()), UNREADABLE),
    ("201 fields, signed rightly", lambda g: signed(g.form | {f"a{n}": "" for n in range(201)}, g.url, ACCOUNT), UNREADABLE),
    ("64 kB nobody signed", lambda g: stuffed(g, 65_536).to(signature=g.right), REFUSED),
    ("64 kB and a byte, signed rightly", lambda g: stuffed(g, 65_537), TOO_LONG),
    ("a megabyte", lambda g: stuffed(g, 1_000_000), {0, 413}),
    ("a NUL nobody signed", lambda g: g.field("AGUA%00"), REFUSED),
    ("a raw NUL nobody signed", lambda g: g.field("AGUA\x00"), REFUSED),
    ("broken percent signs", lambda g: g.field("AGUA%ZZ%1"), REFUSED),
    ("broken UTF-8", lambda g: g.field("%FF%FE"), UNREADABLE),
    ("UTF-8 cut in the middle of a letter", lambda g: g.field("Caf%C3"), UNREADABLE),
    ("an overlong slash", lambda g: g.field("%C0%AF"), UNREADABLE),
    ("an overlong NUL", lambda g: g.field("%C0%80"), UNREADABLE),
    ("a lone high surrogate", lambda g: g.field("%ED%A0%80"), UNREADABLE),
    ("a lone low surrogate", lambda g: g.field("%ED%BF%BF"), UNREADABLE),
    ("a pair of surrogates, as CESU-8 writes it", lambda g: g.field("%ED%A0%BD%ED%B8%80"), UNREADABLE),
    ("a letter beyond Unicode", lambda g: g.field("%F4%90%80%80"), UNREADABLE),
    ("broken UTF-8 in a name", lambda g: g.post.to(body=g.post.body + b"&%FF=1"), UNREADABLE),
    ("letters that are not encoded", lambda g: g.raw("Body=señal&AccountSid=".encode() + ACCOUNT.sid.encode()), UNREADABLE),
    ("Latin-1", lambda g: g.post.to(body=g.post.body + b"&x=\xe9", content_type=f"{FORM}; charset=iso-8859-1"), UNREADABLE),
    ("UTF-16", lambda g: g.post.to(body=g.post.body.decode().encode("utf-16"), content_type=f"{FORM}; charset=utf-16"), UNREADABLE),
    ("UTF-7", lambda g: g.field("+AGEAZwB1AGE-").to(content_type=f"{FORM}; charset=utf-7"), REFUSED),
]
HTTP: list[tuple[str, Make, set[int]]] = [
    *((f"the method is {method}", lambda g, method=method: g.post.to(method=method), NOT_SO)  # type: ignore[misc]
      for method in ("GET", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE", "post", "MKCOL")),
    ("GET with the form in a signed query", lambda g: Post(b"", method="GET", signature=sign(f"{g.url}?{urlencode(g.form)}", {}, ACCOUNT.token),
                                                          target=f"/channels/twilio/inbound?{urlencode(g.form)}"), NOT_SO),
    ("GET that calls itself POST", lambda g: g.post.to(method="GET").beside(("X-HTTP-Method-Override", "POST")), NOT_SO),
    ("a method with a NUL", lambda g: g.post.to(method="P\x00ST"), BROKEN),
    ("no length", lambda g: g.post.to(length=""), UNREADABLE),
    ("in chunks", lambda g: chunked(g.post), UNREADABLE),
    ("in chunks with a length too", lambda g: chunked(g.post).to(length=None), {0, 400}),
    ("in chunks, badly spelt", lambda g: chunked(g.post).beside(("Transfer-Encoding", "xchunked")), {0, 400, 501}),
    ("a negative length", lambda g: g.post.to(length="-1"), BROKEN),
    ("a length with a sign", lambda g: g.post.to(length=f"+{len(g.post.body)}"), BROKEN),
    ("a length that is a word", lambda g: g.post.to(length="many"), BROKEN),
    ("a length in other digits", lambda g: g.post.to(length="\xb2"), BROKEN),
    ("a huge length", lambda g: g.post.to(length="9" * 15), TOO_LONG),
    ("a length of 5,000 digits", lambda g: g.post.to(length="9" * 5000), BROKEN),
    ("two lengths", lambda g: g.post.beside(("Content-Length", "3")), BROKEN),
    ("a length that cuts the body", lambda g: g.post.to(length=str(len(g.post.body) - 3)), {400, 403}),
    ("a length beyond the body", lambda g: g.post.to(length=str(len(g.post.body) + 50)), {0, 400, 403}),
    ("a second request in the tail of the first", lambda g: g.post.to(length="0", body=g.post.to(signature=None).wire()), REFUSED | {400}),
    ("HTTP/1.0, unsigned", lambda g: g.post.to(version="HTTP/1.0", signature=None), REFUSED),
    ("HTTP/0.9", lambda g: g.post.to(version=""), BROKEN),
    ("HTTP/9.9", lambda g: g.post.to(version="HTTP/9.9"), {0, 400, 505}),
    ("a folded header", lambda g: g.post.to(signature="AAAA\r\n " + g.right), {0, 400, 403}),
    ("a header with a bare line feed", lambda g: g.post.to(signature="AAAA\nX-Twilio-Signature: " + g.right), {0, 400, 403}),
    ("500 headers", lambda g: g.post.beside(*((f"X-A{n}", "1") for n in range(500))), {0, 400, 431}),
    ("Expect: 100-continue, unsigned", lambda g: g.post.to(signature=None).beside(("Expect", "100-continue")), {100, 403, 417}),
    ("an upgrade to a WebSocket", lambda g: g.post.to(method="GET").beside(
        ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")),
     {400, 403, 404, 405, 426}),
]
STATUSES: list[tuple[str, Make, set[int]]] = [
    ("a status without a signature", lambda g: g.status().to(signature=None), REFUSED),
    ("a status signed with another token", lambda g: g.status().to(signature=g.right), REFUSED),
    ("another status than was signed", lambda g: g.status().to(body=g.status().body.replace(b"delivered", b"failed")), REFUSED),
    ("a status of another account, signed rightly", lambda g: g.status(AccountSid=STRANGER.sid), REFUSED),
    ("a status that is not one", lambda g: g.status(MessageStatus="eaten", SmsStatus="eaten"), UNREADABLE),
    ("a status without an SMS", lambda g: g.status(MessageSid="", SmsSid=""), UNREADABLE),
    ("a text at the status door", lambda g: signed(g.form, f"{g.site}/channels/twilio/status", ACCOUNT).to(
        target="/channels/twilio/status"), UNREADABLE),
    ("a status at the inbound door", lambda g: g.status().to(target="/channels/twilio/inbound"), REFUSED),
    ("GET at the status door", lambda g: g.status().to(method="GET"), NOT_SO),
]
CONSOLE: list[tuple[str, Make, set[int]]] = [
    ("the console without a signature", lambda g: g.at_console(typed(g), sig=""), REFUSED),
    ("the console with another key", lambda g: g.at_console(typed(g), key=b"guess"), REFUSED),
    ("the console with the provider's signature", lambda g: g.post.to(target="/channels/console/inbound"), REFUSED),
    ("the console with the signature of another text", lambda g: g.at_console(typed(g), sig=console.signature(b"{}", g.console_key)), REFUSED),
    ("the console with a signature beyond ASCII", lambda g: g.at_console(typed(g), sig="\xe9" * 64), REFUSED),
    ("the console's status door", lambda g: g.at_console(typed(g)).to(target="/channels/console/status"), UNREADABLE),
    ("the console without JSON, signed rightly", lambda g: g.at_console(b"AGUA"), UNREADABLE),
    ("the console with a list, signed rightly", lambda g: g.at_console(b"[]"), UNREADABLE),
    ("the console with broken UTF-8, signed rightly", lambda g: g.at_console(b'{"id":"\xff"}'), UNREADABLE),
    ("the console with a number for a text, signed rightly", lambda g: g.at_console(typed(g, text=5)), UNREADABLE),
    ("the console without a sender, signed rightly", lambda g: g.at_console(json.dumps({"id": g.sid, "text": "AGUA"}).encode()), UNREADABLE),
    ("the console with an empty sender, signed rightly", lambda g: g.at_console(typed(g, **{"from": ""})), UNREADABLE),
    ("the console with 20,000 brackets, signed rightly", lambda g: g.at_console(b"[" * 20_000), UNREADABLE),
    ("the console with a NUL in its id, signed rightly", lambda g: g.at_console(typed(g, id="a\x00b")), UNREADABLE),
    ("the console with a lone surrogate in its id, signed rightly", lambda g: g.at_console(typed(g, id="\ud800")), UNREADABLE),
    ("the console with an endless id, signed rightly", lambda g: g.at_console(typed(g, id="a" * 9000)), UNREADABLE),
    ("the console with an empty id, signed rightly", lambda g: g.at_console(typed(g, id="")), UNREADABLE),
]
VARIANTS = [*SIGNATURES, *ADDRESSES, *PARAMETERS, *BODIES, *HTTP, *STATUSES, *CONSOLE]


def sid_of(label: str) -> str:
    return "SM" + hashlib.blake2b(label.encode(), digest_size=16).hexdigest()
