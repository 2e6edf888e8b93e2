"""What a ranking reads, out of the tables: needs with who speaks for them, places with their facts, works with their money."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, case, func, select, union_all

from gateway import labels
from gateway.cities import CityPack, atlas
from gateway.journal.canonical import moment
from gateway.journal.tables import (
    BudgetLine,
    Component,
    Decision,
    Head,
    Link,
    Milestone,
    Need,
    NeedCost,
    PlaceFact,
    Report,
    Support,
    Work,
    table,
)
from gateway.matching import values
from gateway.matching.values import Inputs, Known
from gateway.node import Node
from gateway.ranking import linked

NEED, REPORT, SUPPORT, COST, LINK, HEAD = table(Need), table(Report), table(Support), table(NeedCost), table(Link), table(Head)
WORK, COMPONENT = table(Work), table(Component)
BUDGET, MILESTONE, FACT, DECISION = table(BudgetLine), table(Milestone), table(PlaceFact), table(Decision)
STILL_OPEN = ("open", "verified", "planned")
A_DAY = 24  # hours: the taxonomy counts its targets in them
CALM = REPORT.c.surge.is_(False)
WHOLE = func.coalesce(HEAD.c.head, REPORT.c.need)  # the need that stands for what people merged
STANDS = (REPORT.c.need.is_not(None), REPORT.c.restricted.is_(False), REPORT.c.status != "cancelled")


def inputs_of(c: Connection, node: Node, as_of: date) -> Inputs:
    """All that is known now and counts on that day."""
    city = atlas.read(c, node.pack).city
    needs = tuple(_needs(c, city, as_of))
    wanted = {need.place for need in needs}
    return Inputs(as_of=as_of, decision=decision_on(c, as_of), needs=needs, places=_places(c, city, wanted),
                  works=tuple(_works(c, city, wanted)))


def decision_on(c: Connection, day: date) -> values.Decision:
    """What the council had decided by that day; what Barrio proposes where it decided nothing."""
    row = c.execute(select(DECISION).where(DECISION.c.decided_on <= day.isoformat())
                    .order_by(DECISION.c.decided_on.desc(), DECISION.c.position.desc()).limit(1)).mappings().first()
    return values.Decision() if row is None else decision(row)


def decision(row: Mapping[Any, Any]) -> values.Decision:
    """A line of the table, as the arithmetic takes it."""
    return values.Decision(weights=json.loads(row["weights"]), **{name: row[name] for name in (
        "id", "decided_on", "source", "kappa", "city_rate", "city_invested", "floor", "deprived_from")})


def known_of(c: Connection, places: Iterable[str] | None = None) -> dict[str, dict[str, Known]]:
    """The facts of places by place; what is not known any more is left out."""
    found: dict[str, dict[str, Known]] = defaultdict(dict)
    asked = select(FACT.c.place, FACT.c.fact, FACT.c.value).where(FACT.c.value != "")
    for place, fact, value in c.execute(asked if places is None else asked.where(FACT.c.place.in_(list(places)))):
        found[place][fact] = json.loads(value)
    return dict(found)


def _needs(c: Connection, city: CityPack, as_of: date) -> Iterator[values.Need]:
    known = {sub["code"]: (head, sub) for head in labels.taxonomy() for sub in head["sub"]}
    zone = ZoneInfo(city.timezone)
    said, voices, joined, costs, by_hand = _said(c), _voices(c), _joined(c), costs_of(c), linked.links(c)
    # put together here: a database that guesses how large the sums are joins them by going through all for each
    for row in c.execute(select(NEED.c.id, NEED.c.place_code, NEED.c.category, NEED.c.generation, NEED.c.opened_at)
                         .where(NEED.c.status.in_(STILL_OPEN)).order_by(NEED.c.id)):
        if row.id not in voices:
            continue  # nobody asks for it any more
        head, sub = known.get(row.category, ({}, {}))
        opened = moment(row.opened_at).astimezone(zone).date()
        reporters, severity, people, crowd_severity, crowd_people = said.get(row.id, (0, None, None, None, None))
        everybody, calm = voices[row.id]
        yield values.Need(
            id=row.id, place=row.place_code, category=row.category, kind=sub.get("kind", "investment"),
            component=sub.get("bdv", head.get("bdv")), severity=severity or sub.get("severity"), reporters=reporters,
            supporters=calm - reporters, people=max(people or 0, calm), age=max(0, (as_of - opened).days),
            target=max(1, sub["hours"] // A_DAY) if sub.get("hours") else None, cost=costs.get(row.id), generation=row.generation,
            escalates_to=sub.get("escalates_to"), members=joined.get(row.id, ()), linked=by_hand.get(row.id, ()), crowd=everybody - calm,
            crowd_severity=crowd_severity, crowd_people=max(crowd_people or 0, everybody) if everybody > calm else None)


def _said(c: Connection) -> dict[str, tuple[int, int | None, int | None, int | None, int | None]]:
    """What is said of each need with all that is merged with it: (phones, severity, people) without a crowd, (severity, people) of it.

    Where several phones wrote, the largest that two of them say: what one alone says, however often, moves nothing. Of a need that only
    one phone wrote about, its word is all there is.
    """
    said = {(which, name): func.max(case((condition, column))) for which, condition in (("calm", CALM), ("crowd", ~CALM))
            for name, column in (("severity", REPORT.c.severity), ("people", REPORT.c.people))}
    each = (select(WHOLE.label("need"), REPORT.c.sender, func.max(case((CALM, 1), else_=0)).label("is_calm"),
                   *(value.label(f"{which}_{name}") for (which, name), value in said.items()))
            .select_from(REPORT).outerjoin(HEAD, HEAD.c.need == REPORT.c.need).where(*STANDS).group_by(WHOLE, REPORT.c.sender)
            .subquery("each"))
    by_size = {name: func.row_number().over(partition_by=each.c.need, order_by=func.coalesce(each.c[f"calm_{name}"], -1).desc()).label(name)
               for name in ("severity", "people")}
    order = select(each, *by_size.values()).subquery("in_order")
    rows = c.execute(select(
        order.c.need, func.sum(order.c.is_calm),
        *(func.max(case((order.c[name] == place, order.c[f"calm_{name}"]))) for name in by_size for place in (1, 2)),
        func.max(order.c.crowd_severity), func.max(order.c.crowd_people)).group_by(order.c.need))
    return {need: (int(phones), *((severity, people) if phones == 1 else (severity_of_two, people_of_two)), *crowd)
            for need, phones, severity, severity_of_two, people, people_of_two, *crowd in rows}


def _voices(c: Connection) -> dict[str, tuple[int, int]]:
    """How many speak for each need, and how many without a crowd: each phone once, whether it reported or said "me too"."""
    each = union_all(
        select(WHOLE.label("need"), REPORT.c.sender, CALM.label("calm")).select_from(REPORT)
        .outerjoin(HEAD, HEAD.c.need == REPORT.c.need).where(*STANDS),
        select(WHOLE, SUPPORT.c.sender, CALM).select_from(REPORT).join(SUPPORT, REPORT.c.id == SUPPORT.c.report)
        .outerjoin(HEAD, HEAD.c.need == REPORT.c.need)
        .where(REPORT.c.need.is_not(None), REPORT.c.restricted.is_(False))).subquery("each")
    rows = c.execute(select(each.c.need, func.count(each.c.sender.distinct()), func.count(case((each.c.calm, each.c.sender)).distinct()))
                     .group_by(each.c.need))
    return {row[0]: (row[1], row[2]) for row in rows}


def _joined(c: Connection) -> dict[str, tuple[str, ...]]:
    """The needs that people merged, by the one that stands for them."""
    found: dict[str, list[str]] = defaultdict(list)
    for need, head in c.execute(select(HEAD.c.need, HEAD.c.head).where(HEAD.c.need != HEAD.c.head).order_by(HEAD.c.need)):
        found[head].append(need)
    return {head: tuple(needs) for head, needs in found.items()}


def costs_of(c: Connection) -> dict[str, int]:
    """What each need would cost by the last word about it, or about one that was merged with it."""
    rows = c.execute(select(func.coalesce(HEAD.c.head, COST.c.id), COST.c.cost).outerjoin(HEAD, HEAD.c.need == COST.c.id)
                     .order_by(COST.c.entry))
    return {need: cost for need, cost in {row[0]: row[1] for row in rows}.items() if cost is not None}


def _places(c: Connection, city: CityPack, wanted: set[str]) -> dict[str, values.Place]:
    """Where people live, not what holds other places: a district's people would be counted twice."""
    holding = {row["parent"] for row in city.places}
    return {code: values.Place(code=code, facts=dict(sorted(facts.items()))) for code, facts in sorted(known_of(c).items())
            if code in wanted or (code in city.place and code not in holding)}


