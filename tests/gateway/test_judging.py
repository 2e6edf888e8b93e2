"""What the queue makes of a report: urgency, unit, doubt and options; what people and residents said stands; again on request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway import cities, labels
from gateway.classification import Category, Judge
from gateway.classification.learning import Lesson, Taught, taught
from gateway.classification.meaning import shipped
from gateway.classification.units import Bodies
from gateway.classification.urgency import urgency_of
from gateway.decisions import planning
from gateway.doors import intake
from gateway.errors import Problem
from gateway.journal.entries import ENTRY
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Message, Report, Task, table
from gateway.machine import jobs
from gateway.needs import judging
from gateway.node import Node
from tests.conftest import Clock, sms

MESSAGE, REPORT, TASK = table(Message), table(Report), table(Task)
ROW: dict[str, Any] = {"intent": "report", "category": "WAT04", "confidence": 0.9, "place_code": "S1701", "severity": None, "people": None,
                       "people_unit": None, "since_days": None}


@pytest.mark.parametrize(("label", "said", "usual", "text", "urgency", "because"), [
    ("what was stated", {"severity": 1}, 3, "hay chispas", 1, "stated"),
    ("an emergency", {"intent": "emergency"}, 2, "", 4, "happening now"),
    ("what is usual", {}, 2, "gotea un poco", 2, "usual for"),
    ("danger", {}, 2, "el poste echa chispas", 3, "echa chispas"),
    ("danger lifts the urgent too", {}, 3, "se va a caer", 4, "se va a caer"),
    ("danger that is denied", {}, 2, "no chispea", 2, "usual for"),
    ("danger in French", {}, 2, "le mur va tomber", 3, "va tomber"),
    ("danger in Arabic", {}, 2, "الحيط غادي يطيح", 3, "غادي يطيح"),
    ("who cannot wait", {}, 2, "hay una abuelita en silla de ruedas", 3, "silla de ruedas"),
    ("who cannot wait makes nothing critical", {}, 3, "hay bebes", 3, "usual for"),
    ("many people", {"people": 20, "people_unit": "families"}, 2, "", 3, "about 80 people"),
    ("a long wait", {"since_days": 40}, 2, "", 3, "for 40 days"),
    ("all of it lifts once", {"people": 90, "since_days": 40}, 1, "hay chispas y bebes", 2, "chispas"),
])
def test_urgency(label: str, said: dict[str, Any], usual: int, text: str, urgency: int, because: str) -> None:
    why: list[str] = []
    assert urgency_of(ROW | said, "WAT04", usual, text, why) == urgency, label
    assert because in " ".join(why), label


@pytest.mark.parametrize(("label", "role", "place", "unit"), [
    ("the nearest", "roads", "S1701", "Vias Este"),
    ("the city's", "waste", "S1701", "Aseo"), ("elsewhere", "roads", "C0300", "Vias"),
    ("no place", "roads", None, "Vias"), ("a place nobody knows", "roads", "X1", "Vias"),
    ("a role nobody has", "fire", "S1701", "Ventanilla"),
    ("no role", "", "S1701", "Ventanilla")])
def test_the_unit_that_answers(label: str, role: str, place: str | None, unit: str) -> None:
    bodies = Bodies({"roads": "Vias", "waste": "Aseo"}, {"S0000": {"roads": "Vias Este"}},
                    {"S1701": "S1700", "S1700": "S0000", "S0000": "", "C0300": "C0000"}, "Ventanilla")
    assert bodies.unit(role, place)[0] == unit, label
    assert Bodies(around={"a": "b", "b": "a"}).unit("roads", "a")[0] is None, "places in a circle end"


@pytest.mark.parametrize("city", cities.known())
def test_every_role_of_the_taxonomy_has_a_body_in_every_city(city: str) -> None:
    pack = cities.load(city)
    roles = {labels.service_of(sub["code"]) for head in labels.taxonomy() for sub in head["sub"]}
    assert "" not in roles
    assert roles <= labels.bodies(pack.services.listed).keys()
    assert pack.services.fallback


@pytest.mark.parametrize(("label", "services"), [
    ("a number for a body", "[services]\nroads = 5\n"), ("areas that are none", "[services]\nareas = 5\n"),
    ("a place nobody knows", '[services.areas.X9999]\nroads = "x"\n'), ("no table", "")])
def test_faults_of_the_services_of_a_pack_are_named(label: str, services: str, tmp_path: Any) -> None:
    source = cities.HERE / "nairobi"
    for name in ("places.csv", "programmes.csv", "works.csv"):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    head = (source / "pack.toml").read_text("utf-8").partition("[services]")[0]
    (tmp_path / "pack.toml").write_text(services + head if not services else head + services, "utf-8")
    if not services:
        assert cities.load("x", tmp_path).services.fallback == "", label
        return
    with pytest.raises(Problem, match="services"):
        cities.load("x", tmp_path)


def judge(*lessons: Lesson) -> Judge:
    known = {code: Category(code, 2, code in ("SAF03", "SAF07"), "service", "roads") for code in shipped().codes if code != "NONE"}
    return Judge(taught(shipped(), lessons) if lessons else Taught(shipped()), known, Bodies({"roads": "Vias"}), "m")


DISCLOSURES = ["Mi padrastro me hace cosas que no quiero cuando mamá no está",
               "my uncle comes into my room at night and I am scared of him",
               "il m'a encore fait mal hier soir, j'ai peur pour mes enfants"]
LOOK_ALIKES = ["no hay agua hace tres dias", "the street light in front of the shop is broken", "les marches sont cassées",
               "le pega duro el sol a la parada, falta un techo", "zbel 3mer derb"]


@pytest.mark.parametrize("text", DISCLOSURES)
def test_what_may_tell_of_harm_is_restricted_until_a_person_has_looked(text: str) -> None:
    found = judge().classify(ROW, text)
    assert (found.restricted, found.doubt) == (True, True)
    assert "restricted until a person has looked: it may tell of harm to somebody" in found.why
    looked = judge().classify(ROW, text, looked=True)
    assert (looked.restricted, looked.doubt) == (False, False)


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_what_tells_of_a_street_is_not(text: str) -> None:
    assert not judge().classify(ROW, text).restricted


def test_no_lesson_can_talk_the_doubt_away() -> None:
    lies = [Lesson(f"r{at}", text, "WAT04", by, f"{at}") for at, (text, by) in enumerate(
        (text, by) for text in DISCLOSURES for by in ("ana", "luis", "rosa"))]
    for text in DISCLOSURES:
        assert judge(*lies).classify(ROW, text).restricted


def test_an_emergency_waits_for_nobody_who_might_look() -> None:
    assert not judge().classify(ROW | {"intent": "emergency"}, DISCLOSURES[1]).restricted
    assert judge().classify(ROW | {"intent": "protection"}, "").restricted


def test_without_a_sure_category_it_says_what_it_may_be() -> None:
    found = judge().classify(ROW | {"category": None, "confidence": 0.1}, "el poste de la esquina no alumbra ni se ve nada")
    assert found.category is None
    assert found.abstained
    assert found.options[0].startswith("LIT")
    faint = judge().classify(ROW | {"category": "WAT01", "confidence": 0.3}, "el poste de la esquina no alumbra ni se ve nada")
    assert (faint.category, faint.abstained, faint.options[0]) == ("WAT01", True, "WAT01")
    assert not judge().classify(ROW, "el agua del caño sale turbia y huele mal").abstained


# -------------------------------------------------------------------------------------------------------- the queue

def say(node: Node, clock: Clock, words: str, number: str = "+59170000001") -> str:
    clock.on(minutes=20)
    sid = f"{number}{clock().isoformat()}"
    with node.database.writing() as c:
        intake.receive(c, node, [sms(sid, words, number, clock())])
    jobs.work(node)
    with node.database.reading() as c:
        return str(c.execute(select(REPORT.c.id).join(MESSAGE, MESSAGE.c.id == REPORT.c.message)
                             .where(MESSAGE.c.provider_id == sid)).scalar())


def row_of(node: Node, report: str) -> dict[str, Any]:
    with node.database.reading() as c:
        return dict(c.execute(select(REPORT).where(REPORT.c.id == report)).mappings().one())


def classifications(node: Node) -> int:
    with node.database.reading() as c:
        return int(c.execute(select(func.count()).select_from(ENTRY).where(ENTRY.c.kind == "report_classified")).scalar_one())


def test_a_report_gets_its_unit_by_what_and_where(node: Node, clock: Clock) -> None:
    assert row_of(node, say(node, clock, "no hay agua en kupini"))["unit"] == "EPSAS"
    assert row_of(node, say(node, clock, "bache en kupini", "+59170000002"))["unit"] == "Subalcaldía San Antonio"
    assert row_of(node, say(node, clock, "bache en villa fatima", "+59170000003"))["unit"] == "Subalcaldía Periférica"
    rebuild(node.database, verify=True)


def test_old_reports_are_classified_again_but_not_what_people_said(node: Node, clock: Clock) -> None:
    node.warm_up()
    text = "la tracuna de kupini no bota nada"
    first, read = say(node, clock, text), say(node, clock, "no hay luz en kupini", "+59170000002")
    same = say(node, clock, "no hay agua en kupini", "+59170000003")
    own = say(node, clock, text, "+59170000004")
    clock.on(minutes=-19)
    say(node, clock, "no, es basura", "+59170000004")
    planning.read_message(node, str(row_of(node, read)["message"]), "SAN06", "S1701", why="", by="ana", report=read)
    for at, by in enumerate(("ana", "luis")):
        other = say(node, clock, "la tracuna de kupini no bota nada", f"+5917000010{at}")
        planning.read_message(node, str(row_of(node, other)["message"]), "WAT03", "S1701", why="", by=by, report=other)
    jobs.work(node)
    before, corrected = classifications(node), row_of(node, own)["category"]
    assert row_of(node, first)["category"] != "WAT03"
    assert judging.ask_again(node, None) == 3
    jobs.work(node)
    assert row_of(node, first)["category"] == "WAT03"
    assert row_of(node, read)["category"] == "SAN06"
    assert row_of(node, own)["category"] == corrected
    assert row_of(node, same)["category"] == "WAT01"
    assert classifications(node) == before + 1, "what did not change is not said again"
    rebuild(node.database, verify=True)


def test_only_what_was_filed_since_is_asked_again(node: Node, clock: Clock) -> None:
    say(node, clock, "no hay agua en kupini")
    since = clock()
    say(node, clock, "no hay luz en kupini", "+59170000002")
    assert judging.ask_again(node, since + timedelta(minutes=1)) == 1
    with node.database.reading() as c:
        assert [tuple(row) for row in c.execute(select(TASK.c.kind, func.count()).group_by(TASK.c.kind))] == [("again", 1)]


def test_a_doubtful_report_is_seen_by_nobody_else(node: Node, clock: Clock) -> None:
    report = say(node, clock, "my uncle comes into the house at night in kupini and I am scared of him")
    row = row_of(node, report)
    assert (row["restricted"], row["need"]) == (True, None)
