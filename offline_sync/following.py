"""What facts of other nodes give this one to do: only about what it owns, so that nothing is classified twice or answered twice.

Nothing that arrives here ever sends an SMS by itself: a reply is queued and sent by the node that took the text in. What was decided
about a need is put on the list of whatever node may keep the number of somebody who is to hear of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from gateway.decisions import erasing, pinning
from gateway.feedback import noting
from gateway.journal import tasks
from gateway.journal.canonical import iso
from gateway.journal.entries import WRITER, Fact, ours, writer_of
from gateway.journal.facts.erasure import ERASING
from gateway.journal.rows import find, insert_new
from gateway.journal.tables import Delivery, Reply, Report, table
from gateway.node import Node

REPORT, REPLY, DELIVERY = table(Report), table(Reply), table(Delivery)
LOOK_AGAIN = frozenset(["report_read", "reading_withdrawn", "report_released", "report_parted", "report_rejoined"])
OWN = frozenset(["report_filed", "message_received", "reply_queued"])  # ours, lost here and brought back
MOST_IN_ONE = 500


def leads_to_something(node: Node, fact: Fact) -> bool:
    """Whether a fact is one of the few that give us something to do, or say who is who."""
    if fact.kind in LOOK_AGAIN or fact.kind in ERASING or fact.kind == "alias_learned" or fact.kind.startswith("node_"):
        return True
    if noting.concerns_residents(fact):
        return True
    return fact.kind in OWN and writer_of(fact.position) == node.origin.writer


def follow(c: Connection, node: Node, facts: Sequence[Fact]) -> None:
    """Put on the list what the machine must look at again here."""
    due = iso(node.now())
    erasing.follow(c, node, facts)
    for phrase in sorted({fact["phrase"] for fact in facts if fact.kind == "alias_learned"}):
        pinning.follow(c, phrase, due)
    noting.look_at(c, node, noting.needs_of(c, facts))  # a body may have come long after its header was read
    own = [fact for fact in facts if writer_of(fact.position) == node.origin.writer]
    read = {fact.about[0] for fact in facts if fact.kind in LOOK_AGAIN}
    lost = {fact.about[0] for fact in own if fact.kind == "report_filed"}  # ours, lost here and brought back
    wanted = sorted(read | lost)
    for at in range(0, len(wanted), MOST_IN_ONE):
        rows = find(c, REPORT, "id", wanted[at:at + MOST_IN_ONE])
        mine = ours(c, node.origin.writer, [row["message"] for row in rows])
        again = {row["id"] for row in rows if row["message"] in mine and (row["id"] in read or row["model"] is None)}
        tasks.add_missing(c, "classify", again, due)
    _references(c, node, own)
    _received(c, [fact for fact in own if fact.kind == "message_received"])
    _unsent(c, [fact.about[0] for fact in own if fact.kind == "reply_queued"], due)


def _received(c: Connection, texts: Sequence[Fact]) -> None:
    """Texts that this node took in before it was restored are not new when the provider lists them: they were answered."""
    accounts: dict[str, list[str]] = {}
    for channel, account in c.execute(select(DELIVERY.c.channel, DELIVERY.c.account).distinct()) if texts else ():
        accounts.setdefault(channel, []).append(account)
    rows = [{"channel": fact["channel"], "account": account, "provider_id": fact["provider_id"], "message": fact.about[0], "raw": b""}
            for fact in texts for account in accounts.get(str(fact["channel"]), [])]
    for at in range(0, len(rows), MOST_IN_ONE // 5):
        insert_new(c, DELIVERY, rows[at:at + MOST_IN_ONE // 5], "message")


def _unsent(c: Connection, replies: Sequence[str], due: str) -> None:
    """Replies that were queued and of which nothing more came back: they count as begun, so they are looked up before they are sent."""
    for at in range(0, len(replies), MOST_IN_ONE):
        waiting = [row["id"] for row in find(c, REPLY, "id", replies[at:at + MOST_IN_ONE]) if row["state"] in ("queued", "uncertain")]
        insert_new(c, tasks.TASK, [{"kind": "send", "subject": reply, "due_at": due, "attempts": 1, "leased_until": "0000", "error": None,
                                    "quarantined_at": None} for reply in sorted(waiting)], "subject")


def _references(c: Connection, node: Node, own: Sequence[Fact]) -> None:
    """A reference that this node gave before it was restored is never given again."""
    named = [str(fact["reference"]) for fact in own if fact.kind in ("report_filed", "report_read")]
    given = [int(reference[:-1]) for reference in named if len(reference) > 1 and reference.isascii() and reference.isdecimal()]
    if given:
        next_one = c.execute(select(func.max(WRITER.c.reference)).where(WRITER.c.id == node.origin.source)).scalar_one()
        if max(given) >= next_one:
            c.execute(WRITER.update().where(WRITER.c.id == node.origin.source).values(reference=max(given) + 1))
