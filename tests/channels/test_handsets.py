"""What a phone says of itself, and who hears of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.errors import Problem
from gateway.governing import handsets
from gateway.machine import doctor, health
from gateway.sending import handing
from tests.channels.handset import OFFICE
from tests.channels.town import PHONE, Town


def test_how_the_phones_are(town: Town) -> None:
    town.phones["roof"].battery = 11
    town.turn("office")
    town.phones["roof"].post("device_status", status="battery_low")
    town.turn("office")
    office, roof = town.standing()["office"], town.standing()["roof"]
    assert (office.battery, office.power, office.network, office.trouble) == (83, "battery", "WIFI", None)
    assert (roof.battery, roof.trouble, roof.trouble_at) == (11, "battery_low", roof.last_heard)
    assert office.last_heard == town.clock()
    assert abs(office.skew) <= 1
    town.phones["roof"].post("device_status", status="power_connected")
    assert town.standing()["roof"].trouble is None
    town.phones["roof"].post("device_status", status="send_limit_exceeded")
    assert town.standing()["roof"].trouble == "send_limit"


def test_a_phone_that_brings_a_text_is_heard(town: Town) -> None:
    handing.overhear(town.node, {"action": "incoming", "phone": "p1", "name": "office", "now": str(town.ms()), "battery": "50"})
    assert town.standing()["office"].battery == 50


def test_a_skew_of_its_clock_is_noted(town: Town) -> None:
    town.phone.post("test", now=str(town.ms() + 600_000))
    assert town.standing()["office"].skew == 600


def test_a_phone_that_is_no_longer_ours_is_forgotten(town: Town) -> None:
    handing.overhear(town.node, {"action": "incoming", "phone": "old", "name": "old", "now": str(town.ms())})
    town.turn()
    assert set(town.standing()) == {"office"}


def test_no_number_stands_in_what_is_kept_of_a_phone(town: Town) -> None:
    town.text()
    town.turn()
    with town.node.database.reading() as c:
        kept = str(c.execute(select(handsets.PHONE)).all()) + str(c.execute(select(handsets.HANDED)).all())
    assert [number for number in (OFFICE, PHONE) if number[-8:] in kept] == []


def test_the_doctor_says_how_the_phones_are(town: Town) -> None:
    def said() -> str:
        return "\n".join(str(finding) for finding in doctor.examine(town.node.config) if finding.subject == "android")

    assert "phone office was never heard" in said()
    town.phone.battery = 12
    town.phone.post("test", now=str(town.ms() - 300_000))
    assert "battery 12 % and not charging" in said()
    assert "its clock is 300 s behind" in said()
    assert "silent since" in said(), "by the doctor's own clock"


def test_the_box_is_unwell_when_replies_wait_and_no_phone_comes(town: Town) -> None:
    town.text("AYUDA")
    town.clock.on(seconds=200)
    assert health.faults(town.node) == []
    town.clock.on(minutes=20)
    (fault,) = health.faults(town.node)
    assert fault.startswith("phones: 1 replies wait to be fetched")
    town.turn()
    assert health.faults(town.node) == []


def test_a_database_that_is_away_is_said_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.node.database.doubt = "gone"
    with pytest.raises(Problem) as fault:
        town.phone.ask()
    assert fault.value.code == "database.away"
    town.node.database.doubt = None
    town.phone.ask()
