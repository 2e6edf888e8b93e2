"""Said of this number itself: who answers, what does a text cost, when does somebody come; or it was the wrong one. No need is named.

    quien es?                    Command("help", answer="who")
    cuanto cuesta este mensaje   Command("help", answer="price")
    que dia vienen?              Command("status", answer="when")
    perdon, numero equivocado    Command("wrong_number")

Only as the whole text: "cuando vienen a recoger la basura" says more.
"""

from typing import Final

from parsers.draft import Command
from parsers.patterns import Hit
from parsers.reading import Reading
from parsers.references import ReferenceFound, reference_in, reference_or_last

WHO, PRICE, WHEN = "who", "price", "when"
AGREED = "agreed"  # "ok", where nothing was asked
WRONG_NUMBER, SLIP = "wrong_number", "slip"  # of a slip only the conversation knows what it was
QUESTIONS: Final = (WHO, PRICE, WHEN)
_INTENT: Final = {WHO: "help", PRICE: "help", WHEN: "status", WRONG_NUMBER: WRONG_NUMBER, SLIP: WRONG_NUMBER, AGREED: "thanks"}
_LONGEST = 12  # words


def read_question(reading: Reading) -> Command | None:
    """What the whole text asks or says of this number."""
    if not 0 < len(reading.tokens) <= _LONGEST:
        return None
    found = reference_in(reading)
    unasked = reading.context.pending not in ("confirm_place", "fixed", "checkin")  # to which "ok" is an answer
    asked = [hit for hit in reading.of("question") if hit.entry.value in _INTENT and (unasked or hit.entry.value != AGREED)
             and _is_all(reading, hit, found)]
    if not asked:
        return None
    hit = max(asked, key=lambda h: (h.end - h.start, not h.typo))
    about = reference_or_last(reading) if hit.entry.value == WHEN else ReferenceFound(None)
    return Command(intent=_INTENT[hit.entry.value], language=language_of_hit(reading, hit), reference=about.number, errors=about.errors,
                   answer=None if hit.entry.value == WRONG_NUMBER else hit.entry.value, why=(f"asks: {hit.entry.text}",))


def _is_all(reading: Reading, hit: Hit, found: ReferenceFound | None) -> bool:
    """Whether nothing else is said; a question of one word may be misspelt less than others."""
    if hit.typo and hit.entry.size == 1:
        return False
    alike = (h for h in reading.of("question") if _INTENT.get(h.entry.value) == _INTENT[hit.entry.value])
    easy = reading.covered("politeness") | {at for h in alike for at in range(h.start, h.end)}
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
