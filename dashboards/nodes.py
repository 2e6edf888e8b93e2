"""What each machine that shares this journal has, since when, what waits and what was refused: one page, never a false OK."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway.machine.neighbours import Look
from gateway.rules import ADMIN, FOCAL, OFFICER, PLANNER, rule


def blueprint(look: Look) -> Blueprint:
    pages = Blueprint("nodes", __name__, url_prefix="/planner")

    @pages.get("/nodes")
    @rule(OFFICER, PLANNER, FOCAL, ADMIN)
    def listed() -> ResponseReturnValue:
        return render_template("nodes.html", there=look())

    return pages
