"""What people decide about reports that few may read: restrict, release, look after them; and no look without its line.

Anybody who reads texts may say that one is restricted, and it is so at once. Only the focal point releases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from gateway.errors import Problem
from gateway.journal import ledger, tasks
from gateway.journal.canonical import iso, kin_id
from gateway.journal.entries import take_turn
from gateway.journal.facts.guarding import CALLBACKS, ERASED, STEPS, CareGiven, ReportReleased, ReportRestricted, ReportSeen
from gateway.journal.rows import find
from gateway.journal.tables import Contact, Message, Report, table
from gateway.node import Node

REPORT, MESSAGE, CONTACT = table(Report), table(Message), table(Contact)
MOST_WORDS = 2000


def restrict(node: Node, message: str, *, why: str, by: str) -> list[str]:
    """Few may read this text from now on; the ids of its reports. One that made none gets one, so that it is looked after."""
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        written = _one(c, MESSAGE, message)
        made = find(c, REPORT, "message", [message])
        seen = [row for row in made if row["restricted"] is not None and not row["restricted"]]
        if written is None or (made and not seen):
            raise Problem("planning.unknown", thing="message", id=message[:40])
        anew = not made
        reports = [(row["id"], row["reference"]) for row in seen] or [
            (kin_id(message, "report", "guarded"), ledger.references(turn, 1)[0])]
        ledger.write(c, node.origin, [ReportRestricted(
            report=report, message=message, sender=written["sender"], reference=reference, why=why.strip()[:500], anew=anew,
            language=written["language"] or node.city.language) for report, reference in reports], at=node.now(), by=by, turn=turn)
    return [report for report, _ in reports]


def release(node: Node, report: str, *, why: str, by: str, after: str) -> None:
    """It may be read and gathered as any other; `after` is Report.held as the person saw it."""
    with node.database.writing() as c:
        row = _guarded(c, report)
        if (row["held"] or "") != after:
            raise Problem("planning.refused", reason="Somebody decided about this report meanwhile: look at it again.")
        ledger.write(c, node.origin, [ReportReleased(report=report, message=row["message"], why=why.strip()[:500], after=after,
                                                     **_besides(c, node, row))], at=node.now(), by=by)
        tasks.add_missing(c, "classify", [report], iso(node.now()))


def _besides(c: Connection, node: Node, row: dict[str, Any]) -> dict[str, Any]:
    """What a text that was taken for a disclosure says when it is read as any other."""
    from parsers import Context, Draft, parse
    text = c.execute(select(MESSAGE.c.text).where(MESSAGE.c.id == row["message"])).scalar()
    if row["intent"] != "protection" or text is None:
        return {}
    found = parse(text, Context(channel_lang=node.city.language), node.words, node.places, node.meaning, guarded=False)
    if not isinstance(found, Draft) or found.category in node.words.sensitive:
        return {"errors": ("missing_place", "missing_category")}
    return {"category": found.category, "place_code": found.place_code, "place_text": found.place_text, "errors": tuple(found.errors)}


def care(node: Node, report: str, step: str, *, by: str, note: str = "", referred: str = "", callback: str = "",
         after: str | None = None) -> None:
    """Say what was done; `after` is Care.entry as the person saw it."""
    if step not in STEPS:
        raise Problem("planning.refused", reason="“%(said)s” is not a step (%(known)s).", said=step[:20], known=", ".join(STEPS))
    if callback and callback not in CALLBACKS:
        raise Problem("planning.refused", reason="Say whether a call is safe: yes, no or unknown.")
    with node.database.writing() as c:
        _guarded(c, report)
        ledger.write(c, node.origin, [CareGiven(report=report, step=step, note=note.strip()[:MOST_WORDS], referred=referred.strip()[:120],
                                                callback=callback, after=after)], at=node.now(), by=by)


def look(node: Node, reports: Sequence[str], *, by: str, what: str = "words") -> None:
    """Write down that somebody reads these, before they do: where nothing can be written nothing is shown."""
    with node.database.writing() as c:
        for report in reports:
            _guarded(c, report)
        ledger.write(c, node.origin, [ReportSeen(report=report, what=what) for report in reports], at=node.now(), by=by)


def number(node: Node, report: str, *, by: str) -> str:
    """The phone to call back, logged; empty on a node that did not receive the text."""
    look(node, [report], by=by, what="number")
    with node.database.reading() as c:
        sealed = c.execute(select(CONTACT.c.number).join(REPORT, REPORT.c.sender == CONTACT.c.sender)
                           .where(REPORT.c.id == report)).scalar()
    return node.vault.open(sealed).decode() if sealed else ""


def _guarded(c: Connection, report: str) -> dict[str, Any]:
    row = _one(c, REPORT, report)
    if row is None or not row["restricted"] or row["status"] == ERASED:
        raise Problem("planning.unknown", thing="report", id=report[:40])
    return row


def _one(c: Connection, of: Any, row_id: str) -> dict[str, Any] | None:
    return next(iter(find(c, of, "id", [row_id])), None)
