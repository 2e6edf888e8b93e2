"""What a planner sees and decides about sameness, and the evidence that repeated repairs are."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from dashboards.queries.evidence import Candidate, candidates, escalations
from gateway.decisions import planning
from gateway.doors import intake
from gateway.journal import heads
from gateway.journal.tables import Report, table
from gateway.machine import jobs
from tests.conftest import Clock, sms
from tests.dashboards.planting import NOW, Seed, as_role, need_id, token

REPORT = table(Report)


def holes(seed: Seed, clock: Clock) -> dict[str, str]:
    """{reference: need} of a hole told twice, one told without a street, and one elsewhere."""
    told = ["bache en calle 5 villa fatima", "hueco grande en la calle 5, villa fatima", "hay un bache en villa fatima",
            "bache en villa fatima calle 9"]
    for n, words in enumerate(told):
        clock.on(minutes=1)
        with seed.node.database.writing() as c:
            intake.receive(c, seed.node, [sms(f"h{n}", words, f"+5917000000{n}", clock())])
        jobs.work(seed.node)
    return stands(seed)


def stands(seed: Seed) -> dict[str, str]:
    with seed.node.database.reading() as c:
        return {row.reference: row.need for row in c.execute(select(REPORT.c.reference, REPORT.c.need).order_by(REPORT.c.id))}


def test_a_planner_reads_why_reports_stand_together_and_sets_one_apart_and_back(app: Flask, seed: Seed, clock: Clock) -> None:
    seed.accounts()
    needs = holes(seed, clock)
    assert needs["10005"] == needs["10017"] != needs["10029"]
    client = as_role(app, "planner")
    page = client.get(f"/planner/needs/{needs['10005']}").text
    assert "misma calle: 5" in page
    with seed.node.database.reading() as c:
        report = c.execute(select(REPORT.c.id).where(REPORT.c.reference == "10017")).scalar_one()
    form = {"csrf_token": token(client), "report": report, "from": needs["10005"], "after": ""}
    assert client.post(f"/planner/needs/{needs['10005']}/set-apart", data=form).status_code == 303
    own = stands(seed)["10017"]
    assert own not in needs.values()
    assert "10017" in client.get(f"/planner/needs/{own}").text
    form = {"csrf_token": token(client), "report": report, "into": needs["10005"]}
    assert client.post(f"/planner/needs/{own}/put-back", data=form).status_code == 303
    assert stands(seed) == needs


def test_a_need_that_may_be_the_same_is_offered_merged_and_parted(app: Flask, seed: Seed, clock: Clock) -> None:
    seed.accounts()
    needs = holes(seed, clock)
    elder, younger = needs["10005"], needs["10029"]
    client = as_role(app, "planner")
    page = client.get(f"/planner/needs/{younger}").text
    assert f"/planner/needs/{elder}" in page
    form = {"csrf_token": token(client), "other": younger, "after": "", "why": "one hole"}
    assert client.post(f"/planner/needs/{elder}/merge", data=form).location.endswith(elder)
    assert client.get(f"/planner/needs/{younger}").location.endswith(elder), "the page of the younger leads to the elder"
    page = client.get(f"/planner/needs/{elder}").text
    assert "one hole" in page
    assert "10029" in page
    assert younger not in client.get("/planner/").text
    exported = client.get("/planner/export/needs.csv").text
    assert elder in exported
    assert younger not in exported
    form = {"csrf_token": token(client), "one": elder, "other": younger}
    assert client.post(f"/planner/needs/{elder}/part", data=form).status_code == 303
    with seed.node.database.reading() as c:
        assert heads.head_of(c, younger) == younger
    assert f'value="{younger}"' not in client.get(f"/planner/needs/{elder}").text, "what a person refused is not offered again"


def test_five_phones_in_a_year_or_three_reopenings_are_evidence(app: Flask, seed: Seed) -> None:
    seed.accounts()
    for n in range(4):
        seed.report("no hay agua", sender=f"s{n}")
    seed.report("no hay agua", sender="s1")
    seed.report("no hay agua", sender="old", at=NOW - timedelta(days=400))
    seed.report("no pasa el basurero", category="WST01", place="S1701")
    with seed.node.database.reading() as c:
        assert candidates(c, NOW) == [], "four phones this year, however often, and one too long ago"
    seed.report("no hay agua", sender="s5")
    waste = need_id("S1701", "WST01")
    for _ in range(3):
        planning.change_status(seed.node, waste, "done", note="", by="ana", after=None)
        planning.change_status(seed.node, waste, "open", note="", by="ana", after=None)
    with seed.node.database.reading() as c:
        assert candidates(c, NOW) == [Candidate("S1701", "WST01", "WST03", 1, 1, 3), Candidate("S1604", "WAT01", "WAT05", 5, 6, 0)]
        assert candidates(c, NOW, ["S1604"]) == [Candidate("S1604", "WAT01", "WAT05", 5, 6, 0)]
    client = as_role(app, "planner")
    assert 'id="evidence"' in client.get("/planner/").text
    assert client.get(f"/planner/needs/{waste}").status_code == 200


def test_the_guide_says_what_escalates() -> None:
    assert escalations() == {"SAN01": "SAN03", "DRN01": "DRN04", "LIT01": "LIT02", "ACC01": "ACC02", "ACC03": "ACC04", "WAT01": "WAT05",
                             "WAT02": "WAT05", "WAT03": "WAT05", "WST01": "WST03"}
