"""What the provider remembers: every SMS to and from every phone, in memory, safe among threads."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

INBOUND = "inbound"


@dataclass(frozen=True, slots=True)
class Message:
    """One SMS as the provider keeps it; `turn` grows with every change, so that a reader can ask for news only."""

    sid: str
    direction: str  # inbound | outbound-api | outbound-reply
    sender: str
    recipient: str
    text: str
    status: str
    created_at: datetime
    sent_at: datetime | None = None
    error_code: int | None = None
    handed_over: bool | None = None  # inbound only: did the webhook answer 2xx? None = not tried, or still trying
    position: int = 0
    turn: int = 0

    @property
    def phone(self) -> str:
        """The resident's number, whichever way the message went."""
        return self.sender if self.direction == INBOUND else self.recipient


class Phones:
    """All messages of one account."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}
        self._by_phone: dict[str, list[str]] = {}
        self._turn = 0
        self._changed = threading.Condition()

    def keep(self, message: Message) -> Message:
        """Store a new message; a sid the provider already gave out is a mistake of the caller."""
        with self._changed:
            if message.sid in self._messages:
                raise ValueError(f"sid {message.sid} was given out before")
            self._turn += 1
            kept = dataclasses.replace(message, position=len(self._messages), turn=self._turn)
            self._messages[kept.sid] = kept
            self._by_phone.setdefault(kept.phone, []).append(kept.sid)
            self._changed.notify_all()
            return kept

    def change(self, sid: str, **facts: Any) -> Message:
        """Replace facts of a message: `change(sid, status="sent")`."""
        with self._changed:
            self._turn += 1
            changed = dataclasses.replace(self._messages[sid], turn=self._turn, **facts)
            self._messages[sid] = changed
            self._changed.notify_all()
            return changed

    def get(self, sid: str) -> Message:
        with self._changed:
            return self._messages[sid]

    def conversation(self, number: str, after: int = 0) -> tuple[list[Message], int]:
        """What is new on one phone since turn `after`, oldest first, and the turn to ask from next time."""
        with self._changed:
            mine = (self._messages[sid] for sid in self._by_phone.get(number, ()))
            return [message for message in mine if message.turn > after], self._turn

    def listed(
        self,
        sender: str | None = None,
        recipient: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Message]:
        """Newest first, both directions; a message not sent yet has no date and fails every date filter."""
        with self._changed:
            messages = list(self._messages.values())
        chosen = [
            message
            for message in messages
            if (sender is None or message.sender == sender)
            and (recipient is None or message.recipient == recipient)
            and _within(message.sent_at, since, until)
        ]
        return sorted(chosen, key=lambda kept: (kept.sent_at or kept.created_at, kept.position), reverse=True)

    def wait(self, holds: Callable[[], bool], timeout: float) -> bool:
        """Wait until something became true of the messages, or the time is over."""
        with self._changed:
            return self._changed.wait_for(holds, timeout)


def _within(at: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    if since is None and until is None:
        return True
    if at is None:
        return False
    second = at.replace(microsecond=0)  # the provider dates in whole seconds
    return (since is None or second >= since) and (until is None or second <= until)
