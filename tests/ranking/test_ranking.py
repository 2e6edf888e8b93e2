"""The worked example through the real tables, on both databases; a run comes out the same from its id, here and on another node."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from gateway import ranking
from gateway.cli import main
from gateway.decisions import deciding, planning
from gateway.errors import Problem
from gateway.journal import projections
from gateway.journal.entries import all_facts
from gateway.journal.facts.plans import PlaceFactRecorded
from gateway.journal.facts.rankings import NeedsRanked
from gateway.journal.facts.works import WorkRecorded
from gateway.journal.ledger import write
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Decision as Decided
from gateway.journal.tables import Run, table
from gateway.matching import Decision
from gateway.matching.values import PROPOSED
from gateway.node import Node
from gateway.ranking import Made
from tests.conftest import Clock, MakeNode
from tests.matching.example import LETTERS, SAID
from tests.ranking.planting import AS_OF, NOON, name_of, need_id, planted

DECIDED = Decision(id="2026-1", decided_on="2026-11-01", source="Acta 9", weights=PROPOSED)


@pytest.fixture
def example(make_node: MakeNode, database_url: str, clock: Clock) -> Node:
    return planted(make_node, clock, database_url=database_url)


def read(node: Node, run: str = "") -> Made:
    with node.database.reading() as c:
        made = ranking.find(c, run)
    assert made is not None
    return made


def test_the_tables_give_every_number_of_the_worked_example(example: Node) -> None:
    made = read(example, ranking.make(example, by="ana"))
    lines = {name_of(line.need.id): line for line in made.ranking.lines}
    for said in SAID["needs"]:
        found = lines[said["id"]].priority
        assert {letter: round(found.factors[name] or 0, 4) for letter, name in LETTERS.items()} == said["factors"], said["id"]
        assert (found.weight, round(found.rate or 0, 4), round(found.score, 2), found.missing) == (
            said["weight"], said["rate_shrunk"], said["priority"], ())
    matches = {(name_of(m.need), m.work): m for line in made.ranking.lines for m in line.matches}
    assert set(matches) == {(m["need"], m["intervention"]) for m in SAID["matches"]}
    for said in SAID["matches"]:
        match = matches[said["need"], said["intervention"]]
        assert [round(n, 4) for n in (match.coverage, match.eligibility, match.window, match.budget, match.score)] == [
            said[name] for name in "GEWBM"], said
        assert (match.cls, match.reason, match.component) == (said["cls"], said["reason"], said["component"])
    assert round(made.ranking.coverage_gap or 0, 4) == SAID["coverage_gap_weighted"]
    assert {name: line.unfunded for name, line in lines.items()} == SAID["unfunded_demand"]
    assert made.run.decision == "2025-1"


def test_a_run_comes_out_the_same_after_the_city_changed(example: Node, clock: Clock) -> None:
    run = ranking.make(example, by="ana")
    before = read(example, run)
    assert ranking.make(example, by="luis") == run, "the same inputs of one day are one run"
    assert read(example, run).run.by == "ana"
    deciding.cost_need(example, need_id("N5"), 1, source="a mistake", by="ana")
    clock.on(days=3)
    later = ranking.make(example, by="ana")
    assert later != run
    ranking._made.clear()
    again = read(example, run)
    assert (again.same, again.ranking.lines) == (True, before.ranking.lines)
    assert read(example).run.id == later


def test_every_node_gets_the_same_from_a_run(example: Node, make_node: MakeNode, clock: Clock) -> None:
    """The other node holds the run's entry and nothing of what it was made from."""
    run = ranking.make(example, by="ana")
    here = read(example, run)
    other = make_node("field", role="field")
    with example.database.reading() as c:
        facts = list(all_facts(c, ["needs_ranked"]))
    with other.database.writing() as c:
        write(c, other.origin, [NeedsRanked(**fact.data) for fact in facts], at=NOON, by="ana")
    ranking._made.clear()
    there = read(other, run)
    assert (there.same, there.ranking.lines, there.run.needs) == (True, here.ranking.lines, 7)


def test_a_run_that_was_changed_is_found(example: Node) -> None:
    run = ranking.make(example, by="ana")
    with example.database.writing() as c:
        c.execute(update(table(Run)).values(result="0" * 64))
    assert not read(example, run).same
    with example.database.writing() as c:
        c.execute(update(table(Run)).values(inputs="nothing", result="1" * 64))
    with pytest.raises(Problem) as fault:
        read(example, run)
    assert fault.value.code == "rank.unreadable"
    with example.database.writing() as c:
        c.execute(update(table(Run)).values(version=99))
    with pytest.raises(Problem) as fault:
        read(example, run)
    assert fault.value.code == "rank.version"


