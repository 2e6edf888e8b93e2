"""Which places a text names: codes, names whole or misspelt, one distinctive word of a name."""

from dataclasses import replace

from parsers.asides import aside_of
from parsers.clean import is_arabic
from parsers.codes import code_at
from parsers.gazetteer import Gazetteer
from parsers.mention import Mention
from parsers.misspelt import heard, is_cued, misspelt, spelt_name
from parsers.names import place_word
from parsers.reading import Reading


def mentions_in(reading: Reading, as_answer: bool = False) -> list[Mention]:
    """Every place the text names, in order, longest names first, none overlapping.

    `as_answer`: the text answers "which place?", so common words and loose spellings are believed.
    """
    places = reading.places
    found: list[Mention] = []
    at, size = 0, len(reading.tokens)
    while at < size:
        mention = code_at(reading, at) if reading.tokens[at].coded else None
        mention = mention or _name_at(reading, places, at, as_answer)
        if mention and reading.is_zone(at) and at + 1 < size:
            # "zona San Antonio" is a name, but "zona San Antonio Norte" is not that one.
            longer = _name_at(reading, places, at + 1, as_answer)
            mention = longer if longer and longer.end > mention.end else mention
        if mention:
            found.append(_widened(reading, mention))
            at = mention.end
        else:
            at += 1
    taken = {at for mention in found for at in range(mention.start, mention.end)}
    found += misspelt(reading, taken, as_answer)
    if not found:
        found = _by_part(reading, places, set(), as_answer)
    found.sort(key=lambda mention: mention.start)
    settled = [replace(mention, aside=aside) if (aside := aside_of(reading, mention, found)) else mention for mention in found]
    if settled and all(mention.aside for mention in settled):
        taken = {at for mention in settled for at in range(mention.start, mention.end)}
        settled += _by_part(reading, places, taken, as_answer)
    # "calle Murillo" says nothing of Faro Murillo.
    return [mention for mention in settled if not (mention.source == "part" and mention.aside == "street")]


def _name_at(reading: Reading, places: Gazetteer, at: int, as_answer: bool) -> Mention | None:
    """The longest name that begins at a token."""
    tokens = reading.tokens
    token = tokens[at]
    if token.known and not token.typo and not places.longest_from(spelt_name(reading, at)) and token.word.isascii():
        return None
    for first, source in _first_words(reading, at):
        longest = min(places.longest_from(first), len(tokens) - at)
        if not longest:
            continue
        words = [first, *(spelt_name(reading, n) for n in range(at + 1, at + longest))]
        for size in range(longest, 0, -1):
            joined = " ".join(words[:size])
            codes, how = places.named(joined), source
            if not codes and size > 1 and (stripped := _without_suffix(reading, at + size - 1)):
                codes, how = places.named(" ".join([*words[: size - 1], stripped])), "suffix"
            if not codes or (size > 1 and _is_broken(reading, at, at + size)):
                continue
            if places.is_weak(joined) and not as_answer and not is_cued(reading, at, at + size):
                continue
            return Mention(at, at + size, codes, "learned" if places.is_learned(joined) else how)
    return None


def _is_broken(reading: Reading, start: int, end: int) -> bool:
    return reading.clauses[start] != reading.clauses[end - 1]


def _first_words(reading: Reading, at: int) -> list[tuple[str, str]]:
    """How the word may begin a name: as it is; without an attached Arabic particle; without an Aymara or Quechua ending."""
    token = reading.tokens[at]
    word = spelt_name(reading, at)
    options = [(word, "name")]
    if reading.places.longest_from(word):
        return options
    if is_arabic(token.word):
        for clitic in reading.words.clitics:
            if token.word.startswith(clitic) and len(token.word) - len(clitic) >= 2:
                options.append((place_word(token.word[len(clitic) :]), "clitic"))
    elif not token.known or token.typo:
        if stripped := _without_suffix(reading, at):
            options.append((stripped, "suffix"))
        # A preposition without its space: "enkupini", "fsidi moumen".
        for glued in reading.words.glued:
            if token.word.startswith(glued) and len(token.word) - len(glued) >= 4:
                options.append((token.word[len(glued) :], "clitic"))
    return options


def _without_suffix(reading: Reading, at: int) -> str:
    """`fatimapi` -> `fatima`: one or two endings taken off an unknown word, when the last word of a name remains."""
    token = reading.tokens[at]
    if (token.known and not token.typo) or not token.word.isascii():
        return ""
    rests = [token.word]
    for _ in range(2):
        rests = [rest[: -len(end)] for rest in rests for end in reading.words.suffixes if rest.endswith(end) and len(rest) - len(end) >= 4]
        for rest in rests:
            if rest in reading.places.last_words:
                return rest
    return ""


def _widened(reading: Reading, mention: Mention) -> Mention:
    """`alto munaipata`: the side beside a name belongs to it when both together sound like a longer name."""
    if mention.source == "code":
        return mention
    for start, end, side in (
        (mention.start - 1, mention.end, mention.start - 1),
        (mention.start, mention.end + 1, mention.end),
    ):
        if start < 0 or end > len(reading.tokens) or "grammar:side" not in reading.tokens[side].tags:
            continue
        if not _is_broken(reading, start, end) and (codes := heard(reading, start, end)):
            return replace(mention, start=start, end=end, codes=codes, source="typo")
    return mention


def _by_part(reading: Reading, places: Gazetteer, taken: set[int], as_answer: bool) -> list[Mention]:
    """One distinctive word of a longer name, when nothing better was said: `seguencoma`."""
    for at, token in enumerate(reading.tokens):
        codes = places.having(token.name)
        # A name that is also a common word, and stands unled, is not believed in part either.
        if not codes or at in taken or (places.is_weak(token.name) and not reading.zone_before(at)):
            continue
        if token.known and not token.typo and not (as_answer or reading.zone_before(at)):
            continue
        # "Jesus" in a text is seldom the neighbourhood of the Sacred Heart.
        if token.word in reading.words.given and not (as_answer or reading.zone_before(at)):
            continue
        return [Mention(at, at + 1, codes, "part")]
    return []
