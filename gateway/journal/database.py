"""Opening the database so that a commit survives a power cut, and checking that it really is opened so.

SQLite gets one writer at a time in the order of asking: a turnstile of two file locks in front of BEGIN IMMEDIATE,
since SQLite's own busy handler sleeps and lets a busy process starve another for seconds.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import SQLModel

from gateway import locks
from gateway.errors import Problem

BUSY_SECONDS = 5.0
_WRITE = {"barrio_write": True}
_READ_ONLY = "25006"


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite has the fix of the WAL-reset bug, without which a WAL file can lose commits."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


class Database:
    """One engine and the two ways to use it: `reading()` and `writing()`, each one transaction."""

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.url, self.busy_seconds = url, busy_seconds
        self.doubt: str | None = None  # why it may not be used yet: it was away when we started, and was not checked since
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self.path = Path(url.removeprefix("sqlite:///"))
            self._turnstile = _Turnstile(self.path.with_suffix(".turn"), self.path.with_suffix(".write"))
            self.engine = self._sqlite()
        else:
            self.engine = self._postgresql()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction: on SQLite the only one, on PostgreSQL one of many."""
        self._be_sure()
        if not self.is_sqlite:
            with self.engine.begin() as c:
                yield c
            return
        with self._turnstile.passing(self.busy_seconds), self.engine.connect() as c:
            c = c.execution_options(**_WRITE)
            with c.begin():
                yield c

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view; keep it short, since on SQLite without WAL a reader holds up the writer's commit."""
        self._be_sure()
        with self.engine.connect() as c, c.begin():
            yield c

    def _be_sure(self) -> None:
        if self.doubt is not None:  # as good as away
            raise OperationalError("in doubt", {}, ConnectionError(self.doubt))

    def create(self) -> None:
        SQLModel.metadata.create_all(self.engine)

    def has_tables(self) -> bool:
        return inspect(self.engine).has_table("local")

    def check_durability(self) -> None:
        """Refuse settings under which an acknowledged text could vanish."""
        with self.reading() as c:
            if self.is_sqlite:
                mode = str(c.exec_driver_sql("PRAGMA journal_mode").scalar()).lower()
                level = int(c.exec_driver_sql("PRAGMA synchronous").scalar() or 0)
                if (mode, level) not in ((("wal", 2), ("wal", 3)) if wal_is_safe(_sqlite_version()) else (("delete", 3),)):
                    raise Problem("database.weak", reason=f"journal_mode={mode}, synchronous={level}",
                                  hint="Something else opened this file with other settings: stop it and start again.")
                return
            for name in ("fsync", "full_page_writes", "synchronous_commit"):
                if (value := str(c.exec_driver_sql(f"SHOW {name}").scalar())) in ("off", "local"):
                    raise Problem("database.weak", reason=f"{name}={value}",
                                  hint=f"Set {name} = on in postgresql.conf and reload.")

    # hide_parameters: a fault's own words go to logs and screens, and must not carry a resident's text there

    def _sqlite(self) -> Engine:
        engine = create_engine(self.url, pool_size=8, max_overflow=56, hide_parameters=True, connect_args={
            "timeout": self.busy_seconds, "check_same_thread": False})
        safe_wal = wal_is_safe(_sqlite_version())

        @event.listens_for(engine, "connect")
        def _connect(raw: Any, _: Any) -> None:
            raw.isolation_level = None
            for pragma in (f"journal_mode={'WAL' if safe_wal else 'DELETE'}", f"synchronous={'FULL' if safe_wal else 'EXTRA'}",
                           "foreign_keys=ON", "secure_delete=ON", "temp_store=MEMORY", "cache_size=-16000"):
                raw.execute(f"PRAGMA {pragma}").close()

        @event.listens_for(engine, "begin")
        def _begin(c: Connection) -> None:
            c.exec_driver_sql("BEGIN IMMEDIATE" if c.get_execution_options().get("barrio_write") else "BEGIN")

        return engine

    def _postgresql(self) -> Engine:
        # jit: compiling a page's statement takes Debian's server 1.6 s, running it 0.07 s
        try:
            return create_engine(self.url, pool_size=8, max_overflow=56, pool_pre_ping=True, hide_parameters=True, connect_args={
                "connect_timeout": int(self.busy_seconds), "options":
                f"-c synchronous_commit=on -c lock_timeout={int(self.busy_seconds * 1000)} -c timezone=UTC -c jit=off"})
        except ModuleNotFoundError:
            raise Problem("database.driver") from None


def is_away(fault: BaseException) -> bool:
    """Whether the database, not the statement, is what failed: locked, full, gone, no permission, damaged."""
    if isinstance(fault, OperationalError) or (isinstance(fault, DBAPIError) and fault.connection_invalidated):
        return True
    told = getattr(fault, "orig", None)  # a damaged SQLite file, and a PostgreSQL that may only be read, as after a failover
    return type(told) is sqlite3.DatabaseError or getattr(told, "sqlstate", None) == _READ_ONLY


def fault_in_words(fault: BaseException) -> str:
    """The driver's own words, without statement and parameters (they may hold a resident's text)."""
    return str(getattr(fault, "orig", None) or type(fault).__name__).splitlines()[0][:200]


class _Turnstile:
    """First come, first served, between threads and processes: hold the gate while waiting for the room."""

    def __init__(self, gate: Path, room: Path) -> None:
        self._paths = (gate, room)
        self._local = threading.Lock()

    @contextmanager
    def passing(self, seconds: float) -> Iterator[None]:
        deadline = time.monotonic() + seconds
        if not self._local.acquire(timeout=seconds):
            raise OperationalError("write turn", {}, TimeoutError("the write turn was not free in time"))
        try:
            room = None
            try:
                gate = _lock(self._paths[0], deadline)
                try:
                    room = _lock(self._paths[1], deadline)
                finally:
                    os.close(gate)
                yield
            finally:
                if room is not None:
                    os.close(room)
        finally:
            self._local.release()


def _lock(path: Path, deadline: float) -> int:
    try:
        handle = locks.take(path, deadline)
    except OSError as fault:
        raise OperationalError("write turn", {}, fault) from None
    if handle is None:
        raise OperationalError("write turn", {}, TimeoutError("another process holds the write turn"))
    return handle


def _sqlite_version() -> tuple[int, ...]:
    return sqlite3.sqlite_version_info
