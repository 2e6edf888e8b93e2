"""The reason that residents may read: no call number, no link, and no longer than every reply that tells it has room for."""

from __future__ import annotations

import re
from typing import Final

from gateway.errors import Problem
from gateway.words.fills import MOST_DIGITS

MOST_REASON: Final = 60  # characters
_LINK = re.compile(r"\w\.[^\W\d]")  # a dot between letters makes a link on every phone


def readable(reason: str) -> str:
    """A reason as it goes out, on one line; refused where a phone would make a number or a link of it."""
    if _LINK.search(reason) or sum(char.isdigit() for char in reason) > MOST_DIGITS:
        raise Problem("planning.refused", reason="A text to residents carries no phone number and no link: write the reason without them.")
    return " ".join(reason.split())[:MOST_REASON]
