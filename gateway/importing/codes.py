"""Codes for places that have none: letters, two digits of the district, two of the place; a resident can type them.

A place inside S1700 gets S1799, the next S1798, and so on down: the city pack counts up from S1701, so the two never meet. A
hundredth place begins SA1799. A district inside S0000 gets S99 00, S98 00: its two digits belong to no other district, because
a letter and a district that do not agree is how a slip is found. What has no parent needs the letters said, or a city with one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import ascii_uppercase

SHAPE = re.compile(r"([A-Z]{1,4})(\d\d)(\d\d)")


class Codes:
    """All codes in use, and the next free one."""

    def __init__(self, codes: Iterable[str]) -> None:
        self._used = set(codes)

    def __contains__(self, code: str) -> bool:
        return code in self._used

    def take(self, code: str) -> str:
        self._used.add(code)
        return code

    @property
    def letters(self) -> set[str]:
        return {match.group(1) for code in self._used if (match := SHAPE.fullmatch(code))}

    def letters_of(self, district: str) -> set[str]:
        """The letters that go with the two digits of a district: `{"S"}` for 17."""
        return {match.group(1) for code in self._used if (match := SHAPE.fullmatch(code)) and match.group(2) == district}

    def next_inside(self, parent: str) -> str | None:
        """A free code for a place inside another, taken; None when the parent's own code leaves no room."""
        match = SHAPE.fullmatch(parent)
        if match is None:
            return None
        letters, district, number = match.groups()
        if district == "00" and number == "00":
            return self.next_district(letters)
        return next((self.take(code) for more in ("", *ascii_uppercase) for place in range(99, 0, -1)
                     if (code := f"{letters}{more}{district}{place:02d}") not in self._used), None)

    def next_district(self, letters: str) -> str | None:
        """A free code whose two digits no other place has, taken."""
        districts = {match.group(2) for code in self._used if (match := SHAPE.fullmatch(code))}
        free = next((d for n in range(99, 0, -1) if (d := f"{n:02d}") not in districts), None)
        return self.take(f"{letters}{free}00") if free else None
