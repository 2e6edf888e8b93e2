"""What an event is: something that happened, in the past tense. `facts` has them all; names and old samples never change.

New fields have defaults. Each event names what it is `about`: one or two ids, the first the one it happened to. A `sender` is a pseudonym.
tests/samples/<kind>.json holds one body of each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

EVENTS: dict[str, type[Event]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    KIND: ClassVar[str]
    VERSION: ClassVar[int] = 1
    ABOUT: ClassVar[tuple[str, ...]]
    FIELDS: ClassVar[tuple[str, ...]]

    def about(self) -> list[str]:
        return named(self.ABOUT, lambda name: getattr(self, name))

    def facts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.FIELDS}


def named(names: Sequence[str], value: Callable[[str], str | None]) -> list[str]:
    """The ids that a fact is about; "message|sender" is the message, or the sender where there is no message."""
    firsts = (next((found for part in name.split("|") if (found := value(part)) is not None), None) for name in names)
    return [found for found in firsts if found is not None]


E = TypeVar("E", bound=Event)


def about(*names: str) -> Callable[[type[E]], type[E]]:
    """Enter an event in the catalogue: MessageReceived -> kind `message_received`."""
    def enter(cls: type[E]) -> type[E]:
        cls.KIND = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()
        cls.ABOUT = names
        cls.FIELDS = tuple(f.name for f in fields(cls))
        if cls.KIND in EVENTS:
            raise ValueError(f"two events are called {cls.KIND}")
        EVENTS[cls.KIND] = cls
        return cls
    return enter
