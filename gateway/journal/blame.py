"""A transaction broke: was it the database that went away, or one of the many things that were written, and which?

Telling them apart matters twice: what is at fault must not take its neighbours along, and an outage is nobody's fault.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from operator import length_hint
from typing import Any, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from gateway.journal.database import is_away
from gateway.journal.rows import Refused, Row, Values, misfit

T = TypeVar("T")
UNFIT = "no table can hold {}"  # where people read why it was put aside
AHEAD = 16  # rows that a driver may send before it hears that one was refused: about as many as lie between two
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
    """The same for what writes: every trial is taken back again, where it came so far as to ask the database.

    Straight through the driver, to one savepoint for all: there are half as many trials as there are things, and most break at once.
    """
    cursor = c.connection.cursor()
    asked = False

    def ask(*_: Any) -> None:
        nonlocal asked
        asked = True

    def trial(some: Sequence[T]) -> Exception | None:
        nonlocal asked
        asked = False
        try:
            write(some)
        except Exception as fault:
            if was_away(fault):
                raise
            broke: Exception | None = fault
        else:
            broke = None
        if asked:
            cursor.execute("ROLLBACK TO SAVEPOINT blamed")
        return broke

    cursor.execute("SAVEPOINT blamed")
    event.listen(c, "before_cursor_execute", ask)
    try:
        return at_fault(many, trial)
    finally:
        event.remove(c, "before_cursor_execute", ask)
        with contextlib.suppress(Exception):  # it went away, and took the savepoint along: that is being said already
            cursor.execute("ROLLBACK TO SAVEPOINT blamed")
            cursor.execute("RELEASE SAVEPOINT blamed")
        cursor.close()


def refused_rows(c: Connection, fault: BaseException) -> list[tuple[Row, str]]:
    """The rows that the database does not take, each with the reason, where a statement of many rows is what broke.

    Those that no such table can hold are seen by looking. Where there is none it is asked, straight through the driver and a few at a
    time: it says how many went in before one did not. That costs a hundredth of what the work behind those rows did.
    """
    refused = next((each for each in _chain(fault) if isinstance(each, Refused)), None)
    if refused is None:
        return []
    if seen := [(row, UNFIT.format(column)) for row in refused.rows if (column := misfit(refused.into, row, c.dialect.name))]:
        return seen
    found: list[tuple[Row, str]] = []
    at, driver = 0, c.dialect.loaded_dbapi
    ask = _ask_sqlite if c.dialect.name == "sqlite" else _ask_postgresql
    cursor = c.connection.cursor()
    cursor.execute("SAVEPOINT trial")
    try:
        while at < len(refused.rows):
            taken, why = ask(cursor, refused.statement, refused.values[at:at + AHEAD])
            at += taken
            if why is None:
                continue
            away = OperationalError("trial", {}, why) if isinstance(why, driver.OperationalError) else why
            if was_away(away):
                raise away from None
            found.append((refused.rows[at], type(why).__name__))
            at += 1
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT trial")
        cursor.close()
    return found


def _ask_sqlite(cursor: Any, statement: str, some: Sequence[Values]) -> tuple[int, Exception | None]:
    """How many of these rows went in before one did not, and why: the last that was asked for, which takes back itself alone."""
    rest = iter(some)
    try:
        cursor.executemany(statement, rest)
    except Exception as fault:
        return len(some) - length_hint(rest) - 1, fault
    return len(some), None


def _ask_postgresql(cursor: Any, statement: str, some: Sequence[Values]) -> tuple[int, Exception | None]:
    """The same, in one way there and back; what was refused before has broken the transaction, as far back as the savepoint."""
    why: Exception | None = None
    try:
        with cursor.connection.pipeline():
            try:
                cursor.execute("ROLLBACK TO SAVEPOINT trial")
                cursor.executemany(statement, some)
            except Exception as fault:  # out of a pipeline it would go with a line in the log
                why = fault
    except Exception as fault:
        why = why or fault
    return (len(some) if why is None else cursor.rowcount), why


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
