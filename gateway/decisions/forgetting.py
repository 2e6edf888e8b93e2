"""The words of a restricted report are erased when nobody needs them any more: bodies are withheld, headers and chain stay.

What is left is that there was a report, for the counts of a quarter: neither its subject nor its place nor a word of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, or_, select

from gateway.journal import ledger, withholding
from gateway.journal.canonical import iso
from gateway.journal.entries import ENTRY
from gateway.journal.facts.guarding import ERASED, ReportSeen, WordsErased
from gateway.journal.tables import Report, table
from gateway.node import Node

REPORT = table(Report)
ABOUT_ANOTHER = ("report_filed", "report_completed", "report_corrected", "report_extended", "answer_replied", "report_read",
                 "report_restricted")


@dataclass(frozen=True, slots=True)
class Kept:
    """What may be told of a report whose words go."""

    id: str
    message: str
    sender: str
    reference: str
    language: str
    filed_at: str


def forget_due(node: Node) -> int:
    """Erase the words of every restricted report whose time has come; how many there were."""
    before = iso(node.now() - timedelta(days=node.config.protection.keep_days))
    with node.database.reading() as c:
        due = _due(c, before)
    for report in due:
        with node.database.writing() as c:
            _erase(c, node, report)
    return len(due)


def _due(c: Connection, before: str) -> list[Kept]:
    """Those about which nothing was said or done since; looks do not count."""
    old = [Kept(*row) for row in c.execute(
        select(REPORT.c.id, REPORT.c.message, REPORT.c.sender, REPORT.c.reference, REPORT.c.language, REPORT.c.filed_at)
        .where(REPORT.c.restricted.is_(True), REPORT.c.status != ERASED, REPORT.c.filed_at < before).order_by(REPORT.c.id))]
    return [report for report in old if _last_word(c, report.id) < before]


def _last_word(c: Connection, report: str) -> str:
    """When something was last said or done about a report."""
    return max((str(json.loads(body)["at"]) for body in c.execute(select(ENTRY.c.body).where(
        or_(ENTRY.c.subject == report, ENTRY.c.other == report), ENTRY.c.kind != ReportSeen.KIND, ENTRY.c.body.is_not(None))
    ).scalars()), default="")


def _erase(c: Connection, node: Node, report: Kept) -> None:
    facts = ledger.write(c, node.origin, [WordsErased(
        report=report.id, message=report.message, sender=report.sender, reference=report.reference, language=report.language,
        filed_at=report.filed_at, texts=tuple(_messages(c, report)))], at=node.now(), by="machine")
    withholding.obey(c, facts)


def _messages(c: Connection, report: Kept) -> list[str]:
    """The texts that made the report or said something of it, but for those that say something of another one too."""
    told: set[str] = {report.message}
    told.update(c.execute(select(ENTRY.c.other).where(ENTRY.c.subject == report.id, ENTRY.c.other.is_not(None),
                                                      ENTRY.c.kind.in_(ABOUT_ANOTHER))).scalars())
    told.update(c.execute(select(ENTRY.c.subject).where(ENTRY.c.other == report.id, ENTRY.c.kind.in_(
        ("command_given", "message_repeated")))).scalars())
    others = c.execute(select(ENTRY.c.other).join(REPORT, REPORT.c.id == ENTRY.c.subject).where(
        ENTRY.c.other.in_(told), ENTRY.c.kind.in_(ABOUT_ANOTHER), ENTRY.c.subject != report.id, REPORT.c.status != ERASED)).scalars()
    return sorted(told - set(_texts(others)))


def _texts(found: Iterable[str | None]) -> list[str]:
    return [text for text in found if text is not None]
