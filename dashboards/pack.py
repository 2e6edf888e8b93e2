"""What a commission needs on paper: what to talk about, the evidence, what a budget buys, what was decided, who has to do what."""

from __future__ import annotations

from collections import defaultdict

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from dashboards import budget
from dashboards.queries import plans as seen
from dashboards.queries.needs import links_of, whole_of
from dashboards.ranking import first_open, made_of, number
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, PLANNER, rule

SHORT, LONG = 10, 40  # needs on the agenda: as asked, and at most


def blueprint(node: Node, kept: budget.Kept) -> Blueprint:
    pages = Blueprint("pack", __name__, url_prefix="/planner")

    @pages.get("/pack")
    @rule(PLANNER, FOCAL, ADMIN)
    def shown() -> ResponseReturnValue:
        many = min(LONG, max(1, round(number(request.args.get("needs")) or SHORT)))
        with node.database.reading() as c:
            made = made_of(c)
            if made is None:
                return render_template("pack.html", made=None)
            lines = first_open(c, made.ranking.lines, many)
            answer, names = budget.answered(c, made, request.args, kept), seen.work_names(c)
            decided = seen.last_decided(c)
            there = seen.visible(c, {said.need: () for said in decided})
            linked = {line.need.id: links_of(c, line.need.id) for line in lines}
            wholes = {line.need.id: len(whole_of(c, line.need.id)) for line in lines}
        by_work = defaultdict(list)
        for line in lines:
            for link in linked[line.need.id]:
                by_work[link.work.id, link.work.name, link.work.programme].append(line)
        return render_template("pack.html", made=made, lines=lines, answer=answer, names=names, wholes=wholes, many=many,
                               decided=[said for said in decided if said.need in there],
                               dispatch=sorted(by_work.items()), nobody=[line for line in lines if not linked[line.need.id]])

    return pages
