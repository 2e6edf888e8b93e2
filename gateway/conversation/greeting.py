"""What the human circle texts, and the step that each text is: to an elder, to who looks in on them, to who is on duty."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from gateway.governing import duty
from gateway.journal.canonical import derived_id, iso
from gateway.journal.events import Event
from gateway.journal.facts.circle import CheckinStepped
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.tables import Contact, Reply, Sender, table
from gateway.node import Node
from gateway.words.replies import ANSWERED_IN, TO_VOLUNTEERS, language_for
from gateway.words.segments import measure

CONTACT, REPLY, SENDER = table(Contact), table(Reply), table(Sender)
LEFT = ("sent", "delivered", "undelivered", "uncertain")
Row = dict[str, Any]


def step(elder: Row, checkin: str, name: str) -> CheckinStepped:
    return CheckinStepped(checkin=checkin, elder=elder["id"], sender=elder["sender"], step=name)


def has_left(c: Connection, elder: Row, checkin: str) -> bool:
    """Whether a greeting left for the elder's phone: nobody is silent who was not asked."""
    ids = [_reply_id(kind, checkin, elder["sender"]) for kind in ("checkin", "checkin_again")]
    return c.execute(select(REPLY.c.id).where(REPLY.c.id.in_(ids), REPLY.c.state.in_(LEFT))).first() is not None


def was_in_vain(c: Connection, elder: Row, since: str) -> bool:
    """Whether the last text to the volunteer, from a moment on, did not reach them."""
    last = select(REPLY.c.state).where(REPLY.c.sender == elder["volunteer"], REPLY.c.kind.in_(TO_VOLUNTEERS), REPLY.c.queued_at >= since)
    return c.execute(last.order_by(REPLY.c.queued_at.desc(), REPLY.c.id).limit(1)).scalar() in ("failed", "undelivered")


def told(c: Connection, node: Node, elder: Row, greeting: Row, kind: str, at: datetime, cause: str) -> list[Event]:
    """The volunteer is texted, and that is a step; where there is none to text, it is a person's task at once."""
    to = letter(c, node, elder, elder["volunteer"], kind, at, f"{greeting['id']}{cause}", name=elder["name"])
    return [*to, step(elder, greeting["id"], "told" if to else "task")]


def alarm(c: Connection, node: Node, elder: Row, checkin: str, at: datetime) -> Iterable[ReplyQueued]:
    """One SMS to each duty phone, which names the place alone."""
    for phone in duty.listed(c):
        spoken = ANSWERED_IN.get(phone.language, phone.language)
        text = node.replies.text_for("alert_elder", phone.language, place=node.city.place_name(elder["place_code"], spoken))
        yield _reply(derived_id("reply", checkin, "duty", phone.sender), phone.sender, node.config.outbox.channel, "alert_elder",
                     phone.language, str(text), at)


def letter(c: Connection, node: Node, elder: Row, to: str, kind: str, at: datetime, key: str, *, question: str | None = None,
           options: tuple[str, ...] = (), **fills: Any) -> list[ReplyQueued]:
    """A text of the circle to one of its phones; none where its number is not here, or it wants no texts.

    A neighbour who wrote to us is texted in the language of that, any other in the elder's: they live next door.
    """
    theirs = select(CONTACT.c.channel, SENDER.c.chosen, SENDER.c.language).outerjoin(SENDER, SENDER.c.id == CONTACT.c.sender)
    contact = c.execute(theirs.where(CONTACT.c.sender == to, SENDER.c.opted_out.is_not(True))).first() if to else None
    if contact is None:
        return []
    language = elder["language"] if to == elder["sender"] else language_for(contact.language, elder["language"], contact.chosen)
    text = node.replies.text_for(kind, language, **fills)
    return [_reply(_reply_id(kind, key, to), to, contact.channel, kind, language, str(text), at, question, options)]


def _reply_id(kind: str, key: str, to: str) -> str:
    return derived_id("reply", kind, key, to)


def _reply(reply: str, to: str, channel: str, kind: str, language: str, text: str, at: datetime, question: str | None = None,
           options: tuple[str, ...] = ()) -> ReplyQueued:
    return ReplyQueued(reply=reply, sender=to, channel=channel, kind=kind, language=language, text=text,
                       segments=measure(text).segments, due_at=iso(at), question=question, options=options)
