"""200 phone numbers live through everything Barrio does, in real processes; then every file it wrote is searched for them."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import random
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.channels.values import Inbound, Request
from gateway.demo.courier import Courier
from gateway.demo.provider import ProviderDouble
from gateway.journal.tables import Contact, Message, Reply, table
from gateway.sending.outbox import Letter
from tests.doors.canaries import Canaries
from tests.doors.house import ACCOUNT, House
from tests.doors.living import CHAPTERS, NUMBERS, Life
from tests.patience import LONG

MESSAGE, REPLY, CONTACT = table(Message), table(Reply), table(Contact)
CANARIES = Canaries(NUMBERS)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with contextlib.ExitStack() as stack:
        folder = tmp_path_factory.mktemp("canaries")
        with ProviderDouble(ACCOUNT, "http://127.0.0.1:9/", pace=0.0, courier=Courier(ACCOUNT, timeout=LONG)) as double:
            house = House.found(folder, queue="embedded", api_url=double.url, patience=5.0)
            stack.callback(house.stop)
            double.inbound_url = f"{house.url}/channels/twilio/inbound"
            house.start("broker", "web", "worker")
            lived = Life(house, double)
            for chapter in CHAPTERS:
                chapter(lived)
            house.stop()
        yield lived
        house.node.database.engine.dispose()


def test_no_number_is_in_any_file(life: Life) -> None:
    assert CANARIES.in_folder(life.house.folder) == {}


def test_all_of_it_happened(life: Life) -> None:
    """The numbers are there, sealed; every road was taken; every trouble was met; tracebacks were printed."""
    node = life.house.node
    with node.database.reading() as c:
        held = {node.vault.open(sealed).decode() for sealed in c.execute(select(CONTACT.c.number)).scalars()}
        roads = dict(c.execute(select(MESSAGE.c.road, func.count()).group_by(MESSAGE.c.road)).all())
        states = dict(c.execute(select(REPLY.c.state, func.count()).group_by(REPLY.c.state)).all())
    assert held == set(NUMBERS)
    assert (roads["webhook"] >= 200, roads["console"] >= 200) == (True, True), roads
    assert roads["reconcile"] + roads.get("spool", 0) > 300, roads  # what was spooled may be listed before it is drained
    assert states["delivered"] >= 200
    assert {"failed", "delivered"} <= states.keys(), states
    assert set(life.double.faults.met) >= {"refuse", "drop", "broken", "too_many", "hang", "undelivered"}
    assert int(str(life.facts["spooled"])) > 10_000
    assert life.codes[403] > 1000
    assert max(life.codes) < 500
    said = b"".join(path.read_bytes() for path in life.house.said.iterdir())
    assert b"Traceback" in said
    assert b"provoked" in said
    assert len(life.facts["pages"]) > 20  # type: ignore[arg-type]


def test_what_processes_say_repeats_no_text_either(life: Life) -> None:
    """The statements that failed held texts; of a failure the logs and screens show everything but those."""
    said = {path.name: path.read_text("utf-8") for path in life.house.said.iterdir()}
    assert [name for name, words in said.items() if "algo se rompe" in words or "y nadie oye" in words] == []


def test_every_kind_of_file_was_there_to_be_searched(life: Life) -> None:
    names = {str(path.relative_to(life.house.folder)) for path in life.house.folder.rglob("*") if path.is_file() and path.stat().st_size}
    for wanted in ("data/barrio.db", "data/config.toml", "data/broker/dump.rdb", "data/broker/valkey.log", "said/web.txt",
                   "said/worker.txt", "said/commands.txt", "kept/broker", "kept/messages.jsonl", "kept/outbox.xlsx", "kept/needs.geojson"):
        assert wanted in names
    assert any(name.startswith("kept/spool/") for name in names)
    assert any(name.endswith(".refused") for name in names)


def zipped(number: str, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<t>{number}</t>")


def in_database(number: str, path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as c:
        c.execute("CREATE TABLE t (a, b)")
        c.execute("INSERT INTO t VALUES (?, ?)", ["x" * 3000, number.encode()])
        c.commit()


Plant = Callable[[str, Path], object]


@pytest.mark.parametrize(("label", "plant"), [
    ("as it is", lambda n, p: p.write_text(f"sent to {n}.\n")),
    ("without its plus", lambda n, p: p.write_text(f'{{"from":"{n[1:]}"}}')),
    ("with two zeros", lambda n, p: p.write_text(f"00{n[1:]}")),
    ("as people write it", lambda n, p: p.write_text(f"{n[:4]} {n[4:8]}-{n[8:]}")),
    ("without its country", lambda n, p: p.write_text(f"tel {n[4:]};")),
    ("in the middle of other digits", lambda n, p: p.write_text(f"12{n[1:]}34")),
    ("percent-encoded", lambda n, p: p.write_text(f"From=%2B{n[1:]}&To=")),
    ("every digit percent-encoded", lambda n, p: p.write_text("".join(f"%{ord(c):02X}" for c in n))),
    ("in JSON's escapes", lambda n, p: p.write_text("".join(f"\\u{ord(c):04x}" for c in n))),
    ("in UTF-16", lambda n, p: p.write_bytes(f"a{n}".encode("utf-16-le"))),
    ("in UTF-16, the other way round", lambda n, p: p.write_bytes(f"a{n}".encode("utf-16-be"))),
    ("in UTF-32", lambda n, p: p.write_bytes(n.encode("utf-32"))),
    *((f"in base64, {skip} bytes in", lambda n, p, skip=skip: p.write_bytes(
        b"x " + base64.b64encode(b"\xf0" * skip + n.encode() + b"\xf0\xf1"))) for skip in range(4)),
    ("in base64, bare", lambda n, p: p.write_bytes(base64.b64encode(n[1:].encode()))),
    ("in base64 for addresses", lambda n, p: p.write_bytes(base64.urlsafe_b64encode(b"\xff\xfe" + n.encode()))),
    ("in hexadecimal", lambda n, p: p.write_text(n.encode().hex())),
    ("as a bare SHA-256", lambda n, p: p.write_text(hashlib.sha256(n.encode()).hexdigest())),
    ("as a bare SHA-256, cut short", lambda n, p: p.write_text(hashlib.sha256(n[1:].encode()).hexdigest()[:24])),
    ("as a bare MD5, in bytes", lambda n, p: p.write_bytes(hashlib.md5(n.encode(), usedforsecurity=False).digest())),
    ("in a compressed file", lambda n, p: p.write_bytes(gzip.compress(f"a {n}".encode()))),
    ("in a spreadsheet", zipped),
    ("in a database", in_database),
    ("as a file's name", lambda n, p: (p.parent / f"{n[1:]}.spool").write_text("nothing")),
])
def test_a_planted_leak_is_found(tmp_path: Path, label: str, plant: Plant) -> None:
    for number in (NUMBERS[0], NUMBERS[99], NUMBERS[199]):
        folder = tmp_path / f"planted{NUMBERS.index(number)}"
        folder.mkdir()
        (folder / "innocent").write_text("nothing here")
        plant(number, folder / "file")
        assert list(CANARIES.in_folder(folder).values()) == [{number}]


def test_a_leak_planted_in_the_house_itself_is_found(life: Life) -> None:
    leak = life.house.data / "spool" / "leak.tmp"
    leak.write_text(f"to={NUMBERS[7]}")
    try:
        assert CANARIES.in_folder(life.house.data / "spool") == {"leak.tmp": {NUMBERS[7]}}
    finally:
        leak.unlink()


def test_what_looks_like_numbers_and_is_none_is_not_found() -> None:
    rng = random.Random(1)
    noise = "".join(f"{rng.getrandbits(256):064x} {rng.randrange(10**16)} +5917{rng.randrange(10**7):07d}8 2026-11-25T12:00:00.{n:03d}Z\n"
                    for n in range(1000))
    assert Canaries(["+59171111111", "+59160000000"]).within(noise.encode()) == set()


@pytest.mark.parametrize("value", [
    Inbound("twilio", "AC", "SM1", NUMBERS[0], f"soy {NUMBERS[0]}", datetime(2026, 11, 25, tzinfo=UTC), NUMBERS[0].encode()),
    Letter({"id": "r1", "text": NUMBERS[0]}, NUMBERS[0], False),
    Request(f"http://a/?From={NUMBERS[0]}", "", {"From": NUMBERS[0]}, NUMBERS[0].encode(), datetime(2026, 11, 25, tzinfo=UTC)),
], ids=lambda value: type(value).__name__)
def test_a_value_that_holds_a_number_does_not_show_it_in_a_traceback(value: object) -> None:
    assert CANARIES.within(f"{value!r} {value}".encode()) == set()
