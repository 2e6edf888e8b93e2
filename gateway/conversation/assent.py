"""Yes and no in people's own words, to two questions of the human circle. Pure.

    would you like a greeting?   "claro que si, señorita" -> yes · "non merci" -> no · "no hay agua" -> neither
    please look in on her        "ya hable con ella" -> yes · "fui pero no abre" -> no: who cannot is heard before who was there

A consent is nothing but that: a text that says anything else is what it says. Who was asked to go may add what they like.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from gateway.conversation.openings import Word, words_of
from parsers.clean import cleaned

YES, NO = "yes", "no"
_LISTS: Final = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _phrases(name: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(cleaned(phrase)) for phrases in _LISTS[name].values() for phrase in phrases)


_AGREES, _DECLINES, _MET, _CANNOT, _CANNOT_ALONE = map(_phrases, ("agrees", "declines", "met", "cannot", "cannot_alone"))
_BESIDE: Final = frozenset(word for phrase in _phrases("beside") for word in phrase)
_LONGEST: Final = max(len(phrase) for phrase in _MET | _CANNOT)


def consent(text: str) -> str | None:
    """Whether they want it; None where the text says anything else besides. "claro que si, gracias" -> yes."""
    return NO if _is_all(text, _DECLINES) else YES if _is_all(text, _AGREES) else None


def visit(text: str) -> str | None:
    """Whether they were there or talked, or cannot: "no puedo ir, estoy lejos" -> no."""
    words = words_of(text)
    if _found(words, _CANNOT) or _is_all(text, _CANNOT_ALONE):
        return NO
    return YES if _found(words, _MET) else consent(text)


def without(text: str) -> str:
    """What a text says beside such an answer: "no puedo ir, mi hijo esta enfermo" -> ", mi hijo esta enfermo"."""
    if consent(text) or _is_all(text, _CANNOT_ALONE):
        return ""
    for start, end in sorted(_found(words_of(text), _CANNOT | _MET), reverse=True):
        text = text[:start] + text[end:]
    return text


def _is_all(text: str, phrases: frozenset[tuple[str, ...]]) -> bool:
    """Whether a text is one of the phrases, with or without what is polite beside it."""
    said = tuple(word.said for word in words_of(text))
    return said in phrases or tuple(word for word in said if word not in _BESIDE) in phrases


def _found(words: tuple[Word, ...], phrases: frozenset[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Where the phrases stand, from letter to letter, the longest at each word."""
    said, n = tuple(word.said for word in words), 0
    spans: list[tuple[int, int]] = []
    while n < len(said):
        size = next((size for size in range(min(_LONGEST, len(said) - n), 0, -1) if said[n:n + size] in phrases), 0)
        if size:
            spans.append((words[n].start, words[n + size - 1].end))
        n += size or 1
    return spans
