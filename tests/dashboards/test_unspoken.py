"""A need for which nobody speaks any more is in no list, and lives again when somebody reports it."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from dashboards.queries import board, extracts
from dashboards.queries import needs as seen
from dashboards.queries import queue as waiting
from gateway.journal import counting
from gateway.journal.facts.residents import CommandGiven
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Report, table
from gateway.machine import jobs
from gateway.node import Node
from gateway.ranking.collect import inputs_of
from tests.conftest import MakeNode
from tests.dashboards.planting import NOW, Seed, app_of, as_role, need_id
from tests.offline_sync.conftest import fleet  # noqa: F401 - the fixture of another room
from tests.offline_sync.fleet import Fleet

WATER = need_id("S1604", "WAT01")
NONE = {"list": False, "all": False, "export": False, "queue": False, "ranking": False, "board": 0, "shown": False}
EVERYWHERE = {"list": True, "all": True, "export": True, "queue": True, "ranking": True, "board": 1, "shown": True}


def where(node: Node, need: str = WATER) -> dict[str, object]:
    """Where a need is found."""
    with node.database.reading() as c:
        return {
            "list": need in {line.id for line in seen.needs(c, node, seen.Wanted())[0]},
            "all": need in {line.id for line in seen.needs(c, node, seen.Wanted(status="all"))[0]},
            "export": need in dict(extracts.needs(c, "", 1000)),
            "queue": need in {line.id for line in waiting.page(c, node, waiting.Wanted())[0]},
            "ranking": need in {line.id for line in inputs_of(c, node, NOW.date()).needs},
            "board": found[()].needs.ever.count if (found := board.counts(c, {}, "", ())) and () in found else 0,
            "shown": need in counting.seen(c, [need])}


def take_back(seed: Seed, reference: str, at: int = 1) -> None:
    seed.count += 1
    seed.write(CommandGiven(message=f"{seed.count:032x}", sender="a", intent="cancel", language="es", report=seed.ids[reference],
                            reference=reference), at=NOW + timedelta(minutes=at))


@pytest.mark.parametrize("counted", [False, True], ids=["to be counted anew", "counted"])
def test_a_need_whose_only_report_was_taken_back_is_nowhere_and_lives_again(
        make_node: MakeNode, database_url: str, counted: bool) -> None:
    node = make_node("hub", database_url=database_url)
    seed = Seed(node)

    def settle() -> None:
        if counted:
            counting.count_marked(node.database)

    reference = seed.report("no hay agua", sender="a")
    settle()
    assert where(node) == EVERYWHERE
    take_back(seed, reference)
    settle()
    assert where(node) == NONE
    assert rebuild(node.database, verify=True)
    assert where(node) == NONE
    seed.report("otra vez no hay agua", sender="b", at=NOW + timedelta(hours=1))
    settle()
    assert where(node) == EVERYWHERE


def test_who_said_me_too_keeps_it_alive(node: Node) -> None:
    seed = Seed(node)
    reference = seed.report("no hay agua", sender="a")
    seed.support(reference, "b")
    take_back(seed, reference)
    assert where(node) == EVERYWHERE


def test_its_page_says_why_it_is_in_no_list_and_offers_nothing_to_decide(node: Node) -> None:
    seed = Seed(node)
    seed.accounts()
    reference = seed.report("no hay agua", sender="a")
    client = as_role(app_of(node), "planner")
    for address in (f"/planner/needs/{WATER}", f"/officer/needs/{WATER}"):
        page = unescape(client.get(f"{address}?lang=en").text)
        assert "Nobody asks for this any more" not in page
        assert "Promised" in page
        assert "/link" in page or "/officer/needs/" in page
    take_back(seed, reference)
    for address, forms in ((f"/planner/needs/{WATER}", ("/link", "/status", "/cost", "/answer")),
                           (f"/officer/needs/{WATER}", ('value="verify"', "/answer"))):
        answer = client.get(f"{address}?lang=en")
        page = unescape(answer.text)
        assert answer.status_code == 200
        assert "Nobody asks for this any more" in page
        assert "Promised" not in page
        assert "The need was opened." in page, "its history stays"
        assert not [form for form in forms if f'{form}"' in page or form in page and form.startswith("value")]


def test_both_nodes_say_the_same(fleet: Fleet) -> None:  # noqa: F811
    north = fleet.field("north")
    fleet.settle()
    north.hear("AGUA S1604 sin agua")
    fleet.settle()
    jobs.work(fleet.hub.node)
    with north.node.database.reading() as c:
        need, reference = c.execute(select(table(Report).c.need, table(Report).c.reference)).one()
    for box in (north, fleet.hub):
        assert where(box.node, need) == EVERYWHERE
    north.hear(f"CANCELAR {reference}")
    fleet.settle()
    for box in (north, fleet.hub):
        assert where(box.node, need) == NONE
        assert rebuild(box.node.database, verify=True)
    assert north.state() == fleet.hub.state()
