"""Greetings: elders who asked to be greeted by text, who looks in on them, and the greetings that a person must see to."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from dashboards import phrases, placefinder, reach
from dashboards.faults import in_words
from dashboards.placetree import PlaceTree
from dashboards.queries import circle as seen
from gateway.errors import Problem
from gateway.feedback import accompanying
from gateway.feedback.accompanying import Enrolment
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, OFFICER, PLANNER, rule
from gateway.words.replies import LANGUAGES

DAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
ANSWERS = {"fine": _("is fine"), "talk": _("wants to talk"), "help": _("asks for help"), "said": _("wrote something else")}
SPOKEN = phrases.LANGUAGES | {"ar": _("Darija, in Arabic letters"), "ary": _("Darija, in Latin letters")}  # what both are texted in
STATES = {"asked": _("asked, has not said yes yet"), "active": _("is greeted")}


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("circle", __name__, url_prefix="/officer/greetings")

    @pages.get("")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def listed() -> ResponseReturnValue:
        return _page(node, tree, None, placefinder.Answer(""))

    @pages.post("")
    @rule(OFFICER, FOCAL, ADMIN)
    def enrol() -> ResponseReturnValue:
        form, answer = request.form, placefinder.read(node, request.form)
        hour = form.get("hour", "")
        said = Enrolment(
            " ".join(form.get("name", "").split())[:40], form.get("number", "").strip()[:40],
            " ".join(form.get("volunteer", "").split())[:40], form.get("volunteer_number", "").strip()[:40], answer.code,
            int(hour) if hour.isascii() and hour.isdecimal() and len(hour) < 3 else -1,
            tuple(int(day) for day in form.getlist("day") if day in set("0123456")), form.get("language", ""))
        fault = placefinder.fault_of(answer)
        if answer.is_empty:
            fault = gettext("Say which place is meant.")
        elif not fault and not reach.who(tree, g.account).may(answer.code):
            fault = str(phrases.OUT_OF_YOUR_AREA)
        if not fault:
            try:
                accompanying.enrol(node, said, by=g.account.name)
            except Problem as refused:
                if refused.code != "planning.refused":
                    raise
                fault = in_words(refused)
        if fault:
            return _page(node, tree, said, answer, fault), 409
        flash(gettext("They are asked by text, and greeted once they say yes from their own phone."), "done")
        return redirect(url_for("circle.listed"), 303)

    @pages.post("/<elder>/end")
    @rule(OFFICER, FOCAL, ADMIN)
    def end(elder: str) -> ResponseReturnValue:
        with node.database.reading() as c:
            _must_be_theirs(tree, seen.place_of_elder(c, elder), "person", elder)
        accompanying.end(node, elder, by=g.account.name)
        flash(gettext("They are greeted no more."), "done")
        return redirect(url_for("circle.listed"), 303)

    @pages.post("/<elder>/neighbour")
    @rule(OFFICER, FOCAL, ADMIN)
    def neighbour(elder: str) -> ResponseReturnValue:
        with node.database.reading() as c:
            _must_be_theirs(tree, seen.place_of_elder(c, elder), "person", elder)
        name = " ".join(request.form.get("volunteer", "").split())[:40]
        accompanying.replace_volunteer(node, elder, name, request.form.get("volunteer_number", "").strip()[:40], by=g.account.name)
        flash(gettext("Another neighbour looks in from now on."), "done")
        return redirect(url_for("circle.listed"), 303)

    @pages.post("/task/<checkin>")
    @rule(OFFICER, FOCAL, ADMIN)
    def close(checkin: str) -> ResponseReturnValue:
        with node.database.reading() as c:
            _must_be_theirs(tree, seen.place_of_checkin(c, checkin), "greeting", checkin)
        accompanying.close(node, checkin, request.form.get("note", ""), by=g.account.name)
        flash(gettext("Written down."), "done")
        return redirect(url_for("circle.listed"), 303)

    return pages


def _must_be_theirs(tree: PlaceTree, place: str | None, thing: str, id: str) -> None:
    if place is None or not reach.who(tree, g.account).may(place):
        raise _unknown(thing, id)


def _unknown(thing: str, id: str) -> Problem:
    if thing == "person":
        return Problem("planning.unknown", thing="person", id=id[:40])
    return Problem("planning.unknown", thing="greeting", id=id[:40])


def _page(node: Node, tree: PlaceTree, said: Enrolment | None, answer: placefinder.Answer, fault: str = "") -> str:
    theirs = reach.places(tree, g.account)
    first, last = node.config.news.hours
    with node.database.reading() as c:
        tasks = seen.due(c, node, theirs, numbers=g.account.role != PLANNER)
        people, figures = seen.greeted(c, theirs), seen.figures(c, theirs, node.now())
    return render_template("circle.html", tasks=tasks, people=people, figures=figures, said=said, answer=answer, fault=fault,
                           days=DAYS, answers=ANSWERS, states=STATES, hours=range(first, last),
                           languages={code: SPOKEN[code] for code in LANGUAGES},
                           longest=accompanying.MOST_NOTE, most_name=accompanying.MOST_NAME, may_send=accompanying.may_send(node))
