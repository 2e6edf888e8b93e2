"""A neighbourhood to broadcast to: phones that reported, each in a language, and a broadcast that is written and started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from gateway.broadcasts import announcing
from gateway.broadcasts.audience import Audience
from gateway.broadcasts.broadcasting import Wording
from gateway.doors import intake
from gateway.journal.tables import Contact, Listed, Reply, table
from gateway.machine import jobs
from gateway.node import Node
from gateway.words.replies import TO_MANY
from tests.conftest import Clock, sms

CONTACT, LISTED, REPLY = table(Contact), table(Listed), table(Reply)
KUPINI = Audience("place", "S1701")
WORDS = {"es": "El lunes de 8 a 12 no habra agua."}
HEARD = {"es": "agua S1701 no hay agua", "fr": "eau S1701 pas d'eau depuis hier", "ar": "الماء S1701 ما كاينش الما"}


def phone(n: int) -> str:
    return f"+5917100{n:04d}"


def reporters(node: Node, clock: Clock, count: int, *, first: int = 0, place: str = "S1701", language: str = "es") -> None:
    """So many phones report something in a place, each in words of its own."""
    texts = [sms(f"crowd{first + n}", HEARD[language].replace("S1701", place), phone(first + n), clock()) for n in range(count)]
    with node.database.writing() as c:
        assert intake.receive(c, node, texts) == count
    jobs.work(node)


def prepared(node: Node, wanted: Audience = KUPINI, texts: Mapping[str, str] = WORDS, *, options: Mapping[str, Sequence[str]] | None = None,
             closes_at: datetime | None = None, key: str = "1") -> str:
    return announcing.prepare(node, "Agua", wanted, Wording(texts, options or {}, closes_at), key=key, by="luz")


def listed(node: Node) -> Counter[tuple[str, str]]:
    """How many phones of the lists are in which state, and why."""
    with node.database.reading() as c:
        return Counter((row.state, row.reason) for row in c.execute(select(LISTED.c.state, LISTED.c.reason)))


def heard(node: Node) -> dict[str, list[str]]:
    """What each phone was sent of broadcasts and polls."""
    found: dict[str, list[str]] = {}
    with node.database.reading() as c:
        for number, text in c.execute(select(CONTACT.c.number, REPLY.c.text).join(CONTACT, CONTACT.c.sender == REPLY.c.sender).where(
                REPLY.c.kind.in_(TO_MANY), REPLY.c.state.in_(("sent", "delivered"))).order_by(REPLY.c.queued_at)):
            found.setdefault(node.vault.open(number).decode(), []).append(text)
    return found
