"""What `barrio bench pages` asks: every page that the app serves, found in its table of routes, so that none can be forgotten.

A page is asked without a question. `ASKED` says what else is worth asking, and how a page that names something in its address is asked;
`NOT_ASKED` says why a route is not. A new route that names something and stands in neither is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from flask import Flask
from werkzeug.routing import Rule

from gateway.rules import FOCAL, OFFICER, PLANNER, PUBLIC, rule_of


@dataclass(frozen=True, slots=True)
class Named:
    """What the city has that an address can name: its largest need and another, places, a text, reports, quarters that were told."""

    most: str
    need: str
    district: str
    zone: str
    message: str
    report: str
    reference: str
    restricted: str
    quarter: str
    before: str


@dataclass(frozen=True, slots=True)
class Ask:
    """An address and who asks it."""

    path: str
    role: str

    @property
    def label(self) -> str:
        return self.path if self.role == PLANNER else f"{self.path} ({self.role})"


ASKED: Mapping[str, tuple[str, ...]] = {
    "planner.needs": ("/planner/?page=40", "/planner/?covered=no&urgency=3", "/planner/?category=WAT&status=all",
                      "/planner/?place={district}"),
    "planner.need": ("/planner/needs/{most}", "/planner/needs/{most}?page=40", "/planner/needs/{need}"),
    "ranking.listed": ("/planner/ranking?covered=gap&page=3", "/planner/ranking?place={district}"),
    "ranking.proposals": ("/planner/proposals?page=3",),
    "budget.ask": ("/planner/budget?budget=1000000", "/planner/budget?budget=1000000&severity=60"),
    "pack.shown": ("/planner/pack?budget=1000000",),
    "telling.shown": ("/planner/indicators?period={quarter}&beside={before}",),
    "charts.flows": ("/planner/flows?answer=linked", "/planner/flows?place={district}&measure=priority"),
    "charts.ages": ("/planner/ages?category=WAT",),
    "charts.trends": ("/planner/trends?by=what", "/planner/trends?place={district}&category=WAT"),
    "comparing.shown": ("/planner/compare?a={district}&b={zone}", "/planner/compare?of=periods&a={before}&b={quarter}"),
    "placesheet.shown": ("/planner/place?place={district}", "/planner/place?place={zone}"),
    "queue.listed": ("/queue/?kind=verify&page=3", "/queue/?place={district}&rows=200"),
    "queue.opened": ("/queue/need/{most}", "/queue/report/{report}", "/queue/message/{message}"),
    "triage.outbox": ("/planner/outbox?state=failed",),
    "broadcasts.shown": ("/planner/broadcasts/broadcast0",),
    "readings.ask": ("/planner/inbox/{message}/read",),
    "officer.desk": ("/officer/?area={district}",),
    "officer.need": ("/officer/needs/{most}",),
    "landmarks.ask": ("/officer/landmarks/pin?phrase=detras+del+tanque",),
    "landmarks.suggest": ("/officer/places?find=villa",),
    "restricted.one": ("/planner/restricted/{restricted}",),
    "bulletin.choose": ("/bulletin?district={district}",),
    "bulletin.shown": ("/bulletin/{district}", "/bulletin/{zone}"),
    "public.board_page": ("/?district={district}",),
    "public.track": ("/track/{reference}",),
    "public.indicators_page": ("/indicators?period={before}",),
}
NOT_ASKED: Mapping[str, str] = {
    "pages.static": "a file of the program, which a browser keeps for a year",
    "officer.photo": "a file of the disk, found by its key",
    "brought.slip": "one row by its key, for whoever wrote it down",
    "triage.download": "a file with a line for each thing there is: as long as the city has",
    "desk.sheet": "a file with all lines of a page",
    "sign_in.ask": "a form, which leads whoever signed in elsewhere",
}
# asked once more by somebody who has one district: another question to the database
BY_OFFICER = ("officer.desk", "officer.inspection", "queue.listed")


def asks(app: Flask, named: Named) -> list[Ask]:
    """Every address to ask, page by page; a route that names something and says nothing here is a `LookupError`."""
    return [Ask(path, role) for rule in _pages(app) for path, role in _of(app, rule, named)]


def _pages(app: Flask) -> list[Rule]:
    return sorted((rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())), key=lambda rule: rule.rule)


def _of(app: Flask, rule: Rule, named: Named) -> Iterator[tuple[str, str]]:
    if rule.endpoint in NOT_ASKED:
        return
    questions = ASKED.get(rule.endpoint, ())
    if rule.arguments and not questions:
        raise LookupError(f"{rule.rule} is a page that nobody measures: say in {__name__} how it is asked, or why it is not.")
    filled = {field.name: getattr(named, field.name) for field in fields(named)}
    paths = [*([] if rule.arguments else [rule.rule]), *(question.format(**filled) for question in questions)]
    who = rule_of(app.view_functions[rule.endpoint]) or frozenset()
    yield from ((path, PLANNER if who & {PLANNER, PUBLIC} else FOCAL) for path in paths)
    if rule.endpoint in BY_OFFICER:
        yield rule.rule, OFFICER
