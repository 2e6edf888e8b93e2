"""One file per outside system, the same five names in each: NAME, verify, read, read_status, send (and its settings)."""

from __future__ import annotations

from types import ModuleType

from gateway.channels import console, twilio
from gateway.errors import Problem

CHANNELS: dict[str, ModuleType] = {twilio.NAME: twilio, console.NAME: console}


def channel(name: str) -> ModuleType:
    try:
        return CHANNELS[name]
    except KeyError:
        raise Problem("channel.unknown", name=name, known=", ".join(CHANNELS)) from None
