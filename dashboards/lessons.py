"""What was learned from people: which readings, by whom, when, which words moved where; and taking any of it back."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from dashboards.planner import page_number
from dashboards.queries import lessons as seen
from gateway.classification.learning import Taught
from gateway.decisions import planning
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, PLANNER, rule

FURTHEST = 24


def blueprint(node: Node) -> Blueprint:
    pages = Blueprint("lessons", __name__, url_prefix="/planner")

    @pages.get("/lessons")
    @rule(PLANNER, FOCAL, ADMIN)
    def listed() -> ResponseReturnValue:
        page, model = page_number(), _model(node)
        with node.database.reading() as c:
            lines, more = seen.lines(c, page)
            teachers, forgotten = seen.teachers(c), seen.forgotten_accounts(c)
        moved = {line.report: model.words_moved(line.text, line.category) for line in lines if not line.forgotten}
        return render_template("lessons.html", lines=lines, more=more, page=page, teachers=teachers, forgotten=forgotten, moved=moved,
                               learnt=model.learnt, furthest=model.furthest(FURTHEST) if page == 1 else [])

    @pages.post("/lessons")
    @rule(PLANNER, FOCAL, ADMIN)
    def forget() -> ResponseReturnValue:
        again, why = request.form.get("do") == "again", request.form.get("why", "")
        if account := request.form.get("account", ""):
            planning.forget_account(node, account, why=why, by=g.account.name, forgotten=not again)
        else:
            planning.forget_lesson(node, request.form.get("report", ""), why=why, by=g.account.name, forgotten=not again)
        flash(gettext("It is learned again.") if again else gettext("Forgotten. The reports stay as they were read."), "done")
        return redirect(url_for("lessons.listed"), 303)

    return pages


def _model(node: Node) -> Taught:
    """The model with exactly the lessons that stand."""
    school = node.school
    node.renew()
    return school.model
