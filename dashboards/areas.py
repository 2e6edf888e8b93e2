"""The map of the last run: how many needs lie in each area, how many nothing covers, where many report the same, and where works are.

All is drawn from local files. The signs (`map.js`) gather what lies close together at a zoom; the tables below say the same place by place.

Where a city brought the boundaries of its places (`barrio import boundaries`) they are drawn. Where it has points alone, an area is a
hexagon around its point, and the page says that it is schematic: it shows about where, not how far.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from sqlalchemy import Connection, select

from dashboards import labels
from dashboards.languages import language
from dashboards.planner import page_number
from dashboards.queries import clusters
from dashboards.queries import plans as seen
from dashboards.queries.seen import PAGE
from dashboards.ranking import made_of
from gateway import geometry
from gateway.cities import CityPack, atlas
from gateway.journal.tables import Boundary, Work, table
from gateway.matching import Lacking, Ranked, Ranking
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, PLANNER, rule

BOUNDARY, WORK = table(Boundary), table(Work)
SHADES = 4
SMALLEST, LARGEST = 60.0, 450.0  # metres from a schematic area's middle to its corner
METRES = 111_320.0


@dataclass(frozen=True, slots=True)
class Area:
    """What lies in a place: needs, those that nothing covers, the priority of the first, and the money that lacks."""

    code: str
    needs: int
    uncovered: int
    highest: float
    unfunded: Lacking


def blueprint(node: Node) -> Blueprint:
    pages = Blueprint("areas", __name__, url_prefix="/planner")

    @pages.get("/map")
    @rule(PLANNER, FOCAL, ADMIN)
    def shown() -> ResponseReturnValue:
        with node.database.reading() as c:
            made, page = made_of(c), page_number()
            found = areas_of(c, made.ranking) if made else []
            drawn = c.execute(select(BOUNDARY.c.id).limit(1)).first() is not None
            many, works = clusters.standing(c, node), works_of(c)
        return render_template("map.html", made=made, areas=found[(page - 1) * PAGE:page * PAGE], page=page, clusters=many, works=works,
                               more=len(found) > page * PAGE, schematic=not drawn, rules=node.config.triage)

    @pages.get("/map/areas.json")
    @rule(PLANNER, FOCAL, ADMIN)
    def features() -> ResponseReturnValue:
        with node.database.reading() as c:
            made = made_of(c)
            found = {area.code: area for area in areas_of(c, made.ranking)} if made else {}
            standing = node.standing
            city = standing.city if standing.mark == atlas.mark(c) else atlas.read(c, node.pack).city
            drawn = outlines(c, city, found)
            works, many = works_of(c), clusters.standing(c, node)
        shades = shading([area.needs for area in found.values()])

        def told(code: str) -> dict[str, Any]:
            area = found.get(code)
            return {"code": code, "name": city.place_name(code, request.args.get("lang", "")), "needs": area.needs if area else 0,
                    "uncovered": area.uncovered if area else 0, "shade": shades[area.needs] if area else 0}
        parts = [f'{json.dumps(told(code) | {"schematic": is_schematic})[:-1]},"rings":{outline}}}'
                 for code, (outline, is_schematic) in drawn.items()]
        points = json.dumps([{"id": work.id, "name": work.name, "place": work.place, "at": at}
                             for work in works if (at := point_of(city, work.place))])
        signs = json.dumps([{"name": f"{labels.category(one.category, language())} · {city.place_name(one.place_code, language())}",
                             "said": ngettext("%(num)s person reports the same", "%(num)s people report the same", one.people),
                             "need": one.need, "place": one.place_code, "at": at}
                            for one in many if (at := point_of(city, one.place_code))])
        return Response(f'{{"areas":[{",".join(parts)}],"works":{points},"clusters":{signs}}}', mimetype="application/json")

    return pages


def areas_of(c: Connection, ranking: Ranking) -> list[Area]:
    """The places of a ranking with what may be shown of them: worked out once, and again only where a need may be shown no more."""
    all_of, gone = ranking.once(_by_place), seen.hidden(c, ranking)
    touched = {line.need.place for line in ranking.lines if line.need.id in gone} if gone else set()
    kept = [area for area in ranking.once(_areas) if area.code not in touched]
    return _in_order([*kept, *areas(line for code in touched for line in all_of[code] if line.need.id not in gone)])


def _by_place(ranking: Ranking) -> dict[str, list[Ranked]]:
    return _parted(ranking.lines)


def _areas(ranking: Ranking) -> list[Area]:
    return areas(ranking.lines)


def _in_order(found: Iterable[Area]) -> list[Area]:
    return sorted(found, key=lambda area: (-area.needs, -area.uncovered, area.code))


def areas(lines: Iterable[Ranked]) -> list[Area]:
    """The places of a ranking, those with most needs first."""
    return _in_order(Area(code, len(there), sum(line.cls == "gap" for line in there), max(line.priority.score for line in there),
                          Lacking.of(line.unfunded for line in there)) for code, there in _parted(lines).items())


def _parted(lines: Iterable[Ranked]) -> dict[str, list[Ranked]]:
    found: dict[str, list[Ranked]] = {}
    for line in lines:
        found.setdefault(line.need.place, []).append(line)
    return found


def shading(needs: Sequence[int]) -> dict[int, int]:
    """Which of four shades a number of needs has: each holds about as many areas, and the same number has the same shade."""
    ordered = sorted(needs)
    return {count: 1 + ordered.index(count) * SHADES // len(ordered) for count in set(ordered)}


def outlines(c: Connection, city: CityPack, wanted: Mapping[str, object]) -> dict[str, tuple[str, bool]]:
    """code -> (rings as JSON, whether it is schematic): of what holds no other place, and of all with needs; what holds others first."""
    holding = {row["parent"] for row in city.places}
    inner = [row["code"] for row in city.places if row["code"] not in holding or row["code"] in wanted]
    shapes = {code: shape for code, shape in c.execute(select(BOUNDARY.c.id, BOUNDARY.c.shape))}
    inner.sort(key=lambda code: code not in holding)
    drawn = {code: (rings(shapes[code]), False) for code in inner if code in shapes}
    points = {code: at for code in inner if code not in shapes and (at := point_of(city, code))}
    if shapes:  # among real outlines only what has needs is drawn by its point
        points = {code: at for code, at in points.items() if code in wanted}
    return drawn | {code: (json.dumps([[corners]]), True) for code, corners in hexagons(tuple(points.items()))}


@lru_cache(maxsize=4096)
def rings(shape: str) -> str:
    """An outline as Leaflet wants it, latitude before longitude, to a metre."""
    return json.dumps([[[[round(degree, 5) for degree in geometry.degrees(point)[::-1]] for point in ring] for ring in polygon]
                       for polygon in geometry.decoded(shape)], separators=(",", ":"))


@lru_cache(maxsize=8)
def hexagons(points: tuple[tuple[str, tuple[float, float]], ...]) -> list[tuple[str, list[list[float]]]]:
    others = [at for _, at in points]
    return [(code, hexagon(at, reach(at, others))) for code, at in points]


def point_of(city: CityPack, code: str) -> tuple[float, float] | None:
    """The point of a place, or of the nearest around it that has one."""
    seen: set[str] = set()
    while code and code not in seen and code in city.place:
        row = city.place[code]
        if row["lat"] and row["lon"]:
            return float(row["lat"]), float(row["lon"])
        seen.add(code)
        code = row["parent"]
    return None


def reach(at: tuple[float, float], others: Iterable[tuple[float, float]]) -> float:
    """Half of the way to the nearest other point, in metres: schematic areas do not lie on each other."""
    east = METRES * math.cos(math.radians(at[0]))
    nearest = min((math.hypot((other[0] - at[0]) * METRES, (other[1] - at[1]) * east) for other in others if other != at), default=LARGEST)
    return min(LARGEST, max(SMALLEST, nearest / 2))


def hexagon(at: tuple[float, float], metres: float) -> list[list[float]]:
    east = METRES * math.cos(math.radians(at[0]))
    return [[round(at[0] + metres * math.sin(turn * math.pi / 3) / METRES, 6),
             round(at[1] + metres * math.cos(turn * math.pi / 3) / east, 6)] for turn in range(7)]


@dataclass(frozen=True, slots=True)
class Sited:
    """A work that is not over, and the place it is in."""

    id: str
    name: str
    place: str
    phase: str


def works_of(c: Connection) -> list[Sited]:
    """What is not over."""
    return [Sited(*row) for row in c.execute(select(WORK.c.id, WORK.c.name, WORK.c.place_code, WORK.c.phase)
                                            .where(WORK.c.phase != "closed").order_by(WORK.c.id))]
