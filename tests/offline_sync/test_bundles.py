"""Bundles: whole or not at all, in any order, as often as one likes, and never by anybody else."""

from __future__ import annotations

import itertools
import json
import os
import random
import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from gateway.errors import Problem
from gateway.journal.foreign import Line
from gateway.journal.rebuilding import rebuild
from offline_sync import bundle, checking, frames, heads, offering, peers
from offline_sync.command import export, standing_in_words
from offline_sync.frames import Damaged, Frame
from offline_sync.identity import Identity
from tests.offline_sync.fleet import Box, Fleet
from tests.offline_sync.test_exchange import busy


@pytest.fixture
def pair(fleet: Fleet) -> tuple[Fleet, Box]:
    """A hub with a day's texts, and a node that the hub knows."""
    north = fleet.field("north")
    fleet.carry(north, fleet.hub)
    busy(fleet.hub, 20)
    return fleet, north


def looked_at(box: Box, content: bytes) -> None:
    """All that is done to a bundle before anything is written."""
    batch = bundle.unseal(box.identity, content, "b")
    with box.node.database.reading() as c:
        checking.check(batch, peers.book(c, box.node, box.identity), "b")


def flips(content: bytes, count: int, rng: random.Random) -> Iterator[bytes]:
    for _ in range(count):
        at = rng.randrange(len(content))
        yield content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1:]


def all_refused(box: Box, damaged: Iterator[bytes]) -> int:
    before, count = box.node.database.path.read_bytes(), 0
    for content in damaged:
        with pytest.raises(Problem) as fault:
            looked_at(box, content)
        assert fault.value.code == "sync.refused"
        count += 1
    assert box.node.database.path.read_bytes() == before, "not one byte was written"
    return count


def test_flipped_bits_and_cut_copies_are_refused(pair: tuple[Fleet, Box]) -> None:
    fleet, north = pair
    content = fleet.hub.export("north")
    rng = random.Random(5)
    assert all_refused(north, flips(content, 1500, rng)) == 1500
    assert all_refused(north, (content[:rng.randrange(len(content))] for _ in range(500))) == 500
    north.bring(content)


@pytest.mark.campaign
@pytest.mark.timeout(0)
def test_a_hundred_thousand_flipped_bits_and_every_cut(pair: tuple[Fleet, Box]) -> None:
    fleet, north = pair
    content = fleet.hub.export("north")
    assert all_refused(north, flips(content, 100_000, random.Random(6))) == 100_000
    assert all_refused(north, (content[:at] for at in range(len(content)))) == len(content)
    north.bring(content)


def redigested(content: bytes) -> bytes:
    """A damaged bundle whose digest was made right again: now only seals and signature stand in the way."""
    _, whose, size, total, _ = bundle._HEAD.unpack_from(content)
    rest = content[bundle._HEAD.size:]
    known = (bundle.MAGIC, whose, size, len(content))
    return bundle._HEAD.pack(*known, bundle._digest(known, rest)) + rest


def test_a_bundle_damaged_by_somebody_who_mends_the_digest_is_refused_too(pair: tuple[Fleet, Box]) -> None:
    fleet, north = pair
    content, head = fleet.hub.export("north"), bundle._HEAD.size
    rng = random.Random(7)
    damaged = (redigested(content[:head] + flipped) for flipped in flips(content[head:], 300, rng))
    assert all_refused(north, damaged) == 300


def test_the_signature_is_what_counts(pair: tuple[Fleet, Box]) -> None:
    """Anybody can seal something to a node; only a node it knows can sign it."""
    fleet, north = pair
    batch = bundle.unseal(north.identity, fleet.hub.export("north"), "b")
    stranger = Identity(SigningKey.generate())
    plain = [batch.part(at) for at in range(len(batch.sealed))]
    with pytest.raises(Problem) as fault:
        looked_at(north, bundle.seal(stranger, north.identity.public, batch.manifest, plain))
    assert "not known here" in str(fault.value)
    looked_at(north, bundle.seal(fleet.hub.identity, north.identity.public, batch.manifest, plain))  # the control


def first_run(manifest: dict[str, Any], at: int, value: object) -> dict[str, Any]:
    """The manifest with one value of its first run changed."""
    run, *others = manifest["runs"]
    return manifest | {"runs": [[*run[:at], value, *run[at + 1:]], *others]}


