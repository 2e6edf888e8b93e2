"""City packs: places, programmes, works and the numbers a resident may call; one folder each, CSV and TOML.

Every bad row is named before anything is used: `places.csv line 12: parent S9900 is not a place`.
"""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from gateway.errors import Problem

HERE = Path(__file__).parent
PLACE_COLUMNS = {"code", "name", "alt_names", "district", "kind", "parent", "lat", "lon", "generic"}
PROGRAMME_COLUMNS = {"code", "name", "sponsor", "currency", "kind"}
WORK_COLUMNS = {"code", "programme", "name", "component", "place_code", "phase", "budget", "starts_on", "ends_on"}
# the tables of what a city plans: a pack may have them or not (see `planned`)
PLAN_COLUMNS = {
    "components": {"programme", "component", "primary", "secondary", "rules", "unit", "unit_cost"},
    "catchments": {"work", "place_code", "share", "role"},
    "budgets": {"work", "component", "year", "source", "approved", "committed", "spent", "as_of"},
    "milestones": {"work", "milestone", "due", "done", "evidence", "announce"},
    "facts": {"place_code", "fact", "value", "as_of", "source"}}
PHASES = ("identified", "postulated", "selected", "diagnosis", "design", "tender", "execution", "handover", "operation",
          "closed", "suspended")

Row = dict[str, str]
Bounds = tuple[float, float, float, float]  # west, south, east, north: coordinates outside are somebody's mistake


@dataclass(frozen=True)
class Services:
    """Who answers for what: `own` corrects the taxonomy's list called `listed`, `areas` are nearer, `fallback` takes the rest."""

    listed: str = ""
    fallback: str = ""
    own: Mapping[str, str] = field(default_factory=dict)
    areas: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class CityPack:
    """What Barrio knows of one city before the first text. Rows are as in the files, all cells text."""

    name: str
    label: str
    language: str
    languages: tuple[str, ...]
    numbers: dict[str, str]
    services: Services
    example_place: str
    example_code: str
    places: tuple[Row, ...]
    programmes: tuple[Row, ...]
    works: tuple[Row, ...]
    timezone: str = "UTC"
    replies: dict[str, dict[str, str]] = field(default_factory=dict)
    bounds: Bounds | None = None
    weekend: tuple[int, ...] = (6, 7)
    holidays: tuple[str, ...] = ()
    plans: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    prefix: str = ""  # how the numbers of its country begin; empty: any number is answered

    @cached_property
    def place(self) -> dict[str, Row]:
        return {row["code"]: row for row in self.places}

    def place_name(self, code: str | None, language: str = "") -> str:
        """What a place is called; in Arabic by its first name in Arabic letters, if it has one."""
        if code not in self.place:
            return code or ""
        row = self.place[code]
        if language == "ar":
            return next((name for name in row["alt_names"].split("|") if _is_arabic(name)), row["name"])
        return row["name"]

    def told_apart(self, codes: Sequence[str], language: str = "") -> tuple[str, ...]:
        """The names of places to choose from, those of the same name with where they lie: `San José, Distrito 13`."""
        names = [self.place_name(code, language) for code in codes]
        alike = Counter(name.casefold() for name in names)
        return tuple(f"{name}, {around}" if alike[name.casefold()] > 1 and (around := self._around(code, language)) else name
                     for code, name in zip(codes, names, strict=True))

    def _around(self, code: str, language: str) -> str:
        return self.place_name(self.place[code]["parent"], language) if code in self.place else ""

    def district_of(self, code: str | None) -> str | None:
        """The district a place lies in: itself, its parent, or its parent's parent."""
        while code in self.place:
            row = self.place[code]
            if row["kind"] in ("district", "arrondissement", "sub-county", "commune", "macro"):
                return code
            code = row["parent"]
        return None


def _is_arabic(name: str) -> bool:
    return "\u0600" <= name[:1] <= "\u06ff"


def known() -> list[str]:
    return sorted(p.parent.name for p in HERE.glob("*/pack.toml"))


