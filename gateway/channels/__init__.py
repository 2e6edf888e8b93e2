"""One file per outside system, the same five names in each: NAME, verify, read, read_status, send (and its settings).

Some have more: `find_sent` where the provider can be asked what became of an SMS, `history` where it lists what it received,
METHOD and `answer` where its webhook is no POST that is answered with an empty TwiML. FETCHED is true where nothing is sent:
phones come for their replies, by the door through which they bring texts (`gateway.sending.handing`).
"""

from __future__ import annotations

from types import ModuleType

from gateway.channels import android, console, kannel, signed, twilio
from gateway.config import Config
from gateway.errors import Problem

CHANNELS: dict[str, ModuleType] = {there.NAME: there for there in (twilio, kannel, android, signed, console)}


def channel(name: str) -> ModuleType:
    try:
        return CHANNELS[name]
    except KeyError:
        raise Problem("channel.unknown", name=name, known=", ".join(CHANNELS)) from None


def fetched(config: Config) -> list[str]:
    """The channels of this instance whose replies are fetched."""
    return [name for name, there in CHANNELS.items() if getattr(there, "FETCHED", False) and getattr(config, name).enabled]


def sends(config: Config, name: str) -> bool:
    """Whether texts can leave here by a channel, as it is configured; also one whose phones come for them."""
    try:
        channel(name).settings(config)
    except Problem:
        return False
    return True
