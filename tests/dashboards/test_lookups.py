"""Who looks up their own number never waits; who walks through all of them does, and is told how long."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboards import lookups
from dashboards.lookups import AT_ONCE, PER_MINUTE, UNKNOWN, Lookups
from gateway.node import Node
from parsers.reference import check_digit
from tests.conftest import START, Clock
from tests.dashboards.planting import Seed, app_of, as_role

NEVER_GIVEN = [f"{n}{digit}" for n in range(2000, 4000) if (digit := check_digit(n)) is not None]  # with a right last digit
HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


def asked(client: FlaskClient, reference: str, address: str = HERE, **headers: str) -> int:
    return client.get(f"/track/{reference}", environ_overrides={"REMOTE_ADDR": address}, headers=headers).status_code


def walk(client: FlaskClient, count: int, address: str = HERE, first: int = 0) -> list[int]:
    return [asked(client, NEVER_GIVEN[first + n], address) for n in range(count)]


def waiting(lines: Lookups, address: str, reference: str = "1") -> int:
    return lines.wait(address, reference, START)


@pytest.fixture
def lines(tmp_path: Path) -> Lookups:
    return Lookups(tmp_path, "key")


def spend_all(lines: Lookups, address: str) -> None:
    for n in range(int(AT_ONCE)):
        lines.spend(address, f"a{n}", START, known=True)


def test_who_walks_through_the_numbers_is_told_when_to_come_again(client: FlaskClient, clock: Clock) -> None:
    statuses = walk(client, 30)
    unpunished = statuses.index(429)
    assert unpunished == AT_ONCE // UNKNOWN, "what was never given out costs most"
    page = client.get(f"/track/{NEVER_GIVEN[500]}?lang=en", environ_overrides={"REMOTE_ADDR": HERE})
    wait = int(page.headers["Retry-After"])
    assert f"in {wait} second" in page.text
    assert 0 < wait <= 60
    clock.on(seconds=wait)
    assert walk(client, 2, first=600) == [404, 429], "one more, and then again a pause: no more than so many a day"


@pytest.mark.parametrize(("label", "walker", "resident", "status"), [
    ("another connection", HERE, ELSEWHERE, 200),
    ("a household of IPv6 elsewhere", "2001:db8:1::5", "2001:db8:2::5", 200),
    ("the same household with another of its addresses", "2001:db8:1::5", "2001:db8:1::6", 429),
    ("the same connection", HERE, HERE, 429),
])
def test_who_is_kept_waiting_by_one_who_walks(label: str, walker: str, resident: str, status: int, client: FlaskClient, seed: Seed) -> None:
    reference = seed.report("sin agua")
    walk(client, 30, walker)
    assert asked(client, reference, resident) == status, label


def test_a_phone_that_a_household_shares_may_look_as_often_as_it_likes(client: FlaskClient, seed: Seed) -> None:
    references = [seed.report("sin agua", sender=f"p{n}") for n in range(3)]
    assert {asked(client, reference) for _ in range(100) for reference in references} == {200}
    walk(client, 30)
    assert {asked(client, reference) for reference in references} == {200}, "even while somebody beside them walks"


def test_half_a_city_behind_one_address_is_served(lines: Lookups) -> None:
    """50,000 people who look once a month, all in eight hours of the day: one in fourteen seconds."""
    refused, now = 0, START
    for n in range(2000):
        now += timedelta(seconds=14)
        refused += lines.wait(HERE, f"r{n}", now) > 0
        lines.spend(HERE, f"r{n}", now, known=True)
    assert refused == 0


def test_who_walks_for_a_day_gets_no_further_than_a_city_does(lines: Lookups) -> None:
    got, now = 0, START
    for n in range(24 * 60 * 60 // 5):
        now += timedelta(seconds=5)
        if not lines.wait(HERE, f"r{n}", now):
            lines.spend(HERE, f"r{n}", now, known=True)
            got += 1
    assert AT_ONCE < got <= AT_ONCE + 24 * 60 * PER_MINUTE + 1


@pytest.mark.parametrize("cookie", ["barrio=stranger", "barrio=", "seen=1; free=1"])
def test_a_cookie_of_a_stranger_buys_nothing(cookie: str, client: FlaskClient) -> None:
    walk(client, 30)
    assert asked(client, NEVER_GIVEN[700], Cookie=cookie) == 429
    client.delete_cookie("barrio")
    assert asked(client, NEVER_GIVEN[701]) == 429, "nor does throwing ours away"


def test_an_officer_is_not_counted(app: Flask, seed: Seed) -> None:
    seed.accounts()
    officer = as_role(app, "officer")
    assert set(walk(officer, 40)) == {404}


@pytest.mark.parametrize(("label", "proxies", "said", "same"), [
    ("a stranger's word for who they are", (), "{n}", True),
    ("the word of our own proxy", ("127.0.0.0/8",), "{n}", False),
    ("a stranger's word, passed on by our proxy", ("127.0.0.1",), "{n}, 198.51.100.7", True),
    ("two proxies of ours", ("127.0.0.1", "10.0.0.0/8"), "6.6.6.6, {n}, 10.1.2.3", False),
    ("a proxy that says nothing", ("127.0.0.1",), "", True),
])
def test_whose_address_counts(label: str, proxies: tuple[str, ...], said: str, same: bool, node: Node) -> None:
    node = replace(node, config=node.config.model_copy(update={"web": node.config.web.model_copy(update={"proxies": proxies})}))
    client = app_of(node).test_client()
    statuses = [asked(client, NEVER_GIVEN[1000 + n], "127.0.0.1", **{"X-Forwarded-For": said.format(n=f"198.51.100.{n + 10}")})
                for n in range(30)]
    assert (429 in statuses) == same, label


def test_wrong_passwords_of_a_stranger_do_not_make_the_house_wait_behind_its_proxy(node: Node, seed: Seed,
                                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboards import sign_in
    monkeypatch.setattr(sign_in, "_matches", lambda hashed, password: False)
    node = replace(node, config=node.config.model_copy(update={"web": node.config.web.model_copy(update={"proxies": ("127.0.0.1",)})}))
    client = app_of(node).test_client()
    page = client.get("/sign-in").text
    token = re.search('name="csrf_token" value="([^"]+)"', page)
    assert token is not None

    def tries(name: str, address: str) -> int:
        return client.post("/sign-in", data={"name": name, "password": "x", "csrf_token": token[1]},
                           headers={"X-Forwarded-For": address}).status_code
    assert [tries(f"n{n}", HERE) for n in range(25)][-1] == 429
    assert tries("ana-planner", ELSEWHERE) == 403, "asked for a password, and not told to wait"


def test_processes_count_together(tmp_path: Path) -> None:
    """Each web process has its own; what they share is the file."""
    mine = [Lookups(tmp_path, "key") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: mine[n % 4].spend(HERE, f"r{n}", START, known=True), range(int(AT_ONCE))))
    assert {waiting(each, HERE, "new") for each in mine} == {10}
    assert {waiting(each, HERE, "r7") for each in mine} == {0}


def test_the_file_names_nobody(lines: Lookups, tmp_path: Path) -> None:
    spend_all(lines, HERE)
    content = (tmp_path / "lookups").read_bytes()
    assert HERE.encode() not in content
    assert len(content) <= 2 * lookups.ROWS * 24
    assert waiting(Lookups(tmp_path, "another key"), HERE) == 0


@pytest.mark.parametrize(("label", "seconds", "waits"), [
    ("it stands", 0, 10), ("it goes on", 10, 0), ("it falls back by a year: nobody waits longer for it", -31_536_000, 10),
    ("it jumps ahead", 31_536_000, 0),
])
def test_a_clock(label: str, seconds: int, waits: int, lines: Lookups) -> None:
    spend_all(lines, HERE)
    assert lines.wait(HERE, "new", START + timedelta(seconds=seconds)) == waits, label


def test_a_wrong_clock_set_right_shuts_nobody_out(lines: Lookups) -> None:
    ahead = START + timedelta(days=365)
    for n in range(int(AT_ONCE)):
        lines.spend(HERE, f"a{n}", ahead, known=True)
    assert lines.wait(HERE, "new", START) == 10
    lines.spend(HERE, "new", START, known=True)
    assert lines.wait(HERE, "newer", START + timedelta(minutes=3)) == 0


def test_a_file_that_cannot_be_written_shuts_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "lookups").mkdir()
    lines = Lookups(tmp_path, "key")
    spend_all(lines, HERE)
    assert waiting(lines, HERE) == 0


def test_a_flood_from_many_addresses_keeps_nobody_waiting(lines: Lookups, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "ROWS", 64)
    for n in range(2000):
        lines.spend(f"198.18.{n // 250}.{n % 250}", f"r{n}", START + timedelta(seconds=n), known=False)
    assert lines.wait(HERE, "mine", START + timedelta(seconds=2000)) == 0
