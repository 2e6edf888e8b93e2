"""Default deny: a view that does not say who may use it is refused, and such an app does not start.

Sessions are signed cookies that name an account and a stamp of its password, role and state: change any of them and every
session of that account ends with its next request.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from dashboards.queries.seen import ACCOUNT
from gateway.errors import Problem
from gateway.journal.canonical import iso, moment
from gateway.journal.facts.nodes import authorities
from gateway.journal.folds import account_id
from gateway.node import Node
from gateway.rules import OFFICER, PUBLIC, SIGNED, most_bytes_of, rule_of

MOST_FORM_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person at the keyboard."""

    id: str
    name: str
    role: str
    areas: tuple[str, ...]

    @property
    def plans(self) -> bool:
        return self.role != OFFICER


@dataclass(frozen=True, slots=True)
class Known:
    """An account as the sign-in needs it."""

    who: SignedIn
    password: str
    enabled: bool

    @property
    def stamp(self) -> str:
        return hashlib.sha256(f"{self.password}\x1f{self.enabled}\x1f{self.who.role}".encode()).hexdigest()[:32]


def insist(app: Flask) -> None:
    """Refuse to start with a door that nobody thought about."""
    for rule in app.url_map.iter_rules():
        if required(app, rule.endpoint) is None:
            raise Problem("access.undeclared", route=rule.rule)


def required(app: Flask, endpoint: str) -> frozenset[str] | None:
    """Who may use an endpoint; static files are for anybody, wherever they come from."""
    if endpoint == "static" or endpoint.endswith(".static"):
        return frozenset({PUBLIC})
    return rule_of(app.view_functions.get(endpoint))


def guard(app: Flask, node: Node) -> None:
    """Put the guard in front of every view, before anything else looks at the request."""

    @app.before_request
    def enter() -> ResponseReturnValue | None:
        g.account = None
        if request.endpoint is None:
            return None  # no such page, or no such method: the answer is the same for everybody
        who = required(current_app, request.endpoint)
        if who is None:
            abort(403)
        if SIGNED in who:
            return None
        request.max_content_length = most_bytes_of(current_app.view_functions.get(request.endpoint)) or MOST_FORM_BYTES
        if PUBLIC not in who or "account" in session:
            g.account = _resume(node)
        if PUBLIC in who:
            return None
        if g.account is None:
            back = request.full_path.rstrip("?") if request.method == "GET" else None
            return redirect(url_for("sign_in.ask", next=back))
        if g.account.role not in who:
            abort(403)
        return None


def known(node: Node, *, name: str | None = None, account: str | None = None) -> Known | None:
    with node.database.reading() as c:
        chosen = ACCOUNT.c.id == account
        if account is None:  # enrolled by the hub or here: what another node says of its people counts there only
            chosen = ACCOUNT.c.id.in_([account_id(writer, name or "") for writer in authorities(c, node.origin.writer)])
        row = c.execute(select(ACCOUNT.c.id, ACCOUNT.c.name, ACCOUNT.c.role, ACCOUNT.c.areas, ACCOUNT.c.password,
                               ACCOUNT.c.enabled).where(chosen).order_by(ACCOUNT.c.enabled.desc())).first()
    return Known(SignedIn(row.id, row.name, row.role, tuple(json.loads(row.areas))), row.password, row.enabled) if row else None


def begin(account: Known, now: datetime) -> None:
    """A fresh session: nothing of the one before survives the sign-in."""
    session.clear()
    session.update(account=account.who.id, stamp=account.stamp, since=iso(now))
    session.permanent = True


def home_of(account: SignedIn) -> str:
    return url_for("planner.needs") if account.plans else url_for("officer.desk")


def _resume(node: Node) -> SignedIn | None:
    account, stamp, since = (session.get(key) for key in ("account", "stamp", "since"))
    if not (isinstance(account, str) and isinstance(stamp, str) and isinstance(since, str)):
        return None
    there = known(node, account=account)
    age = node.now() - moment(since)
    fresh = timedelta(0) <= age < timedelta(hours=node.config.access.session_hours)
    if there is None or not there.enabled or not fresh or not hmac.compare_digest(stamp, there.stamp):
        session.clear()
        return None
    return there.who
