"""The officer's desk, on the node and without the internet: what waits in their areas, one need, what others did, what is disputed."""

from __future__ import annotations

import json
from contextlib import closing

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import Connection, delete, insert

from dashboards import phrases, promised, reach
from dashboards.placetree import PlaceTree
from dashboards.planner import page_number
from dashboards.queries import disputes, news, sameness, threads, trail, visits
from dashboards.queries import needs as seen
from dashboards.queries import queue as waiting
from dashboards.queries.queue import Wanted
from dashboards.queries.queue_lines import lines
from gateway.cities import PHASES
from gateway.decisions import photos, triaging, visiting
from gateway.decisions.photos import Photo, Unfit
from gateway.decisions.triaging import Chosen
from gateway.journal import heads
from gateway.journal.canonical import canonical, iso
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, OFFICER, PLANNER, rule

ROWS, PRINTED = 50, 200
ON_THE_SPOT = ("verify", "not_found", "note")


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("officer", __name__, url_prefix="/officer")

    @pages.get("/")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def desk() -> ResponseReturnValue:
        area, places = chosen_area(tree, request.args.get("area", ""))
        theirs = reach.places(tree, g.account)
        with node.database.reading() as c:
            found, more, counts = waiting.page_and_places(
                c, node, Wanted(_sorted(theirs), kind="verify", page=page_number(), rows=ROWS), None if places == theirs else places)
            shown = lines(c, node, found)
            fresh = len(news.news(c, g.account.id, g.account.name, theirs))
            disputed = len(disputes.disputes(c, theirs))
            deed, did = triaging.lately(c, node, g.account.id), trail.steps(c, g.account.id, theirs)
        return render_template("officer.html", lines=shown, more=more, page=page_number(), area=area, areas=areas(tree, counts),
                               fresh=fresh, most_news=news.MOST, disputed=disputed, deed=deed, did=did)

    @pages.get("/list")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def inspection() -> ResponseReturnValue:
        area, places = chosen_area(tree, request.args.get("area", ""))
        with node.database.reading() as c:
            found, more = waiting.to_verify(c, node, Wanted(_sorted(places), rows=PRINTED))
            shown = lines(c, node, found)
        return render_template("officer_list.html", lines=shown, more=more, area=area, made_at=iso(node.now()))

    @pages.get("/news")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def changed() -> ResponseReturnValue:
        with node.database.reading() as c:
            found = news.news(c, g.account.id, g.account.name, reach.places(tree, g.account))
            since, known = news.since(c, g.account.id), news.heads(c)
            names = {work.id: work.name for work in seen.works(c)}
        return render_template("officer_news.html", news=found, since=since.at, heads=canonical({str(k): v for k, v in known.items()}),
                               names=names, most=news.MOST)

    @pages.post("/news")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def looked() -> ResponseReturnValue:
        with node.database.writing() as c:
            read = _heads(request.form.get("heads", ""), news.heads(c))
            c.execute(delete(news.GLANCE).where(news.GLANCE.c.account == g.account.id))
            c.execute(insert(news.GLANCE).values(account=g.account.id, at=iso(node.now()), heads=read))
        return redirect(url_for("officer.desk"), 303)

    @pages.get("/contested")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def contested() -> ResponseReturnValue:
        with node.database.reading() as c:
            found = disputes.disputes(c, reach.places(tree, g.account))
        return render_template("officer_contested.html", disputes=found)

    @pages.get("/works")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def works() -> ResponseReturnValue:
        with node.database.reading() as c:
            found, deed = visits.works_in(c, reach.places(tree, g.account)), triaging.lately(c, node, g.account.id)
        return render_template("officer_works.html", works=found, phases=PHASES, deed=deed)

    @pages.post("/works/<work>")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def progress(work: str) -> ResponseReturnValue:
        visiting.progress(node, reach.who(tree, g.account), work, request.form.get("phase", ""), note=request.form.get("note", ""),
                          after=request.form.get("after"))
        flash(gettext("Saved."), "done")
        need = request.form.get("need", "")
        return redirect(url_for("officer.need", need=need) if need else url_for("officer.works"), 303)

    @pages.get("/needs/<need>")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def need(need: str) -> ResponseReturnValue:
        with node.database.reading() as c:
            found = reach.need_of(c, tree, g.account, need)
            if found.line.id != need:
                return redirect(url_for("officer.need", need=found.line.id))  # it was merged with that one
            return _page(c, node, tree, found)

    @pages.post("/needs/<need>")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN, most_bytes=photos.MOST_SENT)
    def decide(need: str) -> ResponseReturnValue:
        form, who, action = request.form, reach.who(tree, g.account), request.form.get("do", "")
        with node.database.reading() as c:
            found = reach.need_of(c, tree, g.account, need)
        if action not in (*ON_THE_SPOT, triaging.SETTLE):
            abort(400)
        try:
            photo = _photo()
        except Unfit as unfit:
            with node.database.reading() as c:
                return _page(c, node, tree, found, str(phrases.UNFIT[str(unfit)]), form.get("note", "")), 409
        if action == triaging.NOTE and photo is None and not form.get("note", "").strip():
            with node.database.reading() as c:
                return _page(c, node, tree, found, gettext("Write a note or choose a photo first.")), 409
        if photo is not None:
            photos.keep(node.config.data, photo)  # first the file, then the word for it
        triaging.decide(node, who, action, [Chosen("need", need, form.get("after", ""))], note=form.get("note", ""), photo=photo,
                        status=form.get("status", ""))
        return redirect(url_for("officer.contested") if action == triaging.SETTLE else url_for("officer.need", need=need), 303)

    @pages.post("/undo")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def undo() -> ResponseReturnValue:
        if triaging.undo(node, reach.who(tree, g.account)) is None:
            flash(gettext("There is nothing to take back."), "done")
        return redirect(url_for("officer.desk"), 303)

    @pages.get("/photos/<digest>")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def photo(digest: str) -> ResponseReturnValue:
        may = reach.who(tree, g.account).may
        with node.database.reading() as c:
            shown = [media for need, media in visits.photo_of(c, digest)
                     if (found := seen.need(c, heads.head_of(c, need))) is not None and may(found.line.place_code)]
        content = photos.find(node.config.data, digest, shown[0]) if shown else None
        if content is None:
            abort(404)
        return Response(content, mimetype=shown[0], headers={"Content-Disposition": "inline"})

    return pages


