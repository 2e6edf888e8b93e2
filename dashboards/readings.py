"""Reading a text for the machine: a person says what it is about and where, and may take that back."""

from __future__ import annotations

from contextlib import suppress

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from dashboards import labels, phrases, placefinder, queue, reach
from dashboards.placetree import PlaceTree
from dashboards.queries import readings as seen
from gateway.decisions import planning
from gateway.decisions.triaging import Who
from gateway.errors import Problem
from gateway.journal.entries import ours
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, OFFICER, PLANNER, rule


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("readings", __name__, url_prefix="/planner")

    @pages.get("/inbox/<message>/read")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def ask(message: str) -> ResponseReturnValue:
        text = _readable(node, tree, message, request.args.get("report"))
        known = text.report
        where = placefinder.choice(node, known.place_code) if known and known.place_code in node.city.place else None
        answer = placefinder.Answer(where.value, where.code) if where else placefinder.Answer("")
        return _page(node, text, answer, (known.category if known else None) or "")

    @pages.post("/inbox/<message>/read")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def read(message: str) -> ResponseReturnValue:
        text = _readable(node, tree, message, request.form.get("report") or None)
        answer, category = placefinder.read(node, request.form), request.form.get("category", "")
        why = request.form.get("why", "")
        if fault := _fault(node, reach.who(tree, g.account), category, answer):
            return _page(node, text, answer, category, why, fault), 409
        report = planning.read_message(node, message, category, answer.code, why=why, by=g.account.name,
                                       report=text.report.id if text.report else None, after=request.form.get("after"))
        with node.database.reading() as c:
            stands = any(said.report == report for said in seen.lately(c))
            here = bool(ours(c, node.origin.writer, [message]))
        if not stands:
            flash(gettext("Saved. From now on only the focal point reads this text."), "done")
        elif not here:
            flash(gettext("Saved. The text came in on another node: its report joins its need once that one has heard of this."), "done")
        elif category and answer.code:
            flash(gettext("Saved. It joins its need within seconds; you can take it back below."), "done")
        else:
            flash(gettext("Saved. It joins a need once both its kind and its place are known; you can take it back below."), "done")
        came_from = request.form.get("queue", "")
        return redirect(queue.address(came_from) if came_from else _back(node, tree, message, report), 303)

    @pages.post("/inbox/<message>/unread")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def take_back(message: str) -> ResponseReturnValue:
        report = request.form.get("report", "")
        _readable(node, tree, message, report)
        planning.withdraw_reading(node, report, why=request.form.get("why", ""), by=g.account.name, after=request.form.get("after"))
        flash(gettext("Taken back: the text says again what it said before."), "done")
        return redirect(_home(), 303)

    return pages


def _home() -> str:
    return url_for("triage.inbox" if g.account.plans else "queue.listed")


def _back(node: Node, tree: PlaceTree, message: str, report: str) -> str:
    """The need that the person came from; when the report was all it had, the report itself, to take the reading back there."""
    need = request.form.get("need", "")
    if not need:
        return _home()
    with node.database.reading() as c, suppress(Problem):
        return url_for("planner.need" if g.account.plans else "officer.need", need=reach.need_of(c, tree, g.account, need).line.id)
    with suppress(Problem):
        _readable(node, tree, message, report)
        return url_for("readings.ask", message=message, report=report)
    return _home()


def _readable(node: Node, tree: PlaceTree, message: str, report: str | None) -> seen.Text:
    """Nobody reads a text that tells of a restricted report, or of another's area, by guessing its id."""
    with node.database.reading() as c:
        text = seen.text(c, message, report)
    if text is None or not reach.who(tree, g.account).may(text.report.place_code if text.report else None):
        raise Problem("planning.unknown", thing="message", id=message[:40])
    return text


def _fault(node: Node, who: Who, category: str, answer: placefinder.Answer) -> str:
    if category and category not in node.words.subcategories:
        return str(gettext("Choose the kind of need from the list."))
    if fault := placefinder.fault_of(answer):
        return fault
    if not who.may(answer.code or None):
        return str(phrases.OUT_OF_YOUR_AREA)
    return "" if category or answer.code else str(gettext("Say what it is about, or where it is."))


def _page(node: Node, text: seen.Text, answer: placefinder.Answer, category: str, why: str = "", fault: str = "") -> str:
    with node.database.reading() as c:
        said = seen.last(c, text.report.id) if text.report else None
    given = request.form if request.method == "POST" else request.args
    return render_template("reading.html", came_from=given.get("queue", "")[:queue.LONGEST_ADDRESS], need=given.get("need", "")[:40],
                           text=text, report=text.report, answer=answer, category=category, why=why, fault=fault, said=said,
                           groups=labels.groups(), sensitive=node.words.sensitive)
