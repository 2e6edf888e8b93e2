"""Short words to plant facts in a node, and the app in front of it; `conftest.py` makes fixtures of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

import dashboards
from dashboards import access
from gateway import config, phone, planning
from gateway.journal import ledger
from gateway.journal.canonical import derived_id, iso
from gateway.journal.database import Database
from gateway.journal.events import (
    CommandGiven,
    Event,
    MessageReceived,
    NeedOpened,
    ProgrammeRecorded,
    ReplyQueued,
    ReportClassified,
    ReportFiled,
    ReportGathered,
    ReportUnreadable,
    WorkRecorded,
)
from gateway.node import Node, open_node

NOW = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)
PASSWORD = "a long enough password"
ROLES = ("officer", "planner", "focal", "admin")


class Seed:
    """Writes facts as the doors of the gateway do, in short words; every report gets its own phone unless told otherwise."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.count = 0
        self.opened: set[str] = set()

    def write(self, *events: Event, at: datetime = NOW, by: str = "machine") -> None:
        with self.node.database.writing() as c:
            ledger.write(c, self.node.origin, events, at=at, by=by)

    def report(self, text: str = "no hay agua", *, category: str | None = "WAT01", place: str | None = "S1604", sender: str | None = None,
               restricted: bool | None = False, need: bool = True, urgency: int = 2, at: datetime = NOW, language: str = "es",
               intent: str = "report", errors: Sequence[str] = (), people: int | None = None, severity: int | None = None) -> str:
        """One text that was understood; `restricted=None` leaves it unclassified. Returns its reference."""
        self.count += 1
        message, report, reply = (derived_id(kind, str(self.count)) for kind in ("message", "report", "reply"))
        sender = sender or f"sender{self.count:04d}"
        with self.node.database.writing() as c:
            reference = ledger.references(c, self.node.origin, 1)[0]
            events: list[Event] = [
                MessageReceived(message=message, sender=sender, channel="twilio", provider_id=f"SM{self.count:032d}", text=text,
                                received_at=iso(at)),
                ReportFiled(report=report, message=message, sender=sender, reference=reference, intent=intent, language=language,
                            category=category, place_code=place, severity=severity, people=people, details=text,
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
            ledger.write(c, self.node.origin, events, at=at, by="machine")
        return reference

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
                                report=derived_id("report", reference), reference=reference))

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


def found_node(home: Path, *, now: datetime = NOW, config_text: str = "", city: str = "la-paz") -> Node:
    """An instance in `home`, made as `barrio init` makes one."""
    home.mkdir()
    (home / "config.toml").write_text(f'[node]\ncity = "{city}"\n{config_text}', "utf-8")
    phone.create_secret(home / config.SECRET_FILE)
    read = config.load(str(home / "config.toml"))
    database = Database(read.database_url)
    ledger.found(database, fingerprint=phone.open_vault(read).fingerprint, name="test")
    database.engine.dispose()
    return open_node(read, now=lambda: now)


def app_of(node: Node) -> Flask:
    app = Flask("barrio_test", static_folder=None)
    dashboards.register(app, node)
    access.insist(app)
    return app
