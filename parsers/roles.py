"""The roles that words play where somebody tells of harm: who, what and to whom, in every language alike.

`[word.roles for word in heard("mi tio me encierra")]` -> `[("me",), ("kin",), ("me",), ("lock",)]`. A word is known by its stem,
however it is spelt on a small keyboard; Arabic verbs without their person, Darija in Latin letters by its consonants. Nothing is
decided here.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from parsers.clean import READ_LIMIT, clean_words, is_arabic

_MOST_WORDS = 320
# A number that may be a child's age.
YOUNG, _AGES = "young", frozenset(str(age) for age in range(3, 18))
# Who is at the end of a verb: `kayderbni`, `كيضربها`, `golpearme`.
_DEEDS = frozenset(["hit", "burn", "choke", "kill", "threat", "force", "touch", "sex", "lock", "take", "sell", "marry", "follow", "control",
                    "drug", "insult", "abandon"])
_DIGITS_INSIDE = re.compile(r"[a-z][23579]|[23579][a-z]{2}")
_ENCLITIC = re.compile(r"(?:r|ndo)(me|la|le|lo|las|les|los|lx)$")
_FOLDS = (("ch", "x"), ("sh", "x"), ("ph", "f"), ("qu", "k"), ("ce", "se"), ("ci", "si"), ("c", "k"), ("z", "s"), ("v", "b"),
          ("lla", "ya"), ("lle", "ye"), ("llo", "yo"), ("ss", "s"), ("rr", "r"))
# Latin-script Darija has no spelling: short vowels come and go, one sound is a digit, one letter or two.
_SPELT = (("sh", "x"), ("ch", "x"), ("kh", "5"), ("gh", "8"), ("7", "h"), ("9", "q"), ("3", "a"), ("2", "a"), ("ou", "w"))
_VOWELS, _DOUBLED = re.compile("[aeiou]"), re.compile(r"(.)\1+")
_DARIJA_BEFORE = ("", "ky", "kt", "kn", "k", "ty", "tn", "t", "y", "n", "l", "d", "w", "b", "f", "wl", "wky", "m", "8ykt")
_DARIJA_AFTER = ("", "n", "h", "hm", "k", "w", "t", "x", "nx", "hx", "y", "tn", "wn", "wh", "th", "tk", "lh", "ly")
_ARABIC_AND = ("", "و", "ف", "ب", "ل", "ك", "ال", "وال", "بال", "فال", "لل")
_ARABIC_PERSON = ("", "ي", "ت", "ن", "ا", "س", "سي", "ست", "كي", "كت", "كن", "كاي", "كات", "كان", "تي", "تن", "بي", "بت", "م")
_ARABIC_BEFORE = tuple(dict.fromkeys(a + b for a in _ARABIC_AND for b in _ARABIC_PERSON))
_ARABIC_AFTER = ("", "ني", "ها", "ه", "هم", "نا", "ك", "كم", "و", "وا", "وني", "وها", "وه", "وهم", "ون", "ونا", "ين", "ات", "ت",
                 "تني", "تها", "ته", "ي", "تي", "ش", "نيش", "هاش", "ان", "يه")
_LEAST = 3
# Words of every Darija text.
_MARKS = frozenset(["w", "f", "mn", "dyal", "lli", "li", "wla", "ila", "bach", "wach", "chi", "ana", "howa", "hia", "hiya", "liya", "liha",
                    "7it", "mli", "m3a", "ghir", "daba", "3la", "bla", "had"])
# One letter for those that Latin writers do not tell apart; what they leave out is left out.
_LETTERS = str.maketrans(dict(zip("بتثجحخدذرزسشصضطظعغفقكلمنه", "bttjh5ddrzsxsdtd68fqklmnh", strict=True)) | dict.fromkeys("اويىءةئؤ"))
_SPELT_BARE = (("sh", "x"), ("ch", "x"), ("kh", "5"), ("gh", "8"), ("7", "h"), ("9", "q"), ("g", "q"), ("3", "6"), ("2", ""), ("p", "b"))
_SOFT = re.compile("[aeiouwy]")
# Forms of this kind begin so.
_BARE = "~"
_SILENT = re.compile("^h(?=[aeiou])")
_ME, _THEM = ("me",), ("them",)


@dataclass(frozen=True, slots=True)
class Heard:
    """A word: its forms, its roles, what it is if the text is Darija in Latin letters, and whether it looks as if it were."""

    forms: tuple[str, ...]
    roles: tuple[str, ...]
    darija: Heard | None = None
    mark: bool = False


def names() -> tuple[str, ...]:
    """All roles there are, in the order of the file."""
    return (*_lists(), YOUNG)


def heard(text: str) -> list[Heard]:
    """The words of a text, each with the roles that it may play and the forms by which it is known again."""
    words = [_heard(word) for word in clean_words(text[:READ_LIMIT])[:_MOST_WORDS]]
    darija = sum(word.mark for word in words) * 6 >= len(words)
    return [word.darija or word for word in words] if darija else words


def fold(word: str) -> str:
    """A Latin word as careless thumbs may write it: `kiero`, `quiero` -> `kiero`; `bofetada`, `vofetada` -> `bofetada`."""
    for letters, plain in _FOLDS:
        word = word.replace(letters, plain)
    return word


def consonants(word: str) -> str:
    """A word of Darija as all its spellings have it: `kayderbni`, `kaydrebni` -> `kydrbn`."""
    word = _DOUBLED.sub(r"\1", word)
    for letters, plain in _SPELT:
        word = word.replace(letters, plain)
    return word[:1] + _VOWELS.sub("", word[1:])


def bare(word: str) -> str:
    """What is alike in both scripts of Darija: `kayderbni`, `كيضربني` -> `kdrbn`."""
    if is_arabic(word):
        return word.translate(_LETTERS)
    word = _DOUBLED.sub(r"\1", word)
    for letters, plain in _SPELT_BARE:
        word = word.replace(letters, plain)
    return _SOFT.sub("", word)


@lru_cache(maxsize=8_000)
def _heard(word: str) -> Heard:
    if word.isdigit():
        return Heard(("0",), (YOUNG,) if word in _AGES else ())
    if is_arabic(word):
        return Heard((word, _BARE + bare(word)), _peeled(word, _arabic(), _ARABIC_BEFORE, _ARABIC_AFTER, "ني"))
    exact, stems = _latin()
    folded = fold(word)
    found = set(exact.get(folded, ()))
    for end in range(2, len(folded) + 1):
        found.update(stems.get(folded[:end], ()))
    if found & _DEEDS and (ending := _ENCLITIC.search(word)):
        found.add("me" if ending.group(1) == "me" else "them")
    own = tuple(sorted(found))
    mark = bool(_DIGITS_INSIDE.search(word)) or word in _MARKS or word.startswith(("kay", "kat", "kan", "tay", "ghadi"))
    other = own or _peeled(consonants(word), _darija(), _DARIJA_BEFORE, _DARIJA_AFTER, "n")
    return Heard((folded,), own, Heard((folded, _BARE + bare(word)), other), mark)


def _peeled(word: str, cores: dict[str, tuple[str, ...]], before: tuple[str, ...], after: tuple[str, ...], me: str) -> tuple[str, ...]:
    """The roles of a word whose person, article and object are letters around its core."""
    if word in cores:
        return cores[word]
    best: tuple[int, tuple[str, ...], str] = (0, (), "")
    for start in before:
        if not word.startswith(start):
            continue
        for end in after:
            core = word[len(start) : len(word) - len(end)] if word.endswith(end) else ""
            if len(core) >= _LEAST and len(core) > best[0] and (found := cores.get(core)):
                best = len(core), found, end
    _, found, end = best
    if end and not _DEEDS.isdisjoint(found):
        found = (*found, *(_ME if end.startswith(me) or me + "x" == end else _THEM if end[0] in "هh" else ()))
    return found


@cache
def _lists() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads((resources.files("parsers") / "words" / "harm_roles.toml").read_text(encoding="utf-8"))
    return found


@cache
def _latin() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Whole words and stems, folded, with their roles."""
    exact: dict[str, list[str]] = {}
    stems: dict[str, list[str]] = {}
    for role, languages in _lists().items():
        for language, phrase in languages.items():
            if language in ("ar", "ary"):
                continue
            for raw in phrase.split():
                whole = "".join(clean_words(raw))
                # Spanish thumbs leave out the h; English ones cannot, for "and" is no hand.
                for word in {fold(whole), fold(_SILENT.sub("", whole))} if language == "es" else {fold(whole)}:
                    if role not in (held := (stems if raw.endswith("*") else exact).setdefault(word, [])):
                        held.append(role)
    return {word: tuple(held) for word, held in exact.items()}, {word: tuple(held) for word, held in stems.items()}


@cache
def _arabic() -> dict[str, tuple[str, ...]]:
    return _cores("ar", "".join)


@cache
def _darija() -> dict[str, tuple[str, ...]]:
    return _cores("ary", lambda words: consonants("".join(words)))


def _cores(language: str, form: object) -> dict[str, tuple[str, ...]]:
    cores: dict[str, list[str]] = {}
    for role, languages in _lists().items():
        for raw in languages.get(language, "").split():
            core = form(clean_words(raw))  # type: ignore[operator]
            if len(core) > 1 and role not in (held := cores.setdefault(core, [])):
                held.append(role)
    return {core: tuple(held) for core, held in cores.items()}
