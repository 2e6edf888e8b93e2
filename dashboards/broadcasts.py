"""Broadcasts and polls: written, seen with their price, tried on a phone on duty, let go, held up, ended; and how far they are."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from dashboards import faults, labels, placefinder, readers
from dashboards.placefinder import Answer
from dashboards.queries import broadcasts as seen
from gateway.broadcasts import announcing, audience, broadcasting
from gateway.broadcasts.audience import CATEGORY, OF_PROGRAMME, PLACE, Audience
from gateway.broadcasts.broadcasting import Quote, Wording
from gateway.errors import Problem
from gateway.governing import duty
from gateway.journal.facts.broadcasts import PREPARED, options_of
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, PLANNER, rule
from gateway.words.replies import LANGUAGES

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def blueprint(node: Node) -> Blueprint:
    pages = Blueprint("broadcasts", __name__, url_prefix="/planner/broadcasts")

    @pages.get("/")
    @rule(PLANNER, FOCAL, ADMIN)
    def listed() -> ResponseReturnValue:
        with node.database.reading() as c:
            found = seen.listed(c, node.origin.writer)
            glances, programmes = seen.glances(c, found), seen.programmes(c)
        return render_template("broadcasts.html", broadcasts=glances, programmes=programmes)

    @pages.get("/new")
    @rule(PLANNER, FOCAL, ADMIN)
    def ask() -> ResponseReturnValue:
        return _form(node, {}, Answer(""))

    @pages.post("/new")
    @rule(PLANNER, FOCAL, ADMIN)
    def prepare() -> ResponseReturnValue:
        form, answer = request.form, placefinder.read(node, request.form)
        if unclear := placefinder.fault_of(answer):
            return _form(node, form, answer, unclear), 409
        try:
            broadcast = announcing.prepare(node, form.get("title", ""), _audience(form, answer),
                                           announcing.wording_of(form, _end_of(node, form.get("closes", ""))),
                                           key=form.get("key", "")[:40] or secrets.token_hex(8), by=g.account.name)
        except Problem as fault:
            if fault.code not in ("planning.refused", "planning.unknown"):
                raise
            return _form(node, form, answer, faults.in_words(fault)), 409
        return redirect(url_for("broadcasts.shown", broadcast=broadcast), 303)

    @pages.get("/<broadcast>")
    @rule(PLANNER, FOCAL, ADMIN)
    def shown(broadcast: str) -> ResponseReturnValue:
        return _page(node, broadcast)

    @pages.post("/<broadcast>/words")
    @rule(PLANNER, FOCAL, ADMIN)
    def translate(broadcast: str) -> ResponseReturnValue:
        form = request.form
        try:
            announcing.translate(node, broadcast, form.get("language", "")[:10], form.get("text", ""),
                                 form.get("options", "").splitlines(), by=g.account.name)
        except Problem as fault:
            if fault.code != "planning.refused":
                raise
            return _page(node, broadcast, form, faults.in_words(fault)), 409
        flash(gettext("Written. Look again at whom it reaches and what it costs."), "done")
        return redirect(url_for("broadcasts.shown", broadcast=broadcast), 303)

    @pages.post("/<broadcast>")
    @rule(PLANNER, FOCAL, ADMIN)
    def decide(broadcast: str) -> ResponseReturnValue:
        form, by = request.form, g.account.name
        step = form.get("do", "")
        if step == "try":
            announcing.try_out(node, broadcast, form.get("phone", ""), form.get("language", ""), by=by)
            flash(gettext("On its way to the phone."), "done")
        elif step == "start":
            announcing.start(node, broadcast, by=by)
            flash(gettext("It goes out now."), "done")
        elif step == "pause":
            announcing.pause(node, broadcast, by=by)
            flash(gettext("Held up. Nothing more of it leaves."), "done")
        elif step == "resume":
            announcing.resume(node, broadcast, by=by)
            flash(gettext("It goes on."), "done")
        elif step == "stop":
            announcing.stop(node, broadcast, by=by)
            flash(gettext("Ended. What has not left does not leave."), "done")
        return redirect(url_for("broadcasts.shown", broadcast=broadcast), 303)

    return pages


def _page(node: Node, broadcast: str, form: Mapping[str, str] = NOTHING, fault: str = "") -> str:
    """One broadcast as it stands; `form` is a translation that was refused."""
    with node.database.reading() as c:
        row = seen.one(c, node.origin.writer, broadcast)
        if row is None:
            raise Problem("planning.unknown", thing="broadcast", id=broadcast[:40])
        wording, why = Wording.of(row), ""
        quote: Quote | None = None
        if row["state"] == PREPARED:
            try:
                quote = broadcasting.quote(c, node, broadcasting.audience_of(row), wording)
            except Problem as unfit:
                why = faults.in_words(unfit)
        progress, told, voters = seen.progress(c, row), seen.told(c, row), seen.voters(c, broadcast)
        phones = duty.listed(c)
        programmes = seen.programmes(c)
    options, k = options_of(row), node.config.access.k_anonymity
    read = readers.told(quote.readers, k, broadcasting.default_language(node)) if quote else None
    lacking = [line.language for line in read.lines if line.language in LANGUAGES and line.language not in wording.texts] if read else []
    return render_template(
        "broadcast.html", row=row, quote=quote, read=read, lacking=lacking, form=form, fault=fault, letters=announcing.MOST_LETTERS,
        default=broadcasting.default_language(node), why=why, progress=progress, told=told, voters=voters, phones=phones,
        programmes=programmes, options=options, words=[broadcasting.words_for(node, wording, language) for language in wording.texts],
        result=seen.result(row, options[_first(node, options)], k) if row["closed_at"] else None,
        k=k, price=node.config.governor.price_per_segment)


def _audience(form: Mapping[str, str], answer: Answer) -> Audience:
    """A place; or a programme or a kind of need, in a place where one is named too."""
    programme, category = form.get("programme", ""), form.get("category", "")
    if programme and category:
        raise Problem("planning.refused", reason="Choose a programme or a kind of need, not both.")
    if programme:
        return Audience(OF_PROGRAMME, programme, answer.code)
    if category:
        return Audience(CATEGORY, category, answer.code)
    return Audience(PLACE, answer.code) if answer.code else Audience("", "")


def _end_of(node: Node, day: str) -> datetime | None:
    """The last second of a day of the city: `2026-11-30`."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time(23, 59, 59), ZoneInfo(node.city.timezone))
    except ValueError:
        raise Problem("planning.refused", reason="Say until when people can vote.") from None


def _form(node: Node, form: Mapping[str, str], answer: Answer, fault: str = "") -> str:
    with node.database.reading() as c:
        programmes = seen.programmes(c)
    default = broadcasting.default_language(node)
    return render_template(
        "broadcast_new.html", form=form, answer=answer, fault=fault, default=default, programmes=programmes,
        others=[language for language in LANGUAGES if language != default], today=node.today, key=form.get("key") or secrets.token_hex(8),
        categories=[code for code in labels.taxonomy() if audience.categories(node, code)], letters=announcing.MOST_LETTERS,
        title_letters=announcing.MOST_TITLE)


def _first(node: Node, options: Mapping[str, tuple[str, ...]]) -> str:
    default = broadcasting.default_language(node)
    return default if default in options else next(iter(options))
