"""The pages of the planner's desk as tables: what a page shows, with the same filters and the same privacy, line by line.

    rows(node, "ranking", {"place": "S1600", "covered": "gap"})     # the question is that of the page's address
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from dashboards import areas, budget, chart_sheets, indicators, mobility, pack_sheets, waits
from dashboards.placetree import PlaceTree
from dashboards.queries import clusters, plans, told
from dashboards.ranking import MOST_WATCHED, chosen, first_open, open_lines
from gateway import ranking
from gateway.errors import Problem
from gateway.matching import watching
from gateway.matching.fit import POSSIBLE
from gateway.matching.values import FACTORS
from gateway.node import Node
from gateway.ranking import Made
from gateway.ranking.collect import known_of
from gateway.ranking.regions import envelopes

Row = dict[str, Any]
Asked = Mapping[str, str]

RANKING = ("run", "rank", "need", "category", "place_code", "priority", "low", "high", *(f"{name}_factor" for name in FACTORS), "people",
           "crowd", "priority_with_crowd", "covered", "work", "match", "reasons", "cost", "unfunded", "not_known")
FIGURES = ("run", "figure", "value")
WATCH = ("run", "kind", "place_code", "need", "category", "work", "figure", "value")
PROPOSALS = ("run", "need", "category", "place_code", "work", "component", "coverage", "eligibility", "window", "budget", "match",
             "priority", "reasons")
BUDGET = ("run", "need", "category", "place_code", "priority", "cost", "deprived", "answer")
BUDGET_FIGURES = ("run", "figure", "place_code", "value")
INDICATORS = ("period", "indicator", "value", "at_least", "numerator", "denominator", "formula", "sdg", "k")
AREAS = ("run", "place_code", "needs", "uncovered", "highest_priority", "unfunded", "without_cost")
CLUSTERS = ("place_code", "category", "need", "people", "at", "people_needed", "days")
# a number that is hidden leaves its cell empty and says so: it is few, or would give few away, and may itself be many
TRIPS = ("period", "place_code", "sex", "care", "legs", "share", "low", "high", "k", "hidden")
TRIP_MINUTES = ("period", "place_code", "sex", "median", "low", "high", "k", "hidden")
TRIP_FIGURES = ("period", "figure", "value", "k")
HOURS = ("period", "wait", "sex", "median_hours", "phones_at_least", "women_to_men", "k", "hidden")
COUNTS = ("period", "table", "row", "sex", "reports", "k", "hidden")


def ranked(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    made = _made(c, asked)
    places = {line.need.id: at for at, line in enumerate(made.ranking.lines, 1)}
    for line in open_lines(c, chosen(made, PlaceTree.of(node.city), asked.get("place", ""), asked.get("covered", ""))):
        said, need = line.priority, line.need
        yield dict(zip(RANKING, (
            made.run.id, places[need.id], need.id, need.category, need.place, said.score, said.low, said.high,
            *(said.factors[name] for name in FACTORS), need.with_crowd().people, need.crowd, line.loud, line.cls,
            line.best.work if line.best else None, line.best.score if line.best else None,
            list(line.best.reasons if line.best else [line.reason]), need.cost, line.unfunded, list(said.missing)), strict=True))


def figures(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    made = _made(c, asked)
    gap = made.ranking.coverage_gap
    for name, value in (("needs", made.run.needs), ("coverage_gap", gap), ("uncovered", len(made.ranking.uncovered)),
                        ("unfunded", made.ranking.lacking.least), ("without_cost", made.ranking.lacking.unknown)):
        yield dict(zip(FIGURES, (made.run.id, name, value), strict=True))


def watched(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    made = _made(c, asked)
    found = made.ranking

    def row(kind: str, figure: str, value: object, *, place: str | None = None, need: str | None = None, category: str | None = None,
            work: str | None = None) -> Row:
        return dict(zip(WATCH, (made.run.id, kind, place, need, category, work, figure, value), strict=True))
    for silent in watching.silent_zones(found)[:MOST_WATCHED]:
        yield row("silent", "deprivation", silent.deprivation, place=silent.place.code)
        yield row("silent", "voices_per_1000", silent.rate, place=silent.place.code)
    for promise in watching.ageing(found.inputs.works, found.inputs.as_of)[:MOST_WATCHED]:
        yield row("late", "days_late", promise.late, work=promise.work.id)
        yield row("late", "needs", promise.work.needs, work=promise.work.id)
        if promise.in_phase is not None:
            yield row("late", "days_in_phase", promise.in_phase, work=promise.work.id)
        for milestone in promise.overdue:
            yield row("late", f"overdue: {milestone.name}", milestone.due.isoformat() if milestone.due else None, work=promise.work.id)
    for block in watching.blocks(found)[:MOST_WATCHED]:
        yield row("blocks", block.fact, len(block.needs), place=block.place)
    for line in first_open(c, watching.recurring(found), MOST_WATCHED):
        yield row("comes_back", "times", line.need.generation, place=line.need.place, need=line.need.id, category=line.need.category)
    for line in first_open(c, watching.overlapping(found), MOST_WATCHED):
        for match in line.matches:
            if match.score >= POSSIBLE:
                yield row("twice", "match", match.score, place=line.need.place, need=line.need.id, category=line.need.category,
                          work=match.work)


def proposed(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    made, done = _made(c, asked), plans.settled(c)
    for line in open_lines(c, made.ranking.lines):
        for match in line.matches:
            if match.score >= POSSIBLE and (match.need, match.work) not in done:
                yield dict(zip(PROPOSALS, (
                    made.run.id, match.need, line.need.category, line.need.place, match.work, match.component, match.coverage,
                    match.eligibility, match.window, match.budget, match.score, line.priority.score, list(match.reasons)), strict=True))


def bought(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    made, answer = _made(c, asked), budget.answered(c, _made(c, asked), asked)
    if answer is None:
        return
    lines = {line.need.id: line for line in open_lines(c, made.ranking.lines)}
    for offer, why in (*((offer, "bought") for offer in answer.bought.picked), *answer.bought.left_out):
        if offer.need in lines:
            need = lines[offer.need].need
            yield dict(zip(BUDGET, (made.run.id, need.id, need.category, need.place, offer.points / 100, offer.cost, offer.deprived, why),
                           strict=True))


def bought_figures(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    made, answer = _made(c, asked), budget.answered(c, _made(c, asked), asked)
    told: list[tuple[str, str | None, float | int | None]] = []
    if answer is not None:
        found = answer.bought
        told += [("budget", None, found.budget), ("spent", None, found.spent), ("left", None, found.left), ("floor", None, found.floor),
                 ("for_deprived", None, found.floor_used), ("priority", None, found.points / 100),
                 ("priority_down_the_list", None, answer.by_hand / 100), ("price_of_floor", None, answer.price.points / 100),
                 ("left_out", None, len(found.left_out)), ("without_cost", None, answer.without_cost)]
    for region in envelopes(known_of(c)):
        told += [("share_by_quality", region.place, region.by_quality), ("points", region.place, region.points),
                 ("share_by_points", region.place, region.by_points)]
    for figure, place, value in told:
        yield dict(zip(BUDGET_FIGURES, (made.run.id, figure, place, value), strict=True))


def cards(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    census = told.women_in_the_census(c)
    for period, (counts, k, _, _) in _released(c, asked).items():
        counted = indicators.unpacked(counts)
        for card in indicators.cards(counted, census):
            yield dict(zip(INDICATORS, (period, card.id, card.value, card.at_least, card.numerator, card.denominator, card.formula,
                                        list(card.sdg), k), strict=True))
        for what, value in indicators.quotients(counted).items():
            yield dict(zip(INDICATORS, (period, f"quotient:{what}", value, False, None, None, "(F of it / F) / (all of it / all)",
                                        ["5.4.1", "5.5.1"], k), strict=True))


def counts(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    for period, (said, k, _, _) in _released(c, asked).items():
        counted = indicators.unpacked(said)
        for table, rows in counted.tables.items():
            for name, cells in rows.items():
                for sex, cell in zip((*counted.columns, "all"), cells, strict=True):
                    yield dict(zip(COUNTS, (period, table, name, sex, cell, k, cell is None), strict=True))
        for sex, total in (*counted.totals.items(), ("all", counted.all)):
            yield dict(zip(COUNTS, (period, "total", "", sex, total, k, total is None), strict=True))


def trips(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    for period, counted, k in _trips(c, asked):
        for zone in (*counted.zones, mobility.ALL):
            for sex in dict.fromkeys((*counted.sexes, mobility.ALL)):
                cell, share = counted.cell(zone, sex), counted.share(zone, sex) or (None, None, None)
                yield dict(zip(TRIPS, (period, zone, sex, cell and cell[0], cell and sum(cell), *share, k, cell is None), strict=True))
            if (gap := counted.gap(zone)) is not None:
                yield dict(zip(TRIPS, (period, zone, "F-M", None, None, *gap, k, False), strict=True))


def trip_minutes(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    for period, counted, k in _trips(c, asked):
        for zone, spans in counted.minutes.items():
            for sex, span in spans.items():
                yield dict(zip(TRIP_MINUTES, (period, zone, sex, *(span or (None, None, None)), k, span is None),
                               strict=True))


def trip_figures(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    for period, counted, k in _trips(c, asked):
        for figure, value in counted.figures().items():
            yield dict(zip(TRIP_FIGURES, (period, figure, value, k), strict=True))


def hours(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    for period, (said, k, _, _) in _released(c, asked).items():
        found = waits.unpacked(said)
        for name in waits.WAITS:
            told = found.get(name, {})
            for sex in told or (waits.ALL,):
                one = told.get(sex)
                yield dict(zip(HOURS, (period, name, sex, one.hours if one else None, one.phones if one else None,
                                       waits.ratio(told) if sex == waits.ALL else None, k, one is None), strict=True))


def _trips(c: Connection, asked: Asked) -> Iterator[tuple[str, mobility.Counted, int]]:
    for period, (said, k, _, _) in _released(c, asked).items():
        yield period, mobility.unpacked(said), k


def in_areas(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    made = _made(c, asked)
    for area in areas.areas_of(c, made.ranking):
        yield dict(zip(AREAS, (made.run.id, area.code, area.needs, area.uncovered, area.highest, area.unfunded.least,
                               area.unfunded.unknown), strict=True))


def in_clusters(c: Connection, node: Node, asked: Asked) -> Iterator[Row]:
    rules = node.config.triage
    for one in clusters.standing(c, node):
        yield dict(zip(CLUSTERS, (one.place_code, one.category, one.need, one.people, one.at, rules.cluster_people, rules.cluster_days),
                       strict=True))


SHEETS: dict[str, tuple[tuple[str, ...], Callable[[Connection, Node, Asked], Iterator[Row]]]] = {
    "ranking": (RANKING, ranked), "ranking-figures": (FIGURES, figures), "watch": (WATCH, watched), "proposals": (PROPOSALS, proposed),
    "budget": (BUDGET, bought), "budget-figures": (BUDGET_FIGURES, bought_figures), "indicators": (INDICATORS, cards),
    "indicator-counts": (COUNTS, counts), "indicator-hours": (HOURS, hours), "areas": (AREAS, in_areas),
    "clusters": (CLUSTERS, in_clusters), "trips": (TRIPS, trips),
    "trip-minutes": (TRIP_MINUTES, trip_minutes), "trip-figures": (TRIP_FIGURES, trip_figures), **chart_sheets.SHEETS,
    **pack_sheets.SHEETS}
QUESTIONS = ("run", "place", "covered", "budget", "floor", "deprived_from", *FACTORS, "period", *chart_sheets.QUESTIONS,
             *pack_sheets.QUESTIONS)

# https://hxlstandard.org: what other people's tools know a column by
TAGS = {"place_code": "#adm3+code", "category": "#sector+code", "need": "#meta+id", "id": "#meta+id", "status": "#status",
        "people": "#affected+num", "reports": "#affected+reports+num", "priority": "#indicator+priority+num",
        "severity": "#severity+num", "work": "#activity+code",
        "works": "#activity+code", "cost": "#value+cost", "unfunded": "#value+gap", "value": "#indicator+num", "figure": "#indicator+name",
        "indicator": "#indicator+name", "period": "#date+period", "received_at": "#date+received", "at": "#date", "run": "#meta+run",
        "language": "#meta+lang", "sex": "#meta+sex", "programme": "#activity+programme"}


def rows(node: Node, what: str, asked: Asked) -> Iterator[Row]:
    """All lines of a sheet, from one moment of the database."""
    with node.database.reading() as c:
        yield from list(SHEETS[what][1](c, node, asked))


def _made(c: Connection, asked: Asked) -> Made:
    made = ranking.find(c, asked.get("run", ""))
    if made is None:
        if run := asked.get("run"):
            raise Problem("planning.unknown", thing="run", id=run[:40])
        raise Problem("planning.refused", reason="There is no ranking yet: rank the needs first.")
    return made


def _released(c: Connection, asked: Asked) -> dict[str, tuple[str, int, str, str]]:
    period = asked.get("period", "")
    return {name: found for name, found in told.released(c).items() if not period or name == period}
