"""The queue: one list of everything that waits for a person, what each line says, and what is decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from dashboards import labels, reach
from dashboards.access import SignedIn
from dashboards.placetree import PlaceTree
from dashboards.planner import MOST_PAGES
from dashboards.queries import queue as seen
from dashboards.queries.queue import KINDS, ROWS, Wanted
from dashboards.queries.queue_lines import lines
from gateway.decisions import triaging
from gateway.decisions.triaging import Chosen, Who
from gateway.errors import Problem
from gateway.governing import duty
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, OFFICER, PLANNER, rule

KEPT = ("kind", "place", "category", "rows", "page", "keys")  # of the address: the filters that a decision leads back to
LONGEST_ADDRESS = 400


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("queue", __name__, url_prefix="/queue")

    @pages.get("/")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def listed() -> ResponseReturnValue:
        asked = _kept(request.args)
        wanted, place = _wanted(node, tree, g.account, asked)
        with node.database.reading() as c:
            found, more, counts = seen.page(c, node, wanted)
            shown = lines(c, node, found)
            clusters = seen.clusters(c, node, wanted)
            deed = triaging.lately(c, node, g.account.id)
            phones = len(duty.listed(c)) if g.account.plans else None
            secret = seen.secret(c, node.now()) if g.account.role == FOCAL else 0
        return render_template(
            "queue.html", lines=shown, more=more, counts=counts, wanted=wanted, place=place, clusters=clusters, deed=deed, phones=phones,
            secret=secret, kinds=KINDS, rows=ROWS, most=triaging.MOST, actions=triaging.ACTIONS, keys=asked.get("keys") != "off",
            options=list(tree.options(place or None)), taxonomy=labels.taxonomy(), back=urlencode(asked),
            hold_minutes=node.config.triage.hold_seconds // 60)

    @pages.post("/")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def decide() -> ResponseReturnValue:
        chosen = [_chosen(value) for value in request.form.getlist("item")]
        if not chosen:
            flash(gettext("Choose at least one first."), "fault")
        else:
            triaging.decide(node, reach.who(tree, g.account), request.form.get("do", ""), chosen, note=request.form.get("note", ""))
        return _back()

    @pages.post("/undo")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def undo() -> ResponseReturnValue:
        if triaging.undo(node, reach.who(tree, g.account)) is None:
            flash(gettext("There is nothing to take back."), "done")
        return _back()

    @pages.get("/<any(need, report, message):what>/<id>")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def opened(what: str, id: str) -> ResponseReturnValue:
        asked, who = _kept(request.args), reach.who(tree, g.account)
        found = _must_be_theirs(node, who, what, id)
        hold = triaging.hold(node, who, Chosen(what, id))
        with node.database.reading() as c:
            line = lines(c, node, [found])[0]
        return render_template("queue_line.html", line=line, hold=hold, theirs=hold["account"] != who.account, actions=triaging.ACTIONS,
                               back=urlencode(asked), here=_here(asked), keys=asked.get("keys") != "off",
                               hold_minutes=node.config.triage.hold_seconds // 60)

    @pages.post("/<any(need, report, message):what>/<id>/take")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def take(what: str, id: str) -> ResponseReturnValue:
        who = reach.who(tree, g.account)
        _must_be_theirs(node, who, what, id)
        triaging.hold(node, who, Chosen(what, id), over=True)
        back = urlencode(_kept(_form_back()))
        return redirect(url_for("queue.opened", what=what, id=id) + (f"?{back}" if back else ""), 303)

    @pages.post("/<any(need, report, message):what>/<id>/leave")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def leave(what: str, id: str) -> ResponseReturnValue:
        triaging.release(node, reach.who(tree, g.account), Chosen(what, id))
        return _back()

    return pages


def address(back: str) -> str:
    """Where in the queue a person came from: only filters of ours, whatever the form says."""
    return _here(_kept(dict(parse_qsl(back[:LONGEST_ADDRESS]))))


def _wanted(node: Node, tree: PlaceTree, account: SignedIn, asked: Mapping[str, str]) -> tuple[Wanted, str]:
    place = asked.get("place", "")
    theirs, chosen = reach.places(tree, account), frozenset(tree.under(place)) if place in node.city.place else None
    places = theirs if chosen is None else chosen if theirs is None else chosen & theirs
    rows, page = asked.get("rows", ""), asked.get("page", "")
    return Wanted(
        None if places is None else tuple(sorted(places)), asked.get("category", "") if asked.get("category") in labels.taxonomy() else "",
        asked.get("kind", "") if asked.get("kind") in KINDS else "", min(max(int(page) if page.isdecimal() else 1, 1), MOST_PAGES),
        int(rows) if rows in map(str, ROWS) else ROWS[0]), place if chosen is not None else ""


def _must_be_theirs(node: Node, who: Who, what: str, id: str) -> seen.Waiting:
    """Nobody opens what is restricted, or lies in another's area, by guessing its id."""
    with node.database.reading() as c:
        found = seen.one(c, node, what, id)
    if found is None or not who.may(found.place_code):
        raise Problem("planning.unknown", thing="line", id=id[:40])
    return found


def _chosen(value: str) -> Chosen:
    what, _, rest = value.partition("|")
    id, _, after = rest.partition("|")
    if what not in triaging.TABLES:
        raise Problem("planning.unknown", thing="line", id=value[:40])
    return Chosen(what, id, after)


def _kept(given: Mapping[str, str]) -> dict[str, str]:
    return {name: given[name][:40] for name in KEPT if given.get(name)}


def _here(asked: Mapping[str, str]) -> str:
    return url_for("queue.listed") + (f"?{urlencode(asked)}" if asked else "")


def _form_back() -> dict[str, str]:
    return dict(parse_qsl(request.form.get("back", "")[:LONGEST_ADDRESS]))


def _back() -> ResponseReturnValue:
    """The list as it was filtered, at the line that took the place of the one that was decided."""
    at = request.form.get("at", "")
    return redirect(_here(_kept(_form_back())) + (f"#row-{at}" if at.isdecimal() and len(at) < 5 else ""), 303)
