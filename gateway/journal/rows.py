"""Rows in and out by key, for both databases, written out once a table and handed to the driver as tuples.

This is the hot path: through SQLAlchemy's compiled statements the same rows cost twice as much, most of it in naming parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, Text
from sqlmodel import AutoString

from gateway.journal.database import is_away
from gateway.journal.tables import Verbatim

Row = dict[str, Any]
Values = tuple[Any, ...]
_IMPOSSIBLE, _IMPOSSIBLE_TO_POSTGRESQL = re.compile("[\ud800-\udfff]"), re.compile("[\0\ud800-\udfff]")


class Refused(Exception):
    """Stands behind a fault as its cause: the statement and its rows, of which `blame.refused_rows` finds the ones that are at fault."""

    def __init__(self, into: Table, statement: str, rows: Sequence[Row], values: Sequence[Values]) -> None:
        super().__init__(f"{len(rows)} rows")
        self.into, self.statement, self.rows, self.values = into, statement, rows, values


@lru_cache(maxsize=128)
def _shape(table: Table, dialect: str) -> tuple[str, str, str, Callable[[Row], tuple[Any, ...]], tuple[str, ...]]:
    """(INSERT INTO t (...), one row of placeholders, the replacing ON CONFLICT, row -> tuple, columns stored verbatim)."""
    columns = _columns(table)
    quoted = {c.name: '"' + c.name + '"' for c in columns}
    keys = ", ".join(quoted[c.name] for c in columns if c.primary_key)
    replacing = ", ".join(f"{q} = excluded.{q}" for n, q in quoted.items() if not table.columns[n].primary_key)
    mark = "?" if dialect == "sqlite" else "%s"
    return (f'INSERT INTO "{table.name}" ({", ".join(quoted.values())}) VALUES ', f"({', '.join([mark] * len(columns))})",
            f" ON CONFLICT ({keys}) DO UPDATE SET {replacing}", itemgetter(*quoted),
            tuple(c.name for c in columns if isinstance(c.type, Verbatim)))


def _columns(table: Table) -> list[Column[Any]]:
    """All but a key that the database counts."""
    return [c for c in table.columns if not (c.name == "id" and c.type.python_type is int)]


def insert(c: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that cannot be there yet; each row names every column but a counted key."""
    if rows:
        head, marks, _, values, verbatim = _shape(table, c.dialect.name)
        _write(c, table, head + marks, rows, [values(_stored(row, verbatim)) for row in rows])


def upsert(c: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, or replace those with the same primary key."""
    if rows:
        head, marks, replacing, values, verbatim = _shape(table, c.dialect.name)
        _write(c, table, head + marks + replacing, rows, [values(_stored(row, verbatim)) for row in rows])


def _write(c: Connection, into: Table, statement: str, rows: Sequence[Row], values: list[Values]) -> None:
    try:
        c.exec_driver_sql(statement, values)
    except Exception as fault:
        if is_away(fault):
            raise
        raise fault from Refused(into, statement, rows, values)


def misfit(into: Table, row: Row, dialect: str) -> str | None:
    """A column whose value this table can never hold; None says little, for a database has more reasons to refuse a row."""
    must, numbers, texts, impossible = _limits(into, dialect)
    found = [name for name in must if row[name] is None]
    found += [name for name, most in numbers if isinstance(row[name], int) and not -most <= row[name] < most]
    if impossible.search("".join([str(row[name]) for name in texts])):
        found += [name for name in texts if impossible.search(str(row[name]))]
    return found[0] if found else None


@lru_cache(maxsize=128)
def _limits(table: Table, dialect: str) -> tuple[list[str], list[tuple[str, int]], list[str], re.Pattern[str]]:
    """What must say something, how large numbers may be, and the texts that cannot hold everything."""
    columns, is_sqlite = _columns(table), dialect == "sqlite"
    return ([c.name for c in columns if not c.nullable],
            [(c.name, 2**63 if is_sqlite or isinstance(c.type, BigInteger) else 2**31) for c in columns if isinstance(c.type, Integer)],
            [c.name for c in columns if isinstance(c.type, AutoString | Text)],
            _IMPOSSIBLE if is_sqlite else _IMPOSSIBLE_TO_POSTGRESQL)


def insert_new(c: Connection, table: Table, rows: Sequence[Row], returning: str) -> set[Any]:
    """Insert what is not there yet, in one statement; the `returning` values of what was inserted."""
    if not rows:
        return set()
    head, marks, _, values, verbatim = _shape(table, c.dialect.name)
    flat = tuple(v for row in rows for v in values(_stored(row, verbatim)))
    answer = c.exec_driver_sql(f'{head}{", ".join([marks] * len(rows))} ON CONFLICT DO NOTHING RETURNING "{returning}"', flat)
    return set(answer.scalars())


def find(c: Connection, table: Table, column: str, wanted: Sequence[str]) -> list[Row]:
    """The rows whose column is one of these."""
    if not wanted:
        return []
    names, verbatim, mark = _reading(table, c.dialect.name)
    answer = c.exec_driver_sql(f'SELECT {", ".join(names)} FROM "{table.name}" WHERE "{column}" IN ({", ".join([mark] * len(wanted))})',
                               tuple(wanted))
    keys = table.columns.keys()
    rows = [dict(zip(keys, row, strict=True)) for row in answer.all()]
    for name in verbatim:
        for row in rows:
            row[name] = Verbatim.read(row[name])
    return rows


@lru_cache(maxsize=128)
def _reading(table: Table, dialect: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    return (tuple(f'"{c.name}"' for c in table.columns), tuple(c.name for c in table.columns if isinstance(c.type, Verbatim)),
            "?" if dialect == "sqlite" else "%s")


def _stored(row: Row, verbatim: tuple[str, ...]) -> Row:
    for name in verbatim:
        text = row[name]
        if text and (stored := Verbatim.stored(text)) is not text:
            row = row | {name: stored}
    return row