def load(name: str, folder: Path | None = None) -> CityPack:
    """Read and check a pack; one Problem names every bad row."""
    folder = folder or HERE / name
    if not (folder / "pack.toml").is_file():
        raise Problem("city.unknown", city=name, known=", ".join(known()))
    faults: list[str] = []
    try:
        head = tomllib.loads((folder / "pack.toml").read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Problem("city.faults", city=name, count=1, faults=f"  pack.toml: {fault}") from None
    missing = [key for key in ("label", "language", "languages", "numbers", "example_place", "example_code") if key not in head]
    faults += [f"pack.toml: {key} is missing" for key in missing]
    bounds = _bounds(head.get("bounds"), faults)
    weekend, holidays = head.get("weekend", [6, 7]), head.get("holidays", [])
    faults += _calendar_faults(weekend, holidays)
    places = _rows(folder / "places.csv", PLACE_COLUMNS, faults)
    programmes = _rows(folder / "programmes.csv", PROGRAMME_COLUMNS, faults)
    works = _rows(folder / "works.csv", WORK_COLUMNS, faults)
    plans = {kind: tuple(_rows(folder / f"{kind}.csv", columns, faults)) for kind, columns in PLAN_COLUMNS.items()
             if (folder / f"{kind}.csv").is_file()}
    codes = _codes("places.csv", places, faults)
    programme_codes = _codes("programmes.csv", programmes, faults)
    _codes("works.csv", works, faults)
    for line, row in enumerate(places, 2):
        _check(faults, f"places.csv line {line}", row["name"] != "", "name is empty")
        _check(faults, f"places.csv line {line}", not row["parent"] or row["parent"] in codes, f"parent {row['parent']} is not a place")
        for axis in ("lat", "lon"):
            _check(faults, f"places.csv line {line}", not row[axis] or _is(float, row[axis]), f"{axis} {row[axis]!r} is not a number")
    around = {row["code"]: row["parent"] for row in places}
    for line, row in enumerate(places, 2):
        _check(faults, f"places.csv line {line}", not in_circle(row["code"], around), f"{row['code']} lies in itself: follow its parents")
    for line, row in enumerate(works, 2):
        where = f"works.csv line {line}"
        _check(faults, where, row["programme"] in programme_codes, f"programme {row['programme']} is not in programmes.csv")
        _check(faults, where, row["place_code"] in codes, f"place_code {row['place_code']} is not in places.csv")
        _check(faults, where, row["phase"] in PHASES, f"phase {row['phase']} is not one of {', '.join(PHASES)}")
        _check(faults, where, _is(int, row["budget"] or "0"), f"budget {row['budget']!r} is not a whole number")
    services = _services(head.get("services", {}), codes, faults)
    if faults:
        raise Problem("city.faults", city=name, count=len(faults), faults="\n".join(f"  {f}" for f in faults))
    return CityPack(name, head["label"], head["language"], tuple(head["languages"]), dict(head["numbers"]),
                    services, head["example_place"], head["example_code"], tuple(places),
                    tuple(programmes), tuple(works), head.get("timezone", "UTC"), head.get("replies", {}), bounds,
                    tuple(weekend), tuple(holidays), plans, str(head.get("prefix", "")))


def in_circle(code: str, around: Mapping[str, str]) -> bool:
    """Whether a place lies in itself, by way of the places around it: nothing that climbs the tree would ever end."""
    seen, at = {code}, around.get(code, "")
    while at and at not in seen:
        seen.add(at)
        at = around.get(at, "")
    return at == code


def _services(given: object, places: set[str], faults: list[str]) -> Services:
    """`[services]` of pack.toml: `list`, `fallback`, a body for any role, and `[services.areas.PLACE]` with those of an area."""
    whole: dict[str, Any] = dict(given) if isinstance(given, dict) else {"list": 0}
    areas: Any = whole.pop("areas", {})
    near: list[Any] = list(areas.values()) if isinstance(areas, dict) else [0]
    if not all(isinstance(of, dict) and all(isinstance(body, str) for body in of.values()) for of in (whole, *near)):
        faults.append("pack.toml: [services] names a body in quotes for each role, and [services.areas.PLACE] likewise")
        return Services()
    faults += [f"pack.toml: [services.areas.{code}]: {code} is not a place" for code in areas if code not in places]
    own = {role: body for role, body in whole.items() if role not in ("list", "fallback")}
    return Services(whole.get("list", ""), whole.get("fallback", ""), own, areas)


def _calendar_faults(weekend: object, holidays: object) -> Iterator[str]:
    if not (isinstance(weekend, list) and set(weekend) < {1, 2, 3, 4, 5, 6, 7}):
        yield "pack.toml: weekend is not a list of weekdays, 1 is Monday, that leaves one to work on"
    for day in holidays if isinstance(holidays, list) else [holidays]:
        if not (isinstance(day, str) and _is(date.fromisoformat, day if len(day) == 10 else f"2024-{day}") and len(day) in (5, 10)):
            yield f"pack.toml: holiday {day!r} is not written as 2026-08-06 or, for every year, 08-06"


def _bounds(given: object, faults: list[str]) -> Bounds | None:
    if given is None:
        return None
    if isinstance(given, list) and len(given) == 4 and all(isinstance(n, int | float) for n in given):
        west, south, east, north = map(float, given)
        if -180 <= west < east <= 180 and -90 <= south < north <= 90:
            return west, south, east, north
    faults.append("pack.toml: bounds are not [west, south, east, north] in degrees")
    return None


def _rows(path: Path, columns: set[str], faults: list[str]) -> list[Row]:
    if not path.is_file():
        faults.append(f"{path.name}: the file is missing")
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            lacking = columns - set(reader.fieldnames or ())
            if lacking:
                faults.append(f"{path.name} line 1: columns missing: {', '.join(sorted(lacking))}")
                return []
            return list(_whole(reader, path.name, faults))
    except (csv.Error, UnicodeDecodeError) as fault:
        faults.append(f"{path.name}: {fault}")
        return []


def _whole(reader: csv.DictReader[str], name: str, faults: list[str]) -> Iterator[Row]:
    for row in reader:
        if None in row or None in row.values():
            faults.append(f"{name} line {reader.line_num}: {'too many' if None in row else 'too few'} cells")
            continue
        yield {key: value.strip() for key, value in row.items()}


def _codes(name: str, rows: list[Row], faults: list[str]) -> set[str]:
    seen: set[str] = set()
    for line, row in enumerate(rows, 2):
        _check(faults, f"{name} line {line}", row["code"] != "", "code is empty")
        _check(faults, f"{name} line {line}", row["code"] not in seen, f"code {row['code']} is used twice")
        seen.add(row["code"])
    return seen


def _check(faults: list[str], where: str, holds: bool, otherwise: str) -> None:
    if not holds:
        faults.append(f"{where}: {otherwise}")


def _is(kind: Callable[[str], object], text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True
