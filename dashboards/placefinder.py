"""Finding a place by what a person types: its code, its name, a part or a near miss of it. From local tables only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask_babel import gettext

from gateway.node import Node
from parsers.names import place_words

MOST = 12
_CODE_AT_END = re.compile(r"\(([^()]{2,12})\)\s*\Z")


@dataclass(frozen=True, slots=True)
class Choice:
    """A place to choose, with where it lies; `value` is what the field holds once it was chosen: `Kupini (S1701)`."""

    code: str
    name: str
    around: str

    @property
    def value(self) -> str:
        return f"{self.name} ({self.code})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a form says of a place: its code when it names exactly one, what it may mean when it does not."""

    typed: str
    code: str = ""
    choices: tuple[Choice, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.typed and not self.code


def read(node: Node, form: Mapping[str, str]) -> Answer:
    """`place` is what was typed, `code` a choice that was offered for the text in `offered`."""
    typed, chosen = form.get("place", "").strip()[:120], form.get("code", "")
    if chosen in node.city.place and form.get("offered", "").strip() == typed:
        return Answer(choice(node, chosen).value, chosen)
    if exact := _exactly(node, typed):
        return Answer(choice(node, exact).value, exact)
    return Answer(typed, "", tuple(find(node, typed)))


def fault_of(answer: Answer) -> str:
    """What a person must do before the form names one place; nothing when it does, or says nothing."""
    if answer.code or answer.is_empty:
        return ""
    if answer.choices:
        return str(gettext("Choose the place below."))
    return str(gettext("No place is called so. Try a part of its name, or its code."))


def find(node: Node, typed: str, most: int = MOST) -> list[Choice]:
    """The likeliest places first: of this code or name, beginning so, having these words, sounding so."""
    words = place_words(_CODE_AT_END.sub("", typed))
    if not words:
        return []
    found: dict[str, None] = {}
    for code in _likely(node, typed, words):
        if code in node.city.place:
            found.setdefault(code)
        if len(found) >= most:
            break
    return [choice(node, code) for code in found]


def choice(node: Node, code: str) -> Choice:
    row = node.city.place[code]
    district = node.city.district_of(row["parent"])
    return Choice(code, row["name"], node.city.place_name(district) if district else "")


def _exactly(node: Node, typed: str) -> str:
    """The one place that the words name without doubt."""
    named = _CODE_AT_END.search(typed)
    for written in (named[1] if named else "", typed):
        if written.strip().upper() in node.city.place:
            return written.strip().upper()
    codes = node.places.named(" ".join(place_words(typed)))
    return codes[0] if len(codes) == 1 and not node.places.is_weak(" ".join(place_words(typed))) else ""


def _likely(node: Node, typed: str, words: tuple[str, ...]) -> Iterator[str]:
    joined = " ".join(words)
    code = "".join(typed.split()).upper()
    yield from (known for known in node.city.place if len(code) >= 2 and known.startswith(code))
    yield from node.places.named(joined)
    names = [(row["code"], " ".join(place_words(row["name"]))) for row in node.city.places]
    yield from (found for found, name in names if name.startswith(joined))
    yield from (found for found, name in names if all(any(own.startswith(word) for own in name.split()) for word in words))
    for _, near in node.places.near(joined, 2) if len(joined) >= 4 else ():
        yield from node.places.named(near)
