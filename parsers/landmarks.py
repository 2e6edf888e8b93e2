"""Schools, markets, pitches: what a resident finds the way by, and what may be lacking itself.

`cerca del colegio` tells where, `falta un colegio` tells what. The words are those of `spots.toml`.
"""

from collections.abc import Iterable

from parsers.needs import Scored
from parsers.reading import Reading
from parsers.spots import LANDMARKS

# Told of what is broken more often than of where it is.
_SUBJECTS = frozenset({"steps", "bridge", "tank", "bath"})
_LONGEST = max(map(len, LANDMARKS))
_BARE = 1.2  # the score of one word, and no state beside it


def behind_beside(reading: Reading) -> set[int]:
    """The tokens of landmarks that stand right behind `cerca de`, `frente a`, `near`: they say where, and no need."""
    found: set[int] = set()
    for hit in reading.of("places", "beside"):
        if hit.typo:
            continue
        at = hit.end
        while at < len(reading.tokens) and at - hit.end < 2 and "small" in reading.tokens[at].tags:
            at += 1
        found.update(range(at, _ends(reading, at)))
    return found


def is_spot(reading: Reading, scored: Iterable[Scored]) -> bool:
    """Whether all needs that a text names are landmarks of which nothing is said: `en Kupini por el hospital`."""
    there = _all(reading)
    return bool(there) and not reading.has("asking") and all(s.score <= _BARE and s.first in there for s in scored)


def is_alone(reading: Reading) -> bool:
    """Whether a text is a landmark and nothing else: `Hospital`, `el colegio por favor`."""
    there = _all(reading)
    easy = there | reading.covered("politeness")
    return bool(there) and all(at in easy or "small" in token.tags for at, token in enumerate(reading.tokens))


def _all(reading: Reading) -> set[int]:
    return {n for at in range(len(reading.tokens)) for n in range(at, _ends(reading, at))}


def _ends(reading: Reading, at: int) -> int:
    """Where the landmark that begins at a token ends; `at` itself where none does."""
    words = tuple(token.word for token in reading.tokens[at : at + _LONGEST])
    for size in range(len(words), 0, -1):
        concept = LANDMARKS.get(words[:size])
        if concept is not None and concept not in _SUBJECTS:
            return at + size
    return at
