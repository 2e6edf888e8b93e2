"""A need that people linked to a work is covered the same in the list, the ranking, its file, the budget and on the board."""

from __future__ import annotations

import csv
import io
from html import unescape

import pytest

from dashboards.queries import board
from dashboards.queries import needs as seen
from gateway import ranking
from gateway.decisions import planning
from gateway.journal import ledger
from gateway.journal.facts.visits import WorkProgressed
from gateway.matching import rank
from gateway.matching.plain import digest, packed, unpacked
from gateway.matching.ranking import offers_of
from gateway.node import Node
from gateway.ranking.collect import inputs_of
from gateway.ranking.linked import answering
from tests.conftest import Clock, MakeNode
from tests.dashboards.planting import Seed, app_of, as_role
from tests.ranking.planting import AS_OF, NOON, need_id, planted

N5 = need_id("N5")  # no work has a component for it


@pytest.fixture
def example(make_node: MakeNode, database_url: str, clock: Clock) -> Node:
    return planted(make_node, clock, database_url=database_url)


def said(node: Node) -> dict[str, object]:
    """What each of them says of N5."""
    with node.database.reading() as c:
        inputs = inputs_of(c, node, AS_OF)
        found = rank(inputs)
        line = next(line for line in found.lines if line.need.id == N5)
        answered = answering(c, node.city, node.today)
        return {"list": N5 in {line.id for line in seen.needs(c, node, seen.Wanted(covered="yes"))[0]},
                "not in the list of others": N5 not in {line.id for line in seen.needs(c, node, seen.Wanted(covered="no"))[0]},
                "board": board.counts(c, {}, "", answered)[()].linked - len(answered.keys() - {N5}) == 1,
                "ranking": line.cls == "covered", "not bought again": N5 not in {offer.need for offer in offers_of(found)},
                "kept alike": rank(unpacked(packed(inputs))).lines == found.lines}


def reason(node: Node) -> str:
    with node.database.reading() as c:
        return next(line.reason for line in rank(inputs_of(c, node, AS_OF)).lines if line.need.id == N5)


def covered(yes: bool) -> dict[str, object]:
    return {"list": yes, "not in the list of others": yes, "board": yes, "ranking": yes, "not bought again": yes, "kept alike": True}


def test_before_anybody_linked_it_it_is_a_gap(example: Node) -> None:
    assert said(example) == covered(False)


def test_a_link_by_hand_is_one_answer_everywhere(example: Node) -> None:
    planning.link_need(example, N5, "G1", why="they take the sewer along", by="ana")
    assert said(example) == covered(True)
    assert reason(example) == "linked"
    Seed(example).accounts()
    run = ranking.make(example, by="ana")
    client = as_role(app_of(example), "planner")
    lines = csv.DictReader(io.StringIO(client.get(f"/planner/export/ranking.csv?run={run}").text))
    row = next(row for row in lines if N5 in row.values())
    assert ("covered" in row.values(), "no_component" in row.values()) == (True, False), row
    assert "people linked it" in client.get(f"/planner/ranking?run={run}&lang=en").text
    planning.unlink_need(example, N5, "G1", why="", by="ana")
    assert said(example) == covered(False)


def test_a_link_to_a_work_elsewhere_answers_nothing_and_says_so(example: Node) -> None:
    planning.link_need(example, N5, "G4", why="", by="ana")
    assert said(example) == covered(False)
    Seed(example).accounts()
    page = unescape(as_role(app_of(example), "planner").get(f"/planner/needs/{N5}?lang=en").text)
    assert "which does not act in this place: it counts for nothing here." in page


@pytest.mark.parametrize(("label", "phase", "why"), [
    ("the work was closed", "closed", "window_closed"), ("the work rests", "suspended", "suspended")])
def test_a_link_to_a_work_that_is_over_answers_nothing(example: Node, label: str, phase: str, why: str) -> None:
    planning.link_need(example, N5, "G1", why="", by="ana")
    with example.database.writing() as c:
        ledger.write(c, example.origin, [WorkProgressed(work="G1", programme="P-G1", phase=phase)], at=NOON, by="ana")
    assert said(example) == covered(False), label
    assert reason(example) == why


def test_what_nobody_linked_is_written_as_before(example: Node) -> None:
    with example.database.reading() as c:
        inputs = inputs_of(c, example, AS_OF)
    assert '"linked"' not in packed(inputs)
    assert unpacked(packed(inputs)) == inputs
    assert digest(unpacked(packed(inputs))) == digest(inputs)
