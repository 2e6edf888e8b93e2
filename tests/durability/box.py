"""An instance in a directory of its own and the real processes that run on it, started, killed and asked as an operator would."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from gateway import config
from gateway.machine.instance import create
from gateway.node import Node, open_node
from tests.patience import LONG, free_port, until

ACCOUNT, TOKEN = "AC" + "0" * 32, "durability-token"
# nothing listens there, and a worker has no credentials: a reply goes nowhere, and fast
NOWHERE = '\n[twilio]\napi_url = "http://127.0.0.1:9"\n'
NO_BROKER = NOWHERE + '\n[queue]\nurl = "unix:///nowhere.sock"\n'
BARRIO = (sys.executable, "-m", "gateway")
KNOWN_TO = ("web", "up")  # the commands that are told the provider's credentials


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

    def start(self, command: str, *, ready: bool = True, ordinary: bool = False) -> subprocess.Popen[bytes]:
        """`barrio COMMAND` in a process group of its own; `ready` waits until it answers, `ordinary` takes root's rights away."""
        known = self.environment if command in KNOWN_TO else {n: v for n, v in self.environment.items() if "TWILIO" not in n}
        with (self.directory.parent / f"{command}.log").open("ab") as log:
            process = subprocess.Popen([*BARRIO, command], env=known, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True, cwd=self.directory.parent,
                                       preexec_fn=_obey_permissions if ordinary else None)
        self.running.append(process)
        if ready:
            answers = {"web": self.answers, "broker": self.broker_answers}.get(command, lambda: True)
            until(answers, lambda: f"barrio {command} did not start: {self.said(command)}",
                  hopeless=lambda: process.poll() is not None)
        return process

    def kill(self, process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> None:
        """The whole process group, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        process.wait(LONG)

    def end(self) -> None:
        for process in self.running:
            self.kill(process)

    def cli(self, *args: str, ordinary: bool = False) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*BARRIO, *args], env=self.environment, text=True, capture_output=True, timeout=2 * LONG,
                              cwd=self.directory.parent, preexec_fn=_obey_permissions if ordinary else None)

    def said(self, command: str) -> str:
        log = self.directory.parent / f"{command}.log"
        return log.read_text("utf-8", "replace")[-2000:] if log.is_file() else ""

    def answers(self) -> bool:
        try:
            self.health()
        except OSError:
            return False
        return True

    def health(self) -> str:
        """The body of /health, well or not."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=LONG) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as answer:
            return answer.read().decode()

    @property
    def broker_socket(self) -> Path:
        return self.directory / "broker" / "valkey.sock"

    def broker_answers(self) -> bool:
        try:
            return bool(Redis(unix_socket_path=str(self.broker_socket), socket_timeout=5, retry=Retry(NoBackoff(), 0)).ping())
        except RedisError:
            return False

    @contextmanager
    def node(self) -> Iterator[Node]:
        """The instance as this process sees it."""
        node = open_node(config.load(str(self.settings)), busy_seconds=LONG)  # a dead worker's server may let go of its rows late
        try:
            yield node
        finally:
            node.database.engine.dispose()


def make_box(directory: Path, *, database_url: str = "sqlite:///barrio.db", extra: str = NOWHERE) -> Box:
    """`barrio init` and the environment of its processes."""
    port = free_port()
    made = create(directory, name="hub", bind=f"127.0.0.1:{port}", public_url=f"http://127.0.0.1:{port}", database_url=database_url,
                  extra=extra)
    environment = {n: v for n, v in os.environ.items() if not n.startswith("BARRIO_")} | {
        "BARRIO_CONFIG": str(made.directory / "config.toml"), "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "BARRIO_TWILIO_ACCOUNT_SID": ACCOUNT, "BARRIO_TWILIO_AUTH_TOKEN": TOKEN}
    return Box(made.directory, port, environment)


def _obey_permissions() -> None:
    """Where the tests run as root: root without the right to override permissions is a user like any other."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
