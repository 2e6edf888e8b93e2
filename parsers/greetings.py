"""Texts that only greet or thank."""

from parsers.draft import Command, Unreadable
from parsers.freetext import Understood, opening_ends
from parsers.questions import ASKS_WHEN, asks_when
from parsers.reading import Reading

# A need said as plainly as this is a need, however polite the text.
_PLAIN = 0.8


def read_politeness(reading: Reading, u: Understood) -> Command | Unreadable | None:
    """A greeting with nothing else, thanks, or praise that asks for nothing."""
    tokens = reading.tokens
    if not tokens or len(tokens) > 40:
        return None
    thanks = [hit for hit in reading.of("politeness", "thanks") if not hit.typo]
    covered = {at for hit in reading.of("politeness") for at in range(hit.start, hit.end)}
    left = [at for at in range(len(tokens)) if at not in covered and "small" not in tokens[at].tags]
    if not left and covered:
        intent = "thanks" if thanks else "greeting"
        hits = reading.of("politeness")
        whole = [h for h in hits if not any(o.start <= h.start and h.end <= o.end and o.end - o.start > h.end - h.start for o in hits)]
        said = ", ".join(dict.fromkeys(hit.entry.text for hit in whole))
        return Command(intent=intent, language=reading.language, why=(f"only {intent}: {said}",))
    if opening_ends(reading) >= len(tokens):
        return Command(intent="greeting", language=reading.language, why=("only greeting",))
    chat = _chat(reading, u)
    if chat:
        return chat
    leads = thanks and thanks[0].start <= 3
    if leads and not _asks(reading, u) and not u.need.code and not u.place.is_told and len(left) <= 8:
        return Command(intent="thanks", language=reading.language, why=(f"thanks: {thanks[0].entry.text}",))
    return None


def _asks(reading: Reading, u: Understood) -> bool:
    return reading.has("asking", "strong") or u.since is not None or u.severity is not None or u.people is not None


def _chat(reading: Reading, u: Understood) -> Command | Unreadable | None:
    """Praise of finished works, questions about opening hours, news and jokes: they name needs and ask for none."""
    hits = [hit for hit in reading.of("chat") if not hit.typo]
    if not hits or reading.has("asking", "strong") or u.people or u.severity:
        return None
    hit = hits[0]
    # Led by praise or a question the whole text is one; else a plainly said need outweighs it.
    if u.need.confidence >= _PLAIN and not (hit.entry.value in ("praise", "asked") and (hit.start <= 3 or len(hits) > 1)):
        return None
    if hit.entry.value == "praise":
        return Command(intent="thanks", language=reading.language, why=(f"praise: {hit.entry.text}",))
    return Unreadable(
        intent="unknown",
        language=reading.language,
        reason="no_need",
        hint="chat or a question, no need",
        why=(f"{hit.entry.value}: {hit.entry.text}",),
        flags=(ASKS_WHEN,) if asks_when(reading) else (),
    )
