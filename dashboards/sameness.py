"""What people decide about sameness: merge two needs, part them, set a report apart, put it back. Every step can be taken back.

Planners decide so everywhere, officers in their areas, each on the page of the need that is theirs.
"""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from dashboards import reach
from dashboards.placetree import PlaceTree
from gateway.journal import heads
from gateway.needs import merging
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, OFFICER, PLANNER, rule


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("sameness", __name__, url_prefix="/planner/needs/<need>")

    @pages.post("/merge")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def merge(need: str) -> ResponseReturnValue:
        other = request.form.get("other", "")
        _must_be_theirs(node, tree, need, other)
        stands = merging.merge_needs(node, need, other, why=request.form.get("why", ""), by=g.account.name, after=_after())
        flash(gettext("The two needs are shown as one."), "done")
        return _to(stands)

    @pages.post("/part")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def part(need: str) -> ResponseReturnValue:
        one, other = request.form.get("one") or need, request.form.get("other", "")
        _must_be_theirs(node, tree, need, one, other)
        merging.part_needs(node, one, other, why=request.form.get("why", ""), by=g.account.name, after=_after())
        flash(gettext("Noted: they are two needs."), "done")
        return _to(_head(node, need))

    @pages.post("/set-apart")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def set_apart(need: str) -> ResponseReturnValue:
        stands = request.form.get("from", need)
        _must_be_theirs(node, tree, need, stands)
        merging.part_report(node, request.form.get("report", ""), stands, why=request.form.get("why", ""),
                            by=g.account.name, after=_after())
        flash(gettext("The report stands in a need of its own."), "done")
        return _to(_head(node, need))

    @pages.post("/put-back")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def put_back(need: str) -> ResponseReturnValue:
        into = request.form.get("into", "")
        _must_be_theirs(node, tree, need, into)
        merging.rejoin_report(node, request.form.get("report", ""), into, why=request.form.get("why", ""), by=g.account.name,
                              after=_after())
        flash(gettext("The report stands with the others again."), "done")
        return _to(_head(node, into))

    return pages


def _must_be_theirs(node: Node, tree: PlaceTree, *needs: str) -> None:
    with node.database.reading() as c:
        for need in needs:
            reach.need_of(c, tree, g.account, need)


def _head(node: Node, need: str) -> str:
    with node.database.reading() as c:
        return heads.head_of(c, need)


def _after() -> str | None:
    """The decision that the page showed; empty says that it showed none."""
    return request.form.get("after")


def _to(need: str) -> ResponseReturnValue:
    return redirect(url_for("planner.need" if g.account.plans else "officer.need", need=need), 303)
