"""STOP and START however they are dressed: `*BAJA*`, `S T O P`, `STOP STOP`, `ST0P`, a signature below, letters of another alphabet.

Whoever wants no more texts must not have to find the one spelling that works; and nothing else is read so.
"""

import re
import unicodedata

from parsers.commands import read_exact
from parsers.draft import Command
from parsers.reading import Reading

_LONGEST = 80
_SIGNATURE = re.compile(
    r"\n\s*(?:--\s*\n[\s\S]*|(?:enviado desde|enviado con|sent from|sent via|get outlook|envoy[eé] de|أرسلت من|imetumwa)[^\n]*)",
    re.IGNORECASE)
# Letters that look like ours; a word that is all of such ones is a word of ours in another's clothes.
_LOOK_ALIKE = str.maketrans(
    "АВЕЅКМНОРСТУХІЈаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧοα", "ABESKMHOPCTYXIJaeopcyxijsABEZHIKMNOPTYXoa")


def read_stop(reading: Reading) -> Command | None:
    """STOP or START as the whole text, undressed."""
    text = _SIGNATURE.sub("", f"\n{reading.text}").strip()
    if not 1 < len(text) <= _LONGEST:
        return None
    plain = undressed(text)
    there = reading if plain == reading.text else Reading(plain, reading.context, reading.words, reading.places)
    found = read_exact(there)
    return found if found is not None and found.intent in ("stop", "start") and found.answer is None else None


def undressed(text: str) -> str:
    """`*BAJA*` -> `BAJA`, `S.T.O.P` -> `STOP`, `stop! stop!` -> `stop`, `ST0P` -> `STOP`"""
    shown = "".join(char if unicodedata.category(char)[0] in "LMN" or char in "'\u2019" else
                    "" if unicodedata.category(char) == "Cf" else " " for char in unicodedata.normalize("NFKC", text))
    words = [_ours(word) for word in shown.split()]
    if len(words) > 2 and all(len(word) == 1 for word in words):
        words = ["".join(words)]
    return " ".join(words[:_period([word.casefold() for word in words])])


def _period(words: list[str]) -> int:
    """After how many words they begin again: `stop stop stop` -> 1"""
    return next((n for n in range(1, len(words) // 2 + 1) if words == words[:n] * (len(words) // n)), len(words))


def _ours(word: str) -> str:
    alike = word.translate(_LOOK_ALIKE)
    if not word.isascii() and alike.isascii():
        word = alike
    return re.sub(r"(?<=[A-Za-z])0(?=[A-Za-z])", "O", word)
