"""What one phone can do to the ranking: be one voice. Neither thirty texts nor a large number of one phone moves a need of others."""

from __future__ import annotations

import pytest

from gateway import ranking
from gateway.journal import ledger
from gateway.journal.canonical import derived_id
from gateway.journal.events import Event
from gateway.journal.facts.needs import NeedOpened, ReportClassified, ReportGathered
from gateway.journal.facts.residents import MessageReceived, ReportFiled
from gateway.matching import Ranked
from gateway.node import Node
from tests.conftest import Clock, MakeNode
from tests.ranking.planting import NOON, need_id, planted
from tests.ranking.test_gathered import TWIN, line_of

Word = tuple[str, int | None, int | None]  # (phone, severity, people)


@pytest.fixture
def example(make_node: MakeNode, database_url: str, clock: Clock) -> Node:
    return planted(make_node, clock, database_url=database_url)


def say(node: Node, need: str, words: list[Word]) -> None:
    """A report of the need for each word."""
    with node.database.reading() as c:
        place, category = c.exec_driver_sql(f"SELECT place_code, category FROM need WHERE id = '{need}'").one()
    events: list[Event] = []
    for n, (sender, severity, people) in enumerate(words):
        message, report = derived_id("m", "one", str(n)), derived_id("r", "one", str(n))
        events += [MessageReceived(message=message, sender=sender, channel="twilio", provider_id=f"SO{n}", text="x",
                                   received_at="2025-02-27T12:00:00.000Z"),
                   ReportFiled(report=report, message=message, sender=sender, reference=f"O{n}", intent="report", language="es",
                               category=category, place_code=place, severity=severity, people=people),
                   ReportClassified(report=report, category=category, confidence=0.9, urgency=2, restricted=False, model="rules"),
                   ReportGathered(report=report, need=need)]
    with node.database.writing() as c:
        ledger.write(c, node.origin, events, at=NOON, by="machine")


def ranked(node: Node, need: str) -> Ranked:
    ranking.make(node, by="ana")
    line = line_of(node, need)
    assert line is not None
    return line


@pytest.mark.parametrize(("label", "words"), [
    ("thirty texts of one phone that reported it already", [("N2s0", 2, None)] * 30),
    ("one phone says that it is the worst there is", [("N2s0", 4, None)] * 30),
    ("one phone says that it concerns everybody", [("N2s0", None, 90_000)] * 30),
])
def test_one_phone_moves_no_need_that_others_wrote_about(label: str, words: list[Word], example: Node) -> None:
    before = ranked(example, need_id("N2"))
    say(example, need_id("N2"), words)
    after = ranked(example, need_id("N2"))
    assert after.need == before.need
    assert after.priority.score == before.priority.score


@pytest.mark.parametrize(("label", "words", "severity", "people"), [
    ("of whom nobody else wrote its word is all there is", [("a", 4, 300)], 4, 300),
    ("where two wrote, the largest that both say", [("a", 4, 300), ("b", 2, 40)], 2, 40),
    ("what two say counts, and nobody overbids them", [("a", 3, 300), ("b", 3, 250), ("c", 4, 90_000)], 3, 300),
    ("a number that only one of them says is none", [("a", None, 300), ("b", None, None)], None, 2),
])
def test_what_is_said_of_a_need_is_what_two_phones_say(label: str, words: list[Word], severity: int | None, people: int,
                                                       example: Node) -> None:
    with example.database.writing() as c:
        ledger.write(c, example.origin, [NeedOpened(need=TWIN, place_code="S1604", category="LIT01")], at=NOON, by="machine")
    say(example, TWIN, words)
    need = ranked(example, TWIN).need
    assert need.severity == severity or severity is None  # then it is what the taxonomy says of its kind
    assert need.people == people
