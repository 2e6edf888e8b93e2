"""The channel for phones with the app EnvayaSMS: what is let in, what it is taken for, and what the phone is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway import config
from gateway.channels import android
from gateway.channels.values import Inbound, Request
from gateway.errors import Problem
from gateway.node import Node
from tests.channels.handset import FORM, OFFICE, OLD, PASSWORD, ROOF, SECTION
from tests.conftest import START

URL = "http://127.0.0.1:8000/channels/android/inbound"
LAN = "http://192.168.1.10:8000"
PHONE = "+59170000001"
MS = int(START.timestamp() * 1000)
TEXT = {"action": "incoming", "from": PHONE, "message": "AGUA S1604", "message_type": "sms", "timestamp": str(MS - 5000)}
COMMON = {"version": "30", "phone_number": OFFICE, "now": str(MS), "battery": "83", "power": "2", "network": "WIFI", "send_limit": "100",
          "log": "Received SMS\nRetrying sending SMS to +59170000002\n", "phone_id": "", "phone_token": "", "settings_version": "0"}


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARRIO_ANDROID_PASSWORD", f"{PASSWORD},{OLD}")


@pytest.fixture
def known(make_node: Callable[..., Node]) -> android.Settings:
    return android.settings(make_node(extra=SECTION + f'urls = ["{LAN}"]\n').config)


def asked(fields: dict[str, str], *, password: str = PASSWORD, url: str = URL, at: datetime = START, **changed: Any) -> Request:
    """A request as the app posts it; `changed` is what is not as it should be."""
    signed = changed.get("signature", android.signature(url, COMMON | fields, password))
    body = changed.get("body", urlencode(COMMON | fields).encode())
    return Request(changed.get("arrives", URL), changed.get("kind", FORM), {"X-Request-Signature": signed}, body, at)


def heard(known: android.Settings, fields: dict[str, str], **how: Any) -> Inbound:
    request = asked(fields, **how)
    return android.read(android.verify(request, known), request)


def test_the_signature_is_the_one_that_the_app_makes() -> None:
    """Worked out by hand with `printf %s ... | openssl sha1 -binary | base64`: the address, the fields by name, the password."""
    fields = {"version": "30", "action": "test", "log": "a b\nñ", "now": "1"}
    assert android.signature("http://h/x", fields, "secret") == "3cL7nfN6T8QGWlgiONXF8oTTtW4="


# -------------------------------------------------------------------------------------------------------------- texts in

@pytest.mark.parametrize(("label", "more", "expected"), [
    ("as it should be", {}, (PHONE, "AGUA S1604", START - timedelta(seconds=5))),
    ("held back for a week by the phone", {"timestamp": str(MS - 7 * 86_400_000)}, (PHONE, "AGUA S1604", START - timedelta(days=7))),
    ("a time of a year ago", {"timestamp": str(MS - 365 * 86_400_000)}, (PHONE, "AGUA S1604", START)),
    ("a time to come", {"timestamp": str(MS + 60_000)}, (PHONE, "AGUA S1604", START)),
    ("no time", {"timestamp": ""}, (PHONE, "AGUA S1604", START)),
    ("a time that is none", {"timestamp": "yesterday"}, (PHONE, "AGUA S1604", START)),
    ("a time beyond all calendars", {"timestamp": "9" * 15}, (PHONE, "AGUA S1604", START)),
    ("an empty text is a text", {"message": ""}, (PHONE, "", START - timedelta(seconds=5))),
    ("other alphabets", {"message": "ماء S1604 🚰\nñ"}, (PHONE, "ماء S1604 🚰\nñ", START - timedelta(seconds=5))),
    ("the sender is withheld", {"from": ""}, ("anonymous", "AGUA S1604", START - timedelta(seconds=5))),
    ("a sender that is a name", {"from": "ENTEL"}, ("ENTEL", "AGUA S1604", START - timedelta(seconds=5))),
])
def test_a_text(known: android.Settings, label: str, more: dict[str, str], expected: tuple[str, str, datetime]) -> None:
    found = heard(known, TEXT | more)
    assert (found.number, found.text, found.received_at) == expected
    assert (found.channel, found.account) == ("android", known.phones[OFFICE][0])


@pytest.mark.parametrize(("label", "prefix", "number", "expected"), [
    ("nothing is missing", "+591", PHONE, PHONE),
    ("the country is missing", "+591", "70000001", PHONE),
    ("the plus is missing", "+", "59170000001", PHONE),
    ("a short code is no phone", "+591", "1234", "1234"),
    ("a name is no number", "+591", "ENTEL", "ENTEL"),
    ("nothing is put in front", "", "70000001", "70000001"),
])
def test_what_the_operator_leaves_out_is_put_back(make_node: Callable[..., Node], label: str, prefix: str, number: str,
                                                  expected: str) -> None:
    known = android.settings(make_node(extra=f'{SECTION}bare_prefix = "{prefix}"\n').config)
    assert heard(known, TEXT | {"from": number}).number == expected


@pytest.mark.parametrize(("label", "more", "how", "same"), [
    ("brought again, later", {}, {"at": START + timedelta(hours=3)}, True),
    ("brought again after the password was changed", {}, {"password": OLD}, True),
    ("the same words a second later", {"timestamp": str(MS - 4000)}, {}, False),
    ("other words at the same moment", {"message": "AGUA S1605"}, {}, False),
    ("the same words of another phone", {"from": "+59170000002"}, {}, False),
    ("an MMS is another text", {"message_type": "mms"}, {}, False),
])
def test_a_text_is_known_again(known: android.Settings, label: str, more: dict[str, str], how: dict[str, Any], same: bool) -> None:
    first, second = heard(known, TEXT), heard(known, TEXT | more, **how)
    assert (first.provider_id == second.provider_id) == same


def test_the_id_of_a_text_gives_nothing_away(known: android.Settings, make_node: Callable[..., Node]) -> None:
    elsewhere = android.settings(make_node("elsewhere", extra=SECTION).config)
    assert heard(known, TEXT).provider_id != heard(elsewhere, TEXT).provider_id, "it is made with the node's own key"
    assert PHONE[-8:] not in heard(known, TEXT).provider_id


def test_what_is_kept_of_a_text_is_its_own(known: android.Settings) -> None:
    raw = heard(known, TEXT).raw.decode()
    assert "AGUA+S1604" in raw
    assert "70000002" not in raw, "the log with it names other residents"


@pytest.mark.parametrize(("label", "named"), [
    ("a picture with a name", '; filename="a.jpg"'), ("a part without one, which no one signed", "")])
def test_of_an_mms_the_words_are_read(known: android.Settings, label: str, named: str) -> None:
    fields = COMMON | TEXT | {"message_type": "mms", "mms_parts": '[{"name": "part0"}]', "message": "el agua\r\nno llega ñ"}
    parts = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: text/plain; charset=UTF-8\r\n'
                    f'Content-Transfer-Encoding: 8bit\r\n\r\n{value}\r\n' for name, value in fields.items()).encode()
    picture = f'--b\r\nContent-Disposition: form-data; name="part0"{named}\r\n\r\n'.encode() + b"\xff\xd8" * 50_000 + b"\r\n--b--\r\n"
    request = asked(fields, body=parts + picture, kind="multipart/form-data; boundary=b")
    found = android.read(android.verify(request, known), request)
    assert (found.text, len(found.raw) < 1000) == ("el agua\r\nno llega ñ", True)


@pytest.mark.parametrize(("label", "fields", "is_text"), [
    ("an SMS", TEXT, True),
    ("an MMS", TEXT | {"message_type": "mms"}, True),
    ("a call", TEXT | {"message_type": "call"}, False),
    ("what a person wrote with the phone", TEXT | {"action": "forward_sent"}, False),
    ("a question", {"action": "outgoing"}, False),
    ("nothing at all", {}, False),
])
def test_what_is_a_text(label: str, fields: dict[str, str], is_text: bool) -> None:
    assert android.is_text(fields) == is_text


# ------------------------------------------------------------------------------------------------------- who is let in

@pytest.mark.parametrize(("label", "fields", "how", "code"), [
    ("another password", TEXT, {"password": "nobodys-password-at-all"}, "channel.unsigned"),
    ("no signature", TEXT, {"signature": ""}, "channel.unsigned"),
    ("a signature of other letters", TEXT, {"signature": "ñ" * 28}, "channel.unsigned"),
    ("signed for another address", TEXT, {"url": "http://198.51.100.7/channels/android/inbound"}, "channel.unsigned"),
    ("other words than were signed", TEXT, {"body": urlencode(COMMON | TEXT | {"message": "x"}).encode()}, "channel.unsigned"),
    ("a field more than was signed", TEXT, {"body": urlencode(COMMON | TEXT | {"x": ""}).encode()}, "channel.unsigned"),
    ("a field comes twice", TEXT, {"body": urlencode(COMMON | TEXT).encode() + b"&from=1"}, "channel.malformed"),
    ("no form at all", TEXT, {"body": b"\xff\xfe"}, "channel.malformed"),
    ("an empty body", TEXT, {"body": b""}, "channel.unsigned"),
    ("an MMS without a boundary", TEXT, {"kind": "multipart/form-data"}, "channel.malformed"),
    ("an MMS of a thousand parts", TEXT, {
        "kind": "multipart/form-data; boundary=b",
        "body": b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n' * 1000 + b"--b--\r\n"}, "channel.malformed"),
    ("a thousand fields", TEXT, {"body": urlencode({str(n): "" for n in range(1000)}).encode()}, "channel.malformed"),
    ("a phone that is not ours", {**TEXT, "phone_number": PHONE}, {}, "channel.foreign_phone"),
    ("a phone that names no number", {**TEXT, "phone_number": ""}, {}, "channel.foreign_phone"),
])
def test_who_is_not_let_in(known: android.Settings, label: str, fields: dict[str, str], how: dict[str, Any], code: str) -> None:
    with pytest.raises(Problem) as fault:
        heard(known, fields, **how)
    assert fault.value.code == code
    assert PHONE[-8:] not in str(fault.value)


@pytest.mark.parametrize(("label", "fields", "how", "name"), [
    ("the password of today", {}, {}, "office"),
    ("the password before it, while it is rotated", {}, {"password": OLD}, "office"),
    ("at the address of the LAN", {}, {"url": LAN + "/channels/android/inbound"}, "office"),
    ("another phone", {"phone_number": ROOF}, {}, "roof"),
    ("its number in another spelling", {"phone_number": "00591 7000-0901"}, {}, "roof"),
])
def test_who_is_let_in(known: android.Settings, label: str, fields: dict[str, str], how: dict[str, Any], name: str) -> None:
    assert android.verify(asked(TEXT | fields, **how), known)["name"] == name


def test_the_phone_cannot_say_who_it_is_taken_for(known: android.Settings) -> None:
    forged = {"phone": "p", "name": "roof", "text_id": "t", "sender": "s"}
    params = android.verify(asked(TEXT | forged), known)
    assert [params[name] == forged[name] for name in forged] == [False] * 4
    assert (params["phone"], params["sender"]) == (known.phones[OFFICE][0], PHONE)


@pytest.mark.parametrize(("label", "section", "password", "code", "names"), [
    ("not switched on", "", PASSWORD, "channel.unconfigured", "android.enabled"),
    ("no password", SECTION, "", "channel.unconfigured", "BARRIO_ANDROID_PASSWORD"),
    ("no phone", "\n[android]\nenabled = true\n", PASSWORD, "channel.unconfigured", "android.phones"),
    ("neither", "\n[android]\nenabled = true\n", "", "channel.unconfigured", "BARRIO_ANDROID_PASSWORD and android.phones"),
    ("a short password", SECTION, "short", "channel.weak_secret", "BARRIO_ANDROID_PASSWORD"),
])
def test_what_is_missing_is_said(make_node: Callable[..., Node], monkeypatch: pytest.MonkeyPatch, label: str, section: str, password: str,
                                 code: str, names: str) -> None:
    monkeypatch.setenv("BARRIO_ANDROID_PASSWORD", password)
    node = make_node(extra=section)
    with pytest.raises(Problem) as fault:
        android.settings(node.config)
    assert fault.value.code == code
    assert names in str(fault.value)


@pytest.mark.parametrize(("label", "section"), [
    ("a number without its country", 'phones = { office = "70000900" }'),
    ("a name with a space", 'phones = { "the office" = "+59170000900" }'),
    ("one number twice", f'phones = {{ office = "{OFFICE}", roof = "{OFFICE}" }}'),
    ("an address that is none", 'urls = ["192.168.1.10"]'),
])
def test_what_is_wrong_in_the_configuration_is_said(make_node: Callable[..., Node], label: str, section: str) -> None:
    with pytest.raises(Problem) as fault:
        make_node(extra=f"\n[android]\n{section}\n")
    assert fault.value.code == "config.faults"


def test_the_first_phone_is_what_residents_text() -> None:
    chosen = config.Config(outbox=config.Outbox(channel="android"), android=config.Android(phones={"office": OFFICE, "roof": ROOF}))
    assert chosen.number == OFFICE


def test_neither_a_number_nor_a_password_shows_in_a_traceback(known: android.Settings) -> None:
    shown = repr(known) + repr(asked(TEXT)) + repr(heard(known, TEXT))
    assert [word for word in (PASSWORD, OLD, OFFICE[-8:], PHONE[-8:]) if word in shown] == []


# ------------------------------------------------------------------------------------------------ what the phone says

@pytest.mark.parametrize(("status", "error", "expected"), [
    ("sent", "", ("sent", None)),
    ("queued", "", ("uncertain", None)),
    ("failed", "no service", ("uncertain", "no_service")),
    ("failed", "radio off", ("uncertain", "radio_off")),
    ("failed", "generic failure", ("uncertain", "generic_failure")),
    ("failed", "Timeout while attempting to send message", ("uncertain", "phone_timeout")),
    ("failed", "Destination address is not allowed", ("failed", "phone_refused")),
    ("failed", "what no version says, about +59170000002", ("failed", "phone_refused")),
    ("cancelled", "deleted by user", ("uncertain", "called_back")),
])
def test_what_became_of_a_reply(status: str, error: str, expected: tuple[str, str | None]) -> None:
    report = android.read_status({"id": "r1", "status": status, "error": error})
    assert (report.status, report.error) == expected
    assert (report.provider_id, report.ours) == ("r1", "android")


@pytest.mark.parametrize("fields", [
    {"status": "sent"}, {"id": "r1"}, {"id": "r1", "status": "delivered"}, {"id": "../x", "status": "sent"}])
def test_a_status_that_is_none(fields: dict[str, str]) -> None:
    with pytest.raises(Problem) as fault:
        android.read_status(fields)
    assert fault.value.code == "channel.malformed"


@pytest.mark.parametrize(("label", "more", "name", "expected"), [
    ("its battery", {}, "battery", 83),
    ("a battery that cannot be", {"battery": "250"}, "battery", None),
    ("no battery", {"battery": ""}, "battery", None),
    ("mains", {"power": "1"}, "power", "mains"),
    ("a power that nobody knows", {"power": "9"}, "power", None),
    ("its network", {"network": "MOBILE"}, "network", "MOBILE"),
    ("a network with a number in it", {"network": "+59170000001 x"}, "network", None),
    ("its clock", {}, "clock", MS),
    ("a clock that is none", {"now": "-1"}, "clock", 0),
    ("news of itself", {"action": "device_status", "status": "battery_low"}, "event", "battery_low"),
    ("the fate of an SMS is no news of itself", {"action": "send_status", "status": "battery_low"}, "event", None),
])
def test_how_the_phone_is(known: android.Settings, label: str, more: dict[str, str], name: str, expected: object) -> None:
    assert getattr(android.said(android.verify(asked(more), known)), name) == expected


def test_the_phone_is_told_in_its_own_words() -> None:
    told = android.answer([{"event": "send", "messages": [{"id": "r1", "to": PHONE, "message": "ماء", "priority": 2}]}])
    assert json.loads(told) == {"events": [{"event": "send", "messages": [{"id": "r1", "to": PHONE, "message": "ماء", "priority": 2}]}]}
    assert android.answer([]) == b'{"events": []}'
    half = [{"message": "half a letter \ud83d"}]
    assert json.loads(android.answer(half)) == {"events": half}, "it breaks nothing"


def test_nothing_is_sent_to_a_phone(known: android.Settings) -> None:
    outcome = android.send(known, PHONE, "x", "r1")
    assert (type(outcome).__name__, getattr(outcome, "permanent", None)) == ("Failed", False)


def test_times_are_in_utc(known: android.Settings) -> None:
    assert heard(known, TEXT).received_at.tzinfo is UTC
