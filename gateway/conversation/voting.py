"""What a text that votes leads to: which poll it means, whether it is open, and the one vote that each sender has in it.

    VOTO B    -> the poll they were asked last, as long as it is open; the last vote before the end counts
    B         -> the same, while the poll is the last that we said to them (`moves`)
    VOTO B    of somebody who was not asked -> kept and counted apart: a list that anybody may join by word of mouth is no list,
                 and a neighbour who took the trouble is not turned away
"""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from gateway.conversation.openings import vote_in
from gateway.conversation.turn import Turn
from gateway.journal.canonical import derived_id, iso, moment
from gateway.journal.events import Event
from gateway.journal.facts.broadcasts import LETTERS, SAY, VoteCast, is_open, options_of
from gateway.journal.rows import find
from gateway.journal.tables import Broadcast, Listed, Vote, table
from parsers import Command

BROADCAST, LISTED, VOTE = table(Broadcast), table(Listed), table(Vote)
POLL: Final = "poll"  # the open question
MOST_LOOKED_AT = 50
Row = dict[str, Any]


def vote_id(poll: str, sender: str) -> str:
    return derived_id("vote", poll, sender)


def answer(turn: Turn, command: Command) -> list[Event]:
    """The vote as a fact, and the one reply: recorded, changed, counted apart, the letters there are, or that it is over."""
    poll, asked = _meant(turn, (command.answer or "").upper())
    letter = _chosen(turn, poll) if poll is not None else None
    given = turn.given("poll", detail=letter)
    if poll is None:
        return [given, *turn.reply("poll_none")]
    if not is_open(poll, iso(turn.inbound.received_at)):
        return [given, *turn.reply("poll_closed", date=_day(turn, poll))]
    options = labels(poll, turn.spoken)
    if letter is None:
        return [given, *turn.reply("vote_unknown", letters=" ".join(LETTERS[:len(options)]), question=POLL if asked else None,
                                   choices=slot(poll, turn.spoken, hinted=True) if asked else ())]
    vote = vote_id(poll["id"], turn.sender)
    before = next(iter(find(turn.c, VOTE, "id", [vote])), None)
    fact = VoteCast(vote=vote, message=turn.message, sender=turn.sender, broadcast=poll["id"], option=letter,
                    received_at=iso(turn.inbound.received_at), asked=asked)
    shown = f"{letter} {options[LETTERS.index(letter)]}"
    if not asked:
        return [given, fact, *turn.reply("vote_apart", opt=shown)]
    kind = "vote_ok" if before is None or before["option"] == letter else "vote_changed"
    return [given, fact, *turn.reply(kind, question=POLL, choices=slot(poll, turn.spoken), opt=shown, date=_day(turn, poll))]


def labels(poll: Row, language: str) -> tuple[str, ...]:
    """The options of a poll in a language, else in the first that it was written in."""
    options = options_of(poll)
    return options.get(language) or next(iter(options.values()))


def slot(poll: Row, language: str, hinted: bool = False) -> tuple[str, ...]:
    """What the open question holds: which poll, until when, whether they were told the letters, and the options."""
    return (poll["id"], poll["closes_at"], "hinted" if hinted else "", *labels(poll, language))


def _chosen(turn: Turn, poll: Row) -> str | None:
    """The letter that a text chooses, or the option in the words of any language."""
    return next((letter for options in options_of(poll).values() if (letter := vote_in(turn.inbound.text, options))), None)


def _meant(turn: Turn, letter: str) -> tuple[Row | None, bool]:
    """The poll that a vote is for, and whether its sender was asked: the one that we asked them last, else the last that they were on the
    list of, the open ones first; else the last that was opened, if it has such an option."""
    known = turn.known
    if known is not None and known.asked(turn.inbound.received_at) == POLL:
        return next(iter(find(turn.c, BROADCAST, "id", known.options()[:1])), None), True
    latest = select(BROADCAST).where(BROADCAST.c.closes_at.is_not(None), BROADCAST.c.started_at.is_not(None)).order_by(
        BROADCAST.c.started_at.desc()).limit(MOST_LOOKED_AT)
    polls = [dict(row) for row in turn.c.execute(latest).mappings()]
    asked = set(turn.c.execute(select(LISTED.c.broadcast).where(
        LISTED.c.sender == turn.sender, LISTED.c.errand == SAY, LISTED.c.state == "written")).scalars()) if polls else set()
    now = iso(turn.inbound.received_at)
    mine = sorted((poll for poll in polls if poll["id"] in asked), key=lambda poll: is_open(poll, now), reverse=True)
    if mine:
        return mine[0], True
    free = [poll for poll in polls if is_open(poll, now)]
    fitting = [poll for poll in free if letter and letter in LETTERS[:len(labels(poll, turn.spoken))]]
    return next(iter(fitting or free), None), False


def _day(turn: Turn, poll: Row) -> str:
    ended = min(filter(None, (poll["closes_at"], poll["closed_at"], poll["stopped_at"])))
    return f"{moment(ended).astimezone(ZoneInfo(turn.node.city.timezone)):%d/%m}"
