"""One normaliser for the words we know and the words residents send.

Both sides pass through `clean_word`, so a keyword written with accents meets a text without them. A text is cut
into tokens first and each token is cleaned alone: every token keeps its place in the text as it was written.
"""

import re
import unicodedata
from functools import lru_cache

# Only this much of a text is read: ten concatenated segments. The raw text is kept whole by whoever called us.
READ_LIMIT = 1600

# No word is longer; what is, is noise, and cleaned anew each time so that it fills no memory.
_LONGEST = 40

# Marks that may stand inside a word without ending it: combining accents, Arabic harakat, zero-width and direction
# marks that phones insert unseen (they broke reports elsewhere), apostrophes of every keyboard.
_INSIDE = (
    "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0640"
    "\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
)
_APOSTROPHES = "'\u2019\u2018\u02bc`\u00b4"

# Group 1 is a word; anything else that is not a space is one mark. Linear: the two classes are disjoint.
TOKEN = re.compile(rf"((?:[^\W_][{_INSIDE}{_APOSTROPHES}]*)+)|[^\w \t\r\f\v\u00a0{_INSIDE}]")

_DROPPED = re.compile(f"[{_INSIDE}]")
_TRIPLED = re.compile(r"([^\W\d_])\1{2,}")
_ELISION = re.compile(r"^(qu|[cdjlmnst])'(?=[aeiouyh])")
_UNSTORABLE = re.compile("[\ud800-\udfff\x00]")

_UNIFIED = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ک": "ك", "ڭ": "ك", "گ": "ك",
     "ڤ": "ف", "پ": "ب", "ı": "i", "ø": "o", "đ": "d", "ł": "l"}
    | dict.fromkeys(_APOSTROPHES, "'")
)  # fmt: skip


def clean_word(raw: str) -> str:
    """One token as we compare it: `Mañana` -> `manana`, `غَـــاز` -> `غاز`, `٤٨` -> `48`, `aguaaaa` -> `agua`.

    French elisions keep their apostrophe (`d'eau`), so that the caller can split them; elsewhere it is dropped.
    """
    if raw.isascii():
        word = raw.lower()
    else:
        word = _DROPPED.sub("", unicodedata.normalize("NFKC", raw)).casefold().translate(_UNIFIED)
        if not word.isascii():
            word = "".join(_plain(char) for char in unicodedata.normalize("NFD", word))
    word = word.strip(_APOSTROPHES)
    if "'" in word and not _ELISION.match(word):
        word = word.replace("'", "")
    return _TRIPLED.sub(r"\1", word)


def _plain(char: str) -> str:
    if char.isdigit():
        try:
            return str(unicodedata.digit(char))
        except ValueError:
            return char
    return "" if unicodedata.category(char) == "Mn" else char.translate(_UNIFIED)


@lru_cache(maxsize=64)  # a text is looked at from several sides, one after the other
def clean_words(text: str) -> tuple[str, ...]:
    """The cleaned words of a phrase, elisions split: `Pas d'eau !` -> `("pas", "d", "eau")`."""
    words: list[str] = []
    for raw in TOKEN.findall(text):
        if raw:
            words += cleaned(raw)
    return tuple(words)


def cleaned(raw: str) -> tuple[str, ...]:
    """The cleaned words of one token: `L'EAU` -> `("l", "eau")`. Residents share their words, so most were met before."""
    return _remembered(raw) if len(raw) <= _LONGEST else tuple(split_word(clean_word(raw)))


@lru_cache(maxsize=8_000)
def _remembered(raw: str) -> tuple[str, ...]:
    return tuple(split_word(clean_word(raw)))


def split_word(word: str) -> list[str]:
    """Undo French elisions and whatever spaces NFKC uncovered: `l'eau` -> `["l", "eau"]`."""
    match = _ELISION.match(word)
    if match:
        return [match.group(1), *split_word(word[match.end() :])]
    if word.isalnum() or not word:
        return [word] if word else []
    return [part for part in re.split(r"[\W_]+", word.replace("'", "")) if part]


def storable(text: str) -> str:
    """The text without what databases and UTF-8 refuse: lone surrogates and NUL."""
    return _UNSTORABLE.sub(" ", text)


def is_arabic(word: str) -> bool:
    """Whether a cleaned word is written in Arabic letters."""
    return "\u0600" <= word[:1] <= "\u06ff"
