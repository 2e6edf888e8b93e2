"""Whatever a phone can send is text on every page and in every file, and never breaks one."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboards import exports
from dashboards.text import storable, visible
from gateway.journal.canonical import derived_id
from gateway.node import Node
from tests.dashboards.planting import Seed, as_role, need_id, sign_in, token

HOSTILE = [
    ("a script", "<script>alert(1)</script>"),
    ("an image with a handler", '"><img src=x onerror=alert(1)>'),
    ("a template", "{{7*7}}${7*7}<%= 7*7 %>"),
    ("a template statement", "{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}"),
    ("a percent format", "%(city)s %s %d %n"),
    ("a right-to-left override", "abc\u202edcba\u2066x\u2069"),
    ("NUL and controls", "a\x00b\x07c\x1b[31md\x7f"),
    ("lone surrogates", "x\ud800y\udfff"),
    ("64 kB", "palabra " * 8192),
    ("64 kB without a space", "x" * 65536),
    ("line breaks of every kind", "a\r\nb\u2028c\u2029d\x85e"),
    ("a formula", '=HYPERLINK("http://elsewhere.example";"click")'),
    ("a formula after a minus", "-2+3+cmd|' /C calc'!A0"),
    ("a formula in wide letters", "\uff1dSUM(A1)"),
    ("combining marks", "Z" + "\u0337\u0351" * 200),
    ("emoji and flags", "👩‍👩‍👧‍👦🇧🇴"),
    ("nothing", ""),
]


@pytest.fixture
def planted(seed: Seed) -> Seed:
    seed.works()
    seed.accounts()
    with seed.together():
        for _, text in HOSTILE:
            seed.report(text)
            seed.report(text, place=None, category=None, place_text=storable(text)[:300] or None)
            seed.report(text, restricted=True)
            seed.unread(text)
    return seed


def test_every_page_prints_hostile_texts_as_text(app: Flask, planted: Seed) -> None:
    client = as_role(app, "focal")
    for path in ("/planner/", f"/planner/needs/{need_id('S1604', 'WAT01')}", "/planner/inbox", "/planner/outbox", "/planner/restricted",
                 "/officer/landmarks", f"/planner/inbox/{derived_id('message', '4')}/read"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        page = answer.data.decode()
        for dangerous in ("<script>alert", "<img src=x", ">49", "\u202e", "\x00", "\x1b", "\u2028"):
            assert dangerous not in page.split("<main")[1].replace("&#34;", ""), (path, dangerous)
    page = client.get(f"/planner/needs/{need_id('S1604', 'WAT01')}").text
    for shown in ("&lt;script&gt;alert(1)", "{{7*7}}", "%(city)s", "abc[U+202E]dcba", "a[U+0000]b", "👩‍👩‍👧‍👦🇧🇴", "x\ufffdy\ufffd"):
        assert shown in page, shown


@pytest.mark.parametrize(("label", "text"), HOSTILE, ids=[label for label, _ in HOSTILE])
def test_trying_a_hostile_text(label: str, text: str, app: Flask, seed: Seed) -> None:
    seed.accounts()
    client = as_role(app, "planner")
    answer = client.post("/planner/try", data={"csrf_token": token(client), "text": text.encode("utf-8", "surrogatepass")})
    assert answer.status_code == 200
    assert "<script>" not in answer.text
    assert "<img src=x" not in answer.text


@pytest.mark.parametrize("path", [
    "/?district=%3Cscript%3E&lang=%3Cscript%3E", "/?_external=1&_scheme=javascript&endpoint=x&lang=fr&_anchor=%3Cscript%3E",
    "/track?reference=%3Cscript%3E", "/nope%3Cscript%3E", "//elsewhere.example/%2e%2e", "/planner/needs/%3Cscript%3E",
    "/planner/?page=9&page=%3Cscript%3E&x=%22%3E%3Cscript%3E", "/sign-in?next=%22%3E%3Cscript%3E", "/planner/export/%3Cscript%3E.csv",
    "/planner/export/needs.%3Cscript%3E", "/pages/..%2f__init__.py", "/pages/barrio.css%00",
])
def test_a_hostile_address(path: str, app: Flask, seed: Seed) -> None:
    seed.accounts()
    for client in (app.test_client(), as_role(app, "planner")):
        answer = client.get(path, follow_redirects=False)
        assert answer.status_code < 500
        assert b"<script>" not in answer.data
        assert b"javascript:" not in answer.data
        assert b'href="//' not in answer.data
        assert b"__future__" not in answer.data


def test_a_hostile_name_or_password(client: FlaskClient) -> None:
    for name in ("<script>", "a\x00b", "\ud800", "x" * 50_000, "' OR 1=1 --"):
        answer = sign_in(client, name.encode("utf-8", "surrogatepass"), name.encode("utf-8", "surrogatepass"))  # type: ignore[arg-type]
        assert answer.status_code in (403, 429)
        assert "<script>" not in answer.text


def test_csv_cells_are_never_formulas_and_everything_else_comes_back(node: Node, planted: Seed) -> None:
    rows = list(csv.DictReader(io.StringIO(b"".join(exports.stream(node, "messages", "csv")).decode(), newline="")))
    assert len(rows) == 4 * len(HOSTILE)
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")]
    texts = {row["text"] for row in rows}
    for label, text in HOSTILE:
        if "formula" in label:
            assert f"'{text}" in texts
        elif "surrogates" not in label and "NUL" not in label:
            assert text in texts, label


def test_json_lines_hold_one_row_a_line_and_the_text_verbatim(node: Node, planted: Seed) -> None:
    file = b"".join(exports.stream(node, "messages", "jsonl")).decode()
    lines = file.splitlines()
    assert len(lines) == 4 * len(HOSTILE)
    texts = {json.loads(line)["text"] for line in lines}
    assert {text for _, text in HOSTILE} <= texts


def test_an_excel_file_holds_no_formula_no_link_and_no_broken_letter(node: Node, planted: Seed) -> None:
    with zipfile.ZipFile(io.BytesIO(b"".join(exports.stream(node, "messages", "xlsx")))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "hyperlink" not in " ".join(book.namelist()).lower()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    assert "&lt;script&gt;" in sheet


@pytest.mark.parametrize(("label", "text", "expected"), [
    ("plain", "no hay agua", "no hay agua"),
    ("a Windows line break", "a\r\nb", "a\nb"),
    ("an override", "a\u202eb", "a[U+202E]b"),
    ("NUL", "a\x00b", "a[U+0000]b"),
    ("a lone surrogate", "a\ud800b", "a\ufffdb"),
    ("Arabic stays", "ماكاينش الما", "ماكاينش الما"),
    ("nothing", None, ""),
])
def test_what_is_printed_of_a_text(label: str, text: str | None, expected: str) -> None:
    assert visible(text) == expected
