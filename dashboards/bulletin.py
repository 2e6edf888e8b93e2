"""The wall bulletin of a neighbourhood, one A4 page for anybody: what was heard, what was decided, what comes when, what was fixed.

Whoever walks by may read it, so it follows the board and is stricter. A need stands on the wall when k phones speak for it, or when the
city itself took it up (checked, planned, linked to a work), which tells nothing of who wrote. How many speak for it is told in steps, at
least k, 2k, 5k and so on: exact numbers of one need could be taken from the exact totals of the board. A crowd that sends the same words
is not counted. Nothing is ordered by a number that is not printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from dashboards.languages import language
from dashboards.placetree import PlaceTree
from dashboards.queries import bulletin as seen
from dashboards.queries import telling
from dashboards.queries.bulletin import Coming
from dashboards.queries.needs import STILL_OPEN
from gateway.journal.canonical import iso
from gateway.node import Node
from gateway.rules import PUBLIC, rule

MOST_HEARD, MOST_COMING, MOST_FIXED = 6, 4, 4  # what an A4 page holds in type that is read from two steps away
TAKEN_UP = ("verified", "planned")
A_YEAR = timedelta(days=365)
# what residents text; each is a word that the parser knows in that language
SUPPORT = {"es": "APOYO", "fr": "SOUTIEN", "en": "SUPPORT", "ar": "دعم"}
NOT_FIXED = {"es": "NO ARREGLADO", "fr": "PAS REPARE", "en": "NOT FIXED", "ar": "ما تصلحش"}


@dataclass(frozen=True, slots=True)
class Line:
    """`voices` is a step, None below k; `confirmed` and `denied` likewise of what is done."""

    category: str
    status: str
    at: str
    reference: str
    voices: int | None = None
    confirmed: int | None = None
    denied: int | None = None


@dataclass(frozen=True, slots=True)
class Bulletin:
    place: str
    heard: tuple[Line, ...]
    coming: tuple[Coming, ...]
    announced: tuple[Coming, ...]
    fixed: tuple[Line, ...]


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("bulletin", __name__)

    @pages.get("/bulletin")
    @rule(PUBLIC)
    def choose() -> ResponseReturnValue:
        district = request.args.get("district", "")
        within = tree.under(district)[1:] if district in tree.city.place else []
        return render_template("bulletins.html", district=district, districts={d: node.city.place_name(d) for d in tree.districts()},
                               places=[code for code in within if not tree.children.get(code)])

    @pages.get("/bulletin/<place>")
    @rule(PUBLIC)
    def shown(place: str) -> ResponseReturnValue:
        if place not in tree.city.place:
            abort(404)
        with node.database.reading() as c:
            found = read(c, node, tree, place)
        speech = language()
        return render_template("bulletin.html", bulletin=found, today=node.today.isoformat(), number=node.config.twilio.number,
                               support=SUPPORT.get(speech, SUPPORT["es"]), not_fixed=NOT_FIXED.get(speech, NOT_FIXED["es"]))

    return pages


def read(c: Connection, node: Node, tree: PlaceTree, place: str) -> Bulletin:
    """The bulletin of a place and all in it."""
    places, k, hidden = tree.under(place), node.config.access.k_anonymity, node.words.sensitive
    found = seen.needs(c, places, STILL_OPEN, hidden, city=node.city, today=node.today)
    heard = [Line(need.category, need.status, need.status_at, need.reference, step(need.voices, k)) for need in found
             if need.voices >= k or need.status in TAKEN_UP or need.linked]
    heard.sort(key=lambda line: (-(line.voices or 0), line.category, line.reference))
    done = seen.needs(c, places, ("done", "closed"), hidden, iso(node.now() - A_YEAR), city=node.city, today=node.today)
    fixed = []
    for need in sorted(done, key=lambda need: need.status_at, reverse=True)[:MOST_FIXED]:
        said = telling.judged(c, need.id)
        fixed.append(Line(need.category, need.status, need.status_at, need.reference, step(need.voices, k),
                          step(said.confirmed, k) if said else None, step(said.denied, k) if said else None))
    named = {line.reference for line in heard[:MOST_HEARD]}
    return Bulletin(place, tuple(heard[:MOST_HEARD]),
                    tuple(seen.works(c, places, [need.id for need in found if need.reference in named])[:MOST_COMING]),
                    tuple(seen.announced(c, places, node.today)[:MOST_COMING]), tuple(fixed))


def step(count: int, k: int) -> int | None:
    """The largest of k, 2k, 5k, 10k ... that a count reaches; None below k.

    >>> [step(n, 10) for n in (9, 10, 19, 49, 50, 99, 1234)]
    [None, 10, 10, 20, 50, 50, 1000]
    """
    reached = None
    scale = k
    while scale <= count:
        reached = max(scale * times for times in (1, 2, 5) if scale * times <= count)
        scale *= 10
    return reached
