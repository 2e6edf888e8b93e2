"""The double texts Barrio as the provider does: fields, signature, retries, callbacks."""

from __future__ import annotations

import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from twilio.request_validator import RequestValidator

from gateway.demo.courier import Account, Courier
from gateway.demo.provider import ProviderDouble
from gateway.demo.segments import segments
from gateway.errors import Problem
from tests.demo.demo_hub import ACCOUNT, Hub, send
from tests.patience import LONG, until

PHONE = "+59170000042"
SIGNED = RequestValidator(ACCOUNT.token)
FIELDS = {
    "ToCountry", "ToState", "SmsMessageSid", "NumMedia", "ToCity", "FromZip", "SmsSid", "FromState", "SmsStatus",
    "FromCity", "Body", "FromCountry", "To", "ToZip", "NumSegments", "MessageSid", "AccountSid", "From", "ApiVersion",
}


@pytest.mark.parametrize(("label", "text"), [
    ("a structured text", "AGUA S1604 sin agua"),
    ("accents and a tilde", "Peña: cañería rota, ¿cuándo vienen?"),
    ("Arabic", "الما مقطوع"),
    ("an emoji outside the basic plane", "😡"),
    ("characters that forms escape", "a+b & c=d %41 ;"),
    ("several lines with blanks at both ends", "  uno\r\ndos\n "),
    ("a text of several parts", "gradas " * 60),
])
def test_an_inbound_text_is_signed_as_the_provider_signs(
    label: str, text: str, hub: Hub, double: ProviderDouble
) -> None:
    delivery = double.text(PHONE, text)
    (call,) = hub.calls
    signature = call.headers["X-Twilio-Signature"]
    assert delivery.arrived
    assert call.form["Body"] == text
    assert SIGNED.validate(hub.inbound_url, call.form, signature)
    assert not SIGNED.validate(hub.inbound_url, call.form | {"Body": text + "."}, signature)
    assert not RequestValidator("another token").validate(hub.inbound_url, call.form, signature)
    assert not SIGNED.validate(hub.inbound_url.replace("inbound", "status"), call.form, signature)


def test_an_inbound_text_has_every_field_of_the_provider(hub: Hub, double: ProviderDouble) -> None:
    double.text(PHONE, "x" * 161)
    form = hub.calls[0].form
    assert set(form) == FIELDS
    assert re.fullmatch("SM[0-9a-f]{32}", form["MessageSid"])
    assert form["MessageSid"] == form["SmsSid"] == form["SmsMessageSid"]
    assert (form["From"], form["To"], form["AccountSid"]) == (PHONE, ACCOUNT.number, ACCOUNT.sid)
    assert (form["NumSegments"], form["SmsStatus"], form["NumMedia"]) == ("2", "received", "0")


def test_the_signature_covers_the_public_address_and_its_query_whatever_host_is_called(hub: Hub) -> None:
    public = "https://barrio.example/channels/twilio/inbound?a=%2B1"
    with ProviderDouble(ACCOUNT, public + "#rc=2&rp=all", courier=Courier(ACCOUNT, via=hub.url)) as double:
        assert double.text(PHONE, "hola").arrived
    (call,) = hub.calls
    assert call.path == "/channels/twilio/inbound?a=%2B1"
    assert SIGNED.validate(public, call.form, call.headers["X-Twilio-Signature"])


@pytest.mark.parametrize(("label", "script", "courier", "attempts", "status", "error"), [
    ("an answer of 500 is not repeated", [(500, "", 0)], Courier(ACCOUNT), 1, 500, 11200),
    ("nor is a redirect followed", [(302, "", 0)], Courier(ACCOUNT), 1, 302, 11200),
    ("silence is not repeated", [(200, "", 60)], Courier(ACCOUNT, timeout=2), 1, None, 11200),
    ("unless everything is to be", [(500, "", 0)], Courier(ACCOUNT, retry_all=True), 2, 200, None),
    ("and only as often as set", [(503, "", 0)] * 9, Courier(ACCOUNT, retries=3, retry_all=True), 4, 503, 11200),
    ("an answer that is no XML counts as arrived", [(200, "<oops", 0)], Courier(ACCOUNT), 1, 200, 12100),
])
def test_what_the_courier_repeats(
    label: str, script: list[tuple[int, str, float]], courier: Courier, attempts: int, status: int | None,
    error: int | None, hub: Hub,
) -> None:
    hub.script = list(script)
    with ProviderDouble(ACCOUNT, hub.inbound_url, courier=courier) as double:
        delivery = double.text(PHONE, "hola")
    assert (delivery.attempts, delivery.status, delivery.error) == (attempts, status, error)
    assert {call.form["MessageSid"] for call in hub.wait(attempts)} == {delivery.sid}
    assert len(hub.calls) == attempts


def test_a_refused_connection_is_tried_once_more_and_the_text_stays_listed(double: ProviderDouble) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        double.inbound_url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    delivery = double.text(PHONE, "hola")
    assert (delivery.attempts, delivery.status, delivery.error) == (2, None, 11205)
    assert [(message.sid, message.handed_over) for message in double.phones.listed()] == [(delivery.sid, False)]


def test_a_connection_that_breaks_after_the_request_is_not_tried_again(double: ProviderDouble) -> None:
    with socket.create_server(("127.0.0.1", 0)) as rude:
        double.inbound_url = f"http://127.0.0.1:{rude.getsockname()[1]}/"
        rude.settimeout(60)

        def hang_up() -> None:
            connection, _ = rude.accept()
            connection.recv(65536)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        delivery = double.text(PHONE, "hola")
        thread.join()
    assert (delivery.attempts, delivery.error) == (1, 11200)


