"""Which needs must be looked at because something was decided about them: on whichever node, and however late a body comes here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, or_, select

from gateway.journal import tasks
from gateway.journal.canonical import iso
from gateway.journal.entries import ENTRY, WRITER, Fact, take_turn
from gateway.journal.facts import rulings
from gateway.journal.facts.matching import NeedsMerged, NeedsParted, ReportRejoined
from gateway.journal.facts.tellings import ChangeHeld, ChangeReleased
from gateway.journal.facts.triage import StatusWithdrawn
from gateway.journal.rows import upsert
from gateway.journal.tables import Head, Link, Local, Need, Ruling, table
from gateway.node import Node

HEAD, LINK, LOCAL, NEED, RULING = table(Head), table(Link), table(Local), table(Need), table(Ruling)
DECISIONS: Final = ("need_status_changed", StatusWithdrawn.KIND, "need_linked", "need_unlinked", ChangeHeld.KIND, ChangeReleased.KIND,
                    *rulings.KINDS)
OF_TWO: Final = (NeedsMerged.KIND, NeedsParted.KIND)  # about both needs that they name
JOINING: Final = ("report_gathered", ReportRejoined.KIND)  # a report came to a need that may have been decided about before
CURSOR = "told_up_to"
FAR_BEHIND = 2000  # entries without a decision after which the cursor is moved all the same
MOST_IN_ONE = 500


def note_decisions(node: Node) -> int:
    """Put every need that was decided about since the last look on the list, whichever node decided; how many."""
    with node.database.reading() as c:
        needs, upto, behind = _decided(c)
    if not needs and behind < FAR_BEHIND:
        return 0
    with node.database.writing() as c:
        take_turn(c, node.origin)  # nobody decides or tells meanwhile
        needs, upto, _ = _decided(c)
        look_at(c, node, needs)
        upsert(c, LOCAL, [{"key": CURSOR, "value": json.dumps(upto)}])
    return len(needs)


def _decided(c: Connection) -> tuple[set[str], dict[str, int], int]:
    """Needs decided about since the cursor, how far each writer is known now, and how many entries that is."""
    known: dict[str, int] = json.loads(c.execute(select(LOCAL.c.value).where(LOCAL.c.key == CURSOR)).scalar() or "{}")
    upto = {str(source): int(seq) for source, seq in c.execute(select(WRITER.c.id, WRITER.c.seq))}
    needs: set[str] = set()
    joined: set[str] = set()
    for source, seq in upto.items():
        if seq > known.get(source, 0):
            for kind, subject, other in c.execute(select(ENTRY.c.kind, ENTRY.c.subject, ENTRY.c.other).where(
                    ENTRY.c.source == int(source), ENTRY.c.seq > known.get(source, 0), ENTRY.c.subject.is_not(None),
                    ENTRY.c.kind.in_((*DECISIONS, *OF_TWO, *JOINING)))):
                if kind in JOINING:
                    joined.add(other)
                else:
                    needs.update((subject, other) if kind in OF_TWO else (subject,))
    return needs | _decided_about(c, joined - needs), upto, sum(seq - known.get(source, 0) for source, seq in upto.items())


def _decided_about(c: Connection, needs: Iterable[str]) -> set[str]:
    """Those of the needs about which somebody decided something; most were only just opened."""
    found: set[str] = set()
    wanted = sorted(needs)
    for at in range(0, len(wanted), MOST_IN_ONE):
        some = wanted[at:at + MOST_IN_ONE]
        found.update(c.execute(select(NEED.c.id).where(NEED.c.id.in_(some), or_(
            NEED.c.status_entry.is_not(None), NEED.c.id.in_(select(LINK.c.need).where(LINK.c.need.in_(some))),
            NEED.c.id.in_(select(RULING.c.id).where(RULING.c.id.in_(some))),
            NEED.c.id.in_(select(HEAD.c.need).where(HEAD.c.need.in_(some)))))).scalars())
    return found


def concerns_residents(fact: Fact) -> bool:
    """Whether a fact that came from another node may be news to phones of this one."""
    return fact.kind in DECISIONS or fact.kind in OF_TWO or fact.kind == "need_opened"


def needs_of(c: Connection, facts: Iterable[Fact]) -> set[str]:
    """The needs that such facts are news about; what opens a need may come after what was decided about it."""
    found = {need for fact in facts if fact.kind in (*DECISIONS, *OF_TWO)
             for need in (fact.about if fact.kind in OF_TWO else fact.about[:1])}
    return found | _decided_about(c, {fact.about[0] for fact in facts if fact.kind == "need_opened"} - found)


def look_at(c: Connection, node: Node, needs: Iterable[str]) -> None:
    """Look at these needs now, even where a look was put off to another day. The caller has taken the writer's turn."""
    wanted = sorted(needs)
    for at in range(0, len(wanted), MOST_IN_ONE):
        tasks.take_off(c, "tell", wanted[at:at + MOST_IN_ONE])
    tasks.add_missing(c, "tell", wanted, iso(node.now()))
