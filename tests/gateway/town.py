"""A town of needs with phones behind them, planted as facts, for whoever tests what residents are told."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select

from gateway.decisions import planning
from gateway.journal import ledger
from gateway.journal.canonical import derived_id, iso
from gateway.journal.events import Event
from gateway.journal.facts.needs import NeedOpened, ReportClassified, ReportGathered
from gateway.journal.facts.residents import CommandGiven, MessageReceived, ReportFiled
from gateway.journal.rows import insert
from gateway.journal.tables import Contact, Need, Reply, table
from gateway.machine import jobs
from gateway.needs import news
from gateway.node import Node
from tests.conftest import Clock

CONTACT, NEED, REPLY = table(Contact), table(Need), table(Reply)
OFTEN = "[outbox]\nautomatic_per_day = 100\n"


@dataclass
class Town:
    """Plants needs with phones behind them, and decides about them as people do."""

    node: Node
    clock: Clock
    events: list[Event] = field(default_factory=list)
    count: int = 0

    def phone(self, name: str, *, known: bool = True) -> str:
        if known:
            with self.node.database.writing() as c:
                insert(c, CONTACT, [{"sender": name, "channel": "console", "number": self.node.vault.seal(b"+59170000001")}])
        return name

    def need(self, name: str, *phones: str, restricted: bool = False) -> str:
        """A need of its own, reported by each of the phones."""
        need = derived_id("need", name)
        self.events.append(NeedOpened(need=need, place_code="S1604", category="WAT01", generation=self.count + 1))
        for phone in phones:
            message, report = self._message(phone), derived_id("report", name, phone)
            self.events += [
                ReportFiled(report=report, message=message, sender=phone, reference=f"{10000 + self.count}", intent="report", language="es",
                            category="WAT01", place_code="S1604"),
                ReportClassified(report=report, category="WAT01", confidence=1.0, urgency=2, restricted=restricted, model="rules"),
                ReportGathered(report=report, need=need)]
        return need

    def command(self, phone: str, intent: str, report: str | None = None) -> None:
        message = self._message(phone)
        self.events.append(CommandGiven(message=message, sender=phone, intent=intent, language="es", report=report))

    def _message(self, phone: str) -> str:
        self.count += 1
        message = derived_id("message", str(self.count))
        self.events.append(MessageReceived(message=message, sender=phone, channel="console", provider_id=f"p{self.count}", text="x",
                                           received_at=iso(self.clock())))
        return message

    def write(self, by: str = "resident") -> None:
        with self.node.database.writing() as c:
            ledger.write(c, self.node.origin, self.events, at=self.clock(), by=by)
        self.events.clear()

    def work(self, **span: float) -> None:
        self.clock.on(**span)
        jobs.work(self.node)

    def decide(self, need: str, status: str, reason: str = "") -> None:
        with self.node.database.reading() as c:
            after = c.execute(select(NEED.c.status_entry).where(NEED.c.id == need)).scalar()
        planning.change_status(self.node, need, status, note="", by="ana", after=after, reason=reason)

    def heard(self, phone: str | None = None) -> list[str]:
        """The kinds of what left by itself, in order."""
        with self.node.database.reading() as c:
            rows = c.execute(select(REPLY.c.kind, REPLY.c.sender).where(REPLY.c.state == "delivered", REPLY.c.kind.in_(news.KINDS))
                             .order_by(REPLY.c.queued_at, REPLY.c.id)).all()
        return [kind for kind, sender in rows if phone in (None, sender)]
