"""The life of a house with 200 phones, chapter by chapter: whatever Barrio does, it is done to each number."""

from __future__ import annotations

import contextlib
import random
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import requests
from redis import Redis

from dashboards import exports
from gateway.demo.provider import ProviderDouble
from gateway.phone import open_vault
from tests.doors.forged import SIGNATURES
from tests.doors.genuine import Genuine, sid_of
from tests.doors.house import ACCOUNT, House
from tests.doors.posting import Post, deliver, signed, sms_form
from tests.patience import until

SEND = frozenset({"send"})
WORDS = ("AGUA S1604 sin agua", "LUZ P1105 poste apagado", "ESTADO", "no hay luz", "BAJA", "me pega", "xyzzy", "AYUDA")


def numbers() -> list[str]:
    rng = random.Random(20261125)
    found: dict[str, None] = {}
    while len(found) < 200:
        found[f"+591{rng.choice('67')}{rng.randrange(10**7):07d}"] = None
    return list(found)


NUMBERS = numbers()


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


def texts(life: Life) -> None:
    """Every phone texts, some twice; replies leave and their statuses come back."""
    def says(number: str) -> None:
        delivery = life.double.text(number, WORDS[int(number[-1]) % len(WORDS)])
        assert delivery.arrived
        life.double.redeliver(delivery.sid)
    life.everybody(says)
    until(lambda: sum(bool(life.double.replies_to(n)) for n in NUMBERS) > 180, "hardly anybody was answered")


def forgeries(life: Life) -> None:
    """The numbers in forged bodies, in paths, queries, headers and statuses."""
    key = open_vault(life.house.node.config).console_key
    start = Genuine(sid_of("canary"), life.house.url, key)

    def forges(number: str) -> None:
        form = sms_form(sid_of(number), number=number)
        post = signed(form, start.url, ACCOUNT)
        tail = number[1:]
        for forged in (
            post.to(signature=None), post.to(signature="AAAA"), post.to(signature=number),
            post.to(body=post.body + b"&From=" + tail.encode()), post.to(target=f"/channels/{tail}/inbound"),
            post.to(target=f"/channels/twilio/inbound?From={number}"),
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
        lambda: faults.broken(3, 503, SEND), lambda: faults.too_many(3, on=SEND), lambda: faults.hang(2, 60, SEND),
        lambda: faults.undelivered(30003, times=3)]
    for n, arm in enumerate(arms):
        arm()
        for number in NUMBERS[n * 10:n * 10 + 10]:
            life.double.text(number, "AYUDA")
    until(lambda: len(faults.met) == 6, lambda: f"not every fault was met: {faults.met}")


