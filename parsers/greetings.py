"""Texts that only greet or thank."""

from parsers.draft import Command
from parsers.freetext import Understood, opening_ends
from parsers.reading import Reading


def read_politeness(reading: Reading, u: Understood) -> Command | None:
    """A greeting with nothing else, thanks, or praise that asks for nothing."""
    tokens = reading.tokens
    if not tokens or len(tokens) > 40:
        return None
    thanks = [hit for hit in reading.of("politeness", "thanks") if not hit.typo]
    covered = {at for hit in reading.of("politeness") for at in range(hit.start, hit.end)}
    left = [at for at in range(len(tokens)) if at not in covered and "small" not in tokens[at].tags]
    if not left and covered:
        intent = "thanks" if thanks else "greeting"
        return Command(intent=intent, language=reading.language, why=(f"only {intent}",))
    if opening_ends(reading) >= len(tokens):
        return Command(intent="greeting", language=reading.language, why=("only greeting",))
    leads = thanks and thanks[0].start <= 3
    if leads and not reading.has("asking") and u.since is None and u.severity is None and not u.need.code and not u.place.is_known and len(left) <= 8:
        return Command(intent="thanks", language=reading.language, why=(f"thanks: {thanks[0].entry.text}",))
    return None
