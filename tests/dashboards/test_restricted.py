"""A restricted report is read by the focal point and by nobody else: not on a page, not in a file, not in a count."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO

import pytest
from flask import Flask

from dashboards import exports
from gateway.journal.canonical import derived_id, iso
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.facts.residents import CommandGiven, MessageReceived, ReportCompleted
from gateway.node import Node
from tests.dashboards.planting import NOW, Seed, as_role, need_id

SECRETS = ("ZZSECRETWORDS", "ZZADDITION", "ZZQUESTION", "ZZPLACE")
ALONE = need_id("P1314", "SAF03")


@pytest.fixture
def planted(seed: Seed) -> Seed:
    """An open report and restricted ones: alone, inside a need with others, completed and asked about later, unclassified."""
    seed.works()
    seed.accounts()
    seed.report("no hay agua")
    alone = seed.report("ZZSECRETWORDS one", category="SAF03", place="P1314", restricted=True, intent="protection", sender="zz1")
    seed.report("ZZSECRETWORDS two", restricted=True, sender="zz2")
    for message, text in (("later", "ZZADDITION en ZZPLACE"), ("asked", "ZZQUESTION 12345")):
        seed.write(MessageReceived(message=message, sender="zz1", channel="twilio", provider_id=message, text=text, received_at=iso(NOW)))
    seed.write(ReportCompleted(report=seed.ids[alone], message="later", sender="zz1", place_text="ZZPLACE"),
               CommandGiven(message="asked", sender="zz1", intent="add", language="es", report=seed.ids[alone], reference=alone),
               ReplyQueued(reply="r-asked", sender="zz1", channel="twilio", kind="ack_neutral", language="es", text="ZZQUESTION",
                           segments=1, due_at=iso(NOW), message="asked"))
    return seed


PAGES = ("/", "/?district=P1300", "/planner/", "/planner/?status=all&category=SAF", f"/planner/needs/{need_id('S1604', 'WAT01')}",
         f"/planner/needs/{ALONE}", "/planner/inbox", "/planner/outbox", "/planner/quarantine", "/planner/export", "/planner/try",
         "/planner/restricted/log", "/planner/restricted/counts", "/officer/landmarks", "/officer/landmarks/pin?phrase=ZZ+PLACE",
         *(f"/planner/inbox/{m}/read" for m in ("later", "asked", derived_id("message", "2"))))


@pytest.mark.parametrize("role", ["anonymous", "officer", "planner", "admin", "focal"])
def test_no_page_shows_it(role: str, app: Flask, planted: Seed) -> None:
    planted.report("ZZSECRETWORDS three", restricted=None, need=False, place=None)
    client = as_role(app, role)
    for path in PAGES:
        page = client.get(path).text
        for secret in (*SECRETS, "protection", *planted.references_of("ZZSECRETWORDS")):
            assert secret not in page.split("<main")[-1], (path, secret)


def test_the_focal_point_reads_it(app: Flask, planted: Seed) -> None:
    client = as_role(app, "focal")
    one, two = planted.references_of("ZZSECRETWORDS")
    listed = client.get("/planner/restricted").text
    assert one in listed
    assert two in listed
    assert "ZZSECRET" not in listed, "words are read one report at a time"
    assert "10005" not in listed.split("<main")[-1]
    page = client.get(f"/planner/restricted/{planted.ids[one]}").text
    for said in ("ZZSECRETWORDS one", "ZZADDITION en ZZPLACE", "ZZQUESTION 12345"):
        assert said in page
    assert "ZZSECRETWORDS two" not in page, "another phone's"


def test_it_counts_nowhere_and_a_need_made_of_it_alone_cannot_be_decided_about(app: Flask, planted: Seed, node: Node) -> None:
    client = as_role(app, "planner")
    page = client.get("/planner/?lang=en").text
    assert page.count('<tr role="row">') == 2, "the head and one need"
    assert 'data-label="People">1<' in page
    assert 'data-label="Reports">1<' in page
    assert client.get(f"/planner/needs/{ALONE}").status_code == 404
    [need] = exports.rows(node, "needs")
    assert (need["people"], need["reports"]) == (1, 1)


def test_files_keep_its_row_and_lose_its_words(app: Flask, planted: Seed, node: Node) -> None:
    messages = {row["provider_id"]: row for row in exports.rows(node, "messages")}
    hidden = {"later", "asked", *(f"SM{n:032d}" for n in (2, 3))}
    assert {sid for sid, row in messages.items() if row["text"] is None} == hidden
    assert {row["outcome"] for sid, row in messages.items() if sid in hidden} == {"restricted"}
    reports = [row for row in exports.rows(node, "reports") if row["restricted"]]
    assert len(reports) == 2
    for row in reports:
        assert [row[name] for name in ("category", "place_code", "severity", "people", "need")] == [None] * 5
        assert row["reference"]
        assert row["provider_id"]
    for what in exports.THINGS:
        for format in ("jsonl", "csv", "xlsx"):
            file = b"".join(exports.stream(node, what, format))
            if format == "xlsx":
                with zipfile.ZipFile(BytesIO(file)) as book:
                    file = b"".join(book.read(name) for name in book.namelist())
            for secret in (*SECRETS, "protection", "ack_neutral", "SAF03"):
                assert secret.encode() not in file, (what, format, secret)
    assert json.loads(b"".join(exports.stream(node, "needs", "geojson")))["features"][0]["properties"]["category"] == "WAT01"
