"""What did they mean? Text in, value out: a draft of a report, a command, or why we could not read it.

    >>> words = load_vocabulary()
    >>> places = Gazetteer.of(rows)                       # a city's places.csv
    >>> parse("no hay agua en villa fatima desde ayer 20 familias", Context(), words, places)
    Draft(intent="report", category="WAT01", place_code="P1314", people=20, people_unit="families", since_days=1)

Pure: nothing is read but our own word lists, once; nothing is written; the same text and context give the same outcome.
"""

from collections.abc import Callable

from parsers import reference
from parsers.answers import read_answer
from parsers.commands import read_command, read_exact
from parsers.context import Context
from parsers.draft import Command, Draft, Need, Outcome, Unreadable
from parsers.freetext import Understood, read_emergency, read_report, understand
from parsers.gazetteer import Gazetteer, Place
from parsers.greetings import read_politeness
from parsers.moderation import read_abuse, read_spam
from parsers.needs import Meaning
from parsers.numeric import read_empty, read_number, read_unknown
from parsers.officer import read_officer
from parsers.protection import read_protection
from parsers.questions import read_question
from parsers.reading import Reading
from parsers.stopping import read_stop
from parsers.structured import read_structured
from parsers.trips import read_trip
from parsers.vocabulary import Vocabulary, load_vocabulary

__all__ = [
    "Command",
    "Context",
    "Draft",
    "Gazetteer",
    "Meaning",
    "Need",
    "Outcome",
    "Place",
    "Unreadable",
    "Vocabulary",
    "load_vocabulary",
    "parse",
    "reference",
]

# The order of the parsers; the first that answers wins. The first list needs only the words, the second also what the
# sentence says (place, need, counts).
FIRST: tuple[Callable[[Reading], Outcome | None], ...] = (
    read_empty,
    read_protection,
    read_stop,
    read_spam,
    read_officer,
    read_exact,
    read_question,
    read_trip,
)
THEN: tuple[Callable[[Reading, Understood], Outcome | None], ...] = (
    read_answer,
    read_emergency,
    read_command,
    read_structured,
    read_politeness,
    read_report,
)
LAST: tuple[Callable[[Reading], Outcome | None], ...] = (read_abuse, read_number, read_unknown)


def parse(text: str, context: Context, words: Vocabulary, places: Gazetteer, meaning: Meaning | None = None, *, guarded: bool = True
          ) -> Outcome:
    """What one text means. Never raises on any string; reads at most the first 1,600 characters.

    `meaning(text)` may give (subcategory, probability) pairs, best first, with `NONE` for "states no need". It is asked
    only where no keyword was found or the keywords are unsure (confidence below 0.85), and weighed with them; under an open
    question it is not, as a landmark is an answer there whatever need a model would read in it. Where both together do not
    say enough, the category stays open, with `category_options` to ask about.

    Not `guarded` is for a text that a person read and found to be no disclosure: what it says as any other.
    """
    reading = Reading(text, context, words, places)
    for parser in FIRST if guarded else [p for p in FIRST if p is not read_protection]:
        if (outcome := parser(reading)) is not None:
            return outcome
    understood = understand(reading, None if context.pending else meaning)
    for reader in THEN:
        if (outcome := reader(reading, understood)) is not None:
            return outcome
    for parser in LAST:
        if (outcome := parser(reading)) is not None:
            return outcome
    raise AssertionError("read_unknown answers everything")
