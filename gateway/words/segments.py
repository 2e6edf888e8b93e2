"""What a text costs as SMS: its encoding, units and segments, and the folding that keeps it cheap.

>>> measure("Mañana ¿donde?")
Measure(encoding='GSM-7', units=14, segments=1)
>>> to_gsm7("Mañana ¿dónde?")
'Mañana ¿donde?'
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

Encoding = Literal["GSM-7", "UCS-2"]

# 3GPP TS 23.038: the default alphabet without its escape, and the table behind the escape (two septets each).
BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPED: Final = frozenset("\f^{}\\[~]|€")
GSM7: Final = BASIC | ESCAPED

# One SMS, and one part of several: the header that joins parts takes 7 septets or 3 UCS-2 units.
ROOM: Final[dict[Encoding, tuple[int, int]]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}

# Signs and letters that Unicode does not decompose into something GSM-7 has.
LOOK_ALIKES: Final = str.maketrans({
    **dict.fromkeys("‘’‚‛ʼʻʹ′`´‹›", "'"), **dict.fromkeys("“”„‟″«»", '"'), **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("•·‣", "-"), **dict.fromkeys("\u2028\u2029\x85", "\n"), "\t": " ", "×": "x", "⁄": "/",
    "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ı": "i", "ẞ": "SS", "°": "o",
})
# They show nothing, and any one of them would turn the SMS into UCS-2 and more than double its price.
INVISIBLE: Final = dict.fromkeys(
    [0xAD, 0xFEFF, 0xFE0F, 0x2060, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], ""
)


@dataclass(frozen=True, slots=True)
class Measure:
    """`units` are septets in GSM-7 and 16-bit units in UCS-2; `segments` is what the provider bills."""

    encoding: Encoding
    units: int
    segments: int


def encoding_of(text: str) -> Encoding:
    return "GSM-7" if GSM7.issuperset(text) else "UCS-2"


def measure(text: str) -> Measure:
    """Count as a phone does; an empty text is nothing to send.

    >>> measure("€5 [x]")
    Measure(encoding='GSM-7', units=9, segments=1)
    """
    encoding = encoding_of(text)
    units = _units(text, encoding)
    return Measure(encoding, units, (1 if text else 0) if units <= ROOM[encoding][0] else len(parts(text)))


def parts(text: str) -> tuple[str, ...]:
    """Cut the text where a phone cuts it: neither an escape pair nor a surrogate pair straddles two parts.

    >>> [len(part) for part in parts("a" * 152 + "€" + "a" * 152)]
    [152, 152, 1]
    """
    encoding = encoding_of(text)
    single, part = ROOM[encoding]
    if _units(text, encoding) <= single:
        return (text,) if text else ()
    found, start, used = [], 0, 0
    for position, char in enumerate(text):
        cost = _cost(char, encoding)
        if used + cost > part:
            found.append(text[start:position])
            start, used = position, 0
        used += cost
    return (*found, text[start:])


def fold(text: str) -> str:
    """Give every sign that GSM-7 lacks its plain look-alike; what has none stays.

    >>> fold("“Façade” – 5 m² ok 水")
    '"Facade" - 5 m2 ok 水'
    """
    if BASIC.issuperset(text):
        return text
    return "".join(map(_plain, unicodedata.normalize("NFC", text).translate(INVISIBLE)))


def to_gsm7(text: str) -> str:
    """Fold the text when that makes it GSM-7 or saves a segment; otherwise leave every letter as written.

    >>> to_gsm7("Façade, señor"), to_gsm7("Façade 水")
    ('Facade, señor', 'Façade 水')
    """
    if encoding_of(text) == "GSM-7":
        return text
    folded = fold(text)
    return folded if encoding_of(folded) == "GSM-7" or len(parts(folded)) < len(parts(text)) else text


def cheapest(text: str) -> str:
    """Fold only when a segment is saved: a person's own words keep their accents while those cost nothing.

    >>> cheapest("Mañana ¿dónde?")
    'Mañana ¿dónde?'
    """
    folded = to_gsm7(text)
    return folded if len(parts(folded)) < len(parts(text)) else text


def _units(text: str, encoding: Encoding) -> int:
    # measured for every reply before its text is acknowledged: counted in C, not sign by sign
    if encoding == "GSM-7":
        return len(text) if ESCAPED.isdisjoint(text) else len(text) + sum(map(text.count, ESCAPED))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _cost(char: str, encoding: Encoding) -> int:
    return 2 if (char in ESCAPED if encoding == "GSM-7" else char > "\uffff") else 1


def _plain(char: str) -> str:
    if char in GSM7:
        return char
    if "\u0300" <= char <= "\u036f":  # a loose Latin accent; the marks of other scripts carry meaning and stay
        return ""
    parted = unicodedata.normalize("NFKD", char.translate(LOOK_ALIKES)).translate(LOOK_ALIKES)
    plain = "".join(part for part in parted if not "\u0300" <= part <= "\u036f")
    return plain if plain and GSM7.issuperset(plain) else char
