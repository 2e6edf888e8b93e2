"""Words that may tell of harm to somebody at home: wider than what counts as a disclosure, for whoever fails closed.

`suspicion("mi yerno le alza la mano a mi hija").words` -> `"alza* la mano"`. What it names is no answer and no category; a
text of which it names something waits for a person who may read it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from parsers.clean import READ_LIMIT, clean_words

LISTS = ("figure", "alone", "deed", "who", "else")
# Words of so many letters are heard through a slip of the thumb.
_LONG = 6
_HEAD = 2  # letters by which phrases are filed
_MOST_WORDS = 320
_JOINED, _LEAST = "\u0648\u0641\u0628\u0644\u0643", 3  # Arabic writes "and", "so", "with", "to", "like" as one letter of the next word


class Suspicion(NamedTuple):
    """The words that make a text suspicious; whether it speaks of somebody at home or of a harm; whether rather of a theft, a dog."""

    words: str | None
    near: bool
    elsewhere: bool


class Phrase(NamedTuple):
    """A phrase as written in harm.toml, the list that it stands in, and as it is looked for from its first word on."""

    text: str
    kind: str
    form: re.Pattern[str]


def suspicion(text: str) -> Suspicion:
    """What makes a text suspicious, if anything does."""
    words = [_heard(word) for word in clean_words(text[:READ_LIMIT])[:_MOST_WORDS]]
    line, at = "", 0
    found: dict[str, str] = {}
    figures_end = 0
    for word, openings in words:
        if openings and not line:
            line = " ".join(word for word, _ in words)
        for skipped, phrase in openings:
            hit = phrase.form.match(line, at + skipped) if at >= figures_end and phrase.kind not in found else None
            if hit is not None and phrase.kind == "figure":
                figures_end = hit.end()  # figures stand first among what a word may open
            elif hit is not None:
                found[phrase.kind] = phrase.text
        at += len(word) + 1
    elsewhere, deed, who = "else" in found, found.get("deed"), found.get("who")
    both = f"{deed} beside {who}" if deed and who and not elsewhere else None
    return Suspicion(found.get("alone") or both, bool(deed or who), elsewhere)


@cache
def _read() -> dict[str, list[str]]:
    held = tomllib.loads((resources.files("parsers") / "words" / "harm.toml").read_text(encoding="utf-8"))
    return {name: sorted({phrase for language in held.values() for phrase in language[name]}) for name in LISTS}


@cache
def _filed() -> dict[str, list[tuple[str, Phrase]]]:
    """All phrases by the first letters of their first word, with it; one word may stand between two of theirs."""
    heads: dict[str, list[tuple[str, Phrase]]] = {}
    for kind, phrases in _read().items():
        for phrase in phrases:
            parts = _parts(phrase)
            forms = [re.escape(part.rstrip("*")) + (r"\S*" if part.endswith("*") else "") for part in parts]
            form = re.compile(r"(?: \S+)? ".join(forms) + r"(?!\S)")
            heads.setdefault(parts[0].rstrip("*")[:_HEAD], []).append((parts[0], Phrase(phrase, kind, form)))
    return heads


def _openings(word: str) -> tuple[tuple[int, Phrase], ...]:
    """The phrases that a word may begin, and after how many joined letters: none for most words."""
    found = []
    for skipped in (0, 1) if word[0] in _JOINED and len(word) > _LEAST else (0,):
        bare = word[skipped:]
        found += [(skipped, phrase) for first, phrase in _filed().get(bare[:_HEAD], ())
                  if (bare.startswith(first[:-1]) if first.endswith("*") else bare == first)]
    return tuple(found)


def _parts(phrase: str) -> list[str]:
    """The words of a phrase as texts are cleaned; a star stays with its word."""
    parts: list[str] = []
    for raw in phrase.split():
        words = clean_words(raw)
        parts += words
        if words and raw.endswith("*"):
            parts[-1] += "*"
    return parts


@lru_cache(maxsize=8_000)
def _heard(word: str) -> tuple[str, tuple[tuple[int, Phrase], ...]]:
    """A word as it is meant, and the phrases that it may begin."""
    meant = _meant(word)
    return meant, _openings(meant)


def _meant(word: str) -> str:
    """The long word of ours that a word is one slip away from, else the word itself."""
    known, long, shorter = _near()
    if len(word) < _LONG - 1 or word in known or word.isdigit():
        return word
    if (meant := shorter.get(word)) is not None:  # a letter is missing
        return meant[0]
    for at, form in _without_one(word):
        if form in long:  # a letter too many
            return form
        if (meant := shorter.get(form)) is not None and len(word) >= _LONG:
            ours, gone = meant
            if gone == at or (abs(gone - at) == 1 and ours[gone] == word[at]):  # another letter, or two that changed places
                return ours
    return word


@cache
def _near() -> tuple[frozenset[str], frozenset[str], dict[str, tuple[str, int]]]:
    """All words of the lists, the long whole ones, and each of those with one letter left out, and which."""
    parts = {part for phrases in _read().values() for phrase in phrases for part in _parts(phrase)}
    long = frozenset(part for part in parts if not part.endswith("*") and len(part) >= _LONG)
    shorter = {form: (word, at) for word in sorted(long) for at, form in _without_one(word)}
    return frozenset(part.rstrip("*") for part in parts), long, shorter


def _without_one(word: str) -> Iterator[tuple[int, str]]:
    return ((at, word[:at] + word[at + 1 :]) for at in range(1, len(word)))
