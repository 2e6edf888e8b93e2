"""What waits for a person: texts nobody understood, replies that did not leave, work put aside."""

from __future__ import annotations

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from dashboards import exports, phrases
from dashboards.planner import page_number
from dashboards.queries import readings, texts
from gateway.decisions import planning
from gateway.governing import governor
from gateway.journal import tasks
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, PLANNER, rule


def blueprint(node: Node) -> Blueprint:
    pages = Blueprint("triage", __name__, url_prefix="/planner")

    @pages.get("/inbox")
    @rule(PLANNER, FOCAL, ADMIN)
    def inbox() -> ResponseReturnValue:
        page = page_number()
        with node.database.reading() as c:
            unread, more_unread = texts.unread(c, page)
            incomplete, more_incomplete = texts.incomplete(c, page)
            lately = readings.lately(c) if page == 1 else []
        return render_template("inbox.html", unread=unread, incomplete=incomplete, page=page,
                               more=more_unread or more_incomplete, decisions=planning.DECISIONS, lately=lately)

    @pages.post("/inbox/<message>")
    @rule(PLANNER, FOCAL, ADMIN)
    def settle(message: str) -> ResponseReturnValue:
        planning.settle_message(node, message, request.form.get("decision", ""), note=request.form.get("note", ""),
                                by=g.account.name)
        flash(gettext("Settled."), "done")
        return redirect(url_for("triage.inbox"), 303)

    @pages.get("/outbox")
    @rule(PLANNER, FOCAL, ADMIN)
    def outbox() -> ResponseReturnValue:
        page, state = page_number(), request.args.get("state", "")
        state = state if state in phrases.STATES else ""
        with node.database.reading() as c:
            replies, more = texts.replies(c, state, page)
            states = texts.states(c)
            spent, stopped = governor.spent(c, node, node.now()), governor.stopped(c)
        return render_template("outbox.html", replies=replies, more=more, page=page, state=state, states=states,
                               spent=spent, stopped=stopped)

    @pages.post("/outbox")
    @rule(PLANNER, FOCAL, ADMIN)
    def switch() -> ResponseReturnValue:
        if request.form.get("sending") == "stop":
            governor.stop(node, by=g.account.name, why=request.form.get("why", ""))
            flash(gettext("Nothing leaves any more."), "done")
        else:
            governor.start(node)
            flash(gettext("Texts leave again."), "done")
        return redirect(url_for("triage.outbox"), 303)

    @pages.get("/quarantine")
    @rule(PLANNER, FOCAL, ADMIN)
    def quarantine() -> ResponseReturnValue:
        with node.database.reading() as c:
            aside, backlog = tasks.quarantined(c), tasks.backlog(c, node.now())
        return render_template("quarantine.html", aside=aside, backlog=backlog)

    @pages.post("/quarantine")
    @rule(PLANNER, FOCAL, ADMIN)
    def retry() -> ResponseReturnValue:
        again = planning.retry_task(node, request.form.get("kind", ""), request.form.get("subject", ""))
        flash(gettext("It will be tried again.") if again else gettext("It was not there any more."), "done")
        return redirect(url_for("triage.quarantine"), 303)

    @pages.get("/export")
    @rule(PLANNER, FOCAL, ADMIN)
    def downloads() -> ResponseReturnValue:
        return render_template("downloads.html", files={
            what: exports.formats(what) for what in exports.THINGS})

    @pages.get("/export/<what>.<format>")
    @rule(PLANNER, FOCAL, ADMIN)
    def download(what: str, format: str) -> ResponseReturnValue:
        return Response(exports.stream(node, what, format), mimetype=exports.TYPES[format], headers={
            "Content-Disposition": f'attachment; filename="barrio-{what}-{node.now():%Y-%m-%d}.{format}"'})

    return pages
