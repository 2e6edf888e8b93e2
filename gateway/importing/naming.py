"""How a name from a file is written to residents, and when two names are one."""

from __future__ import annotations

import re
import unicodedata

from gateway.importing.shapes import Wrong
from parsers import Vocabulary
from parsers.names import SIDES, place_words
from parsers.sounds import sound

LONGEST = 80
# Written small inside a name (`Villa de la Cruz`); an article only after one of these (`Alto La Merced`, `Derb El Kabir`).
_LINKS = frozenset(["al", "con", "da", "das", "de", "del", "des", "do", "dos", "du", "en", "et", "of", "y"])
_ARTICLES = frozenset(["el", "la", "le", "les", "los", "las", "the", "lo"])
_ROMAN = re.compile(r"(?=[IVX])X{0,3}(IX|IV|V?I{0,3})\Z")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def written(raw: str, *, keep_case: bool = False) -> str:
    """A name as residents read it: `ALTO  SAN PEDRO II` -> `Alto San Pedro II`; Wrong when nobody could read it.

    Only words in capitals are touched, for files that shout; `keep_case` leaves them.
    """
    if "\ufffd" in raw:
        raise Wrong(f"the name {raw[:60]!r} has letters that were lost", "Export the file as UTF-8 again")
    if (meant := _decoded_twice(raw)) is not None:
        raise Wrong(f"the name {raw[:60]!r} was encoded twice; it probably was {meant[:60]!r}", "Save the file as UTF-8 once")
    name = " ".join(unicodedata.normalize("NFC", _UNSEEN.sub("", raw)).split())
    if any(unicodedata.category(char)[0] == "C" for char in name):
        raise Wrong(f"the name {raw[:60]!r} has characters that cannot be printed", "Take them out")
    if "|" in name:
        raise Wrong(f"the name {raw[:60]!r} has a |, which parts other names", "Take it out, or name the column with --alt-field")
    if len(name) > LONGEST:
        raise Wrong(f"the name {raw[:40]!r}... has more than {LONGEST} characters", "Shorten it: it must fit into an SMS")
    if not place_words(name):
        raise Wrong(f"the name {raw[:60]!r} has no letters" if name else "the name is empty", "Give it one")
    if keep_case:
        return name
    before = ""

    def cased(match: re.Match[str]) -> str:
        nonlocal before
        word, led_by = match.group(), before
        before = word.lower()
        is_small = before in _LINKS or (before in _ARTICLES and led_by in _LINKS)
        return before if is_small and word.isupper() and match.start() else _cased(word)

    return _WORD.sub(cased, name)


def key_of(name: str) -> str:
    """Equal for names that a resident's text cannot tell apart: `Sta. Rita` and `SANTA  RITA`, `Alto Irpavi` and `Irpavi Alto`."""
    words = place_words(name)
    return " ".join((words[-1], *words[:-1]) if len(words) > 1 and words[-1] in SIDES else words)


def sound_of(name: str) -> str:
    """Equal for names that sound alike: `Ben M'sik` and `Ben M'Sick`."""
    return "".join(sound(word) for word in place_words(name))


def is_common(name: str, words: Vocabulary) -> bool:
    """Whether a name is one everyday word that we know (`Primavera`, `Progreso`): believed only where a place is due."""
    single = place_words(name)
    return len(single) == 1 and any(
        token.known and not token.typo and (token.singles or token.tags) for token in words.look(single[0]))


def _cased(word: str) -> str:
    if not word.isupper() or len(word) == 1 or _ROMAN.match(word):
        return word
    if len(word) < 4 and not set(unicodedata.normalize("NFD", word)) & set("AEIOUY"):
        return word  # KM, SRL: no syllable, so an abbreviation
    return "".join(part.capitalize() if part.isalpha() else part for part in re.split(r"(['’])", word))


def _decoded_twice(raw: str) -> str | None:
    if raw.isascii():
        return None
    try:
        meant = raw.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None
    return meant if meant != raw else None