@pytest.mark.parametrize(("label", "change", "words"), [
    ("for another name", lambda m: m | {"to": "south"}, "for node south"),
    ("of a newer format", lambda m: m | {"format": 2}, "format 2"),
    ("a run twice", lambda m: m | {"runs": m["runs"] + m["runs"][:1]}, "two runs"),
    ("a run that is longer than its lines", lambda m: first_run(m, 3, m["runs"][0][3] + 1), "not the ones"),
    ("a run that begins elsewhere", lambda m: first_run(m, 2, m["runs"][0][2] + 1), "not the ones"),
    ("another seal", lambda m: first_run(m, 5, "00" * 64), "seal"),
    ("no heads", lambda m: {k: v for k, v in m.items() if k != "heads"}, "manifest"),
    ("heads that are none", lambda m: m | {"heads": {"../etc": [1, "0" * 16]}}, "manifest"),
    ("numbers that are none", lambda m: m | {"number": "many"}, "manifest"),
    ("a manifest that is a list", lambda m: m | {"lacking": [1]}, "manifest"),
])
def test_what_even_a_known_node_may_not_sign(pair: tuple[Fleet, Box], label: str, change: Callable[[dict], dict], words: str) -> None:  # type: ignore[type-arg]
    fleet, north = pair
    batch = bundle.unseal(north.identity, fleet.hub.export("north"), "b")
    plain = [batch.part(at) for at in range(len(batch.sealed))]
    state = north.state()
    with pytest.raises(Problem) as fault:
        north.bring(bundle.seal(fleet.hub.identity, north.identity.public, change(dict(batch.manifest)), plain))
    assert words in str(fault.value)
    assert north.state() == state


def test_a_bundle_for_another_node_is_refused_and_says_so(pair: tuple[Fleet, Box]) -> None:
    fleet, north = pair
    south = fleet.field("south")
    with pytest.raises(Problem) as fault:
        south.bring(fleet.hub.export("north"))
    assert "another node" in str(fault.value)


@pytest.mark.parametrize(("label", "packed"), [
    ("a bomb", zlib.compress(b"0" * (frames.MOST_PLAIN + 1), 9)),
    ("two streams", zlib.compress(b"{}\n") * 2),
    ("no head", zlib.compress(b"")),
    ("a head without end", zlib.compress(b"[" * 100_000 + b"\n")),
    ("lines that are not there", zlib.compress(b'{"parts":[[0,[1,1],"ss"]],"late":[]}\n')),
    ("an order that goes back", zlib.compress(b'{"parts":[[0,[5,-1],"vv"]],"late":[]}\na\nb')),
    ("a run that is not named", zlib.compress(b'{"parts":[[3,[5],"v"]],"late":[]}\na')),
    ("no text at all", zlib.compress(b'{"parts":[[0,[5],"v"]],"late":[]}\n\xff\xfe')),
    ("numbers that are truths", zlib.compress(b'{"parts":[[true,[true],"v"]],"late":[]}\na')),
])
def test_a_frame_that_is_none_is_refused_before_it_costs_anything(label: str, packed: bytes) -> None:
    with pytest.raises(Damaged):
        frames.unpack(packed, runs=1)


@pytest.mark.parametrize("body", [
    '{"salt":"00112233445566778899aabbccddeeff"}', '{"data":{"salt":""},"salt":"00112233445566778899aabbccddeeff"}', '{"a":1}', "{}",
    '{"salt":"short"}', '{"salt":"00112233445566778899aabbccddeeff","x":{"salt":""}}', '{"x":"\\u0000ñ ‮"}'])
def test_a_body_comes_out_as_it_went_in(body: str) -> None:
    frame = Frame()
    line = Line(7, sha256(body.encode()).digest(), body)
    bare = Line(9, bytes(range(32)), None)
    for each in (line, bare, Line(12, line.body_digest, body)):
        frame.add(0, each)
    assert frames.unpack(frames.pack(frame), runs=1).parts == [(0, [line, bare, Line(12, line.body_digest, body)])]


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.campaign)])
def test_six_bundles_in_every_order_give_one_state(pair: tuple[Fleet, Box], seed: int) -> None:
    fleet, north = pair
    bundles: list[bytes] = []
    fleet.carry(fleet.hub, north), fleet.carry(north, fleet.hub)
    north.node.database.engine.dispose()
    empty = north.node.database.path.read_bytes()
    texts = ["AGUA S1604 sin agua", "no es agua es luz", "se cae el muro", "Kupini", "APOYO", "LUZ S1701 sin luz"]
    for number, words in enumerate(texts):
        fleet.hub.hear(words, f"+5917000000{number % 3}")
        with fleet.hub.node.database.writing() as c:  # as if the receipts of the others came in between: contiguous pieces
            book = peers.book(c, fleet.hub.node, fleet.hub.identity)
            made = offering.offer(c, fleet.hub.node, fleet.hub.identity, book, book.by_name("north"))
            row = peers.peer(c, "north")
            peers.remember(c, row, heads=_json(offering.our_heads(c)))
        bundles.append(made.content)
    states, rng = set(), random.Random(4)
    orders = list(itertools.permutations(bundles))
    for order in orders if seed else rng.sample(orders, 24):
        north.node.database.engine.dispose()
        north.node.database.path.write_bytes(empty)
        waited = 0
        for content in order:
            waited += len(north.bring(content).waiting)
        states.add(north.state())
        assert waited or order == tuple(bundles)
    assert states == {fleet.hub.state()}
    for content in bundles * (100 if seed else 2):
        assert not north.bring(content).taken.appended
    assert north.state() == fleet.hub.state()
    assert rebuild(north.node.database, verify=True)


