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
from typing import Any, NamedTuple

from parsers.clean import READ_LIMIT, clean_words

LISTS = ("figure", "alone", "hint", "deed", "who", "else")
# Words of so many letters are heard through a slip of the thumb.
_LONG = 6
_MOST_WORDS = 320
_FAR, _STEP, _LEAP = "..", r"(?: \S+)? ", r"(?: \S+){0,12}? "
_JOINED, _LEAST = "\u0648\u0641\u0628\u0644\u0643", 3  # Arabic writes "and", "so", "with", "to", "like" as one letter of the next word

# Latin-script Darija has no spelling: one sound is written with a digit, one letter or two, and short vowels come and go.
_SPELT = (("sh", "x"), ("ch", "x"), ("kh", "5"), ("gh", "8"), ("7", "h"), ("9", "q"), ("3", "a"), ("2", "a"), ("ou", "w"))
_VOWELS, _DOUBLED = re.compile("[aeiou]"), re.compile(r"(.)\1+")


class Suspicion(NamedTuple):
    """The words that make a text suspicious; whether it names somebody or a harm, a theft or a dog, somebody.

    `loose`: a harm beside somebody, which says less than a phrase does.
    """

    words: str | None
    near: bool
    elsewhere: bool
    home: bool
    loose: bool = False


class Phrase(NamedTuple):
    """A phrase as written in the lists, the list that it stands in, and as it is looked for in a line of words."""

    text: str
    kind: str
    form: str


def suspicion(text: str) -> Suspicion:
    """What makes a text suspicious, if anything does."""
    words = [_heard(word) for word in clean_words(text[:READ_LIMIT])[:_MOST_WORDS]]
    met = dict.fromkeys(phrase for _, phrases in words for phrase in phrases)
    line = " ".join(("", *(word for word, _ in words))) if met else ""
    for phrase in met:
        if phrase.kind == "figure":
            line = _pattern(phrase.form).sub(" .", line)
    found: dict[str, str] = {}
    for phrase in met:
        if phrase.kind not in found and _pattern(phrase.form).search(line):
            found[phrase.kind] = phrase.text
    elsewhere, deed, who = "else" in found, found.get("deed"), found.get("who")
    hint = found.get("hint") if who or not elsewhere else None
    both = f"{deed} beside {who}" if deed and who and not elsewhere else None
    said = found.get("alone") or hint
    return Suspicion(said or both, bool(deed or who), elsewhere, bool(who), not said and both is not None)


@cache
def _lists() -> tuple[dict[str, Any], dict[str, Any]]:
    words, signs = (tomllib.loads((resources.files("parsers") / "words" / name).read_text(encoding="utf-8"))
                    for name in ("harm.toml", "harm_signs.toml"))
    return words, signs


def listed(kind: str) -> list[str]:
    """The phrases of one list in all languages, without their stars and dots: what a model may learn from."""
    return sorted({phrase.replace("*", "").replace(f" {_FAR} ", " ") for phrase in _read()[kind]})


@cache
def _read() -> dict[str, list[str]]:
    """Each list with its phrases of all languages: `harm.toml` has lists by language, `harm_signs.toml` themes by list."""
    words, signs = _lists()
    held = {name: {phrase for language in words.values() for phrase in language.get(name, ())} for name in LISTS}
    for name, themes in signs.items():
        held[name].update(phrase for theme in themes.values() for phrases in theme.values() for phrase in phrases)
    return {name: sorted(phrases) for name, phrases in held.items()}


@cache
def _darija() -> tuple[tuple[str, ...], ...]:
    words, signs = _lists()
    return (*(tuple(words["ary"][name]) for name in ("alone", "deed", "who")),
            *(tuple(theme["ary"]) for name in ("alone", "hint") for theme in signs[name].values() if "ary" in theme))


