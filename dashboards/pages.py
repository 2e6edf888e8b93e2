"""What all pages share: the templates, the static files, the filters and the page that explains a fault."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, abort, g, request, url_for

from dashboards import labels, phrases
from dashboards.languages import language
from dashboards.reasoned import because
from dashboards.text import visible
from gateway.node import Node
from gateway.rules import PUBLIC, rule

STATIC = Path(__file__).with_name("static")
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
A_YEAR = 31_536_000


def blueprint(app: Flask, node: Node) -> Blueprint:
    shared = Blueprint("pages", __name__, template_folder="templates")
    files = {p.name: p.read_bytes() for p in STATIC.iterdir() if p.suffix in TYPES}
    versions = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in files.items()}

    @shared.get("/pages/<name>")
    @rule(PUBLIC)
    def static(name: str) -> Response:
        if name not in files:
            abort(404)
        response = Response(files[name], mimetype=TYPES[name[name.rindex("."):]])
        if request.args.get("v") == versions[name]:  # the address changes with the content
            response.cache_control.max_age, response.cache_control.public = A_YEAR, True
        return response

    def asset(name: str) -> str:
        return url_for("pages.static", name=name, v=versions[name])

    def category(code: str | None) -> str:
        return labels.category(code, language())

    def here_in(code: str) -> str:
        """This page in another language."""
        if request.endpoint is None or request.method != "GET":
            return url_for("public.board_page", lang=code)
        kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
        return f"{request.path}?{urlencode([*kept, ('lang', code)])}"

    def here_at(number: int) -> str:
        """This list, at another page."""
        kept = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
        return f"{request.path}?{urlencode([*kept, ('page', str(number))])}"

    def with_filter(**changed: str | None) -> str:
        """This list, filtered differently and from its first page."""
        kept = {name: value for name, value in request.args.items() if name not in ("page", "lang")} | changed
        chosen = {name: value for name, value in kept.items() if value}
        return f"{request.path}?{urlencode(chosen)}" if chosen else request.path

    def called(name: str) -> str:
        """What a decision was about, in the reader's words: kind and place (`WAT01|S1604`), or a reference as it is."""
        kind, bar, where = name.partition("|")
        return f"{labels.category(kind, language())} · {node.city.place_name(where)}" if bar else visible(name)

    def named(name: str) -> str:
        """The same before what is said of it; nothing when that is not to be told."""
        return f"{called(name)}: " if name else ""

    def need_page(need: str) -> str:
        """A need, on the page of whoever reads this one."""
        return url_for("planner.need" if g.account.plans else "officer.need", need=need)

    def place(code: str | None) -> str:
        return node.city.place_name(code)  # the city changes while we run: places are imported

    app.jinja_env.filters.update(visible=visible, category=category, place=place, because=because)
    app.jinja_env.globals.update(
        asset=asset, here_in=here_in, here_at=here_at, with_filter=with_filter, named=named, called=called, need_page=need_page,
        phrases=phrases, account=lambda: g.get("account"), city_label=node.city.label, example_code=lambda: node.city.example_code)
    return shared
