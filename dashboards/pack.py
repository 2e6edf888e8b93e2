"""What a commission needs on paper: what to talk about, the evidence, what a budget buys, what was decided, who has to do what.

In the minutes a planner writes down what the commission decides of each need (`gateway.decisions.ruling`), and reads who of
its residents heard.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import Connection

from dashboards import budget
from dashboards.planner import must_be_seen
from dashboards.queries import plans as seen
from dashboards.queries import rulings as decided
from dashboards.queries.needs import links_of, whole_of, works
from dashboards.ranking import first_open, made_of, number
from gateway.decisions import ruling
from gateway.decisions.ruling import Said
from gateway.matching import Lacking, Ranked
from gateway.node import Node
from gateway.ranking import Made
from gateway.rules import ADMIN, FOCAL, PLANNER, rule

SHORT, LONG = 10, 40  # needs on the agenda: as asked, and at most
ASKED = ("run", "needs", "budget")  # what stands in the address of a pack


@dataclass(frozen=True, slots=True)
class Rests:
    """A need that is not on the agenda, since an earlier meeting settled it."""

    line: Ranked
    decision: str
    until: str


def blueprint(node: Node, kept: budget.Kept) -> Blueprint:
    pages = Blueprint("pack", __name__, url_prefix="/planner")

    @pages.get("/pack")
    @rule(PLANNER, FOCAL, ADMIN)
    def shown() -> ResponseReturnValue:
        many = length(request.args)
        with node.database.reading() as c:
            made = made_of(c)
            if made is None:
                return render_template("pack.html", made=None)
            lines, resting = agenda(c, made, many, node.today.isoformat())
            answer, names = budget.answered(c, made, request.args, kept), seen.work_names(c)
            said = seen.last_decided(c)
            there = seen.visible(c, {one.need: () for one in said})
            linked = {line.need.id: links_of(c, line.need.id) for line in lines}
            wholes = {line.need.id: len(whole_of(c, line.need.id)) for line in lines}
            rulings = decided.ruled(c, node, [line.need.id for line in lines])
            every, away = works(c), seen.elsewhere(c, lines)
        by_work = defaultdict(list)
        for line in lines:
            for link in linked[line.need.id]:
                by_work[link.work.id, link.work.name, link.work.programme].append(line)
        lacking = Lacking.of(line.unfunded for line in lines)
        return render_template("pack.html", made=made, lines=lines, lacking=lacking, answer=answer, names=names, wholes=wholes, many=many,
                               decided=[one for one in said if one.need in there], rulings=rulings, resting=resting, works=every, away=away,
                               today=node.today.isoformat(), visit=[line for line in lines if _is_to_be_seen(rulings, line)],
                               dispatch=sorted(by_work.items()), nobody=[line for line in lines if not linked[line.need.id]])

    @pages.post("/pack")
    @rule(PLANNER, FOCAL, ADMIN)
    def decide() -> ResponseReturnValue:
        need, form = request.form.get("need", ""), request.form
        must_be_seen(node, need)
        said = Said(**{name: form.get(name, "").strip() for name in ("decision", "met_on", "work", "until", "reason", "why")},
                    run=form.get("run", "")[:60])
        if ruling.decide(node, need, said, by=g.account.name, after=form.get("after") or None):
            flash(gettext("Written down. Those who speak for it hear of it soon; until then it can be taken back."), "done")
        else:
            flash(gettext("That stands already."), "done")
        return _back()

    @pages.post("/pack/undo")
    @rule(PLANNER, FOCAL, ADMIN)
    def undo() -> ResponseReturnValue:
        need = request.form.get("need", "")
        must_be_seen(node, need)
        ruling.withdraw(node, need, by=g.account.name, after=request.form.get("after", ""))
        flash(gettext("Taken back. Nobody hears of it."), "done")
        return _back()

    return pages


def length(asked: Mapping[str, str]) -> int:
    """How many needs an agenda has."""
    return min(LONG, max(1, round(number(asked.get("needs")) or SHORT)))


def agenda(c: Connection, made: Made, many: int, today: str) -> tuple[list[Ranked], list[Rests]]:
    """The first needs that are still to be decided, and those before the last of them that an earlier meeting settled."""
    rests = decided.rests(c, made.run.id, today)
    lines = [line for line in made.ranking.lines if line.need.id not in rests] if rests else made.ranking.lines
    points = first_open(c, lines, many)
    settled = [line for line in made.ranking.lines if line.need.id in rests] if rests else []
    return points, [Rests(line, *rests[line.need.id]) for line in first_open(c, settled, LONG)]


def _is_to_be_seen(rulings: dict[str, decided.Ruled], line: Ranked) -> bool:
    said = rulings.get(line.need.id)
    return said is not None and said.decision == "verify"


def _back() -> ResponseReturnValue:
    run, needs, asked = (request.form.get(name) or None for name in ASKED)
    return redirect(url_for("pack.shown", run=run, needs=needs, budget=asked, _anchor="minutes"), 303)
