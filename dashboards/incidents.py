"""Trouble on the roads of texts: what stands, where, since when, what to do first; and how long a canary was under way, and its price."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from gateway.governing import roads
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, OFFICER, PLANNER, rule
from gateway.trouble import canaries, incidents

KINDS = {
    roads.SILENT: _("No texts come in"), roads.FAILING: _("Sending fails"), roads.UNDELIVERED: _("Texts do not arrive"),
    roads.AGED: _("Replies do not leave"), roads.PHONE: _("A phone needs help"), roads.ROUND_TRIP: _("A test text did not come back")}
DO = {
    roads.SILENT: _("Send an SMS to the number yourself. If it does not come in, look at the address that the provider calls, and at the "
                    "provider's account or the modem."),
    roads.FAILING: _("Look at the provider's account: credit, a password that was changed, a sender that is blocked. Then run "
                     "“barrio check”."),
    roads.UNDELIVERED: _("The provider takes texts and they do not reach phones: ask it why, and write by another channel meanwhile."),
    roads.AGED: _("See whether the worker runs (“barrio check”) and whether the provider answers."),
    roads.PHONE: _("Charge it, look at its network and credit, and open its app."),
    roads.ROUND_TRIP: _("Send an SMS to the number by hand. If it comes in, only the test is wrong; if not, nothing of residents "
                        "comes in either.")}

FULL = _("The phones were given all that they may send in an hour, and the rest waits for the next. A second phone helps, or a higher "
         "android.segments_per_hour and a higher limit in the app.")


def blueprint(node: Node) -> Blueprint:
    pages = Blueprint("incidents", __name__, url_prefix="/planner")

    def troubles() -> list[incidents.Seen]:
        with node.database.reading() as c:
            return incidents.listed(c, standing=True)

    @pages.app_context_processor
    def shown_on_desks() -> dict[str, object]:
        return {"troubles": troubles, "TROUBLES": KINDS}

    @pages.get("/incidents")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)  # the phone that is a box's road lies on the officer's table
    def listed() -> ResponseReturnValue:
        with node.database.reading() as c:
            found, back = incidents.listed(c), canaries.seconds_back(c)
        return render_template("incidents.html", standing=[one for one in found if one.closed_at is None],
                               over=[one for one in found if one.closed_at is not None], kinds=KINDS, do=DO, full=FULL, back=back,
                               prices=canaries.prices(node), mute=canaries.mute(node), every=node.config.canary.every_minutes)

    @pages.post("/incidents/<incident>/take")
    @rule(ADMIN)
    def take(incident: str) -> ResponseReturnValue:
        if not incidents.take(node, incident, by=g.account.name):
            abort(404)
        flash(gettext("You look after it now; everybody sees that."), "done")
        return redirect(url_for("incidents.listed"), 303)

    return pages