@cache
def _filed() -> dict[str, tuple[Phrase, ...]]:
    """All phrases by their longest word: the rarer it is, the fewer texts are looked through."""
    filed: dict[str, list[Phrase]] = {}
    for kind, phrases in _read().items():
        for phrase in phrases:
            parts = _parts(phrase)
            rare = max(parts, key=lambda part: len(part.rstrip("*")))
            filed.setdefault(rare, []).append(Phrase(phrase, kind, _form(parts)))
    return {word: tuple(held) for word, held in filed.items()}


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """Compiled when a text first asks for it: to compile all of them would cost each process half a second."""
    return re.compile(form)


def _form(parts: list[str]) -> str:
    """What a phrase looks like in a line of words: one word may stand between two of its own, twelve where two dots do."""
    form, between = "", " "
    for part in parts:
        if part == _FAR:
            between = _LEAP
            continue
        bare = part.rstrip("*")
        joined = f"[{_JOINED}]?" if bare[0] >= "\u0600" and len(bare) >= _LEAST else ""
        form += between + joined + re.escape(bare) + (r"\S*" if part.endswith("*") else "")
        between = _STEP
    return form + r"(?!\S)"


def _openings(word: str) -> tuple[Phrase, ...]:
    """The phrases whose longest word this may be: none for most words."""
    filed = _filed()
    found: list[Phrase] = []
    for bare in (word, word[1:]) if word[0] in _JOINED and len(word) > _LEAST else (word,):
        found += filed.get(bare, ())
        for end in range(1, len(bare) + 1):
            found += filed.get(bare[:end] + "*", ())
    return tuple(found)


def _parts(phrase: str) -> list[str]:
    """The words of a phrase as texts are cleaned; a star stays with its word, and two dots stay."""
    parts: list[str] = []
    for raw in phrase.split():
        if raw == _FAR:
            parts.append(raw)
            continue
        words = clean_words(raw)
        parts += words
        if words and raw.endswith("*"):
            parts[-1] += "*"
    return parts


@lru_cache(maxsize=8_000)
def _heard(word: str) -> tuple[str, tuple[Phrase, ...]]:
    """A word as it is meant, and the phrases that it may be the longest word of."""
    meant = _meant(word)
    return meant, _openings(meant)


def _meant(word: str) -> str:
    """The long word of ours that a word is one slip away from, else the word itself."""
    known, long, shorter = _near()
    if len(word) < _LONG - 1 or word in known or word.isdigit():
        return word
    if word.isascii() and (meant_so := _spelt().get(_sound(word))):
        return meant_so
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


def _sound(word: str) -> str:
    """A word of Latin-script Darija as all its spellings have it: `kayhdedd`, `kayheded`, `kayhdd` -> `kyhd`."""
    for letters, sound in _SPELT:
        word = word.replace(letters, sound)
    word = word[0] + _VOWELS.sub("", word[1:])
    return _DOUBLED.sub(r"\1", word)


@cache
def _spelt() -> dict[str, str]:
    """The Darija words of the lists by their sound, where it is long enough to be theirs alone."""
    parts = {part for phrases in _darija() for phrase in phrases for part in _parts(phrase) if part != _FAR and part.isascii()}
    sounds: dict[str, str] = {}
    for bare in sorted((part for part in parts if not part.endswith("*") and len(part) >= _LONG - 1), key=len):
        sounds.setdefault(_sound(bare), bare)
    return {sound: word for sound, word in sounds.items() if len(sound) >= _LONG - 2}


@cache
def _near() -> tuple[frozenset[str], frozenset[str], dict[str, tuple[str, int]]]:
    """All words of the lists, the long whole ones, and each of those with one letter left out, and which."""
    parts = {part for phrases in _read().values() for phrase in phrases for part in _parts(phrase) if part != _FAR}
    long = frozenset(part for part in parts if not part.endswith("*") and len(part) >= _LONG)
    shorter = {form: (word, at) for word in sorted(long) for at, form in _without_one(word)}
    return frozenset(part.rstrip("*") for part in parts), long, shorter


def _without_one(word: str) -> Iterator[tuple[int, str]]:
    return ((at, word[:at] + word[at + 1 :]) for at in range(1, len(word)))
