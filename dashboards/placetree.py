"""The places of a city as a tree: what lies under a place, and how its names read from the outside in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.cities import CityPack


@dataclass(frozen=True)
class PlaceTree:
    city: CityPack
    children: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, city: CityPack) -> PlaceTree:
        children: dict[str, list[str]] = {}
        for row in city.places:
            children.setdefault(row["parent"], []).append(row["code"])
        return cls(city, children)

    def under(self, code: str) -> list[str]:
        """A place and everything in it, however deep."""
        found, waiting = [], [code]
        while waiting:
            here = waiting.pop()
            found.append(here)
            waiting += self.children.get(here, [])
        return found

    def options(self, chosen: str | None = None) -> Iterator[tuple[str, str, int]]:
        """(code, name, depth) of what a filter offers: all that has places inside, and the places beside the chosen one.

        A city of 5,000 zones would make a list nobody can use.
        """
        beside = {chosen, self.parent(chosen)} if chosen else set()
        waiting = [(code, 0) for code in reversed(self.children.get("", []))]
        while waiting:
            code, depth = waiting.pop()
            if self.children.get(code) or depth == 0 or code == chosen or self.parent(code) in beside:
                yield code, self.city.place_name(code), depth
            waiting += [(child, depth + 1) for child in reversed(self.children.get(code, []))]

    def parent(self, code: str | None) -> str | None:
        return self.city.place[code]["parent"] or None if code in self.city.place else None

    def district(self, code: str | None) -> str | None:
        return self.city.district_of(code)

    def districts(self, *, every: bool = False) -> list[str]:
        """The districts in the order of the city's file; with `every`, also what only holds other districts."""
        found = [row["code"] for row in self.city.places if self.city.district_of(row["code"]) == row["code"]]
        return [d for d in found if every or not any(self.city.district_of(child) == child for child in self.children.get(d, []))]

    def district_name(self, code: str | None) -> str:
        district = self.city.district_of(code)
        return self.city.place_name(district) if district else ""
