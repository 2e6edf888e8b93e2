"""What is said of the other nodes: on the page, by `barrio sync status` and by `barrio check`; never that all is well when it is not."""

from __future__ import annotations

import re
from contextlib import suppress
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

import dashboards
from dashboards import access
from gateway.decisions import planning
from gateway.errors import Problem
from gateway.machine import doctor
from offline_sync import backup as backups
from offline_sync import door, exchange, joining, refusals, status
from offline_sync.command import standing_in_words
from tests.conftest import Clock
from tests.dashboards.planting import PASSWORD, sign_in
from tests.offline_sync.fleet import Box, Fleet
from tests.offline_sync.test_backup import restored
from tests.offline_sync.test_trust import clone


def page(box: Box, language: str = "en") -> str:
    """The page as an officer of this box sees it, as text."""
    app = Flask("nodes_test", static_folder=None)
    dashboards.register(app, box.node, lambda: status.look(box.node, box.identity))
    access.insist(app)
    with suppress(Problem):  # enrolled already
        planning.enrol(box.node, "ana", "officer", ["*"], PASSWORD)
    client = app.test_client()
    assert sign_in(client, "ana").status_code == 303
    answer = client.get(f"/planner/nodes?lang={language}")
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def checked(box: Box) -> list[str]:
    return [str(finding) for finding in doctor.examine(box.node.config) if finding.subject == "sync"]


def test_a_box_alone_says_so(fleet: Fleet) -> None:
    assert "This is hub, the hub." in page(fleet.hub)
    assert "No other node is known yet." in page(fleet.hub)
    assert checked(fleet.hub) == []


def test_in_step_is_said_only_while_it_is_so(fleet: Fleet) -> None:
    north = fleet.field("north")
    assert "Invited, has not come yet" in page(fleet.hub)
    assert "Never heard" in page(north)
    page(fleet.hub), page(north)  # the accounts are entries too
    assert fleet.meet(north).in_step
    assert fleet.meet(north).in_step
    for box in (fleet.hub, north):
        assert "In step when last heard" in page(box)
        assert "Not in step" not in page(box)
    fleet.hub.hear("AGUA S1604 sin agua")
    shown = page(fleet.hub)
    assert "Not in step" in shown
    assert "In step when last heard" not in shown
    assert re.search(r"\d+ entries are here and not there", shown)
    assert "In step" in page(north), "it cannot know, and says when it last heard"
    assert "Last heard" in page(north)


def test_what_waits_is_shown_with_what_is_missing(fleet: Fleet) -> None:
    north = fleet.field("north")
    fleet.settle(1)
    page(north)
    north.node.database.engine.dispose()
    before = north.node.database.path.read_bytes()
    fleet.hub.hear("AGUA S1604 sin agua")
    fleet.carry(fleet.hub, north), fleet.carry(north, fleet.hub)
    fleet.hub.hear("LUZ S1701 sin luz")
    second = fleet.hub.export("north")
    north.node.database.engine.dispose()
    north.node.database.path.write_bytes(before)
    north.bring(second)
    shown = page(north)
    assert re.search(r"Entries \d+ to \d+ of hub wait since .* What comes before them is missing: \d+", shown)
    assert "Not in step" in shown
    assert "waiting: entries" in standing_in_words(north.node, north.identity)


def test_what_was_refused_is_shown_with_the_reason_and_changes_no_byte_of_the_database(fleet: Fleet) -> None:
    fleet.hub.node.database.engine.dispose()
    before = fleet.hub.node.database.path.read_bytes()
    client = door.app(fleet.hub.node).test_client()
    for _ in range(refusals.MOST + 5):
        assert client.post(exchange.ADDRESS, data=b"hello").status_code == 409
    assert fleet.hub.node.database.path.read_bytes() == before
    assert len(refusals.noted(fleet.hub.node)) == refusals.MOST
    assert "the batch: it is not a bundle of Barrio's" in page(fleet.hub)
    assert "refused 2026-11-25 12:00: the batch: it is not a bundle of Barrio's" in standing_in_words(fleet.hub.node, fleet.hub.identity)


