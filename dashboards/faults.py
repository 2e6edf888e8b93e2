"""Pages for what went wrong: in words, with the next step, and never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date, format_decimal, gettext
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from dashboards import wayback
from dashboards.languages import direction
from gateway.errors import SPOKEN, Problem
from gateway.journal.database import fault_in_words, is_away

_log = logging.getLogger("barrio.pages")

WORDS = {
    400: (_("That did not work"), _("The request was not complete. Go back and try again.")),
    403: (_("This is not open to you"), _("Your account may not see this page. Ask the administrator if you need it.")),
    404: (_("There is nothing here"), _("The address may be mistyped, or what it showed was merged into something else.")),
    405: (_("That did not work"), _("The request was not complete. Go back and try again.")),
    413: (_("That was too long"), _("Nothing was saved. Please send less at once.")),
    500: (_("Something broke on our side"), _("Nothing was left half done. Please try again; if it stays, tell the operator.")),
    503: (_("The database does not answer"), _("Texts from residents are still kept. Please try again in a minute.")),
}
PHOTO = (_("That photo is too large"), _("A photo has 8 MB at most. Nothing was saved: go back with your browser and choose a "
                                         "smaller one, or save the note without it."))
EXPIRED = (_("This page was open for too long"), _("Go back, load it again and repeat the last step. Nothing was changed."))
STATUS_OF = {"planning.unknown": 404, "planning.refused": 409, "export.format": 404, "database.away": 503}


def install(app: Flask) -> None:
    @app.errorhandler(CSRFError)
    def expired(fault: CSRFError) -> ResponseReturnValue:
        return _page(400, *EXPIRED)

    @app.errorhandler(HTTPException)
    def refused(fault: HTTPException) -> ResponseReturnValue:
        if fault.code is None or fault.code < 400:
            return fault
        with_photo = fault.code == 413 and request.mimetype == "multipart/form-data"
        response = Response(_page(fault.code, *(PHOTO if with_photo else WORDS.get(fault.code, WORDS[400])))[0], fault.code)
        for name, value in fault.get_headers():
            if name.lower() in ("allow", "retry-after"):
                response.headers[name] = value
        return response

    @app.errorhandler(Problem)
    def problem(fault: Problem) -> ResponseReturnValue:
        status = STATUS_OF.get(fault.code, 500)
        if status >= 500:
            _log.error("%s answered %d: %s", request.endpoint, status, fault.code)
            return _page(status, *WORDS[status])
        title, words = WORDS[404 if status == 404 else 400]
        return _page(status, title, in_words(fault) if fault.code in SPOKEN else words,
                     gone=str(fault.facts.get("id", "")), typed=wayback.typed() if status == 409 else ())

    @app.errorhandler(Exception)
    def broken(fault: Exception) -> ResponseReturnValue:
        if is_away(fault):
            _log.error("%s: database away: %s", request.endpoint, fault_in_words(fault))
            return _page(503, *WORDS[503])
        # the message of an exception may hold a resident's words; its type and place are enough to mend it
        where = fault.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        _log.error("%s failed: %s at %s", request.endpoint, type(fault).__name__,
                   f"{where.tb_frame.f_code.co_filename.rpartition('/')[2]}:{where.tb_lineno}" if where else "?")
        return _page(500, *WORDS[500])


def in_words(fault: Problem) -> str:
    """What was refused and why, in the reader's language, numbers and days included."""
    fills = {name: _fill(fact) for name, fact in fault.fills.items()}
    return f"{gettext(fault.message, **fills)} {gettext(fault.do)}"


def _fill(fact: object) -> str:
    if isinstance(fact, date):
        return str(format_date(fact, "medium"))
    if isinstance(fact, int | float):
        return str(format_decimal(fact))
    return f"\u2068{fact}\u2069" if direction() == "rtl" else str(fact)  # isolated: ids and names run the other way


def _page(status: int, title: object, words: object, *, gone: str = "", typed: Sequence[tuple[str, str]] = ()) -> tuple[str, int]:
    return render_template("fault.html", title=title, words=words, back=wayback.page_of_form(gone), typed=typed), status
