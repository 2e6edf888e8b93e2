"""Nodes that exchange hold the same, whoever wrote what and however the line behaves; "in step" is never said of what is not."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import select

from gateway.decisions import planning
from gateway.doors import intake
from gateway.errors import Problem
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Need, Report, table
from gateway.machine import jobs
from offline_sync import exchange, status
from tests.conftest import MakeNode, sms
from tests.offline_sync.fleet import Box, Fleet

TEXTS = ["AGUA S1604 sin agua 3 dias 20 familias", "no hay luz en las gradas de Alto San Pedro", "se cae el muro", "Kupini",
         "mi marido me pega", "basura en Munaypata, urgente", "BAJA", "estado", "asdf qwer", "APOYO", "REGISTRO kupini mujer 35"]


def busy(box: Box, texts: int, seed: int = 1) -> None:
    rng = random.Random(seed)
    for _ in range(texts):
        box.hear(rng.choice(TEXTS), f"+5917000{rng.randrange(9):04d}", work=False)
    jobs.work(box.node)


def test_what_each_wrote_is_everywhere_after_one_meeting(fleet: Fleet, database_url: str, make_node: MakeNode) -> None:
    fleet = Fleet(Box(make_node("city", database_url=database_url)), make_node)
    north, south = fleet.field("north"), fleet.field("south")
    busy(fleet.hub, 20), busy(north, 12, 2), busy(south, 9, 3)
    assert fleet.meet(north).in_step
    assert fleet.meet(south).in_step
    assert fleet.meet(north).in_step
    assert north.state() == south.state() == fleet.hub.state()
    for box in (fleet.hub, north, south):
        assert rebuild(box.node.database, verify=True).entries == fleet.hub.entries()


def test_nothing_new_costs_one_request_and_less_than_a_kilobyte(fleet: Fleet) -> None:
    north = fleet.field("north", "S1604")
    busy(fleet.hub, 15), busy(north, 5)
    fleet.meet(north)
    met = fleet.meet(north)
    assert (met.in_step, met.requests, met.sent, met.came) == (True, 1, 0, 0)
    assert met.bytes < 1024


def flooded(box: Box, texts: int, seed: int = 1) -> None:
    """Many texts in one transaction."""
    rng = random.Random(seed)
    with box.node.database.writing() as c:
        intake.receive(c, box.node, [sms(f"{box.name}-{seed}-{at}", rng.choice(TEXTS), f"+5917000{rng.randrange(9999):04d}", box.node.now())
                                     for at in range(texts)])
    jobs.work(box.node)


def carried(fleet: Fleet, box: Box, cut_after: int | None = None) -> int:
    """A meeting over a line that breaks after so many bytes, wherever in a batch that is; how many were carried."""
    count = [0]

    def road(content: bytes) -> bytes:
        count[0] += len(content)
        if cut_after is not None and count[0] > cut_after:
            count[0] = cut_after
            raise Problem("sync.away", permanent=False, peer="hub", reason="cut")
        return content

    with suppress(Problem):
        assert fleet.meet(box, road=road).in_step
    return count[0]


@pytest.mark.parametrize("cuts", [3, pytest.param(50, marks=pytest.mark.campaign)])
def test_what_a_cut_wastes_is_less_than_a_fifth(fleet: Fleet, cuts: int) -> None:
    """A history on its way to a node that never heard of it, cut at any byte and taken up again."""
    north = fleet.field("north")
    flooded(fleet.hub, 300), flooded(north, 300, 5)
    paths = [box.node.database.path for box in (fleet.hub, north)]

    def put_back(kept: list[bytes]) -> None:
        for box, path, content in zip((fleet.hub, north), paths, kept, strict=True):
            box.node.database.engine.dispose()
            path.write_bytes(content)

    for box in (fleet.hub, north):
        box.node.database.engine.dispose()
    before = [path.read_bytes() for path in paths]
    whole = carried(fleet, north)
    rng, worst = random.Random(8), 0.0
    for _ in range(cuts):
        put_back(before)
        spent = carried(fleet, north, rng.randrange(1, whole)) + carried(fleet, north)
        worst = max(worst, spent / whole - 1)
        assert north.state() == fleet.hub.state()
    assert worst <= 0.2, f"{worst:.0%} of {whole:,} bytes"


def test_small_batches_lead_to_the_same(fleet: Fleet) -> None:
    north, south = fleet.field("north"), fleet.field("south")
    busy(fleet.hub, 30), busy(north, 30, 5)
    assert fleet.meet(north, most=7).in_step
    assert fleet.meet(south, most=11).in_step
    assert fleet.meet(north, most=3).in_step  # the hub enrolled another node meanwhile
    assert north.state() == south.state() == fleet.hub.state()


def test_a_line_that_breaks_costs_one_batch_and_ends_in_step(fleet: Fleet) -> None:
    north, rng = fleet.field("north"), random.Random(3)
    busy(fleet.hub, 25), busy(north, 25, 8)

    def road(content: bytes) -> bytes:
        if rng.random() < 0.3:
            raise Problem("sync.away", permanent=False, peer="hub", reason="reset")
        return content if rng.random() < 0.9 else content[:rng.randrange(len(content))]

    for _ in range(200):
        with suppress(Problem):
            if fleet.meet(north, most=15, road=road).in_step:
                break
    assert north.state() == fleet.hub.state()


def test_only_the_node_that_took_a_text_in_classifies_it_and_answers(fleet: Fleet) -> None:
    north = fleet.field("north")
    fleet.hub.hear("AGUA S1604 sin agua", work=False)
    fleet.meet(north)
    assert not north.tasks("classify")
    assert not north.tasks("send")
    jobs.work(fleet.hub.node)
    fleet.meet(north)
    with north.node.database.reading() as c:
        report = c.execute(select(table(Report))).mappings().one()
    planning.read_message(north.node, report["message"], "LIT01", "S1701", why="", by="ana", report=report["id"])
    assert jobs.work(north.node) == 1  # the task is taken off, and left to the hub
    fleet.meet(north)
    assert report["id"] in fleet.hub.tasks("classify")
    jobs.work(fleet.hub.node)
    fleet.meet(north)
    with north.node.database.reading() as c:
        needs = c.execute(select(table(Need).c.place_code, table(Need).c.category)).all()
    assert ("S1701", "LIT01") in {tuple(need) for need in needs}
    assert north.state() == fleet.hub.state()


def test_two_who_answer_one_decision_are_both_kept_and_the_need_is_contested(fleet: Fleet) -> None:
    north = fleet.field("north")
    fleet.hub.hear("AGUA S1604 sin agua")
    fleet.meet(north)
    with fleet.hub.node.database.reading() as c:
        need = c.execute(select(table(Need))).mappings().one()
    planning.change_status(fleet.hub.node, need["id"], "verified", note="", by="luis", after=None)
    fleet.meet(north)
    with fleet.hub.node.database.reading() as c:
        seen = c.execute(select(table(Need).c.status_entry)).scalar_one()
    planning.change_status(fleet.hub.node, need["id"], "planned", note="", by="luis", after=seen)
    planning.change_status(north.node, need["id"], "rejected", note="", by="ana", after=seen)
    fleet.settle()
    for box in (fleet.hub, north):
        with box.node.database.reading() as c:
            assert c.execute(select(table(Need).c.contested)).scalar_one()
    assert north.state() == fleet.hub.state()


@pytest.mark.parametrize(("label", "spoil"), [
    ("a bit was flipped", lambda b: b[:200] + bytes([b[200] ^ 4]) + b[201:]),
    ("it was cut", lambda b: b[:-1]),
    ("it is empty", lambda b: b""),
    ("it is a page of a proxy", lambda b: b"<html>welcome</html>"),
])
def test_an_answer_that_is_damaged_is_refused_whole(fleet: Fleet, label: str, spoil: Callable[[bytes], bytes]) -> None:
    north = fleet.field("north")
    fleet.hub.hear("AGUA S1604 sin agua")
    before, turn = north.state(), iter([bytes, spoil])
    with pytest.raises(Problem) as fault:
        fleet.meet(north, road=lambda content: next(turn)(content))
    assert fault.value.code == "sync.refused"
    assert north.state() == before


def test_the_status_says_in_step_only_after_it_was_compared(fleet: Fleet) -> None:
    north = fleet.field("north", "S1604")
    fleet.hub.hear("AGUA S1604 sin agua")

    def standing(box: Box) -> status.Standing:
        with box.node.database.reading() as c:
            return next(iter(status.standings(c, box.node, box.identity)))

    assert not standing(north).in_step
    fleet.meet(north)
    assert standing(north).in_step
    assert standing(fleet.hub).in_step
    fleet.hub.hear("no hay luz en S1701", "+59170000002")
    assert not standing(fleet.hub).in_step
    assert "it lacks" in str(standing(fleet.hub))


def test_waiting_grows_with_failures_and_two_boxes_do_not_come_back_together() -> None:
    one, two = (exchange.Patience(300, rng=random.Random(n)) for n in (1, 2))
    waits = [(one.ill(), two.ill()) for _ in range(12)]
    assert waits[0][0] <= 15 < waits[6][0] <= waits[-1][0] * 4
    assert all(a != b for a, b in waits)
    assert max(max(pair) for pair in waits) <= 3600
    assert one.most == exchange.FEWEST_AT_ONCE
    assert 240 <= one.well() <= 360
    assert one.failures == 0
