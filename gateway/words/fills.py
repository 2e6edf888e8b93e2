"""What may stand in the braces of a reply: cleaned, cut at words, and never a second line, a link or a call number.

>>> FILLS["place"].clean("Villa Fátima\\nhttp://x.example", latin=True)
'Villa Fatima http //x example'
>>> cut("Foco o poste sin luz", 19)
'Foco o poste'
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from gateway.words.segments import BASIC, fold

Value = str | int | Sequence[str]

SIGNS: Final = frozenset(" '-,.()/&،")
EXACT_SIGNS: Final = frozenset(" +-/:")
# More digits than the longest reference are a call number, or a price list: no place or category has them.
MOST_DIGITS: Final = 7
MOST_ENTRIES: Final = {"listed": 4, "numbered": 3}
# Words that point to a next word; a cut text must not end with one.
POINTING: Final = frozenset({
    "a", "al", "con", "de", "del", "e", "el", "en", "la", "las", "los", "no", "o", "para", "por", "sin", "u", "y",
    "au", "aux", "avec", "d", "dans", "des", "du", "et", "le", "les", "non", "ou", "pas", "sans", "sur", "à", "and",
    "at", "for", "in", "not", "of", "on", "or", "the", "to", "with", "bla", "dyal", "f", "fi", "l", "m3a", "mn",
    "w", "ma", "machi",
    "في", "من", "على", "بلا", "ديال", "أو", "و", "ما",
})


@dataclass(frozen=True, slots=True)
class Fill:
    """`full` is what a short message may hold; `short` is what every template leaves room for at worst.

    `tight` is that room in Arabic script, where one SMS has 70 units instead of 160.

    words: text of people or tables · exact: numbers and dates, whole or not at all · listed: "a, b" ·
    numbered: "1 a 2 b", at most three.
    """

    full: int
    short: int
    sort: Literal["words", "exact", "listed", "numbered"] = "words"
    tight: int | None = None

    def room(self, *, latin: bool) -> int:
        return self.short if latin or self.tight is None else self.tight

    def clean(self, value: Value, *, latin: bool) -> str:
        """Give the value in the letters of the template, at most `full` long; empty when nothing readable is left."""
        if self.sort in MOST_ENTRIES:
            entries = [value] if isinstance(value, str | int) else value
            words = [_words(str(entry), latin) for entry in entries[: MOST_ENTRIES[self.sort]]]
            # An option that cannot be shown keeps its number: an answer "3" must mean what was third in the question.
            return "|".join(word or "-" for word in words if word or (self.sort == "numbered" and any(words)))
        if self.sort == "exact":
            return self._whole(str(value), latin)
        return cut(_words(str(value), latin), self.full)

    def fit(self, cleaned: str, limit: int) -> str:
        """Cut what `clean` gave to the limit, entry by entry where it is a list."""
        if self.sort == "exact":
            return cleaned
        if self.sort == "words":
            return cut(cleaned, limit)
        entries = cleaned.split("|")
        each = (limit + 2) // len(entries) - 2 if self.sort == "listed" else (limit + 1) // len(entries) - 3
        shown = [cut(entry, each) for entry in entries]
        if self.sort == "listed":
            return ", ".join(shown)
        return " ".join(f"{number} {entry}" for number, entry in enumerate(shown, start=1))

    def _whole(self, value: str, latin: bool) -> str:
        folded = fold(value) if latin else unicodedata.normalize("NFKC", value)
        signs = "".join(char if _exact(char, latin) else " " for char in folded)
        kept = " ".join(re.sub(r"[:/]{2,}", " ", signs).split())
        for candidate in (kept, kept.replace(" ", "")):
            if len(candidate) <= self.full:
                return candidate
        return ""


def cut(text: str, limit: int) -> str:
    """Shorten at a word where there is one, and leave no dangling "de la" or open bracket.

    >>> cut("Virgen de las Nieves Alto Irpavi", 18), cut("Kisumu Ndogo (Korogocho)", 18), cut("Achachicala", 6)
    ('Virgen', 'Kisumu Ndogo', 'Achach')
    """
    if len(text) <= limit:
        return text
    head = text[: limit + 1].rpartition(" ")[0]
    if head.count("(") > head.count(")"):
        head = head.rpartition("(")[0]
    words = head.split()
    while words and words[-1].casefold().strip("'-,./&،") in POINTING | {""}:
        words.pop()
    return " ".join(words).rstrip(" '-,./&،") or text[:limit].rstrip()


@lru_cache(maxsize=4096)  # names of places and categories come again with every text
def _words(value: str, latin: bool) -> str:
    text = unicodedata.normalize("NFKC", value)
    if latin:
        text = fold(text)
    text = "".join(char if _plain(char, latin) else " " for char in text)
    if sum(char.isdigit() for char in text) > MOST_DIGITS:
        text = "".join(" " if char.isdigit() else char for char in text)
    # A dot between two letters makes a link on every phone: "bit.ly", "casa.com".
    text = re.sub(r"\.(?=\S)", " ", text)
    return " ".join(text.split()).strip(" '-,./&،").removeprefix(")").removesuffix("(").strip()


def _plain(char: str, latin: bool) -> bool:
    if char in SIGNS:
        return not latin or char in BASIC
    if latin:
        return char in BASIC and char.isalnum()
    # Beyond the basic plane a sign costs two units; the tatweel (Lm) only stretches a word.
    return char <= "\uffff" and unicodedata.category(char) in ("Lu", "Ll", "Lt", "Lo", "Nd")


def _exact(char: str, latin: bool) -> bool:
    return char in EXACT_SIGNS or (char.isalnum() and (char in BASIC if latin else char <= "\uffff"))


FILLS: Final[dict[str, Fill]] = {
    "ref": Fill(7, 7, "exact"), "n": Fill(5, 5, "exact"), "year": Fill(4, 4, "exact"), "date": Fill(10, 10, "exact"),
    "time": Fill(5, 5, "exact"), "num": Fill(14, 14, "exact"), "line": Fill(14, 14, "exact"),
    "cat": Fill(26, 23, tight=18), "place": Fill(32, 22, tight=16), "zone": Fill(24, 12), "code": Fill(8, 8),
    "said": Fill(20, 12), "svc": Fill(30, 14), "work": Fill(40, 20, tight=14), "phase": Fill(20, 12), "who": Fill(24, 10),
    "reason": Fill(100, 60, tight=30),
    "venue": Fill(28, 14), "topic": Fill(30, 14), "opt": Fill(20, 10), "name": Fill(20, 10), "vol": Fill(20, 10),
    "other": Fill(7, 7, "exact"), "spot": Fill(24, 12), "count": Fill(5, 5, "exact"), "told": Fill(14, 12),
    "trips": Fill(4, 4, "exact"), "votes": Fill(4, 4, "exact"), "greets": Fill(2, 2, "exact"),
    "letters": Fill(20, 16), "results": Fill(110, 57, "listed", tight=26),
    "list": Fill(60, 34, "listed"), "needs": Fill(110, 57, "listed"), "options": Fill(105, 81, "numbered"),
}