def test_a_receipt_travels_back_and_is_shown(pair: tuple[Fleet, Box], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet, north = pair
    first, second = tmp_path / "first.barrio", tmp_path / "second.barrio"
    assert "no receipt yet" not in standing_in_words(fleet.hub.node, fleet.hub.identity)
    assert "entries for north" in fleet_export(fleet.hub, "north", first)
    assert "no receipt yet" in standing_in_words(fleet.hub.node, fleet.hub.identity)
    north.bring(first.read_bytes())
    fleet_export(north, "hub", second)
    fleet.hub.bring(second.read_bytes())
    assert "applied" in standing_in_words(fleet.hub.node, fleet.hub.identity)
    assert "north: IN STEP" in standing_in_words(fleet.hub.node, fleet.hub.identity)


def test_a_stick_that_is_pulled_out_leaves_no_torn_bundle(pair: tuple[Fleet, Box], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet, _ = pair
    content = fleet.hub.export("north")
    path = tmp_path / "b.barrio"
    for call in ("fsync", "replace", "open"):
        with monkeypatch.context() as broken:
            def gone(*_: object, **__: object) -> None:
                raise OSError(5, "Input/output error")
            broken.setattr(*((os, "fsync") if call == "fsync" else (Path, call)), gone)
            with pytest.raises(Problem):
                bundle.write(path, content)
        assert not path.exists()
    bundle.write(path, content)
    assert bundle.read(path) == content
    path.write_bytes(b"x")
    monkeypatch.setattr(bundle, "MOST_BYTES", 0)
    with pytest.raises(Problem, match="none of ours has more"):
        bundle.read(path)


class Pulled:
    """A file on a stick that vanishes after so many bytes: neither writing nor taking away what is there works any more."""

    def __init__(self, path: _Real, after: int) -> None:
        self._file, self._left = path.open("wb", 0), after

    def write(self, content: bytes) -> int:
        self._file.write(content[:self._left])
        if len(content) > self._left:
            raise OSError(5, "Input/output error")
        return len(content)

    def flush(self) -> None:
        raise OSError(5, "Input/output error")  # it went just before the end

    def fileno(self) -> int:
        return self._file.fileno()

    def __enter__(self) -> Pulled:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def test_a_stick_that_is_pulled_at_any_byte_leaves_nothing_that_is_accepted(
        pair: tuple[Fleet, Box], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet, north = pair
    first, content = fleet.hub.export("north"), fleet.hub.export("north")
    path, points = tmp_path / "b.barrio", 200
    bundle.write(path, first)
    for point in range(points + 1):
        after = len(content) * point // points
        with monkeypatch.context() as pulled:
            real = Path.open
            pulled.setattr(Path, "open", lambda at, mode="r", *rest, real=real, after=after: Pulled(_Real(at, real), after)
                           if mode == "wb" else real(at, mode, *rest))
            pulled.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(OSError(19, "No such device")))
            with pytest.raises(Problem) as fault:
                bundle.write(path, content)
            assert fault.value.code == "data.not_writable"
        assert path.read_bytes() == first, "the bundle of before is whole under its name"
        left = path.with_name(f".{path.name}.new").read_bytes()
        assert len(left) == after
        if after < len(content):
            with pytest.raises(Problem, match="Nothing of|empty|torn|cut off|refused"):
                north.bring(left)
    bundle.write(path, content)  # the next stick
    assert north.bring(bundle.read(path)).taken.appended


class _Real:
    """A path whose opening is not watched."""

    def __init__(self, path: Path, opening: Callable[..., Any]) -> None:
        self._path, self._opening = path, opening

    def open(self, mode: str, buffering: int) -> Any:
        return self._opening(self._path, mode, buffering)


def test_an_entry_costs_less_than_120_bytes(pair: tuple[Fleet, Box]) -> None:
    fleet, _ = pair
    busy(fleet.hub, 60, 9)
    made = fleet.hub.offer("north")
    assert made.entries > 250
    assert len(made.content) / made.entries < 120


def _json(said: offering.Heads) -> str:
    return json.dumps(heads.written(said))


def fleet_export(box: Box, to: str, path: Path) -> str:
    return export(box.node, box.identity, to, path)
