"""Words as people say them: the lists that a file gives, a text cut into words, and where phrases of a list stand in it. Pure.

>>> words = words_of("No puedo ir, estoy lejos")
>>> found(words, {("no", "puedo", "ir")}), without("No puedo ir, estoy lejos", {("no", "puedo", "ir")})
([(0, 3)], ', estoy lejos')
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from parsers.clean import TOKEN, clean_words, cleaned

READ = 400  # characters: what speaks of something said before says so at once

Phrase = tuple[str, ...]


class Word(NamedTuple):
    """A cleaned word of a text, where it stands, and whether a comma or a full stop came before it."""

    said: str
    start: int
    end: int
    apart: bool


class Lists:
    """The lists of a file: [name] with phrases per language. A language is where a reader looks; a text may mix them."""

    def __init__(self, file: Path) -> None:
        self._lists = tomllib.loads(file.read_text(encoding="utf-8"))

    def phrases(self, name: str) -> frozenset[Phrase]:
        return frozenset(clean_words(phrase) for phrases in self._lists[name].values() for phrase in phrases)

    def words(self, name: str) -> frozenset[str]:
        """Every word of a list, whichever phrase it is in."""
        return frozenset(word for phrase in self.phrases(name) for word in phrase)


def beside(module: str) -> Lists:
    """The lists that lie beside a module, under its name."""
    return Lists(Path(module).with_suffix(".toml"))


def words_of(text: str) -> tuple[Word, ...]:
    """The cleaned words that a text begins with."""
    return _words_of(text[:READ])


@lru_cache(maxsize=256)  # one text is looked at from several sides
def _words_of(text: str) -> tuple[Word, ...]:
    words: list[Word] = []
    apart = False
    for match in TOKEN.finditer(text):
        if match.group(1):
            for part in cleaned(match.group(1)):
                words.append(Word(part, match.start(), match.end(), apart))
                apart = False
        else:
            apart = apart or match.group() in ",.;:!\n،؛-"
    return tuple(words)


def said_in(text: str) -> Phrase:
    """The cleaned words alone."""
    return tuple(word.said for word in words_of(text))


def found(words: Sequence[Word], phrases: AbstractSet[Phrase]) -> list[tuple[int, int]]:
    """Where the phrases stand, as (first word, past the last); those that share a word are one."""
    said = tuple(word.said for word in words)
    firsts = {phrase[0] for phrase in phrases}
    longest = max(map(len, phrases), default=0)
    spans: list[tuple[int, int]] = []
    for start, word in enumerate(said):
        if word not in firsts:
            continue
        end = next((start + n for n in range(min(longest, len(said) - start), 0, -1) if said[start:start + n] in phrases), start)
        if end > start and spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        elif end > start:
            spans.append((start, end))
    return spans


def without(text: str, phrases: AbstractSet[Phrase]) -> str:
    """The text with the phrases taken out, and all else as it was written."""
    words = words_of(text)
    for first, past in reversed(found(words, phrases)):
        text = text[:words[first].start] + text[words[past - 1].end:]
    return text


def leads(words: Sequence[Word], phrases: AbstractSet[Phrase]) -> int:
    """How many words the longest of the phrases takes at the beginning, up to the first comma."""
    longest: Phrase = ()
    size = 0
    for n, word in enumerate(words[:6], 1):
        if n > 1 and word.apart:
            break
        longest = (*longest, word.said)
        if longest in phrases:
            size = n
    return size