def test_a_redelivery_carries_the_sid_it_had(hub: Hub, double: ProviderDouble) -> None:
    delivery = double.text(PHONE, "hola")
    double.redeliver(delivery.sid)
    first, second = hub.calls
    assert first.form == second.form
    assert len(double.phones.listed()) == 1


def test_sixteen_residents_at_once_lose_and_double_nothing(hub: Hub, double: ProviderDouble) -> None:
    def chat(resident: int) -> list[str]:
        return [double.text(f"+591700001{resident:02d}", f"texto {n}").sid for n in range(10)]

    with ThreadPoolExecutor(16) as crowd:
        sids = [sid for mine in crowd.map(chat, range(16)) for sid in mine]
    assert len(set(sids)) == 160
    assert sorted(call.form["MessageSid"] for call in hub.calls) == sorted(sids)
    for resident in range(16):
        talk, _ = double.phones.conversation(f"+591700001{resident:02d}")
        assert [(message.text, message.handed_over) for message in talk] == [(f"texto {n}", True) for n in range(10)]


def test_a_lost_webhook_leaves_the_text_in_the_list_only(hub: Hub, double: ProviderDouble) -> None:
    double.faults.lose(1, to=PHONE)
    others = double.text("+59170000043", "llega")
    lost, after = double.text(PHONE, "se pierde"), double.text(PHONE, "llega")
    unsent = double.text(PHONE, "se pierde", webhook=False)
    assert double.faults.met == {"lose": 1}
    assert [call.form["MessageSid"] for call in hub.calls] == [others.sid, after.sid]
    assert {message.sid for message in double.phones.listed()} == {others.sid, lost.sid, after.sid, unsent.sid}


def test_texts_in_the_answer_go_to_the_phone(hub: Hub, double: ProviderDouble) -> None:
    hub.script = [(200, "<Response><Message>uno</Message><Message><Body>dos</Body></Message></Response>", 0)]
    double.text(PHONE, "hola")
    replies = double.wait_for_replies(PHONE, 2)
    assert [reply.text for reply in replies] == ["uno", "dos"]
    assert {reply.direction for reply in replies} == {"outbound-reply"}


@pytest.mark.parametrize(("label", "code", "told"), [
    ("a reply that arrives", None, [("sent", None), ("delivered", None)]),
    ("a phone that is off", 30003, [("sent", None), ("undelivered", "30003")]),
])
def test_status_callbacks(
    label: str, code: int | None, told: list[tuple[str, str | None]], hub: Hub, double: ProviderDouble
) -> None:
    if code:
        double.faults.undelivered(code)
    sid = send(double, PHONE, StatusCallback=hub.status_url).json()["sid"]
    calls = hub.wait(2)
    assert [(call.form["MessageStatus"], call.form.get("ErrorCode")) for call in calls] == told
    for call in calls:
        assert SIGNED.validate(hub.status_url, call.form, call.headers["X-Twilio-Signature"])
        assert (call.form["MessageSid"], call.form["To"]) == (sid, PHONE)


@pytest.mark.parametrize(("label", "number", "text"), [
    ("no prefix", "70000042", "hola"),
    ("letters", "+591abc", "hola"),
    ("a line break behind the number", PHONE + "\n", "hola"),
    ("an empty text", PHONE, ""),
    ("half a surrogate pair", PHONE, "\ud83d"),
])
def test_what_no_phone_can_send_is_refused(
    label: str, number: str, text: str, hub: Hub, double: ProviderDouble
) -> None:
    with pytest.raises(ValueError, match="phone number|one character|surrogates"):
        double.text(number, text)
    assert hub.calls == []
    assert double.phones.listed() == []


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Problem, match="another process"):
        ProviderDouble(Account("AC0", "t"), "http://127.0.0.1:1/", taken.getsockname()[1]).start()


def test_stopping_lets_go_of_a_call_that_hangs(hub: Hub) -> None:
    double = ProviderDouble(ACCOUNT, hub.inbound_url).start()
    double.faults.hang(seconds=3600)
    outcome: list[BaseException] = []

    def caller() -> None:
        try:
            send(double, PHONE)
        except requests.RequestException as fault:
            outcome.append(fault)

    thread = threading.Thread(target=caller)
    thread.start()
    until(lambda: double.faults.met["hang"], "the call never came")
    double.stop()
    thread.join(LONG)
    assert [type(fault) for fault in outcome] == [requests.ConnectionError], "dropped, and not given up by who called"


@pytest.mark.parametrize(("label", "text", "parts"), [
    ("160 plain characters", "a" * 160, 1),
    ("one more", "a" * 161, 2),
    ("two full parts", "a" * 306, 2),
    ("one more again", "a" * 307, 3),
    ("an escape pair does not straddle", "a" * 152 + "€" + "a" * 152, 3),
    ("70 with an accent the alphabet lacks", "í" * 70, 1),
    ("71 of them", "í" * 71, 2),
    ("an emoji counts twice", "😀" * 35, 1),
    ("an emoji does not straddle", "í" * 66 + "😀" + "í" * 66, 3),
    ("the letters Spanish shares with the alphabet", "ñÑüé¿¡àÉ" * 20, 1),
])
def test_segments(label: str, text: str, parts: int) -> None:
    assert segments(text) == parts
