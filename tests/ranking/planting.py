"""The worked example planted as facts: reports, supporters, costs, programmes, budgets, facts of places and the council's decision."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import delete

from gateway.decisions import deciding
from gateway.journal import ledger
from gateway.journal.canonical import derived_id, iso
from gateway.journal.events import Event
from gateway.journal.facts.needs import NeedOpened, ReportClassified, ReportGathered
from gateway.journal.facts.plans import BudgetRecorded, CatchmentDrawn, ComponentRecorded, PlaceFactRecorded
from gateway.journal.facts.residents import CommandGiven, MessageReceived, ReportFiled
from gateway.journal.facts.works import ProgrammeRecorded, WorkRecorded
from gateway.journal.tables import Programme, Work, table
from gateway.matching import Decision
from gateway.node import Node
from tests.conftest import Clock, MakeNode
from tests.matching import example
from tests.matching.example import SAID

AS_OF = date.fromisoformat(SAID["asof"])
NOON = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 16, tzinfo=UTC)


def need_id(name: str) -> str:
    """The id of a need of the example."""
    return derived_id("worked", name)


def name_of(need: str) -> str:
    """And its name there."""
    return next(n["id"] for n in SAID["needs"] if need_id(n["id"]) == need)


def planted(make_node: MakeNode, clock: Clock, name: str = "hub", **options: str) -> Node:
    """The example in a city of its own: the pack's works are not the example's."""
    clock.moment = NOON
    node = make_node(name, **options)
    with node.database.writing() as c:  # what the pack brought is of another year
        c.execute(delete(table(Work)))
        c.execute(delete(table(Programme)))
        for model in ("component", "catchment", "budgetline", "milestone", "placefact"):
            c.exec_driver_sql(f"DELETE FROM {model}")
    plant(node)
    return node


def plant(node: Node) -> None:
    """Everything that the example says, as the doors of the gateway write it. The clock of the node stands on its day."""
    events: list[Event] = []
    for work in SAID["interventions"]:
        events += _work(work)
    for code in SAID["places"]:
        events += [PlaceFactRecorded(place=code, fact=fact, value={True: "true", False: "false"}.get(value, repr(value))
                                     if isinstance(value, bool) else repr(value), as_of="2025-02-01", source="worked example")
                   for fact, value in example.facts_of(code).items()]
    with node.database.writing() as c:
        ledger.write(c, node.origin, events, at=NOON, by="machine")
        for need in SAID["needs"]:
            ledger.write(c, node.origin, _need(need), at=NOON - timedelta(days=need["age"]), by="resident")
    for need in SAID["needs"]:
        deciding.cost_need(node, need_id(need["id"]), need["cost"], source="worked example", by="ana")
    decided = example.decision()
    deciding.decide_weights(node, Decision(id="2025-1", decided_on="2025-02-01", source="Acta 1/2025", weights=decided.weights,
                                           kappa=decided.kappa, city_rate=decided.city_rate, city_invested=decided.city_invested), by="ana")


def _need(need: dict[str, object]) -> list[Event]:
    name, opened = str(need["id"]), iso(NOON - timedelta(days=int(str(need["age"]))))
    place, category = str(need["place"]), str(need["sub"])
    events: list[Event] = []
    for i in range(int(str(need["R"]))):
        message, report = derived_id("m", name, str(i)), derived_id("r", name, str(i))
        events += [MessageReceived(message=message, sender=f"{name}s{i}", channel="twilio", provider_id=f"SM{name}{i}", text="x",
                                   received_at=opened),
                   ReportFiled(report=report, message=message, sender=f"{name}s{i}", reference=f"{name}{i}", intent="report", language="es",
                               category=category, place_code=place, severity=int(str(need["sev"])), people=int(str(need["people"]))),
                   ReportClassified(report=report, category=category, confidence=0.9, urgency=2, restricted=False, model="rules")]
        if i == 0:
            events.append(_opened(name, place, category))
        events.append(ReportGathered(report=report, need=need_id(name)))
    for i in range(int(str(need["S"]))):
        message = derived_id("ms", name, str(i))
        events += [MessageReceived(message=message, sender=f"{name}x{i}", channel="twilio", provider_id=f"SX{name}{i}", text="x",
                                   received_at=opened),
                   CommandGiven(message=message, sender=f"{name}x{i}", intent="support", language="es", report=derived_id("r", name, "0"))]
    return events


def _opened(name: str, place: str, category: str) -> NeedOpened:
    return NeedOpened(need=need_id(name), place_code=place, category=category)


def _work(work: dict[str, object]) -> list[Event]:
    code, components, rules, catchment, adjacent = (work[name] for name in ("id", "components", "rules", "catchment", "adjacent"))
    assert isinstance(code, str)
    assert isinstance(components, dict)
    assert isinstance(rules, dict)
    assert isinstance(catchment, dict)
    assert isinstance(adjacent, list)
    usual = next(iter(components))
    return [ProgrammeRecorded(programme=f"P-{code}", name=str(work["name"]), currency="BOB"),
            WorkRecorded(work=code, programme=f"P-{code}", name=str(work["name"]), component=usual, place_code=next(iter(catchment)),
                         phase=str(work["phase"]), starts_on=str(work["start"]), ends_on=str(work["end"])),
            *(ComponentRecorded(programme=f"P-{code}", component=c, rules=tuple(rules[c])) for c in components),
            *(CatchmentDrawn(work=code, place=place, share=share) for place, share in catchment.items()),
            *(CatchmentDrawn(work=code, place=place, role="adjacent") for place in adjacent),
            *(BudgetRecorded(work=code, line=f"{c}.2025.city", component=c, year=2025, source="city", approved=money, as_of="2025-02-01")
              for c, money in components.items())]