def away(life: Life) -> None:
    """The database is locked by somebody else: texts go to the spool, and back from there."""
    spool = life.house.data / "spool"
    with contextlib.closing(sqlite3.connect(life.house.data / "barrio.db", timeout=60, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        life.everybody(lambda number: life.double.text(number, "AGUA S1604 otra vez"))
        life.facts["spooled"] = sum(path.stat().st_size for path in spool.glob("*"))
        shutil.copytree(spool, life.kept("spool"))
        for journal in life.house.data.glob("barrio.db-*"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(journal, life.kept(journal.name))
        other.execute("ROLLBACK")
    until(lambda: not any(spool.iterdir()), "the spool was never drained")


def missed(life: Life) -> None:
    """Texts no webhook brought, fetched by hand from a provider that stumbles."""
    life.everybody(lambda number: life.double.text(number, "AGUA S1604 y nadie oye", webhook=False))
    life.double.faults.broken(1, 503, frozenset({"list"}))
    life.facts["reconciled"] = life.house.command("reconcile", "--since", "24h")


def console(life: Life) -> None:
    """The keyboard's channel, over HTTP and as a command."""
    key = open_vault(life.house.node.config).console_key

    def types(number: str) -> None:
        start = Genuine(sid_of(f"console {number}"), life.house.url, key)
        body = f'{{"id": "k{number[1:][::-1]}", "from": "{number}", "text": "AYUDA"}}'.encode()
        assert deliver(life.house.port, start.at_console(body).wire()).code == 200
    life.everybody(types)
    life.house.command("text", "--from", NUMBERS[0], "ESTADO")


def provoked(life: Life) -> None:
    """Statements that fail in the middle of everything: in the web process, in the worker, in commands."""
    def trigger(name: str, on: str) -> None:
        made = f"CREATE TRIGGER {name} BEFORE INSERT ON {on} BEGIN SELECT RAISE(ABORT, 'provoked'); END"
        with contextlib.closing(sqlite3.connect(life.house.data / "barrio.db", timeout=60)) as c:
            c.execute(made if on else f"DROP TRIGGER {name}")
            c.commit()
    trigger("nope", "message")
    for number in NUMBERS[:20]:
        assert life.double.text(number, "AGUA S1604 y algo se rompe").arrived
    life.double.text(NUMBERS[0], "AGUA S1604 perdido", webhook=False)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda words: life.house.command(*words, fails=True), [
            ("reconcile",), ("text", "--from", NUMBERS[1], "AGUA S1604 y algo se rompe")]))
    until(lambda: any(life.house.data.glob("spool/*.refused")), "what the database refuses was never put aside")
    trigger("nope", "")
    life.double.text(NUMBERS[150], "AYUDA")
    trigger("never", "entry WHEN NEW.kind IN ('reply_sent', 'report_classified', 'reply_failed', 'reply_uncertain')")
    for number in NUMBERS[120:150]:
        life.double.text(number, "LUZ P1105 y algo se rompe")
    worker = life.house.said / "worker.txt"
    until(lambda: b"IntegrityError" in worker.read_bytes(), "the worker's statement never failed")
    trigger("never", "")


def papers(life: Life) -> None:
    """Every export in every format, every page for everybody and for a planner, every command that prints."""
    node = life.house.node
    for what in exports.THINGS:
        for format in exports.FORMATS:
            if format != "geojson" or what == "needs":
                with life.kept(f"{what}.{format}").open("wb") as out:
                    exports.write(node, what, format, out)
    life.house.command("user", "add", "planner", "--role", "planner")
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda words: life.house.command(*words.split()), ["export outbox --format csv", "check", "rebuild --verify"]))
    with requests.Session() as browser:
        browser.trust_env = False
        form = browser.get(f"{life.house.url}/sign-in", timeout=60).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form) or re.search(r'value="([^"]+)"[^>]*name="csrf_token"', form)
        assert token is not None
        browser.post(f"{life.house.url}/sign-in", timeout=60, data={
            "name": "planner", "password": life.house.environment["BARRIO_PASSWORD"], "csrf_token": token[1]},
            headers={"Referer": f"{life.house.url}/sign-in"})
        pages, seen = ["/", "/planner/", "/health", "/metrics", "/track"], []
        while pages and len(seen) < 40:
            seen.append(pages.pop(0))
            answer = browser.get(life.house.url + seen[-1], timeout=60)
            life.kept(f"page-{len(seen)}").write_bytes(answer.content + str(answer.headers).encode())
            pages += [page for page in dict.fromkeys(re.findall(r'href="(/[^"#]*)"', answer.text))
                      if page not in seen and page not in pages and "sign-out" not in page]
    life.facts["pages"] = seen


def broker(life: Life) -> None:
    """What the broker holds, and what it writes when it is told to."""
    with Redis(unix_socket_path=str(life.house.data / "broker" / "valkey.sock")) as redis:
        keys = list(redis.scan_iter())
        life.kept("broker").write_bytes(b"\n".join(bytes(key) + b" " + (redis.dump(key) or b"") for key in keys))
        life.facts["broker keys"] = len(keys)
        redis.save()


CHAPTERS: tuple[Callable[[Life], None], ...] = (texts, forgeries, sendings_that_fail, away, missed, console, provoked, papers, broker)
