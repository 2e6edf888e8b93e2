"""A transaction broke: was it the database that went away, or one of the many things that were written, and which?

Telling them apart matters twice: what is at fault must not take its neighbours along, and an outage is nobody's fault.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from gateway.journal.database import is_away
from gateway.journal.rows import Refused, Row

T = TypeVar("T")
# Both drivers report these as the database's own trouble, and they are the statement's: a column that is not there, too long, too deep.
_SQLITE_STATEMENT = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG)
_POSTGRESQL_STATEMENT = "54"


def at_fault(many: Sequence[T], trial: Callable[[Sequence[T]], Exception | None]) -> list[tuple[T, Exception]]:
    """Those that break whatever they are in, each with its fault. That all of them together break is known already.

    A group that breaks is halved until one is left; the next group is as large as the ones at fault are far apart. One among n takes
    about 2 log2(n) trials, a tenth of n about n / 2, where trying each alone takes n.
    """
    found: list[tuple[T, Exception]] = []
    at, size = 0, max(1, len(many) // 2)
    while at < len(many):
        end = min(at + size, len(many))
        fault = trial(many[at:end])
        if fault is None:
            at, size = end, size * 2
            continue
        while end - at > 1:
            middle = (at + end) // 2
            if (why := trial(many[at:middle])) is None:
                at = middle
            else:
                end, fault = middle, why
        found.append((many[at], fault))
        at += 1
        size = max(1, at // len(found))
    return found


def at_fault_in(c: Connection, many: Sequence[T], write: Callable[[Sequence[T]], object]) -> list[tuple[T, Exception]]:
    """The same for what writes: every trial is taken back again.

    Straight through the driver, to one savepoint for all: there are half as many trials as there are things, and most break at once.
    """
    cursor = c.connection.cursor()

    def trial(some: Sequence[T]) -> Exception | None:
        try:
            write(some)
        except Exception as fault:
            if was_away(fault):
                raise
            broke: Exception | None = fault
        else:
            broke = None
        cursor.execute("ROLLBACK TO SAVEPOINT blamed")
        return broke

    cursor.execute("SAVEPOINT blamed")
    try:
        return at_fault(many, trial)
    finally:
        with contextlib.suppress(Exception):  # it went away, and took the savepoint along: that is being said already
            cursor.execute("ROLLBACK TO SAVEPOINT blamed")
            cursor.execute("RELEASE SAVEPOINT blamed")
        cursor.close()


def refused_rows(c: Connection, fault: BaseException) -> list[tuple[Row, Exception]]:
    """The rows that the database does not take, where a statement of many rows is what broke.

    Straight through the driver: a trial costs a hundredth of what the work behind those rows did.
    """
    refused = next((each for each in _chain(fault) if isinstance(each, Refused)), None)
    if refused is None:
        return []
    driver = c.dialect.loaded_dbapi
    session: Any = c.connection.driver_connection
    cursor: Any = c.connection.cursor()  # takes any iterable, which tells how far the driver came

    def trial(some: Iterable[int]) -> Exception | None:
        try:
            cursor.executemany(refused.statement, (refused.values[at] for at in some))
        except Exception as fault:
            return told(fault)
        return None

    def trial_after_another(some: Sequence[int]) -> Exception | None:
        try:
            with session.pipeline():  # one way there and back, at whose end the server says what it refused
                cursor.execute("ROLLBACK TO SAVEPOINT trial")
                cursor.executemany(refused.statement, [refused.values[at] for at in some])
        except Exception as fault:
            return told(fault)
        return None

    def told(fault: Exception) -> Exception:
        away = OperationalError("trial", {}, fault) if isinstance(fault, driver.OperationalError) else fault
        if was_away(away):
            raise away from None
        return fault

    every = range(len(refused.rows))
    cursor.execute("SAVEPOINT trial")
    try:
        # where a row that fails takes back itself alone, the one that was asked for last is at fault, and the next ones follow
        found = list(_one_after_the_other(every, trial)) if c.dialect.name == "sqlite" else at_fault(every, trial_after_another)
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT trial")
        cursor.close()
    return [(refused.rows[at], why) for at, why in found]


def _one_after_the_other(many: Sequence[int], trial: Callable[[Iterable[int]], Exception | None]) -> Iterator[tuple[int, Exception]]:
    """Those at which a trial stops, each time it is taken up again behind them."""
    rest = iter(many)
    while True:
        last: list[int] = []

        def asked(last: list[int] = last) -> Iterator[int]:
            for at in rest:
                last[:] = [at]
                yield at

        if (fault := trial(asked())) is None:
            return
        yield last[0], fault


def was_away(fault: BaseException) -> bool:
    """Whether the database went away, locked, full or gone, at the bottom of this fault; then nothing that was written is to blame."""
    return any(is_away(each) and not _is_of_the_statement(each) for each in _chain(fault))


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    """A fault and those it came from: where even taking back failed, that is said first, and why further down."""
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__


def _is_of_the_statement(fault: BaseException) -> bool:
    told = getattr(fault, "orig", None)
    if isinstance(told, sqlite3.Error):
        return getattr(told, "sqlite_errorcode", None) in _SQLITE_STATEMENT
    return str(getattr(told, "sqlstate", None) or "").startswith(_POSTGRESQL_STATEMENT)
