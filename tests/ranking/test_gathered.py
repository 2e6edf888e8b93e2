"""The ranking of what people merged, of what a crowd sent, and of what was restricted: in the tables, in runs and on the pages."""

from __future__ import annotations

import pytest

from gateway import ranking
from gateway.decisions import deciding
from gateway.journal import ledger
from gateway.journal.canonical import derived_id
from gateway.journal.events import Event
from gateway.journal.facts.guarding import ReportRestricted
from gateway.journal.facts.matching import ReportFlagged
from gateway.journal.facts.needs import NeedOpened, ReportClassified, ReportGathered
from gateway.journal.facts.residents import MessageReceived, ReportFiled
from gateway.journal.rows import find
from gateway.journal.tables import Link, Report, table
from gateway.matching import Need, Place, Ranked, rank
from gateway.matching.values import Inputs
from gateway.needs import merging
from gateway.node import Node
from tests.conftest import Clock, MakeNode
from tests.dashboards.planting import Seed, app_of, as_role, token
from tests.ranking.planting import AS_OF, NOON, name_of, need_id, planted
from tests.ranking.test_ranking import read

TWIN = derived_id("worked", "twin")


@pytest.fixture
def example(make_node: MakeNode, database_url: str, clock: Clock) -> Node:
    return planted(make_node, clock, database_url=database_url)


def twin_of(node: Node, name: str, senders: list[str], *, severity: int = 2, need: str = TWIN) -> None:
    """A second need of the place and category of one of the example, by these phones."""
    with node.database.reading() as c:
        row = c.exec_driver_sql(f"SELECT place_code, category FROM need WHERE id = '{need_id(name)}'").one()
        place, category = row[0], row[1]
    events: list[Event] = []
    for i, sender in enumerate(senders):
        message, report = derived_id("m", need, str(i)), derived_id("r", need, str(i))
        events += [MessageReceived(message=message, sender=sender, channel="twilio", provider_id=f"ST{need[:6]}{i}", text="x",
                                   received_at="2025-02-27T12:00:00.000Z"),
                   ReportFiled(report=report, message=message, sender=sender, reference=f"T{need[:4]}{i}", intent="report", language="es",
                               category=category, place_code=place, severity=severity, people=None),
                   ReportClassified(report=report, category=category, confidence=0.9, urgency=2, restricted=False, model="rules")]
        if i == 0:
            events.append(NeedOpened(need=need, place_code=place, category=category))
        events.append(ReportGathered(report=report, need=need))
    with node.database.writing() as c:
        ledger.write(c, node.origin, events, at=NOON, by="machine")


def line_of(node: Node, need: str, run: str = "") -> Ranked | None:
    return next((line for line in read(node, run).ranking.lines if line.need.id == need), None)


def test_what_people_merged_is_one_need_and_each_phone_counts_once(example: Node) -> None:
    twin_of(example, "N5", ["N5s0", "new1", "new2"], severity=3)  # the first of them reported the other one too
    ranking.make(example, by="ana")
    before = line_of(example, need_id("N5"))
    assert before is not None
    assert line_of(example, TWIN) is not None
    merging.merge_needs(example, TWIN, need_id("N5"), why="one street", by="ana")
    deciding.cost_need(example, TWIN, 900, source="said of the younger before anybody knew", by="ana")
    ranking.make(example, by="ana")
    whole = line_of(example, need_id("N5"))
    assert whole is not None
    assert line_of(example, TWIN) is None
    assert (whole.need.reporters, whole.need.members) == (before.need.reporters + 2, (TWIN,))
    assert whole.need.severity == max(3, before.need.severity or 0)
    assert whole.need.cost == 900, "the last word about what it would cost, whichever of the two it was about"
    merging.part_needs(example, TWIN, need_id("N5"), why="no", by="ana")
    ranking.make(example, by="ana")
    parted = line_of(example, need_id("N5"))
    assert parted is not None
    assert (parted.need.reporters, parted.need.cost, parted.need.members) == (before.need.reporters, before.need.cost, ())


def test_a_link_of_a_merged_need_is_one_and_a_refusal_takes_it_back(example: Node) -> None:
    twin_of(example, "N5", ["new1"])
    ranking.make(example, by="ana")
    match = next(match for line in read(example).ranking.lines for match in line.matches if line.need.id == TWIN)
    deciding.decide_proposal(example, match, "", "accepted", why="", by="ana")
    merging.merge_needs(example, TWIN, need_id("N5"), why="one street", by="ana")
    ranking.make(example, by="ana")
    works = {work.id: work.needs for work in read(example).ranking.inputs.works}
    assert works[match.work] == 1
    of_the_whole = next(m for line in read(example).ranking.lines for m in line.matches
                        if line.need.id == need_id("N5") and m.work == match.work)
    deciding.decide_proposal(example, of_the_whole, "", "accepted", why="", by="ana")
    with example.database.reading() as c:
        assert len(c.execute(table(Link).select()).all()) == 1, "it is linked already, through the one that was merged"
    deciding.decide_proposal(example, of_the_whole, "", "refused", why="other street", by="ana")
    with example.database.reading() as c:
        assert [row.linked for row in c.execute(table(Link).select())] == [False]


