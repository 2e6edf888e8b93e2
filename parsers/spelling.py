"""From what was typed to the word that was meant: plurals and articles, typos, lost spaces."""

import re
from collections.abc import Iterable, Mapping

from parsers.clean import is_arabic
from parsers.sounds import SoundIndex, distance, sound

_GLUED = re.compile(r"\d+|[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-záéíóúñ])(?=[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2})")

# Longer words are no slips of ours.
_LONGEST = 24


def camels(raw: str) -> list[str]:
    """`enKupini` -> en, Kupini: a capital inside a word is where a space was lost."""
    return [raw] if raw.islower() or raw.isupper() or not raw.isalpha() else _CAMEL.split(raw)


class Speller:
    """Knows the known words by ear and by letter. `meant("vasura") -> "basura"`, `unglued("sinluz") -> sin, luz`."""

    def __init__(
        self,
        languages: Mapping[str, set[str]],
        wanted: frozenset[str],
        clitics: Iterable[str],
        run_together: Iterable[str],
        tight: Iterable[str],
        keen: Iterable[str] = (),
    ) -> None:
        """`languages` are the known words with the languages they belong to; `wanted` those a phrase of ours holds.

        `keen` are the few that are worth a guess even in four letters: the words on the cards.
        """
        self._languages = languages
        self._wanted = wanted
        self._clitics = tuple(clitics)
        self._run_together = frozenset(run_together)
        self._tight = frozenset(tight)
        self._keen = frozenset(word for word in keen if len(word) >= 4 and word.isascii() and word.isalpha())
        # By ear and by letter: "vasura" sounds right, "bahce" only looks right.
        spelt = [word for word in sorted(languages) if len(word) >= 3 and not word.endswith("*") and not word.isdigit()]
        self._sounds = SoundIndex([(key, word) for word in spelt for key in dict.fromkeys((sound(word), word))], shortest=4)

    def variants(self, word: str) -> list[str]:
        """Other forms of a word: without Arabic particles, singular or plural, without a Darija article."""
        if is_arabic(word):
            bare = [word[len(clitic) :] for clitic in self._clitics if word.startswith(clitic) and len(word) - len(clitic) >= 2]
            return [form for rest in bare for form in (rest, "ال" + rest)] + ["ال" + word]
        forms = []
        if len(word) >= 5:
            forms += [word[:-1]] if word.endswith("s") else [word + "s"]
            forms += [word[:-2]] if word.endswith("es") else []
        if len(word) >= 4 and word[0] in "ld":
            forms.append(word[1:])
        if len(word) >= 4 and (word.startswith(("el", "al")) or word[0] == word[1]):
            forms += [word[2:], word[1:]]
        if len(word) >= 3:
            forms.append("l" + word)
        return forms

    def undoubled(self, word: str) -> str:
        """The known word with fewer doubled letters, or an empty string: `aggua` -> `agua`, `callee` -> `calle`."""
        twice = [at for at in range(1, len(word)) if word[at] == word[at - 1] and word[at].isalpha()]
        if not twice or len(word) < 4 or len(twice) > 4:
            return ""
        fewer = [word[:at] + word[at + 1 :] for at in twice]
        if len(twice) > 1:
            fewer.append("".join(char for at, char in enumerate(word) if at not in twice))
        return next((form for form in fewer if len(form) >= 3 and form in self._languages), "")

    def meant(self, word: str) -> str:
        """The known word this one misspells, or an empty string. Short words and digits are left alone."""
        if not 3 <= len(word) <= _LONGEST or not any(char.isalpha() for char in word):
            return ""
        key = sound(word)
        alike = [other for other in self._sounds.alike(key) if sound(other) == key]
        heard = ""
        if alike and len(key) >= 3:
            heard = min(alike, key=lambda other: (other not in self._wanted, abs(len(other) - len(word)), other))
            # "bahce" sounds like "base" but is one slip from "bache", a word we look for.
            if distance(word, heard, 1) <= 1 or (heard in self._wanted and not self._keen_near(word)):
                return heard
        arabic = is_arabic(word)
        # One letter apart, الماء (water) and الغاء (cancel) are far apart in meaning: long Arabic words only.
        if len(key) < (6 if arabic else 4) or len(word) < 4:
            return self._keen_near(word) or heard
        limit = 2 if len(key) >= 9 and not arabic else 1
        near = self._sounds.near(key, limit)
        if key != word:
            near = sorted({*near, *self._sounds.near(word, limit)})
        best = heard
        best_rank = (2 if heard else 9, True, True, True, True, 9, "")
        for typos, other in near:
            # Of four letters only a swap is believed, and a slip in a word of the cards ("agia"); two typos only in long
            # words that begin right.
            slight = sorted(word) == sorted(other) or (other in self._keen and distance(word, other, 1) == 1)
            if other == heard or (len(word) < 5 and not slight):
                continue
            if typos == 2 and (other[0] != word[0] or len(other) < 8):
                continue
            # What is one slip of the thumb away is likelier than what only sounds one slip away: "agiua" is no "ajira".
            rank = (
                typos, distance(word, other, 1) > 1, other not in self._keen, other[0] != word[0], other not in self._wanted,
                abs(len(other) - len(word)), other,
            )  # fmt: skip
            if rank < best_rank:
                best, best_rank = other, rank
        return best

    def _keen_near(self, word: str) -> str:
        """The word of the cards that is one slip away, or an empty string: `agau` -> `agua`."""
        if not 4 <= len(word) <= 7 or is_arabic(word):
            return ""
        return min((other for other in self._keen if other[0] == word[0] and distance(word, other, 1) == 1), default="")

    def unglued(self, word: str) -> list[str]:
        """`20familias` -> 20 familias, `sinluz` -> sin luz; empty when it is not known words without their spaces."""
        if not word.isascii() or len(word) > _LONGEST:
            return []
        if any(char.isdigit() for char in word):
            parts = _GLUED.findall(word)
            letters = [part for part in parts if not part.isdigit()]
            known = letters and all((len(part) >= 3 or part in self._tight) and part in self._languages for part in letters)
            return parts if known else []
        for at in range(2, len(word) - 2):
            if self._fit(word[:at], word[at:]):
                return [word[:at], word[at:]]
        for at in range(2, len(word) - 4):
            if self._may_stand(word[:at]):
                for to in range(at + 2, len(word) - 2):
                    if self._fit(word[:at], word[at:to], word[to:]):
                        return [word[:at], word[at:to], word[to:]]
        return []

    def _may_stand(self, part: str) -> bool:
        return part in self._run_together or (len(part) >= 4 and part in self._languages)

    def _fit(self, *parts: str) -> bool:
        """Whether these are words of one language that people run together."""
        if not all(map(self._may_stand, parts)):
            return False
        common = set.intersection(*(self._languages.get(part, set()) for part in parts))
        return bool(common - {""}) and max(map(len, parts)) >= 3
