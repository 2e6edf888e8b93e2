"""Spam, small trade and insults. An insult never suppresses a need; spam never gets an answer."""

from parsers.danger import danger_in
from parsers.draft import Unreadable
from parsers.patterns import Hit
from parsers.reading import Reading


def spam_words(reading: Reading) -> tuple[str, ...]:
    """The words that make a text spam; empty when it is not: a sure one, two doubtful ones, or an advertisement."""
    sure = reading.of("spam", "sure")
    if sure and not (len(sure) == 1 and sure[0].typo):
        return tuple(dict.fromkeys(hit.entry.text for hit in sure))
    maybe = _apart(reading.of("spam", "maybe"))
    ads = reading.of("spam", "ads")
    asking = reading.of("asking", "strong")
    if ads and ads[0].start <= 2 and not asking:
        return tuple(dict.fromkeys(hit.entry.text for hit in (*ads, *maybe)))
    kinds = {hit.entry.text for hit in maybe}
    talk = [hit for hit in reading.of("spam", "talk") if not hit.typo]
    if talk and kinds:
        kinds.add(talk[0].entry.text)
    if len(kinds) >= 2 and not asking and (len(kinds) >= 3 or not reading.has("need")):
        return tuple(sorted(kinds))
    return ()


def _apart(hits: list[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        if not hit.typo and (not kept or hit.start >= kept[-1].end):
            kept.append(hit)
    return kept


def read_spam(reading: Reading) -> Unreadable | None:
    """Advertising and fraud, unless the text is a report that merely holds such a word."""
    words = spam_words(reading)
    # "call now" sells nothing beside someone who does not breathe.
    if not words or danger_in(reading):
        return None
    return Unreadable(intent="spam", language=reading.language, reason="spam", why=(f"spam: {', '.join(words[:3])}",))


def is_rude(reading: Reading) -> bool:
    """Whether the text insults someone."""
    return any(not hit.typo for hit in reading.of("abuse"))


def read_abuse(reading: Reading) -> Unreadable | None:
    """An insult and nothing else."""
    # A swear word in a long story is not its message.
    if not is_rude(reading) or (len(reading.tokens) > 9 and len(reading.of("abuse")) < 2):
        return None
    word = next(hit.entry.text for hit in reading.of("abuse") if not hit.typo)
    return Unreadable(intent="abuse", language=reading.language, reason="abuse", why=(f"insult: {word}",))
