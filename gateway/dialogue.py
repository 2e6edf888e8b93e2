"""What we asked this sender last, and what an answer therefore means. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from parsers import Context

LIFE = {"fixed": timedelta(days=7), "rate": timedelta(days=7), "gender": timedelta(days=7), "age": timedelta(days=7)}
LIFE_OTHERWISE = timedelta(hours=24)
MOST_ASKED = 3  # then the text goes to a person


@dataclass(frozen=True, slots=True)
class Known:
    """A sender as the journal knows them (a row of Sender), with the report that our open question is about."""

    row: dict[str, Any]
    report: dict[str, Any] | None

    def asked(self, now: datetime) -> str | None:
        """The question that is still open, if any."""
        question, at = self.row["question"], self.row["question_at"]
        if question is None or now - datetime.fromisoformat(at) > LIFE.get(question, LIFE_OTHERWISE):
            return None
        return str(question)

    def is_tired_of(self, report: str) -> bool:
        """Whether we asked about this report as often as anybody should be asked."""
        return (self.row["strikes"] or 0) >= MOST_ASKED and self.row["question_report"] == report


def context(known: Known | None, received_at: datetime, language: str) -> Context:
    """The parser's view of the conversation; `language` is the channel's."""
    if known is None:
        return Context(channel_lang=language, received_at=received_at)
    asked = known.asked(received_at)
    draft = {"category": known.report["category"], "place_code": known.report["place_code"]} if asked and known.report else {}
    return Context(
        channel_lang=language, received_at=received_at, pending=asked, draft=draft, last_reference=known.row["last_reference"],
        options={str(i): code for i, code in enumerate(json.loads(known.row["options"]), 1)} if asked else {},
        slot="place" if asked == "choice" else None)
