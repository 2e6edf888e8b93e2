"""What the provider delivered while we were deaf is asked for and taken in: all of it, once, with its own times."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import responses
from sqlalchemy import select

from gateway import intake, worker
from gateway.channels import twilio
from gateway.channels.values import Inbound
from gateway.demo.faults import Faults
from gateway.demo.residents import texts
from gateway.errors import Problem
from gateway.journal.canonical import iso
from gateway.journal.projections import state_hash
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Message, Report, table
from gateway.reconcile import Reconciled, reconcile
from tests.doors.counter import PHONE, Counter
from tests.doors.house import ACCOUNT, House

MESSAGE, REPORT = table(Message), table(Report)
LIST, PAGE = frozenset({"list"}), frozenset({"page"})
WORDS = [text.text for text in texts("la-paz") if "{ref}" not in text.text]


@pytest.fixture
def pauses() -> list[float]:
    """How long the provider was waited for; nobody really waits."""
    return []


Ask = Callable[..., Reconciled]


@pytest.fixture
def ask(counter: Counter, pauses: list[float]) -> Ask:
    def now(**span: float) -> Reconciled:
        (result,) = reconcile(counter.node, timedelta(**(span or {"hours": 48})), pause=pauses.append)
        return result
    return now


def deaf(counter: Counter, count: int, spread: timedelta = timedelta(hours=1), rng: random.Random | None = None) -> dict[str, tuple[str, datetime]]:
    """Residents text and no webhook reaches us: {sid: (text, when)}."""
    rng, missed = rng or random.Random(5), {}
    for n in range(count):
        at = (counter.clock() - spread + spread * (n + 1) / (count + 1)).replace(microsecond=0)
        words = f"{rng.choice(WORDS)} {n}"
        sid = counter.double.text(f"+5917{rng.randrange(300):07d}", words, at=at, webhook=False).sid
        missed[sid] = (words, at)
    return missed


def held(counter: Counter) -> dict[str, tuple[str, str, str]]:
    with counter.node.database.reading() as c:
        rows = c.execute(select(MESSAGE.c.provider_id, MESSAGE.c.text, MESSAGE.c.received_at, MESSAGE.c.road)).all()
    assert len({row[0] for row in rows}) == len(rows)
    return {sid: (words, at, road) for sid, words, at, road in rows}


def fingerprint(counter: Counter) -> str:
    with counter.node.database.reading() as c:
        return state_hash(c)


def by_webhook(counter: Counter, sid: str, words: str, at: datetime, number: str = PHONE) -> None:
    with counter.node.database.writing() as c:
        intake.receive(c, counter.node, [Inbound("twilio", ACCOUNT.sid, sid, number, words, at, b"webhook")])


def test_what_was_missed_is_taken_in_with_its_own_times(counter: Counter, ask: Ask) -> None:
    missed = deaf(counter, 25)
    assert ask() == Reconciled("twilio", 25, 25)
    assert held(counter) == {sid: (words, iso(at), "reconcile") for sid, (words, at) in missed.items()}


def test_twice_is_once(counter: Counter, ask: Ask) -> None:
    deaf(counter, 25)
    ask()
    before = fingerprint(counter)
    assert ask() == Reconciled("twilio", 25, 0)
    assert ask() == Reconciled("twilio", 25, 0)
    assert fingerprint(counter) == before


def test_what_came_by_webhook_is_left_as_it_came(counter: Counter, ask: Ask) -> None:
    missed = deaf(counter, 20)
    for sid, (words, at) in list(missed.items())[::2]:
        by_webhook(counter, sid, words, at + timedelta(seconds=3))
    assert ask() == Reconciled("twilio", 20, 10)
    assert sorted(road for _, _, road in held(counter).values()) == ["reconcile"] * 10 + ["webhook"] * 10


def test_a_webhook_that_comes_late_changes_nothing(counter: Counter, ask: Ask) -> None:
    missed = deaf(counter, 10)
    ask()
    before = fingerprint(counter)
    for sid, (words, _) in missed.items():
        by_webhook(counter, sid, words, counter.clock())
    assert fingerprint(counter) == before


def test_our_own_replies_in_the_list_are_not_heard_as_texts(counter: Counter, ask: Ask) -> None:
    counter.text("AYUDA")
    counter.work()
    deaf(counter, 3)
    assert len(counter.arrived()) == 1
    assert ask().recovered == 3
    assert len(held(counter)) == 4


def test_texts_to_another_number_of_the_account_are_not_ours(counter: Counter, ask: Ask) -> None:
    counter.node.config.__dict__["twilio"] = counter.node.config.twilio.model_copy(update={"number": "+59122999999"})
    deaf(counter, 3)
    assert ask() == Reconciled("twilio", 0, 0)


@pytest.mark.parametrize(("label", "ago", "span", "found"), [
    ("within the span", {"hours": 47}, {"hours": 48}, 1),
    ("before it", {"hours": 49}, {"hours": 48}, 0),
    ("just within it", {"minutes": 29}, {"minutes": 30}, 1),
    ("just before it", {"minutes": 31}, {"minutes": 30}, 0),
    ("a week ago, asked for a week and a bit", {"days": 7}, {"days": 8}, 1),
])
def test_how_far_back(counter: Counter, ask: Ask, label: str, ago: dict[str, float], span: dict[str, float], found: int) -> None:
    counter.double.text(PHONE, "AGUA S1604", at=counter.clock() - timedelta(**ago), webhook=False)
    assert ask(**span).recovered == found


@pytest.mark.parametrize(("label", "count"), [("no text", 0), ("one", 1), ("a page but one", 199), ("a page", 200), ("a page and one", 201),
                                               ("three pages", 600)])
def test_pages(counter: Counter, ask: Ask, label: str, count: int) -> None:
    missed = deaf(counter, count)
    assert ask() == Reconciled("twilio", count, count)
    assert held(counter).keys() == missed.keys()


def test_texts_that_arrive_while_we_read_the_list(counter: Counter, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list grows at its front: rows move from page to page under our eyes."""
    missed = deaf(counter, 450)
    genuine, later = twilio._page, []

    def busy(*asked: Any) -> dict[str, Any]:
        page = genuine(*asked)
        for n in range(30):
            later.append(counter.double.text(f"+59176{len(later):06d}", f"AGUA S1604 {n}", webhook=False).sid)
        return page

    monkeypatch.setattr(twilio, "_page", busy)
    ask()
    assert missed.keys() <= held(counter).keys()
    monkeypatch.setattr(twilio, "_page", genuine)
    ask()
    assert held(counter).keys() == missed.keys() | set(later)


