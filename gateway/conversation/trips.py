"""What a trip that was told leads to: its legs, said back in a word; what was not understood, asked once; and taking it back.

    VIAJE S1701 PIE TRABAJO 3          -> noted
    VIAJE Marte PIE TRABAJO 9          -> noted without them: "No entendimos: Marte, 9", and whether they write it again
    the same again, or "NO", after it  -> the first is withdrawn, so that nothing counts twice
"""

from __future__ import annotations

from typing import Any

from gateway.conversation.dialogue import TRIP
from gateway.conversation.turn import Turn
from gateway.journal.canonical import kin_id
from gateway.journal.events import Event
from gateway.journal.facts.trips import TripTold, TripWithdrawn
from parsers import Command

CLEAR, UNCLEAR = "clear", "unclear"


def answer(turn: Turn, command: Command) -> list[Event]:
    """The legs as facts and the one reply; or how one tells a trip."""
    state, *before = _before(turn)
    if command.answer == "no":
        return [*_withdrawn(turn, before), *turn.reply("trip_undone")]
    if not command.legs:
        return turn.reply("trip_ask")
    again = _withdrawn(turn, before) if state == UNCLEAR else []  # they were asked to write it again
    told = [TripTold(trip=kin_id(turn.message, "trip", str(n)), message=turn.message, sender=turn.sender, leg=n,
                     legs=len(command.legs), **leg.as_dict()) for n, leg in enumerate(command.legs, 1)]
    purpose = next((leg.purpose for leg in command.legs if leg.purpose), "")
    said = turn.node.replies.purpose(purpose, turn.language) if purpose else ""
    begins = command.legs[0].begins
    asks = command.details is not None and state != UNCLEAR
    slot = (UNCLEAR if asks else CLEAR, *(leg.trip for leg in told))
    fills: dict[str, Any] = {"n": len(told), "topic": ", ".join(filter(None, (said, turn.place(begins) if begins else "")))}
    if asks:
        return [*again, *told, *turn.reply("trip_partly", question=TRIP, choices=slot, said=command.details, **fills)]
    return [*again, *told, *turn.reply("trip_ok", question=TRIP, choices=slot, **fills)]


def _before(turn: Turn) -> list[str]:
    """Whether the trip that they told just now was clear, and its legs."""
    known = turn.known
    asked = known is not None and known.asked(turn.inbound.received_at) == TRIP
    return known.options() if known is not None and asked else [CLEAR]


def _withdrawn(turn: Turn, legs: list[str]) -> list[Event]:
    return [TripWithdrawn(trip=leg, message=turn.message, sender=turn.sender) for leg in legs]
