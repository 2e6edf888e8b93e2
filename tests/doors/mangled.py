"""Requests that no careful client makes: bodies that are no form, HTTP that is bent. A code of 0 is a connection that just ended."""

from __future__ import annotations

import gzip
import json
from urllib.parse import urlencode

from gateway.demo.courier import sign
from tests.doors.genuine import Variants, chunked, multipart, stuffed
from tests.doors.house import ACCOUNT
from tests.doors.posting import FORM, Post, signed

REFUSED, UNREADABLE, NOT_SO, TOO_LONG = {403}, {400}, {405}, {413}
BROKEN = {0, 400}  # the server itself gives up on it

BODIES: Variants = [
    ("JSON", lambda g: g.post.to(body=json.dumps(g.form).encode(), content_type="application/json"), UNREADABLE),
    ("JSON that says it is a form", lambda g: g.post.to(body=json.dumps(g.form).encode()), UNREADABLE),
    ("a form that says it is JSON", lambda g: g.post.to(content_type="application/json"), UNREADABLE),
    ("multipart", multipart, UNREADABLE),
    ("a form that says it is multipart", lambda g: g.post.to(content_type="multipart/form-data; boundary=x"), UNREADABLE),
    ("plain text", lambda g: g.post.to(content_type="text/plain"), UNREADABLE),
    ("no content type", lambda g: g.post.to(content_type=None), UNREADABLE),
    ("two content types", lambda g: g.post.beside(("Content-Type", "application/json")), UNREADABLE),
    ("XML", lambda g: g.post.to(body=b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
                                content_type="text/xml"), UNREADABLE),
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

HTTP: Variants = [
    *((f"the method is {method}", lambda g, method=method: g.post.to(method=method), NOT_SO)  # type: ignore[misc]
      for method in ("GET", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE", "post", "MKCOL")),
    ("GET with the form in a signed query", lambda g: Post(
        b"", method="GET", target=f"/channels/twilio/inbound?{urlencode(g.form)}",
        signature=sign(f"{g.url}?{urlencode(g.form)}", {}, ACCOUNT.token)), NOT_SO),
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
        ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")), {400, 403, 404, 405, 426}),
]
MANGLED = [*BODIES, *HTTP]
