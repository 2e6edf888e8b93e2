"""A real Barrio in a folder of its own: its processes, everything they say, and a view of what they stored."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sqlalchemy import select

from gateway import config
from gateway.demo.courier import Account
from gateway.journal.projections import state_hash
from gateway.journal.tables import Message, table
from gateway.machine.instance import create
from gateway.node import Node, open_node
from tests.patience import LONG, free_port, until

ACCOUNT = Account("AC" + "1" * 32, "a-token-for-tests")
NOWHERE = "http://127.0.0.1:9"  # nothing listens there: what is sent by mistake fails at once
MESSAGE = table(Message)
COUNTED = ("entry", "delivery", "contact", "task", "status_call")


@dataclass
class House:
    """One instance; `said` is the folder with the output of every process and command."""

    folder: Path
    port: int
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @classmethod
    def found(cls, folder: Path, *, queue: str = "redis://127.0.0.1:9/0", api_url: str = NOWHERE, patience: float = 10.0,
              extra: str = "") -> House:
        """A new instance. Without a broker and a worker, as here by default, nothing moves but what a door takes in.

        `patience` is how many seconds it waits for the provider.
        """
        port = free_port()
        settings = f'\n[queue]\nurl = "{queue}"\nsweep_seconds = 1\n\n[twilio]\napi_url = "{api_url}"\ntimeout = {patience}\n{extra}'
        made = create(folder / "data", bind=f"127.0.0.1:{port}", extra=settings)
        house = cls(folder, port, clean_environment() | {
            "BARRIO_CONFIG": str(made.directory / "config.toml"), "BARRIO_TWILIO_ACCOUNT_SID": ACCOUNT.sid,
            "BARRIO_TWILIO_AUTH_TOKEN": ACCOUNT.token, "BARRIO_PASSWORD": "correct horse battery staple", "HOME": str(folder)})
        house.said.mkdir()
        return house

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def said(self) -> Path:
        return self.folder / "said"

    def start(self, *commands: str) -> None:
        """Start `barrio web`, `worker`, `broker`; the web process is waited for."""
        for command in commands:
            with (self.said / f"{command}.txt").open("ab") as out:
                self.running[command] = subprocess.Popen(
                    [sys.executable, "-m", "gateway", command], env=self.environment, stdin=subprocess.DEVNULL, stdout=out,
                    stderr=subprocess.STDOUT, start_new_session=True)
        if "web" in commands:
            until(self.answers, lambda: f"the web process never answered: {(self.said / 'web.txt').read_text('utf-8', 'replace')[-2000:]}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        for process in reversed(self.running.values()):
            if process.poll() is None:
                os.killpg(process.pid, number)
        for process in self.running.values():
            try:
                process.wait(LONG)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.running.clear()

    def command(self, *arguments: str, fails: bool = False) -> str:
        """Run `barrio ...`; its output is returned, and kept with what the processes said."""
        ran = subprocess.run([sys.executable, "-m", "gateway", *arguments], env=self.environment, capture_output=True,
                             timeout=2 * LONG)
        with (self.said / "commands.txt").open("ab") as kept:
            kept.write(ran.stdout + ran.stderr)
        assert (ran.returncode != 0) == fails, (arguments[0], ran.returncode, ran.stderr.decode()[-500:])
        return ran.stdout.decode()

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/health", timeout=LONG).close()
        except urllib.error.HTTPError as reason:
            reason.close()  # an unwell server answers too
        except OSError:
            return False
        return True

    @cached_property
    def node(self) -> Node:
        """The instance as another process sees it."""
        return open_node(config.load(self.environment["BARRIO_CONFIG"]), busy_seconds=LONG)

    def stored(self) -> dict[str, str]:
        """Every text in the journal's folds, by the provider's id."""
        with self.node.database.reading() as c:
            return {sid: text for sid, text in c.execute(select(MESSAGE.c.provider_id, MESSAGE.c.text))}

    def state_hash(self) -> str:
        with self.node.database.reading() as c:
            return state_hash(c)

    def counts(self) -> dict[str, int]:
        """How much there is of everything a request could leave behind."""
        with sqlite3.connect(f"file:{self.data / 'barrio.db'}?mode=ro", uri=True) as c:
            c.execute("PRAGMA busy_timeout = 60000")
            found = {name: c.execute(f"SELECT count(*) FROM {name.replace('_', '')}").fetchone()[0] for name in COUNTED}
        c.close()
        return found | {"spool": sum(path.stat().st_size for path in self.data.glob("spool/*"))}

    def exported(self, what: str) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.command("export", what).splitlines()]


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("BARRIO_")}
