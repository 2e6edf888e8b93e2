"""What people decide about sameness: two needs are one, or are not; a report is not about this need. All of it can be taken back.

Nothing moves when needs are merged: the reports stay where they stand, so taking it back needs no memory. `after` is the decision
that the person saw, empty for none, None to answer whatever stands.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table

from gateway.errors import Problem
from gateway.journal import heads, ledger
from gateway.journal.entries import take_turn
from gateway.journal.events import Event
from gateway.journal.facts.matching import NeedsMerged, NeedsParted, ReportParted, ReportRejoined, pair_id
from gateway.journal.facts.needs import NeedOpened
from gateway.journal.rows import find
from gateway.journal.tables import Merge, Need, Report, Twin, table
from gateway.needs.gathering import OVER, own_key
from gateway.needs.things import need_id
from gateway.node import Node

Row = dict[str, Any]
MOST_WORDS = 500


def merge_needs(node: Node, need: str, other: str, *, why: str, by: str, after: str | None = None) -> str:
    """These two are one problem; the id of the need that stands for them. Merging what is merged changes nothing."""
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        pair = [_must(c, table(Need), "need", one) for one in (need, other)]
        if need == other:
            raise Problem("planning.refused", reason="A need cannot be merged with itself.")
        if any(_status(c, one) in OVER for one in pair):
            raise Problem("planning.refused", reason="One of the two is over: open it again first.")
        last = _row(c, table(Merge), pair_id(need, other))
        if last is None or not last["merged"] or last["contested"]:  # of two words the one that stands may be said again
            ledger.write(c, node.origin, [NeedsMerged(need=need, other=other, why=why.strip()[:MOST_WORDS], after=_after(after, last))],
                         at=node.now(), by=by, turn=turn)
        return heads.head_of(c, need)


def part_needs(node: Node, need: str, other: str, *, why: str, by: str, after: str | None = None) -> None:
    """These two are not one problem: a merge is taken back, or never offered again."""
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        for one in (need, other):
            _must(c, table(Need), "need", one)
        last = _row(c, table(Merge), pair_id(need, other))
        if last is None or last["merged"] or last["contested"]:
            ledger.write(c, node.origin, [NeedsParted(need=need, other=other, why=why.strip()[:MOST_WORDS], after=_after(after, last))],
                         at=node.now(), by=by, turn=turn)


def part_report(node: Node, report: str, need: str, *, why: str, by: str, after: str | None = None) -> str:
    """Not the same: the report stands in a need of its own, whose id is given back, and is not gathered into this one again."""
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        row = _stands(c, report)
        if row["need"] != need:
            raise Problem("planning.refused", reason="Report %(reference)s does not stand in that need any more.",
                          reference=row["reference"])
        key = own_key(report)
        if need == need_id(row["place_code"], row["category"], 1, key):
            raise Problem("planning.refused", reason="Report %(reference)s stands alone already.", reference=row["reference"])
        own = need_id(row["place_code"], row["category"], 1, key)
        facts: list[Event] = [] if _row(c, table(Need), own) else [
            NeedOpened(need=own, place_code=row["place_code"], category=row["category"], key=key)]
        last = _row(c, table(Twin), f"{report}+{need}")
        facts.append(ReportParted(report=report, need=need, own=own, why=why.strip()[:MOST_WORDS], after=_after(after, last)))
        ledger.write(c, node.origin, facts, at=node.now(), by=by, turn=turn)
    return own


def rejoin_report(node: Node, report: str, need: str, *, why: str, by: str, after: str | None = None) -> None:
    """The same after all: the report stands in that need."""
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        row, wanted = _stands(c, report), _must(c, table(Need), "need", need)
        if (row["place_code"], row["category"]) != (wanted["place_code"], wanted["category"]):
            raise Problem("planning.refused", reason="The report tells of another place or problem now: merge the two needs instead.")
        if row["need"] != need:
            last = _row(c, table(Twin), f"{report}+{need}")
            fact = ReportRejoined(report=report, need=need, why=why.strip()[:MOST_WORDS], after=_after(after, last))
            ledger.write(c, node.origin, [fact], at=node.now(), by=by, turn=turn)


def _stands(c: Connection, report: str) -> Row:
    """A report that a page may show and that stands in a need."""
    row = _must(c, table(Report), "report", report)
    if row["restricted"] is None or row["restricted"] or not row["need"] or not row["place_code"] or not row["category"]:
        raise Problem("planning.unknown", thing="report", id=report[:40])
    return row


def _status(c: Connection, need: Row) -> str:
    head = heads.head_of(c, need["id"])
    return str(need["status"] if head == need["id"] else _must(c, table(Need), "need", head)["status"])


def _after(after: str | None, last: Row | None) -> str:
    return after if after is not None else last["entry"] if last else ""


def _must(c: Connection, of: Table, thing: str, row_id: str) -> Row:
    row = _row(c, of, row_id)
    if row is None:
        raise Problem("planning.unknown", thing=thing, id=row_id[:40])
    return row


def _row(c: Connection, of: Table, row_id: str) -> Row | None:
    return next(iter(find(c, of, "id", [row_id])), None)