def test_runs_and_decisions_are_folded_again(node: Node) -> None:
    deciding.decide_weights(node, DECIDED, by="ana")
    ranking.make(node, by="ana")
    with node.database.reading() as c:
        before = projections.state_hash(c)
    assert rebuild(node.database, verify=True).state_hash == before


@pytest.mark.parametrize(("label", "change"), [
    ("weights that make more than 1", {"weights": PROPOSED | {"severity": 0.5}}),
    ("a factor that is missing", {"weights": {"severity": 1.0}}), ("a weight below nothing", {"weights": PROPOSED | {"severity": -0.25}}),
    ("no document", {"source": " "}), ("no name", {"id": ""}), ("a name with a plus", {"id": "a+b"}),
    ("a name of letters that no id takes", {"id": "año-1"}),
    ("a day to come", {"decided_on": "2026-11-26"}), ("a day that is none", {"decided_on": "soon"}), ("a floor above all", {"floor": 1.2}),
    ("a city where nobody writes", {"city_rate": 0.0})])
def test_a_decision_that_is_none_is_refused(label: str, change: dict[str, Any], node: Node) -> None:
    from dataclasses import replace
    with pytest.raises(Problem) as fault:
        deciding.decide_weights(node, replace(DECIDED, **change), by="ana")
    assert fault.value.code == "planning.refused"


def test_a_decision_holds_from_its_day_on(node: Node) -> None:
    from gateway.ranking.collect import decision_on
    deciding.decide_weights(node, DECIDED, by="ana")
    with pytest.raises(Problem):
        deciding.decide_weights(node, DECIDED, by="ana")
    with node.database.reading() as c:
        assert decision_on(c, node.today).id == "2026-1"
        assert decision_on(c, node.today - timedelta(days=30)).id == ""
        c.execute(delete(table(Decided)))


def test_restricted_and_closed_needs_are_not_ranked(example: Node) -> None:
    planning.change_status(example, need_id("N1"), "done", note="", by="ana", after=None)
    with example.database.writing() as c:
        c.exec_driver_sql(f"UPDATE report SET restricted = {'1' if example.config.is_sqlite else 'true'} WHERE need = '{need_id('N2')}'")
    lines = read(example, ranking.make(example, by="ana")).ranking.lines
    assert {name_of(line.need.id) for line in lines} == {"N3", "N4", "N5", "N6", "N7"}


def test_a_work_of_a_district_serves_the_zones_in_it_and_unknown_money_is_unknown(node: Node) -> None:
    with node.database.writing() as c:
        write(c, node.origin, [
            WorkRecorded(work="D17", programme="PBCV", name="Alcantarillado D17", component="AYA", place_code="S1700", phase="design"),
            PlaceFactRecorded(place="S1700", fact="population", value="50000", as_of="2026-01-01", source="census")], at=node.now(), by="x")
        from gateway.ranking import collect
        works = {work.id: work for work in collect._works(c, node.city, {"S1702"})}
        places = collect._places(c, node.city, set())
    assert works["D17"].catchment == {"S1702": 1.0}
    assert works["D17"].components[0].remaining is None
    assert works["LED-04"].components[0].remaining == 30000
    assert "S1700" not in places, "a district's people are those of its zones"


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def barrio(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(node: Node, *words: str) -> tuple[int, str, str]:
        monkeypatch.setenv("BARRIO_CONFIG", str(node.config.directory / "config.toml"))
        code = main(list(words))
        return code, *capsys.readouterr()
    return call


def test_the_command_ranks_and_shows_a_run_again(make_node: MakeNode, clock: Clock, barrio: Call) -> None:
    node = planted(make_node, clock)
    code, out, _ = barrio(node, "rank", "--as-of", AS_OF.isoformat())
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("run 2025-03-01-")
    assert lines[0].endswith("7 needs, 5 works, as of 2025-03-01, decision 2025-1")
    assert lines[2].startswith(" 67.50")
    assert "gap" in lines[3]
    assert "not_eligible:planimetry unfunded 26000" in lines[3]
    assert "coverage gap 0.3763; unfunded 260000\n" in out
    assert barrio(node, "rank", "--run", lines[0].split()[1].rstrip(":"))[1] == out
    assert barrio(node, "rank", "--run", "nothing")[0] == 1
    assert barrio(node, "rank", "--as-of", "soon")[0] == 2
