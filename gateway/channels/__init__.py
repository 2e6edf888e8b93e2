"""One file per outside system, the same five names in each: NAME, verify, read, read_status, send (and its settings).

Some have more: `find_sent` where the provider can be asked what became of an SMS, `history` where it lists what it received,
METHOD and `answer` where its webhook is no POST that is answered with an empty TwiML.
"""

from __future__ import annotations

from types import ModuleType

from gateway.channels import console, kannel, signed, twilio
from gateway.errors import Problem

CHANNELS: dict[str, ModuleType] = {there.NAME: there for there in (twilio, kannel, signed, console)}


def channel(name: str) -> ModuleType:
    try:
        return CHANNELS[name]
    except KeyError:
        raise Problem("channel.unknown", name=name, known=", ".join(CHANNELS)) from None