@pytest.mark.parametrize(("label", "arm", "waited"), [
    ("429 says when", lambda f: f.too_many(3, retry_after=7, on=LIST), [7.0, 7.0, 7.0]),
    ("429 says never", lambda f: f.too_many(2, retry_after=86400, on=LIST), [30.0, 30.0]),
    ("429 says yesterday", lambda f: f.too_many(1, retry_after=-5, on=LIST), [30.0]),
    ("429 says no number", lambda f: f.too_many(1, retry_after=float("nan"), on=LIST), [30.0]),
    ("500, then well", lambda f: f.broken(2, 500, LIST), [1.0, 2.0]),
    ("503 on and on, then well", lambda f: f.broken(5, 503, LIST), [1.0, 2.0, 4.0, 8.0, 16.0]),
    ("dropped, then well", lambda f: f.drop(2, LIST), [1.0, 2.0]),
    ("no answer in time, then well", lambda f: f.hang(1, 1, LIST), [1.0]),
])
def test_trouble_on_the_way(counter: Counter, ask: Ask, pauses: list[float], label: str, arm: Callable[[Faults], None],
                            waited: list[float]) -> None:
    missed = deaf(counter, 250)
    arm(counter.double.faults)
    assert ask() == Reconciled("twilio", 250, 250)
    assert held(counter).keys() == missed.keys()
    assert pauses == waited


@pytest.mark.parametrize("times", [1, 2])
def test_pages_that_come_twice(counter: Counter, ask: Ask, times: int) -> None:
    missed = deaf(counter, 700)
    counter.double.faults.repeat_pages(times)
    assert ask() == Reconciled("twilio", 700, 700)
    assert counter.double.faults.met["repeat_pages"] == times
    assert held(counter).keys() == missed.keys()


