"""Lessons in the journal: a reading teaches every process and every node alike, and can be taken out of the memory again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from gateway import config
from gateway.classification.learning import Lesson, taught
from gateway.classification.meaning import PLACE_WORD
from gateway.decisions import planning
from gateway.doors import intake
from gateway.errors import Problem
from gateway.journal import ledger, projections
from gateway.journal.entries import ENTRY, WRITER, fact_of
from gateway.journal.facts.needs import ReportClassified
from gateway.journal.facts.residents import ReportFiled
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Message, Report, table
from gateway.lessons import without_places
from gateway.machine import jobs
from gateway.node import Node, open_node
from tests.conftest import Clock, MakeNode, sms

MESSAGE, REPORT = table(Message), table(Report)
TRACUNA = "la tracuna de mi cuadra no bota nada"
SAME = "la tracuna de mi cuadra ya no bota nada"


@pytest.fixture
def reopened(clock: Clock) -> Iterator[Callable[[Node], Node]]:
    """The same instance as another process would open it."""
    opened: list[Node] = []

    def again(node: Node) -> Node:
        opened.append(open_node(config.load(str(node.config.directory / "config.toml")), now=clock))
        opened[-1].warm_up()
        return opened[-1]

    yield again
    for node in opened:
        node.database.engine.dispose()


def say(node: Node, clock: Clock, words: str, sid: str = "") -> str:
    """A text comes in and is worked on; the id of its message."""
    clock.on(minutes=20)
    sid = sid or f"{node.config.node.name} {clock().isoformat()}"
    with node.database.writing() as c:
        intake.receive(c, node, [sms(sid, words, f"+5917{random.Random(sid).randrange(10**7):07}", clock())])
    jobs.work(node)
    with node.database.reading() as c:
        return str(c.execute(select(MESSAGE.c.id).where(MESSAGE.c.provider_id == sid)).scalar_one())


def read(node: Node, clock: Clock, words: str, code: str, by: str = "ana") -> str:
    """A person reads it; the id of its report."""
    message = say(node, clock, words)
    with node.database.reading() as c:
        report = c.execute(select(REPORT.c.id).where(REPORT.c.message == message)).scalar()
    made = planning.read_message(node, message, code, "", why="", by=by, report=report)
    jobs.work(node)
    return made


def best(node: Node, words: str = TRACUNA) -> str:
    return node.meaning(words)[0][0]


def report_of(node: Node, message: str) -> dict[str, object]:
    with node.database.reading() as c:
        return dict(c.execute(select(REPORT).where(REPORT.c.message == message)).mappings().one())


def test_a_reading_teaches_the_intake_and_the_queue_on_both_databases(make_node: MakeNode, database_url: str, clock: Clock) -> None:
    node = make_node(database_url=database_url)
    node.warm_up()
    assert best(node) != "WAT03"
    read(node, clock, TRACUNA, "WAT03")
    assert best(node) == "WAT03"
    later = report_of(node, say(node, clock, SAME))
    assert later["category"] == "WAT03"
    assert str(later["model"]) == f"rules-3+{node.school.name}"
    rebuild(node.database, verify=True)


def test_a_withdrawn_reading_is_unlearned(node: Node, clock: Clock) -> None:
    node.warm_up()
    before = node.meaning(TRACUNA)
    made = read(node, clock, TRACUNA, "WAT03")
    planning.withdraw_reading(node, made, why="", by="ana")
    assert node.meaning(TRACUNA) == before
    assert node.school.learnt == {}


def test_one_lesson_is_forgotten_and_learned_again_and_its_report_stays(node: Node, clock: Clock) -> None:
    node.warm_up()
    made = read(node, clock, TRACUNA, "WAT03")
    planning.forget_lesson(node, made, why="a joke", by="luis")
    planning.forget_lesson(node, made, why="a joke", by="luis")
    assert best(node) != "WAT03"
    with node.database.reading() as c:
        assert c.execute(select(REPORT.c.category).where(REPORT.c.id == made)).scalar() == "WAT03"
        assert len(c.execute(select(ENTRY.c.seq).where(ENTRY.c.kind == "lessons_forgotten")).all()) == 1, "said once"
    planning.forget_lesson(node, made, why="", by="luis", forgotten=False)
    assert best(node) == "WAT03"
    rebuild(node.database, verify=True)


def test_all_that_an_account_taught_is_forgotten_and_what_it_teaches_later_counts(node: Node, clock: Clock) -> None:
    node.warm_up()
    mine = [read(node, clock, words, "WAT03", "mallory") for words in (TRACUNA, "la pilarca del fondo esta seca hace dias")]
    other = read(node, clock, "el zumbarro de la plaza parpadea", "LIT01", "ana")
    planning.forget_account(node, "mallory", why="left us", by="luis")
    assert set(node.school.learnt) == {other}
    later = read(node, clock, "la cuscana de arriba gotea todo el dia", "WAT04", "mallory")
    assert set(node.school.learnt) == {other, later}
    planning.forget_account(node, "mallory", why="", by="luis", forgotten=False)
    assert set(node.school.learnt) == {*mine, other, later}
    with pytest.raises(Problem, match="There is no lesson nobody"):
        planning.forget_account(node, "nobody", why="", by="luis")
    rebuild(node.database, verify=True)


def test_another_process_hears_of_it_with_its_next_text_and_of_what_was_taken_back_when_it_looks(
        node: Node, clock: Clock, reopened: Callable[[Node], Node]) -> None:
    other = reopened(node)
    made = read(node, clock, TRACUNA, "WAT03")
    assert best(other) != "WAT03"
    say(other, clock, "hola")
    assert best(other) == "WAT03"
    planning.forget_lesson(node, made, why="", by="ana")
    other.renew()
    assert best(other) != "WAT03"
    assert other.school.name == node.school.name == node.school.model.version


def _filed(node: Node, message: str, report: str, intent: str) -> None:
    """One more report of a text that was kept already."""
    with node.database.writing() as c:
        ledger.write(c, node.origin, [ReportFiled(report=report, message=message, sender="s", reference="77777", intent=intent,
                                                  language="es", category="SAF03")], at=node.now(), by="resident")


def test_restricted_reports_teach_nothing(node: Node, clock: Clock) -> None:
    node.warm_up()
    read(node, clock, "la tracuna azul", "SAF03")
    assert node.school.learnt == {}
    made = read(node, clock, TRACUNA, "WAT03")
    assert set(node.school.learnt) == {made}
    with node.database.writing() as c:
        ledger.write(c, node.origin, [ReportClassified(report=made, category="WAT03", confidence=1.0, urgency=3, restricted=True,
                                                       model="person")], at=node.now(), by="machine")
    node.renew()
    assert node.school.learnt == {}, "its report was restricted since"


def test_a_text_that_also_made_a_restricted_report_teaches_nothing(node: Node, clock: Clock) -> None:
    node.warm_up()
    made = read(node, clock, TRACUNA, "WAT03")
    with node.database.reading() as c:
        message = c.execute(select(REPORT.c.message).where(REPORT.c.id == made)).scalar_one()
    _filed(node, message, "f" * 24, "protection")
    node.renew()
    assert node.school.learnt == {}


# -------------------------------------------------------------------------------------------------- several nodes

def bring(source: Node, target: Node, seed: int) -> None:
    """Every entry of one node that the other lacks, folded in one by one in any order."""
    with source.database.reading() as c:
        rows = [dict(row) for row in c.execute(select(ENTRY, WRITER.c.writer, WRITER.c.epoch).join(
            WRITER, WRITER.c.id == ENTRY.c.source)).mappings()]
        writers = [dict(row) for row in c.execute(select(WRITER)).mappings()]
    with target.database.writing() as c:
        known = {row.writer: row.id for row in c.execute(select(WRITER.c.writer, WRITER.c.id))}
        for writer in writers:
            if writer["writer"] not in known:
                c.execute(insert(WRITER), [{name: value for name, value in writer.items() if name != "id"}])
        known = {row.writer: row.id for row in c.execute(select(WRITER.c.writer, WRITER.c.id))}
        there = {(row.source, row.seq) for row in c.execute(select(ENTRY.c.source, ENTRY.c.seq))}
        new = [row | {"source": known[row["writer"]]} for row in rows if (known[row["writer"]], row["seq"]) not in there]
        names = [column.name for column in ENTRY.columns]
        c.execute(insert(ENTRY), [{name: row[name] for name in names} for row in new])
        random.Random(seed).shuffle(new)
        for row in new:
            projections.apply(c, [fact_of(row["lamport"], row["writer"], row["epoch"], row["seq"], row["body"])], own=False)
    target.renew()


@pytest.mark.parametrize("seed", range(3))
def test_two_nodes_that_hold_the_same_corrections_answer_alike(seed: int, make_node: MakeNode, clock: Clock) -> None:
    hub, field = make_node("hub"), make_node("field", role="field")
    for node in (hub, field):
        node.warm_up()
    one = read(hub, clock, TRACUNA, "WAT03")
    read(field, clock, "el zumbarro de la plaza parpadea", "LIT01", "rosa")
    two = read(hub, clock, "el zumbarro de la cancha no prende", "LIT03", "ana")
    read(field, clock, TRACUNA, "SAN06", "rosa")
    planning.forget_lesson(hub, two, why="", by="ana")
    planning.withdraw_reading(hub, one, why="", by="ana")
    bring(hub, field, seed)
    bring(field, hub, seed + 10)
    with hub.database.reading() as here, field.database.reading() as there:
        assert projections.state_hash(here) == projections.state_hash(there)
    assert len(hub.school.learnt) == 2
    assert hub.school.name == field.school.name
    for words in (TRACUNA, SAME, "el zumbarro parpadea", "no hay agua", "se cayo el muro"):
        assert hub.meaning(words) == field.meaning(words)


SLIDE = "se desbarranca la talapusa por llojeta"


@pytest.mark.parametrize(("label", "words", "said"), [
    ("a name", "talapusa en llojeta", ["talapusa", "en", PLACE_WORD]),
    ("a name of two words, the longest first", "talapusa en bajo llojeta hoy", ["talapusa", "en", PLACE_WORD, "hoy"]),
    ("an abbreviation", "talapusa en v fatima", ["talapusa", "en", PLACE_WORD]),
    ("no name at all", "la tracuna no bota", ["la", "tracuna", "no", "bota"]),
    ("a word that stands in names, and is none", "el puente se cayo", ["el", "puente", "se", "cayo"]),
])
def test_a_name_of_a_place_is_no_word_of_a_lesson(label: str, words: str, said: list[str], node: Node) -> None:
    assert without_places(node.places)(words.split()) == said


def test_what_a_planner_reads_teaches_no_name_of_a_place(node: Node, clock: Clock) -> None:
    message = say(node, clock, SLIDE)
    with node.database.reading() as c:
        report = c.execute(select(REPORT.c.id).where(REPORT.c.message == message)).scalar()
    planning.read_message(node, message, "RSK02", "C0402", why="", by="ana", report=report)
    jobs.work(node)
    model = node.school.model
    assert "talapusa" in model.words_moved(SLIDE, "RSK02"), "the control: what it is, is learned"
    assert "llojeta" not in [word for word, _ in model.furthest(24)]
    assert "llojeta" not in model.words_moved(SLIDE, "RSK02")
    for words in ("llojeta", "vivo en llojeta"):
        moved = dict(model.guess(words, 99))["RSK02"] - dict(model.base.guess(words, 99))["RSK02"]
        assert moved < 0.01, "who writes from there is not taken for a landslide"
    assert best(node, "se desbarranca la talapusa por kupini") == "RSK02", "and the same elsewhere is"
    with_names = taught(model.base, [Lesson("r", SLIDE, "RSK02", "ana", "1")])
    assert "llojeta" in with_names.words_moved(SLIDE, "RSK02"), "the control: otherwise it would be"


def test_places_that_were_imported_are_no_words_of_lessons_either(node: Node, clock: Clock) -> None:
    read(node, clock, "se desbarranca la talapusa por wanakauri", "RSK02")
    assert "wanakauri" in node.school.model.words_moved("talapusa wanakauri", "RSK02")
    renamed = {"name": "Wanakauri", "alt_names": ""}
    rows = tuple(row | renamed if row["code"] == "C0402" else row for row in node.city.places)
    node._take_up(replace(node.standing, city=replace(node.standing.city, places=rows)))
    with node.database.reading() as c:
        node.school.hear(c)
    assert "talapusa" in node.school.model.words_moved("talapusa wanakauri", "RSK02")
    assert "wanakauri" not in node.school.model.words_moved("talapusa wanakauri", "RSK02")
