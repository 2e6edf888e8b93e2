"""Try a text: what the parsers make of it and why, with nothing written anywhere."""

from __future__ import annotations

import json

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from gateway.node import Node
from gateway.rules import ADMIN, FOCAL, PLANNER, rule
from parsers import Context, parse

LONGEST = 1_600  # as much as the parsers read


def blueprint(node: Node) -> Blueprint:
    pages = Blueprint("trying", __name__, url_prefix="/planner")

    @pages.get("/try")
    @rule(PLANNER, FOCAL, ADMIN)
    def ask() -> ResponseReturnValue:
        return render_template("try.html", text="")

    @pages.post("/try")
    @rule(PLANNER, FOCAL, ADMIN)
    def read() -> ResponseReturnValue:
        text = request.form.get("text", "")[:LONGEST]
        outcome = parse(text, Context(channel_lang=node.city.language, received_at=node.now()), node.words, node.places, node.meaning)
        said = outcome.as_dict()
        return render_template("try.html", text=text, outcome=outcome, said=json.dumps(said, ensure_ascii=False, indent=1))

    return pages
