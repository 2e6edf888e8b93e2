"""A landmark that an officer pins: who waited gets a place, who writes next is understood, and all of it can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from gateway import config
from gateway.decisions import pinning, planning
from gateway.doors import intake
from gateway.journal import ledger, projections
from gateway.journal.entries import all_facts
from gateway.journal.facts.places import AliasLearned
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Alias, Need, Report, table
from gateway.machine import jobs
from gateway.node import Node, open_node
from tests.conftest import Clock, MakeNode, sms

REPORT, NEED, ALIAS = table(Report), table(Need), table(Alias)
PIN = "detras del molino viejo"
WALL = f"se cayo el muro {PIN}"
Row = dict[str, object]


@pytest.fixture
def reopened(clock: Clock) -> Iterator[Callable[[Node], Node]]:
    """The same instance as another process would open it."""
    opened: list[Node] = []

    def again(node: Node) -> Node:
        opened.append(open_node(config.load(str(node.config.directory / "config.toml")), now=clock))
        return opened[-1]

    yield again
    for node in opened:
        node.database.engine.dispose()


def say(node: Node, clock: Clock, words: str, number: str = "+59170000001") -> None:
    clock.on(seconds=30)
    with node.database.writing() as c:
        intake.receive(c, node, [sms(f"{number}{clock().isoformat()}", words, number, clock())])
    jobs.work(node)


def reports(node: Node) -> list[Row]:
    with node.database.reading() as c:
        return [dict(row) for row in c.execute(select(REPORT).order_by(REPORT.c.filed_at, REPORT.c.id)).mappings()]


def where(node: Node) -> list[tuple[object, object]]:
    return [(row["place_code"], row["place_source"]) for row in reports(node)]


def needs_of(node: Node) -> list[object]:
    """Where the need of each report lies."""
    with node.database.reading() as c:
        places = {row.id: row.place_code for row in c.execute(select(NEED.c.id, NEED.c.place_code))}
    return [places.get(row["need"]) for row in reports(node)]


def test_who_waits_gets_a_place_and_who_writes_next_is_understood_on_both_databases(
        make_node: MakeNode, database_url: str, clock: Clock) -> None:
    node = make_node(database_url=database_url)
    say(node, clock, WALL)
    say(node, clock, "un muro se cayo detrás del  Molino Viejo", "+59170000002")
    assert where(node) == [(None, "landmark")] * 2
    pinning.pin(node, PIN, "S1701", by="ana")
    jobs.work(node)
    say(node, clock, WALL, "+59170000003")
    assert where(node) == [("S1701", "learned")] * 3
    assert needs_of(node) == ["S1701"] * 3
    assert {row["need"] for row in reports(node)} == {reports(node)[0]["need"]}, "one need"
    pinning.pin(node, PIN, "S1604", by="luis")  # he knows better
    jobs.work(node)
    assert where(node) == [("S1604", "learned")] * 3
    assert needs_of(node) == ["S1604"] * 3
    pinning.unpin(node, PIN, by="luis")
    jobs.work(node)
    assert where(node) == [(None, "landmark")] * 3
    assert needs_of(node) == [None] * 3
    assert all("missing_place" in str(row["errors"]) for row in reports(node))
    rebuild(node.database, verify=True)


@pytest.mark.parametrize(("label", "said", "stands"), [
    ("the resident said the place since", [WALL, "kupini"], ("S1701", "landmark")),
    ("the text names a place of its own", [f"{WALL} en Kupini"], ("S1701", "name")),
    ("the words are not the phrase", ["se cayo el muro detras del molino nuevo"], (None, "landmark")),
    ("the phrase came as an answer", ["se cayo el muro", PIN], ("S1604", "learned")),
    ("the phrase stands inside a longer one", [f"se cayo el muro {PIN} amarillo"], ("S1604", "learned")),
    ("two places were named", [f"se cayo el muro entre Kupini y Pampahasi {PIN}"], (None, None)),
    ("violence is never looked at", [f"mi marido me pega {PIN}"], (None, None)),
    ("it was taken back by its resident", [WALL, "CANCELAR 10005"], (None, "landmark")),
])
def test_whom_a_pin_places(label: str, said: list[str], stands: tuple[object, object], node: Node, clock: Clock) -> None:
    for words in said:
        say(node, clock, words)
    pinning.pin(node, PIN, "S1604", by="ana")
    jobs.work(node)
    assert where(node)[0] == stands, label
    rebuild(node.database, verify=True)


@pytest.mark.parametrize("decision", ["noted", "not_a_need"])
def test_what_a_person_settled_stays_settled(decision: str, node: Node, clock: Clock) -> None:
    say(node, clock, WALL)
    planning.settle_message(node, str(reports(node)[0]["message"]), decision, note="", by="ana")
    pinning.pin(node, PIN, "S1701", by="luis")
    jobs.work(node)
    assert where(node) == [(None, "landmark")]


def test_where_a_person_said_it_is_it_stays(node: Node, clock: Clock) -> None:
    say(node, clock, WALL)
    row = reports(node)[0]
    planning.read_message(node, str(row["message"]), "RSK02", "S1604", why="she called", by="ana", report=str(row["id"]))
    pinning.pin(node, PIN, "S1701", by="luis")
    jobs.work(node)
    pinning.unpin(node, PIN, by="luis")
    jobs.work(node)
    assert where(node) == [("S1604", "person")]
    assert needs_of(node) == ["S1604"]


def test_a_resident_who_corrects_a_learned_place_is_not_moved_by_the_pin(node: Node, clock: Clock) -> None:
    pinning.pin(node, PIN, "S1604", by="ana")
    say(node, clock, WALL)
    say(node, clock, "no, es en Kupini")
    assert where(node) == [("S1701", None)]
    pinning.unpin(node, PIN, by="ana")
    jobs.work(node)
    assert where(node) == [("S1701", None)]


def test_the_longer_phrase_decides_and_the_shorter_takes_over_when_it_goes(node: Node, clock: Clock) -> None:
    say(node, clock, WALL)
    pinning.pin(node, "molino viejo", "S1604", by="ana")
    pinning.pin(node, PIN, "S1701", by="ana")
    jobs.work(node)
    assert where(node) == [("S1701", "learned")]
    pinning.unpin(node, PIN, by="ana")
    jobs.work(node)
    assert where(node) == [("S1604", "learned")]


def test_another_process_reads_the_very_next_text_with_the_pin(node: Node, clock: Clock, reopened: Callable[[Node], Node]) -> None:
    """No watch runs here: the text itself makes the process look."""
    other = reopened(node)
    say(other, clock, WALL)
    pinning.pin(node, PIN, "S1701", by="ana")
    say(other, clock, WALL, "+59170000002")
    assert where(other) == [("S1701", "learned")] * 2
    pinning.unpin(node, PIN, by="ana")
    say(other, clock, "se cayo otro muro detras del molino viejo", "+59170000003")
    assert where(other) == [(None, "landmark")] * 3


@pytest.mark.parametrize(("label", "phrase", "place", "reason"), [
    ("a place that is none", PIN, "X9999", "unknown"),
    ("a landmark", PIN, "S1701", None),
    ("three letters", "el a", "S1701", "short"),
    ("no letters at all", " -.- ", "S1701", "short"),
    ("a whole sentence", "al lado de la casa azul que esta arriba", "S1701", "long"),
    ("one word of every day", "mercado", "S1701", "common"),
    ("words that lead to nothing", "al lado de la", "S1701", "common"),
    ("an everyday spot", "frente a la escuela", "S1701", "common"),
    ("the name of another place", "Villa Fátima", "S1701", "named"),
    ("the name of another place, led to", "cerca de villa fatima", "S1701", "named"),
    ("the code of another place", "s1604", "S1701", "named"),
    ("its own name", "Kupini", "S1701", None),
    ("a name nobody has", "Los Lirios", "S1701", None),
    ("Arabic letters", "الحمام القديم", "S1701", None),
])
def test_what_would_mislead_is_refused_with_its_reason(label: str, phrase: str, place: str, reason: str | None, node: Node) -> None:
    refused = pinning.refusal(node, phrase, place)
    assert (refused.reason if refused else None) == reason, label


@pytest.mark.parametrize(("label", "text", "phrase"), [
    ("a zone word goes", "zona Los Lirios", "Los Lirios"),
    ("what leads to a landmark stays", PIN, PIN),
    ("a zone word alone stays", "zona", "zona"),
    ("nothing", "", ""),
])
def test_a_phrase_without_its_zone_word(label: str, text: str, phrase: str, node: Node) -> None:
    assert pinning.named(node, text) == phrase, label


@pytest.mark.parametrize(("label", "seen", "contested"), [
    ("the second saw no pin", "", True),
    ("the second saw the first one's", None, False),
])
def test_two_who_pin_without_seeing_each_other_are_told(label: str, seen: str | None, contested: bool, node: Node) -> None:
    pinning.pin(node, PIN, "S1701", by="ana", after="")
    pinning.pin(node, PIN, "S1604", by="luis", after=seen)
    with node.database.reading() as c:
        row = c.execute(select(ALIAS)).mappings().one()
    assert (row["place"], row["by"], row["contested"]) == ("S1604", "luis", contested), label


def test_pins_that_come_in_any_order_give_the_same_one_everywhere(node: Node) -> None:
    """As sync will bring them: the journal's order decides, not that of arrival."""
    for n, place in enumerate(("S1701", "S1604", "", "P1314", "S1701")):
        with node.database.writing() as c:
            learned = AliasLearned(alias=pinning.alias_of(PIN), phrase=PIN, place=place, after="")
            ledger.write(c, node.origin, [learned], at=node.now(), by=f"p{n}")
    with node.database.writing() as c:
        whole, facts = projections.table_hashes(c)["alias"], list(all_facts(c, ["alias_learned"]))
        for order in (facts[::-1], facts[2:] + facts[:2], facts):
            c.execute(ALIAS.delete())
            for fact in order:
                projections.apply(c, [fact], own=False)
            assert projections.table_hashes(c)["alias"] == whole
            assert c.execute(select(ALIAS.c.place, ALIAS.c.by)).one() == ("S1701", "p4")


def test_what_stands_is_not_said_again(node: Node) -> None:
    for _ in range(2):
        pinning.pin(node, PIN, "S1701", by="ana")
    with node.database.reading() as c:
        assert len(list(all_facts(c, ["alias_learned"]))) == 1
