"""Who answers for a report: the body that has its subcategory's role in its area, else in the city, else whoever takes the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bodies:
    """A city's bodies by role; `nearer` are those of an area, which come first; `around` tells what a place lies in.

    >>> Bodies({"roads": "Vias"}, {"S0000": {"roads": "Vias Este"}}, {"S1701": "S1700", "S1700": "S0000"}).unit("roads", "S1701")
    ('Vias Este', 'roads in S0000')
    """

    by_role: Mapping[str, str] = field(default_factory=dict)
    nearer: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    around: Mapping[str, str] = field(default_factory=dict)
    fallback: str = ""

    def unit(self, role: str, place: str | None) -> tuple[str | None, str]:
        """The body and why it is that one; None where nobody is named."""
        here, seen = place or "", set[str]()
        while here and here not in seen:
            seen.add(here)
            if body := self.nearer.get(here, {}).get(role):
                return body, f"{role} in {here}"
            here = self.around.get(here, "")
        if body := self.by_role.get(role):
            return body, f"{role} in the whole city"
        return (self.fallback or None), "nobody is named for it" if not role else f"nobody is named for {role}"
