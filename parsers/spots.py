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

from parsers.clean import READ_LIMIT, TOKEN, clean_word, cleaned
from parsers.sounds import distance, shortened, sound

_LISTS = tomllib.loads((files("parsers") / "words" / "spots.toml").read_text("utf-8"))


def _set(name: str) -> frozenset[str]:
    return frozenset(clean_word(word) for word in _LISTS[name])


STREETS, CORNERS, _AND, _NUMBERED, _TITLES = map(_set, ("streets", "corners", "and", "numbered", "titles"))
_ARTICLES, _STOPS, _BESIDE = map(_set, ("articles", "stops", "beside"))
_MONTHS = {clean_word(name): n for n, names in enumerate(_LISTS["months"], 1) for name in names}
_RIGHT_AT, _NO_LANDMARK = map(_set, ("right_at", "no_landmark"))
LANDMARKS = {tuple(clean_word(word) for word in phrase.split()): concept
             for concept, phrases in _LISTS["landmarks"].items() for phrase in phrases}
_CONCEPTS = frozenset(LANDMARKS.values())
_CUT = {form: concept for phrase, concept in LANDMARKS.items() if len(phrase) == 1 and len(phrase[0]) >= 6 for form in shortened(phrase[0])}
_LONG = frozenset(phrase[0] for phrase in LANDMARKS if len(phrase) > 1)
_LANDMARK_SIZE = max(map(len, LANDMARKS))
_ENGLISH = frozenset(["street", "st", "road", "rd", "lane", "alley", "drive", "avenue", "ave"])  # the name may stand before them
_JOINED = ("ال", "فال", "بال", "لل", "وال", "كال", "ف", "ب", "ل")  # Arabic particles written in one with what follows
_ORDINALS = ("st", "nd", "rd", "th", "era", "ra", "da", "ta", "eme", "er", "e")
_LEADING = ("on", "in", "at", "along", "of", "near", "off")
_SUBJECTS = ("steps", "bridge", "tank", "bath")  # "falta un pedazo de graderia" tells what is broken, not where
MOST = 6  # tokens of each sort that are kept


@dataclass(frozen=True, slots=True)
class Spot:
    """Canonical words, in the order they are said: the street before its corner; empty where the text says nothing."""

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
        return tuple(sorted({*(f"s:{sound(name)}" for name in self.streets), *(f"n:{n}" for n in self.numbers),
                             *(f"l:{name}" for name in self.landmarks)}))


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
        if _is_street(word.said):
            name, end = _name(words, at + 1)
            if word.said in _ENGLISH and at and (before := _before(words, at)) and (not name or _leads_to_name(words, at)):
                name, end = before, at + 1
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
        return any(len(bare) >= 2 for bare in skeletons(one) & skeletons(other))
    if min(len(one), len(other)) < 5 or one[0] != other[0]:
        return False
    most = 2 if min(len(one), len(other)) >= 8 else 1
    return distance(first, second, most) <= most or distance(one, other, most) <= most


_LATIN = str.maketrans({"ا": "", "و": "", "ي": "", "ى": "", "ع": "", "ب": "b", "ت": "t", "ث": "t", "ج": "k", "ح": "", "خ": "k", "د": "d",
                        "ذ": "d", "ر": "r", "ز": "s", "س": "s", "ش": "k", "ص": "s", "ض": "d", "ط": "t", "ظ": "d", "غ": "k", "ف": "f",
                        "ق": "k", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "", "ء": "", "ئ": "", "ؤ": ""})


_ALIKE = str.maketrans({"p": "b", "v": "b", "g": "k", "j": "k", "x": "k", "q": "k"})


def skeletons(name: str) -> frozenset[str]:
    """The consonants of a name in either script, as far as both write them; `ll` may be heard as l or not at all.

    `sagarnaga` and `ساغارناغا` -> {`skrnk`}
    """
    if not name.isascii():
        return frozenset([name.replace("تش", "ش").translate(_LATIN)])
    return frozenset("".join(ch for ch in sound(way) if ch not in "aeiouwy").translate(_ALIKE) for way in (name, name.replace("ll", "l")))


