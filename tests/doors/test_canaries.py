"""200 phone numbers live through everything Barrio does, in real processes; then every file it wrote is searched for them."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import random
import re
import shutil
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from redis import Redis
from sqlalchemy import func, select

from dashboards import exports
from gateway.channels.values import Inbound, Request
from gateway.demo.provider import ProviderDouble
from gateway.journal.tables import Contact, Message, Reply, table
from gateway.outbox import Letter
from gateway.phone import open_vault
from tests.doors.canaries import Canaries
from tests.doors.house import ACCOUNT, House, wait_until
from tests.doors.posting import Post, deliver, signed, sms_form
from tests.doors.variants import SIGNATURES, Genuine, sid_of

SEND = frozenset({"send"})
MESSAGE, REPLY, CONTACT = table(Message), table(Reply), table(Contact)
WORDS = ("AGUA S1604 sin agua", "LUZ P1105 poste apagado", "ESTADO", "no hay luz", "BAJA", "me pega", "xyzzy", "AYUDA")


def numbers() -> list[str]:
    rng = random.Random(20261125)
    found: dict[str, None] = {}
    while len(found) < 200:
        found[f"+591{rng.choice('67')}{rng.randrange(10**7):07d}"] = None
    return list(found)


NUMBERS = numbers()
CANARIES = Canaries(NUMBERS)


@dataclass
class Life:
    """What happened, so that the search is not over an empty house."""

    house: House
    double: ProviderDouble
    codes: Counter[int] = field(default_factory=Counter)
    facts: dict[str, object] = field(default_factory=dict)

    def everybody(self, does: Callable[[str], object]) -> list[object]:
        with ThreadPoolExecutor(12) as pool:
            return list(pool.map(does, NUMBERS))

    def kept(self, name: str) -> Path:
        path = self.house.folder / "kept" / name
        path.parent.mkdir(exist_ok=True)
        return path


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with contextlib.ExitStack() as stack:
        folder = tmp_path_factory.mktemp("canaries")
        with ProviderDouble(ACCOUNT, "http://127.0.0.1:9/", pace=0.0) as double:
            house = House.found(folder, queue="embedded", api_url=double.url)
            stack.callback(house.stop)
            double.inbound_url = f"{house.url}/channels/twilio/inbound"
            house.start("broker", "web", "worker")
            lived = Life(house, double)
            for chapter in (texts, forgeries, sendings_that_fail, away, missed, console, provoked, papers, broker):
                chapter(lived)
            house.stop()
        yield lived
        house.node.database.engine.dispose()


def texts(life: Life) -> None:
    """Every phone texts, some twice; replies leave and their statuses come back."""
    def says(number: str) -> None:
        delivery = life.double.text(number, WORDS[int(number[-1]) % len(WORDS)])
        assert delivery.arrived
        life.double.redeliver(delivery.sid)
    life.everybody(says)
    wait_until(lambda: sum(bool(life.double.replies_to(n)) for n in NUMBERS) > 180, 60, "nearly everybody was answered")


def forgeries(life: Life) -> None:
    """The numbers in forged bodies, in paths, queries, headers and statuses."""
    key = open_vault(life.house.node.config).console_key
    start = Genuine(sid_of("canary"), life.house.url, key)

    def forges(number: str) -> None:
        form = sms_form(sid_of(number), number=number)
        post = signed(form, start.url, ACCOUNT)
        tail = number[1:]
        for forged in (
            post.to(signature=None), post.to(signature="AAAA"), post.to(signature=number), post.to(body=post.body + b"&From=" + tail.encode()),
            post.to(target=f"/channels/{tail}/inbound"), post.to(target=f"/channels/twilio/inbound?From={number}"),
            post.to(target=f"/track/{tail}", method="GET"), post.to(target=f"/{tail}", method="GET"),
            post.to(content_type=f"text/plain; name={tail}"), post.to(length=tail), post.to(method=f"P{tail}"),
            post.to(signature=None).beside(("User-Agent", number), ("Referer", f"http://a/{number}"), ("X-Forwarded-For", number)),
            start.status(To=number, MessageSid=tail), start.status(To=number).to(signature="AAAA"),
            start.at_console(f'{{"id": "{tail}", "from": "{number}"'.encode()), start.at_console(f'{{"from": "{number}"}}'.encode()),
            signed(sms_form("SM" + tail, number=number), start.url, ACCOUNT), Post(tail.encode(), version=tail),
        ):
            life.codes[deliver(life.house.port, forged.wire()).code] += 1
    life.everybody(forges)
    for _, make, _ in SIGNATURES:
        life.codes[deliver(life.house.port, make(start).wire()).code] += 1


def sendings_that_fail(life: Life) -> None:
    """Replies that are refused, dropped, unanswered, put off, and reported undelivered."""
    faults = life.double.faults
    arms: list[Callable[[], None]] = [
        lambda: faults.refuse(21610, times=3), lambda: faults.refuse(21211, times=3), lambda: faults.drop(3, SEND),
        lambda: faults.broken(3, 503, SEND), lambda: faults.too_many(3, on=SEND), lambda: faults.hang(2, 3, SEND),
        lambda: faults.undelivered(30003, times=3)]
    for n, arm in enumerate(arms):
        arm()
        for number in NUMBERS[n * 10:n * 10 + 10]:
            life.double.text(number, "AYUDA")
    wait_until(lambda: len(faults.met) == 6, 30, "every fault was met")


def away(life: Life) -> None:
    """The database is locked by somebody else: texts go to the spool, and back from there."""
    spool = life.house.data / "spool"
    with contextlib.closing(sqlite3.connect(life.house.data / "barrio.db", timeout=10, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        life.everybody(lambda number: life.double.text(number, "AGUA S1604 otra vez"))
        life.facts["spooled"] = sum(path.stat().st_size for path in spool.glob("*"))
        shutil.copytree(spool, life.kept("spool"))
        for journal in life.house.data.glob("barrio.db-*"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(journal, life.kept(journal.name))
        other.execute("ROLLBACK")
    wait_until(lambda: not any(spool.iterdir()), 30, "the spool was empty again")


def missed(life: Life) -> None:
    """Texts no webhook brought, fetched by hand; first by somebody without the right token."""
    life.everybody(lambda number: life.double.text(number, "AGUA S1604 y nadie oye", webhook=False))
    life.double.faults.broken(1, 503, frozenset({"list"}))
    life.facts["reconciled"] = life.house.command("reconcile", "--since", "24h")
    life.double.faults.too_many(None, on=frozenset({"list"}))
    life.double.faults.clear()


def console(life: Life) -> None:
    """The keyboard's channel, over HTTP and as a command."""
    key = open_vault(life.house.node.config).console_key

    def types(number: str) -> None:
        start = Genuine(sid_of(f"console {number}"), life.house.url, key)
        body = f'{{"id": "k{number[1:][::-1]}", "from": "{number}", "text": "AYUDA"}}'.encode()
        assert deliver(life.house.port, start.at_console(body).wire()).code == 200
    life.everybody(types)
    for number in NUMBERS[:2]:
        life.house.command("text", "--from", number, "ESTADO")


