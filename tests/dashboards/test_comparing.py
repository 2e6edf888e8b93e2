"""Two places or two quarters side by side: what a difference is made of, and what it may never tell."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from dashboards import compared, indicators
from dashboards.compared import Pair
from dashboards.indicators import Counted, Said
from gateway.decisions import releasing
from gateway.node import Node
from tests.dashboards.test_sheets import lines_of
from tests.ranking.planting import need_id
from tests.ranking.test_gathered import restrict


def quarter(lamps: int, women: int = 30) -> Counted:
    said = [Said("S1600", "WAT", "waiting", "F" if n < women else "M", f"a{n}") for n in range(60)]
    said += [Said("C0800", what, "done", "M", f"{what}{n}") for what, many in (("WST", 25), ("LIT", lamps)) for n in range(many)]
    return indicators.count(said, 10)


def told(pairs: list[Pair]) -> dict[tuple[str, str], tuple[float | None, float | None, float | None]]:
    return {(pair.kind, pair.name): (pair.a, pair.b, pair.difference) for pair in pairs}


def test_two_places_of_the_worked_example(desk: FlaskClient) -> None:
    lines = {line["figure"]: line for line in lines_of(desk, "compare", "a=S1701&b=C0502")}
    assert (lines["needs"]["value_a"], lines["needs"]["value_b"], lines["needs"]["difference"]) == ("2", "2", "0")
    assert (lines["unfunded"]["value_a"], lines["unfunded"]["value_b"], lines["unfunded"]["difference"]) == ("210000", "26000", "-184000")
    assert float(lines["highest"]["value_a"]) == pytest.approx(67.50, abs=0.005)
    assert float(lines["highest"]["value_b"]) == pytest.approx(53.58, abs=0.005)
    assert (lines["RSK"]["value_a"], lines["RSK"]["value_b"]) == ("1", "0")
    page = desk.get("/planner/compare?a=S1701&b=C0502&lang=en").text
    assert "−184,000" in page


def test_a_place_holds_what_lies_in_it(desk: FlaskClient) -> None:
    district = {line["figure"]: line["value_a"] for line in lines_of(desk, "compare", "a=S1700&b=S1701")}
    assert district["needs"] == "2"


def test_two_quarters_side_by_side() -> None:
    pairs = told(compared.quarters(quarter(20), quarter(35), None))
    assert pairs["told", "all"] == (105, 120, 15)
    assert pairs["what", "LIT"] == (20, 35, 15)
    assert pairs["place", "S1600"] == (60, 60, 0)
    assert pairs["sex", "F"] == (30, 30, 0)


@pytest.mark.parametrize(("label", "a", "b"), [
    ("hidden in the first", quarter(9), quarter(30)),
    ("hidden in the second", quarter(30), quarter(9)),
    ("hidden in both", quarter(9), quarter(8)),
    ("nothing is told of one", Counted(), quarter(30)),
])
def test_what_is_hidden_has_no_difference(label: str, a: Counted, b: Counted) -> None:
    pair = told(compared.quarters(a, b, None))["what", "LIT"]
    assert None in pair[:2]
    assert pair[2] is None
    for one, other, difference in told(compared.quarters(a, b, 0.52)).values():
        assert (difference is None) == (one is None or other is None), "nothing else may be made of what is told"


def test_at_least_so_much_is_no_number_to_take_from() -> None:
    a, b = quarter(20), quarter(35)
    assert next(card for card in indicators.cards(a) if card.id == "declared").at_least
    assert told(compared.quarters(a, b, None))["card", "declared"] == (None, None, None)


def test_what_is_restricted_is_compared_with_nothing(desk: FlaskClient, city: Node) -> None:
    with city.database.reading() as c:
        reports = [row[0] for row in c.exec_driver_sql(f"SELECT id FROM report WHERE need = '{need_id('N1')}'")]
    restrict(city, *reports)
    lines = {line["figure"]: line for line in lines_of(desk, "compare", "a=S1701&b=C0502")}
    assert lines["needs"]["value_a"] == "1"
    assert "RSK" not in lines


@pytest.mark.parametrize(("label", "query", "status", "words"), [
    ("nothing was chosen", "", 200, "Choose two to compare."),
    ("one side alone", "a=S1701", 200, "Choose two to compare."),
    ("no such place", "a=nowhere&b=S1701", 200, "Choose two to compare."),
    ("no such quarter", "of=periods&a=1999-Q1&b=1999-Q2", 404, "1999-Q1"),
    ("the two newest quarters", "of=periods", 200, "2024-Q4"),
])
def test_questions(label: str, query: str, status: int, words: str, desk: FlaskClient, city: Node) -> None:
    for name, lamps in (("2024-Q3", 20), ("2024-Q4", 30)):
        releasing.release(city, name, indicators.packed(quarter(lamps)), 10, by="ana")
    answer = desk.get(f"/planner/compare?{query}&lang=en")
    assert answer.status_code == status
    assert words in answer.text


@pytest.mark.parametrize(("language", "shares", "money"), [
    ("en", "70.00 %", "−184,000"), ("es", "70,00 %", "−184.000"), ("fr", "70,00 %", "−184\u202f000"), ("ar", "70.00 %", "−184,000")])
def test_decimals_and_thousands_are_written_as_the_reader_writes_them(language: str, shares: str, money: str,
                                                                      desk: FlaskClient) -> None:
    """A planner reads 60,40 beside 60.400 and never one for the other; a share says that it is one, and money in what."""
    page = desk.get(f"/planner/compare?a=S1701&b=C0502&lang={language}").text
    assert shares in page
    assert money in page
    assert "(BOB)" in page
