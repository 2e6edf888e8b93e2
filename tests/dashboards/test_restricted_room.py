"""The focal point's room, and attempts to see from outside it what is in it: every route, every role, every file, the logs."""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from dashboards import exports
from dashboards.queries import restricted as seen
from gateway.channels.values import Inbound
from gateway.decisions import guarding
from gateway.doors import intake
from gateway.journal.canonical import derived_id
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Look, Report, table
from gateway.machine import health, jobs
from gateway.node import Node
from tests.conftest import MakeNode, sms
from tests.dashboards.planting import ROLES, Seed, app_of, as_role, need_id, token

REPORT, LOOK = table(Report), table(Look)
# What sure, unsure and hand-restricted texts say; nothing of it may be read anywhere else.
SURE, UNSURE, BY_HAND = "mi marido me pega ZZSURE", "mi yerno le alza la mano a mi hija ZZDOUBT", "AGUA S1604 sin agua ZZHAND"
WORDS = ("ZZSURE", "ZZDOUBT", "ZZHAND", "ZZNOTE", "ZZWHY", "alza* la mano", "me pega")


@pytest.fixture
def told(seed: Seed, node: Node) -> dict[str, str]:
    """A city with three restricted texts beside an ordinary one; {kind: report id}, each with a message id as `m-<kind>`."""
    seed.accounts()
    seed.works()
    ids: dict[str, str] = {}
    for n, (kind, words) in enumerate({"sure": SURE, "unsure": UNSURE, "hand": BY_HAND, "open": "LUZ S1604 sin luz"}.items()):
        with node.database.writing() as c:
            intake.receive(c, node, [sms(f"t{n}", words, f"+5917000000{n}")])
        jobs.work(node)
        with node.database.reading() as c:
            row = c.execute(select(REPORT.c.id, REPORT.c.message, REPORT.c.need, REPORT.c.reference)
                            .order_by(REPORT.c.reference.desc())).first()
        assert row is not None
        ids |= {kind: row.id, f"m-{kind}": row.message, f"n-{kind}": row.need or "", f"r-{kind}": row.reference}
    guarding.restrict(node, ids["m-hand"], why="ZZWHY", by="ana")
    guarding.care(node, ids["sure"], "noted", note="ZZNOTE", by="rosa")
    return ids


def test_a_look_is_written_before_the_words_are_shown(app: Flask, told: dict[str, str], node: Node) -> None:
    client = as_role(app, "focal")
    client.get("/planner/restricted")
    assert looks(node) == [], "the list shows no words"
    page = client.get(f"/planner/restricted/{told['sure']}?lang=en").text
    assert "ZZSURE" in page
    assert "ZZNOTE" in page
    assert looks(node) == [(told["sure"], "ana-focal", "words")]
    page = client.post(f"/planner/restricted/{told['sure']}/number", data={"csrf_token": token(client)}).text
    assert "+59170000000" in page
    assert looks(node)[1:] == [(told["sure"], "ana-focal", "number"), (told["sure"], "ana-focal", "words")]
    for role in ("focal", "admin"):
        log = as_role(app, role).get("/planner/restricted/log?lang=en").text
        assert log.count("ana-focal") >= 3
        assert told["r-sure"] in log
        assert not any(word in log for word in WORDS)


