"""Writing to those who speak for a need: first what it costs and how it is read, then, when the person says so, the texts."""

from __future__ import annotations

import secrets

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from dashboards import reach
from dashboards.access import SignedIn
from dashboards.placetree import PlaceTree
from dashboards.queries import threads as seen
from gateway.errors import Problem
from gateway.feedback import threads
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, OFFICER, PLANNER, rule


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("writing", __name__, url_prefix="/officer")

    @pages.post("/needs/<need>/answer")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def answer(need: str) -> ResponseReturnValue:
        form = request.form
        text, report = threads.plain(form.get("text", "")), form.get("to") or None
        with node.database.reading() as c:
            found = reach.need_of(c, tree, g.account, need)
            if report and not reach.who(tree, g.account).may(seen.place_of(c, report)):  # of a need merged with one of theirs
                raise Problem("planning.unknown", thing="report", id=report[:40])
            quote = threads.quote(c, node, found.line.id, text, report)
        back = _page_of(found.line.id, g.account)
        if form.get("send") != "yes" or not form.get("key"):
            return render_template("answer.html", line=found.line, quote=quote, text=text, to=report or "", back=back,
                                   key=secrets.token_hex(8), is_field=node.config.node.role == "field")
        if count := threads.write(node, found.line.id, text, key=form["key"][:40], by=g.account.name, report=report):
            flash(ngettext("Written to %(num)s phone.", "Written to %(num)s phones.", count), "done")
        return redirect(back, 303)

    return pages


def _page_of(need: str, account: SignedIn) -> str:
    return url_for("planner.need" if account.plans else "officer.need", need=need)
