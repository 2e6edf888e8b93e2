"""What a short text about an earlier report speaks of: the kinds of need it names, the place, the reference. Guesses are welcome here.

A text that files a report must be sure; one that says "the water is back" only has to be told apart from a few reports of one sender.
"""

from __future__ import annotations

from dataclasses import dataclass

from parsers.context import Context
from parsers.freetext import understand
from parsers.gazetteer import Gazetteer
from parsers.reading import Reading
from parsers.references import reference_in
from parsers.vocabulary import Vocabulary

# Praise of works and complaints about them say nothing of what was repaired.
_OF_NOTHING = "GOV"


@dataclass(frozen=True, slots=True)
class Topic:
    """`Topic(("WAT01",), "S1701", None)`: the subcategories the words hint at, the likeliest first."""

    categories: tuple[str, ...] = ()
    place: str | None = None
    reference: str | None = None

    def fits(self, category: str | None, place: str | None) -> bool:
        """Whether nothing that is named speaks against a report of this category and place."""
        kinds = {code[:3] for code in self.categories}
        return (not kinds or category is None or category[:3] in kinds) and self.place in (None, place)


def topic_of(text: str, words: Vocabulary, places: Gazetteer) -> Topic:
    """`ya volvio el agua` -> `Topic(("WAT01",))`; `sigue igual` -> `Topic()`."""
    reading = Reading(text, Context(), words, places)
    said = understand(reading, None)
    codes = [scored.code for scored in said.need.scored]
    codes += [hit.entry.value for hit in reading.of("short") if hit.start not in said.masked]
    if not codes:  # "rje3 ddo": a thing alone, whatever may be wrong with it
        things = {hit.entry.value for hit in reading.of("thing") if hit.start not in said.masked}
        codes = sorted({code for (thing, _), code in words.means.items() if thing in things})
    found = reference_in(reading)
    return Topic(tuple(dict.fromkeys(code for code in codes if not code.startswith(_OF_NOTHING))),
                 said.place.code if said.place.is_told else None, found.number if found else None)