def test_a_list_that_breaks_off_gives_what_it_showed(counter: Counter, ask: Ask, pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    missed = deaf(counter, 650)
    genuine, asked = twilio._page, []

    def two_pages(*asking: Any) -> dict[str, Any]:
        asked.append(1)
        if len(asked) == 3:
            counter.double.faults.broken(None, 503, LIST)
        return genuine(*asking)

    monkeypatch.setattr(twilio, "_page", two_pages)
    with pytest.raises(Problem) as away:
        ask()
    assert (away.value.code, away.value.permanent, len(pauses)) == ("provider.away", False, 5)
    assert len(held(counter)) == 400
    counter.double.faults.clear()
    assert ask().recovered == 250
    assert held(counter).keys() == missed.keys()


def test_the_texts_of_one_phone_are_heard_in_the_order_they_were_sent(counter: Counter, ask: Ask) -> None:
    """The list is newest first: read so, the answer would come before what it completes."""
    for n, words in enumerate(("no hay agua desde ayer", "S1604")):
        counter.double.text(PHONE, words, at=counter.clock() - timedelta(minutes=10 - n), webhook=False)
    ask()
    with counter.node.database.reading() as c:
        reports = c.execute(select(REPORT.c.category, REPORT.c.place_code)).all()
    assert [(category[:3], place) for category, place in reports] == [("WAT", "S1604")]


def test_a_week_of_deafness(counter: Counter, ask: Ask) -> None:
    """2,000 texts over seven days, a tenth of which a webhook had brought; replies of ours stand between them."""
    rng = random.Random(7)
    missed = deaf(counter, 2000, timedelta(days=7), rng)
    brought = rng.sample(sorted(missed), 200)
    for sid in brought:
        by_webhook(counter, sid, *missed[sid])
    counter.work()
    counter.double.faults.too_many(2, retry_after=1, on=LIST)
    counter.double.faults.broken(2, 503, LIST)
    counter.double.faults.repeat_pages(3)
    assert ask(days=7, minutes=5) == Reconciled("twilio", 2000, 1800)
    there = held(counter)
    assert {sid: (words, at) for sid, (words, at, _) in there.items()} == {sid: (words, iso(at)) for sid, (words, at) in missed.items()}
    assert ask(days=7, minutes=5).recovered == 0
    assert rebuild(counter.node.database, verify=True).entries > 4000


def test_with_webhooks_and_with_another_reconcile_at_the_same_time(counter: Counter) -> None:
    missed = list(deaf(counter, 300).items())
    random.Random(3).shuffle(missed)
    start = threading.Barrier(4)

    def webhooks(part: int) -> int:
        start.wait()
        for sid, (words, at) in missed[part::2]:
            by_webhook(counter, sid, words, at)
        return 0

    def asking(_: int) -> int:
        start.wait()
        return reconcile(counter.node, timedelta(hours=48))[0].listed

    with ThreadPoolExecutor(4) as pool:
        done = [*pool.map(lambda job: job[0](job[1]), [(webhooks, 0), (asking, 0), (webhooks, 1), (asking, 1)])]
    assert done == [0, 300, 0, 300]
    assert held(counter).keys() == dict(missed).keys()
    assert counter.entries("message_received") == 300


# ------------------------------------------------------------------------------------------ lists no provider should give

def row(n: int, **other: Any) -> dict[str, Any]:
    return {"sid": f"SM{n:032x}", "direction": "inbound", "from": PHONE, "to": ACCOUNT.number, "body": f"AGUA S1604 {n}", "status": "received",
            "date_sent": "Wed, 25 Nov 2026 11:00:00 +0000", "date_created": "Wed, 25 Nov 2026 11:00:00 +0000"} | other


@pytest.fixture
def scripted(counter: Counter) -> Iterator[Callable[..., None]]:
    """The list as given, page by page: `scripted(({"messages": ...}), ...)`; the address of the next page is /pageN."""
    base = counter.node.config.twilio.api_url
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        def give(*pages: Any) -> None:
            for n, page in enumerate(pages):
                path = f"/2010-04-01/Accounts/{ACCOUNT.sid}/Messages.json" if n == 0 else f"/page{n}"
                body = {"body": page} if isinstance(page, str) else {"json": page}
                mock.get(base + path, **body)
        yield give


@pytest.mark.parametrize(("label", "odd"), [
    ("no sid", {"sid": None}),
    ("the sid of a call", {"sid": "CA" + "0" * 32}),
    ("no sender", {"from": None}),
    ("an empty sender", {"from": ""}),
    ("no time", {"date_sent": None, "date_created": None}),
    ("a time nobody can read", {"date_sent": "yesterday", "date_created": "yesterday"}),
    ("no direction", {"direction": None}),
    ("a direction of tomorrow", {"direction": "sideways"}),
])
def test_one_odd_row_hides_no_other(ask: Ask, counter: Counter, scripted: Callable[..., None], label: str, odd: dict[str, Any]) -> None:
    scripted({"messages": [row(1), row(2, **odd), row(3)]})
    assert ask().recovered == 2
    assert held(counter).keys() == {row(1)["sid"], row(3)["sid"]}


def test_rows_that_are_no_rows(ask: Ask, scripted: Callable[..., None]) -> None:
    scripted({"messages": [None, 5, "text", [], {}, row(1)]})
    assert ask().recovered == 1


def test_odd_texts_are_kept_verbatim(ask: Ask, counter: Counter, scripted: Callable[..., None]) -> None:
    odd = ["\x00", "\ud800 lone", "👨‍👩‍👧", "", "\u202eRTL", "a" * 1600]
    scripted({"messages": [row(n, body=words) for n, words in enumerate(odd)] + [row(9, body=None)]})
    assert ask().recovered == 7
    assert [words for _, (words, _, _) in sorted(held(counter).items())] == [*odd, ""]


@pytest.mark.parametrize(("label", "pages", "heard"), [
    ("it goes round in a circle", [{"messages": [row(1)], "next_page_uri": "/page1"}, {"messages": [row(2)], "next_page_uri": "/page1"}], 2),
    ("it goes round to its beginning", [{"messages": [row(1)], "next_page_uri": "/page1"},
                                        {"messages": [row(2)], "next_page_uri": f"/2010-04-01/Accounts/{ACCOUNT.sid}/Messages.json"}], 2),
    ("it goes on at another host", [{"messages": [row(1)], "next_page_uri": "@evil.example/page"}], 1),
    ("it goes on at another address", [{"messages": [row(1)], "next_page_uri": "https://evil.example/page"}], 1),
    ("a page is no JSON", [{"messages": [row(1)], "next_page_uri": "/page1"}, "<html>sign in to the hotel's network</html>"], 1),
    ("a page is a list", [[row(1)]], 0),
])
def test_lists_without_an_end(ask: Ask, counter: Counter, scripted: Callable[..., None], label: str, pages: list[Any], heard: int) -> None:
    scripted(*pages)
    with pytest.raises(Problem) as away:
        ask()
    assert away.value.code in ("provider.away", "provider.refused")
    assert len(held(counter)) == heard


@pytest.mark.parametrize("page", [{}, {"messages": None}, {"messages": []}, {"messages": 5}, {"next_page_uri": None}])
def test_lists_with_nothing_in_them(ask: Ask, scripted: Callable[..., None], page: dict[str, Any]) -> None:
    scripted(page)
    assert ask() == Reconciled("twilio", 0, 0)


# -------------------------------------------------------------------------------------------------- by the clock, by hand

def test_every_five_minutes_with_an_overlap_of_two_days(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    now, spans = [0.0], []
    monkeypatch.setattr(worker.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(worker, "reconcile", lambda node, span: spans.append((now[0], span)))
    chores = worker.Chores(counter.node)
    for _ in range(1200):
        now[0] += 1
        chores.tick()
    assert [span for _, span in spans] == [timedelta(hours=48)] * len(spans)
    at = [when for when, _ in spans]
    assert (len(at), at[1] - at[0], at[2] - at[1]) == (4, 300, 300)


def test_a_provider_that_is_away_stops_no_chores(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise Problem("provider.away", permanent=False, reason="HTTP 503")
    monkeypatch.setattr(worker, "reconcile", away)
    chores = worker.Chores(counter.node)
    chores._next_reconcile = 0.0
    chores.tick()


@pytest.mark.parametrize(("label", "arguments", "code", "says"), [
    ("48 hours when nothing is said", [], 0, "twilio: 12 listed, 12 recovered"),
    ("an hour", ["--since", "60m"], 0, "twilio: 5 listed, 5 recovered"),
    ("a week", ["--since", "7d"], 0, "twilio: 12 listed, 12 recovered"),
    ("a span nobody can read", ["--since", "soon"], 2, "48h"),
])
def test_the_command(counter: Counter, label: str, arguments: list[str], code: int, says: str) -> None:
    now = datetime.now().astimezone()
    for n in range(12):
        counter.double.text(PHONE, f"AGUA S1604 {n}", at=now - timedelta(minutes=5 if n < 5 else 90), webhook=False)
    ran = run(counter, *arguments)
    assert (ran.returncode, says in ran.stdout + ran.stderr) == (code, True), ran.stderr
    if code == 0:
        assert run(counter, *arguments).stdout == says.rpartition(", ")[0] + ", 0 recovered\n"


def test_the_command_without_a_provider(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BARRIO_TWILIO_AUTH_TOKEN")
    assert run(counter).stdout == "No channel that keeps a list is configured; nothing to compare.\n"


def test_the_command_with_a_wrong_token(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARRIO_TWILIO_AUTH_TOKEN", "mistyped")
    ran = run(counter)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
    assert "401" in ran.stderr


def run(counter: Counter, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "gateway", "reconcile", *arguments], capture_output=True, text=True, timeout=60,
                          env=os.environ | {"BARRIO_CONFIG": str(counter.node.config.directory / "config.toml")})


def test_the_worker_process_asks_by_itself(tmp_path: Any, counter: Counter) -> None:
    """A real worker, with nothing but the clock to tell it."""
    house = House.found(tmp_path / "house", queue="none", api_url=counter.double.url, extra="\n[reconcile]\nevery_seconds = 10\n")
    for n in range(3):
        counter.double.text(f"+5917000000{n}", f"AGUA S1604 {n}", at=datetime.now().astimezone(), webhook=False)
    house.start("worker")
    try:
        from tests.doors.house import wait_until
        wait_until(lambda: len(house.stored()) == 3, 30, "the worker had asked the provider")
    finally:
        house.stop()
        house.node.database.engine.dispose()
