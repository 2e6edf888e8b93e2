"""The spot that a text tells inside its place: streets, house numbers, landmarks. Pure, and alike in every language.

>>> spot_in("hueco en la calle Murillo 231, frente a la escuela")
Spot(streets=('murillo',), numbers=('231',), landmarks=('school',))
>>> spot_in("nid de poule rue Murillo devant l'école") == spot_in("pothole on Murillo street near the school")
True
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from parsers.clean import READ_LIMIT, TOKEN, clean_word, split_word
from parsers.sounds import distance, sound

_LISTS = tomllib.loads((files("parsers") / "words" / "spots.toml").read_text("utf-8"))


def _set(name: str) -> frozenset[str]:
    return frozenset(clean_word(word) for word in _LISTS[name])


STREETS, CORNERS, _AND, _NUMBERED, _TITLES = map(_set, ("streets", "corners", "and", "numbered", "titles"))
_ARTICLES, _MONTHS, _STOPS, _BESIDE = map(_set, ("articles", "months", "stops", "beside"))
_RIGHT_AT, _NO_LANDMARK = map(_set, ("right_at", "no_landmark"))
LANDMARKS = {tuple(clean_word(word) for word in phrase.split()): concept
             for concept, phrases in _LISTS["landmarks"].items() for phrase in phrases}
_LANDMARK_SIZE = max(map(len, LANDMARKS))
_ENGLISH = frozenset(["street", "st", "road", "rd", "lane", "alley", "drive", "avenue", "ave"])  # the name may stand before them
_JOINED = ("ال", "فال", "بال", "لل", "وال", "كال", "ف", "ب", "ل")  # Arabic particles written in one with what follows
_ORDINALS = ("st", "nd", "rd", "th", "era", "ra", "da", "ta", "eme", "er", "e")
MOST = 6  # tokens of each sort that are kept


@dataclass(frozen=True, slots=True)
class Spot:
    """Canonical words, each sort sorted; empty where the text says nothing."""

    streets: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    landmarks: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.streets or self.landmarks)

    @property
    def key(self) -> tuple[str, ...]:
        """The spot as two nodes spell it alike, by ear: `calle Murillo` and `calle Muriyo` are one; empty for no spot."""
        if not self:
            return ()
        return (*(f"s:{sound(name)}" for name in self.streets), *(f"n:{n}" for n in self.numbers),
                *(f"l:{name}" for name in self.landmarks))


class _Word(NamedTuple):
    said: str
    apart: bool  # a comma or a full stop before it


@lru_cache(maxsize=2048)
def spot_in(text: str) -> Spot:
    """The spot of one text; what is no name of a street, no number of a house and no landmark is left out."""
    words = _cut(text[:READ_LIMIT])
    streets: dict[str, None] = {}
    numbers: dict[str, None] = {}
    at = 0
    for at, word in enumerate(words):
        if word.said in STREETS:
            name, end = _name(words, at + 1)
            if not name and word.said in _ENGLISH and at:
                name, end = _before(words, at), at + 1
            if name:
                streets[name] = None
                _number_after(words, end, numbers)
        elif word.said in CORNERS and streets:
            for name in _crossing(words, at + 1):
                streets[name] = None
        elif (word.said in _NUMBERED and at + 1 < len(words) and words[at + 1].said.isdecimal() and not words[at + 1].apart
              and (at == 0 or words[at - 1].said not in STREETS)):
            numbers[words[at + 1].said.lstrip("0") or "0"] = None
    return Spot(_kept(streets), _kept(numbers), _kept(dict.fromkeys(_landmarks(words))))


def same_name(one: str, other: str) -> bool:
    """Whether two names of streets are one: by ear, through a slip of the thumb, or in another script."""
    if one == other:
        return True
    if one[0].isdigit() or other[0].isdigit():
        return False
    first, second = sound(one), sound(other)
    if first == second:
        return True
    if one.isascii() != other.isascii():
        bare, theirs = skeleton(one), skeleton(other)
        return len(bare) >= 3 and bare == theirs
    shortest = min(len(first), len(second))
    return shortest >= 5 and first[0] == second[0] and distance(first, second, 2 if shortest >= 8 else 1) <= (2 if shortest >= 8 else 1)


_LATIN = str.maketrans({"ا": "", "و": "", "ي": "", "ى": "", "ع": "", "ب": "b", "ت": "t", "ث": "t", "ج": "j", "ح": "", "خ": "k", "د": "d",
                        "ذ": "d", "ر": "r", "ز": "s", "س": "s", "ش": "x", "ص": "s", "ض": "d", "ط": "t", "ظ": "d", "غ": "g", "ف": "f",
                        "ق": "k", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "", "ء": "", "ئ": "", "ؤ": ""})


def skeleton(name: str) -> str:
    """The consonants of a name in either script: `sagarnaga` and `ساغارناغا` -> `sgrng`."""
    heard = sound(name).translate(_LATIN) if not name.isascii() else "".join(ch for ch in sound(name) if ch not in "aeiouwy")
    kept = [ch for at, ch in enumerate(heard) if at == 0 or heard[at - 1] != ch]
    return "".join(kept).replace("p", "b").replace("v", "b")


def landmark_name(concept: str, language: str) -> str:
    """A landmark as a resident reads it: `landmark_name("school", "fr")` -> `école`."""
    names: dict[str, str] = _LISTS["names"].get(concept, {})
    return names.get(language) or names.get("es", "")


def _kept(found: dict[str, None]) -> tuple[str, ...]:
    return tuple(sorted(list(found)[:MOST]))


def _cut(text: str) -> list[_Word]:
    found: list[_Word] = []
    apart = False
    for match in TOKEN.finditer(text):
        if match.group(1):
            for part in split_word(clean_word(match.group(1))):
                found.append(_Word(part, apart))
                apart = False
        elif match.group() in ",;:!?\n()،؛" or match.group() == "." and not (found and len(found[-1].said) <= 3):
            apart = True
    return found


def _name(words: list[_Word], at: int) -> tuple[str, int]:
    """The name that begins here and where it ends: `de la Loayza` -> `loayza`, `6 de agosto` -> `6 agosto`."""
    while at < len(words) and words[at].said in _ARTICLES and not words[at].apart:
        at += 1
    if at < len(words) and words[at].said in ("numero", "nro", "num", "n", "رقم") and not words[at].apart:
        at += 1
    if at >= len(words) or words[at].apart or not _may_name(words[at].said):
        return "", at
    first = _ordinal(words[at].said)
    if first.isdecimal():
        follower = at + 1
        if follower < len(words) and words[follower].said == "de":
            follower += 1
        if follower < len(words) and words[follower].said in _MONTHS and not words[follower].apart:
            return f"{first} {words[follower].said}", follower + 1
        return first.lstrip("0") or "0", at + 1
    if first in _TITLES and at + 1 < len(words) and not words[at + 1].apart and _may_name(words[at + 1].said):
        return first + words[at + 1].said, at + 2
    return first, at + 1


def _before(words: list[_Word], at: int) -> str:
    """`Murillo street`, `5th street`: the word before, when it may be a name."""
    name = _ordinal(words[at - 1].said)
    if words[at].apart or not _may_name(name) or name in _ARTICLES:
        return ""
    if at > 1 and words[at - 2].said in _TITLES:
        return words[at - 2].said + name
    return name


def _number_after(words: list[_Word], at: int, numbers: dict[str, None]) -> None:
    """`calle Murillo 231`: a bare number right behind the name is a house; one that counts something else is not."""
    if at < len(words) and words[at].said.isdecimal() and len(words[at].said) <= 5 and not words[at].apart:
        following = words[at + 1].said if at + 1 < len(words) else ""
        if following not in ("dias", "dia", "horas", "hora", "semanas", "meses", "familias", "personas", "jours", "days", "hours", "weeks",
                             "familles", "people", "families", "yam", "iyam", "ايام", "يوم"):
            numbers[words[at].said.lstrip("0") or "0"] = None


def _crossing(words: list[_Word], at: int) -> Iterator[str]:
    """`esquina Murillo`, `entre Loayza y Colon`: one name, and a second after an "and"."""
    if at < len(words) and words[at].said in _ARTICLES:
        at += 1
    if at < len(words) and words[at].said in ("calle", "av", "avenida", "rue", "avenue"):
        return  # the street word tells it itself
    name, end = _name(words, at)
    if not name:
        return
    yield name
    if end < len(words) and words[end].said in _AND and (second := _name(words, end + 1)[0]):
        yield second


def _landmarks(words: list[_Word]) -> Iterator[str]:
    for at in range(len(words)):
        for size in range(min(_LANDMARK_SIZE, len(words) - at), 0, -1):
            phrase = tuple(word.said for word in words[at:at + size])
            concept = LANDMARKS.get(phrase) or (LANDMARKS.get((_bare(phrase[0]),)) if size == 1 else None)
            if concept is not None:
                if _is_led_to(words, at):
                    yield concept
                break
        if words[at].said in _RIGHT_AT and (name := _nameless(words, at + 1)):
            yield name


def _nameless(words: list[_Word], at: int) -> str:
    """A landmark that no list holds: `detras del molino viejo` -> `molino`."""
    while at < len(words) and (words[at].said in _ARTICLES or words[at].said == "a") and not words[at].apart:
        at += 1
    if at >= len(words) or words[at].apart or words[at].said in _NO_LANDMARK or words[at].said.isdecimal() or len(words[at].said) < 4:
        return ""
    return words[at].said if _may_name(words[at].said) and (_bare(words[at].said),) not in LANDMARKS else ""


def _is_led_to(words: list[_Word], at: int) -> bool:
    """Whether something points at it: "frente a la escuela"; a broken bridge is no landmark."""
    return any(word.said in _BESIDE for word in words[max(0, at - 3):at]) or _bare(words[at].said) != words[at].said


def _bare(word: str) -> str:
    """`فالسوق` -> `سوق`."""
    if word.isascii():
        return word
    for joined in _JOINED:
        if word.startswith(joined) and len(word) - len(joined) >= 3 and (word[len(joined):],) in LANDMARKS:
            return word[len(joined):]
    return word


def _may_name(word: str) -> bool:
    if word.isdecimal():
        return len(word) <= 4
    return ((len(word) > 2 or not word.isalpha()) and (word,) not in LANDMARKS
            and not any(word in taken for taken in (_STOPS, STREETS, CORNERS)))


def _ordinal(word: str) -> str:
    """`5th`, `3ra` -> the number."""
    for ending in _ORDINALS:
        if word.endswith(ending) and word[:-len(ending)].isdecimal():
            return word[:-len(ending)]
    return word
