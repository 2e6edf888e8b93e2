"""Pages for anybody: the board of aggregates and the way of one reference. No free text, no small numbers."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboards import board, indicators, labels, publicmap, publicshares
from dashboards.callers import address_of
from dashboards.languages import language
from dashboards.lookups import Lookups
from dashboards.placetree import PlaceTree
from dashboards.queries import told
from dashboards.queries.track import tracked
from gateway.node import Node
from gateway.rules import PUBLIC, rule
from parsers.reference import is_valid


def blueprint(node: Node, tree: PlaceTree, kept: board.Kept) -> Blueprint:
    pages = Blueprint("public", __name__)
    lookups = Lookups(node.config.data, node.vault.cookie_key)

    @pages.get("/")
    @rule(PUBLIC)
    def board_page() -> str:
        shown = kept.board()
        district = request.args.get("district", "")
        return render_template("board.html", board=shown, district=district if district in kept.districts else "",
                               districts=kept.districts, within=kept.within, city=node.city, number_to_text=node.config.number,
                               k=node.config.access.k_anonymity, example=board.example(node.city, language()))

    @pages.get("/map")
    @rule(PUBLIC)
    def map_page() -> ResponseReturnValue:
        shown = kept.board()
        known = publicmap.kinds(shown)
        category = request.args.get("category", "")
        category = category if category in known else next(iter(known), "")
        with node.database.reading() as c:
            drawn = publicmap.outlines(c, tree, list(kept.districts))
        found = publicmap.cells(shown, category)
        return render_template("public_map.html", kinds=known, category=category, cells=found, shades=publicmap.shades(found), drawn=drawn,
                               districts=kept.districts, within=kept.within, k=node.config.access.k_anonymity,
                               schematic=any(is_schematic for _, is_schematic in drawn.values()))

    @pages.get("/indicators")
    @rule(PUBLIC)
    def indicators_page() -> ResponseReturnValue:
        with node.database.reading() as c:
            releases = told.released(c)
        period = request.args.get("period", "")
        period = period if period in releases else next(iter(releases), "")
        k = max(node.config.access.k_anonymity, releases[period][1] if period else 0)
        counted = indicators.unpacked(releases[period][0]) if period else indicators.Counted()
        return render_template("public_indicators.html", periods=list(releases), period=period, is_told=counted.all is not None,
                               figures=publicshares.figures(counted, k), categories=publicshares.categories(counted, k), few=k - 1)

    @pages.get("/track")
    @rule(PUBLIC)
    def ask() -> ResponseReturnValue:
        asked = "".join(char for char in request.args.get("reference", "") if char.isalnum())[:12]
        return redirect(url_for("public.track", reference=asked)) if asked else render_template("track.html")

    @pages.get("/track/<reference>")
    @rule(PUBLIC)
    def track(reference: str) -> ResponseReturnValue:
        if not is_valid(reference):
            return render_template("track.html", reference=reference[:12], fault="mistyped"), 404
        address, now, is_counted = address_of(request, node.config), node.now(), g.account is None
        if is_counted and (wait := lookups.wait(address, reference, now)):
            return render_template("track.html", reference=reference, fault="many", wait=wait), 429, {"Retry-After": str(wait)}
        with node.database.reading() as c:
            found = tracked(c, reference, node.config.access.k_anonymity)
        if is_counted:
            lookups.spend(address, reference, now, known=bool(found))
        if not found:
            return render_template("track.html", reference=reference, fault="unknown"), 404
        reports = [(one, labels.category(one.category, language()), node.city.place_name(one.place_code)) for one in found]
        return render_template("track.html", reference=reference, reports=reports)

    return pages