def test_where_no_look_can_be_written_nothing_is_shown(app: Flask, told: dict[str, str], node: Node,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    client = as_role(app, "focal")

    def full(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(guarding.ledger, "write", full)
    answer = client.get(f"/planner/restricted/{told['sure']}")
    assert (answer.status_code, "ZZSURE" in answer.text) == (500, False)
    assert looks(node) == []


def test_what_the_focal_point_does_is_kept_and_shown(app: Flask, told: dict[str, str], node: Node) -> None:
    client = as_role(app, "focal")
    address = f"/planner/restricted/{told['sure']}"

    def do(**form: str) -> int:
        entry = re.findall(r'name="after" value="([^"]*)"', client.get(address).text)[0]
        return client.post(address, data={"csrf_token": token(client), "after": entry} | form).status_code

    assert do(step="taken", note="") == 303
    assert do(step="callback", callback="no") == 303
    assert do(step="referred", line="800140348") == 303
    assert do(step="referred", other="the health post") == 303
    assert do(step="closed", note="ZZNOTE she is safe") == 303
    page = client.get(address + "?lang=en").text
    for said in ("took it on", "A call is not safe", "800140348", "the health post", "closed it", "ZZNOTE she is safe"):
        assert said in page
    assert "contested" not in client.get("/planner/restricted?lang=en").text
    assert do(step="referred", line="12345", other="") == 409, "to nobody"
    assert do(step="burnt") == 409
    rebuild(node.database, verify=True)


def test_released_it_is_everybodys_and_a_stale_page_cannot_release(app: Flask, told: dict[str, str], node: Node) -> None:
    client = as_role(app, "focal")
    address = f"/planner/restricted/{told['hand']}"
    stale = re.findall(r'/release".*?name="after" value="([^"]*)"', client.get(address).text, re.S)[0]
    guarding.release(node, told["hand"], why="", by="rosa", after=stale)
    guarding.restrict(node, told["m-hand"], why="", by="luis")
    form = {"csrf_token": token(client), "after": stale}
    assert client.post(address + "/release", data=form).status_code == 409
    now = re.findall(r'/release".*?name="after" value="([^"]*)"', client.get(address).text, re.S)[0]
    assert client.post(address + "/release", data=form | {"after": now}).status_code == 303
    jobs.work(node)
    assert "ZZHAND" in as_role(app, "planner").get(f"/planner/needs/{told['n-hand']}").text
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("role", ["officer", "planner", "admin", "focal"])
def test_whoever_reads_a_text_may_say_that_it_is_restricted(role: str, app: Flask, told: dict[str, str], node: Node) -> None:
    planner, client = as_role(app, "planner"), as_role(app, role)
    need = f"/planner/needs/{told['n-open']}"
    assert f"/officer/restrict/{told['m-open']}" in planner.get(need).text
    assert client.post(f"/officer/restrict/{told['m-open']}", data={"csrf_token": token(client)}).status_code == 303
    assert planner.get(need).status_code == 404, "at once, and its need with it"
    assert "sin luz" in as_role(app, "focal").get(f"/planner/restricted/{told['open']}").text
    assert client.post(f"/officer/restrict/{told['m-open']}", data={"csrf_token": token(client)}).status_code == 404, "it is not there"
    rebuild(node.database, verify=True)


ADDRESSES = ("/", "/planner/", "/planner/?status=all", "/planner/inbox", "/planner/outbox", "/planner/quarantine", "/planner/export",
             "/planner/try", "/planner/restricted", "/planner/restricted/log", "/planner/restricted/counts", "/officer/landmarks",
             "/officer/landmarks/pin?phrase=ZZ", "/track/{r}", "/planner/needs/{n}", "/planner/inbox/{m}/read",
             "/planner/inbox/{m}/read?report={i}",
             "/planner/restricted/{i}", "/planner/restricted/{m}", "/planner/inbox/{i}/read")
POSTS = ("/planner/restricted/{i}", "/planner/restricted/{i}/release", "/planner/restricted/{i}/number", "/officer/restrict/{m}",
         "/officer/restrict/{i}", "/planner/inbox/{m}/read", "/planner/inbox/{m}/unread", "/planner/inbox/{m}")


@pytest.mark.parametrize("role", ["anonymous", *(r for r in ROLES if r != "focal")])
def test_no_route_gives_a_word_of_it_whatever_id_is_put_in(role: str, app: Flask, told: dict[str, str], node: Node) -> None:
    client = as_role(app, role)
    for kind in ("sure", "unsure", "hand"):
        fills = {"i": told[kind], "m": told[f"m-{kind}"], "n": told[f"n-{kind}"] or need_id("S1604", "SAF03"), "r": told[f"r-{kind}"]}
        for address in ADDRESSES:
            page = client.get(address.format(**fills)).text
            assert not any(word in page for word in WORDS), (role, kind, address)
        for address in POSTS:
            if address == "/planner/inbox/{m}":  # settling what one cannot see changes nothing that is shown
                continue
            answer = client.post(address.format(**fills), data={
                "csrf_token": token(client), "report": fills["i"], "category": "WAT01", "place": "S1604", "step": "taken", "after": ""})
            assert answer.status_code in (302, 403, 404), (role, kind, address, answer.status_code)
            assert not any(word in answer.text for word in WORDS), (role, kind, address)
    assert looks(node) == []
    with node.database.reading() as c:
        assert set(c.execute(select(REPORT.c.restricted).where(REPORT.c.id.in_([told[k] for k in ("sure", "unsure", "hand")]))).scalars()
                   ) == {True}


def test_no_file_no_metric_and_no_health_line_tells_of_it(told: dict[str, str], node: Node) -> None:
    for what in exports.THINGS:
        for format in ("jsonl", "csv", "xlsx"):
            file = b"".join(exports.stream(node, what, format))
            if format == "xlsx":
                with zipfile.ZipFile(io.BytesIO(file)) as book:
                    file = b"".join(book.read(name) for name in book.namelist())
            for word in (*WORDS, "protection", "ack_neutral", "SAF03"):
                assert word.encode() not in file, (what, format, word)
    said = health.metrics(node) + json.dumps(health.faults(node))
    assert not any(word in said for word in (*WORDS, "protection", "restricted", *(told[k] for k in ("sure", "unsure", "hand"))))


def test_track_tells_the_three_apart_from_nothing(app: Flask, told: dict[str, str], seed: Seed) -> None:
    """Restricted for whatever reason, and not classified yet: the same page but for the number."""
    seed.references = (reference for reference in seed.references if reference not in told.values())  # a number of its own
    waiting = seed.report("no hay agua", restricted=None, need=False)
    client = app.test_client()
    pages = {re.sub(rf"{reference}|value=\"[\w.-]+\"", "", client.get(f"/track/{reference}").text)
             for reference in (told["r-sure"], told["r-unsure"], told["r-hand"], waiting)}
    assert len(pages) == 1


def test_logs_at_their_most_talkative_hold_no_word_of_it(make_node: MakeNode, text_in: Callable[..., Inbound],
                                                         caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        node = make_node()
        seed = Seed(node)
        seed.accounts()
        app = app_of(node)
        for n, words in enumerate((SURE, UNSURE, "\ud800 " + SURE)):
            with node.database.writing() as c:
                intake.receive(c, node, [text_in(f"l{n}", words, f"+5917100000{n}")])
        jobs.work(node)
        client = as_role(app, "focal")
        with node.database.reading() as c:
            reports = c.execute(select(REPORT.c.id)).scalars().all()
        for report in reports:
            assert client.get(f"/planner/restricted/{report}").status_code == 200
    assert len(reports) == 3
    for word in (*WORDS, "+5917100000"):
        assert word not in caplog.text, word


@pytest.mark.parametrize(("label", "reports", "phones", "shown"), [
    ("nine reports", 9, 9, None), ("ten of ten phones, rounded down", 12, 12, 10), ("twelve of one phone", 12, 1, None)])
def test_counts_are_of_finished_quarters_and_of_crowds(label: str, reports: int, phones: int, shown: int | None, seed: Seed,
                                                        node: Node) -> None:
    with seed.together():
        for n in range(reports):
            seed.report("ZZ", restricted=True, need=False, at=datetime(2026, 8, 1 + n, 12, tzinfo=UTC), sender=f"p{n % phones}")
        for n in range(30):
            seed.report("ZZ", restricted=True, need=False, at=datetime(2026, 10, 2, 12, tzinfo=UTC), sender=f"q{n}")
    with node.database.reading() as c:
        assert seen.quarters(c, date(2026, 11, 25), 10) == [("2026 Q3", shown)], f"{label}: the running quarter is not told"
        assert seen.quarters(c, date(2027, 1, 2), 10) == [("2026 Q4", 30), ("2026 Q3", shown)]
        assert seen.quarters(c, date(2026, 8, 3), 10) == []


def test_quarters_without_a_report_are_told_as_any_small_one(seed: Seed, node: Node) -> None:
    seed.report("open", at=datetime(2025, 11, 3, tzinfo=UTC))
    with node.database.reading() as c:
        assert seen.quarters(c, date(2026, 11, 25), 10) == [(name, None) for name in ("2026 Q3", "2026 Q2", "2026 Q1", "2025 Q4")]


def test_the_room_works_on_both_databases(make_node: MakeNode, database_url: str) -> None:
    node = make_node(database_url=database_url)
    seed = Seed(node)
    seed.accounts()
    reference = seed.report("ZZ", restricted=True, need=False)
    client = as_role(app_of(node), "focal")
    assert reference in client.get("/planner/restricted").text
    assert "ZZ" in client.get(f"/planner/restricted/{seed.ids[reference]}").text
    assert client.get("/planner/restricted/log").status_code == client.get("/planner/restricted/counts").status_code == 200
    message = derived_id("message", str(seed.count))
    assert client.post(f"/officer/restrict/{message}", data={"csrf_token": token(client)}).status_code == 404


def looks(node: Node) -> list[tuple[str, str, str]]:
    with node.database.reading() as c:
        return [tuple(row) for row in c.execute(select(LOOK.c.report, LOOK.c.by, LOOK.c.what).order_by(LOOK.c.position))]
