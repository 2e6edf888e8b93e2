"""Signing in and out."""

from __future__ import annotations

import threading
from functools import cached_property
from urllib.parse import urlsplit

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from dashboards import access
from dashboards.callers import address_of
from dashboards.throttle import Throttle
from gateway.decisions.planning import hash_password
from gateway.node import Node
from gateway.rules import PUBLIC, rule

# each check takes 19 MiB: 32 threads at once would not fit a small box
_HASHING = threading.BoundedSemaphore(2)


class Doorkeeper:
    """Checks names and passwords, at the same cost whether or not the name exists."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.accounts, self.addresses = Throttle(free=5), Throttle(free=20)

    @cached_property
    def _nobody(self) -> str:
        return hash_password("the password of nobody at all")

    def wait(self, name: str, address: str) -> float:
        now = self._node.now()
        return max(self.accounts.wait(name, now), self.addresses.wait(address, now))

    def let_in(self, name: str, password: str, address: str) -> access.Known | None:
        """The account, when the password is right and the account may be used."""
        there, nobody = access.known(self._node, name=name), self._nobody
        right = _matches(there.password if there else nobody, password)
        if there is not None and right and there.enabled:
            self.accounts.right(name)
            return there
        now = self._node.now()
        self.accounts.wrong(name, now)
        self.addresses.wrong(address, now)
        return None


def blueprint(node: Node) -> Blueprint:
    pages = Blueprint("sign_in", __name__)
    door = Doorkeeper(node)

    @pages.get("/sign-in")
    @rule(PUBLIC)
    def ask() -> ResponseReturnValue:
        if g.account is not None:
            return redirect(_local(request.args.get("next")) or access.home_of(g.account))
        return render_template("sign_in.html", next=_local(request.args.get("next")))

    @pages.post("/sign-in")
    @rule(PUBLIC)
    def enter() -> ResponseReturnValue:
        name, password = request.form.get("name", "").strip()[:200], request.form.get("password", "")[:1000]
        address = address_of(request, node.config)
        back = _local(request.form.get("next"))
        wait = door.wait(name, address)
        if wait > 0:
            said = gettext("Too many wrong tries. Please wait %(seconds)s seconds and try again.", seconds=int(wait) + 1)
            return render_template("sign_in.html", next=back, name=name, fault=said), 429, {"Retry-After": str(int(wait) + 1)}
        there = door.let_in(name, password, address)
        if there is None:
            said = gettext("The name or the password is not right.")
            return render_template("sign_in.html", next=back, name=name, fault=said), 403
        access.begin(there, node.now())
        return redirect(back or access.home_of(there.who), 303)

    @pages.post("/sign-out")
    @rule(PUBLIC)
    def leave() -> ResponseReturnValue:
        session.clear()
        return redirect(url_for("public.board_page"), 303)

    return pages


def _matches(hashed: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError
    with _HASHING:
        try:
            return PasswordHasher().verify(hashed, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False


def _local(address: str | None) -> str | None:
    """A path of this site, or nothing: `//elsewhere` and `/\\elsewhere` lead away."""
    if not address or not address.startswith("/") or address.startswith("//") or "\\" in address:
        return None
    if any(ord(char) < 32 for char in address) or urlsplit(address).netloc:
        return None
    return address
