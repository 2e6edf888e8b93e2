"""What the tables are made of: keys of one tree, indexes that leave rows out, texts kept as they came."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import Index, Table, Text, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

_LONE = re.compile("[\ud800-\udfff]")
_MARK = "\u241b"  # a stored text that begins so is JSON: NUL and lone surrogates fit no database's text


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model: statements over it cost an eighth of the ORM's."""
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found


# Text keys: one B-tree a table instead of two, so half the pages to write and sync at each commit.
ONE_TREE = {"sqlite_with_rowid": False}


def some(name: str, *columns: str) -> Index:
    """An index that leaves out the rows that say nothing in its first column: most, on the hot path."""
    here = text(f"{columns[0]} IS NOT NULL")
    return Index(name, *columns, sqlite_where=here, postgresql_where=here)


def of_kind(name: str, kind: str) -> Index:
    """An index of what entries of one kind are about: rare ones, which are sought among all that is about thousands of subjects."""
    here = text(f"kind = '{kind}'")
    return Index(name, "subject", sqlite_where=here, postgresql_where=here)


class Verbatim(TypeDecorator[str]):
    """Text that may hold anything a phone can send, NUL and lone surrogates included."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else self.stored(value)

    @staticmethod
    def stored(value: str) -> str:
        if "\x00" in value or value.startswith(_MARK) or _LONE.search(value):
            return _MARK + json.dumps(value)
        return value

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return self.read(value)

    @staticmethod
    def read(value: str | None) -> str | None:
        if value is not None and value.startswith(_MARK):
            return str(json.loads(value[len(_MARK):]))
        return value
