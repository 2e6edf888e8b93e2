"""Every number on a page of the desk is the number in its file: a walk over the pages of the worked example, and what a file may hold."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

import pytest
from flask.testing import FlaskClient

from dashboards import exports, indicators, mobility, sheets, waits
from dashboards.indicators import Said
from dashboards.waits import Told
from gateway import ranking
from gateway.cli import main
from gateway.decisions import deciding, releasing, ruling
from gateway.matching import Decision
from gateway.matching.values import FACTORS
from gateway.node import Node
from tests.ranking.planting import need_id
from tests.ranking.test_gathered import restrict

# the pages, and the sheets that hold their numbers
WALK = [("/planner/ranking", ["ranking", "ranking-figures"]), ("/planner/ranking?covered=gap", ["ranking", "ranking-figures"]),
        ("/planner/ranking?place=S1701", ["ranking", "ranking-figures"]),
        ("/planner/watch", ["watch"]), ("/planner/proposals", ["proposals"]), ("/planner/map", ["areas", "clusters"]),
        ("/planner/budget?budget=60000", ["budget", "budget-figures"]),
        ("/planner/budget?budget=30000&floor=0", ["budget", "budget-figures"]),
        ("/planner/budget?budget=45000&severity=90", ["budget", "budget-figures"]),
        ("/planner/flows", ["flows"]), ("/planner/flows?place=S1701&measure=unfunded", ["flows"]),
        ("/planner/flows?answer=linked&measure=priority", ["flows"]), ("/planner/ages", ["ages"]), ("/planner/ages?category=LIT", ["ages"]),
        ("/planner/trends", ["trends", "months"]), ("/planner/trends?by=what&place=S1701", ["trends", "months"]),
        ("/planner/trends?by=sex&category=WAT", ["trends", "months"]),
        ("/planner/place?place=S1701", ["place", "ranking"]),
        ("/planner/compare?a=S1701&b=C0502", ["compare"]), ("/planner/compare?of=periods&a=2024-Q3&b=2024-Q4", ["compare"]),
        ("/planner/indicators?period=2024-Q4", ["indicators", "indicator-counts", "indicator-hours"]),
        ("/planner/trips?period=2024-Q4", ["trips", "trip-minutes", "trip-figures"]),
        ("/planner/pack", ["agenda", "minutes"]), ("/planner/pack?needs=3", ["agenda", "minutes"]),
        ("/planner/pack?budget=60000", ["agenda", "minutes", "budget", "budget-figures"])]
# pages of the desk whose numbers are in no sheet, and where they are instead
ELSEWHERE = {"/planner/weights": "fields of a form: `weights`, compared below",
             "/planner/views": "names and addresses, no numbers"}
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w.])")


@pytest.fixture
def city(city: Node) -> Node:
    """With a quarter told, and two points of the agenda decided."""
    with city.database.reading() as c:
        run = ranking.runs(c)[0].id
    for name, decided in (("N1", {"decision": "taken_up", "work": "G1"}), ("N3", {"decision": "postponed", "until": "2025-09-01"})):
        ruling.decide(city, need_id(name), ruling.Said(met_on="2025-03-01", run=run, **decided), by="ana")
    told = [Said(("S1600", "C0800", "M0900")[n % 3], ("WAT", "WST")[n % 3 == 1], ("done", "confirmed", "waiting")[n % 3],
                 "FM"[n % 2] if n % 5 else None, f"s{n % 90}") for n in range(130)]
    legs = [mobility.Said(("S1600", "C0800", "M0900")[n % 3], "FM"[n % 2] if n % 5 else None, ("care", "work", "shopping")[n % 7 % 3],
                          10 + n % 11 * 5, 1 + n % 5, f"t{n // 2}", f"s{n % 170}") for n in range(400)]
    hours = {name: {"all": Told(37, 80), "F": Told(41, 40), "M": Told(29, 30)} for name in waits.WAITS}
    packed = waits.into(mobility.into(indicators.packed(indicators.count(told, 10)), mobility.count(legs, 10)), hours)
    releasing.release(city, "2024-Q4", packed, 10, by="ana")
    releasing.release(city, "2024-Q3", waits.into(indicators.packed(indicators.count(told[:70], 10)), {"answer": {"all": Told(53, 60)}}),
                      10, by="ana")
    return city


def lines_of(desk: FlaskClient, name: str, query: str) -> list[dict[str, str]]:
    answer = desk.get(f"/planner/sheets/{name}.csv?{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


def spellings(value: str) -> set[str]:
    """How a page may write a number of a file."""
    try:
        number = abs(float(value))  # a page writes the sign of a difference apart
    except ValueError:
        return {found.replace(",", "") for found in NUMBER.findall(value)}
    return {f"{number:.{digits}f}" for digits in (0, 2, 3, 4)} | {f"{100 * number:.2f}", f"{number:g}"}


def numbers_on(page: str) -> list[str]:
    """The numbers of the tables and of the figures, without dates and ids."""
    shown = re.findall(r"<tbody.*?</tbody>|<dl class=\"figures.*?</dl>|<summary>.*?</summary>|<dd>.*?</dd>|<article.*?<form"
                       r"|<section aria-labelledby=\"(?:agenda|buys|dispatch)\">.*?</section>", page, re.S)
    found = []
    for part in shown:
        text = re.sub(r"<h[23].*?</h[23]>|<a .*?</a>", " ", part, flags=re.S)
        text = re.sub(r"(?:<bdi|<code|<small dir=\"ltr\">[A-Z])[^>]*>.*?</(?:bdi|code|small)>", " ", text, flags=re.S)  # names, not figures
        text = re.sub(r"<th .*?</th>|<time.*?</time>|<dt>.*?</dt>|<option.*?</option>", " ", text, flags=re.S)
        text = re.sub(r"[A-Z][a-z]{2} \d+, \d{4}(?:, \d+:\d\d\s[AP]M)?", " ", text)
        text = re.sub(r"data-label=\"[^\"]*\"", " ", text)
        found += [number.replace(",", "") for number in NUMBER.findall(re.sub(r"<[^>]+>", " ", text))]
    return found


@pytest.mark.parametrize(("address", "names"), WALK)
def test_every_number_on_a_page_is_in_its_file(address: str, names: list[str], desk: FlaskClient) -> None:
    path, _, query = address.partition("?")
    page = desk.get(f"{path}?{query}&lang=en").text
    told = {spelling for name in names for line in lines_of(desk, name, query) for value in line.values() for spelling in spellings(value)}
    numbers = numbers_on(page)
    assert len(numbers) > (0 if "watch" in address else 5), "there is something to compare"
    assert [number for number in numbers if number not in told] == []


def test_every_page_of_the_desk_and_every_file_is_walked(desk: FlaskClient) -> None:
    """No page is forgotten: what the menu leads to is walked with all the files that it offers, or it is said why it has none."""
    menu = re.search(r'<nav class="pages" aria-label="Planning">.*?</nav>', desk.get("/planner/ranking?lang=en").text, re.S)
    assert menu is not None
    pages = {address for address in re.findall(r'href="(/planner/[^"?]*)"', menu[0])}
    assert len(pages) > 12
    assert pages - {address.partition("?")[0] for address, _ in WALK} - set(ELSEWHERE) == set()
    for address, names in WALK:
        offered = set(re.findall(r'href="/planner/sheets/([\w-]+)\.', desk.get(address).text))
        assert offered <= set(names), address
        assert offered, address
    assert {name for _, names in WALK for name in names} | {"weights"} == set(sheets.SHEETS)


def test_the_list_of_needs_says_what_its_file_says(desk: FlaskClient, city: Node) -> None:
    page = desk.get("/planner/?status=all&lang=en").text
    rows = {found[1]: re.findall(r'data-label="(?:People|Reports|Works)">\s*(?:<span[^>]*>)?(\w+)', row)
            for row in re.findall(r"<tr.*?</tr>", page, re.S) if (found := re.search(r"/planner/needs/(\w+)", row))}
    told = [json.loads(line) for line in desk.get("/planner/export/needs.jsonl").text.splitlines()]
    assert rows == {need["id"]: [str(need["people"]), str(need["reports"]), str(len(need["works"]) or "none")] for need in told}
    assert [works for _, _, works in rows.values() if works != "none"] == ["1"]


def test_the_weights_are_those_of_the_file(desk: FlaskClient, city: Node) -> None:
    def stand() -> dict[str, str]:
        page = desk.get("/planner/weights").text
        return {name: re.search(f'id="{name}"[^>]*value="([^"]*)"', page)[1] for name in (*FACTORS, "floor", "deprived_from")}  # type: ignore[index]
    assert len(lines_of(desk, "weights", "")) == 1
    for weights in ({"severity": .5, "demand": .5}, {"waiting": 1.0}):
        deciding.decide_weights(city, Decision(id=f"R{len(weights)}", decided_on="2025-02-01", source="acta",
                                               weights=dict.fromkeys(FACTORS, 0.0) | weights), by="ana")
    lines = lines_of(desk, "weights", "")
    assert len(lines) == 3
    assert stand() == {name: f"{float(lines[0][name]) * (1 if name == 'deprived_from' else 100):g}" for name in stand()}


def test_a_number_that_is_changed_is_found(desk: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the walk: a file that rounds otherwise, or counts another run, does not pass."""
    read = sheets.SHEETS["ranking"]
    monkeypatch.setitem(sheets.SHEETS, "ranking", (read[0], lambda *asked: (
        row | {name: row[name] + 0.01 for name in ("priority", "low", "high")} for row in read[1](*asked))))
    with pytest.raises(AssertionError):
        test_every_number_on_a_page_is_in_its_file("/planner/ranking", ["ranking", "ranking-figures"], desk)