def provoked(life: Life) -> None:
    """Statements that fail in the middle of everything: in the web process, in the worker, in commands."""
    def trigger(name: str, on: str) -> None:
        with contextlib.closing(sqlite3.connect(life.house.data / "barrio.db", timeout=10)) as c:
            c.execute(f"CREATE TRIGGER {name} BEFORE INSERT ON {on} BEGIN SELECT RAISE(ABORT, 'provoked'); END" if on else f"DROP TRIGGER {name}")
            c.commit()
    trigger("nope", "message")
    for number in NUMBERS[:20]:
        assert life.double.text(number, "AGUA S1604 y algo se rompe").arrived
    life.double.text(NUMBERS[0], "AGUA S1604 perdido", webhook=False)
    life.house.command("reconcile", fails=True)
    life.house.command("text", "--from", NUMBERS[1], "AGUA S1604", fails=True)
    wait_until(lambda: any(life.house.data.glob("spool/*.refused")), 15, "what the database refuses was put aside")
    trigger("nope", "")
    life.double.text(NUMBERS[150], "AYUDA")
    trigger("never", "entry WHEN NEW.kind IN ('reply_sent', 'report_classified', 'reply_failed', 'reply_uncertain')")
    for number in NUMBERS[120:150]:
        life.double.text(number, "LUZ P1105 y algo se rompe")
    worker = life.house.said / "worker.txt"
    wait_until(lambda: b"IntegrityError" in worker.read_bytes(), 30, "the worker's statement failed")
    trigger("never", "")


