"""The focal point's room: restricted reports, one at a time, each look written down; and what others may do and know of them.

Whoever reads texts may say that one is restricted. Whoever plans may know how many a finished quarter had, city-wide.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from dashboards import phrases
from dashboards.planner import page_number
from dashboards.queries import restricted as seen
from gateway.decisions import guarding
from gateway.errors import Problem
from gateway.journal.canonical import iso
from gateway.journal.facts.guarding import CALLBACKS
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, OFFICER, PLANNER, rule


def blueprint(node: Node) -> Blueprint:
    pages = Blueprint("restricted", __name__)

    @pages.get("/planner/restricted")
    @rule(FOCAL)
    def listed() -> ResponseReturnValue:
        page = page_number()
        with node.database.reading() as c:
            reports, more = seen.listed(c, page)
        return render_template("restricted.html", reports=reports, more=more, page=page)

    @pages.get("/planner/restricted/log")
    @rule(FOCAL, ADMIN)
    def log() -> ResponseReturnValue:
        page = page_number()
        with node.database.reading() as c:
            looks, more = seen.looks(c, page)
        return render_template("restricted_log.html", looks=looks, more=more, page=page)

    @pages.get("/planner/restricted/counts")
    @rule(PLANNER, FOCAL, ADMIN)
    def counts() -> ResponseReturnValue:
        today = node.now().astimezone(ZoneInfo(node.city.timezone)).date()
        with node.database.reading() as c:
            quarters = seen.quarters(c, today, node.config.access.k_anonymity)
        return render_template("restricted_counts.html", quarters=quarters, k=node.config.access.k_anonymity)

    @pages.get("/planner/restricted/<report>")
    @rule(FOCAL)
    def one(report: str) -> ResponseReturnValue:
        return _page(node, report)

    @pages.post("/planner/restricted/<report>")
    @rule(FOCAL)
    def care(report: str) -> ResponseReturnValue:
        form = request.form
        callback = form.get("callback", "")
        guarding.care(node, report, form.get("step", ""), note=form.get("note", ""), referred=_referred(node, form),
                      callback=callback if callback in CALLBACKS else "", after=form.get("after") or None, by=g.account.name)
        flash(gettext("Saved."), "done")
        return redirect(url_for("restricted.one", report=report), 303)

    @pages.post("/planner/restricted/<report>/release")
    @rule(FOCAL)
    def release(report: str) -> ResponseReturnValue:
        guarding.release(node, report, why=request.form.get("why", ""), by=g.account.name, after=request.form.get("after", ""))
        flash(gettext("Released: planners read it from now on, and it is gathered as any other."), "done")
        return redirect(url_for("restricted.listed"), 303)

    @pages.post("/planner/restricted/<report>/number")
    @rule(FOCAL)
    def number(report: str) -> ResponseReturnValue:
        phone = guarding.number(node, report, by=g.account.name)
        return _page(node, report, phone or gettext("It is kept on the node that took the text in."))

    @pages.post("/officer/restrict/<message>")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def restrict(message: str) -> ResponseReturnValue:
        with node.database.reading() as c:
            if not seen.is_readable(c, message):
                raise Problem("planning.unknown", thing="message", id=message[:40])
        guarding.restrict(node, message, why=request.form.get("why", ""), by=g.account.name)
        flash(gettext("From now on only the focal point reads this text."), "done")
        return redirect(url_for("triage.inbox" if g.account.plans else "officer.desk"), 303)

    return pages


def _page(node: Node, report: str, number: str = "") -> str:
    with node.database.reading() as c:
        found = seen.one(c, report)
        said = seen.conversation(c, found.sender) if found else []
        together = [r.id for r in seen.of_sender(c, found.sender)] if found else []
    if found is None:
        raise Problem("planning.unknown", thing="report", id=report[:40])
    guarding.look(node, together, by=g.account.name)  # before the words are shown: without the line there is no look
    with node.database.reading() as c:
        steps, (looks, _) = seen.steps_of(c, together), seen.looks(c, 1, together)
    until = iso(node.now() + timedelta(days=node.config.protection.keep_days))
    return render_template("restricted_report.html", report=found, said=said, steps=steps, looks=looks, number=number, until=until,
                           lines=_lines(node), callbacks=phrases.CALLBACKS)


def _lines(node: Node) -> dict[str, str]:
    """The city's numbers, with what each is: `{"800...": "Help line"}`."""
    return {number: str(phrases.LINES.get(name, name)) for name, number in node.city.numbers.items()}


def _referred(node: Node, form: Mapping[str, str]) -> str:
    """Which of the city's lines, or somebody else in the focal point's words."""
    if form.get("step") != "referred":
        return ""
    line = form.get("line", "")
    referred = line if line in node.city.numbers.values() else form.get("other", "").strip()
    if not referred:
        raise Problem("planning.refused", reason="Say to whom it was referred.")
    return referred
