"""INSERT .. ON CONFLICT in the dialect at hand; the compiled statements are kept, they are on the hot path."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Row = dict[str, Any]


@lru_cache(maxsize=64)
def _keep_old(table: Table, returning: Column[Any], dialect: str) -> Any:
    new: Any = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    return new.on_conflict_do_nothing().returning(returning)


@lru_cache(maxsize=64)
def _replace_old(table: Table, dialect: str) -> Any:
    new: Any = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    return new.on_conflict_do_update(index_elements=list(table.primary_key), set_={
        column.name: new.excluded[column.name] for column in table.columns if not column.primary_key})


def insert_new(c: Connection, table: Table, rows: Sequence[Row], returning: Column[Any]) -> set[Any]:
    """Insert rows that are not there yet; the `returning` values of those that were inserted."""
    if not rows:
        return set()
    return set(c.execute(_keep_old(table, returning, c.dialect.name), rows).scalars())


def upsert(c: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, or replace those with the same primary key."""
    if rows:
        c.execute(_replace_old(table, c.dialect.name), rows)
