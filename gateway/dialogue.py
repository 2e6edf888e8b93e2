"""What we asked this sender last, and what an answer therefore means."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from gateway.channels.values import Inbound
from gateway.journal.canonical import moment
from gateway.journal.tables import Report, Sender, table
from gateway.node import Node
from parsers import Context

SENDER, REPORT = table(Sender), table(Report)
LIFE = {"fixed": timedelta(days=7), "rate": timedelta(days=7), "gender": timedelta(days=7), "age": timedelta(days=7)}
LIFE_OTHERWISE = timedelta(hours=24)
MOST_ASKED = 3  # then the text goes to a person


@dataclass(frozen=True, slots=True)
class Known:
    """A sender as the journal knows them, with the report that our open question is about."""

    row: dict[str, Any]
    report: dict[str, Any] | None

    def asked(self, now: datetime) -> str | None:
        """The question that is still open, if any."""
        question, at = self.row["question"], self.row["question_at"]
        if question is None or now - moment(at) > LIFE.get(question, LIFE_OTHERWISE):
            return None
        return str(question)


def recall(c: Connection, senders: Sequence[str]) -> dict[str, Known]:
    """What is known of these senders; those we never heard of are absent."""
    people = [dict(r) for r in c.execute(select(SENDER).where(SENDER.c.id.in_(senders))).mappings()]
    asked = [p["question_report"] for p in people if p["question_report"]]
    reports = {r["id"]: dict(r) for r in c.execute(select(REPORT).where(REPORT.c.id.in_(asked))).mappings()} if asked else {}
    return {p["id"]: Known(p, reports.get(p["question_report"])) for p in people}


def context(known: Known | None, inbound: Inbound, node: Node) -> Context:
    """The parser's view of the conversation."""
    if known is None:
        return Context(channel_lang=node.city.language, received_at=inbound.received_at)
    asked = known.asked(inbound.received_at)
    draft = {"category": known.report["category"], "place_code": known.report["place_code"]} if asked and known.report else {}
    return Context(
        channel_lang=node.city.language, received_at=inbound.received_at, pending=asked, draft=draft,
        last_reference=known.row["last_reference"],
        options={str(i): code for i, code in enumerate(json.loads(known.row["options"]), 1)} if asked else {},
        slot="place" if asked == "choice" else None)
