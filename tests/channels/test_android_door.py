"""A phone at the real door, over HTTP: two hundred texts in, their answers out and reported, while requests are lost, the web process
is killed and the phone dies."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from sqlalchemy import select

from gateway.channels import android
from gateway.journal.tables import Message, Reply, table
from tests.channels.handset import FORM, OFFICE, OLD, PASSWORD, SECTION, Handset, Lost
from tests.doors.canaries import Canaries
from tests.doors.house import House
from tests.patience import LONG, until

MESSAGE, REPLY = table(Message), table(Reply)
GUEST = "+59171130001"


def post(url: str, kind: str, signature: str, body: bytes) -> bytes:
    try:
        said = requests.post(url, body, headers={"Content-Type": kind, "X-Request-Signature": signature}, timeout=30)
    except requests.exceptions.RequestException:
        raise Lost from None
    if said.status_code != 200:
        raise Lost
    assert said.headers["Content-Type"].startswith("application/json"), "the app takes no other answer"
    return said.content


@dataclass
class Road:
    house: House
    phone: Handset

    def states(self) -> Counter[str]:
        with self.house.node.database.reading() as c:
            return Counter(c.execute(select(REPLY.c.state).where(REPLY.c.channel == "android")).scalars())

    def texts(self) -> list[str]:
        with self.house.node.database.reading() as c:
            return list(c.execute(select(MESSAGE.c.provider_id).where(MESSAGE.c.channel == "android")).scalars())

    def turn(self) -> None:
        self.phone.ask()
        self.phone.transmit()
        self.phone.say_again()


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with contextlib.ExitStack() as stack:
        # a phone is given no more than a hundred segments an hour, and here it has to send two hundred in a minute
        house = House.found(tmp_path_factory.mktemp("road"), queue="none", extra=SECTION + "segments_per_hour = 1000\n")
        stack.callback(house.stop)
        house.environment["BARRIO_ANDROID_PASSWORD"] = f"{PASSWORD},{OLD}"
        house.start("web")
        phone = Handset(f"{house.url}/channels/android/inbound", post, lambda: int(time.time() * 1000), OFFICE, send_limit=1000)
        yield Road(house, phone)
        house.node.database.engine.dispose()


def test_two_hundred_texts_while_requests_are_lost_and_both_ends_die(road: Road) -> None:
    phone, numbers = road.phone, [f"+5917300{n:04d}" for n in range(200)]
    # of texts and reports every fourth is lost on its way there or back; of questions two, for each puts ten replies in doubt at most
    fates = {action: iter(fates) for action, fates in {
        "incoming": ["", "", "", "answer", "", "", "request", ""] * 1000, "send_status": ["", "request", "", "answer"] * 1000,
        "outgoing": ["", "request", "", "answer", *[""] * 1000]}.items()}
    phone.lose = lambda action: next(fates[action])
    now = int(time.time() * 1000)
    for number in numbers:
        phone.get(number, "AYUDA", now - 1000)
    for half in (0, 1):
        phone.forward()
        if not half:
            os.killpg(road.house.running["web"].pid, signal.SIGKILL)
            road.house.running["web"].wait()
            phone.forward()
            phone.ask()
            road.house.start("web")
    while phone.inbox:
        phone.forward()
    assert (len(road.texts()), len(set(road.texts()))) == (200, 200), "none lost on the way in, none twice"
    for n in range(15):
        road.turn()
        if n == 7:  # what it was given stands on its disk
            phone.ask()
            phone.die()
    until(lambda: road.turn() or road.states()["queued"] == 0, "every reply was handed over")
    phone.lose = lambda action: ""
    states, heard = road.states(), Counter(number for number, _ in phone.air.elements())
    print(f"{len(road.texts())} in, {sum(heard.values())} out, {dict(states)}")
    assert set(heard.values()) == {1}, "nobody was answered twice"
    assert set(states) == {"sent", "uncertain"}
    assert states["sent"] <= sum(heard.values()) <= 200, "what is said to be sent was sent"
    assert states["sent"] + states["uncertain"] == 200, "what is not is in doubt, for a person to see"
    assert states["sent"] >= 180


@pytest.mark.parametrize(("label", "change", "code"), [
    ("another password", {"password": "nobodys-password-at-all"}, 403),
    ("another address", {"url": "http://198.51.100.7/channels/android/inbound"}, 403),
    ("another phone", {"number": "+59170000999"}, 403),
])
def test_only_our_phones_enter(road: Road, label: str, change: dict[str, str], code: int) -> None:
    told = {"password": PASSWORD, "url": road.phone.url, "number": OFFICE} | change
    fields = road.phone.fields("incoming", {
        "from": GUEST, "message": "AYUDA", "message_type": "sms", "timestamp": "1", "phone_number": told["number"]})
    before = road.house.counts()
    said = requests.post(road.phone.url, urlencode(fields), timeout=LONG, headers={
        "Content-Type": FORM, "X-Request-Signature": android.signature(told["url"], fields, told["password"])})
    assert said.status_code == code
    assert not said.headers["Content-Type"].startswith("application/json"), "the phone's log shows HTTP 403 and no reason"
    assert {name: road.house.counts()[name] for name in ("delivery", "contact", "spool")} == {
        name: before[name] for name in ("delivery", "contact", "spool")}


def test_nothing_is_told_to_who_asks_without_a_signature(road: Road) -> None:
    assert requests.get(road.phone.url, timeout=LONG).status_code == 405
    assert requests.post(road.phone.url, road.phone.fields("outgoing", {}), timeout=LONG).status_code == 403
    assert requests.post(road.phone.url, b"", timeout=LONG).status_code == 403


@pytest.mark.parametrize(("label", "size", "code"), [("a week's log of the app", 3_000_000, 200), ("more than any log", 5_000_000, 413)])
def test_a_long_log_does_not_shut_a_phone_out(road: Road, label: str, size: int, code: int) -> None:
    fields = road.phone.fields("test", {"log": "x" * size})
    said = requests.post(road.phone.url, urlencode(fields), timeout=LONG, headers={
        "Content-Type": FORM, "X-Request-Signature": android.signature(road.phone.url, fields, PASSWORD)})
    assert said.status_code == code


def test_another_channel_takes_no_long_body(road: Road) -> None:
    assert requests.post(f"{road.house.url}/channels/console/inbound", b"x" * 100_000, timeout=LONG).status_code == 413


def test_a_call_is_answered_and_left_aside(road: Road) -> None:
    before = len(road.texts())
    assert road.phone.post("incoming", **{"from": GUEST, "message": "", "message_type": "call", "timestamp": "1"}) == []
    assert len(road.texts()) == before
    assert "phone office: a call is left aside" in (road.house.said / "web.txt").read_text("utf-8")


def test_barrio_check_says_how_the_phones_are(road: Road) -> None:
    road.phone.post("test")
    said = road.house.command("check")
    assert "phone office: heard" in said
    assert "phone roof was never heard" in said


def test_no_number_is_in_any_log(road: Road) -> None:
    """Last: everything above has been said."""
    said = b"".join(path.read_bytes() for path in road.house.said.iterdir())
    numbers = {number for number, _ in road.phone.air} | {GUEST}
    assert len(numbers) > 100
    assert Canaries(numbers).within(said) == set()
    assert [word for word in (PASSWORD, OLD) if word.encode() in said] == []
    assert Canaries(numbers).in_folder(Path(road.house.data)) == {}