def chosen_area(tree: PlaceTree, code: str) -> tuple[str, frozenset[str] | None]:
    """The area that the address names, if it is a part of the person's own, and the places that are meant."""
    theirs = reach.places(tree, g.account)
    if code not in tree.city.place:
        return "", theirs
    chosen = frozenset(tree.under(code))
    chosen = chosen if theirs is None else chosen & theirs
    return (code, chosen) if chosen else ("", theirs)


def areas(tree: PlaceTree, counts: dict[str | None, dict[str, int]]) -> list[tuple[str, dict[str, int]]]:
    """The areas of the person with what waits in each; who has the whole city sees its largest parts."""
    mine = [code for code in g.account.areas if code in tree.city.place]
    codes = mine if not g.account.plans and "*" not in g.account.areas else tree.children.get("", [])
    found = []
    for code in codes:
        inside = [counts[place] for place in tree.under(code) if place in counts]
        found.append((code, {kind: sum(each[kind] for each in inside) for kind in ("all", *waiting.KINDS)}))
    return found


def _sorted(places: frozenset[str] | None) -> tuple[str, ...] | None:
    return None if places is None else tuple(sorted(places))


def _photo() -> Photo | None:
    sent = request.files.get("photo")
    if sent is None or not sent.filename:
        return None
    with closing(sent):  # a large one lies in a file until then
        return photos.cleaned(sent.stream.read(photos.MOST_BYTES + 1))


def _heads(said: str, known: dict[int, int]) -> str:
    """How far the page showed the writers, and never farther than they are known."""
    try:
        read = {int(source): int(seq) for source, seq in json.loads(said).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        abort(400)
    return canonical({str(source): min(read.get(source, 0), seq) for source, seq in known.items()})


def _page(c: Connection, node: Node, tree: PlaceTree, found: seen.NeedPage, fault: str = "", note: str = "") -> str:
    page, need, places = page_number() if request.method == "GET" else 1, found.line.id, reach.places(tree, g.account)
    reports, more = seen.reports_of(c, need, page, places)
    subject = Chosen("need", need).subject
    return render_template(
        "officer_need.html", need=found, at_hub=node.config.node.role == "hub",
        line=found.line, reports=reports, more=more, page=page, fault=fault, note=note,
        promise=promised.of_need(c, node, found), links=seen.links_of(c, need), journal=seen.journal_of(c, need), phases=PHASES,
        notes=visits.notes_of(c, node.config.data, need, places), merges=sameness.merges_of(c, need),
        noise=sameness.noise_in(c, need, found.line.crowd),
        offers=sameness.offers(c, need, found.line.place_code, found.line.category, node.now()), dispute=disputes.of_need(c, need),
        joined=sameness.joined(c, [report.id for report in reports]), names={work.id: work.name for work in seen.works(c)},
        deed=triaging.lately(c, node, g.account.id), hold=triaging.holds(c, node, [subject]).get(subject),
        may=reach.who(tree, g.account).may, thread=threads.thread_of(c, need, places))
