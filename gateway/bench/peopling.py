"""What people did in the made-up city (`planting`), so that each page that tells of it is measured with something on it.

    people(node, town)   # rows: trips of three years, works linked, residents told and written to, greetings, broadcasts, lessons, ...
    meet(node)           # facts, once needs are ranked: the commission's minutes, the council's weights, decisions of colleagues
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from gateway import ranking
from gateway.bench.planting import YEARS, Row, Town, fill, message_id, need_id, report_id, sender_id
from gateway.decisions import deciding, planning, ruling
from gateway.governing import roads
from gateway.journal import ledger
from gateway.journal.canonical import iso
from gateway.journal.facts.circle import ACTIVE, FINE, TALK
from gateway.journal.facts.needs import NeedStatusChanged
from gateway.journal.facts.rulings import POSTPONED, REFUSED, TAKEN_UP, VERIFY
from gateway.journal.tables import (
    Alias,
    Answer,
    Broadcast,
    Checkin,
    Elder,
    Incident,
    Link,
    Listed,
    Need,
    Note,
    Programme,
    Reading,
    Report,
    SavedView,
    Task,
    Told,
    Trip,
    Work,
    table,
)
from gateway.matching import Decision
from gateway.node import Node
from parsers.trips import MODES, PURPOSES

NEED, REPORT, WORK = table(Need), table(Report), table(Work)
TOLD_NEEDS = 100     # the needs that most write of: each of their phones was told
MOST_LISTED = 20_000
GREETED, GREETINGS = 60, 30


def people(node: Node, town: Town) -> None:
    """Fill the tables that tell what people did; the city is planted already."""
    rng, now = random.Random(town.seed + 1), node.now()
    at = [iso(now - timedelta(days=day, hours=3)) for day in range(YEARS * 365)]
    with node.database.reading() as c:
        places = [row["code"] for row in node.city.places if row["parent"]]
        needs = [(row.id, row.place_code, row.category) for row in c.execute(select(NEED.c.id, NEED.c.place_code, NEED.c.category).order_by(
            NEED.c.id))]
        works: dict[str, list[str]] = {}
        for work, place in c.execute(select(WORK.c.id, WORK.c.place_code).order_by(WORK.c.id)):
            works.setdefault(place, []).append(work)
        spoken = c.execute(select(REPORT.c.need, REPORT.c.sender, REPORT.c.id).where(
            REPORT.c.need.in_([need_id(i) for i in range(min(TOLD_NEEDS, town.needs))]), REPORT.c.restricted.is_(False))).all()
        learned = c.execute(select(REPORT.c.id, REPORT.c.message, REPORT.c.category, REPORT.c.place_code).where(
            REPORT.c.restricted.is_(False), REPORT.c.need.is_not(None)).order_by(REPORT.c.id).limit(max(60, town.reports // 2000))).all()
    a_while = at[40]
    fill(node, Programme, ({"id": f"P{n}", "name": f"Programa {n}", "sponsor": "bench", "currency": "BOB", "kind": "upgrade"}
                           for n in range(7)), replacing=True)
    fill(node, Link, _links(rng, needs, works, at))
    voices = {(need, sender): report for need, sender, report in spoken}
    fill(node, Told, ({"id": f"told{n}", "need": need, "reply": f"reply{n:027d}", "sender": sender, "report": report, "change": "bench",
                       "stage": "verified", "at": a_while} for n, ((need, sender), report) in enumerate(sorted(voices.items()))))
    fill(node, Answer, ({"id": f"answer{need}{n}", "need": need_id(need), "text": "El jueves va una cuadrilla.", "phones": 30, "by": "ana",
                         "at": at[n]} for need in (0, 50) for n in range(3)))
    fill(node, Note, ({"id": f"note{need}{n}", "need": need_id(need), "text": "Se ve desde la calle.", "by": "rosa", "at": at[n]}
                      for need in (0, 50) for n in range(5)))
    fill(node, Alias, ({"id": f"alias{n}", "phrase": f"detras del molino {n}", "place": rng.choice(places), "by": "rosa", "at": at[n]}
                       for n in range(200)))
    fill(node, Reading, ({"id": report, "message": message, "category": category, "place_code": place, "by": rng.choice(["ana", "rosa"]),
                          "at": a_while, "entry": "e"} for report, message, category, place in learned))
    _greetings(node, rng, places, at)
    _broadcasts(node, rng, town, at)
    _of_this_machine(node, at)
    senders, trips = max(10, town.reports // 3), max(town.reports // 20, min(town.reports, 3000))
    fill(node, Trip, ({"id": f"trip{n}", "message": message_id(n), "sender": sender_id(rng.randrange(senders)), "leg": 1, "legs": 1,
                       "begins": rng.choice(places), "ends": rng.choice(places), "hour": rng.randrange(5, 22), "mode": rng.choice(MODES),
                       "purpose": rng.choice(PURPOSES), "minutes": rng.randrange(5, 120), "waiting": rng.randrange(30),
                       "safety": rng.randrange(1, 6), "told_at": rng.choice(at)} for n in range(trips)))


def meet(node: Node) -> None:
    """What was decided lately, through the doors of people: of the first needs of the newest run, and of the district's."""
    deciding.decide_weights(node, Decision(id="bench-1", decided_on=node.today.isoformat(), source="Acta 1"), by="ana")
    with node.database.reading() as c:
        made = ranking.find(c)
        work = c.execute(select(WORK.c.id).where(WORK.c.phase == "execution").order_by(WORK.c.id).limit(1)).scalar_one()
    lines = made.ranking.lines if made else ()
    until = (node.today + timedelta(days=90)).isoformat()
    for n, line in enumerate(lines[:16]):
        said = ({"decision": TAKEN_UP, "work": work}, {"decision": VERIFY}, {"decision": POSTPONED, "until": until},
                {"decision": REFUSED, "reason": "es de otra oficina"})[n % 4]
        ruling.decide(node, line.need.id, ruling.Said(met_on=node.today.isoformat(), run=made.run.id if made else "", **said), by="ana")
    for line in lines[20:40]:
        with node.database.reading() as c:
            seen = c.execute(select(NEED.c.status_entry).where(NEED.c.id == line.need.id)).scalar()
        planning.change_status(node, line.need.id, "planned", note="", by="ana", after=seen)
    for line in lines[40:46]:  # two who did not see each other
        said_at_once = [NeedStatusChanged(need=line.need.id, status=status, after="bench") for status in ("verified", "planned")]
        with node.database.writing() as c:
            ledger.write(c, node.origin, said_at_once, at=node.now(), by="ana")


