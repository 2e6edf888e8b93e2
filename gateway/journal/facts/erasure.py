"""What was erased stays erased: which ids are gone, and whether a body is about one of them, whoever brings it and whenever.

Two facts erase: `words_erased` (a restricted report whose time has come) and `sender_erased` (a person who asked for it). They name
ids and no words, so every node can hold them; a body that is about what is gone is kept as its header alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact
from gateway.journal.events import Event, about
from gateway.journal.facts import circle
from gateway.journal.facts.guarding import WordsErased
from gateway.journal.tables import Erasure, table

ERASURE = table(Erasure)
Row = dict[str, Any]

# Bodies that hold words, subject or place of a report, or of a text about it.
WORDS = frozenset(["message_received", "report_filed", "report_completed", "report_corrected", "report_extended", "message_repeated",
                   "report_unreadable", "command_given", "message_settled", "settling_withdrawn", "reply_queued", "report_classified",
                   "report_gathered", "report_placed", "report_read", "reading_withdrawn", "report_restricted", "report_released",
                   "care_given", "report_answered", "answer_replied"])
# And all else that tells of a person; who looked at a restricted report (`report_seen`) is told for ever.
WHOLE = WORDS | frozenset(["sender_registered", "sender_opted_out", "repair_judged", "same_said", "report_flagged", "report_parted",
                           "report_rejoined", "duty_alerted", "vote_cast", "reply_sent", "reply_failed", "reply_uncertain", "reply_tracked",
                           "words_erased", "trip_told", "trip_withdrawn", *circle.ENROLMENT, *circle.GREETING])
# These name a text or a sender beside what they are about.
BESIDE = frozenset(["repair_judged", "same_said"])


@about("sender")
@dataclass(frozen=True, slots=True, kw_only=True)
class SenderErased(Event):
    """Everything that one sender wrote and was answered is gone. `gone`: the texts, reports and replies that were known.

    `upto` is the text with which they asked, as its position: what they wrote after it is somebody new's. Empty: up to this word.
    `stopped`: they wanted no texts, which is all that is kept of them, so that nobody texts them whom they did not write to since.
    """

    sender: str
    gone: tuple[str, ...] = ()
    why: str = ""
    upto: str = ""
    stopped: bool = False


ERASING = frozenset([SenderErased.KIND, WordsErased.KIND])


def erasure(row: Row | None, fact: Fact) -> Row:
    """The step of an erasure: what several nodes erased of one person or report is gone together."""
    before: Row = row or {"ids": "[]", "whole": False, "upto": ""}
    upto = fact.position
    if fact.kind == SenderErased.KIND:
        ids, whole, upto = {*(fact["gone"] or ())}, True, min(fact["upto"] or upto, upto)
    else:
        ids, whole = {fact.about[0], fact["message"], *(fact["texts"] or ())}, bool(before["whole"])
    return before | {"ids": canonical(sorted({*json.loads(before["ids"]), *ids})), "whole": whole, "at": fact.at,
                     "upto": max(before["upto"], upto)}


@dataclass(frozen=True)
class Gone:
    """What is erased here: `ids` with whether all of it went, and senders with the position up to which they are erased."""

    ids: Mapping[str, bool]
    senders: Mapping[str, str]

    def holds(self, fact: Fact) -> bool:
        """Whether the body of this fact must not be kept."""
        if fact.kind not in WHOLE:
            return False
        named = [name for name in (*fact.about, fact["message"], fact["reply"]) if isinstance(name, str)]
        if fact.kind == "command_given":  # somebody else's word about a report that is gone stays theirs
            named = [fact.about[0]]
        if any(self.ids.get(name, False) or (name in self.ids and fact.kind in WORDS) for name in named):
            return True
        sender = fact["sender"]
        return isinstance(sender, str) and fact.position < self.senders.get(sender, "")


def gone(c: Connection, about: Collection[str] | None = None) -> Gone | None:
    """All that is gone, or what these erasures name; None where nothing was ever erased."""
    chosen = select(ERASURE.c.id, ERASURE.c.ids, ERASURE.c.whole, ERASURE.c.upto)
    rows = c.execute(chosen if about is None else chosen.where(ERASURE.c.id.in_(list(about)))).all()
    if not rows:
        return None
    ids: dict[str, bool] = {}
    for row in rows:
        for name in json.loads(row.ids):
            ids[name] = ids.get(name, False) or row.whole
    return Gone(ids, {row.id: row.upto for row in rows if row.whole})


def erased_at(c: Connection, senders: Iterable[str]) -> dict[str, str]:
    """When those of the senders that were erased were."""
    wanted = set(senders)
    return {row.id: row.at for row in c.execute(select(ERASURE.c.id, ERASURE.c.at).where(
        ERASURE.c.whole.is_(True))) if row.id in wanted}
