"""Questions about this number itself: who answers, what a text costs, when somebody comes. They name no need and are none.

    quien es?                    Command("help", answer="who")
    cuanto cuesta este mensaje   Command("help", answer="price")
    que dia vienen?              Command("status", answer="when")

Only as the whole text: "cuando vienen a recoger la basura" says more.
"""

from typing import Final

from parsers.draft import Command
from parsers.patterns import Hit
from parsers.reading import Reading
from parsers.references import ReferenceFound, reference_in, reference_or_last

WHO, PRICE, WHEN = "who", "price", "when"
QUESTIONS: Final = (WHO, PRICE, WHEN)
_INTENT: Final = {WHO: "help", PRICE: "help", WHEN: "status"}
_LONGEST = 12  # words


def read_question(reading: Reading) -> Command | None:
    """The question that the whole text is."""
    if not 0 < len(reading.tokens) <= _LONGEST:
        return None
    found = reference_in(reading)
    asked = [hit for hit in reading.of("question") if hit.entry.value in _INTENT and _is_all(reading, hit, found)]
    if not asked:
        return None
    hit = max(asked, key=lambda h: (h.end - h.start, not h.typo))
    about = reference_or_last(reading) if hit.entry.value == WHEN else ReferenceFound(None)
    return Command(intent=_INTENT[hit.entry.value], language=language_of_hit(reading, hit), answer=hit.entry.value,
                   reference=about.number, errors=about.errors, why=(f"asks: {hit.entry.text}",))


def _is_all(reading: Reading, hit: Hit, found: ReferenceFound | None) -> bool:
    """Whether nothing else is said; a question of one word may be misspelt less than others."""
    if hit.typo and hit.entry.size == 1:
        return False
    easy = reading.covered("politeness") | set(range(hit.start, hit.end))
    if found:
        easy.update(range(found.start, found.end))
    tokens = reading.tokens
    return all(at in easy or tokens[at].tags & {"small", "question:beside"} for at in range(len(tokens)))


def language_of_hit(reading: Reading, hit: Hit) -> str:
    """The language of the text, where the phrase is of it; else the phrase's own."""
    langs = {h.entry.lang for h in reading.of(hit.entry.kind) if (h.start, h.end) == (hit.start, hit.end)}
    if reading.language in langs or (reading.is_arabic and "ar" in langs):
        return reading.language
    return reading.context.channel_lang if reading.context.channel_lang in langs else hit.entry.lang