def papers(life: Life) -> None:
    """Every export in every format, every page for everybody and for a planner, every command that prints."""
    node = life.house.node
    for what in exports.THINGS:
        for format in exports.FORMATS:
            if format != "geojson" or what == "needs":
                with life.kept(f"{what}.{format}").open("wb") as out:
                    exports.write(node, what, format, out)
    life.house.command("export", "outbox", "--format", "csv")
    life.house.command("user", "add", "planner", "--role", "planner")
    life.house.command("check")
    life.house.command("state-hash")
    life.house.command("rebuild", "--verify")
    life.house.command("--help")
    with requests.Session() as browser:
        browser.trust_env = False
        form = browser.get(f"{life.house.url}/sign-in", timeout=20).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form) or re.search(r'value="([^"]+)"[^>]*name="csrf_token"', form)
        assert token is not None
        browser.post(f"{life.house.url}/sign-in", timeout=20, data={
            "name": "planner", "password": life.house.environment["BARRIO_PASSWORD"], "csrf_token": token[1]},
            headers={"Referer": f"{life.house.url}/sign-in"})
        pages, seen = ["/", "/planner/", "/health", "/metrics", "/track"], []
        while pages and len(seen) < 60:
            seen.append(pages.pop(0))
            answer = browser.get(life.house.url + seen[-1], timeout=20)
            life.kept(f"page-{len(seen)}").write_bytes(answer.content + str(answer.headers).encode())
            pages += [p for p in dict.fromkeys(re.findall(r'href="(/[^"#]*)"', answer.text)) if p not in seen and p not in pages and "out" not in p]
    life.facts["pages"] = seen


def broker(life: Life) -> None:
    """What the broker holds, and what it writes when it is told to."""
    with Redis(unix_socket_path=str(life.house.data / "broker" / "valkey.sock")) as redis:
        keys = list(redis.scan_iter())
        life.kept("broker").write_bytes(b"\n".join(bytes(key) + b" " + (redis.dump(key) or b"") for key in keys))
        life.facts["broker keys"] = len(keys)
        redis.save()


# ---------------------------------------------------------------------------------------------------------- the search

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
    assert (roads["webhook"] >= 200, roads["reconcile"], roads["console"] >= 200, roads["spool"] > 0) == (True, 200, True, True), roads
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


def test_every_kind_of_file_was_there_to_be_searched(life: Life) -> None:
    names = {str(path.relative_to(life.house.folder)) for path in life.house.folder.rglob("*") if path.is_file() and path.stat().st_size}
    for wanted in ("data/barrio.db", "data/config.toml", "data/broker/dump.rdb", "data/broker/valkey.log", "said/web.txt", "said/worker.txt",
                   "said/commands.txt", "kept/broker", "kept/messages.jsonl", "kept/outbox.xlsx", "kept/needs.geojson"):
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
    *((f"in base64, {skip} bytes in", lambda n, p, skip=skip: p.write_bytes(b"x " + base64.b64encode(b"\xf0" * skip + n.encode() + b"\xf0\xf1")))
      for skip in range(4)),
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
        assert CANARIES.in_folder(life.house.folder) == {"data/spool/leak.tmp": {NUMBERS[7]}}
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
