"""An instance in a directory of its own and the real processes that run on it, started, killed and asked as an operator would."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gateway import config
from gateway.instance import create
from gateway.node import Node, open_node

ACCOUNT, TOKEN = "AC" + "0" * 32, "durability-token"
# nothing listens there: a reply that a worker tries to send goes nowhere, and fast
NOWHERE = '\n[twilio]\napi_url = "http://127.0.0.1:9"\n'


@dataclass
class Box:
    """One data directory, its address, its processes."""

    directory: Path
    port: int
    environment: dict[str, str]
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Path:
        return self.directory / "config.toml"

    def start(self, command: str, *, ready: bool = True, **environment: str) -> subprocess.Popen[bytes]:
        """`barrio web`, `worker` or `broker` in a process group of its own; `ready` waits until it answers."""
        with (self.directory.parent / f"{command}.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", "gateway", command], env=self.environment | environment, stdout=log,
                                       stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, cwd=self.directory.parent)
        self.running.append(process)
        if ready:
            answers = {"web": self.answers, "broker": self.broker_answers}.get(command, lambda: True)
            until(answers, 60, lambda: f"barrio {command} did not start: {self.said(command)}", lambda: process.poll() is not None)
        return process

    def kill(self, process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> None:
        """The whole process group, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        process.wait(20)

    def end(self) -> None:
        for process in self.running:
            self.kill(process)

    def cli(self, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "gateway", *args], env=self.environment | environment, capture_output=True,
                              text=True, timeout=120, cwd=self.directory.parent)

    def said(self, command: str) -> str:
        log = self.directory.parent / f"{command}.log"
        return log.read_text("utf-8", "replace")[-2000:] if log.is_file() else ""

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2):
                return True
        except urllib.error.HTTPError:  # it says that it is not well, so it answers
            return True
        except OSError:
            return False

    def health(self) -> str:
        """The body of /health, well or not."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=10) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as answer:
            return answer.read().decode()

    @property
    def broker_socket(self) -> Path:
        return self.directory / "broker" / "valkey.sock"

    def broker_answers(self) -> bool:
        from redis import Redis
        from redis.exceptions import RedisError
        try:
            return bool(Redis(unix_socket_path=str(self.broker_socket), socket_timeout=1).ping())
        except RedisError:
            return False

    @contextmanager
    def node(self) -> Iterator[Node]:
        """The instance as this process sees it."""
        node = open_node(config.load(str(self.settings)))
        try:
            yield node
        finally:
            node.database.engine.dispose()


def make_box(directory: Path, *, database_url: str = "sqlite:///barrio.db", extra: str = NOWHERE) -> Box:
    """`barrio init` and the environment of its processes; the provider's credentials are for the web process alone."""
    port = free_port()
    made = create(directory, name="hub", bind=f"127.0.0.1:{port}", public_url=f"http://127.0.0.1:{port}", database_url=database_url,
                  extra=extra)
    environment = {n: v for n, v in os.environ.items() if not n.startswith("BARRIO_")} | {
        "BARRIO_CONFIG": str(made.directory / "config.toml"), "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "BARRIO_TWILIO_ACCOUNT_SID": ACCOUNT, "BARRIO_TWILIO_AUTH_TOKEN": TOKEN}
    return Box(made.directory, port, environment)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(holds: Callable[[], bool], seconds: float, words: str | Callable[[], str],
          hopeless: Callable[[], bool] = lambda: False) -> float:
    """Wait until it holds and say how long it took; AssertionError with `words` when it does not in time."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds or hopeless():
            raise AssertionError(words if isinstance(words, str) else words())
        time.sleep(0.02)
    return time.monotonic() - began
