"""Which phones want no texts, wherever they said so: to us, to a provider, or before everything else of them was erased."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from gateway.journal.entries import facts_of
from gateway.journal.facts.erasure import SenderErased
from gateway.journal.facts.residents import SenderOptedOut
from gateway.journal.facts.visits import DESK
from gateway.journal.tables import Message, Sender, table

MESSAGE, SENDER = table(Message), table(Sender)


def no_texts(c: Connection, senders: Collection[str]) -> set[str]:
    """Those of these phones that want no texts.

    A phone that never wrote to us, an elder's, a neighbour's, one on duty, has no row that could say so, and one that was erased has
    none any more; an officer who writes something down for it makes it one that says nothing. What counts is what they said last by
    themselves.
    """
    asked = sorted(senders)
    found = set(c.execute(select(SENDER.c.id).where(SENDER.c.id.in_(asked), SENDER.c.opted_out)).scalars())
    told = {fact.about[0] for fact in facts_of(c, asked, [SenderOptedOut.KIND, SenderErased.KIND])
            if fact.kind == SenderOptedOut.KIND or fact["stopped"]} - found
    if told:
        told -= set(c.execute(select(MESSAGE.c.sender).where(MESSAGE.c.sender.in_(sorted(told)), MESSAGE.c.road != DESK)).scalars())
    return found | told
