"""What passes between the door and a channel: a request as it came, an SMS in, a status, the outcome of a sending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Headers(Protocol):
    def get(self, name: str, default: str, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request at a channel's door. `url` is the configured public address plus the raw path and query.

    `peer` is the address it came from, as the machine's own network saw it.
    """

    url: str
    content_type: str
    headers: Headers
    body: bytes
    at: datetime
    peer: str = ""

    def __repr__(self) -> str:  # a traceback must not show a phone number or a text
        return f"Request({len(self.body)} bytes)"


@dataclass(frozen=True, slots=True)
class Inbound:
    """One SMS as a channel brought it; `number` is the sender's phone and goes no further than the vault."""

    channel: str
    account: str
    provider_id: str
    number: str
    text: str
    received_at: datetime
    raw: bytes
    road: str = "webhook"

    def __repr__(self) -> str:  # a traceback must not show a phone number or a text
        return f"Inbound({self.channel}, {self.provider_id})"


@dataclass(frozen=True, slots=True)
class StatusReport:
    """How far an SMS of ours came, in the provider's words mapped to ours.

    Where the provider hands back our own reply's id, `ours` names the channel that reply must have left by: such a report
    finds the reply even while it is in doubt.
    """

    provider_id: str
    status: str
    error: str | None = None
    ours: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    provider_id: str
    status: str = "sent"


@dataclass(frozen=True, slots=True)
class Failed:
    """Certainly not sent; `permanent` means that trying again cannot help, `opted_out` that the phone said stop there.

    `mendable`: trying again helps once a person has mended something, a token for one; until then it goes aside.
    """

    reason: str
    permanent: bool
    opted_out: bool = False
    mendable: bool = False


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The provider may have taken it: look it up, never send it again blindly.

    `final`: there is nobody to ask. A report that comes later may settle it; else it stays in doubt, and a person sees it.
    """

    reason: str
    final: bool = False


Outcome = Sent | Failed | Uncertain
