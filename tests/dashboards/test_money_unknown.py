"""Where nobody knows what a need costs, no page and no file says that it costs nothing."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from gateway import ranking
from gateway.cli import main
from gateway.decisions import deciding
from gateway.matching import Lacking
from gateway.node import Node
from tests.dashboards.test_sheets import lines_of
from tests.ranking.planting import AS_OF, need_id

NEEDS = [f"N{n}" for n in range(1, 8)]
PAGES = ["/planner/ranking", "/planner/map", "/planner/flows", "/planner/pack", "/planner/place?place=S1701",
         "/planner/compare?a=S1701&b=C0502"]


def uncost(city: Node, *names: str) -> None:
    """The costs of these needs are taken back, and all is ranked anew."""
    for name in names:
        deciding.cost_need(city, need_id(name), None, source="a slip", by="ana")
    ranking.make(city, by="ana")


def words(desk: FlaskClient, address: str) -> str:
    page = desk.get(f"{address}{'&' if '?' in address else '?'}lang=en").text
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


@pytest.mark.parametrize(("label", "amounts", "said"), [
    ("no need lacks nothing", [], Lacking(0, 0)),
    ("all have a cost", [18_000, 0, 6_000], Lacking(24_000, 0)),
    ("some have none", [18_000, None, 6_000], Lacking(24_000, 1)),
    ("what is paid for lacks nothing, and the other is not known", [0, None], Lacking(0, 1)),
    ("none has a cost", [None, None], Lacking(None, 2)),
])
def test_a_sum_of_what_is_not_known_is_not_known(label: str, amounts: list[int | None], said: Lacking) -> None:
    assert Lacking.of(amounts) == said


def test_a_planner_reads_not_known_where_no_need_has_a_cost(desk: FlaskClient, city: Node) -> None:
    uncost(city, *NEEDS)
    assert "Demand without money (BOB) not known Needs without a cost 7" in words(desk, "/planner/ranking")
    assert "Without money: not known" in words(desk, "/planner/pack")
    assert "7 needs have no cost yet and cannot be bought." in words(desk, "/planner/pack?budget=60000")
    page = desk.get("/planner/map?lang=en").text
    assert set(re.findall(r'data-label="Without money">(.*?)</td>', page)) == {"not known"}
    assert "Without money (BOB) not known Needs without a cost 2" in words(desk, "/planner/place?place=S1701")
    row = re.search(r"Without money \(BOB\) (.*?) Needs without a cost", words(desk, "/planner/compare?a=S1701&b=C0502"))
    assert row is not None
    assert row[1] == "not known not known not known"


def test_a_planner_reads_at_least_where_some_needs_have_no_cost(desk: FlaskClient, city: Node) -> None:
    uncost(city, "N5")
    assert "Demand without money (BOB) at least 50,000; 1 need has no cost" in words(desk, "/planner/ranking")
    assert "Without money: at least 50,000; 1 need has no cost" in words(desk, "/planner/pack")
    assert "at least 0; 1 need has no cost" in words(desk, "/planner/map"), "of the two needs there, one is paid for"
    assert "Without money (BOB) at least 0 Needs without a cost 1" in words(desk, "/planner/place?place=S1701")
    assert "at least 0 26,000 not known" in words(desk, "/planner/compare?a=S1701&b=C0502"), "of at least so much nothing can be taken"


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize(("language", "unknown", "least"), [
    ("es", "no se sabe", "al menos 50.000"), ("fr", "inconnu", "au moins 50\u202f000"), ("ar", "غير معروف", "50,000 على الأقل")])
def test_the_words_are_the_readers(address: str, language: str, unknown: str, least: str, desk: FlaskClient, city: Node) -> None:
    uncost(city, "N5")
    if address == "/planner/ranking":
        assert least in re.sub(r"<[^>]+>", "", desk.get(f"{address}?lang={language}").text)
    uncost(city, *(name for name in NEEDS if name != "N5"))
    assert unknown in desk.get(f"{address}{'&' if '?' in address else '?'}lang={language}").text


def test_a_file_leaves_open_what_is_not_known(desk: FlaskClient, city: Node) -> None:
    uncost(city, "N5")
    figures = {line["figure"]: line["value"] for line in lines_of(desk, "ranking-figures", "")}
    assert (figures["unfunded"], figures["without_cost"]) == ("50000", "1")
    flows = {(line["category"], line["reason"]): (line["unfunded"], line["without_cost"]) for line in lines_of(desk, "flows", "")}
    assert flows["SAN", "no_component"] == ("", "1")
    area = next(line for line in lines_of(desk, "areas", "") if line["place_code"] == "S1701")
    assert (area["unfunded"], area["without_cost"]) == ("0", "1")
    compared = next(line for line in lines_of(desk, "compare", "a=S1701&b=C0502") if line["figure"] == "unfunded")
    assert (compared["value_a"], compared["at_least_a"], compared["at_least_b"], compared["difference"]) == ("0", "true", "false", "")
    place = next(line for line in lines_of(desk, "place", "place=S1701") if line["figure"] == "unfunded")
    assert (place["value"], place["at_least"]) == ("0", "true")
    uncost(city, *(name for name in NEEDS if name != "N5"))
    figures = {line["figure"]: line["value"] for line in lines_of(desk, "ranking-figures", "")}
    assert (figures["unfunded"], figures["without_cost"]) == ("", "7")
    assert {line["unfunded"] for name in ("areas", "flows", "ranking") for line in lines_of(desk, name, "")} == {""}


@pytest.mark.parametrize(("label", "without", "said"), [
    ("some", ["N5"], "unfunded at least 50000, and 1 need(s) that nobody has put a cost to"),
    ("all", NEEDS, "unfunded not known: nobody has put a cost to any of 7 need(s)")])
def test_the_command_says_it_too(label: str, without: list[str], said: str, city: Node, monkeypatch: pytest.MonkeyPatch,
                                 capsys: pytest.CaptureFixture[str]) -> None:
    uncost(city, *without)
    monkeypatch.setenv("BARRIO_CONFIG", str(city.config.directory / "config.toml"))
    assert main(["rank", "--as-of", AS_OF.isoformat()]) == 0
    assert said in capsys.readouterr().out
