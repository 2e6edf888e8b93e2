"""The places a city has, as an import asks for them: by code, by the file's own key, by name and by ear."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from gateway import geometry
from gateway.cities import CityPack
from gateway.geometry import Area
from gateway.importing.naming import key_of, sound_of
from gateway.journal.tables import Boundary, Place, table

PLACE, BOUNDARY = table(Place), table(Boundary)
# Places that hold others: a number alone means one of these.
_HOLDERS = ("district", "arrondissement", "sub-county", "commune", "macro")


@dataclass(frozen=True, slots=True)
class Standing:
    """A place as it stands; `added` is False for those of the city pack."""

    code: str
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

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.alt_names)


class Book:
    """Every place, indexed; an import writes its own into it as it goes, so that the next row finds them."""

    def __init__(self, places: Iterable[Standing], digests: Mapping[str, str], areas: Mapping[str, str]) -> None:
        self.digests, self._encoded = dict(digests), areas
        self._drawn: dict[str, Area] = {}
        self.places: dict[str, Standing] = {}
        self._by_key: dict[str, str] = {}
        self._by_name: dict[str, list[str]] = {}
        self._by_sound: dict[str, list[str]] = {}
        self._by_number: dict[str, list[str]] = {}
        for place in places:
            self.put(place)

    @classmethod
    def of(cls, c: Connection, city: CityPack) -> Book:
        """What the pack and the journal say."""
        recorded = {row["id"]: row for row in c.execute(select(PLACE)).mappings()}
        places = []
        for row in city.places:
            made = Standing(row["code"], row["name"], tuple(n for n in row["alt_names"].split("|") if n), row["kind"], row["parent"],
                            row["district"], row["generic"] == "1", _number(row["lat"]), _number(row["lon"]), added=False)
            if (there := recorded.get(row["code"])) is not None:
                made = replace(made, key=there["key"], source=there["source"], added=bool(there["added"]),
                               alt_names=tuple(json.loads(there["alt_names"])))
            places.append(made)
        drawn = c.execute(select(BOUNDARY.c.id, BOUNDARY.c.digest, BOUNDARY.c.shape)).all()
        return cls(places, {code: digest for code, digest, _ in drawn}, {code: shape for code, _, shape in drawn})

    def put(self, place: Standing) -> None:
        self.places[place.code] = place
        if place.key:
            self._by_key[place.key] = place.code
        if place.kind == "district" and place.code not in self._by_number.setdefault(place.district, []):
            self._by_number[place.district].append(place.code)
        for name in place.names:
            for index, heard in ((self._by_name, key_of(name)), (self._by_sound, sound_of(name))):
                if place.code not in index.setdefault(heard, []):
                    index[heard].append(place.code)

    def draw(self, code: str, area: Area) -> None:
        self._drawn[code] = area

    def area(self, code: str) -> Area | None:
        """Where a place ends, if that is known."""
        if code not in self._drawn and code in self._encoded:
            self._drawn[code] = geometry.decoded(self._encoded[code])
        return self._drawn.get(code)

    def with_key(self, key: str) -> Standing | None:
        return self.places[self._by_key[key]] if key in self._by_key else None

    def called(self, name: str, parent: str | None, kind: str = "") -> list[Standing]:
        """Places of that name inside the parent (None: anywhere); one called so outranks one that is only also called so."""
        key = key_of(name)
        found = [p for p in self._inside(self._by_name.get(key, ()), parent) if any(key_of(n) == key for n in p.names)]
        for narrower in ([p for p in found if kind and p.kind == kind], [p for p in found if key_of(p.name) == key]):
            found = narrower or found
        return found

    def heard(self, name: str, parent: str | None) -> list[Standing]:
        """Places inside the parent whose name sounds so."""
        return self._inside(self._by_sound.get(sound_of(name), ()), parent)

    def holder(self, said: str) -> list[Standing]:
        """The places a cell may mean that says where a row lies: a code, a name, or the bare number of a district."""
        if said.upper() in self.places:
            return [self.places[said.upper()]]
        named = self.called(said, None)
        held = [p for p in named if p.kind in _HOLDERS]
        if named:
            return held or named
        return [self.places[code] for code in self._by_number.get(said, ())] if said.isdigit() else []

    def lies_in(self, code: str, other: str) -> bool:
        """Whether `other` is one of the places around `code`."""
        seen: set[str] = set()
        at = self.places[code].parent if code in self.places else ""
        while at and at not in seen:
            if at == other:
                return True
            seen.add(at)
            at = self.places[at].parent if at in self.places else ""
        return False

    def _inside(self, codes: Iterable[str], parent: str | None) -> list[Standing]:
        return [self.places[code] for code in codes if parent is None or self.lies_in(code, parent)]


def _number(text: str) -> float | None:
    return float(text) if text else None
