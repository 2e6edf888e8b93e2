"""Programmes and works from a table: the columns of a city pack, or whatever a city calls them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.cities import PROGRAMME_COLUMNS, WORK_COLUMNS
from gateway.journal.tables import Programme, Work, table
from gateway.node import Node
from tests.importing.conftest import Bring
from tests.importing.drawing import table as csv

WORKS = ("code", "programme", "name", "component", "place_code", "phase", "budget", "starts_on", "ends_on")
PROGRAMMES = ("code", "name", "sponsor", "currency", "kind")
STAIRS = {"code": "PBCV-90", "programme": "PBCV", "name": "Gradas Kupini", "component": "GRD", "place_code": "S1701", "phase": "design",
          "budget": "52000", "starts_on": "2027-01-10", "ends_on": "2027-11-30"}


def line(**other: str) -> tuple[str, ...]:
    return tuple((STAIRS | other)[column] for column in WORKS)


def stands(node: Node, code: str) -> dict[str, object]:
    with node.database.reading() as c:
        return dict(c.execute(select(table(Work)).where(table(Work).c.id == code)).mappings().one())


def test_the_columns_are_those_of_the_packs() -> None:
    assert (set(WORKS), set(PROGRAMMES)) == (WORK_COLUMNS, PROGRAMME_COLUMNS)


def test_works_are_new_then_the_same_then_changed(bring: Bring, node: Node) -> None:
    counts = [(s.new, s.changed, s.same, s.refused) for s in (
        bring("works", csv(WORKS, line(), line(code="PBCV-91", starts_on="", ends_on="", budget=""))),
        bring("works", csv(WORKS, line(), line(code="PBCV-91", starts_on="", ends_on="", budget=""))),
        bring("works", csv(WORKS, line(budget="61000", phase="tender"))))]
    assert counts == [(2, 0, 0, 0), (0, 0, 2, 0), (0, 1, 0, 0)]
    assert (stands(node, "PBCV-90")["budget"], stands(node, "PBCV-90")["phase"]) == (61000, "tender")
    assert (stands(node, "PBCV-91")["budget"], stands(node, "PBCV-91")["starts_on"]) == (0, None)


@pytest.mark.parametrize(("label", "other", "what"), [
    ("no code", {"code": ""}, "its code is empty"),
    ("a code with a plus, which parts ids", {"code": "A+B"}, "'A+B' is no code"),
    ("no name", {"name": ""}, "PBCV-90 has no name"),
    ("an unknown programme", {"programme": "XX"}, "PBCV-90: there is no programme 'XX'"),
    ("an unknown place", {"place_code": "S9999"}, "PBCV-90: there is no place 'S9999' in La Paz"),
    ("an unknown phase", {"phase": "soon"}, "PBCV-90: 'soon' is no phase"),
    ("a budget with points", {"budget": "52.000"}, "PBCV-90: budget is '52.000', which is no whole amount"),
    ("a budget below nothing", {"budget": "-1"}, "PBCV-90: budget is '-1'"),
    ("a budget no database holds", {"budget": "9" * 40}, "PBCV-90: budget is '9999"),
    ("a day as people write it", {"starts_on": "10/01/2027"}, "PBCV-90: starts_on is '10/01/2027', which is no day"),
    ("a day that is none", {"ends_on": "2027-02-30"}, "PBCV-90: ends_on is '2027-02-30', which is no day"),
    ("an end before the start", {"ends_on": "2026-12-31"}, "PBCV-90 ends on 2026-12-31, before it starts on 2027-01-10")])
def test_a_bad_work_is_named_and_keeps_the_others_out(bring: Bring, label: str, other: dict[str, str], what: str) -> None:
    summary = bring("works", csv(WORKS, line(code="PBCV-91"), line(**other)))
    assert (summary.new, summary.refused, summary.written) == (1, 1, False)
    assert [(said.where, said.what[:len(what)], bool(said.do)) for said in summary.lines] == [("works.csv line 3", what, True)]


def test_a_code_twice_is_named(bring: Bring) -> None:
    assert bring("works", csv(WORKS, line(), line())).lines[0].what == "code PBCV-90 is that of works.csv line 2"


def test_a_work_may_lie_in_a_place_that_was_imported(bring: Bring, node: Node) -> None:
    bring("places", "name,parent\nLos Molinos,S1700\n")
    assert bring("works", csv(WORKS, line(place_code="s1799"))).new == 1
    assert stands(node, "PBCV-90")["place_code"] == "S1799"


def test_programmes_are_taken_and_checked(bring: Bring, node: Node) -> None:
    water = ("AGUA", "Agua para todos", "EPSAS", "BOB", "sector")
    summary = bring("programmes", csv(PROGRAMMES, water, ("LED", "Alumbrado LED", "X", "Bs", "")))
    assert (summary.new, summary.refused, summary.lines[0].what) == (1, 1, "LED: 'Bs' is no currency")
    assert bring("programmes", csv(PROGRAMMES, ("AGUA", "Agua para todos", "EPSAS", "BOB", "SECTOR"))).new == 1
    sport = bring("programmes", csv(PROGRAMMES, ("AGUA", "Agua", "EPSAS", "BOB", "sport")))
    assert sport.lines[0].what == "AGUA: 'sport' is no kind of programme"
    with node.database.reading() as c:
        assert c.execute(select(table(Programme).c.kind).where(table(Programme).c.id == "AGUA")).scalar_one() == "sector"


def test_columns_may_be_called_otherwise(bring: Bring) -> None:
    text = csv(("id", "programa", "obra", "component", "place_code", "phase", "budget", "starts_on", "ends_on"), line())
    missing = bring("works", text)
    assert missing.broken
    assert missing.lines[0].what.startswith("columns are missing: code, name, programme; it has id, programa, obra")
    assert bring("works", text, columns={"code": "id", "programme": "programa", "name": "obra"}).new == 1
    assert bring("works", text, columns={"colour": "id"}).lines[0].what == "nothing is called 'colour' here"
