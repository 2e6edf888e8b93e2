"""A trip that was told: its legs are kept, its words are no report, and they go with the person."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from dashboards.queries import told
from gateway.decisions import erasing
from gateway.doors import intake
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Message, Report, Trip, table
from gateway.machine import jobs
from gateway.node import Node
from tests.conftest import Clock, sms

TRIP, REPORT, MESSAGE = table(Trip), table(Report), table(Message)
NUMBER = "+59170000001"
TOLD = "VIAJE S1701 P1314 6AM MINIBUS CUIDADO CON WAWAS 40 MIN ESPERA 10 2 > S1604 8AM PIE COMPRAS OSCURO"


def hear(node: Node, clock: Clock, *texts: str) -> None:
    for text in texts:
        clock.on(minutes=1)
        with node.database.writing() as c:
            intake.receive(c, node, [sms(f"{clock()}", text, NUMBER, clock())])
        jobs.work(node)


def test_the_legs_of_a_trip_are_kept_and_no_report_is_made(node: Node, clock: Clock) -> None:
    hear(node, clock, TOLD)
    with node.database.reading() as c:
        legs = c.execute(select(TRIP).order_by(TRIP.c.leg)).mappings().all()
        assert c.execute(select(REPORT.c.id)).all() == []
        assert c.execute(select(MESSAGE.c.outcome)).scalars().all() == ["trip"]
    parts = ("leg", "legs", "begins", "ends", "hour", "mode", "purpose", "minutes", "waiting", "company", "problem", "safety")
    assert [tuple(leg[name] for name in parts) for leg in legs] == [
        (1, 2, "S1701", "P1314", 6, "minibus", "care", 40, 10, "children", None, 2),
        (2, 2, "P1314", "S1604", 8, "walk", "shopping", None, None, None, "dark", None)]
    rebuild(node.database, verify=True)


@pytest.mark.parametrize(("before", "kept"), [("AGUA no hay agua", 1), ("hola", 0)])
def test_a_trip_is_no_answer_to_what_was_asked(node: Node, clock: Clock, before: str, kept: int) -> None:
    hear(node, clock, before, TOLD)
    with node.database.reading() as c:
        assert len(c.execute(select(TRIP.c.id)).all()) == 2
        assert len(c.execute(select(REPORT.c.place_code).where(REPORT.c.place_code.is_(None))).all()) == kept


@pytest.mark.parametrize(("label", "then", "standing"), [
    ("NO", ["NO"], []), ("said otherwise", ["perdon me equivoque"], []), ("nothing", [], [3]),
    ("a trip there and one back", ["VIAJE P1314 BUS TRABAJO 6PM"], [3, None]),
    ("a need", ["no hay agua en kupini"], [3]), ("NO to what we said of a need", ["no hay agua en kupini", "NO"], [3]),
])
def test_a_trip_that_was_taken_back_is_counted_no_more(node: Node, clock: Clock, label: str, then: list[str], standing: list[int | None]
                                                       ) -> None:
    hear(node, clock, "VIAJE S1701 PIE TRABAJO 3", *then)
    with node.database.reading() as c:
        assert [leg.safety for leg in told.trips(c, "0", "9", lambda place: place)] == standing, label
        assert len(c.execute(select(TRIP.c.id)).all()) == max(1, len(standing)), "the journal keeps it"
    rebuild(node.database, verify=True)


def test_a_trip_that_is_written_again_because_we_asked_counts_once(node: Node, clock: Clock) -> None:
    hear(node, clock, "VIAJE Marte PIE TRABAJO 7AM 9", "VIAJE S1701 PIE TRABAJO 7AM 3")
    with node.database.reading() as c:
        assert [(leg.zone, leg.safety) for leg in told.trips(c, "0", "9", lambda place: place)] == [("S1701", 3)]


def test_a_trip_goes_with_the_person_who_told_it(node: Node, clock: Clock) -> None:
    hear(node, clock, TOLD)
    erasing.erase_sender(node, NUMBER, why="asked", by="operator")
    with node.database.reading() as c:
        assert c.execute(select(TRIP.c.id)).all() == []
    rebuild(node.database, verify=True)


@pytest.mark.parametrize("text", [
    "no, el chofer me toco", "no era asi, me siguieron dos hombres", "no, me miraba feo el chofer y se bajo detras mio",
    "no, el me hace daño cada noche", "me equivoque, me esta pegando"])
def test_harm_that_is_told_after_a_trip_is_heard_and_takes_no_trip_back(node: Node, clock: Clock, text: str) -> None:
    hear(node, clock, "VIAJE S1701 PIE TRABAJO 3", text)
    with node.database.reading() as c:
        assert c.execute(select(REPORT.c.restricted)).scalars().all() == [True], "few read it"
        assert [leg.safety for leg in told.trips(c, "0", "9", lambda place: place)] == [3]


@pytest.mark.parametrize("text", [
    "NO", "no gracias", "no, era a pie", "no, fueron 40 minutos", "no, era de noche", "no, era 5 no 3", "no era a pie", "no, pampahasi",
    "perdon me equivoque", "no, desde kupini", "esta mal"])
def test_a_trip_that_was_otherwise_is_no_sign_of_harm(node: Node, clock: Clock, text: str) -> None:
    hear(node, clock, "VIAJE S1701 PIE TRABAJO 3", text)
    with node.database.reading() as c:
        assert c.execute(select(REPORT.c.restricted)).scalars().all() == []
