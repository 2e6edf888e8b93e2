"""The phones that are told of emergencies. Their numbers lie in `contact` alone, sealed, like those of residents."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from gateway.errors import Problem
from gateway.journal.canonical import iso
from gateway.journal.rows import insert_new, upsert
from gateway.journal.tables import Contact, Duty, Sender, table
from gateway.node import Node
from gateway.phone import is_phone, normalise
from gateway.words.replies import LANGUAGES

CONTACT, DUTY, SENDER = table(Contact), table(Duty), table(Sender)


@dataclass(frozen=True, slots=True)
class OnDuty:
    sender: str
    name: str
    language: str
    since: str


def add(node: Node, name: str, number: str, language: str = "") -> None:
    """Tell this phone of emergencies from now on; a number that is there already gets the new name."""
    language = language or node.city.language
    if not is_phone(number):
        raise Problem("usage", reason="write the number with the country's prefix, a plus first")
    if language not in LANGUAGES:
        raise Problem("usage", reason=f"{language} is not a language of replies ({', '.join(LANGUAGES)})")
    sender = node.vault.sender(number)
    with node.database.writing() as c:
        insert_new(c, CONTACT, [{"sender": sender, "channel": node.config.outbox.channel,
                                 "number": node.vault.seal(normalise(number).encode())}], "sender")
        upsert(c, DUTY, [{"sender": sender, "name": name[:40], "language": language, "since": iso(node.now())}])


def remove(node: Node, name: str) -> int:
    """How many phones of this name are told no more; the number of one that never wrote to us is forgotten."""
    with node.database.writing() as c:
        gone = list(c.execute(delete(DUTY).where(DUTY.c.name == name).returning(DUTY.c.sender)).scalars())
        c.execute(delete(CONTACT).where(CONTACT.c.sender.in_(gone), CONTACT.c.sender.not_in(select(SENDER.c.id))))
    return len(gone)


def listed(c: Connection) -> list[OnDuty]:
    return [OnDuty(*row) for row in c.execute(select(DUTY.c.sender, DUTY.c.name, DUTY.c.language, DUTY.c.since).order_by(DUTY.c.name))]
