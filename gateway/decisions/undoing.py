"""The facts that take decisions back, each carrying what stood before it, so that a clock goes on as if nothing had been."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from gateway.decisions import planning
from gateway.journal.events import Event
from gateway.journal.facts.needs import MessageSettled, NeedStatusChanged
from gateway.journal.facts.readings import ReportRead
from gateway.journal.facts.residents import CommandGiven, ReportFiled
from gateway.journal.facts.triage import SettlingWithdrawn, StatusWithdrawn
from gateway.journal.facts.visits import NeedNoted, NoteWithdrawn, WorkProgressed

Row = dict[str, Any]


class Later(Exception):
    """Somebody decided since: `by`, where that is known."""

    def __init__(self, by: str = "") -> None:
        self.by = by


def is_young(row: Row, step: Mapping[str, Any]) -> bool:
    """A report that was written down a moment ago and that nobody has classified yet."""
    return step["kind"] == ReportFiled.KIND and row["restricted"] is None and row["status"] != "cancelled"


def back(c: Connection, what: str, id: str, row: Row, said: Row | None, step: Mapping[str, Any]) -> Event:
    """The fact that takes one step back, if nobody decided since."""
    before = step["before"]
    if before and "contested" in before:  # SQLite says 0 and 1, and other nodes take no number for a yes or no
        before = before | {"contested": bool(before["contested"])}
    if step["kind"] == NeedStatusChanged.KIND:
        if row["status_entry"] != step["entry"]:
            raise Later(row["status_by"] or "")
        return StatusWithdrawn(need=id, after=step["entry"], **before)
    if step["kind"] == NeedNoted.KIND:
        return NoteWithdrawn(need=id, note=step["note"])
    if step["kind"] == WorkProgressed.KIND:
        if row["entry"] != step["entry"]:
            raise Later(row["said_by"] or "")
        return WorkProgressed(work=id, programme=row["programme"], after=step["entry"], **before)
    if step["kind"] == ReportFiled.KIND:  # who came in person takes it back, by the hand of who wrote it down
        return CommandGiven(message=row["message"], sender=row["sender"], intent="cancel", language=row["language"], report=id,
                            reference=row["reference"], detail="written down by mistake")
    if step["kind"] == MessageSettled.KIND:
        if row["settled"] != step["decision"]:
            raise Later
        return SettlingWithdrawn(message=row["message"] if what == "report" else id, decision=before["settled"])
    if said is None or said["entry"] != step["entry"] or said["withdrawn"]:
        raise Later(said["by"] if said else "")
    if before is None:
        return planning.withdrawal(c, row, said, why="", after=said["entry"])
    return ReportRead(report=id, message=row["message"], sender=row["sender"], reference=row["reference"], language=row["language"],
                      after=said["entry"], **before)
