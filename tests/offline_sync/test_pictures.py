"""Photos go where their notes may be read, by line and by stick, whole or not at all, and nothing else comes in their name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.decisions import photos, triaging
from gateway.decisions.photos import Photo, cleaned
from gateway.decisions.triaging import Chosen, Who
from gateway.errors import Problem
from gateway.needs import merging
from offline_sync import bundle, exchange, pictures, status
from tests.gateway.pictures import SECRET, jpeg
from tests.offline_sync.fleet import Box, Fleet
from tests.offline_sync.test_visits import need_at

LUZ = Who("luz", "luz", lambda place: True)
ALL = '[sync]\nphotos = "all"'
NONE = '[sync]\nphotos = "none"'


def picture(number: int) -> Photo:
    return cleaned(jpeg(scan=b"\x12\x34" + number.to_bytes(2, "big").replace(b"\xff", b"\x01") * 4))


def show(box: Box, place: str, photo: Photo) -> str:
    """An officer of this node puts a photo beside the need of that place."""
    need = need_at(box, place)
    photos.keep(box.node.config.data, photo)
    triaging.decide(box.node, LUZ, "note", [Chosen("need", need)], photo=photo)
    return need


def has(box: Box, photo: Photo) -> bool:
    return photos.find(box.node.config.data, photo.digest, photo.media) == photo.content


def told(fleet: Fleet) -> None:
    fleet.hub.hear("AGUA S1604 sin agua")
    fleet.hub.hear("AGUA S1701 sin agua", "+59170000002")


@pytest.mark.parametrize("road", ["line", "stick"])
def test_a_photo_that_was_taken_on_a_node_comes_to_the_hub_with_its_note(fleet: Fleet, road: str) -> None:
    told(fleet)
    north = fleet.field("north", "S1604")
    fleet.meet(north)
    show(north, "S1604", picture(1))
    if road == "line":
        assert fleet.meet(north).in_step
    else:
        assert fleet.carry(north, fleet.hub).photos == 1
    assert has(fleet.hub, picture(1))
    met = fleet.meet(north)
    again = fleet.meet(north)
    assert (met.in_step, again.in_step, again.requests) == (True, True, 1)
    assert again.bytes < 1000, "what came is asked for no more"


@pytest.mark.parametrize(("label", "extra", "gets"), [
    ("a node that says nothing has those that were taken there", "", [False, False]),
    ("a node that asks for all gets those of its areas", ALL, [True, False]), ("a node that wants none", NONE, [False, False])])
@pytest.mark.parametrize("road", ["line", "stick"])
def test_the_hub_gives_what_is_asked_for_and_may_be_seen(fleet: Fleet, road: str, label: str, extra: str, gets: list[bool]) -> None:
    told(fleet)
    show(fleet.hub, "S1604", picture(1))
    show(fleet.hub, "S1701", picture(2))
    north = fleet.field("north", "S1604", extra=extra)
    if road == "line":
        assert fleet.meet(north).in_step
    else:
        for _ in range(3):
            fleet.carry(north, fleet.hub)
            fleet.carry(fleet.hub, north)
    assert [has(north, picture(n)) for n in (1, 2)] == gets


def test_a_node_that_gives_none_says_that_they_are_not_here(fleet: Fleet) -> None:
    told(fleet)
    north = fleet.field("north", "S1604", extra=NONE)
    fleet.meet(north)
    show(north, "S1604", picture(1))
    assert fleet.meet(north).in_step
    assert not has(fleet.hub, picture(1))
    assert "1 photo(s) that notes here name are not on this machine" in list(status.report(fleet.hub.node, fleet.hub.identity))


def test_what_a_hub_lost_comes_again_one_after_the_other_when_they_are_large(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    told(fleet)
    north = fleet.field("north", "S1604")
    fleet.meet(north)
    for number in range(5):
        show(north, "S1604", picture(number))
    fleet.carry(north, fleet.hub)
    for number in range(4):
        photos.drop(fleet.hub.node.config.data, [picture(number).digest])
    monkeypatch.setattr(exchange.offering.offer, "__kwdefaults__", exchange.offering.offer.__kwdefaults__ | {"room": 1})
    met = fleet.meet(north)
    assert met.in_step
    assert met.requests > 4
    assert all(has(fleet.hub, picture(number)) for number in range(5))


def test_a_note_that_is_called_back_takes_its_photo_along(fleet: Fleet) -> None:
    told(fleet)
    north = fleet.field("north", "S1604", extra=ALL)
    here, there = need_at(fleet.hub, "S1604"), show(fleet.hub, "S1701", picture(2))
    show(fleet.hub, "S1604", picture(1))
    merging.merge_needs(fleet.hub.node, here, there, why="", by="ana")
    fleet.meet(north)
    assert [has(north, picture(n)) for n in (1, 2)] == [True, True]
    merging.part_needs(fleet.hub.node, here, there, why="", by="ana")
    fleet.meet(north)
    assert [has(north, picture(n)) for n in (1, 2)] == [True, False]
    assert has(fleet.hub, picture(2))


@pytest.mark.parametrize(("label", "forge", "words"), [
    ("another picture under its name", lambda photo: ([photo.digest, photo.media], picture(9).content), "is not the one that was named"),
    ("a picture that says where it was taken", lambda _: ([hashlib.sha256(jpeg()).hexdigest(), "image/jpeg"], jpeg()), "not the one"),
    ("a page", lambda _: ([hashlib.sha256(b"<html>").hexdigest(), "image/png"], b"<html>"), "no picture"),
    ("a picture of another kind", lambda photo: ([photo.digest, "image/png"], photo.content), "not the one"),
    ("a name that leads elsewhere", lambda photo: (["../../config", photo.media], photo.content), "manifest"),
    ("a kind that is none", lambda photo: ([photo.digest, "text/html"], photo.content), "manifest")])
def test_what_is_not_the_photo_of_a_note_is_refused_before_anything_is_written(
        fleet: Fleet, label: str, forge: Callable[[Photo], tuple[list[str], bytes]], words: str) -> None:
    told(fleet)
    north = fleet.field("north", "S1604")
    fleet.meet(north)
    show(north, "S1604", picture(1))
    batch = bundle.unseal(fleet.hub.identity, north.export("hub"), "b")
    assert batch.manifest["photos"] == [[picture(1).digest, "image/jpeg"]]
    named, content = forge(picture(1))
    frames = [batch.part(at) for at in range(batch.frames)]
    state = fleet.hub.state()
    forged = bundle.seal(north.identity, fleet.hub.identity.public, dict(batch.manifest) | {"photos": [named]}, [*frames, content])
    with pytest.raises(Problem) as fault:
        fleet.hub.bring(forged)
    assert words in str(fault.value)
    assert fleet.hub.state() == state
    assert not list(Path(fleet.hub.node.config.data).rglob("*.jpg"))
    assert SECRET not in b"".join(path.read_bytes() for path in Path(fleet.hub.node.config.data).rglob("*.p*g"))


def test_a_photo_that_no_note_names_is_not_kept(fleet: Fleet) -> None:
    told(fleet)
    north = fleet.field("north", "S1604")
    fleet.meet(north)
    show(north, "S1604", picture(1))
    batch = bundle.unseal(fleet.hub.identity, north.export("hub"), "b")
    stray = picture(7)
    both = [[picture(1).digest, "image/jpeg"], [stray.digest, stray.media]]
    parts = [batch.part(at) for at in range(len(batch.sealed))]
    said = dict(batch.manifest) | {"photos": both}
    fleet.hub.bring(bundle.seal(north.identity, fleet.hub.identity.public, said, [*parts, stray.content]))
    assert [has(fleet.hub, photo) for photo in (picture(1), stray)] == [True, False]


def test_only_so_many_are_asked_for_at_once_and_all_come(fleet: Fleet) -> None:
    told(fleet)
    north = fleet.field("north", "S1604")
    fleet.meet(north)
    many = pictures.MOST_ASKED + 5
    for number in range(many):
        show(north, "S1604", picture(number))
    fleet.meet(north)
    for number in range(many):
        photos.drop(fleet.hub.node.config.data, [picture(number).digest])
    assert fleet.meet(north).in_step
    assert all(has(fleet.hub, picture(number)) for number in range(many))