def test_each_need_has_the_same_numbers_on_the_page_and_in_the_file(desk: FlaskClient) -> None:
    page = desk.get("/planner/ranking?lang=en").text
    rows = {found[1]: re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr.*?</tr>", page, re.S)
            if (found := re.search(r"/planner/needs/(\w+)", row))}
    lines = lines_of(desk, "ranking", "")
    assert [line["need"] for line in lines] == list(rows)
    for line in lines:
        assert f"{float(line['priority']):.2f}" in rows[line["need"]].split()
        assert f"{int(line['unfunded']):,}" in rows[line["need"]].split()


@pytest.mark.parametrize("name", sorted(sheets.SHEETS))
def test_the_command_writes_what_the_page_offers(name: str, desk: FlaskClient, city: Node, monkeypatch: pytest.MonkeyPatch,
                                                 capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    monkeypatch.setenv("BARRIO_CONFIG", str(city.config.directory / "config.toml"))
    for format in exports.formats(name):
        assert main(["export", name, "--format", format, "--ask", "budget=60000"]) == 0
        written, offered = capfdbinary.readouterr().out, desk.get(f"/planner/sheets/{name}.{format}?budget=60000").data
        if format == "xlsx":  # a workbook holds the hour it was made
            written, offered = (zipfile.ZipFile(io.BytesIO(file)).read("xl/worksheets/sheet1.xml") for file in (written, offered))
        assert written == offered, format


def test_words_of_people_are_no_formulas_and_numbers_are_numbers(desk: FlaskClient, city: Node) -> None:
    deciding.cost_need(city, need_id("N5"), 210000, source="=cmd|' /C calc'!A0", by="ana")
    ranking.make(city, by="ana")
    sheet = zipfile.ZipFile(io.BytesIO(desk.get("/planner/sheets/ranking.xlsx").data)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert re.search(r'<c r="F2"[^>]*><v>67\.5', sheet), "the priority is a number"
    hxl = desk.get("/planner/sheets/ranking.hxl").text.splitlines()
    assert hxl[1].startswith("#meta+run,#meta+rank,#meta+id,#sector+code,#adm3+code,#indicator+priority+num")
    features = json.loads(desk.get("/planner/sheets/ranking.geojson").data)["features"]
    assert {feature["geometry"]["type"] for feature in features} == {"Point"}
    assert {feature["id"] for feature in features} == {need_id(f"N{i}") for i in range(1, 8)}


def test_what_may_not_be_shown_is_in_no_file(desk: FlaskClient, city: Node) -> None:
    with city.database.reading() as c:
        reports = [row[0] for row in c.exec_driver_sql(f"SELECT id FROM report WHERE need = '{need_id('N2')}'")]
    restrict(city, *reports)
    for name in sheets.SHEETS:
        for format in exports.formats(name):
            assert need_id("N2").encode() not in desk.get(f"/planner/sheets/{name}.{format}?budget=900000").data, (name, format)


@pytest.mark.parametrize(("address", "status"), [
    ("ranking.pdf", 404), ("nothing.csv", 404), ("ranking.csv?run=nothing", 404), ("budget.csv?budget=much", 409),
    ("indicators.geojson", 404), ("budget.csv", 200)])
def test_what_makes_no_sense_is_said_before_the_file_begins(address: str, status: int, desk: FlaskClient) -> None:
    assert desk.get(f"/planner/sheets/{address}").status_code == status


def test_a_question_that_is_none_is_a_usage_fault(city: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARRIO_CONFIG", str(city.config.directory / "config.toml"))
    assert main(["export", "budget", "--ask", "60000"]) == 2


@pytest.mark.parametrize(("name", "number"), [("indicator-counts", "reports"), ("trends", "reports"), ("trips", "legs"),
                                              ("trip-minutes", "median")])
def test_a_file_says_what_is_hidden_and_not_how_few_it_is(name: str, number: str, desk: FlaskClient) -> None:
    lines = [line for line in lines_of(desk, name, "by=what") if line.get("sex") != "F-M"]
    assert {line["hidden"] for line in lines} <= {"true", "false"}
    assert [line["hidden"] == "true" for line in lines] == [line[number] == "" for line in lines]
    if name in ("indicator-counts", "trips"):
        assert {line["hidden"] for line in lines} == {"true", "false"}, "both are there"
