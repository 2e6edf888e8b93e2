"""The pages of the planner's desk as files, by the same question in the address."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g, request, url_for
from flask.typing import ResponseReturnValue

from dashboards import exports, sheets
from dashboards.queries import plans
from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, PLANNER, rule


def blueprint(node: Node) -> Blueprint:
    pages = Blueprint("desk", __name__, url_prefix="/planner")

    pages.record_once(lambda state: state.app.jinja_env.globals.update(formats=exports.formats, as_file=_as_file, money_unit=money_unit))

    def money_unit() -> str:
        """What programmes count in, as most of them say; asked once a page."""
        if "money_unit" not in g:
            with node.database.reading() as c:
                g.money_unit = plans.currency(c)
        return str(g.money_unit)

    @pages.get("/sheets/<name>.<format>")
    @rule(PLANNER, FOCAL, ADMIN)
    def sheet(name: str, format: str) -> ResponseReturnValue:
        if name not in sheets.SHEETS:
            abort(404)
        return Response(exports.stream(node, name, format, request.args), mimetype=exports.TYPES[format], headers={
            "Content-Disposition": f'attachment; filename="{name}.{"hxl.csv" if format == "hxl" else format}"'})

    return pages


def _as_file(name: str, format: str) -> str:
    """The address of the file that answers the same question as this page."""
    asked: dict[str, Any] = {question: said for question, said in request.args.items() if question in sheets.QUESTIONS}
    return url_for("desk.sheet", name=name, format=format, **asked)
