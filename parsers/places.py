"""Which places a text names: codes, names whole or misspelt, one distinctive word, or a place nobody has pinned yet."""

from dataclasses import dataclass, replace

from parsers.clean import is_arabic
from parsers.gazetteer import Gazetteer, place_word
from parsers.reading import Reading
from parsers.sounds import sound

_CODE_GAPS = frozenset(["", " ", "-", ".", "_", " - ", "/"])


@dataclass(frozen=True, slots=True)
class Mention:
    """A place named in a text, from token `start` to before `end`; several `codes` when the name is shared."""

    start: int
    end: int
    codes: tuple[str, ...]
    source: str
    typos: int = 0
    # Why it may not be the place of the problem: a street, the sender's home, a date.
    aside: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """What the text says about where: one code, or candidates, or an error, with the reason in words."""

    code: str | None = None
    text: str | None = None
    candidates: tuple[str, ...] = ()
    source: str | None = None
    errors: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether one place was found."""
        return self.code is not None


def mentions_in(reading: Reading, as_answer: bool = False) -> list[Mention]:
    """Every place the text names, in order, longest names first, none overlapping.

    `as_answer`: the text answers "which place?", so common words and loose spellings are believed.
    """
    places = reading.places
    found: list[Mention] = []
    at = 0
    size = len(reading.tokens)
    while at < size:
        mention = _code_at(reading, at) or _name_at(reading, places, at, as_answer)
        if mention:
            found.append(mention)
            at = mention.end
        else:
            at += 1
    taken = {at for mention in found for at in range(mention.start, mention.end)}
    found += _misspelt(reading, places, taken, as_answer)
    found.sort(key=lambda mention: mention.start)
    if not any(not mention.aside for mention in found):
        found += _by_part(reading, places, {at for m in found for at in range(m.start, m.end)}, as_answer)
    return [_set_aside(reading, mention, found) for mention in found]


# ── codes ──


def _code_at(reading: Reading, at: int) -> Mention | None:
    token = reading.tokens[at]
    word = token.word
    if not word.isascii() or not (word[0].isalpha() and (len(word) <= 2 or word[-1].isdigit() or word[-1] in "oil")):
        return None
    end, joined = at + 1, word
    if len(word) == 1 and at + 2 < len(reading.tokens) and len(reading.tokens[at + 1].word) == 1 and reading.gap(at + 1) in _CODE_GAPS:
        # "N B 0101": the two letters of a code apart.
        joined, end = word + reading.tokens[at + 1].word, at + 2
        if not reading.places.read_code(joined + "0000"):
            joined, end = word, at + 1
    if len(joined) <= 4 and not reading.places.code_shape.fullmatch(word):
        # "S 16 04", "S-1604", "S16.04": gather digits across small gaps.
        while end < len(reading.tokens) and len(joined) < 7 and reading.gap(end) in _CODE_GAPS:
            part = reading.tokens[end].word
            if not (part.isdigit() or (len(part) in (2, 4) and set(part) <= set("0123456789oil") and any(c.isdigit() for c in part))):
                break
            joined += part
            end += 1
        if len(joined) <= 2:
            return None
    read = reading.places.read_code(joined)
    if read is None:
        return None
    code, error = read
    if end > at + 1 and error and reading.gap(at + 1) == " ":
        return None  # "c 1234" is a house number unless we know the code
    return Mention(at, end, (code,), "code", error=error)


# ── names ──


def _name_at(reading: Reading, places: Gazetteer, at: int, as_answer: bool) -> Mention | None:
    tokens = reading.tokens
    for first, source in _first_words(reading, at):
        longest = min(places.longest_from(first), len(tokens) - at)
        for size in range(longest, 0, -1):
            joined = " ".join([first, *(place_word(tokens[n].word) for n in range(at + 1, at + size))])
            codes = places.named(joined)
            if not codes and size > 1:
                stripped = _without_suffix(reading, at + size - 1)
                if stripped:
                    codes = places.named(" ".join([*joined.split(" ")[:-1], stripped]))
                    source_here = "suffix" if codes else source
                else:
                    source_here = source
            else:
                source_here = source
            if not codes:
                continue
            weak = places.is_weak(joined)
            if size > 1 and any("\n" in reading.gap(n) or "." in reading.gap(n) for n in range(at + 1, at + size)):
                continue
            if weak and not as_answer and not _is_cued(reading, at, at + size):
                continue
            return Mention(at, at + size, codes, source_here)
    return None


def _first_words(reading: Reading, at: int) -> list[tuple[str, str]]:
    """How the word may begin a name: as it is; without an attached Arabic particle; without an Aymara or Quechua ending."""
    token = reading.tokens[at]
    word = place_word(token.word)
    options = [(word, "name")]
    if reading.places.longest_from(word):
        return options
    if is_arabic(word):
        for clitic in reading.words.clitics:
            if token.word.startswith(clitic) and len(token.word) - len(clitic) >= 2:
                options.append((place_word(token.word[len(clitic) :]), "clitic"))
    elif not token.known or token.typo:
        stripped = _without_suffix(reading, at)
        if stripped:
            options.append((stripped, "suffix"))
        if len(token.word) >= 5 and token.word[0] in "fbldw":
            options.append((token.word[1:], "clitic"))
    return options


def _without_suffix(reading: Reading, at: int) -> str:
    """`fatimapi` -> `fatima`: one or two endings taken off an unknown word, when a name remains."""
    token = reading.tokens[at]
    if (token.known and not token.typo) or not token.word.isascii():
        return ""
    for suffix in reading.words.suffixes:
        if token.word.endswith(suffix) and len(token.word) - len(suffix) >= 4:
            rest = token.word[: -len(suffix)]
            if rest in reading.places.last_words:
                return rest
            for other in reading.words.suffixes:
                if rest.endswith(other) and len(rest) - len(other) >= 4 and rest[: -len(other)] in reading.places.last_words:
                    return rest[: -len(other)]
    return ""


def _misspelt(reading: Reading, places: Gazetteer, taken: set[int], as_answer: bool) -> list[Mention]:
    tokens = reading.tokens
    best: list[tuple[tuple[int, int, int], Mention]] = []
    for at, token in enumerate(tokens):
        word = token.word
        if at in taken or (token.known and not token.typo) or len(word) < 4 or word.isdigit():
            continue
        for start in range(max(0, at - 3), at + 1):
            if start != at and not (places.longest_from(place_word(tokens[start].word)) or not tokens[start].known):
                continue
            for end in range(at + 1, min(len(tokens), start + 4) + 1):
                if any(n in taken for n in range(start, end)):
                    break
                last = tokens[end - 1]
                if end - 1 != at and not (place_word(last.word) in places.last_words or not last.known or last.typo):
                    continue
                mention = _heard(reading, places, start, end, as_answer)
                if mention:
                    best.append(((mention.typos, -(end - start), start), mention))
    chosen: list[Mention] = []
    used: set[int] = set()
    for _, mention in sorted(best, key=lambda pair: pair[0]):
        span = set(range(mention.start, mention.end))
        if not span & used:
            chosen.append(mention)
            used |= span
    return chosen


def _heard(reading: Reading, places: Gazetteer, start: int, end: int, as_answer: bool) -> Mention | None:
    words = [place_word(reading.tokens[n].word) for n in range(start, end)]
    key = "".join(sound(word) if word != reading.tokens[start + n].word else reading.tokens[start + n].sound for n, word in enumerate(words))
    if len(key) < 4:
        return None
    alike = places.alike(key)
    cued = as_answer or _is_cued(reading, start, end)
    if alike:
        names = [name for name in alike if cued or not places.is_weak(name)]
        codes = tuple(dict.fromkeys(code for name in names for code in places.named(name)))
        return Mention(start, end, codes, "typo", 0) if codes else None
    limit = 0 if len(key) < 5 else 1 if len(key) < 8 else 2
    if not limit or (limit == 1 and not cued and len(key) < 7):
        return None
    near = [(typos, name) for typos, name in places.near(key, limit) if not places.is_weak(name) and (typos < 2 or cued or len(key) >= 10)]
    if not near:
        return None
    least = near[0][0]
    codes = tuple(dict.fromkeys(code for typos, name in near if typos == least for code in places.named(name)))
    # A known word that only resembles a name ("obras", Obrajes) stays the word it is, unless it is said to be a place.
    if end - start == 1 and reading.tokens[start].typo and not cued:
        return None
    return Mention(start, end, codes, "typo", least)


def _by_part(reading: Reading, places: Gazetteer, taken: set[int], as_answer: bool) -> list[Mention]:
    """One distinctive word of a longer name, when nothing better was said: `seguencoma`."""
    for at, token in enumerate(reading.tokens):
        codes = places.having(place_word(token.word))
        if not codes or at in taken:
            continue
        if token.known and not token.typo and not (as_answer or _zone_before(reading, at)):
            continue
        return [Mention(at, at + 1, codes, "part")]
    return []


# ── cues ──


def _zone_before(reading: Reading, at: int) -> bool:
    if at == 0:
        return False
    tags = reading.tokens[at - 1].tags
    return "places:zone" in tags or ("places:zone_local" in tags and reading.places.longest_from(reading.tokens[at - 1].word) > 0)


def _is_cued(reading: Reading, start: int, end: int) -> bool:
    """Whether something says that a place stands here: a zone word, a preposition, or the end of the message."""
    if end == len(reading.tokens) or start == 0 or _zone_before(reading, start) or is_capital(reading, start):
        return True
    before = reading.tokens[start - 1]
    return "places:prep" in before.tags and not (before.word in ("de", "del", "of") and start > 1 and "need" in reading.tokens[start - 2].tags)


def is_capital(reading: Reading, at: int) -> bool:
    """Whether a word inside a text is written with a capital where its neighbours are not: a name, probably."""
    written = reading.text[reading.starts[at] : reading.ends[at]]
    if at == 0 or not written[:1].isupper():
        return False
    others = [reading.text[reading.starts[n]] for n in range(len(reading.tokens)) if n != at]
    return 2 * sum(char.isupper() for char in others) < len(others)


def _set_aside(reading: Reading, mention: Mention, found: list[Mention]) -> Mention:
    if mention.source == "code":
        return mention
    start = mention.start
    before = reading.tokens[start - 1] if start else None
    if before is not None and "small" in before.tags and start >= 2:
        before_small = reading.tokens[start - 2]
        if "places:street_before" in before_small.tags:
            return replace(mention, aside="street")
    if before is not None and "places:street_before" in before.tags and reading.gap(start).strip(" ./") == "":
        return replace(mention, aside="street")
    if mention.end < len(reading.tokens) and "places:street_after" in reading.tokens[mention.end].tags:
        return replace(mention, aside="street")
    if any(hit.entry.value == "home" and hit.end == start for hit in reading.of("places")):
        return replace(mention, aside="home")
    if any(hit.entry.value == "instead" and hit.end == start for hit in reading.of("places")):
        return replace(mention, aside="denied")
    if _is_date(reading, mention, found):
        return replace(mention, aside="date")
    return mention


def _is_date(reading: Reading, mention: Mention, found: list[Mention]) -> bool:
    """`el 3 de mayo` is a day when a second place is named or `desde el` leads it; else the neighbourhood of that name."""
    tokens = reading.tokens
    start, end = mention.start, mention.end
    if tokens[end - 1].word not in reading.words.months or not any(tokens[n].number for n in range(start, end)):
        return False
    if tokens[start].number is None or start == 0:
        return False
    lead = tokens[start - 1].word
    if lead == "el" or lead == "le" or lead == "dia":
        if start >= 2 and tokens[start - 2].word in ("desde", "hasta", "dsd", "depuis", "del", "fue", "paso"):
            return True
        return any(other is not mention and not other.aside for other in found)
    if lead in ("desde", "depuis", "hasta", "del"):
        return any(other is not mention and not other.aside for other in found)
    return False
