"""Forged and mangled requests against a real server process: nothing is let in, nothing breaks, the next text is heard."""

from __future__ import annotations

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from gateway import config
from gateway.demo.courier import sign
from gateway.phone import open_vault
from tests.doors.forged import FORGED
from tests.doors.genuine import Genuine, Make, sid_of
from tests.doors.house import ACCOUNT, House
from tests.doors.mangled import MANGLED
from tests.doors.posting import Post, deliver, signed, sms_form

VARIANTS = [*FORGED, *MANGLED]


def genuine(house: House, label: str) -> Genuine:
    return Genuine(sid_of(label), house.url, open_vault(config.load(house.environment["BARRIO_CONFIG"])).console_key)


def text_in(house: House, label: str, text: str = "AGUA S1604 sin agua") -> int:
    form = sms_form(sid_of(label), text)
    return deliver(house.port, signed(form, f"{house.url}/channels/twilio/inbound", ACCOUNT).wire()).code


@pytest.mark.parametrize(("label", "make", "right"), VARIANTS, ids=[label for label, _, _ in VARIANTS])
def test_forged_and_mangled(house: House, label: str, make: Make, right: set[int]) -> None:
    post = make(genuine(house, label))
    before = house.counts()
    answer = deliver(house.port, post.wire(), ends=label == "a length beyond the body")
    assert answer.code in right
    assert house.counts() == before


def test_what_every_variant_starts_from_is_let_in(house: House) -> None:
    """The control: were the genuine request refused as well, the table above would prove nothing."""
    start = genuine(house, "the genuine request")
    before = house.counts()
    assert deliver(house.port, start.post.wire()).code == 200
    assert deliver(house.port, start.at_console(b'{"id": "c-1", "from": "+59170000009", "text": "AGUA S1604"}').wire()).code == 200
    assert house.counts()["delivery"] == before["delivery"] + 2
    assert house.stored()[start.sid] == start.form["Body"]


def test_there_are_more_than_enough_variants() -> None:
    labels = [label for label, _, _ in VARIANTS]
    assert len(set(labels)) == len(labels) >= 45


def test_a_replay_changes_nothing(house: House) -> None:
    start = genuine(house, "replayed")
    assert deliver(house.port, start.post.wire()).code == 200
    before, counts = house.state_hash(), house.counts()
    pairs = list(start.form.items())
    again = [start.post, start.post.to(version="HTTP/1.0"), start.post.to(target="/channels/tw%69lio/inbound"),
             start.post.to(target=f"{house.url}/channels/twilio/inbound"), start.post.beside(("I-Twilio-Idempotency-Token", "another")),
             # the signature is over names and values without a mark between them, so it also fits these cuts of the same letters
             start.posted([(n, v) for n, v in pairs if n not in ("NumMedia", "NumSegments")] + [("NumMedia", "0NumSegments1")]),
             start.posted([(n, v) for n, v in pairs if n != "ToCountry"] + [("ToC", "ountry")])]
    for post in again:
        assert deliver(house.port, post.wire()).code == 200
    with ThreadPoolExecutor(12) as clients:
        answers = list(clients.map(lambda _: deliver(house.port, start.post.wire()).code, range(60)))
    assert answers == [200] * 60
    assert house.state_hash() == before
    assert house.counts() == counts


def test_the_state_hash_would_show_a_new_text(house: House) -> None:
    before = house.state_hash()
    assert text_in(house, "one more text") == 200
    assert house.state_hash() != before


def test_a_status_of_an_sms_we_never_sent_changes_nothing(house: House) -> None:
    before, counts = house.state_hash(), house.counts()
    for status in ("queued", "sent", "delivered", "undelivered", "failed"):
        assert deliver(house.port, genuine(house, "never sent").status(MessageStatus=status, SmsStatus=status).wire()).code == 200
    assert house.state_hash() == before
    assert house.counts()["entry"] == counts["entry"]


