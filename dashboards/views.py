"""Saved views: a page of the planner with its filters, kept under a name, opened from a list, deleted."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from dashboards.queries import views as seen
from gateway.errors import Problem
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, PLANNER, rule

# what can be kept: pages that ask and change nothing
PAGES = {"planner.needs": _("Needs"), "ranking.listed": _("Priorities"), "areas.shown": _("Map"), "charts.flows": _("Needs to programmes"),
         "charts.ages": _("How long needs wait"), "charts.trends": _("Trends"), "comparing.shown": _("Compare"),
         "ranking.watch": _("Watch"), "ranking.proposals": _("Proposals"), "budget.ask": _("What a budget buys"),
         "telling.shown": _("Indicators"),
         "telling.trips": _("Trips"), "pack.shown": _("Commission pack"), "placesheet.shown": _("Place sheet")}
# a view is a question and not an answer: it is asked of the newest run, from the first page, in the reader's language
NOT_KEPT = frozenset({"run", "page", "lang"})


def blueprint(node: Node) -> Blueprint:
    pages = Blueprint("views", __name__, url_prefix="/planner")
    pages.record_once(lambda state: state.app.jinja_env.globals.update(asked_here=_asked_here, can_be_kept=lambda page: page in PAGES))

    @pages.get("/views")
    @rule(PLANNER, FOCAL, ADMIN)
    def listed() -> ResponseReturnValue:
        with node.database.reading() as c:
            found = seen.kept(c, g.account.id)
        return render_template("views.html", names=PAGES, views=[(view, address(view)) for view in found if view.page in PAGES])

    @pages.post("/views")
    @rule(PLANNER, FOCAL, ADMIN)
    def change() -> ResponseReturnValue:
        form = request.form
        if form.get("do") == "delete":
            if not seen.drop(node, g.account.id, form.get("view", ""), anybodys=g.account.role == ADMIN):
                raise Problem("planning.unknown", thing="view", id=form.get("view", "")[:40])
            flash(gettext("Deleted."), "done")
        else:
            page = form.get("page", "")
            if page not in PAGES:
                raise Problem("planning.unknown", thing="page", id=page[:40])
            seen.keep(node, g.account.id, g.account.name, form.get("name", ""), page, asked(form.get("asked", "")),
                      shared=form.get("shared") == "yes")
            flash(gettext("Saved."), "done")
        return redirect(url_for("views.listed"), 303)

    return pages


def asked(query: str) -> str:
    """What of an address is kept: `place=S1600&page=3&run=x` -> `place=S1600`."""
    return urlencode([(name, value) for name, value in parse_qsl(query, max_num_fields=40) if name not in NOT_KEPT])


def address(view: seen.View) -> str:
    """Where a view opens. The page is one of ours and the query is written anew, so it leads nowhere else."""
    query = asked(view.asked)
    return f"{url_for(view.page)}?{query}" if query else url_for(view.page)


def _asked_here() -> str:
    return asked(request.query_string.decode("utf-8", "replace"))
