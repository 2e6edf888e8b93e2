"""Who may join, who may speak for whom, and what becomes of copies, forks and nodes that were revoked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from dashboards import access
from gateway import config
from gateway.decisions import planning
from gateway.errors import Problem
from gateway.journal import ledger, soundness
from gateway.journal.database import Database
from gateway.journal.facts.accounts import AccountEnrolled
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Account, Member, table
from gateway.node import open_node
from gateway.phone import open_vault
from offline_sync import joining, status
from offline_sync.identity import create_identity
from tests.conftest import MakeNode
from tests.offline_sync.fleet import Box, Fleet


@pytest.mark.parametrize(("label", "spoil"), [
    ("a word of it was changed", lambda text: text.replace('"name":"north"', '"name":"south"')),
    ("it was cut", lambda text: text[:-20]),
    ("it is another file", lambda text: "hello\nworld\n"),
    ("it is empty", lambda text: ""),
    ("its clearance was raised", lambda text: text.replace('"open"', '"restricted"')),
])
def test_an_invitation_that_was_changed_is_none(fleet: Fleet, make_node: MakeNode, label: str, spoil: Callable[[str], str]) -> None:
    text = joining.invite(fleet.hub.node, fleet.hub.identity, "north", ["S1604"], None)
    north = Box(make_node("north", role="field"))
    with pytest.raises(Problem) as fault:
        joining.join(north.node, north.identity, spoil(text))
    assert fault.value.code == "node.refused"


@pytest.mark.parametrize(("label", "name", "areas", "words"), [
    ("a place that is none", "north", ["NOWHERE"], "no place with code"),
    ("no area", "north", [""], "no area"),
    ("a name that is none", "no rth", ["S1604"], "not a node's name"),
    ("the hub's own name", "hub", ["S1604"], "already"),
])
def test_what_cannot_be_invited(fleet: Fleet, label: str, name: str, areas: list[str], words: str) -> None:
    with pytest.raises(Problem) as fault:
        joining.invite(fleet.hub.node, fleet.hub.identity, name, areas, None)
    assert words in str(fault.value)


def test_an_invitation_is_good_for_one_node(fleet: Fleet, make_node: MakeNode) -> None:
    text = joining.invite(fleet.hub.node, fleet.hub.identity, "north", ["*"], None)
    one = Box(make_node("north", role="field"))
    joining.join(one.node, one.identity, text)
    fleet.meet(one)
    shutil.copytree(one.node.config.directory, other := Path(one.node.config.directory).with_name("other"))
    for left in ("barrio.db", "node.key"):
        (other / left).unlink()
    loaded = config.load(str(other / "config.toml"))
    create_identity(loaded.data)
    ledger.found(Database(loaded.database_url), fingerprint=open_vault(loaded).fingerprint, name="north")
    thief = Box(open_node(loaded, now=fleet.hub.node.now))
    joining.join(thief.node, thief.identity, text)
    with pytest.raises(Problem) as fault:
        fleet.meet(thief)
    assert "used or taken back" in str(fault.value)


def test_a_node_without_invitation_is_nobody(fleet: Fleet) -> None:
    north = fleet.field("north")
    fleet.meet(north)
    with north.node.database.writing() as c:
        c.exec_driver_sql("DELETE FROM local WHERE key = 'joining'")
    stranger = Fleet(Box(fleet.make("elsewhere")), fleet.make).field("far")
    with pytest.raises(Problem) as fault:
        fleet.meet(stranger)
    assert fault.value.code == "sync.refused"


def test_what_a_node_says_of_accounts_and_nodes_counts_at_home_only(fleet: Fleet) -> None:
    """A stolen box may write what it likes: nobody signs in at the hub by it."""
    north = fleet.field("north")
    password = planning.hash_password("correct horse battery")
    planning.enrol(fleet.hub.node, "ana", "admin", ["*"], "a long enough password")
    fleet.meet(north)
    with north.node.database.reading() as c:
        anas = c.execute(select(table(Account).c.id)).scalar_one()
    with north.node.database.writing() as c:
        for account, name in ((anas, "ana"), ("0" * 24, "eve")):
            ledger.write(c, north.node.origin, [AccountEnrolled(account=account, name=name, role="admin", areas=("*",), password=password)],
                         at=north.node.now(), by="eve")
    planning.enrol(north.node, "eve", "admin", ["*"], "a long enough password")
    before = access.known(fleet.hub.node, name="ana")
    fleet.meet(north)
    assert access.known(fleet.hub.node, name="ana") == before
    assert access.known(fleet.hub.node, name="eve") is None
    assert access.known(north.node, name="eve") is not None, "at home it counts"
    assert access.known(north.node, name="ana") is not None
    assert north.state() == fleet.hub.state()


def test_a_node_that_was_never_heard_of_speaks_first(fleet: Fleet) -> None:
    joining.invite(fleet.hub.node, fleet.hub.identity, "far", ["*"], None)
    with pytest.raises(Problem) as fault:
        fleet.hub.export("far")
    assert "barrio sync export --to hub" in f"{fault.value}"
    with pytest.raises(Problem, match="No node called nowhere"):
        fleet.hub.export("nowhere")


def test_what_a_revoked_node_writes_later_is_kept_apart_everywhere(fleet: Fleet) -> None:
    north, south = fleet.field("north"), fleet.field("south")
    fleet.settle()
    north.hear("AGUA S1604 sin agua")
    fleet.meet(north)
    before = fleet.hub.tables()["report"]
    north.hear("LUZ S1701 sin luz", "+59170000002")
    late = north.export("hub")
    fleet.meet(south)
    joining.revoke(fleet.hub.node, "north", "stolen")
    result = fleet.hub.bring(late)
    assert [words for words in result.waiting if "revoked" in words]
    assert fleet.hub.tables()["report"] == before, "no fact"
    with pytest.raises(Problem) as fault:
        fleet.meet(north)
    assert "revoked" in str(fault.value)
    fleet.meet(south)
    assert south.state() == fleet.hub.state()
    with pytest.raises(Problem):
        fleet.hub.export("north")


def test_what_a_sibling_took_of_a_revoked_node_is_taken_back_there(fleet: Fleet) -> None:
    north, south = fleet.field("north"), fleet.field("south")
    fleet.settle()
    north.hear("LUZ S1701 sin luz", "+59170000002")
    fleet.carry(north, south)  # by bus, past the hub
    joining.revoke(fleet.hub.node, "north")
    fleet.meet(south)
    assert south.state() == fleet.hub.state()
    assert rebuild(south.node.database, verify=True)
    lines = list(status.report(south.node, south.identity))
    assert any("revoked" in line and "waiting" in line for line in lines)


def clone(box: Box, name: str) -> Box:
    """A copy of the whole data directory, as an office makes one when a box seems to die."""
    box.node.database.engine.dispose()
    there = Path(box.node.config.directory).with_name(name)
    shutil.copytree(box.node.config.directory, there)
    return Box(open_node(config.load(str(there / "config.toml")), now=box.node.now), texts=1000)


def test_a_fork_is_found_at_the_first_meeting_and_one_word_heals_it(fleet: Fleet) -> None:
    north, south = fleet.field("north"), fleet.field("south")
    north.hear("AGUA S1604 sin agua")
    fleet.settle()
    copy = clone(north, "copy")
    north.hear("LUZ S1701 sin luz", "+59170000002")
    copy.hear("se cae el muro en Pampahasi", "+59170000003")
    copy.hear("basura en Munaypata", "+59170000004")
    fleet.meet(north)
    met = fleet.meet(copy)
    assert not met.in_step
    assert "copied" in met.why
    assert any("heal" in line for line in status.report(copy.node, copy.identity))
    words = copy.heal()
    assert "carried over" in words
    assert fleet.meet(copy).in_step
    assert fleet.meet(north).in_step
    assert fleet.meet(copy).in_step
    fleet.meet(south)
    assert len({box.state() for box in (fleet.hub, north, copy, south)}) == 1
    with fleet.hub.node.database.reading() as c:
        texts = c.exec_driver_sql("SELECT count(*) FROM message").scalar_one()
        assert c.exec_driver_sql("SELECT count(*) FROM waiting").scalar_one() == 0, "what was kept apart is told otherwise now"
    assert texts == 4, "both branches, once each"
    assert rebuild(copy.node.database, verify=True)
    copy.hear("no hay luz en Villa Copacabana", "+59170000005")
    assert fleet.meet(copy).in_step
    assert copy.heal().startswith("Nothing is wrong")


def test_a_hub_put_back_by_hand_is_healed_also_where_nodes_hold_either_branch(fleet: Fleet) -> None:
    """One node met the hub before it broke, the others only the old copy that was put in its place, and took what that one wrote."""
    upper, north, west = fleet.field("upper"), fleet.field("north"), fleet.field("west", "S1604")
    fleet.settle()
    old = clone(fleet.hub, "old-hub")
    fleet.hub.hear("AGUA S1604 sin agua")
    fleet.meet(upper)
    fleet.hub = old
    old.hear("LUZ S1701 sin luz", "+59170000002")
    old.hear("AGUA S1604 no hay agua", "+59170000003")
    assert fleet.meet(north).in_step
    assert fleet.meet(west).in_step
    assert "copied" in fleet.meet(upper).why
    assert "carried over" in old.heal()
    for box in (north, west, upper):
        assert fleet.meet(box).in_step, box.name
    assert old.heal().startswith("Nothing is wrong"), "what it said in the branch that fell is no news"
    assert north.state() == upper.state() == old.state()
    for box in (old, north, west, upper):
        with box.node.database.reading() as c:
            assert c.exec_driver_sql("SELECT count(*) FROM waiting").scalar_one() == 0, box.name
            assert box is west or c.exec_driver_sql("SELECT count(*) FROM message").scalar_one() == 3, box.name


def test_where_two_long_histories_part_is_found_by_asking_a_few_times(fleet: Fleet) -> None:
    """Sent from the beginning in small batches, the entries that differ would never come."""
    upper, north = fleet.field("upper"), fleet.field("north")
    for n in range(20):
        fleet.hub.hear("AGUA S1604 sin agua", f"+591700001{n:02d}")
    fleet.settle()
    old = clone(fleet.hub, "old-hub")
    fleet.hub.hear("LUZ S1701 sin luz", "+59170000002")
    fleet.meet(upper)
    fleet.hub = old
    old.hear("basura en Munaypata", "+59170000003")
    fleet.meet(north)
    whole, met = old.entries(), fleet.meet(upper, most=20)
    assert met.sent + met.came < whole / 10
    old.heal()
    for _ in range(2):
        met = [fleet.meet(box, most=20) for box in (north, upper)]
    assert [m.in_step for m in met] == [True, True]
    assert north.state() == upper.state() == old.state()


def test_a_third_branch_that_turns_up_later_is_carried_over_too(fleet: Fleet) -> None:
    upper, north = fleet.field("upper"), fleet.field("north")
    fleet.settle()
    first, second = clone(fleet.hub, "first"), clone(fleet.hub, "second")
    fleet.hub.hear("AGUA S1604 sin agua")
    fleet.meet(upper)
    fleet.hub = first
    first.hear("LUZ S1701 sin luz", "+59170000002")
    assert fleet.meet(north).in_step
    fleet.hub, second.texts = second, 2000  # the provider gives no number twice
    second.hear("basura en Munaypata", "+59170000003")
    fleet.meet(upper)
    second.heal()
    assert fleet.meet(upper).in_step
    assert not fleet.meet(north).in_step, "what only this one holds is not let go of before the hub has it"
    assert "carried over" in second.heal()
    for box in (north, upper):
        assert fleet.meet(box).in_step
    assert north.state() == upper.state() == second.state()
    with north.node.database.reading() as c:
        assert c.exec_driver_sql("SELECT count(*) FROM message").scalar_one() == 3
    assert rebuild(north.node.database, verify=True)


def test_a_directory_put_back_by_hand_learns_that_it_is_old(fleet: Fleet) -> None:
    north = fleet.field("north")
    fleet.meet(north)
    old = clone(north, "old")
    north.hear("AGUA S1604 sin agua")
    fleet.meet(north)
    met = fleet.meet(old)
    assert not met.in_step
    assert "old copy" in met.why
    old.heal()
    assert fleet.meet(old).in_step
    assert old.state() == fleet.hub.state()


def test_a_kind_that_is_not_known_yet_is_kept_and_carried_on(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    north, south = fleet.field("north"), fleet.field("south")
    fleet.settle()
    monkeypatch.delitem(soundness.EVENTS, "alias_learned")  # a hub and a node one version behind
    from gateway.decisions import pinning
    monkeypatch.setattr(ledger.projections, "apply", lambda *a, **k: None)
    pinning.pin(north.node, "detras del molino viejo", "S1701", by="ana")
    monkeypatch.undo()
    monkeypatch.delitem(soundness.EVENTS, "alias_learned")
    fleet.meet(north)
    fleet.meet(south)
    assert south.withheld() == 0, "it was carried on"
    with south.node.database.reading() as c:
        assert c.exec_driver_sql("SELECT count(*) FROM alias").scalar_one() == 0
    monkeypatch.undo()
    assert {rebuild(box.node.database).state_hash for box in (fleet.hub, north, south)} == {south.state()}
    with south.node.database.reading() as c:
        assert c.exec_driver_sql("SELECT count(*) FROM alias").scalar_one() == 1


def body_of(data: dict[str, object], **changes: object) -> str:
    return json.dumps({"about": ["a"], "at": "2026-11-25T12:00:00.000Z", "by": "x", "clock": True, "data": data, "kind": "need_opened",
                       "salt": "", "version": 1} | changes)


@pytest.mark.parametrize(("label", "body"), [
    ("no JSON", "{"), ("no object", "[1]"), ("no kind", '{"a":1}'), ("a kind that is no word", '{"kind":"../x"}'),
    ("fields that lack", body_of({})),
    ("another about than its data say", body_of({"need": "a", "place_code": "p", "category": "c"}, about=["b"])),
    ("a number where a text belongs", body_of({"need": "a", "place_code": 1, "category": "c"})),
    ("a stage that is none", body_of({"reply": "a", "provider_id": "p", "status": "eaten"}, kind="reply_sent")),
    ("a time that is none", body_of({"need": "a", "place_code": "p", "category": "c"}, at="soon")),
])
def test_a_body_that_no_fold_can_read_is_no_fact(label: str, body: str) -> None:
    assert soundness.read(body, "0")[1] is None


def test_every_sample_is_sound() -> None:
    """The control: what we write ourselves is read."""
    for path in (Path(__file__).parents[1] / "samples").glob("*.json"):
        assert soundness.read(path.read_text("utf-8"), "0")[1] is not None, path.stem


def test_references_of_two_nodes_never_meet(fleet: Fleet) -> None:
    boxes = [fleet.field(f"n{i}") for i in range(4)]
    fleet.settle()
    for box in (fleet.hub, *boxes):
        box.hear("AGUA S1604 sin agua", f"+5917000{boxes.index(box) if box in boxes else 9:04d}")
    fleet.settle()
    with fleet.hub.node.database.reading() as c:
        given = list(c.exec_driver_sql("SELECT reference FROM report").scalars())
        assert len(c.execute(select(table(Member).c.span).distinct()).all()) == 4
    assert len(set(given)) == len(given) == 5
