"""SMS text is hostile input: what may be printed of it, and how, on any page and in any file."""

from __future__ import annotations

import re

# overrides and isolates reorder what stands around them; C0/C1 controls and NUL break files and terminals
_UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def visible(text: str | None) -> str:
    """Controls as code points, so that a reader sees what was sent: `a\\u202eb` -> `a[U+202E]b`."""
    if not text:
        return ""
    text = _SURROGATES.sub("\ufffd", text.replace("\r\n", "\n"))
    return _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def storable(text: str) -> str:
    """Text that UTF-8 files can hold: NUL and lone surrogates become U+FFFD."""
    return _SURROGATES.sub("\ufffd", text.replace("\x00", "\ufffd"))
