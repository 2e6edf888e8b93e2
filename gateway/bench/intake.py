"""How many texts a second are accepted, with signature, understanding, journal and outbox, beside the bare floor."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import Any

from gateway.bench import machine, percentile, table

ACCOUNT, TOKEN = "AC" + "0" * 32, "bench-token"
ROUNDS = 3
Server = Callable[[int], AbstractContextManager[str]]


def run(texts: int, clients: Sequence[int], postgres: str | None) -> None:
    """Print a table: texts per second and answer times of the floor and of Barrio, round by round in turn."""
    print(machine(), f"; {texts} texts a round, {ROUNDS} rounds, medians")
    servers: list[tuple[str, Server]] = [("floor: Flask + HMAC + group commit", _floor), ("barrio, SQLite", _barrio("sqlite:///barrio.db"))]
    if postgres:
        servers.append(("barrio, PostgreSQL", _barrio(postgres)))
    rows = []
    for count in clients:
        rates: dict[str, list[float]] = {name: [] for name, _ in servers}
        waits: dict[str, list[float]] = {name: [] for name, _ in servers}
        for seed in range(ROUNDS):
            for name, server in servers:
                with server(count) as url:
                    shot = blast(url, count, texts, seed)
                if shot["refused"]:
                    raise SystemExit(f"{name}: {shot['refused']} answers were not 200")
                rates[name].append(texts / shot["seconds"])
                waits[name] += shot["latencies"]
        floor = rates[servers[0][0]]
        for name, _ in servers:
            ratio = median([mine / bare for mine, bare in zip(rates[name], floor, strict=True)])
            rows.append([name, count, f"{median(rates[name]):.0f}", f"{ratio:.2f}", f"{median(waits[name]) * 1000:.0f}",
                         f"{percentile(waits[name], .99) * 1000:.0f}"])
    print(table(["server", "clients", "texts/s", "of the floor", "median ms", "p99 ms"], rows))


def blast(url: str, clients: int, texts: int, seed: int) -> dict[str, Any]:
    """Run the load in a process of its own and read what it measured."""
    lines = (files("gateway.demo") / "texts" / "la-paz.jsonl").read_text("utf-8").splitlines()
    said = "\n".join(json.dumps(json.loads(line)["text"]) for line in lines)
    ran = subprocess.run([sys.executable, "-m", "gateway.bench.blaster", f"{url}/channels/twilio/inbound", ACCOUNT, TOKEN, str(clients),
                          str(texts), str(seed)], input=said, capture_output=True, text=True, timeout=600, check=True)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@contextlib.contextmanager
def _floor(clients: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="barrio-bench-") as folder:
        url = f"http://127.0.0.1:{_free_port()}"
        with _process([sys.executable, "-m", "gateway.bench.floor", url.rpartition(":")[2], str(max(clients, 16))], url, {
                "BARRIO_FLOOR_DATABASE": f"sqlite:///{folder}/floor.db", "BARRIO_FLOOR_TOKEN": TOKEN,
                "BARRIO_FLOOR_URL": f"{url}/channels/twilio/inbound"}):
            yield url


def _barrio(database_url: str) -> Server:
    @contextlib.contextmanager
    def server(clients: int) -> Iterator[str]:
        from gateway.machine.instance import create
        if not database_url.startswith("sqlite"):
            emptied(database_url)
        with tempfile.TemporaryDirectory(prefix="barrio-bench-") as folder:
            port = _free_port()
            made = create(Path(folder) / "node", bind=f"127.0.0.1:{port}", database_url=database_url)
            with _process([sys.executable, "-m", "gateway", "web"], made.web.public_url, {
                    "BARRIO_CONFIG": str(made.directory / "config.toml"), "BARRIO_TWILIO_ACCOUNT_SID": ACCOUNT,
                    "BARRIO_TWILIO_AUTH_TOKEN": TOKEN}):
                yield made.web.public_url
    return server


@contextlib.contextmanager
def _process(command: list[str], url: str, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, env=os.environ | environment, start_new_session=True)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/health", timeout=1).close()
                break
            except OSError:  # an HTTP error is one too, and means that it answers
                if process.poll() is not None:
                    raise SystemExit(f"{command[2]} ended before it answered") from None
                time.sleep(0.1)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def emptied(database_url: str) -> None:
    """Drop every table of a database that was named for benching."""
    from sqlalchemy import MetaData, create_engine
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    found = MetaData()
    found.reflect(engine)
    found.drop_all(engine)
    engine.dispose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