def _links(rng: random.Random, needs: list[tuple[str, str, str]], works: dict[str, list[str]], at: list[str]) -> Iterator[Row]:
    """A tenth of the needs with a work of their own place where there is one; the largest with three."""
    every = sorted(work for some in works.values() for work in some)
    for n, (need, place, _) in enumerate(needs):
        chosen = every[:3] if n == 0 else [rng.choice(works[place])] if n % 10 == 0 and place in works else []
        for work in chosen:
            yield {"id": f"{need}+{work}", "need": need, "work": work, "linked": True, "why": "", "by": "ana", "at": rng.choice(at[:300]),
                   "entry": "e"}


def _greetings(node: Node, rng: random.Random, places: list[str], at: list[str]) -> None:
    fill(node, Elder, ({"id": f"elder{n}", "sender": sender_id(n), "volunteer": sender_id(n // 3), "name": f"Elena {n}",
                        "volunteer_name": f"Marta {n // 3}", "place_code": places[n % len(places)], "hour": 9,
                        "days": json.dumps(["0", "2", "4"]), "language": "es", "state": ACTIVE, "state_at": at[60], "by": "rosa",
                        "at": at[60]} for n in range(GREETED)))

    def greeting(n: int, day: int) -> Row:
        waits = day == 0 and n % 5 == 0  # nobody answered, and a person goes
        return {"id": f"checkin{n}+{day}", "elder": f"elder{n}", "asked_at": at[day], "task_at": at[day] if waits else None,
                "answer": None if waits else rng.choice([FINE, FINE, TALK]), "answered_at": None if waits else at[day],
                "closed_at": None if waits else at[day]}
    fill(node, Checkin, (greeting(n, day) for n in range(GREETED) for day in range(GREETINGS)))


def _broadcasts(node: Node, rng: random.Random, town: Town, at: list[str]) -> None:
    """Some that are over, and one that many got."""
    fill(node, Broadcast, ({"id": f"broadcast{n}", "title": f"Corte de agua {n}", "audience": "place", "code": node.city.example_code,
                            "texts": json.dumps({"es": "El jueves no hay agua."}), "state": "running", "writer": node.origin.writer,
                            "by": "ana", "at": at[n * 20], "started_at": at[n * 20], "started_by": "ana", "phones": 400, "segments": 400}
                           for n in range(8)))
    senders = max(10, town.reports // 3)
    fill(node, Listed, ({"broadcast": f"broadcast{n % 8}", "errand": "say", "sender": sender_id(n // 8),
                         "state": "written" if n % 9 else "passed", "reply": f"reply{n:027d}", "reason": "" if n % 9 else "opted_out"}
                        for n in range(min(MOST_LISTED, senders * 8))))


def _of_this_machine(node: Node, at: list[str]) -> None:
    """Roads that were in trouble, questions that planners keep, tasks that were put aside."""
    fill(node, Incident, ({"id": f"incident{n}", "kind": roads.FAILING, "place": "twilio", "since": at[n], "opened_at": at[n],
                           "closed_at": at[n] if n else None, "facts": json.dumps({"failed": 14, "of": 20, "reason": "30005"}), "phones": 1}
                          for n in range(20)))
    with node.database.reading() as c:
        owner = c.exec_driver_sql("SELECT id FROM account ORDER BY name LIMIT 1").scalar() or "bench"
    fill(node, SavedView, ({"id": f"view{n}", "account": str(owner), "owner": "ana", "name": f"Brechas {n}", "page": "ranking.listed",
                            "asked": "covered=gap", "shared": True, "at": at[n]} for n in range(20)))
    aside: dict[str, Any] = {"kind": "classify", "due_at": at[1], "attempts": 5, "error": "poison", "quarantined_at": at[0]}
    fill(node, Task, (aside | {"subject": report_id(n)} for n in range(20)))
