"""Two real processes and a real door: the commands an operator types, and a line that is cut and a hub that is killed under way."""

from __future__ import annotations

import io
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path

import pytest

from gateway.cli import main
from offline_sync import door, exchange
from tests.conftest import MakeNode
from tests.offline_sync.fleet import Box
from tests.offline_sync.test_exchange import busy
from tests.patience import LONG, free_port, until


def barrio(box: Path, *words: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-m", "gateway", "--config", str(box / "config.toml"), *words], capture_output=True, text=True,
                          timeout=2 * LONG)
    assert not ok or done.returncode == 0, done.stderr
    return done


def at_once(box: Path, *words: str) -> str:
    """What the command prints, in this process: a town is founded with many, and each process would import everything anew."""
    printed = io.StringIO()
    with redirect_stdout(printed), pytest.MonkeyPatch.context() as patch:
        patch.setenv("BARRIO_CONFIG", str(box / "config.toml"))
        assert main(words) == 0, words
    return printed.getvalue()


@contextmanager
def served(box: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "gateway", "--config", str(box / "config.toml"), "web"], start_new_session=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _answers(port), "the web process never answered", hopeless=lambda: process.poll() is not None)
        yield process
    finally:
        with suppress(ProcessLookupError):  # it was killed already
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=LONG).close()
    except urllib.error.HTTPError as told:  # not well is up, too
        told.close()
    except OSError:
        return False
    return True


class Line:
    """A line to the hub that lets so many bytes through and then breaks; None lets all through."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.left: int | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(a, b), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while chunk := source.recv(4096):
                if self.left is not None:
                    self.left -= len(chunk)
                    if self.left < 0:
                        break
                target.sendall(chunk)
        except OSError:
            pass
        finally:
            for each in (source, target):  # wakes the thread that reads the other way
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def test_a_node_that_goes_on_meeting_its_hub_is_said_to_be_in_use(make_node: MakeNode, tmp_path: Path) -> None:
    north = Box(make_node("north", role="field"))
    here = Path(north.node.config.directory)
    barrio(here, "backup", str(tmp_path / "b"))
    meeting = subprocess.Popen([sys.executable, "-m", "gateway", "--config", str(here / "config.toml"), "sync", "run"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert meeting.stderr is not None
        assert b"barrio" in meeting.stderr.readline(), "it says that it has not joined a hub, and goes on"
        refused = barrio(here, "restore", str(tmp_path / "b"), ok=False)
        assert (refused.returncode, "Another `barrio sync` already works" in refused.stderr) == (1, True), refused.stderr
        assert meeting.poll() is None
    finally:
        meeting.kill()
        meeting.communicate()
    assert "stand again" in barrio(here, "restore", str(tmp_path / "b")).stdout


@pytest.mark.parametrize("cuts", [3, pytest.param(50, marks=pytest.mark.campaign)])
def test_a_line_that_is_cut_anywhere_and_a_hub_that_is_killed_end_in_step(make_node: MakeNode, cuts: int) -> None:
    port, rng = free_port(), random.Random(2)
    hub, north = (Box(make_node(name, role=role, bind=f"127.0.0.1:{at}", extra='[queue]\nurl = "none"\n'))
                  for name, role, at in (("hub", "hub", port), ("north", "field", free_port())))
    busy(hub, 30), busy(north, 30, 5)
    here, there = Path(north.node.config.directory), Path(hub.node.config.directory)
    for box in (hub, north):
        box.node.database.engine.dispose()
    (here / "inv").write_text(at_once(there, "node", "invite", "north", "--areas", "*"))
    at_once(here, "node", "join", str(here / "inv"))
    line = Line(port)
    with (here / "config.toml").open("a") as file:
        file.write(f'\n[sync]\nhub_url = "http://127.0.0.1:{line.port}"\n')
    assert "does not answer" in barrio(here, "sync", "run", "--once", ok=False).stderr, "the hub is not up"
    for round_ in range(cuts):
        with served(there, port) as process:
            line.left = rng.randrange(100, 20_000)
            if round_ % 3 == 2:
                killer = threading.Timer(rng.uniform(0.5, 1.5), os.killpg, (process.pid, signal.SIGKILL))
                killer.start()
                line.left = None
            barrio(here, "sync", "run", "--once", ok=False)
            if round_ % 3 == 2:
                killer.join()
    line.left = None
    with served(there, port):
        assert "in step" in barrio(here, "sync", "run", "--once").stdout
        assert "IN STEP" in barrio(here, "sync", "status").stdout
    assert barrio(here, "state-hash").stdout == barrio(there, "state-hash").stdout
    line.close()


def test_the_door_for_nodes_lets_nobody_else_in(make_node: MakeNode) -> None:
    client = door.app(make_node()).test_client()
    for content in (b"", b"hello", b"barrio bundle 1\n" + bytes(100)):
        answer = client.post(exchange.ADDRESS, data=content)
        assert answer.status_code == 409
        assert b"Nothing of the batch was taken" in answer.data
    assert client.get(exchange.ADDRESS).status_code == 405
    assert client.post(exchange.ADDRESS, data=b"x" * (exchange.MOST_REQUEST + 1)).status_code == 413
