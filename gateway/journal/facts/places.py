"""What the journal says of a city: places recorded, boundaries drawn, names learned, and the steps that fold them.

A fact holds all that is known of its place, so the last one in the order of the journal stands, whatever came before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact
from gateway.journal.events import Event, about

Row = dict[str, Any]


@about("place")
@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRecorded(Event):
    """A place exists, as a file of the city states it. `key` is the file's own name for it, `district` a number for people.

    `added` tells a place that the city pack does not have from a correction of one that it has.
    """

    place: str
    name: str
    alt_names: tuple[str, ...] = ()
    kind: str = ""
    parent: str = ""
    district: str = ""
    generic: bool = False
    lat: float | None = None
    lon: float | None = None
    key: str = ""
    source: str = ""
    added: bool = True


@about("place")
@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryDrawn(Event):
    """Where a place ends: `shape` is the simplified outline (`geometry.encoded`), `digest` names the one it was made from."""

    place: str
    shape: str
    digest: str
    source: str = ""


@about("alias", "place")
@dataclass(frozen=True, slots=True, kw_only=True)
class AliasLearned(Event):
    """A person said once what residents mean: `detras del molino` is in S1701. An empty `place` takes it back.

    `after` is the pin that the person saw, empty for none; when somebody else pinned meanwhile, the pin is contested.
    """

    alias: str
    phrase: str
    place: str
    after: str | None = None


def place(row: Row | None, fact: Fact) -> Row:
    names = ("name", "kind", "parent", "district", "generic", "lat", "lon", "key", "source", "added")
    return {name: fact[name] for name in names} | {"alt_names": canonical(fact["alt_names"] or ())}


def boundary(row: Row | None, fact: Fact) -> Row:
    return {name: fact[name] for name in ("shape", "digest", "source")} | {"drawn_at": fact.at}


def alias(row: Row | None, fact: Fact) -> Row:
    seen = row["position"] if row else None
    return {"phrase": fact["phrase"], "place": fact["place"], "by": fact.by, "at": fact.at,
            "contested": seen is not None and "after" in fact.data and fact["after"] != seen}
