"""How many SMS parts a text costs, counted on the provider's side.

Barrio counts its own replies too; the double keeps a second count so that a mistake in one shows as a difference.
"""

from __future__ import annotations

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("^{}\\[~]|€\f")  # sent as two septets


def segments(text: str) -> int:
    """Parts needed: `"a" * 160` -> 1, `"a" * 161` -> 2, `"á" * 71` -> 2."""
    if all(character in _BASIC or character in _ESCAPED for character in text):
        return _parts([2 if character in _ESCAPED else 1 for character in text], alone=160, joined=153)
    return _parts([2 if ord(character) > 0xFFFF else 1 for character in text], alone=70, joined=67)


def _parts(widths: list[int], alone: int, joined: int) -> int:
    if sum(widths) <= alone:
        return 1
    parts, used = 1, 0
    for width in widths:
        # an escape pair or a surrogate pair never straddles two parts: the first one is sent one unit short
        if used + width > joined:
            parts, used = parts + 1, 0
        used += width
    return parts
