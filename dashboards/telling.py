"""The indicators of a quarter: told once, by a person; each figure opens its card; two quarters side by side; trips by zone and sex."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from dashboards import indicators, mobility, waits
from dashboards.placetree import PlaceTree
from dashboards.queries import told, waited
from gateway.decisions import releasing
from gateway.errors import Problem
from gateway.journal.canonical import iso
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, PLANNER, rule
from gateway.words.replies import LANGUAGES


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("telling", __name__, url_prefix="/planner")

    @pages.get("/indicators")
    @rule(PLANNER, FOCAL, ADMIN)
    def shown() -> ResponseReturnValue:
        with node.database.reading() as c:
            releases, census = told.released(c), told.women_in_the_census(c)
        period = request.args.get("period") or next(iter(releases), "")
        beside = request.args.get("beside", "")
        if period and period not in releases or beside and beside not in releases:
            raise Problem("planning.unknown", thing="release", id=(beside or period)[:20])
        counted, other = ({name: indicators.unpacked(releases[name][0])} if name else {} for name in (period, beside))
        return render_template(
            "indicators.html", period=period, beside=beside, releases=releases, counted=counted.get(period),
            cards=indicators.cards(counted[period], census) if period else [],
            cards_beside={card.id: card for card in indicators.cards(other[beside], census)} if beside else {},
            hours=waits.unpacked(releases[period][0]) if period else {}, ratio=waits.ratio,
            quotients=indicators.quotients(counted[period]) if period else {},
            waiting=[name for name in releasing.over(node.today) if name not in releases])

    @pages.post("/indicators")
    @rule(PLANNER, FOCAL, ADMIN)
    def tell() -> ResponseReturnValue:
        period, k = request.form.get("period", ""), node.config.access.k_anonymity
        first, last = (iso(moment) for moment in releasing.bounds_of(period, node.city.timezone))
        with node.database.reading() as c:
            counted = indicators.count(told.reports(c, first, last, tree.district), k)
            trips = mobility.count(told.trips(c, first, last, tree.district), k)
            hours = waits.count(waited.waits(c, first, last), counted, k)
        packed = waits.into(mobility.into(indicators.packed(counted), trips), hours)
        releasing.release(node, period, packed, k, by=g.account.name)
        flash(gettext("Told. These numbers stay as they are."), "done")
        return redirect(url_for("telling.shown", period=period), 303)

    @pages.get("/trips")
    @rule(PLANNER, FOCAL, ADMIN)
    def trips() -> ResponseReturnValue:
        with node.database.reading() as c:
            releases = told.released(c)
        period = request.args.get("period") or next(iter(releases), "")
        if period and period not in releases:
            raise Problem("planning.unknown", thing="release", id=period[:20])
        campaign = {language: node.replies.text_for("trip_ask", language) or "" for language in LANGUAGES}
        return render_template("trips.html", period=period, releases=releases, campaign=campaign,
                               counted=mobility.unpacked(releases[period][0]) if period else None)

    return pages
