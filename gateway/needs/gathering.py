"""Reports of one problem stand together in a need, whose id every node derives alike.

    no water              concerns a place: one need there                    uuid5(place, category, generation)
    a hole, a dead lamp   is repaired one by one: a need for each thing        uuid5(place, category, generation, key)

The key is a digest of the spot as the founding report tells it (`Spot.key`): two nodes that both hear of the lamp on calle 5 beside
the school open one need; where they hear it told differently, or without a spot (then the key is the report itself), they open two,
which are offered to a person. What is sure is gathered, with the reasons; what is not stands alone: the resident was asked
when they wrote, their answer gathers it, and whoever plans sees the two beside each other. What a person said stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.journal.canonical import derived_id
from gateway.journal.events import Event
from gateway.journal.facts.needs import NeedOpened, ReportGathered
from gateway.journal.tables import Head, Need, table
from gateway.needs import surges, things
from gateway.needs.likeness import Trace, is_point
from gateway.needs.standing import Pair
from gateway.needs.things import Read, Thing, Things, need_id

NEED, HEAD = table(Need), table(Head)
OVER = ("closed", "done", "rejected", "not_found")
Row = dict[str, Any]
_WHOLE = NEED.alias("whole")  # what is merged is over when the need that stands for it is
# Written out once: a few reports are gathered in less time than it takes to write it.
_OF_PLACES = select(NEED.c.place_code, NEED.c.category, NEED.c.generation, func.coalesce(_WHOLE.c.status, NEED.c.status).label(
    "status")).outerjoin(HEAD, HEAD.c.need == NEED.c.id).outerjoin(_WHOLE, _WHOLE.c.id == HEAD.c.head).where(
    NEED.c.place_code.in_(bindparam("places", expanding=True)), NEED.c.key == "",
    NEED.c.category.in_(bindparam("categories", expanding=True))).order_by(NEED.c.generation)


def own_key(report: str) -> str:
    """The key of a thing whose report tells no spot, or that a person set apart: nobody else derives it."""
    return derived_id("report", report)


def key_of(seen: Trace, report: str) -> str:
    return derived_id("spot", *seen.spot.key) if seen.spot else own_key(report)


@dataclass(slots=True)
class Known:
    """What was read of some reports, of their places and of the things there; good until something is written."""

    stands: dict[Pair, tuple[int, str]]  # the generation and the status of the last need of a place and a category
    seen: dict[str, Trace]
    said: dict[str, dict[str, bool]]
    things: Read = field(default_factory=Read)


def look(c: Connection, reports: Iterable[Row]) -> Known:
    """Read what is to be known before these reports, or some of them, are gathered: in a few queries, however many they are."""
    ready = _ready(reports)
    alone = [r for r in ready if is_point(r["category"])]
    known = Known(_standing(c, [r for r in ready if not is_point(r["category"])]), things.seen_of(c, alone) if alone else {},
                  things.said_of(c, [r["id"] for r in ready if r["need"] or is_point(r["category"])]))
    if alone:
        _around(c, alone, known)
    return known


def gather(c: Connection, reports: Iterable[Row], broken: dict[str, str] | None = None, known: Known | None = None) -> list[Event]:
    """Events that put each report into its open need, opening one where there is none. Nothing is written.

    A report without place or category waits; a restricted one stands alone and is never gathered. One that cannot be likened to
    others is named in `broken` with its fault, where that is given, and harms nobody beside it. `known`: what was read already.
    """
    ready = _ready(reports)
    if not ready:
        return []
    known = known or look(c, ready)
    alone = [r for r in ready if is_point(r["category"])]
    return [*_by_place([r for r in ready if not is_point(r["category"])], known), *_by_thing(c, alone, broken, known)]


def note(c: Connection, reports: Iterable[Row], gathered: Iterable[Event], known: Known) -> list[Event]:
    """Write down by what the next reports find these: how they look and how they are worded. Flags for those of a crowd."""
    told = {r["id"]: r for r in reports}
    things.keep(c, told.values(), known.seen)
    return surges.found(c, [fact for fact in gathered if isinstance(fact, ReportGathered)], told)


def _ready(reports: Iterable[Row]) -> list[Row]:
    return [r for r in reports if r["place_code"] and r["category"] and len(r["category"]) > 3 and not r["restricted"]]


def _standing(c: Connection, ready: list[Row]) -> dict[Pair, tuple[int, str]]:
    if not ready:
        return {}
    asked = {"places": sorted({r["place_code"] for r in ready}), "categories": sorted({r["category"] for r in ready})}
    return {(row.place_code, row.category): (row.generation, row.status) for row in c.execute(_OF_PLACES, asked)}


def _around(c: Connection, ready: list[Row], known: Known) -> Things:
    """The things that these reports may be about."""
    there = Things(c, max(datetime.fromisoformat(r["filed_at"]) for r in ready), known.things)
    there.fetch([((r["place_code"], r["category"]), known.seen[r["id"]]) for r in ready])
    there.know({need_id(r["place_code"], r["category"], 1, key_of(known.seen[r["id"]], r["id"])) for r in ready}
               | {need for r in ready for need in (r["need"], *known.said.get(r["id"], ())) if need})
    return there


def _by_place(ready: list[Row], known: Known) -> list[Event]:
    """What concerns a place is one need there, until it is over."""
    current = dict(known.stands)
    events: list[Event] = []
    for report in ready:
        key = (report["place_code"], report["category"])
        if report["need"] and report["id"] in known.said:
            continue  # a person put it where it is
        generation, status = current.get(key, (0, "closed"))
        if status in OVER:
            generation, status = generation + 1, "open"
            current[key] = (generation, status)
            events.append(NeedOpened(need=need_id(*key, generation), place_code=key[0], category=key[1], generation=generation))
        need = need_id(*key, generation)
        if report["need"] != need:
            events.append(ReportGathered(report=report["id"], need=need, why=("same place, same category",)))
    return events


def _by_thing(c: Connection, ready: list[Row], broken: dict[str, str] | None, known: Known) -> list[Event]:
    """What is repaired one by one: a report joins the thing it is surely about, or stands for a thing of its own."""
    if not ready:
        return []
    there = _around(c, ready, known)
    events: list[Event] = []
    for report in sorted(ready, key=lambda r: (r["filed_at"], r["id"])):
        try:
            events += _join(there, report, known.seen[report["id"]], known.said.get(report["id"], {}))
        except SQLAlchemyError:  # of the database's making: nothing more is said in this transaction
            raise
        except Exception as fault:
            if broken is None:
                raise
            broken[report["id"]] = type(fault).__name__
    return events


def _join(there: Things, report: Row, mine: Trace, said: dict[str, bool]) -> list[Event]:
    pair = (report["place_code"], report["category"])
    stands = there.of(report["need"]) if report["need"] else None
    told = next((thing for need, same in said.items() if same and (thing := there.of(need)) is not None
                 and thing.pair == pair and thing.status not in OVER), None)
    if told is not None:
        if told.need == report["need"]:
            return []
        there.learn(told, mine)
        return [ReportGathered(report=report["id"], need=told.need, why=("the resident says that it is the same",))]
    if stands is not None and stands.pair == pair and stands.key and stands.status not in OVER:
        return []  # what stands somewhere is moved by people alone
    apart = [need for need, same in said.items() if not same]
    found = there.likest(pair, mine, without=apart)
    if found is not None and found.likeness.verdict == "same":
        there.learn(found.thing, mine)
        return [ReportGathered(report=report["id"], need=found.thing.need, why=found.likeness.why)]
    thing, opened = _open(there, pair, key_of(mine, report["id"]), own_key(report["id"]), apart)
    there.learn(thing, mine)
    why = ("perhaps the same as another need", *found.likeness.why) if found is not None else ("the first report of it",)
    gathered = ReportGathered(report=report["id"], need=thing.need, why=why)
    return [*opened, gathered] if report["need"] != thing.need else []


def _open(there: Things, pair: tuple[str, str], key: str, own: str, apart: list[str]) -> tuple[Thing, list[Event]]:
    """The need of this key, opened if it is not; the report's own where that key is another thing's or somebody set it apart."""
    last = there.last(pair, key)
    if last is not None and (last.need in apart or last.is_open):  # an open one that everybody left is that thing's still
        key, last = own, there.last(pair, own)
    if last is not None and last.status not in OVER:
        return last, []
    generation = last.generation + 1 if last is not None else 1
    thing = Thing(need_id(*pair, generation, key), pair, key, generation, "open")
    return thing, [NeedOpened(need=thing.need, place_code=pair[0], category=pair[1], generation=generation, key=key)]
