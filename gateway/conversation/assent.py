"""Yes and no in people's own words, to two questions of the human circle. Pure.

    would you like a greeting?   "claro que si, señorita" -> yes · "non merci" -> no · "no hay agua" -> neither
    please look in on her        "ya hable con ella" -> yes · "fui pero no abre" -> no: who cannot is heard before who was there

A consent is nothing but that: a text that says anything else is what it says. Who was asked to go may add what they like.
"""

from __future__ import annotations

from typing import Final

from gateway.conversation import phrases
from gateway.conversation.phrases import Phrase, beside, found, said_in, words_of

YES, NO = "yes", "no"
_LISTS: Final = beside(__file__)
_AGREES, _DECLINES, _MET, _CANNOT, _CANNOT_ALONE = map(_LISTS.phrases, ("agrees", "declines", "met", "cannot", "cannot_alone"))
_BESIDE: Final = _LISTS.words("beside")


def consent(text: str) -> str | None:
    """Whether they want it; None where the text says anything else besides. "claro que si, gracias" -> yes."""
    return NO if _is_all(text, _DECLINES) else YES if _is_all(text, _AGREES) else None


def visit(text: str) -> str | None:
    """Whether they were there or talked, or cannot: "no puedo ir, estoy lejos" -> no."""
    words = words_of(text)
    if found(words, _CANNOT) or _is_all(text, _CANNOT_ALONE):
        return NO
    return YES if found(words, _MET) else consent(text)


def without(text: str) -> str:
    """What a text says beside such an answer: "no puedo ir, mi hijo esta enfermo" -> ", mi hijo esta enfermo"."""
    if consent(text) or _is_all(text, _CANNOT_ALONE):
        return ""
    return phrases.without(text, _CANNOT | _MET)


def _is_all(text: str, whole: frozenset[Phrase]) -> bool:
    """Whether a text is one of the phrases, with or without what is polite beside it."""
    said = said_in(text)
    return said in whole or tuple(word for word in said if word not in _BESIDE) in whole
