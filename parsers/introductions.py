"""By whose phone somebody writes, and what they say after it: who shares a phone begins so, and it is no part of the need.

    soy otra vecina, con el celular de mi prima. hay un bache   ->  hay un bache
    using my brother's phone, no water since monday             ->  no water since monday
    no tengo señal en el celular de mi mama                     ->  stays: something is wrong

For models that weigh all words of a text alike; lists of words are asked of the whole text, those of harm too.
"""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from parsers.clean import TOKEN, clean_words, cleaned

_AHEAD, _BETWEEN, _OWNER = 7, 2, 5  # words before what leads to the phone, between that and it, and until the comma after whose it is
_FEWEST: Final = 2  # words that must be left
_MARKS: Final = ",;:.!?-\u060c\u061b\u061f"
_ENDS: Final = frozenset(_MARKS)


@lru_cache(maxsize=64)
def without_introduction(text: str) -> str:
    """What a text says after it has said by whose phone; the text itself where it says nothing of that, or nothing else."""
    words = _words()
    if words["phones"].isdisjoint(clean_words(text)[:_AHEAD + _BETWEEN + 2]):
        return text
    tokens = [(word, match.end(), text[match.end():match.end() + 2].strip()[:1]) for match in TOKEN.finditer(text) if match.group(1)
              for word in cleaned(match.group(1))]
    phone = _phone_at([word for word, _, _ in tokens[:_AHEAD + _BETWEEN + 2]])
    if phone is None:
        return text
    end = phone
    for at in range(phone, min(phone + _OWNER + 1, len(tokens))):
        if tokens[at][2] in _ENDS:
            end = at
            break
    else:
        while end + 1 < len(tokens) and tokens[end + 1][0] in words["of"]:
            end += 1
        if end > phone and end + 1 < len(tokens):
            end += 1  # whose it is
    rest = text[tokens[end][1]:].lstrip(f" \n{_MARKS}")
    return rest if len(clean_words(rest)) >= _FEWEST else text


def _phone_at(first: list[str]) -> int | None:
    words = _words()
    for at, word in enumerate(first):
        if word in words["not"] and at:
            return None
        if word in words["phones"]:
            led = next((lead for lead in range(at - 1, max(-1, at - 2 - _BETWEEN), -1) if first[lead] in words["leads"]), None)
            return at if led is not None and (led == 0 or first[0] in words["opens"] or first[0] in words["leads"]) else None
    return None


@cache
def _words() -> dict[str, frozenset[str]]:
    read = tomllib.loads((resources.files("parsers.words") / "introductions.toml").read_text("utf-8"))
    return {kind: frozenset(word for phrase in phrases for word in clean_words(phrase)) for kind, phrases in read.items()}
