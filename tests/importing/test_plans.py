"""Components, catchments, budgets, milestones and facts of places from tables: a line for every fault, a dry run, the later day stands."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from gateway import cities
from gateway.importing.plans import MODELS
from gateway.journal import projections
from gateway.journal.canonical import derived_id
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Programme, Work, table
from gateway.node import Node
from tests.importing.conftest import Bring
from tests.importing.drawing import table as csv

HEADS = {"components": ("programme", "component", "primary", "secondary", "rules", "unit", "unit_cost"),
         "catchments": ("work", "place_code", "share", "role"),
         "budgets": ("work", "component", "year", "source", "approved", "committed", "spent", "as_of"),
         "milestones": ("work", "milestone", "due", "done", "evidence", "announce"),
         "facts": ("place_code", "fact", "value", "as_of", "source")}
GOOD = {"components": ("PBCV", "CAS", "CUL01|CUL02", "", "planimetry | nbi>=0.5", "m2", "700"),
        "catchments": ("VIAL-02", "M0911", "0.25", ""),
        "budgets": ("VIAL-02", "VIA", "2026", "EMAVIAS", "12000", "4000", "1000", "2026-10-01"),
        "milestones": ("VIAL-02", "Inicio", "2026-03-01", "2026-03-09", "acta", "yes"),
        "facts": ("s1701", "nbi", "0.62", "2026-03-01", "census")}


def good(kind: str, node: Node) -> tuple[str, ...]:
    categories = sorted(node.words.subcategories)
    return tuple(cell.replace("CUL01", categories[0]).replace("CUL02", categories[1]) for cell in GOOD[kind])


def stands(node: Node, kind: str, row_id: str) -> dict[str, object]:
    of = table(MODELS[kind])
    with node.database.reading() as c:
        return dict(c.execute(select(of).where(of.c.id == row_id)).mappings().one())


def test_the_columns_are_those_of_the_packs() -> None:
    assert {kind: set(head) for kind, head in HEADS.items()} == cities.PLAN_COLUMNS


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_rows_are_tried_then_new_then_the_same(kind: str, bring: Bring, node: Node) -> None:
    text = csv(HEADS[kind], good(kind, node))
    counts = [(s.new, s.changed, s.same, s.refused, s.written) for s in (
        bring(kind, text, dry_run=True), bring(kind, text), bring(kind, text))]
    assert counts == [(1, 0, 0, 0, False), (1, 0, 0, 0, True), (0, 0, 1, 0, True)]


@pytest.mark.parametrize(("label", "kind", "other", "what"), [
    ("an unknown programme", "components", {"programme": "XX"}, "there is no programme 'XX'"),
    ("a component that is none", "components", {"component": "a wall"}, "'A WALL' is no component"),
    ("an unknown category", "components", {"primary": "ZZZ99"}, "CAS: 'ZZZ99' is no category"),
    ("a rule that is none", "components", {"rules": "occupancy => 0.8"}, "CAS: 'occupancy => 0.8' is no rule"),
    ("a price with cents", "components", {"unit_cost": "1.5"}, "unit_cost is '1.5', which is no whole amount"),
    ("an unknown work", "catchments", {"work": "NO-1"}, "there is no work 'NO-1'"),
    ("an unknown place", "catchments", {"place_code": "S9999"}, "there is no place 'S9999'"),
    ("more than the whole place", "catchments", {"share": "1.5"}, "share is '1.5'"),
    ("a share that is no number", "catchments", {"share": "half"}, "share is 'half'"),
    ("a share that is nan", "catchments", {"share": "nan"}, "share is 'nan'"),
    ("an unknown role", "catchments", {"role": "near"}, "'near' is no role"),
    ("more spent than committed", "budgets", {"spent": "9000"}, "9000 spent, 4000 committed and 12000 approved do not follow"),
    ("a year in two digits", "budgets", {"year": "26"}, "'26' is no year"),
    ("a budget without a day", "budgets", {"as_of": ""}, "as_of is empty"),
    ("a budget of tomorrow", "budgets", {"as_of": "2026-11-26"}, "as_of is 2026-11-26, which is still to come"),
    ("a source with a plus", "budgets", {"source": "a+b"}, "'a+b' cannot name a source"),
    ("a milestone without a name", "milestones", {"milestone": ""}, "'' cannot name a milestone"),
    ("a milestone reached tomorrow", "milestones", {"done": "2027-01-01"}, "done is 2027-01-01, which is still to come"),
    ("a due day that is none", "milestones", {"due": "soon"}, "due is 'soon', which is no day"),
    ("announced perhaps", "milestones", {"announce": "perhaps"}, "announce is 'perhaps'"),
    ("a fact in capitals with spaces", "facts", {"fact": "Has Plan"}, "'has plan' cannot name a fact"),
    ("a fact nobody stands for", "facts", {"source": ""}, "nbi of S1701 has no source"),
    ("a share in percent", "facts", {"fact": "deprivation", "value": "71"}, "deprivation is 71"),
    ("fewer people than none", "facts", {"fact": "population", "value": "-5"}, "population is -5"),
    ("a figure that says yes", "facts", {"fact": "population", "value": "yes"}, "population is 'yes', which is neither yes, no nor a"),
    ("a decimal comma", "facts", {"value": "0,62"}, "nbi is '0,62', which is neither"),
    ("a number beyond all bounds", "facts", {"value": "1e400"}, "nbi is '1e400'")])
def test_a_bad_row_is_named_and_keeps_the_others_out(label: str, kind: str, other: dict[str, str], what: str, bring: Bring,
                                                     node: Node) -> None:
    bad = (dict(zip(HEADS[kind], good(kind, node), strict=True)) | other).values()
    quoted = [f'"{cell}"' if "," in cell else cell for cell in bad]
    summary = bring(kind, csv(HEADS[kind], good(kind, node), quoted))
    assert (summary.refused, summary.written) == (1, False)
    assert [(said.where, said.what[:len(what)], bool(said.do)) for said in summary.lines] == [(f"{kind}.csv line 3", what, True)]


def test_a_row_twice_is_named(bring: Bring, node: Node) -> None:
    assert bring("facts", csv(HEADS["facts"], GOOD["facts"], GOOD["facts"])).lines[0].what == "S1701 nbi stands already in facts.csv line 2"


@pytest.mark.parametrize(("said", "kept"), [("yes", "true"), ("NO", "false"), ("0.860", "0.86"), ("12", "12"), ("", ""), ("1", "1")])
def test_a_fact_is_yes_no_a_number_or_not_known_any_more(said: str, kept: str, bring: Bring, node: Node) -> None:
    bring("facts", csv(HEADS["facts"], ("S1701", "nbi", said, "2026-03-01", "census")))
    assert stands(node, "facts", "S1701+nbi")["value"] == kept


def test_the_later_day_stands_whatever_came_last(bring: Bring, node: Node) -> None:
    for value, day in (("0.62", "2026-03-01"), ("0.70", "2024-01-01")):
        summary = bring("facts", csv(HEADS["facts"], ("S1701", "nbi", value, day, "census")))
    assert (summary.same, stands(node, "facts", "S1701+nbi")["value"]) == (1, "0.62")
    bring("facts", csv(HEADS["facts"], ("S1701", "nbi", "0.55", "2026-06-01", "survey")))
    assert stands(node, "facts", "S1701+nbi")["value"] == "0.55"


def test_works_and_programmes_keep_what_a_file_does_not_say(bring: Bring, node: Node) -> None:
    head = ("code", "programme", "name", "component", "place_code", "phase", "budget", "starts_on", "ends_on")
    row = ("PBCV-90", "PBCV", "Gradas", "GRD", "S1701", "design", "52000", "", "")
    more = ("phase_since", "physical_pct", "beneficiaries", "officer")
    bring("works", csv((*head, *more), (*row, "2026-01-15", "10", "340", "Ing. Mamani")))
    bring("works", csv(head, (*row[:6], "60000", "", "")))
    of = table(Work)
    with node.database.reading() as c:
        found = c.execute(select(of).where(of.c.id == "PBCV-90")).mappings().one()
    assert (found["budget"], found["phase_since"], found["physical_pct"], found["beneficiaries"], found["officer"]) == (
        60000, "2026-01-15", 10, 340, "Ing. Mamani")
    bring("works", csv(head, (*row[:5], "tender", "60000", "", "")))  # the phase changed with this file: today
    with node.database.reading() as c:
        assert c.execute(select(of.c.phase_since).where(of.c.id == "PBCV-90")).scalar_one() == "2026-11-25"
    bad = bring("works", csv((*head, "physical_pct"), (*row, "101")))
    assert bad.lines[0].what == "PBCV-90: physical_pct is '101', which is no whole number up to 100"
    bring("programmes", csv(("code", "name", "sponsor", "currency", "kind", "phone"), ("PBCV", "Barrios", "GAMLP", "BOB", "", "123")))
    bring("programmes", csv(("code", "name", "sponsor", "currency", "kind"), ("PBCV", "Barrios", "GAMLP", "BOB", "")))
    with node.database.reading() as c:
        assert c.execute(select(table(Programme).c.phone).where(table(Programme).c.id == "PBCV")).scalar_one() == "123"


def test_what_was_imported_is_folded_again(bring: Bring, node: Node) -> None:
    for kind in GOOD:
        assert bring(kind, csv(HEADS[kind], good(kind, node))).written
    with node.database.reading() as c:
        before = projections.state_hash(c)
    assert rebuild(node.database, verify=True).state_hash == before


def test_the_pack_of_la_paz_brings_its_own(node: Node) -> None:
    assert json.loads(str(stands(node, "components", "PBCV+MUR")["rules"])) == ["planimetry", "legal_personality", "occupancy>=0.8"]
    assert stands(node, "facts", "C0502+planimetry")["value"] == "false"
    assert "example" in str(stands(node, "facts", "S1701+population")["source"])
    assert stands(node, "budgets", f"LED-04+ALU.2026.{derived_id('source', 'GAMLP')[:12]}")["committed"] == 60000