@pytest.mark.parametrize(("label", "text"), [
    ("a NUL in the middle", "AGUA\x00S1604"),
    ("nothing but a NUL", "\x00"),
    ("every other control character", "".join(map(chr, range(1, 32)))),
    ("emoji, joined and coloured", "👨‍👩‍👧‍👦 🚰❌ 👍🏽"),
    ("right to left, with marks", "\u200fلا يوجد ماء في الحي\u200e منذ \u202e3\u202c أيام"),
    ("letters built of two", "Villa Fa\u0301tima, ñ n\u0303"),
    ("beyond the first plane", "𝔸𝔾𝕌𝔸 𐤀 \U0010fffd"),
    ("noncharacters", "\ufffe\uffff\U0010ffff\ufdd0"),
    ("1,600 letters", "agua " * 320),
    ("1,600 emoji", "🚰" * 1600),
    ("nothing", ""),
    ("blanks around it", "  AGUA S1604 \r\n\t "),
    ("percent signs and pluses", "100%+ %20 %00 a+b&c=d;e"),
    ("the mark we store odd texts under", "\u241b{\"a\": 1}"),
    ("JSON", '{"kind": "need_opened"}'),
    ("SQL", "'); DROP TABLE message; --"),
    ("HTML", "<script>alert(1)</script>"),
    ("a formula", "=HYPERLINK(\"http://evil.example\")"),
    ("a byte order mark", "\ufeffAGUA"),
    ("line separators", "a\u2028b\u2029c\x85d"),
])
def test_genuine_texts_are_stored_verbatim(house: House, label: str, text: str) -> None:
    assert text_in(house, label, text) == 200
    assert house.stored()[sid_of(label)] == text


def test_what_is_exported_is_what_is_stored(house: House) -> None:
    stored = house.stored()
    shown = {str(row["provider_id"]): row["text"] for row in house.exported("messages")}
    assert shown.keys() == stored.keys()
    assert [sid for sid, text in shown.items() if text is not None and text != stored[sid]] == []


def test_the_longest_genuine_request_is_stored_verbatim(house: House) -> None:
    form = sms_form(sid_of("64 kB"), "")
    form["Body"] = "a" * (65_536 - len(urlencode(form)))
    post = signed(form, f"{house.url}/channels/twilio/inbound", ACCOUNT)
    assert len(post.body) == 65_536
    assert deliver(house.port, post.wire()).code == 200
    assert house.stored()[form["MessageSid"]] == form["Body"]


@pytest.mark.parametrize(("label", "noise"), [
    ("every byte there is", bytes(range(256)) * 40),
    ("a TLS greeting", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)),
    ("a line without an end", b"POST /" + b"a" * 100_000),
    ("empty lines", b"\r\n" * 5000),
    ("the greeting of HTTP/2, then noise", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64),
    ("another protocol", b"*1\r\n$4\r\nPING\r\n"),
])
def test_bytes_that_are_no_request(house: House, label: str, noise: bytes) -> None:
    before = house.counts()
    assert deliver(house.port, noise, ends=True).code in (0, 400, 404, 414, 431)
    assert house.counts() == before


def test_a_flood_of_forgeries_between_which_a_genuine_text_is_heard(house: House) -> None:
    before = house.counts()["delivery"]
    posts = [Post(urlencode(sms_form(f"SM{n:032x}")).encode(), signature=sign(house.url, {}, os.urandom(4).hex())) for n in range(300)]
    with ThreadPoolExecutor(16) as clients:
        forged = [clients.submit(deliver, house.port, post.wire()) for post in posts]
        heard = [text_in(house, f"in the flood {n}") for n in range(10)]
    assert heard == [200] * 10
    assert {future.result().code for future in forged} == {403}
    assert house.counts()["delivery"] == before + 10


def test_the_server_still_answers_after_all_this(house: House) -> None:
    web = house.running["web"]
    assert web.poll() is None
    assert text_in(house, "after all this") == 200
    assert house.stored()[sid_of("after all this")] == "AGUA S1604 sin agua"
    said = (house.said / "web.txt").read_text("utf-8")
    assert "Traceback" not in said
    assert "59170000001" not in said


@pytest.mark.parametrize(("label", "opening"), [
    ("say nothing", b""),
    ("never end their headers", b"POST /channels/twilio/inbound HTTP/1.1\r\nHost: a\r\n"),
    ("announce a body and never send it", Post(b"", length="400", signature="A" * 28).wire()),
    ("stop in the middle of a body", Post(b"Body=AGUA", length="400", signature="A" * 28).wire()),
])
def test_connections_that_stall_do_not_silence_the_rest(house: House, label: str, opening: bytes) -> None:
    before = house.counts()
    lines = [socket.create_connection(("127.0.0.1", house.port), 60) for _ in range(150)]
    for line in lines:
        line.sendall(opening)
    try:
        time.sleep(0.2)
        assert text_in(house, f"beside connections that {label}") == 200
        assert house.answers()
    finally:
        for line in lines:
            line.close()
    assert house.counts()["delivery"] == before["delivery"] + 1
