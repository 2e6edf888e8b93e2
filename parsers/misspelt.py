"""Place names by ear and through typos: only words we do not know are tried, so most texts never come here."""

from parsers.mention import Mention
from parsers.names import place_word
from parsers.reading import Reading
from parsers.sounds import sound, sound_of

# A misspelt name has at most this many words and this many letters.
_WINDOW = 4
_LONGEST = 36
# A text of more unknown words than this is in no language of ours: the rest of it names no place.
_TRIED = 24


def spelt_name(reading: Reading, at: int) -> str:
    """The word as names spell it; a misspelt everyday word of a name ("vila", "alot") as it was meant."""
    token = reading.tokens[at]
    if (token.typo or token.name != token.word) and not reading.places.knows_word(token.name):
        meant = place_word(token.meant)
        return meant if reading.places.knows_word(meant) else token.name
    return token.name


def heard(reading: Reading, start: int, end: int) -> tuple[str, ...]:
    """Codes of the places whose name sounds like these words."""
    names = reading.places.alike(sound_of(spelt_name(reading, n) for n in range(start, end)))
    return tuple(dict.fromkeys(code for name in names for code in reading.places.named(name)))


def misspelt(reading: Reading, taken: set[int], as_answer: bool) -> list[Mention]:
    """Names with typos around the unknown words that are not `taken` yet, the best spelt first."""
    tokens, places = reading.tokens, reading.places
    best: list[tuple[tuple[int, int, int], Mention]] = []
    tried = 0
    for at, token in enumerate(tokens):
        if at in taken or (token.known and not token.typo) or len(token.word) < 4 or token.word.isdigit():
            continue
        tried += 1
        if tried > _TRIED:
            break
        # "pampa hasi": a space too many, beside a word we know.
        for start in (at - 1, at):
            if (
                start >= 0
                and start + 2 <= len(tokens)
                and taken.isdisjoint((start, start + 1))
                and (codes := heard(reading, start, start + 2))
            ):
                best.append(((0, -2, start), Mention(start, start + 2, codes, "typo")))
        for start in range(max(0, at - _WINDOW + 1), at + 1):
            if start != at and tokens[start].known and not places.longest_from(spelt_name(reading, start)):
                continue
            for end in range(at + 1, min(len(tokens), start + _WINDOW) + 1):
                if any(n in taken for n in range(start, end)):
                    break
                last = tokens[end - 1]
                if end - 1 != at and last.known and not last.typo and last.name not in places.last_words:
                    continue
                mention = _near(reading, start, end, as_answer)
                if mention:
                    best.append(((mention.typos, -(end - start), start), mention))
    chosen: list[Mention] = []
    used: set[int] = set()
    for _, mention in sorted(best, key=lambda pair: pair[0]):
        span = range(mention.start, mention.end)
        if used.isdisjoint(span):
            chosen.append(mention)
            used.update(span)
    return chosen


def _near(reading: Reading, start: int, end: int, as_answer: bool) -> Mention | None:
    places = reading.places
    words = [spelt_name(reading, n) for n in range(start, end)]
    key = sound_of(words)
    if not 4 <= len(key) <= _LONGEST:
        return None
    cued = as_answer or is_cued(reading, start, end)
    alike = places.alike(key)
    if not alike and end - start == 1:
        alike = _unglued(reading, words[0])
        cued = cued or bool(alike)
    if alike:
        names = [name for name in alike if cued or not places.is_weak(name)]
        codes = tuple(dict.fromkeys(code for name in names for code in places.named(name)))
        return Mention(start, end, codes, "typo") if codes else None
    limit = 0 if len(key) < 5 else 1 if len(key) < 8 else 2
    if not limit or (limit == 1 and not cued and len(key) < 7):
        return None
    # A known word that only resembles a name ("obras", Obrajes) stays the word it is, unless it is said to be a place.
    if end - start == 1 and reading.tokens[start].typo and not cued:
        return None
    spelt = "".join(words)
    both = places.near(key, limit) if spelt == key else sorted({*places.near(key, limit), *places.near(spelt, limit)})
    near = [(typos, name) for typos, name in both if not places.is_weak(name) and (typos < 2 or cued or len(key) >= 10)]
    if not near:
        return None
    least = near[0][0]
    codes = tuple(dict.fromkeys(code for typos, name in near if typos == least for code in places.named(name)))
    return Mention(start, end, codes, "typo", least)


def _unglued(reading: Reading, word: str) -> tuple[str, ...]:
    """Names that sound like the word without a preposition written to it: `enpampajasi`."""
    for glued in reading.words.glued:
        if len(glued) > 1 and word.startswith(glued) and (found := reading.places.alike(sound(word[len(glued) :]))):
            return found
    return ()


def is_cued(reading: Reading, start: int, end: int) -> bool:
    """Whether something says that a place stands here: a zone word, a preposition, a capital, the end, marks on both sides."""
    if end == len(reading.tokens) or start == 0 or reading.zone_before(start) or is_capital(reading, start):
        return True
    if reading.parts[start - 1] != reading.parts[start] and reading.parts[end - 1] != reading.parts[end]:
        return True
    before = reading.tokens[start - 1]
    if "places:prep" not in before.tags:
        return False
    # "centro de salud": after a need, "de" leads no place.
    return not ("grammar:of" in before.tags and start > 1 and "need" in reading.tokens[start - 2].tags)


def is_capital(reading: Reading, at: int) -> bool:
    """Whether a word inside a text is written with a capital where its neighbours are not: a name, probably."""
    if at == 0 or not reading.text[reading.starts[at]].isupper():
        return False
    others = [reading.text[start] for n, start in enumerate(reading.starts) if n != at]
    return 2 * sum(char.isupper() for char in others) < len(others)
