"""The charts of the desk: needs to programmes, how long they wait, how it went by month and by quarter. Each is drawn from its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from dashboards import charted, indicators, labels
from dashboards.charted import MEASURES, Age, Flow, Series
from dashboards.placetree import PlaceTree
from dashboards.queries import charted as seen
from dashboards.queries import plans, told
from dashboards.queries.charted import Month
from dashboards.ranking import chosen, made_of
from gateway.matching import Ranked
from gateway.node import Node
from gateway.ranking import Made
from gateway.rules import ADMIN, FOCAL, PLANNER, rule

Asked = Mapping[str, str]
BY = ("all", "what", "place", "outcome", "sex")
MOST_QUARTERS, MONTHS = 12, 24


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address says: a place with all in it, a category, what people linked instead of what matches, what widths mean."""

    place: str
    category: str
    linked: bool
    by: str
    measure: str

    @classmethod
    def of(cls, asked: Asked, tree: PlaceTree) -> Filters:
        place, category, by, measure = (asked.get(name, "") for name in ("place", "category", "by", "measure"))
        return cls(place if place in tree.city.place else "", category if category in labels.mains() else "",
                   asked.get("answer") == "linked", by if by in BY else BY[0], measure if measure in MEASURES else MEASURES[0])


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("charts", __name__, url_prefix="/planner")
    pages.record_once(lambda state: state.app.jinja_env.filters.update(ltr=ltr))

    def page(template: str, read: Callable[[Connection, Made, Filters], dict[str, object]]) -> ResponseReturnValue:
        filters = Filters.of(request.args, tree)
        with node.database.reading() as c:
            made = made_of(c)
            found = read(c, made, filters) if made else {}
        return render_template(template, made=made, filters=filters, options=list(tree.options(filters.place or None)),
                               mains=labels.mains(), measures=MEASURES, **found)

    @pages.get("/flows")
    @rule(PLANNER, FOCAL, ADMIN)
    def flows() -> ResponseReturnValue:
        return page("flows.html", lambda c, made, filters: {
            "flows": flows_of(c, made, tree, filters), "programmes": seen.programme_names(c)})

    @pages.get("/ages")
    @rule(PLANNER, FOCAL, ADMIN)
    def ages() -> ResponseReturnValue:
        return page("ages.html", lambda c, made, filters: {"ages": ages_of(c, made, tree, filters)})

    @pages.get("/trends")
    @rule(PLANNER, FOCAL, ADMIN)
    def trends() -> ResponseReturnValue:
        filters = Filters.of(request.args, tree)
        with node.database.reading() as c:
            made = made_of(c)
            quarters, series = told_series(c, filters)
            months = months_of(c, node, made, tree, filters)
        return render_template("trends.html", made=made, filters=filters, quarters=quarters, series=series, months=months, by=BY,
                               options=list(tree.options(filters.place or None)), mains=labels.mains())

    return pages


def ltr(code: str) -> str:
    """A code that reads from left to right in an attribute, where no markup says so: `2026-Q3`."""
    return f"\u2066{code}\u2069"


def lines_of(c: Connection, made: Made, tree: PlaceTree, filters: Filters) -> list[Ranked]:
    """The needs of a run that may be shown and that the filters ask for."""
    gone = plans.hidden(c, made.ranking)
    return [line for line in chosen(made, tree, filters.place)
            if line.need.category.startswith(filters.category) and line.need.id not in gone]


def flows_of(c: Connection, made: Made, tree: PlaceTree, filters: Filters) -> list[Flow]:
    programme_of = {work.id: work.programme for work in made.ranking.inputs.works}
    answers = charted.linked(programme_of, seen.linked_works(c)) if filters.linked else charted.matched(programme_of)
    return charted.flows(lines_of(c, made, tree, filters), answers)


def ages_of(c: Connection, made: Made, tree: PlaceTree, filters: Filters) -> list[Age]:
    return charted.ages(lines_of(c, made, tree, filters))


def told_series(c: Connection, filters: Filters) -> tuple[list[str], list[Series]]:
    """The quarters that were told, the oldest first, and what was told in them."""
    released = dict(sorted(told.released(c).items())[-MOST_QUARTERS:])
    return list(released), charted.told_of({name: indicators.unpacked(found[0]) for name, found in released.items()}, filters.by)


def months_of(c: Connection, node: Node, made: Made | None, tree: PlaceTree, filters: Filters) -> list[Month]:
    """Two years by month of the city's calendar, up to the day of the run; up to today while there is none."""
    last, zone = date.fromisoformat(made.run.as_of) if made else node.today, node.city.timezone
    over = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(zone))
    return seen.months(c, months_until(last, zone), over, tree.under(filters.place) if filters.place else (), filters.category)


def months_until(last_day: date, timezone: str, many: int = MONTHS) -> list[tuple[str, datetime]]:
    """(name, first moment) of each month, the oldest first: `2026-11`."""
    last = 12 * last_day.year + last_day.month - 1
    return [(f"{at // 12}-{at % 12 + 1:02}", datetime(at // 12, at % 12 + 1, 1, tzinfo=ZoneInfo(timezone)))
            for at in range(last - many + 1, last + 1)]
