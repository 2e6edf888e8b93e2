"""Somebody came in person: an officer writes their report down, and gives them its number."""

from __future__ import annotations

import secrets

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select

from dashboards import labels, phrases, placefinder, reach
from dashboards.placetree import PlaceTree
from dashboards.queries import visits
from dashboards.queries.seen import REPORT
from gateway.decisions import visiting
from gateway.decisions.visiting import LONGEST, Told
from gateway.errors import Problem
from gateway.node import Node
from gateway.phone import is_phone
from gateway.rules import ADMIN, FOCAL, OFFICER, PLANNER, rule

MOST_PEOPLE = 100_000


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("brought", __name__, url_prefix="/officer/reports")

    @pages.get("/new")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def ask() -> ResponseReturnValue:
        asked = request.args  # a planner comes here from what keeps needs from works, with what it is and where
        category = asked.get("category", "")
        told = Told(secrets.token_hex(12), asked.get("text", "")[:LONGEST], category if category in node.words.subcategories else "")
        return _page(node, told, placefinder.read(node, asked) if asked.get("place") else placefinder.Answer(""))

    @pages.post("/new")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def bring() -> ResponseReturnValue:
        form, who, answer = request.form, reach.who(tree, g.account), placefinder.read(node, request.form)
        people = form.get("people", "").strip()
        told = Told(form.get("key", "")[:40], form.get("text", "")[:LONGEST], form.get("category", ""), answer.code,
                    min(int(people), MOST_PEOPLE) if people.isascii() and people.isdecimal() else None, form.get("phone", "").strip()[:40])
        fault = ""
        if not told.text.strip():
            fault = gettext("Write down what the person says.")
        elif told.category and told.category not in node.words.subcategories:
            fault = gettext("Choose the kind of need from the list.")
        elif answer.is_empty:
            fault = gettext("Say which place is meant.")
        elif not (fault := placefinder.fault_of(answer)) and not who.may(answer.code):
            fault = str(phrases.OUT_OF_YOUR_AREA)
        elif not fault and told.phone and not is_phone(told.phone):
            fault = gettext("That is no phone number: write it with + and the code of the country.")
        if fault or len(told.key) < 16:
            return _page(node, told if told.key else Told(secrets.token_hex(12), told.text), answer, fault), 409
        return redirect(url_for("brought.slip", report=visiting.bring(node, who, told)), 303)

    @pages.get("/<report>")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def slip(report: str) -> ResponseReturnValue:
        with node.database.reading() as c:
            row = c.execute(select(REPORT.c.reference, REPORT.c.category, REPORT.c.place_code, REPORT.c.restricted, REPORT.c.status,
                                   REPORT.c.filed_at).where(REPORT.c.id == report)).first()
            if row is None or not visits.brought(c, report, g.account.name):
                raise Problem("planning.unknown", thing="report", id=report[:40])
        return render_template("officer_slip.html", report=row)

    return pages


def _page(node: Node, told: Told, answer: placefinder.Answer, fault: str = "") -> str:
    return render_template("officer_report.html", told=told, answer=answer, fault=fault, groups=labels.groups(),
                           sensitive=node.words.sensitive, longest=LONGEST)
