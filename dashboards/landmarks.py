"""Landmarks: what residents call a spot that no list of ours holds, pinned once by a person and known from then on."""

from __future__ import annotations

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from dashboards import phrases, placefinder
from dashboards.access import SignedIn
from dashboards.planner import page_number
from dashboards.queries import landmarks as seen
from dashboards.queries.seen import PAGE
from gateway.decisions import pinning
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, OFFICER, PLANNER, rule

LONGEST = 200


def blueprint(node: Node) -> Blueprint:
    pages = Blueprint("landmarks", __name__, url_prefix="/officer")

    @pages.get("/landmarks")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def listed() -> ResponseReturnValue:
        page = page_number()
        with node.database.reading() as c:
            waiting = seen.waiting(c, lambda text: pinning.named(node, text), pinning.alias_of)
            pins, more_pins = seen.pins(c, page)
            decided = seen.decisions(c, [pin.alias for pin in pins if pin.contested])
        shown = waiting[(page - 1) * PAGE:page * PAGE]
        return render_template("landmarks.html", waiting=shown, pins=pins, decided=decided, page=page, reads=reads_texts(g.account),
                               more=more_pins or len(waiting) > page * PAGE, pinnable={w.alias: _hint(node, w.phrase) for w in shown},
                               mine={pin.alias for pin in pins if may_pin(node, g.account, pin.place)})

    @pages.get("/landmarks/pin")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def ask() -> ResponseReturnValue:
        phrase = " ".join(request.args.get("phrase", "")[:LONGEST].split())
        return _page(node, phrase, placefinder.read(node, request.args))

    @pages.post("/landmarks/pin")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def pin() -> ResponseReturnValue:
        phrase = " ".join(request.form.get("phrase", "")[:LONGEST].split())
        answer = placefinder.read(node, request.form)
        fault = _fault(node, phrase, answer)
        if fault:
            return _page(node, phrase, answer, fault), 409
        pinning.pin(node, phrase, answer.code, by=g.account.name, after=request.form.get("after"))
        flash(gettext("Pinned: whoever writes “%(phrase)s” means %(place)s. Texts that wait with it get their place now.",
                      phrase=phrase, place=answer.typed), "done")
        return redirect(url_for("landmarks.listed"), 303)

    @pages.post("/landmarks/unpin")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def unpin() -> ResponseReturnValue:
        with node.database.reading() as c:
            stands = seen.pin_of(c, request.form.get("alias", ""))
        if stands is None or not stands.place:
            flash(gettext("It was not there any more."), "done")
        elif not may_pin(node, g.account, stands.place):
            flash(phrases.NOT_YOUR_AREA, "fault")
        else:
            pinning.unpin(node, stands.phrase, by=g.account.name, after=request.form.get("after"))
            flash(gettext("The pin was taken back. Texts that got their place by it wait again."), "done")
        return redirect(url_for("landmarks.listed"), 303)

    @pages.get("/places")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def suggest() -> ResponseReturnValue:
        """What the field offers while a person types; without a script the same list comes with the answer of the form."""
        return jsonify([{"value": found.value, "label": found.around}
                        for found in placefinder.find(node, request.args.get("find", "")[:80])])

    return pages


def reads_texts(account: SignedIn) -> bool:
    """Texts without a place belong to no area: who looks after a part of the city does not read them."""
    return account.plans or "*" in account.areas


def may_pin(node: Node, account: SignedIn, place: str) -> bool:
    """A field officer pins inside their areas."""
    return account.plans or "*" in account.areas or any(node.places.lies_in(place, area) for area in account.areas)


def _page(node: Node, phrase: str, answer: placefinder.Answer, fault: str = "") -> str:
    with node.database.reading() as c:
        waiting = seen.waiting(c, lambda text: pinning.named(node, text), pinning.alias_of)
        alias = pinning.alias_of(phrase)
        stands, decided = seen.pin_of(c, alias), seen.decisions(c, [alias]).get(alias, [])
    return render_template("pin.html", phrase=phrase, answer=answer, fault=fault, stands=stands, decided=decided, longest=LONGEST,
                           waiting=next((w for w in waiting if w.alias == alias), None), reads=reads_texts(g.account),
                           hint="" if fault else _hint(node, phrase))


def _hint(node: Node, phrase: str) -> str:
    """Why the phrase cannot be pinned as it stands, if it cannot."""
    refused = pinning.refusal(node, phrase, "") if phrase else None
    return str(phrases.REFUSALS[refused.reason]) if refused else ""


def _fault(node: Node, phrase: str, answer: placefinder.Answer) -> str:
    """What a person must mend before this can be pinned."""
    if hint := _hint(node, phrase) or ("" if phrase else str(phrases.REFUSALS["short"])):
        return hint
    if answer.is_empty:
        return str(gettext("Say which place is meant."))
    if fault := placefinder.fault_of(answer):
        return fault
    if (refused := pinning.refusal(node, phrase, answer.code)) is not None:
        named = placefinder.choice(node, refused.place).value
        return str(gettext("“%(phrase)s” is the name of %(place)s already.", phrase=phrase, place=named))
    with node.database.reading() as c:
        stands = seen.pin_of(c, pinning.alias_of(phrase))
    held = [answer.code, *([stands.place] if stands and stands.place else [])]
    return "" if all(may_pin(node, g.account, code) for code in held) else str(phrases.NOT_YOUR_AREA)
