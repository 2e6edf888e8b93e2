"""The way back from a refusal: the page that the form stands on, and what was typed into it.

A browser that goes back finds the form as it was left, but not every browser: pages are not stored, for computers are shared,
and some forget a form with its page. So what was typed is shown beside the reason, to be read and copied.
"""

from __future__ import annotations

from flask import current_app, g, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import HTTPException

from dashboards import phrases
from dashboards.access import required
from gateway.rules import PUBLIC

# what people type in words or figures, by the name of its field; what they choose from a list is chosen again soon
TYPED = {"text": _("What they say"), "note": _("Note"), "reason": _("If it is rejected: the reason, which residents read by text"),
         "why": _("Why?"), "other": _("Who else?"), "cost": _("Cost"), "name": _("Short name"), "decided_on": _("Decided on"),
         "source": _("Where it is from"), **phrases.FACTORS, "floor": _("Kept for deprived places"), "deprived_from": _("Deprived from"),
         "city_rate": _("Voices per 1,000 of the city (empty: counted)"),
         "city_invested": _("Invested per head of the city (empty: counted)")}


def typed() -> list[tuple[str, str]]:
    """What the refused form held, each with the words that stand before it."""
    return [(str(label), words) for name, label in TYPED.items() if (words := request.form.get(name, "").strip())]


def page_of_form(gone: str = "") -> str | None:
    """The nearest address above this one that the person may open; none of what is `gone`, and not the board.

    `POST /planner/needs/7/status` -> `/planner/needs/7`; it is built anew from its route, so it leads nowhere else.
    """
    path = request.path.rstrip("/")
    if request.method in ("GET", "HEAD") and not request.query_string:
        path = path.rpartition("/")[0]  # that very page is what failed
    while path:
        for address in (path, f"{path}/"):
            if (found := _opens(address, gone)) is not None:
                return found
        path = path.rpartition("/")[0]
    return None


def _opens(address: str, gone: str) -> str | None:
    try:
        endpoint, values = current_app.url_map.bind("").match(address, method="GET")
    except HTTPException:
        return None
    who, account = required(current_app, endpoint) or frozenset(), g.get("account")
    is_open = PUBLIC in who or (account is not None and account.role in who)
    if not is_open or (gone and any(str(value).startswith(gone) for value in values.values())):
        return None
    return url_for(endpoint, **values)
