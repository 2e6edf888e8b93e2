"""Short words to plant facts in a node, and the app in front of it; `conftest.py` makes fixtures of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection
from werkzeug.test import TestResponse

import dashboards
from dashboards import access
from gateway.decisions import planning
from gateway.journal import ledger
from gateway.journal.canonical import derived_id, iso
from gateway.journal.events import Event
from gateway.journal.facts.needs import NeedOpened, ReportClassified, ReportGathered
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.facts.residents import CommandGiven, MessageReceived, ReportFiled, ReportUnreadable
from gateway.journal.facts.works import ProgrammeRecorded, WorkRecorded
from gateway.node import Node
from parsers.reference import check_digit
from tests.conftest import START

NOW = START  # where the clock of the tests stands
PASSWORD = "a long enough password"
ROLES = ("officer", "planner", "focal", "admin")


class Seed:
    """Writes facts as the doors of the gateway do, in short words; every report gets its own phone unless told otherwise."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.count = 0
        self._open: Connection | None = None
        self.opened: set[str] = set()
        self.ids: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.references = (f"{n}{digit}" for n in count(1000) if (digit := check_digit(n)) is not None)

    def write(self, *events: Event, at: datetime = NOW, by: str = "machine") -> None:
        with self.together() as c:
            ledger.write(c, self.node.origin, events, at=at, by=by)

    @contextmanager
    def together(self) -> Iterator[Connection]:
        """Everything planted inside is one transaction: a hundred reports cost one fsync."""
        if self._open is not None:
            yield self._open
            return
        with self.node.database.writing() as c:
            self._open = c
            try:
                yield c
            finally:
                self._open = None

    def report(self, text: str = "no hay agua", *, category: str | None = "WAT01", place: str | None = "S1604", sender: str | None = None,
               restricted: bool | None = False, need: bool = True, urgency: int = 2, at: datetime = NOW, language: str = "es",
               intent: str = "report", errors: Sequence[str] = (), people: int | None = None, severity: int | None = None,
               place_text: str | None = None) -> str:
        """One text that was understood; `restricted=None` leaves it unclassified. Returns its reference."""
        self.count += 1
        message, report, reply = (derived_id(kind, str(self.count)) for kind in ("message", "report", "reply"))
        sender = sender or f"sender{self.count:04d}"
        reference = next(self.references)
        self.ids[reference] = report
        self.texts[reference] = text
        events: list[Event] = [
            MessageReceived(message=message, sender=sender, channel="twilio", provider_id=f"SM{self.count:032d}", text=text,
                            received_at=iso(at)),
            ReportFiled(report=report, message=message, sender=sender, reference=reference, intent=intent, language=language,
                        category=category, place_code=place, place_text=place_text, severity=severity, people=people, details=text,
                        errors=tuple(errors), why=("word: agua",)),
            ReplyQueued(reply=reply, sender=sender, channel="twilio", kind="ack", language=language, segments=1, due_at=iso(at),
                        text=f"Recibido: {category}. Su numero es {reference}", message=message)]
        if restricted is not None:
            events.append(ReportClassified(report=report, category=category, confidence=0.9, urgency=urgency,
                                           restricted=restricted, model="rules", why=("two phones",)))
        if need and category and place and restricted is not None:
            opened = need_id(place, category)
            if opened not in self.opened:
                self.opened.add(opened)
                events.append(NeedOpened(need=opened, place_code=place, category=category))
            events.append(ReportGathered(report=report, need=opened))
        self.write(*events, at=at)
        return reference

    def references_of(self, words: str) -> list[str]:
        return [reference for reference, text in self.texts.items() if words in text]

    def unread(self, text: str, reason: str = "unknown", at: datetime = NOW) -> str:
        self.count += 1
        message = derived_id("message", str(self.count))
        self.write(MessageReceived(message=message, sender=f"sender{self.count:04d}", channel="twilio",
                                   provider_id=f"SM{self.count:032d}", text=text, received_at=iso(at)),
                   ReportUnreadable(message=message, sender=f"sender{self.count:04d}", reason=reason, language="und"), at=at)
        return message

    def support(self, reference: str, sender: str) -> None:
        self.count += 1
        message = derived_id("message", str(self.count))
        self.write(MessageReceived(message=message, sender=sender, channel="twilio", provider_id=f"SM{self.count:032d}", text="yo tambien",
                                   received_at=iso(NOW)),
                   CommandGiven(message=message, sender=sender, intent="support", language="es",
                                report=self.ids[reference], reference=reference))

    def works(self) -> None:
        self.write(ProgrammeRecorded(programme="PBCV", name="Barrios de Verdad", sponsor="GAMLP", currency="BOB"),
                   WorkRecorded(work="W-1", programme="PBCV", name="Red de agua Pampahasi", component="AYA", place_code="S1604",
                                phase="design", budget=1000, starts_on="2026-02-01", ends_on="2027-06-30"),
                   WorkRecorded(work="W-2", programme="PBCV", name="Gradas Kupini", component="GRD", place_code="S1701",
                                phase="tender", budget=2000))

    def accounts(self) -> None:
        for role in ROLES:
            planning.enrol(self.node, f"ana-{role}", role, ["*"], PASSWORD)


def need_id(place: str, category: str) -> str:
    return derived_id("need", place, category, "1")


def app_of(node: Node) -> Flask:
    app = Flask("barrio_test", static_folder=None)
    dashboards.register(app, node)
    access.insist(app)
    return app


def token(client: FlaskClient) -> str:
    """A CSRF token of this client's session, read from a form as a browser would send it back."""
    found = re.search('name="csrf_token" value="([^"]+)"', client.get("/sign-in", follow_redirects=True).text)
    assert found is not None
    return found[1]


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD, **more: str) -> TestResponse:
    return client.post("/sign-in", data={"name": name, "password": password, "csrf_token": token(client), **more})


def as_role(app: Flask, role: str) -> FlaskClient:
    """A browser in which `ana-<role>` is signed in; nobody is for the role `anonymous`."""
    client = app.test_client()
    if role != "anonymous":
        assert sign_in(client, f"ana-{role}").status_code == 303
    return client
