"""The places of one city, indexed so that a text meets only the names its own words begin.

`Gazetteer.of(rows)` takes the rows of a city's `places.csv`. Names are found whole, by ear and through a typo; by one
distinctive word of theirs; and by their code. Nothing here scans all names: a city of 5,000 places costs the same.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from parsers.clean import clean_word, is_arabic
from parsers.names import ARTICLES, EVERYWHERE, SIDES, place_word, place_words
from parsers.sounds import SoundIndex, sound_of

_CODE = re.compile(r"([A-Z]+)(\d\d)(\d\d)")


@dataclass(frozen=True, slots=True)
class Place:
    """A coded neighbourhood: `Place("S1701", "Kupini", ...)`; `parent` is the code it lies in."""

    code: str
    name: str
    kind: str = ""
    parent: str = ""
    generic: bool = False
    alt_names: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None


class Gazetteer:
    """A city's places and the indexes over their names."""

    def __init__(self, places: Iterable[Place], aliases: Mapping[str, str] | None = None) -> None:
        """Index the places; `aliases` are phrases learned from officers, each with the code it stands for."""
        self._places = {place.code: place for place in places}
        self._aliases = dict(aliases or {})
        self._names: dict[str, list[str]] = {}
        self._weak: set[str] = set()
        self._parts: dict[str, list[str]] = {}
        self._learned: set[str] = set()
        for place in self._places.values():
            self._file(place)
        for phrase, code in self._aliases.items():
            if code in self._places and (joined := " ".join(place_words(phrase))):
                # An officer's pin outranks whatever the words meant before.
                self._names[joined] = [code]
                self._weak.discard(joined)
                self._learned.add(joined)
        self._words = {word for joined in self._names for word in joined.split(" ")}
        self._longest: dict[str, int] = {}
        self.last_words: set[str] = set()
        for joined in self._names:
            words = joined.split(" ")
            self._longest[words[0]] = max(self._longest.get(words[0], 0), len(words))
            self.last_words.add(words[-1])
        # By ear and by letter, like the words: "pampajasi" sounds right, "momuen" only looks right.
        self._sounds = SoundIndex(
            [
                (key, joined)
                for joined in sorted(self._names)
                for key in dict.fromkeys((sound_of(joined.split(" ")), joined.replace(" ", "")))
            ]
        )
        self._prefixes = {match.group(1) for code in self._places if (match := _CODE.fullmatch(code))}
        # What a code may begin with, lower case: "s", "cb" and so "c".
        self.letters = frozenset(prefix[0].lower() for prefix in self._prefixes)
        self._prefix_of: dict[str, set[str]] = {}
        for code in self._places:
            if match := _CODE.fullmatch(code):
                self._prefix_of.setdefault(match.group(2), set()).add(match.group(1))
        self.code_shape = re.compile(
            f"({'|'.join(sorted(map(str.lower, self._prefixes), key=len, reverse=True)) or '(?!)'})([0-9oil]{{4}})"
        )
        self._ancestors = {code: self._line(code) for code in self._places}
        self._near_seen: dict[tuple[str, int], list[tuple[int, str]]] = {}
        # Written words that were cut apart with these names before (splitting.py).
        self.cut_before: dict[str, tuple[str, ...]] = {}

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, str]], aliases: Mapping[str, str] | None = None) -> "Gazetteer":
        """From rows with code, name, alt_names (joined with `|`), kind, parent, generic, lat, lon."""
        return cls((_place(row) for row in rows), aliases)

    def with_aliases(self, aliases: Mapping[str, str]) -> "Gazetteer":
        """The same city with more learned names: `{"detras del molino": "S1701"}`."""
        return Gazetteer(self._places.values(), {**self._aliases, **aliases})

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, code: object) -> bool:
        return code in self._places

    def place(self, code: str) -> Place | None:
        """The place with this code."""
        return self._places.get(code)

    def lies_in(self, code: str, other: str) -> bool:
        """Whether `other` is `code` itself or one of the places around it."""
        return code == other or other in self._ancestors.get(code, ())

    def parent(self, code: str) -> str:
        """The code of the place around this one, or an empty string."""
        place = self._places.get(code)
        return place.parent if place else ""

    # ── names ──

    def longest_from(self, word: str) -> int:
        """How many words the longest name beginning with `word` has; 0 when none begins so."""
        return self._longest.get(word, 0)

    def named(self, joined: str) -> tuple[str, ...]:
        """Codes of the places called exactly so: `"villa fatima" -> ("P1314",)`."""
        return tuple(self._names.get(joined, ()))

    def knows_word(self, word: str) -> bool:
        """Whether a compared word is a word of any name."""
        return word in self._words

    def has_word(self, raw: str) -> bool:
        """Whether a written word is a word of any name."""
        return place_word(clean_word(raw)) in self._words

    def resembles(self, word: str) -> bool:
        """Whether a compared word is a word of a name, or sounds like a name or one slip away from one."""
        return word in self._words or bool(self.alike(key := sound_of((word,)))) or (len(key) >= 7 and bool(self.near(key, 1)))

    def is_weak(self, joined: str) -> bool:
        """Whether the name is a common word, believed only after a zone word, a preposition or at the end."""
        return joined in self._weak

    def is_learned(self, joined: str) -> bool:
        """Whether the words are a phrase of residents that an officer pinned."""
        return joined in self._learned

    def alike(self, key: str) -> tuple[str, ...]:
        """Names that sound like the key."""
        return self._sounds.alike(key)

    def near(self, key: str, limit: int) -> list[tuple[int, str]]:
        """Names at most `limit` typos from the key, nearest first."""
        seen = self._near_seen.get((key, limit))
        if seen is None:
            if len(self._near_seen) > 5000:
                self._near_seen.clear()
            seen = self._near_seen[key, limit] = self._sounds.near(key, limit)
        return seen

    def having(self, word: str) -> tuple[str, ...]:
        """Codes of the places with this distinctive word in their name: `seguencoma` -> Alto, Bajo."""
        return tuple(self._parts.get(word, ()))

    # ── codes ──

    def read_code(self, word: str) -> tuple[str, str] | None:
        """A code and what is wrong with it: `s16o4 -> ("S1604", "")`, `p1604 -> ("P1604", "place_code_mismatch")`."""
        match = self.code_shape.fullmatch(word)
        if not match or sum(char.isdigit() for char in match.group(2)) < 2:
            return None
        code = match.group(1).upper() + match.group(2).replace("o", "0").replace("i", "1").replace("l", "1")
        if code in self._places:
            return code, ""
        fits = self._prefix_of.get(code[-4:-2], set())
        return code, "place_code_mismatch" if fits and match.group(1).upper() not in fits else "place_code_unknown"

    def meant_by(self, code: str) -> tuple[str, ...]:
        """Codes a mistaken one may have meant: the same digits under the letter of their district."""
        return tuple(prefix + code[-4:] for prefix in sorted(self._prefix_of.get(code[-4:-2], ())) if prefix + code[-4:] in self._places)

    # ── filing ──

    def _file(self, place: Place) -> None:
        outside = place.name.split("(")[0]
        for written in (place.name, outside, *place.alt_names):
            words = place_words(written)
            if not words:
                continue
            # "hay salama" says itself that it is a place; "salama" is a word like others.
            told = len(words) > 1 and words[0] in EVERYWHERE
            self._name(words, place, weak=place.generic and not told and len(words) == len(place_words(outside)))
            if words[0] in SIDES and len(words) > 1:
                self._name((*words[1:], words[0]), place)
            elif words[-1] in SIDES and len(words) > 1:
                self._name((words[-1], *words[:-1]), place)
            if words[0] in ARTICLES and len(words) > 1:
                self._name(words[1:], place, weak=True)
        for word in place_words(outside):
            distinctive = word not in EVERYWHERE and (len(word) >= 5 or (is_arabic(word) and len(word) >= 4))
            if distinctive and place.kind not in ("macro", "district") and place.code not in self._parts.setdefault(word, []):
                self._parts[word].append(place.code)

    def _name(self, words: tuple[str, ...], place: Place, weak: bool = False) -> None:
        joined = " ".join(words)
        codes = self._names.setdefault(joined, [])
        if weak and codes and joined not in self._weak:
            return
        if not codes:
            if weak:
                self._weak.add(joined)
        elif joined in self._weak and not weak:
            self._weak.discard(joined)
            codes.clear()
        if place.code not in codes:
            codes.append(place.code)

    def _line(self, code: str) -> tuple[str, ...]:
        line: list[str] = []
        at = self.parent(code)
        while at and at not in line:
            line.append(at)
            at = self.parent(at)
        return tuple(line)


def _place(row: Mapping[str, str]) -> Place:
    def number(key: str) -> float | None:
        return float(row[key]) if row.get(key) else None

    return Place(
        code=row["code"].strip().upper(),
        name=row["name"].strip(),
        kind=row.get("kind") or "",
        parent=row.get("parent") or "",
        generic=row.get("generic") in ("1", "true", "yes"),
        alt_names=tuple(name for name in (row.get("alt_names") or "").split("|") if name),
        lat=number("lat"),
        lon=number("lon"),
    )
