"""The planner's desk: the ranking with every factor, what nobody wrote in to say, proposals, the council's weights, a need's cost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import Connection

from dashboards.placetree import PlaceTree
from dashboards.planner import must_be_seen, page_number
from dashboards.queries import plans as seen
from dashboards.queries.seen import PAGE
from gateway import ranking
from gateway.decisions import deciding
from gateway.errors import Problem
from gateway.matching import Decision, Ranked, Ranking, watching
from gateway.matching.fit import COVERED, POSSIBLE, Match
from gateway.matching.values import FACTORS
from gateway.node import Node
from gateway.ranking import Made
from gateway.ranking.collect import decision_on
from gateway.rules import ADMIN, FOCAL, PLANNER, rule

# 60.000, 1,500,000 or 60 000: groups of three after a first digit that is none of a fraction
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[.,' ]\d{3})+")

MOST_WATCHED = 50


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("ranking", __name__, url_prefix="/planner")

    @pages.get("/ranking")
    @rule(PLANNER, FOCAL, ADMIN)
    def listed() -> ResponseReturnValue:
        place, page = request.args.get("place", ""), page_number()
        place = place if place in node.city.place else ""
        covered = request.args.get("covered", "")
        with node.database.reading() as c:
            made, runs = made_of(c), ranking.runs(c)
            lines = chosen(made, tree, place, covered) if made else []
            shown = open_lines(c, lines[(page - 1) * PAGE:page * PAGE])
            away, names = seen.elsewhere(c, shown), seen.work_names(c)
        return render_template("ranking.html", made=made, runs=runs, lines=shown, page=page, more=len(lines) > page * PAGE, place=place,
                               covered=covered, tree=tree, options=list(tree.options(place or None)), factors=FACTORS, away=away,
                               names=names)

    @pages.post("/ranking")
    @rule(PLANNER, FOCAL, ADMIN)
    def make() -> ResponseReturnValue:
        run = ranking.make(node, by=g.account.name)
        flash(gettext("Ranked. This run stays as it is: its number shows it again at any time."), "done")
        return redirect(url_for("ranking.listed", run=run), 303)

    @pages.get("/watch")
    @rule(PLANNER, FOCAL, ADMIN)
    def watch() -> ResponseReturnValue:
        with node.database.reading() as c:
            made = made_of(c)
            if made is None:
                return redirect(url_for("ranking.listed"))
            once = made.ranking.once
            blocks = once(watching.blocks)[:MOST_WATCHED]
            stated = [once(watching.mending).get((block.place, block.category)) for block in blocks]
            there = {line.need.id for line in open_lines(c, [line for line in stated if line])}
            recurring, overlapping = (first_open(c, once(found), MOST_WATCHED) for found in (watching.recurring, watching.overlapping))
        return render_template("watch.html", made=made, silent=once(watching.silent_zones)[:MOST_WATCHED],
                               promises=once(watching.late_works)[:MOST_WATCHED], recurring=recurring, overlapping=overlapping,
                               possible=POSSIBLE,
                               blocks=[(block, line if line and line.need.id in there else None)
                                       for block, line in zip(blocks, stated, strict=True)])

    @pages.get("/proposals")
    @rule(PLANNER, FOCAL, ADMIN)
    def proposals() -> ResponseReturnValue:
        page = page_number()
        with node.database.reading() as c:
            made, done, names = made_of(c), seen.settled(c), seen.work_names(c)
            pairs = (pair for pair in (made.ranking.once(possible) if made else ()) if (pair[1].need, pair[1].work) not in done)
            here = list(islice(pairs, (page - 1) * PAGE, page * PAGE))
            more = next(pairs, None) is not None
            decided = seen.last_decided(c)
            there = seen.visible(c, {said.need: () for said in decided} | {line.need.id: line.need.members for line, _ in here})
        return render_template("proposals.html", made=made, pairs=[pair for pair in here if pair[0].need.id in there], names=names,
                               page=page, more=more, decided=[said for said in decided if said.need in there], covered=COVERED,
                               possible=POSSIBLE)

    @pages.post("/proposals")
    @rule(PLANNER, FOCAL, ADMIN)
    def decide() -> ResponseReturnValue:
        need, work = request.form.get("need", ""), request.form.get("work", "")
        must_be_seen(node, need)
        with node.database.reading() as c:
            made = ranking.find(c, request.form.get("run", ""))
        deciding.decide_proposal(node, _match(made, need, work), made.run.id if made else "", request.form.get("decision", ""),
                                 why=request.form.get("why", ""), by=g.account.name)
        flash(gettext("Decided. It stands in the journal with what you saw and why."), "done")
        return redirect(url_for("ranking.proposals"), 303)

    @pages.get("/weights")
    @rule(PLANNER, FOCAL, ADMIN)
    def weights() -> ResponseReturnValue:
        with node.database.reading() as c:
            return render_template("weights.html", stands=decision_on(c, node.today), decisions=seen.decisions(c), factors=FACTORS,
                                   today=node.today.isoformat())

    @pages.post("/weights")
    @rule(PLANNER, FOCAL, ADMIN)
    def decide_weights() -> ResponseReturnValue:
        form = request.form
        deciding.decide_weights(node, Decision(
            id=form.get("name", ""), decided_on=form.get("decided_on", ""), source=form.get("source", ""),
            weights={name: (number(form.get(name)) or 0) / 100 for name in FACTORS}, floor=(number(form.get("floor")) or 0) / 100,
            deprived_from=number(form.get("deprived_from")) or 0, city_rate=number(form.get("city_rate")),
            city_invested=number(form.get("city_invested"))), by=g.account.name)
        flash(gettext("Written down. The next ranking weighs so."), "done")
        return redirect(url_for("ranking.weights"), 303)

    @pages.post("/needs/<need>/cost")
    @rule(PLANNER, FOCAL, ADMIN)
    def cost(need: str) -> ResponseReturnValue:
        must_be_seen(node, need)
        deciding.cost_need(node, need, money(request.form.get("cost")), source=request.form.get("source", ""), by=g.account.name,
                           after=request.form.get("after") or None)
        flash(gettext("Saved. The next ranking counts it."), "done")
        return redirect(url_for("planner.need", need=need), 303)

    return pages


def made_of(c: Connection) -> Made | None:
    """The run that the address names, else the newest."""
    asked = request.args.get("run", "")
    made = ranking.find(c, asked)
    if made is None and asked:
        abort(404)
    return made


def chosen(made: Made, tree: PlaceTree, place: str = "", covered: str = "") -> list[Ranked]:
    """The lines of a place and all in it, and of a class; what is neither asks for all."""
    inside = set(tree.under(place)) if place in tree.city.place else None
    return [line for line in made.ranking.lines if (inside is None or line.need.place in inside)
            and (covered not in ("covered", "possible", "gap") or line.cls == covered)]


def possible(ranking: Ranking) -> list[tuple[Ranked, Match]]:
    """Every need with each work that could answer it."""
    return [(line, match) for line in ranking.lines for match in line.matches if match.score >= POSSIBLE]


def first_open(c: Connection, lines: Sequence[Ranked], most: int) -> list[Ranked]:
    """The first lines that may be shown, asked for a few at a time."""
    found: list[Ranked] = []
    for at in range(0, len(lines), 2 * most):
        found += open_lines(c, list(lines[at:at + 2 * most]))
        if len(found) >= most:
            break
    return found[:most]


def open_lines(c: Connection, lines: list[Ranked] | tuple[Ranked, ...]) -> list[Ranked]:
    """The lines that may be shown."""
    there = seen.visible(c, {line.need.id: line.need.members for line in lines})
    return [line for line in lines if line.need.id in there]


def number(said: str | None) -> float | None:
    """A number as people type it, None for nothing; a text that is none is refused.

    `60.000`, `60,000` and `60 000` are sixty thousand, for so are amounts written; `0.5` and `0,5` are a half.
    """
    if not said or not said.strip():
        return None
    plain = " ".join(said.split())
    if _GROUPED.fullmatch(plain):
        plain = re.sub(r"\D", "", plain)
    try:
        value = float(plain.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e15:
        raise Problem("planning.refused", reason="“%(said)s” is no number.", said=said[:20])
    return value


def money(said: str | None) -> int | None:
    """An amount of money: whole, for nobody here budgets in cents."""
    value = number(said)
    if value is not None and value != round(value):
        raise Problem("planning.refused", reason="“%(said)s” is no whole amount: write 60000, 60.000 or 60 000.", said=(said or "")[:20])
    return None if value is None else round(value)


def _match(made: Made | None, need: str, work: str) -> Match:
    for line in made.ranking.lines if made else ():
        if line.need.id == need:
            for match in line.matches:
                if match.work == work:
                    return match
    raise Problem("planning.unknown", thing="proposal", id=f"{need[:24]} {work[:30]}")
