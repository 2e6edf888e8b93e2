"""One spelling for values and times, so that equal facts have equal bytes on every machine."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_encode_ascii = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces; a text that UTF-8 cannot hold (a lone surrogate) is escaped."""
    text = _encode(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return _encode_ascii(value)
    return text


def iso(moment: datetime) -> str:
    """`2026-11-25T18:00:00.123Z`: UTC, milliseconds, sorts as it reads."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def derived_id(*parts: str) -> str:
    """96 bits named by what they stand for: the same parts give the same id wherever they are read."""
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def ordered_id(at: datetime, *parts: str) -> str:
    """Milliseconds, then a digest of the parts: new ids stand beside each other in every index.

    Random ids would touch a page of their own in each index, and a commit writes and syncs whole pages.
    """
    return f"{int(at.timestamp() * 1000):011x}" + derived_id(*parts)[:13]


def kin_id(elder: str, *parts: str) -> str:
    """An id that stands beside its elder's: a report's beside its message's."""
    return elder[:11] + derived_id(elder, *parts)[:13]
