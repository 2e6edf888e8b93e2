"""A field node is one process that takes in, works and meets its hub, and two that only watch it; together they are small."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.machine.instance import create
from tests.durability.box import ACCOUNT, TOKEN, Box
from tests.durability.test_left_behind import alive, takes_texts
from tests.patience import LONG, free_port, until

MOST_AT_REST = 200_000  # kB, all processes of the box


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    port = free_port()
    made = create(tmp_path / "north", name="north", role="field", bind=f"127.0.0.1:{port}", public_url=f"http://127.0.0.1:{port}",
                  extra='\n[twilio]\napi_url = "http://127.0.0.1:9"\n')
    settings = made.directory / "config.toml"
    environment = {n: v for n, v in os.environ.items() if not n.startswith("BARRIO_")} | {
        "BARRIO_CONFIG": str(settings), "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "BARRIO_TWILIO_ACCOUNT_SID": ACCOUNT, "BARRIO_TWILIO_AUTH_TOKEN": TOKEN}
    made_box = Box(made.directory, port, environment)
    yield made_box
    made_box.end()


def weight(process: int) -> int:
    """What a process has for itself and its part of what it shares, in kB."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def test_a_field_node_is_three_processes_under_two_hundred_megabytes_that_come_back_and_go_together(box: Box) -> None:
    up = box.start("up", ready=False)
    until(box.answers, lambda: box.said("up"))
    assert takes_texts(box)
    until(lambda: "has not joined a hub" in box.said("up"), "it does not look for its hub")
    until(lambda: len(alive(box)) == 3, lambda: f"{len(alive(box))} processes")
    total = sum(map(weight, alive(box)))
    print(f"{total // 1000} MB in all, a text taken in")
    assert total <= MOST_AT_REST
    before = alive(box)
    server = max(before - {up.pid}, key=weight)
    os.kill(server, signal.SIGKILL)
    until(lambda: server not in alive(box) and takes_texts(box), lambda: box.said("up"))
    os.kill(up.pid, signal.SIGTERM)
    up.wait(LONG)
    until(lambda: not alive(box), lambda: f"{alive(box)} live on")


def test_a_killed_watcher_takes_the_rest_along(box: Box) -> None:
    up = box.start("up", ready=False)
    until(box.answers, lambda: box.said("up"))
    os.kill(up.pid, signal.SIGKILL)
    up.wait()
    until(lambda: not alive(box), lambda: f"{alive(box)} live on")
