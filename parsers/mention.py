"""A place named in a text, and what the text says about where: the values the place readers pass on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mention:
    """A place named in a text, from token `start` to before `end`; several `codes` when the name is shared.

    `source` says how it was found, `aside` why it may not be the place of the problem: a street, the sender's home, a date.
    """

    start: int
    end: int
    codes: tuple[str, ...]
    source: str
    typos: int = 0
    aside: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """One code, or candidates to choose from, or an error, with the reason in words."""

    code: str | None = None
    text: str | None = None
    candidates: tuple[str, ...] = ()
    source: str | None = None
    errors: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether one place was found."""
        return self.code is not None

    @property
    def is_told(self) -> bool:
        """Whether the text itself named it; the sender's registered place is not told."""
        return self.code is not None and self.source != "profile"
