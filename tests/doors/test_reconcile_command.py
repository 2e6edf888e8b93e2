"""Reconcile by the clock, in a worker, and by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.errors import Problem
from gateway.machine import worker
from tests.doors.counter import PHONE, Counter
from tests.doors.house import House
from tests.patience import until


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
    ("48 hours when nothing is said", [], 0, "twilio: 12 listed, 12 recovered\n"),
    ("an hour", ["--since", "60m"], 0, "twilio: 5 listed, 5 recovered\n"),
    ("a span nobody can read", ["--since", "soon"], 2, "48h"),
])
def test_the_command(counter: Counter, label: str, arguments: list[str], code: int, says: str) -> None:
    now = datetime.now().astimezone()
    for n in range(12):
        counter.double.text(PHONE, f"AGUA S1604 {n}", at=now - timedelta(minutes=5 if n < 5 else 90), webhook=False)
    ran = run(counter, *arguments)
    assert (ran.returncode, says in ran.stdout + ran.stderr) == (code, True), ran.stderr


def test_the_command_without_a_provider(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BARRIO_TWILIO_AUTH_TOKEN")
    assert run(counter).stdout == "No channel that keeps a list is configured; nothing to compare.\n"


def test_the_command_with_a_wrong_token(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARRIO_TWILIO_AUTH_TOKEN", "mistyped")
    ran = run(counter)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
    assert "401" in ran.stderr


def run(counter: Counter, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "gateway", "reconcile", *arguments], capture_output=True, text=True, timeout=120,
                          env=os.environ | {"BARRIO_CONFIG": str(counter.node.config.directory / "config.toml")})


def test_the_worker_process_asks_by_itself(tmp_path: Path, counter: Counter) -> None:
    """A real worker, with nothing but the clock to tell it."""
    house = House.found(tmp_path / "house", queue="none", api_url=counter.double.url, extra="\n[reconcile]\nevery_seconds = 10\n")
    for n in range(3):
        counter.double.text(f"+5917000000{n}", f"AGUA S1604 {n}", at=datetime.now().astimezone(), webhook=False)
    house.start("worker")
    try:
        until(lambda: len(house.stored()) == 3, "the worker never asked the provider")
    finally:
        house.stop()
        house.node.database.engine.dispose()
