"""Said of this number itself: who answers, what does a text cost, when does somebody come; or it was the wrong one. No need is named.

    quien es?                    Command("help", answer="who")
    cuanto cuesta este mensaje   Command("help", answer="price")
    que dia vienen?              Command("status", answer="when")
    no entiendo                  Command("help", answer="how")
    perdon, numero equivocado    Command("wrong_number")
    no me interesa, gracias      Command("thanks", answer="declined")

Only as the whole text: "cuando vienen a recoger la basura" says more. That it asks when is a flag of what it says (`asks_when`).
"""

from typing import Final

from parsers.draft import Command
from parsers.patterns import Hit
from parsers.reading import Reading
from parsers.references import ReferenceFound, reference_in, reference_or_last

WHO, PRICE, WHEN, HOW = "who", "price", "when", "how"
AGREED = "agreed"  # "ok", where nothing was asked
DECLINED = "declined"  # what we asked or offered is nothing to them
ASKS_WHEN: Final = "asks_when"
WRONG_NUMBER, SLIP = "wrong_number", "slip"  # of a slip only the conversation knows what it was
QUESTIONS: Final = (WHO, PRICE, WHEN, HOW)
_INTENT: Final = {WHO: "help", PRICE: "help", HOW: "help", WHEN: "status", WRONG_NUMBER: WRONG_NUMBER, SLIP: WRONG_NUMBER, AGREED: "thanks",
                  DECLINED: "thanks"}
_LONGEST = 12  # words
_GOES_ON: Final = frozenset(",;:.!?\n\u060c\u061b\u061f")  # after it something else is said


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


def asks_when(reading: Reading) -> bool:
    """Whether a text only asks when something is done: it begins so, a greeting aside, or ends so. "y la basura cuando?"

    What goes on after a comma tells more: "cuando van a hacer algo, aqui la lluvia no tiene salida" is a need.
    """
    polite = reading.covered("politeness")
    said = [at for at in range(len(reading.tokens)) if at not in polite]
    first = min((hit.start for hit in reading.of("question", "when_first")), default=None)
    if first is not None and all(at >= first or reading.tokens[at].tags & {"small", "question:beside"} for at in said):
        return len(said) <= _LONGEST and not any(first < at <= said[-1] and mark in _GOES_ON for at, mark in reading.marks)
    return len(said) <= _LONGEST and any(hit.end == len(reading.tokens) for hit in reading.of("question", "when_last"))


def _is_all(reading: Reading, hit: Hit, found: ReferenceFound | None) -> bool:
    """Whether nothing else is said; a question of one word may be misspelt less than others."""
    if hit.typo and hit.entry.size == 1:
        return False
    alike = [h for h in reading.of("question") if _INTENT.get(h.entry.value) == _INTENT[hit.entry.value]]
    easy = reading.covered("politeness") | {at for h in alike for at in range(h.start, h.end)}
    if hit.entry.value == WHEN:
        easy |= {at for h in reading.of("question", "unsure") for at in range(h.start, h.end)}
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
