"""Which report of a sender a text without a number speaks of: "ya volvio el agua", "no arreglado", "ESTADO".

What the words name decides, never the order of the reports: "the water is back" is about the water, even after a lamp. Where
several are left, a word that closes, opens or takes back one of them is asked about; who asks how things stand hears of all; what
only adds goes to the newest.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, or_, select

from gateway.conversation.dialogue import ABOUT_ONE, Row, alike, is_secret, names_place
from gateway.conversation.openings import goes_on
from gateway.conversation.turn import Turn
from gateway.journal import heads
from gateway.journal.tables import Need, Report, Support, table
from gateway.needs import standing
from parsers import Command, Draft
from parsers.topic import Topic, topic_of

REPORT, SUPPORT, NEED = table(Report), table(Support), table(Need)
SURELY: Final = ("fixed", "not_fixed", "cancel")  # they change what stands: never guess between two
ABOUT_NOW: Final = (*ABOUT_ONE, "add", "correct")  # our open question named its report
OVER: Final = {"fixed": ("confirmed_fixed",)}  # what they told us already they do not mean
LATELY = timedelta(days=90)
MOST = 20


def spoken_for(c: Connection, turn: Turn) -> list[Row]:
    """What this phone reported or said "me too" for and may be named to it, the newest first."""
    supported = select(SUPPORT.c.report).where(SUPPORT.c.sender == turn.sender)
    rows = c.execute(select(REPORT).where(
        or_(REPORT.c.sender == turn.sender, REPORT.c.id.in_(supported)), REPORT.c.id >= standing.oldest_id(turn.at - LATELY),
        REPORT.c.restricted.is_not(True), REPORT.c.intent == "report", REPORT.c.status != "cancelled",
    ).order_by(REPORT.c.id.desc(), REPORT.c.reference.desc()).limit(MOST)).mappings()
    return [dict(row) for row in rows]


def named_in(turn: Turn) -> Topic:
    """What the text of this turn names."""
    return topic_of(turn.inbound.text, turn.node.words, turn.node.places)


def meant(turn: Turn, command: Command, topic: Topic) -> list[Row]:
    """The reports that a command without a number may be about: one to take, several to ask about, none when it names another thing."""
    mine = spoken_for(turn.c, turn)
    if command.intent == "cancel":
        mine = [report for report in mine if report["sender"] == turn.sender]
    standing_now = [r for r in mine if r["status"] not in OVER.get(command.intent, ())] or mine
    fitting = [r for r in standing_now if topic.fits(r["category"], r["place_code"])] or [
        r for r in mine if topic.fits(r["category"], r["place_code"])]
    exact = [r for r in fitting if r["category"] in topic.categories]
    fitting = exact or fitting
    known = turn.known
    spoken_of = known is not None and command.intent != "status" and known.asked(turn.inbound.received_at) in ABOUT_NOW
    if known is not None and known.report is not None and spoken_of:
        asked = known.report["id"]
        if asked in {r["id"] for r in fitting} or (asked not in {r["id"] for r in mine} and topic.fits(
                known.report["category"], known.report["place_code"])):
            return [known.report]
    if command.intent in SURELY:
        return _apart(fitting)
    if command.intent == "status":
        return [r for r in _apart(fitting) if not is_done(turn, r)] or fitting[:1] or mine[:1]
    return fitting[:1] or mine[:1]


def numbered(turn: Turn, reference: str, topic: Topic) -> list[Row]:
    """The reports that a number means to this phone: its own; else what it said "me too" for; else what the words name.

    Two are left where a copied box gave the number out again and nothing tells which is meant.
    """
    reports = standing.with_reference(turn.c, reference)
    if len(reports) < 2:
        return reports
    if own := [report for report in reports if report["sender"] == turn.sender]:
        return own[:1]
    known = [report for report in reports if not is_secret(report)]  # of others it is not even said that there is one
    if spoken := [report for report in known if standing.speaks_for(turn.c, report, turn.sender)]:
        return spoken[:1]
    named = [report for report in known if (topic.categories or topic.place) and topic.fits(report["category"], report["place_code"])]
    return named if len(named) == 1 else known or reports[:1]


def going_on(turn: Turn, draft: Draft) -> Row | None:
    """The report of other days that "seguimos sin agua" is about, where no place is named; None when there is none, or several."""
    if draft.intent != "report" or draft.needs or "sensitive" in draft.flags or names_place(draft) or not goes_on(turn.inbound.text):
        return None
    same = _apart([r for r in spoken_for(turn.c, turn) if alike(r["category"], draft.category) and r["place_code"]])
    return same[0] if len(same) == 1 else None


def asked_after(turn: Turn, draft: Draft) -> Row | None:
    """The report of theirs that "cuando van a recoger la basura en Kupini" asks about."""
    same = [r for r in spoken_for(turn.c, turn) if alike(r["category"], draft.category) and r["place_code"] == draft.place_code]
    return same[0] if same else None


def is_done(turn: Turn, report: Row) -> bool:
    """Whether its resident or a planner says that it is repaired."""
    if report["status"] == "confirmed_fixed" or report["need"] is None:
        return bool(report["status"] == "confirmed_fixed")
    head = heads.head_of(turn.c, report["need"])
    return turn.c.execute(select(NEED.c.status).where(NEED.c.id == head)).scalar() in ("done", "closed")


def _apart(reports: list[Row]) -> list[Row]:
    """One report of each need: two of one need are one thing, and the newest speaks for it."""
    newest: dict[str, Row] = {}
    for report in reports:
        newest.setdefault(report["need"] or report["id"], report)
    return list(newest.values())
