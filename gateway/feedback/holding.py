"""What a planner holds back from the residents, before it leaves: one transaction and one entry each."""

from __future__ import annotations

from gateway.errors import Problem
from gateway.journal import heads, ledger
from gateway.journal.facts.tellings import ChangeHeld, ChangeReleased
from gateway.journal.rows import find
from gateway.journal.tables import Notice, table
from gateway.needs import news
from gateway.node import Node

NOTICE = table(Notice)

def hold(node: Node, need: str, *, why: str, by: str) -> None:
    """Tell nobody how the need stands now; what is decided later is told. Holding what is held changes nothing."""
    _decide(node, need, why, by, held=True)


def release(node: Node, need: str, *, why: str, by: str) -> None:
    """Let the residents hear of it after all."""
    _decide(node, need, why, by, held=False)


def _decide(node: Node, need: str, why: str, by: str, *, held: bool) -> None:
    with node.database.writing() as c:
        stand = news.stand_of(c, need)
        if stand is None:
            raise Problem("planning.unknown", thing="decision about need", id=need[:40])
        if stand.held != held:
            fact = ChangeHeld if held else ChangeReleased
            # of those that are merged each may have been held back before
            held_before = [row["id"] for row in find(c, NOTICE, "id", sorted(heads.members(c, [need]))) if row["held"] == stand.change]
            about = [stand.need] if held else sorted({stand.need, *held_before})
            facts = [fact(need=one, change=stand.change, why=why.strip()[:500]) for one in about]
            ledger.write(c, node.origin, facts, at=node.now(), by=by)
