"""How long people waited, told with a quarter: one voice a phone, nothing of few, and the comparison puts two quarters side by side."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dashboards import compared, indicators, waits
from dashboards.indicators import Counted, Said
from dashboards.queries import waited
from dashboards.waits import Told, Wait
from gateway.journal.canonical import iso
from gateway.journal.facts.needs import NeedStatusChanged
from gateway.journal.facts.residents import RepairJudged
from gateway.journal.facts.triage import StatusWithdrawn
from gateway.node import Node
from tests.dashboards.planting import NOW, Seed, app_of, as_role, need_id, token
from tests.dashboards.test_sheets import lines_of

K = 10


def counted(done: int = 40, waiting: int = 20, women: int = 30) -> Counted:
    said = [Said("S1600", "WAT", "done", "F" if n < women else "M", f"a{n}") for n in range(done)]
    said += [Said("C0800", "LIT", "waiting", "F" if n < 10 else "M", f"b{n}") for n in range(waiting)]
    return indicators.count(said, K)


def wait(n: int, hours: float, sex: str | None = "F") -> Wait:
    return Wait(f"p{n}", sex, answer=hours, done=2 * hours)


@pytest.mark.parametrize(("label", "reports", "quarter", "told"), [
    ("the middle of all phones, and how many they are in steps of k", [wait(n, n) for n in range(25)], counted(),
     {"answer": {"all": Told(12, 20)}, "done": {"all": Told(24, 20)}}),
    ("women and men, where both are enough", [wait(n, 10 if n < 20 else 30, "F" if n < 20 else "M") for n in range(35)], counted(),
     {"answer": {"all": Told(10, 30), "F": Told(10, 20), "M": Told(30, 10)},
      "done": {"all": Told(20, 30), "F": Told(20, 20), "M": Told(60, 10)}}),
    ("few men: no sex is told, for the others would tell it", [wait(n, 10, "F" if n < 20 else "M") for n in range(25)], counted(),
     {"answer": {"all": Told(10, 20)}, "done": {"all": Told(20, 20)}}),
    ("fewer phones than k", [wait(n, 10) for n in range(9)], counted(), {}),
    ("a thousand reports of nine phones", [wait(n % 9, 10) for n in range(1000)], counted(), {}),
    ("one phone that wrote thirty times does not move the middle", [wait(n, n) for n in range(25)] + [wait(99, 900)] * 30, counted(),
     {"answer": {"all": Told(12, 20)}, "done": {"all": Told(25, 20)}}),
    ("how many were done is hidden, so how long they waited is too", [wait(n, 10) for n in range(25)], counted(done=45, waiting=5), {}),
    ("nothing is told of the quarter", [wait(n, 10) for n in range(25)], Counted(), {}),
    ("nobody has waited to the end", [Wait(f"p{n}", "F") for n in range(25)], counted(), {}),
])
def test_what_is_told(label: str, reports: list[Wait], quarter: Counted, told: dict[str, dict[str, Told]]) -> None:
    if label.startswith("how many were done"):
        assert quarter.cell("outcome", "done", "all") is None, "the quarter hides it"
    assert waits.count(reports, quarter, K) == told
    assert waits.unpacked(waits.into(indicators.packed(quarter), told)) == told


def test_an_older_release_tells_no_hours() -> None:
    assert waits.unpacked(indicators.packed(counted())) == {}


def test_two_quarters_are_compared_by_what_both_tell() -> None:
    a, b = {"answer": {"all": Told(31, 40)}, "done": {"all": Told(300, 20)}}, {"answer": {"all": Told(20, 50)}}
    pairs = {(pair.kind, pair.name): pair for pair in compared.quarters(counted(), counted(), None, a, b)}
    answer, done = pairs["hours:all", "answer"], pairs["hours:all", "done"]
    assert (answer.a, answer.b, answer.difference, answer.n_a, answer.n_b) == (31, 20, -11, 40, 50)
    assert (done.a, done.b, done.difference, done.n_a, done.n_b) == (300, None, None, 20, None), "hidden on one side: no difference"


def hours_of(seed: Seed, at: datetime = NOW) -> list[tuple[float | None, float | None]]:
    with seed.node.database.reading() as c:
        return [(one.answer, one.done) for one in waited.waits(c, "2026", "2027")]


def status(seed: Seed, word: str, hours: int) -> None:
    need = need_id("S1604", "WAT01")
    with seed.together() as c:
        after = c.exec_driver_sql(f"SELECT status_entry FROM need WHERE id = '{need}'").scalar()
    seed.write(NeedStatusChanged(need=need, status=word, after=after), at=NOW + timedelta(hours=hours), by="ana")


def test_hours_run_from_the_report_to_the_first_answer_and_to_what_stayed_done(seed: Seed) -> None:
    seed.report()
    assert hours_of(seed) == [(None, None)], "nobody answered yet"
    status(seed, "verified", 5)
    assert hours_of(seed) == [(5, None)]
    status(seed, "done", 48)
    assert hours_of(seed) == [(5, 48)]
    status(seed, "open", 60)
    assert hours_of(seed) == [(5, None)], "it was not done after all"
    status(seed, "done", 100)
    status(seed, "closed", 200)
    assert hours_of(seed) == [(5, 100)]
    seed.report(sender="late", at=NOW + timedelta(hours=150))
    assert sorted(hours_of(seed), key=str) == [(5, 100), (50, None)], "who wrote when it was done already waited for nothing"


def test_a_decision_that_was_taken_back_answered_nobody(seed: Seed) -> None:
    reference, need = seed.report(), need_id("S1604", "WAT01")
    status(seed, "done", 5)
    withdraw(seed, "open", 6)
    assert hours_of(seed) == [(None, None)], "the wrong button was pressed"
    status(seed, "verified", 20)
    status(seed, "done", 48)
    assert hours_of(seed) == [(20, 48)]
    status(seed, "verified", 60)
    withdraw(seed, "done", 61)
    assert hours_of(seed) == [(20, 48)], "it stayed done"
    seed.write(RepairJudged(need=need, report=seed.ids[reference], message="m", sender="a", fixed=False), at=NOW + timedelta(hours=70))
    assert hours_of(seed) == [(20, None)], "who reported it says that it is not"
    status(seed, "done", 100)
    assert hours_of(seed) == [(20, 100)]


def withdraw(seed: Seed, word: str, hours: int) -> None:
    need = need_id("S1604", "WAT01")
    with seed.together() as c:
        after = c.exec_driver_sql(f"SELECT status_entry FROM need WHERE id = '{need}'").scalar()
    seed.write(StatusWithdrawn(need=need, status=word, status_at=iso(NOW), after=after), at=NOW + timedelta(hours=hours), by="ana")


def test_a_restricted_report_waits_for_nobody_to_read(seed: Seed) -> None:
    seed.report(restricted=True)
    assert hours_of(seed) == []


def test_the_page_the_comparison_and_the_files_say_the_same(seed: Seed, node: Node) -> None:
    seed.accounts()
    for begins, days in ((datetime.fromisoformat("2026-05-01T12:00Z"), 2), (datetime.fromisoformat("2026-08-01T12:00Z"), 1)):
        for n in range(30):
            place = ("S1604", "S1701")[n % 2]
            seed.report(place=place, category="WAT01" if days == 2 else "LIT01", at=begins)
        for place in ("S1604", "S1701"):
            seed.write(NeedStatusChanged(need=need_id(place, "WAT01" if days == 2 else "LIT01"), status="verified", after=None),
                       at=begins + timedelta(days=days), by="ana")
    app = app_of(node)
    desk = as_role(app, "planner")
    for quarter in ("2026-Q2", "2026-Q3"):
        assert desk.post("/planner/indicators", data={"period": quarter, "csrf_token": token(desk)}).status_code == 303
    told = lines_of(desk, "indicator-hours", "period=2026-Q3")
    assert [(one["wait"], one["sex"], one["median_hours"], one["phones_at_least"]) for one in told] == [
        ("answer", "all", "24", "30"), ("done", "all", "", "")]
    assert "of at least 30 phones" in desk.get("/planner/indicators?period=2026-Q3&lang=en").text
    lines = {(line["kind"], line["figure"]): line for line in lines_of(desk, "compare", "of=periods&a=2026-Q2&b=2026-Q3")}
    line = lines["hours:all", "answer"]
    assert (line["value_a"], line["value_b"], line["difference"], line["phones_a"]) == ("48", "24", "-24", "30")
    page = desk.get("/planner/compare?of=periods&a=2026-Q2&b=2026-Q3&lang=en").text
    assert "Hours until somebody answered" in page
    assert "−24" in page
