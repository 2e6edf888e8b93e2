"""The planner's pages about needs: the list, one need, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import date

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from dashboards import labels, phrases, promised
from dashboards.placetree import PlaceTree
from dashboards.queries import evidence as repeated
from dashboards.queries import needs as seen
from dashboards.queries import plans, sameness, telling, texts, threads, visits
from dashboards.queries.needs import Wanted
from gateway.decisions import planning
from gateway.errors import Problem
from gateway.feedback import holding
from gateway.journal import counting, heads
from gateway.matching import fit
from gateway.node import Node
from gateway.ranking import linked
from gateway.rules import ADMIN, FOCAL, PLANNER, rule

MOST_PAGES = 10_000
MOST_CANDIDATES = 12


def blueprint(node: Node, tree: PlaceTree) -> Blueprint:
    pages = Blueprint("planner", __name__, url_prefix="/planner")

    @pages.get("/")
    @rule(PLANNER, FOCAL, ADMIN)
    def needs() -> ResponseReturnValue:
        place = request.args.get("place", "")
        place = place if place in node.city.place else ""
        wanted = Wanted(
            places=tuple(tree.under(place)) if place else (), category=_one_of(labels.taxonomy(), "category"),
            status=_one_of({**phrases.STATUSES, "all": ""}, "status"), covered=_one_of({"yes": "", "no": ""}, "covered"),
            urgency=int(_one_of({str(n): "" for n in phrases.URGENCIES}, "urgency") or 0), page=page_number())
        with node.database.reading() as c:
            recount = counting.recount(c)
            found, more = seen.needs(c, node, wanted, recount)
            waiting = texts.waiting(c)
            evidence = repeated.candidates(c, node.now(), wanted.places, wanted.category, MOST_CANDIDATES, recount)
        return render_template("needs.html", needs=found, more=more, waiting=waiting, evidence=evidence, wanted=wanted, place=place,
                               tree=tree,
                               options=list(tree.options(place or None)), taxonomy=labels.taxonomy())

    @pages.get("/needs/<need>")
    @rule(PLANNER, FOCAL, ADMIN)
    def need(need: str) -> ResponseReturnValue:
        page = page_number()
        with node.database.reading() as c:
            head = heads.head_of(c, need)
            if head != need and seen.need(c, head) is not None:
                return redirect(url_for("planner.need", need=head))  # it was merged with that one
            recount = counting.recount(c)
            found = seen.need(c, need, recount)
            if found is None:
                raise Problem("planning.unknown", thing="need", id=need[:40])
            reports, more = seen.reports_of(c, need, page)
            promise = promised.of_need(c, node, found)
            links, works, journal = seen.links_of(c, need), seen.works(c), seen.journal_of(c, need)
            notes = visits.notes_of(c, node.config.data, need)
            merges, noise = sameness.merges_of(c, need), sameness.noise_in(c, need, found.line.crowd)
            offers = sameness.offers(c, need, found.line.place_code, found.line.category, node.now())
            joined = sameness.joined(c, [report.id for report in reports])
            evidence = repeated.candidates(c, node.now(), [found.line.place_code], found.line.category, recount=recount)
            told, judged = telling.of_need(c, node, need), telling.judged(c, need)
            counting_links = linked.answering(c, node.city, node.today, [need]).get(need, set())
            cost, thread = plans.cost_of(c, need), threads.thread_of(c, need)
        taken = {link.work.id for link in links}
        free = [work for work in works if work.id not in taken]
        near = seen.suggestions(free, labels.component_of(found.line.category), found.line.place_code,
                                tree.district(found.line.place_code), {w.id: tree.district(w.place_code) for w in free})
        return render_template("need.html", need=found, line=found.line, reports=reports, more=more, page=page, links=links,
                               promise=promise, near=near, others=[w for w in free if w not in near], journal=journal, tree=tree,
                               notes=notes, merges=merges, noise=noise, offers=offers, joined=joined, evidence=evidence, told=told,
                               judged=judged, thread=thread, answering=counting_links,
                               over=_over(node, links), names={w.id: w.name for w in works}, cost=cost)

    @pages.post("/needs/<need>/link")
    @rule(PLANNER, FOCAL, ADMIN)
    def link(need: str) -> ResponseReturnValue:
        must_be_seen(node, need)
        if not (work := request.form.get("work", "")):
            flash(gettext("Choose a work first."), "fault")
        else:
            planning.link_need(node, need, work, why=request.form.get("why", ""), by=g.account.name,
                               after=request.form.get("after") or None)
            flash(gettext("Linked."), "done")
        return _back(need)

    @pages.post("/needs/<need>/unlink")
    @rule(PLANNER, FOCAL, ADMIN)
    def unlink(need: str) -> ResponseReturnValue:
        must_be_seen(node, need)
        planning.unlink_need(node, need, request.form.get("work", ""), why=request.form.get("why", ""), by=g.account.name,
                             after=request.form.get("after") or None)
        flash(gettext("The link was taken back."), "done")
        return _back(need)

    @pages.post("/needs/<need>/status")
    @rule(PLANNER, FOCAL, ADMIN)
    def status(need: str) -> ResponseReturnValue:
        must_be_seen(node, need)
        planning.change_status(node, need, request.form.get("status", ""), note=request.form.get("note", ""),
                               reason=request.form.get("reason", ""), by=g.account.name, after=request.form.get("after") or None)
        flash(gettext("The status was changed."), "done")
        return _back(need)

    @pages.post("/needs/<need>/telling")
    @rule(PLANNER, FOCAL, ADMIN)
    def hold(need: str) -> ResponseReturnValue:
        must_be_seen(node, need)
        decide = holding.hold if request.form.get("hold") == "yes" else holding.release
        decide(node, need, why=request.form.get("why", ""), by=g.account.name)
        flash(gettext("Held back. Nobody hears of it.") if decide is holding.hold else gettext("Residents will be told."), "done")
        return _back(need)

    return pages


def page_number() -> int:
    return min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)


def _over(node: Node, links: Sequence[seen.LinkLine]) -> dict[str, str]:
    """Why each linked work answers nothing any more, where it is over."""
    return {link.work.id: fit.over(link.work.phase, date.fromisoformat(link.work.ends_on) if link.work.ends_on else None, node.today)
            for link in links}


def _one_of(known: Container[str], name: str) -> str:
    value = request.args.get(name, "")
    return value if value in known else ""


def must_be_seen(node: Node, need: str) -> None:
    """Nobody decides about a need whose reports are all restricted by guessing its id."""
    with node.database.reading() as c:
        if seen.need(c, need) is None:
            raise Problem("planning.unknown", thing="need", id=need[:40])


def _back(need: str) -> ResponseReturnValue:
    return redirect(url_for("planner.need", need=need), 303)
