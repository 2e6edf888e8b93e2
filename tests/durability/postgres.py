"""A PostgreSQL server that may be stopped, crashed, hung and started again, by itself and without warning."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg

from tests.conftest import _server
from tests.patience import LONG, until


class Restartable(_server):
    """The throw-away server of the tests, with an owner who does not treat it well."""

    def __enter__(self) -> Restartable:  # type: ignore[override]
        self.address = super().__enter__()
        return self

    def __exit__(self, *of: object) -> None:
        self.go_on()
        super().__exit__(*of)

    def stop(self, number: int = signal.SIGINT) -> None:
        """SIGINT ends it in order, SIGQUIT as a crash does."""
        self.process.send_signal(number)
        self.process.wait(LONG)

    def start_again(self) -> None:
        who: dict[str, object] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(self.process.args, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, cwd=self.folder,
                                            stderr=log, **who)  # type: ignore[call-overload]
        is_ready = [str(Path(str(self.process.args[0])).with_name("pg_isready")), "-q", "-h", str(self.folder)]
        until(lambda: subprocess.run(is_ready, check=False).returncode == 0, (self.folder / "log").read_text)

    def be_read_only(self, on: str) -> None:
        """Every transaction that begins from now on may read and no more, or may write again."""
        with psycopg.connect(f"postgresql://postgres@/postgres?host={self.folder}", autocommit=True) as c:
            c.execute(f"ALTER SYSTEM SET default_transaction_read_only = {on}")
            c.execute("SELECT pg_reload_conf()")

    def hang(self) -> None:
        """The server and the process of every connection stand still."""
        self._tell_all(signal.SIGSTOP)

    def go_on(self) -> None:
        self._tell_all(signal.SIGCONT)

    def _tell_all(self, number: int) -> None:
        """The server first: once it stands still it starts no process that would be left out."""
        if self.process.poll() is not None:
            return
        os.kill(self.process.pid, number)
        for pid in map(int, Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()):
            with suppress(ProcessLookupError):  # one of its own errands, which came to its end just now
                os.kill(pid, number)
