"""The city as a node knows it: its pack, overlaid by the places that were imported and the names that were learned.

The journal is the truth: an imported place travels to every node like any other fact. The pack is what a city starts with.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, func, inspect, select
from sqlmodel import SQLModel

from gateway.cities import CityPack, Row, in_circle
from gateway.journal import counting, projections
from gateway.journal.database import Database
from gateway.journal.tables import OUTGROWN, Account, Alias, Counted, Entry, Place, table
from parsers.names import place_words

PLACE, ALIAS, COUNTED = table(Place), table(Alias), table(Counted)
_STAMP = select(func.count(), func.max(ALIAS.c.position))
_log = logging.getLogger("barrio.city")


@dataclass(frozen=True)
class Standing:
    """What stands now; `mark` changes whenever any of it does."""

    mark: str
    city: CityPack
    aliases: Mapping[str, str]
    stamp: tuple[int, str | None] = (0, None)


def read(c: Connection, pack: CityPack) -> Standing:
    """The pack with everything that was imported and learned."""
    recorded = list(c.execute(select(PLACE).order_by(PLACE.c.id)).mappings())
    aliases = {row.phrase: row.place for row in c.execute(select(ALIAS.c.phrase, ALIAS.c.place).order_by(ALIAS.c.position)) if row.place}
    return Standing(mark(c), overlaid(pack, recorded), aliases, stamp(c))


def mark(c: Connection) -> str:
    """A digest of which facts stand, cheap enough to ask every few seconds."""
    digest = hashlib.sha256()
    for of in (PLACE, ALIAS):
        for row in c.execute(select(of.c.id, of.c.position).order_by(of.c.id)):
            digest.update(f"{row[0]}\x1f{row[1]}\n".encode())
    return digest.hexdigest()


def overlaid(pack: CityPack, recorded: list[Any]) -> CityPack:
    """The pack's places in their order, corrected, then the added ones; a place that would lie in itself lies nowhere."""
    if not recorded:
        return pack
    rows = dict(pack.place)
    for place in recorded:
        if place["added"] and place["id"] in pack.place and not same_place(pack.place[place["id"]], place):
            _log.error("%s is %s here and %s in the city pack: the pack's is left out; import it under another code",
                       place["id"], place["name"], pack.place[place["id"]]["name"])
        rows[place["id"]] = rows.get(place["id"], {}) | row_of(place)
    around = {code: row["parent"] for code, row in rows.items()}
    for code, row in rows.items():
        if row["parent"] and (row["parent"] not in rows or in_circle(code, around)):
            rows[code] = row | {"parent": ""}
            around[code] = ""
    return replace(pack, places=tuple(rows.values()))


def row_of(place: Mapping[str, Any]) -> Row:
    """A recorded place as a row of places.csv."""
    return {"code": place["id"], "name": place["name"], "alt_names": "|".join(json.loads(place["alt_names"])),
            "kind": place["kind"], "parent": place["parent"], "district": place["district"],
            "generic": "1" if place["generic"] else "", "lat": _degrees(place["lat"]), "lon": _degrees(place["lon"])}


def same_place(row: Row, place: Mapping[str, Any]) -> bool:
    """Whether two rows of one code share a name."""
    theirs = {place_words(name) for name in (place["name"], *json.loads(place["alt_names"]))}
    return any(place_words(name) in theirs for name in (row["name"], *row["alt_names"].split("|")) if name)


def stamp(c: Connection) -> tuple[int, str | None]:
    """How many phrases were ever pinned and the last word on them: cheap enough to ask with every group of texts."""
    count, last = c.execute(_STAMP).one()
    return int(count), last


def complete(database: Database) -> None:
    """Give a database that was made by an older Barrio the tables, columns and indexes that came since."""
    with database.reading() as c:
        there = inspect(c)
        tables = set(there.get_table_names())
        lacking, unindexed, outgrown = [], [], set()
        for of in (made for name, made in SQLModel.metadata.tables.items() if name in tables):
            held = {index["name"] for index in there.get_indexes(of.name)}
            unindexed += [index for index in of.indexes if index.name not in held]
            outgrown |= held.intersection(OUTGROWN)
            known = {column["name"] for column in there.get_columns(of.name)}
            lacking += [column for column in of.columns if column.name not in known]
        once = bool(there.get_unique_constraints("account"))  # a name was one account's, before other nodes enrolled people too
        if not lacking and not unindexed and not outgrown and not once and tables.issuperset(SQLModel.metadata.tables):
            return
    with database.writing() as c:
        if once:
            table(Account).drop(c)
        SQLModel.metadata.create_all(c)
        if COUNTED.name not in tables:
            counting.mark_all(c)
        for index in table(Entry).indexes:
            index.create(c, checkfirst=True)
        for column in lacking:
            usual = "" if column.nullable else f" NOT NULL DEFAULT {_literal(getattr(column.default, 'arg', ''))}"
            c.exec_driver_sql(f'ALTER TABLE "{column.table.name}" ADD COLUMN "{column.name}" {column.type.compile(c.dialect)}{usual}')
        for index in unindexed:
            index.create(c, checkfirst=True)
        for name in outgrown:
            c.exec_driver_sql(f'DROP INDEX "{name}"')
        if once:
            projections.rebuild(c, [Account])


def _literal(value: object) -> str:
    """A default of ours as both databases write it."""
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


def _degrees(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
