"""A person asks to be forgotten: all they wrote and were answered goes, here and on every node, and does not come back.

Headers stay, so every chain holds; needs stay, for they are the place's. If they write again, they are somebody new of the same phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection, create_engine, func, select

from gateway.errors import Problem
from gateway.journal import ledger, tasks, wishes, withholding
from gateway.journal.canonical import iso, moment
from gateway.journal.entries import ENTRY, Fact, facts_about, take_turn, writer_of
from gateway.journal.facts.erasure import ERASING, SenderErased, erased_at
from gateway.journal.rows import find
from gateway.journal.tables import Checkin, Contact, Elder, Erasure, Message, Reply, Report, Sender, table
from gateway.node import Node
from gateway.phone import is_phone, normalise
from gateway.words.replies import LAST


class Text(Protocol):
    """As much of an inbound text as is asked here."""

    @property
    def number(self) -> str: ...

    @property
    def received_at(self) -> datetime: ...


T = TypeVar("T", bound=Text)
MESSAGE, REPORT, REPLY, ELDER, CHECKIN = (table(of) for of in (Message, Report, Reply, Elder, Checkin))
FEW = 20
LOOK_AGAIN, AT_LATEST = timedelta(seconds=5), timedelta(minutes=5)


def still_wanted(c: Connection, node: Node, inbounds: Sequence[T]) -> list[T]:
    """Those whose senders were not erased since they wrote: a spool or a provider may have kept them."""
    erased = erased_at(c, {node.vault.sender(i.number) for i in inbounds}) if inbounds else {}
    return [i for i in inbounds if iso(i.received_at) > erased.get(node.vault.sender(i.number), "")] if erased else list(inbounds)


def sender_of(c: Connection, node: Node, who: str) -> str:
    """The sender of a number, of a reference, or that is named: `+59170000001`, `10005`, 24 hex digits."""
    if is_phone(who):
        sender = node.vault.sender(normalise(who))
        if _known(c, sender):
            return sender
    for row in find(c, REPORT, "reference", [who]):
        return str(row["sender"])
    if _known(c, who):
        return who
    raise Problem("planning.unknown", thing="sender", id=who)


def held(node: Node, who: str) -> dict[str, int]:
    """How much of one sender there is: `{"texts": 12, "reports": 3}`; a Problem when nobody is meant."""
    with node.database.reading() as c:
        sender = sender_of(c, node, who)
        return {name: int(c.execute(select(func.count()).select_from(of).where(of.c.sender == sender)).scalar_one())
                for name, of in (("texts", MESSAGE), ("reports", REPORT))}


def erase_sender(node: Node, who: str, *, why: str, by: str) -> int:
    """Erase one sender, for good; how many bodies went."""
    with node.database.writing() as c:
        return erase(c, node, sender_of(c, node, who), why=why, by=by)


def erase(c: Connection, node: Node, sender: str, *, why: str, by: str, asked: str | None = None) -> int:
    """The same in a transaction of the caller's. `asked` is the text with which they did: what came after it is somebody new's."""
    turn = take_turn(c, node.origin)
    texts = {row["id"] for row in find(c, MESSAGE, "sender", [sender])}
    later: set[str] = set()
    upto = ""
    if asked is not None:
        came = {fact.about[0]: fact.position for fact in facts_about(c, texts, ["message_received"])}
        upto = came.get(asked, "")
        later = {text for text in texts if upto and came.get(text, "") > upto}
    gone = texts - later
    gone |= {row["id"] for row in find(c, REPORT, "sender", [sender]) if row["message"] not in later}
    gone |= {row["id"] for row in find(c, REPLY, "sender", [sender]) if row["message"] not in later}
    elders = [row["id"] for row in find(c, ELDER, "sender", [sender])]
    gone |= {row["id"] for row in find(c, CHECKIN, "elder", elders)}
    facts = ledger.write(c, node.origin, [SenderErased(sender=sender, gone=tuple(sorted(gone)), why=why, upto=upto,
                                                       stopped=sender in wishes.no_texts(c, [sender]))], at=node.now(), by=by, turn=turn)
    count = withholding.obey(c, facts)
    _clean_old(c, node)
    return count


def erase_asked(node: Node) -> int:
    """Erase those who asked for it by text, once their last reply has left or cannot any more; how many.

    The reply goes first, for the number goes with the rest. The outbox sends it once, whoever is killed on the way; should it stay
    there until it expires, all is erased nevertheless, and the reply with it.
    """
    with node.database.reading() as c:
        if not tasks.is_due(c, tasks.ERASE, node.now()):  # nearly always
            return 0
    with node.database.writing() as c:
        claimed = [claim.subject for claim in tasks.claim(c, tasks.ERASE, node.now(), FEW)]
    erased = 0
    for sender in claimed:
        with node.database.writing() as c:
            erased += _erase_asked(c, node, sender)
    return erased


def _erase_asked(c: Connection, node: Node, sender: str) -> bool:
    take_turn(c, node.origin)  # who confirms meanwhile waits, and is found on the list again
    now = node.now()
    last = max((row for row in find(c, REPLY, "sender", [sender]) if row["kind"] == LAST),
               key=lambda row: str(row["queued_at"]), default=None)
    if last is not None:
        until = moment(last["queued_at"]) + timedelta(hours=node.config.outbox.expire_hours)
        if last["state"] in ("queued", "uncertain") and now <= until:
            pause = min(max(now - moment(last["queued_at"]), LOOK_AGAIN), AT_LATEST)
            tasks.postpone(c, tasks.ERASE, {sender: now + pause})
            return False
        erase(c, node, sender, why="asked by text", by="resident", asked=last["message"])
    tasks.take_off(c, tasks.ERASE, [sender])
    return last is not None


def follow(c: Connection, node: Node, facts: Sequence[Fact]) -> None:
    """Another node erased senders: what they wrote here that was not known there goes too, by a word of ours."""
    senders = {fact.about[0] for fact in facts if fact.kind == SenderErased.KIND and writer_of(fact.position) != node.origin.writer}
    for sender in sorted(senders):
        # the number is kept only where it came in, and only while something of them is left
        if find(c, table(Contact), "sender", [sender]) and find(c, table(Sender), "id", [sender]):
            erase(c, node, sender, why="erased elsewhere", by="machine")
    if any(fact.kind in ERASING for fact in facts):
        _clean_old(c, node)


def _known(c: Connection, sender: str) -> bool:
    return c.execute(select(ENTRY.c.seq).where(ENTRY.c.subject == sender).limit(1)).first() is not None or bool(
        find(c, MESSAGE, "sender", [sender]) or find(c, table(Contact), "sender", [sender]) or find(c, REPORT, "sender", [sender]))


def _clean_old(here: Connection, node: Node) -> None:
    """Databases that a restore put aside hold the same words: they are cleaned likewise, or thrown away where that is not possible."""
    if not node.config.is_sqlite:
        return
    old = asides(node.database.path)
    erasures = [dict(row) for row in here.execute(select(table(Erasure))).mappings()] if old else []
    for path in old:
        engine = create_engine(f"sqlite:///{path}")
        try:
            with engine.begin() as c:
                c.exec_driver_sql("PRAGMA secure_delete = ON")
                table(Erasure).create(c, checkfirst=True)
                c.execute(table(Erasure).delete())
                c.execute(table(Erasure).insert(), erasures)
                withholding.sweep(c)
        except Exception:  # of an older schema, or damaged: what cannot be cleaned cannot stay
            path.unlink(missing_ok=True)
        finally:
            engine.dispose()


def asides(database: Path) -> list[Path]:
    """The databases that restores put aside."""
    return sorted(p for p in database.parent.glob(f"{database.name}.before-*") if not p.name.endswith(("-wal", "-shm", "-journal")))