def _works(c: Connection, city: CityPack, wanted: set[str]) -> Iterator[values.Work]:
    rules = {(row["programme"], row["code"]): row for row in c.execute(select(COMPONENT)).mappings()}
    drawn = linked.shares(c)
    free: dict[str, dict[str, int]] = defaultdict(dict)
    for row in c.execute(select(BUDGET)).mappings():
        free[row["work"]][row["component"]] = free[row["work"]].get(row["component"], 0) + row["approved"] - row["committed"]
    milestones: dict[str, list[values.Milestone]] = defaultdict(list)
    for row in c.execute(select(MILESTONE).order_by(MILESTONE.c.due, MILESTONE.c.name)).mappings():
        milestones[row["work"]].append(values.Milestone(name=row["name"], due=_day(row["due"]), done=_day(row["done"])))
    promised: dict[str, int] = {row[0]: row[1] for row in c.execute(
        select(LINK.c.work, func.count(func.coalesce(HEAD.c.head, LINK.c.need).distinct())).outerjoin(HEAD, HEAD.c.need == LINK.c.need)
        .where(LINK.c.linked.is_(True)).group_by(LINK.c.work))}
    for row in c.execute(select(WORK).order_by(WORK.c.id)).mappings():
        lone: dict[str, int | None] = {row["component"]: row["budget"] or None}
        money: Mapping[str, int | None] = free.get(row["id"]) or lone
        components = tuple(_component(code, money.get(code), rules.get((row["programme"], code)))
                           for code in sorted({row["component"], *money}))
        served = drawn.get(row["id"]) or {row["place_code"]: 1.0}
        yield values.Work(
            id=row["id"], name=row["name"], programme=row["programme"], phase=row["phase"], phase_since=_day(row["phase_since"]),
            starts_on=_day(row["starts_on"]), ends_on=_day(row["ends_on"]), components=components,
            catchment={place: share for place in sorted(wanted) if (share := linked.share(served, city, place))},
            milestones=tuple(milestones[row["id"]]), needs=promised.get(row["id"], 0))


def _component(code: str, remaining: int | None, row: object) -> values.Component:
    if row is None:
        return values.Component(code=code, remaining=remaining)
    primary, secondary, rules = (json.loads(row[name]) for name in ("primary", "secondary", "rules"))  # type: ignore[index]
    return values.Component(code=code, remaining=remaining, primary=frozenset(primary), secondary=frozenset(secondary), rules=tuple(rules))


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None
