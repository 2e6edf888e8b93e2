"""Why a name in a text may not be the place of the problem: a street, the sender's home, a denial, a day."""

from parsers.mention import Mention
from parsers.reading import Reading


def aside_of(reading: Reading, mention: Mention, found: list[Mention]) -> str:
    """`street` for "calle San Pedro", `home` for "vivo en", `denied` for "no es en", `person` for "soy Maria".

    `date` for "desde el 3 de mayo"; an empty string when nothing speaks against the place.
    """
    if mention.source == "code":
        return ""
    if _is_street(reading, mention):
        return "street"
    for hit in reading.of("places"):
        if hit.end == mention.start and hit.entry.value in ("home", "instead"):
            return "home" if hit.entry.value == "home" else "denied"
        if hit.end == mention.start and hit.entry.value == "called" and reading.tokens[mention.start].word in reading.words.given:
            return "person"
    return "date" if _is_date(reading, mention, found) else ""


def _is_street(reading: Reading, mention: Mention) -> bool:
    tokens, start = reading.tokens, mention.start
    if mention.end < len(tokens) and "places:street_after" in tokens[mention.end].tags:
        return True
    if start and "grammar:of" in tokens[start - 1].tags and start >= 2:
        start -= 1  # "calle de San Pedro"
    return start > 0 and "places:street_before" in tokens[start - 1].tags and reading.gap(start).strip(" ./") == ""


def _is_date(reading: Reading, mention: Mention, found: list[Mention]) -> bool:
    """`el 3 de mayo` is a day when a second place is named or `desde el` leads it; else the neighbourhood of that name."""
    tokens, start = reading.tokens, mention.start
    if start == 0 or tokens[start].number is None or tokens[mention.end - 1].word not in reading.words.months:
        return False
    another = any(other is not mention and not other.aside for other in found)
    before = tokens[start - 1]
    if "grammar:the_day" in before.tags:
        return another or (start >= 2 and "grammar:from_day" in tokens[start - 2].tags)
    return "grammar:from_day" in before.tags and another