def flag(node: Node, need: str, senders: list[str]) -> None:
    with node.database.writing() as c:
        ledger.write(c, node.origin, [ReportFlagged(report=derived_id("r", need, str(i)), need=need)
                                      for i in range(len(senders))], at=NOON, by="machine")


def test_a_crowd_moves_its_need_by_one_place_and_buys_nothing(example: Node) -> None:
    """Twenty phones for the last need of the example, at the highest severity."""
    ranking.make(example, by="ana")
    before = [name_of(line.need.id) for line in read(example).ranking.lines]
    assert before[-1] == "N6"
    crowd = [f"crowd{i}" for i in range(400)]
    twin_of(example, "N6", crowd, severity=4)
    merging.merge_needs(example, TWIN, need_id("N6"), why="one", by="ana")
    loud = ranking.make(example, by="ana")
    assert [name_of(line.need.id) for line in read(example, loud).ranking.lines][-1] != "N6", "control: unflagged, they would move it far"
    flag(example, TWIN, crowd)
    ranking.make(example, by="ana")
    after = read(example).ranking
    names = [name_of(line.need.id) for line in after.lines]
    assert names == [*before[:-2], "N6", before[-2]]
    line = after.lines[-2]
    assert (line.need.crowd, line.loud is not None and line.loud > line.priority.score) == (400, True)
    assert round(line.priority.score, 2) == 28.11, "the score itself is what everybody else says"
    assert read(example).same


@pytest.mark.parametrize("seed", range(30))
def test_no_crowd_moves_any_need_by_more_than_one_place(seed: int) -> None:
    import random
    rng = random.Random(seed)
    places = {"P": Place(code="P", facts={"population": 5000.0, "phone_access": 0.7, "deprivation": 0.5, "invested": 10.0})}
    calm = [Need(id=f"n{i:02}", place="P", category="WAT01", severity=rng.randint(1, 4), reporters=rng.randint(0, 30), people=10,
                 age=rng.randint(0, 60), target=30) for i in range(40)]
    loud = [Need(id=n.id, place="P", category="WAT01", severity=n.severity, reporters=n.reporters, people=10, age=n.age, target=30,
                 crowd=rng.choice([0, 0, 500]), crowd_severity=4, crowd_people=9000) for n in calm]
    quiet = [line.need.id for line in rank(Inputs(as_of=AS_OF, needs=tuple(calm), places=places)).lines]
    heard = [line.need.id for line in rank(Inputs(as_of=AS_OF, needs=tuple(loud), places=places)).lines]
    assert max(abs(quiet.index(need) - heard.index(need)) for need in quiet) <= 1


def restrict(node: Node, *reports: str) -> None:
    with node.database.writing() as c:
        rows = find(c, table(Report), "id", list(reports))
        ledger.write(c, node.origin, [ReportRestricted(report=row["id"], message=row["message"], sender=row["sender"],
                                                       reference=row["reference"], language=row["language"]) for row in rows],
                     at=NOON, by="ana")


def test_a_report_restricted_after_the_run_leaves_its_pages_whatever_it_was_merged_with(example: Node) -> None:
    """A need that was ranked alone is not shown for the sake of one that was merged with it later."""
    twin_of(example, "N5", ["new1"])
    Seed(example).accounts()
    old = ranking.make(example, by="ana")
    merging.merge_needs(example, TWIN, need_id("N5"), why="one street", by="ana")
    merged = ranking.make(example, by="ana")
    desk = as_role(app_of(example), "planner")

    def shown(run: str, need: str) -> bool:
        return f"/planner/needs/{need}" in desk.get(f"/planner/ranking?run={run}").text

    assert [shown(old, TWIN), shown(old, need_id("N5")), shown(merged, need_id("N5"))] == [True] * 3
    restrict(example, derived_id("r", TWIN, "0"))
    assert [shown(old, TWIN), shown(old, need_id("N5")), shown(merged, need_id("N5"))] == [False, True, True]
    new = ranking.make(example, by="luis")
    found, before = line_of(example, need_id("N5"), new), line_of(example, need_id("N5"), merged)
    assert found is not None
    assert before is not None
    assert found.need.reporters == before.need.reporters - 1, "a run that is made now does not count it"
    with example.database.reading() as c:
        reports = [row[0] for row in c.exec_driver_sql(f"SELECT id FROM report WHERE need = '{need_id('N5')}'")]
    restrict(example, *reports)
    assert [shown(run, need_id("N5")) for run in (old, merged, new)] == [False] * 3
    for page in ("watch", "proposals", "budget?budget=900000"):
        for run in (old, merged, new):
            sep = "&" if "?" in page else "?"
            assert need_id("N5") not in desk.get(f"/planner/{page}{sep}run={run}").text, page
    assert desk.post("/planner/proposals", data={"csrf_token": token(desk), "need": need_id("N5"), "work": "G1", "run": old,
                                                 "decision": "accepted"}).status_code == 404