def test_trouble_is_a_finding_of_the_doctor(fleet: Fleet) -> None:
    north = fleet.field("north")
    fleet.settle(1)
    twin = clone(north, "twin")
    north.hear("AGUA S1604 sin agua")
    fleet.meet(north)
    twin.hear("LUZ S1701 sin luz")
    fleet.meet(twin)
    twin.node.database.engine.dispose()
    assert any(words.startswith("FAULT") and "barrio node heal" in words for words in checked(twin))
    assert "copied or put back by hand" in page(twin)
    assert checked(fleet.hub), "the hub keeps both branches"


def test_a_node_that_was_revoked_is_shown_as_such_and_what_it_writes_waits(fleet: Fleet) -> None:
    north = fleet.field("north")
    fleet.settle(1)
    joining.revoke(fleet.hub.node, "north")
    north.hear("AGUA S1604 sin agua")
    fleet.hub.bring(north.export("hub"))
    shown = page(fleet.hub)
    assert "Revoked" in shown
    assert "Their node was revoked; a person decides: barrio sync waiting" in shown
    assert any("waiting" in words for words in checked(fleet.hub))


@pytest.mark.parametrize("language", ["es", "fr", "ar"])
def test_the_page_is_read_in_every_language(fleet: Fleet, language: str) -> None:
    fleet.field("north")
    shown = page(fleet.hub, language)
    assert "Invited, has not come yet" not in shown
    assert "north" in shown


@pytest.mark.parametrize("who", ["field", "hub"])
def test_a_node_that_was_restored_has_no_two_histories_though_it_wrote_nothing_since(
        fleet: Fleet, clock: Clock, tmp_path: Path, who: str) -> None:
    north = fleet.field("north")
    north.hear("AGUA S1604 sin agua")
    fleet.settle()
    page(fleet.hub), page(north)
    fleet.settle()
    box, other = (north, fleet.hub) if who == "field" else (fleet.hub, north)
    backups.backup(box.node, tmp_path / "b")
    clock.on(minutes=5)
    restored(box, tmp_path / "b")
    said = list(status.report(box.node, box.identity))
    assert any(f"{other.name}: NOT HEARD since this node was restored" in line for line in said), said
    assert any("It was restored 2026-11-25 12:05 from a backup of 2026-11-25 12:00." in line for line in said)
    assert "Not heard since this machine was restored" in page(box)
    assert "In step when last heard" not in page(box), "what is known of it is older than the backup"
    assert fleet.meet(north).in_step
    for each in (fleet.hub, north):
        said = list(status.report(each.node, each.identity))
        assert not any("TWO HISTORIES" in line for line in said), said
        assert any("IN STEP when last heard" in line for line in said), said
        assert "must be healed" not in page(each)
        assert checked(each) == []
    assert any("restored, and IN STEP" in line for line in status.report(box.node, box.identity))
    box.hear("LUZ S1701 sin luz", "+59170000002")
    assert fleet.meet(north).in_step
    assert not any("TWO HISTORIES" in line for line in status.report(other.node, other.identity))


def test_a_restored_node_that_was_also_copied_still_has_two_histories(fleet: Fleet, tmp_path: Path) -> None:
    north = fleet.field("north")
    fleet.settle(1)
    twin = clone(north, "twin")
    north.hear("AGUA S1604 sin agua")
    fleet.meet(north)
    backups.backup(fleet.hub.node, tmp_path / "b")
    twin.hear("LUZ S1701 sin luz")
    fleet.meet(twin)
    restored(fleet.hub, tmp_path / "b")
    fleet.meet(twin)
    found = checked(fleet.hub)
    assert any(words.startswith("FAULT") and "TWO HISTORIES" in words for words in found), found
