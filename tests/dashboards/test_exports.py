"""The same facts as the pages, as files: exact names, whole round trips, a thousand rows at a time."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

import pytest
from flask import Flask

from dashboards import exports
from gateway.decisions import planning
from gateway.errors import Problem
from gateway.node import Node
from tests.conftest import MakeNode
from tests.dashboards.planting import Seed, as_role, need_id

NAMES = {
    "messages": ["channel", "provider_id", "sender", "received_at", "text", "outcome"],
    "reports": ["id", "provider_id", "reference", "category", "place_code", "severity", "people", "language", "need", "restricted",
                "received_at"],
    "needs": ["id", "category", "place_code", "status", "people", "reports", "priority", "works"],
    "links": ["need", "category", "place_code", "work", "programme", "why", "by", "at"],
    "outbox": ["id", "channel", "sender", "answers", "kind", "language", "text", "segments", "state", "queued_at", "settled_at",
               "provider_id", "reason"],
}


def plant(node: Node) -> Seed:
    seed = Seed(node)
    seed.works()
    seed.report('hay "basura", mucha\nen la esquina', category="WST01", people=20, severity=3, urgency=3)
    seed.report("ماكاينش الما", language="ar", place="S1701")
    seed.report("sin agua", place="S1701", restricted=None)
    seed.report("no se donde", place=None)
    for work in ("W-2", "W-1"):
        planning.link_need(node, need_id("S1604", "WST01"), work, why="near", by="ana")
    return seed


def csv_rows(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode(), newline="")))


def xlsx_rows(file: bytes) -> list[list[str]]:
    """The cells of the first sheet as text; the workbook uses inline strings, so no library is needed to read it."""
    with zipfile.ZipFile(io.BytesIO(file)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    return [re.findall(r"<c [^>]*?(?:/>|>(.*?)</c>)", row, re.S) for row in re.findall(r"<row [^>]*>(.*?)</row>", sheet, re.S)]


@pytest.mark.parametrize("what", list(NAMES))
def test_every_format_tells_the_same_on_both_databases(what: str, make_node: MakeNode, database_url: str) -> None:
    node = make_node(database_url=database_url)
    plant(node)
    rows = list(exports.rows(node, what))
    assert rows
    assert [list(row) for row in rows] == [NAMES[what]] * len(rows)
    files = {format: b"".join(exports.stream(node, what, format)) for format in ("jsonl", "csv", "xlsx")}
    assert [json.loads(line) for line in files["jsonl"].splitlines()] == rows
    spelled = [{name: " ".join(v) if isinstance(v, list) else "" if v is None else str(v).lower() if isinstance(v, bool) else str(v)
                for name, v in row.items()} for row in rows]
    assert csv_rows(files["csv"]) == spelled
    head, *lines = xlsx_rows(files["xlsx"])
    assert [re.sub("<[^>]*>", "", cell) for cell in head] == NAMES[what]
    assert len(lines) == len(rows)
    written = io.BytesIO()
    exports.write(node, what, "csv", written)
    assert written.getvalue() == files["csv"]


def test_needs_have_people_priority_and_works(node: Node) -> None:
    plant(node)
    rows = {row["id"]: row for row in exports.rows(node, "needs")}
    waste = rows[need_id("S1604", "WST01")]
    assert (waste["people"], waste["reports"], waste["priority"], waste["works"]) == (1, 1, 3.01, ["W-1", "W-2"])


@pytest.mark.parametrize(("label", "people", "urgency", "priority"), [
    ("one phone", 1, 2, 2.01),
    ("many phones weigh at most .99", 120, 4, 4.99),
])
def test_priority(label: str, people: int, urgency: int, priority: float, node: Node, seed: Seed) -> None:
    with seed.together():
        for _ in range(people):
            seed.report(urgency=urgency)
    [row] = exports.rows(node, "needs")
    assert row["priority"] == priority


def test_geojson_has_a_point_where_the_city_knows_one(node: Node, seed: Seed) -> None:
    without = next(row["code"] for row in node.city.places if row["kind"] == "zone" and not row["lat"])
    seed.report()
    seed.report(place=without)
    features = json.loads(b"".join(exports.stream(node, "needs", "geojson")))["features"]
    points = {f["properties"]["place_code"]: f["geometry"] for f in features}
    place = node.city.place["S1604"]
    assert points["S1604"] == {"type": "Point", "coordinates": [float(place["lon"]), float(place["lat"])]}
    assert points[without] is None
    assert all(list(f["properties"]) == NAMES["needs"] for f in features)


def test_a_file_without_rows_is_still_a_file(node: Node) -> None:
    for what in NAMES:
        assert b"".join(exports.stream(node, what, "jsonl")) == b""
        assert csv_rows(b"".join(exports.stream(node, what, "csv"))) == []
        assert len(xlsx_rows(b"".join(exports.stream(node, what, "xlsx")))) == 1
    assert json.loads(b"".join(exports.stream(node, "needs", "geojson"))) == {"type": "FeatureCollection", "features": []}


def test_rows_are_read_a_chunk_at_a_time_and_each_once(node: Node, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(25):
        seed.report(f"texto {n}")
    taken = []
    for size in (4, 5, 25, 26):
        monkeypatch.setattr(exports, "CHUNK", size)
        taken.append(sorted(row["text"] for row in exports.rows(node, "messages")))
    assert taken == [sorted(f"texto {n}" for n in range(25))] * 4


def test_a_writer_is_not_kept_waiting_by_a_slow_reader(node: Node, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "CHUNK", 2)
    for _ in range(6):
        seed.report()
    reading = exports.rows(node, "messages")
    next(reading)
    seed.report("while somebody downloads")  # would time out on a reader that holds its transaction
    assert len(list(reading)) >= 5


@pytest.mark.parametrize(("what", "format"), [("messages", "geojson"), ("needs", "pdf"), ("accounts", "csv"), ("contact", "jsonl")])
def test_what_cannot_be_exported_is_refused_before_the_first_byte(what: str, format: str, node: Node) -> None:
    with pytest.raises(Problem, match=r"cannot be exported|Formats"):
        exports.stream(node, what, format)


def test_a_planner_downloads_what_the_page_offers(app: Flask, node: Node) -> None:
    plant(node).accounts()
    client = as_role(app, "planner")
    offered = re.findall(r'href="(/planner/export/[^"]+)"', client.get("/planner/export").text)
    assert len(offered) == 21
    for address in offered:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.mimetype == exports.TYPES[address.rpartition(".")[2]].partition(";")[0]