@lru_cache(maxsize=8192)
def bucket(name: str) -> str:
    """Where a street is filed, so that slips and other scripts find it: a number as it is, a name under its first two consonants."""
    if name[0].isdigit():
        return name
    return max(skeletons(name.replace("ll", "l")))[:2] or name[0]


def is_listed(landmark: str) -> bool:
    """Whether a landmark is one of those that every language has a word for; two of these are two."""
    return landmark in _CONCEPTS


def landmark_name(concept: str, language: str) -> str:
    """A landmark as a resident reads it: `landmark_name("school", "fr")` -> `école`."""
    names: dict[str, str] = _LISTS["names"].get(concept, {})
    return names.get(language) or names.get("es", "")


def _kept(found: dict[str, None]) -> tuple[str, ...]:
    return tuple(list(found)[:MOST])


def _cut(text: str) -> list[_Word]:
    found: list[_Word] = []
    apart = False
    for match in TOKEN.finditer(text):
        if match.group(1):
            for part in cleaned(match.group(1)):
                found.append(_Word(part, apart))
                apart = False
        elif match.group() in ",;:!?\n()،؛" or match.group() == "." and not (found and len(found[-1].said) <= 3):
            apart = True
    return found


def _name(words: list[_Word], at: int) -> tuple[str, int]:
    """The name that begins here and where it ends: `de la Loayza` -> `loayza`, `6 de agosto` -> `6/8`."""
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
            return f"{first}/{_MONTHS[words[follower].said]}", follower + 1
        return first.lstrip("0") or "0", at + 1
    if first in _TITLES and at + 1 < len(words) and not words[at + 1].apart and _may_name(words[at + 1].said):
        return first + words[at + 1].said, at + 2
    return first, at + 1


@lru_cache(maxsize=4096)
def _is_street(word: str) -> bool:
    """A word for a street, with a particle before it or a letter lost: `calle`, `فزنقة`, `cale`; `cable` is none."""
    if word in STREETS:
        return True
    if not word.isascii():
        return any(word.startswith(joined) and word[len(joined):] in STREETS for joined in _JOINED)
    return len(word) >= 4 and word not in _STOPS and word != "call" and any(
        len(street) == len(word) + 1 and word in shortened(street) for street in STREETS if len(street) >= 5)


def _leads_to_name(words: list[_Word], at: int) -> bool:
    """Whether the word before is the name: `on Murillo street`, `8 street`."""
    before = at - 2 if at > 2 and words[at - 2].said in (*_TITLES, "los", "las", "de") else at - 1
    return _ordinal(words[at - 1].said).isdecimal() or (before > 0 and words[before - 1].said in _LEADING)


def _before(words: list[_Word], at: int) -> str:
    """`Murillo street`, `5th street`: the word before, when it may be a name."""
    name = _ordinal(words[at - 1].said)
    if words[at].apart or not _may_name(name) or name in _ARTICLES:
        return ""
    if name in _MONTHS and (dated := [word.said for word in words[max(0, at - 3):at - 1] if word.said.isdecimal()]):
        return f"{dated[0]}/{_MONTHS[name]}"
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
        longest = _LANDMARK_SIZE if words[at].said in _LONG else 1
        for size in range(min(longest, len(words) - at), 0, -1):
            phrase = tuple(word.said for word in words[at:at + size])
            concept = LANDMARKS.get(phrase) or (LANDMARKS.get((_bare(phrase[0]),)) or _CUT.get(phrase[0]) if size == 1 else None)
            if concept is not None:
                if _is_led_to(words, at, concept):
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
    word = words[at].said
    return word if _may_name(word) and (_bare(word),) not in LANDMARKS and word not in _CUT else ""


def _is_led_to(words: list[_Word], at: int, concept: str) -> bool:
    """Whether something points at it: "frente a la escuela"; a broken bridge is no landmark."""
    before = [word.said for word in words[max(0, at - 3):at]]
    if concept in _SUBJECTS:
        return any(word in _RIGHT_AT or word in ("cerca", "pres", "near", "9rib", "قرب") for word in before)
    return any(word in _BESIDE for word in before) or _bare(words[at].said) != words[at].said


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
