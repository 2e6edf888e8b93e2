"""What we know about words: entries, the patterns they came from, and how a pattern is filed to be found at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from parsers.clean import clean_words


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a phrase may mean: `Entry("need", "WAT01", "es", 4.5, 3, "no hay agua")`.

    `kind` says which list it came from, `value` which member, `weight` how much it counts, `size` how many words it has.
    """

    kind: str
    value: str
    lang: str
    weight: float
    size: int
    text: str


class Hit(NamedTuple):
    """An entry found in a text, from word `start` to before word `end`; `typo` if a word of it was misspelt."""

    start: int
    end: int
    entry: Entry
    typo: bool


@dataclass(slots=True)
class Token:
    """A cleaned word and everything we know about it; `meant` is the known word when it was misspelt.

    `tags` name the lists it is in (`people:families`, `since:day`, `grammar:and`, ...); `name` is how place names spell it.
    """

    word: str
    meant: str
    sound: str
    name: str
    known: bool = False
    typo: bool = False
    # Whether it may begin a place code.
    coded: bool = False
    forms: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    singles: tuple[Entry, ...] = ()
    pairs: Mapping[str, list[tuple[tuple[str, ...], Entry]]] | None = None
    number: int | None = None
    votes: tuple[tuple[str, float], ...] = ()


class Combination(NamedTuple):
    """Words that mean something when they stand in one clause, in any order: `agua + dias`."""

    entry: Entry
    terms: tuple[str, ...]


class Patterns:
    """All phrases, filed under their first word and then their second: finding one costs two look-ups."""

    __slots__ = ("_small", "combinations", "need_words", "pairs", "singles", "stems", "words")

    def __init__(self, small: frozenset[str]) -> None:
        """`small` are the words that decide nothing: articles, possessives."""
        self._small = small
        self.singles: dict[str, list[Entry]] = {}
        self.pairs: dict[str, dict[str, list[tuple[tuple[str, ...], Entry]]]] = {}
        self.combinations: dict[str, list[Combination]] = {}
        self.words: dict[str, set[str]] = {}
        # The words of needs alone, without those of counts, commands and the like.
        self.need_words: set[str] = set()
        self.stems: dict[str, str] = {}

    def add(self, kind: str, value: str, phrase: str, lang: str = "", weight: float = 1.0, strip: bool = False) -> None:
        """File one pattern: `a b` in a row, `stem*` any ending, `a + b` anywhere in one clause.

        `strip` leaves small words out of the pattern, because a text may hold others there: `corte de agua`.
        """
        if " + " in phrase:
            self._add_combination(kind, value, phrase, lang, weight)
            return
        words = _pattern_words(phrase)
        if strip and len(words) > 2:
            kept = tuple(word for at, word in enumerate(words) if at == 0 or word not in self._small)
            words = kept if len(kept) >= 2 else words
        if not words:
            return
        for word in words:
            self._learn(word, lang)
        if kind in ("need", "term", "thing", "state"):
            self.need_words.update(words)
        entry = Entry(kind, value, lang, weight, len(words), phrase)
        if len(words) == 1:
            held = self.singles.setdefault(words[0], [])
            if entry not in held:
                held.append(entry)
        else:
            seconds = self.pairs.setdefault(words[0], {}).setdefault(words[1], [])
            if (words[2:], entry) not in seconds:
                seconds.append((words[2:], entry))

    def _add_combination(self, kind: str, value: str, phrase: str, lang: str, weight: float) -> None:
        terms = tuple(" ".join(_pattern_words(term)) for term in phrase.split(" + "))
        size = sum(term.count(" ") + 1 for term in terms)
        combination = Combination(Entry(kind, value, lang, weight * size / len(terms), size, phrase), terms)
        for term in terms:
            self.add("term", term, term)
            for word in _pattern_words(term):
                self._learn(word, lang)
        # Filed under the longest term: it is the rarest, so most texts never look at the combination.
        self.combinations.setdefault(max(terms, key=len), []).append(combination)

    def _learn(self, word: str, lang: str) -> None:
        if word.endswith("*"):
            self.stems[word[:-1]] = word
        self.words.setdefault(word, set()).add(lang)


def _pattern_words(phrase: str) -> tuple[str, ...]:
    words: list[str] = []
    for part in phrase.split():
        if part.endswith("*"):
            words += [*clean_words(part[:-1])[:-1], clean_words(part[:-1])[-1] + "*"]
        elif cleaned := clean_words(part):
            words += cleaned
        elif part.strip():
            words.append(part)  # an emoji stands for itself
    return tuple(words)
