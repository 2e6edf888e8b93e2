"""What waits for a person is shown, taken as fact or refused, and the word of the hub reaches every node."""

from __future__ import annotations

import pytest

from gateway.errors import Problem
from gateway.journal.rebuilding import rebuild
from offline_sync import joining, quarantine
from tests.offline_sync.fleet import Box, Fleet


def waiting(box: Box) -> list[quarantine.Kept]:
    with box.node.database.reading() as c:
        return quarantine.kept(c, box.node, box.identity)


def revoked(fleet: Fleet) -> tuple[Box, Box]:
    """A node that was revoked and wrote one more text, which a stick brought to the hub; and another that knows both."""
    north, south = fleet.field("north"), fleet.field("south")
    north.hear("AGUA S1604 sin agua", "+59170000001")
    fleet.settle()
    joining.revoke(fleet.hub.node, "north")
    north.hear("LUZ S1701 sin luz zzlater", "+59170000002")
    fleet.hub.bring(north.export("hub"))
    fleet.meet(south)
    return north, south


def test_what_waits_is_told_with_what_is_in_it(fleet: Fleet) -> None:
    revoked(fleet)
    [kept] = waiting(fleet.hub)
    assert (kept.whose, kept.why, kept.kinds["message_received"]) == ("north", "revoked", 1)
    assert "entries" in str(kept)
    assert "1 message_received" in str(kept)


def test_what_is_accepted_is_fact_on_every_node(fleet: Fleet) -> None:
    north, south = revoked(fleet)
    south.bring(north.export("south"))
    [kept], [theirs] = waiting(fleet.hub), waiting(south)
    assert quarantine.accept(fleet.hub.node, fleet.hub.identity, kept.id[:8], why="before it was stolen") == kept.last - kept.first + 1
    assert not waiting(fleet.hub)
    assert fleet.meet(south).in_step
    assert not waiting(south), f"{theirs.id} was taken in as well"
    assert south.state() == fleet.hub.state()
    north.hear("AGUA S1604 sin agua zzlatest", "+59170000003")
    fleet.hub.bring(north.export("hub"))
    assert len(waiting(fleet.hub)) == 1, "what it writes after that waits again"
    for box in (fleet.hub, south):
        assert rebuild(box.node.database, verify=True)


def test_what_is_refused_stays_so_when_it_comes_again(fleet: Fleet) -> None:
    north, _ = revoked(fleet)
    content, state = north.export("hub"), fleet.hub.state()
    [kept] = waiting(fleet.hub)
    assert quarantine.refuse(fleet.hub.node, kept.id[:8]) == kept.last - kept.first + 1
    assert fleet.hub.bring(content).waiting == []
    assert not waiting(fleet.hub)
    assert fleet.hub.state() == state
    assert fleet.hub.entries()


@pytest.mark.parametrize(("label", "which", "words"), [
    ("nothing of that name", "ffffffff", "names 0"), ("too short to be sure", "", "names 1")])
def test_only_what_is_named_is_decided(fleet: Fleet, label: str, which: str, words: str) -> None:
    revoked(fleet)
    for decide in (lambda: quarantine.refuse(fleet.hub.node, which),
                   lambda: quarantine.accept(fleet.hub.node, fleet.hub.identity, which)):
        with pytest.raises(Problem, match=words):
            decide()


def test_the_hub_decides(fleet: Fleet) -> None:
    north, south = revoked(fleet)
    south.bring(north.export("south"))
    [kept] = waiting(south)
    with pytest.raises(Problem, match="the hub decides"):
        quarantine.accept(south.node, south.identity, kept.id)
