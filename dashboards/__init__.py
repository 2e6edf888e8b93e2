"""What people see: server-rendered pages of one node, wired into a Flask app by `register`."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Flask
from flask_wtf import CSRFProtect

from dashboards import (
    access,
    areas,
    board,
    broadcasts,
    brought,
    budget,
    bulletin,
    charts,
    circle,
    comparing,
    desk,
    faults,
    headers,
    incidents,
    landmarks,
    languages,
    lessons,
    mapping,
    nodes,
    officer,
    pack,
    pages,
    placesheet,
    planner,
    public,
    queue,
    ranking,
    readings,
    restricted,
    sameness,
    sign_in,
    telling,
    triage,
    trying,
    views,
    writing,
)
from dashboards.placetree import PlaceTree
from gateway.machine.neighbours import Look, Neighbourhood
from gateway.node import Node

__all__ = ["csrf_of", "keep_ready", "register"]


def register(app: Flask, node: Node, look: Look | None = None) -> None:
    """Add every page, sign-in, the guard in front of them, languages and headers to an app.

    `look` says how the node stands with others, where there are any. Call it before other blueprints are added, and
    `access.insist(app)` after the last one.
    """
    app.config.update(
        SECRET_KEY=node.vault.cookie_key, SESSION_COOKIE_NAME="barrio", SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_SECURE=node.config.web.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=node.config.access.session_hours), SESSION_REFRESH_EACH_REQUEST=False,
        # the token lives as long as the session; and with no-referrer there is no referrer that could be compared
        WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)
    access.guard(app, node)
    CSRFProtect(app)
    languages.install(app, node)
    headers.install(app, https=node.config.web.secure_cookies)
    faults.install(app)
    tree, kept = PlaceTree.of(node.city), budget.Kept()
    app.extensions["board"] = counted = board.Kept(node, tree)
    blueprints: tuple[Blueprint, ...] = (
        pages.blueprint(app, node), public.blueprint(node, tree, counted), sign_in.blueprint(node), planner.blueprint(node, tree),
        queue.blueprint(node, tree), triage.blueprint(node), readings.blueprint(node, tree), landmarks.blueprint(node),
        lessons.blueprint(node), restricted.blueprint(node), sameness.blueprint(node, tree), trying.blueprint(node),
        officer.blueprint(node, tree), writing.blueprint(node, tree), mapping.blueprint(node, tree), brought.blueprint(node, tree),
        ranking.blueprint(node, tree), budget.blueprint(node, kept), telling.blueprint(node, tree), desk.blueprint(node),
        areas.blueprint(node), pack.blueprint(node, kept), charts.blueprint(node, tree),
        comparing.blueprint(node, tree), views.blueprint(node), bulletin.blueprint(node, tree),
        placesheet.blueprint(node, tree), broadcasts.blueprint(node), incidents.blueprint(node), circle.blueprint(node, tree),
        nodes.blueprint(look or (lambda: Neighbourhood(node.config.node.name, is_hub=node.config.node.role == "hub"))))
    for blueprint in blueprints:
        app.register_blueprint(blueprint)


def keep_ready(app: Flask) -> board.Keeper:
    """Read the newest run and count the public board in a thread, so that no reader waits for them; whoever ends the app stops that too."""
    kept: board.Kept = app.extensions["board"]
    return kept.keep()


def csrf_of(app: Flask) -> CSRFProtect:
    """The CSRF guard of the app: doors for machines, which sign their requests, are exempted from it."""
    return app.extensions["csrf"]
