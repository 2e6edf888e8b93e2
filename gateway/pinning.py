"""A landmark that no list holds is pinned once by a person; from then on it is a place, on every node."""

from __future__ import annotations

from gateway.errors import Problem
from gateway.journal import ledger
from gateway.journal.canonical import derived_id
from gateway.journal.places import AliasLearned
from gateway.node import Node
from parsers.names import place_words

MOST_WORDS = 6


def pin(node: Node, phrase: str, place: str, *, by: str) -> None:
    """Residents who write this phrase mean this place: `pin(node, "detras del molino", "S1701", by="ana")`."""
    if place not in node.city.place:
        raise Problem("planning.unknown", thing="place", id=place[:40])
    _write(node, phrase, place, by)


def unpin(node: Node, phrase: str, *, by: str) -> None:
    """Take it back: the phrase names no place any more."""
    _write(node, phrase, "", by)


def _write(node: Node, phrase: str, place: str, by: str) -> None:
    words = place_words(phrase)
    if not 1 <= len(words) <= MOST_WORDS or len(" ".join(words)) < 4:
        raise Problem("planning.refused", reason=f"{phrase[:60]!r} cannot be pinned: write one to {MOST_WORDS} words")
    pinned = words in {place_words(known) for known in node.standing.aliases}
    called = node.places.named(" ".join(words))
    if place and called and place not in called and not (pinned or node.places.is_weak(" ".join(words))):
        raise Problem("planning.refused", reason=f"{phrase[:60]!r} is the name of {node.city.place_name(called[0])} ({called[0]}) already")
    with node.database.writing() as c:
        ledger.write(c, node.origin, [AliasLearned(alias=derived_id("alias", *words), phrase=" ".join(phrase.split()), place=place)],
                     at=node.now(), by=by)
    node.renew()
