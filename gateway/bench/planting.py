"""A city of any size for the pages to be measured on: places, needs, reports, texts, replies, works, three years of them.

The tables are filled directly, not through the journal: a million reports are planted in minutes instead of hours, and pages read
tables. What is counted of needs is counted as a rebuild counts it, and a test fills a small city both ways and compares.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, select, text
from sqlmodel import SQLModel

from gateway import labels
from gateway.journal import counting
from gateway.journal.canonical import derived_id, iso
from gateway.journal.entries import append, position_of, take_turn
from gateway.journal.facts.needs import ReportGathered
from gateway.journal.facts.triage import CLUSTER
from gateway.journal.rows import insert
from gateway.journal.tables import (
    Alert,
    BudgetLine,
    Contact,
    Message,
    Need,
    NeedCost,
    Place,
    PlaceFact,
    Profile,
    Reply,
    Report,
    Sender,
    Support,
    Work,
    table,
)
from gateway.node import Node
from parsers.reference import check_digit

REPORT = table(Report)
AT_ONCE, YEARS, MOMENTS = 20_000, 3, 4096
WAVE, WAVES, WAVE_DAYS = 16, 40, 5  # phones that report the same within days, and where they do
GENDERS = ("F", "M", "X", "U", None)
NUMBER = bytes(48)  # as long as one that is sealed, and nobody's
WORDS = "no hay agua en la calle 5 desde hace tres dias"
Row = dict[str, Any]
Kind = tuple[str, str, str]  # a need, its place and its category


@dataclass(frozen=True, slots=True)
class Town:
    """How large it is. `places` counts those that the city pack has."""

    reports: int
    needs: int
    places: int = 0
    works: int = 300
    seed: int = 0


def need_id(i: int) -> str:
    return f"need{i:028d}"


def report_id(i: int) -> str:
    return f"report{i:026d}"


def message_id(i: int) -> str:
    return f"message{i:025d}"


def plant(node: Node, town: Town) -> None:
    """Fill the tables; the node knows its new places afterwards."""
    rng, now = random.Random(town.seed), node.now()
    fill(node, Place, _places(node, rng, town.places))
    node.renew()
    places = [row["code"] for row in node.city.places if row["parent"]]
    subs = [(sub["code"], sub.get("bdv", head.get("bdv")) or "VIA") for head in labels.taxonomy() for sub in head["sub"]
            if not sub.get("sensitive")]
    span = YEARS * 365 * 86400
    at = [iso(now - timedelta(seconds=span - span * i // MOMENTS)) for i in range(MOMENTS)]  # ids grow with time, as they do
    component = dict(subs)
    opened = [(need_id(i), rng.choice(places), rng.choice(subs)[0]) for i in range(town.needs)]
    status = [rng.choice(["open", "open", "verified", "planned", "done"]) for _ in opened]
    fill(node, Need, ({"id": need, "place_code": place, "category": category, "generation": rng.choice([1, 1, 1, 2, 4]),
                       "opened_at": rng.choice(at), "status_at": rng.choice(at), "status": stands}
                      for (need, place, category), stands in zip(opened, status, strict=True)))
    senders = max(10, town.reports // 3)
    waves = _waves(town, [need for need, stands in zip(opened, status, strict=True) if stands == "open"])
    last = [iso(now - timedelta(hours=24 * WAVE_DAYS * (1 - i / (WAVE * len(waves))))) for i in range(WAVE * len(waves))]
    fill(node, Report, _reports(rng, town, opened, senders, at, waves, last))
    fill(node, Alert, ({"id": derived_id("alert", CLUSTER, place, category), "reason": CLUSTER, "need": need, "place_code": place,
                        "report": report_id(town.reports - 1 - i), "category": category, "people": WAVE, "at": last[-1]}
                       for i, (need, place, category) in enumerate(waves)))
    fill(node, Message, ({"id": message_id(i), "sender": sender_id(rng.randrange(senders)), "channel": "twilio", "provider_id": f"{i}",
                           "received_at": at[i * MOMENTS // town.reports], "road": "door", "text": WORDS, "language": "es",
                           "outcome": "unknown" if i % 500 == 3 else "report", "settled": "noted" if i % 1000 == 3 else None}
                          for i in range(town.reports)))
    fill(node, Reply, ({"id": f"reply{i:027d}", "message": message_id(i), "sender": sender_id(rng.randrange(senders)),
                         "channel": "twilio", "kind": "received", "language": "es", "text": WORDS, "segments": 1,
                         "queued_at": at[i * MOMENTS // town.reports], "due_at": at[i * MOMENTS // town.reports],
                         "state": rng.choices(["delivered", "sent", "failed", "queued"], [90, 8, 1.9, .1])[0]}
                        for i in range(town.reports)))
    fill(node, Support, ({"id": f"support{i}", "report": report_id(rng.randrange(town.reports)),
                           "sender": sender_id(rng.randrange(senders)), "at": rng.choice(at)} for i in range(town.reports // 10)))
    fill(node, Sender, ({"id": sender_id(i), "channel": "twilio", "language": "es"} for i in range(senders)))
    fill(node, Contact, ({"sender": sender_id(i), "channel": "twilio", "number": NUMBER} for i in range(senders)))
    fill(node, Profile, ({"id": sender_id(i), "gender": rng.choice(GENDERS)} for i in range(0, senders, 2)))
    fill(node, NeedCost, ({"id": need, "cost": rng.randrange(5, 4000) * 100, "source": "bench", "by": "ana", "at": at[0], "entry": "e"}
                           for need, *_ in opened if rng.random() < 0.9))
    _plans(node, rng, town, opened[0][1], places, subs, component)
    _gathered(node, need_id(0))
    with node.database.writing() as c:
        counting.count_all(c)
    if not node.database.is_sqlite:  # as its autovacuum would; nobody does it for SQLite
        with node.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
            c.execute(text("VACUUM ANALYZE"))


def _places(node: Node, rng: random.Random, wanted: int) -> Iterator[Row]:
    """Zones beside those that the pack has, in its districts."""
    districts = [row for row in node.city.places if row["kind"] == "district" and row["lat"]] or list(node.city.places)[:1]
    for i in range(max(0, wanted - len(node.city.places))):
        around = districts[i % len(districts)]
        yield {"id": f"VILLA{i}", "name": f"Villa {i}", "kind": "zone", "parent": around["code"], "source": "bench",
               "lat": float(around["lat"] or 0) + rng.uniform(-.02, .02), "lon": float(around["lon"] or 0) + rng.uniform(-.02, .02)}


def _waves(town: Town, opened: list[Kind]) -> list[Kind]:
    """Where many report the same these days: needs that few write of otherwise, each of a place and kind of its own."""
    few = {(place, category): (need, place, category) for need, place, category in opened[len(opened) // 2:]}
    return list(few.values())[:max(2, min(WAVES, town.reports // 500))]


def _reports(rng: random.Random, town: Town, opened: list[Kind], senders: int, at: list[str], waves: list[Kind],
             last: list[str]) -> Iterator[Row]:
    """Most about few needs, as people write; one in five hundred at no place, one in a thousand that the machine was not sure of.

    The last ones are those of the waves, a phone after the other.
    """
    calm = town.reports - len(last)
    for i in range(calm):
        need, place, category = opened[int(town.needs * rng.random() ** 2)]
        placeless = i % 500 == 7
        yield {"id": report_id(i), "message": message_id(i), "sender": sender_id(rng.randrange(senders)),
               "reference": _reference(i), "intent": "report", "language": rng.choice(["es", "es", "es", "fr", "ar"]), "category": category,
               "place_code": None if placeless else place, "place_text": "detras del tanque" if placeless else None,
               "severity": rng.choice([None, 1, 2, 3, 4]),
               "people": rng.choice([None, None, 5, 40, 300]), "filed_at": at[i * MOMENTS // town.reports],
               "status": "received" if placeless else rng.choice(["received", "received", "confirmed_fixed", "cancelled"]),
               "confidence": 0.4 if i % 1000 == 11 else 0.9, "urgency": 4 if i % 1000 == 13 else rng.randrange(1, 4),
               "restricted": rng.random() < 0.01, "classified_at": at[0], "model": "rules", "need": None if placeless else need,
               "surge": rng.random() < 0.002}
    for i in range(calm, town.reports):
        need, place, category = waves[i % len(waves)]
        yield {"id": report_id(i), "message": message_id(i), "sender": sender_id(i % senders), "reference": _reference(i),
               "intent": "report", "language": "es", "category": category, "place_code": place, "filed_at": last[i - calm],
               "status": "received", "confidence": 0.9, "urgency": 2, "restricted": False, "classified_at": at[0], "model": "rules",
               "need": need}


def _plans(node: Node, rng: random.Random, town: Town, first: str, places: list[str], subs: list[tuple[str, str]],
           component: dict[str, str]) -> None:
    day = node.today
    planned = [(f"BENCH-{i}", rng.choice(places) if i else first, component[rng.choice(subs)[0]]) for i in range(town.works)]
    fill(node, Work, ({"id": work, "programme": f"P{i % 7}", "name": work, "component": kind, "place_code": place,
                        "phase": rng.choice(["design", "tender", "execution", "identified", "closed"]), "budget": 100000,
                        "starts_on": (day - timedelta(days=rng.randrange(-200, 300))).isoformat(),
                        "ends_on": (day + timedelta(days=rng.randrange(-100, 900))).isoformat()}
                       for i, (work, place, kind) in enumerate(planned)))
    fill(node, BudgetLine, ({"id": f"{work}+x", "work": work, "component": kind, "year": day.year, "source": "bench",
                              "approved": rng.randrange(10_000, 900_000), "committed": 0, "spent": 0, "as_of": day.isoformat()}
                             for work, _, kind in planned))
    fill(node, PlaceFact, ({"id": f"{place}+{fact}", "place": place, "fact": fact, "value": repr(value), "as_of": day.isoformat(),
                             "source": "bench"} for place in places for fact, value in (
        ("population", rng.randrange(900, 9000)), ("phone_access", 0.8), ("deprivation", round(rng.random(), 2)),
        ("invested", rng.randrange(10, 90)), ("women_share", 0.52))), replacing=True)


def _gathered(node: Node, need: str) -> None:
    """The entries of the need that most write of, which its page reads: written, and folded already."""
    with node.database.writing() as c:
        reports = c.execute(select(REPORT.c.id).where(REPORT.c.need == need).order_by(REPORT.c.id)).scalars()
        append(c, take_turn(c, node.origin), [ReportGathered(report=report, need=need, why=("bench",)) for report in reports],
               at=iso(node.now()), by="machine")


def _reference(i: int) -> str:
    """As residents are given them, where the number has a check digit."""
    digit = check_digit(1000 + i)
    return f"{1000 + i}" if digit is None else f"{1000 + i}{digit}"


def sender_id(i: int) -> str:
    return f"sender{i:026d}"


def fill(node: Node, model: type[SQLModel], rows: Iterable[Row], *, replacing: bool = False) -> None:
    into: Table = table(model)
    blank = {column.name: _blank(column) for column in into.columns}
    if "position" in blank:
        rows = ({"position": position_of(0, "0" * 32, 1, i)} | row for i, row in enumerate(rows))  # before all that is written later
    whole = (blank | row for row in rows)
    with node.database.writing() as c:
        if replacing:
            c.execute(into.delete())
        while chunk := list(islice(whole, AT_ONCE)):
            _pour(c, into, chunk)


def _pour(c: Connection, into: Table, rows: list[Row]) -> None:
    if c.dialect.name != "postgresql":
        insert(c, into, rows)
        return
    names = list(into.columns.keys())
    columns = ", ".join('"' + name + '"' for name in names)
    raw: Any = c.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(f'COPY "{into.name}" ({columns}) FROM STDIN') as copy:  # twenty times an INSERT
        for row in rows:
            copy.write_row([row[name] for name in names])


def _blank(column: Any) -> Any:
    if column.default is not None and column.default.is_scalar:
        return column.default.arg
    return None if column.nullable else column.type.python_type() if column.type.python_type in (int, float, bool) else ""
