"""Texts as thumbs write them: shortened, without accents, with doubled letters, lost spaces, a slip in every word.

Seeded by the text itself, so that a text is always spoilt alike, whatever is measured before it.
"""

import random
import re
import unicodedata
from collections.abc import Callable

# How texters shorten; by word, whatever the language: each of them is one word of one language only.
SHORT = {
    "que": "q", "por": "x", "para": "xa", "porque": "xq", "de": "d", "hace": "ase", "tambien": "tb", "también": "tb", "hay": "ay",
    "desde": "dsd", "familias": "flias", "personas": "pers", "avenida": "av", "estamos": "stamos", "está": "ta", "esta": "ta",
    "favor": "fa", "noche": "noxe", "mucho": "muxo", "mucha": "muxa", "bien": "bn", "días": "ds", "buenas": "wenas", "calle": "c/",
    "semanas": "sems", "necesitamos": "nesesitamos", "depuis": "dpuis", "dans": "ds", "pour": "pr", "beaucoup": "bcp",
    "quartier": "qrtier", "nous": "ns", "vous": "vs", "problème": "pb", "jours": "jrs", "toujours": "tjrs", "personnes": "pers",
    "plus": "+", "you": "u", "are": "r", "please": "pls", "people": "ppl", "and": "n", "with": "wit", "this": "dis", "the": "da",
    "weeks": "wks", "what": "wat", "because": "bcoz", "street": "st", "water": "wota", "have": "hv", "been": "bn", "from": "frm",
}  # fmt: skip
# Keys beside each other, as far as slips go.
_BESIDE = {
    "a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "j": "k", "k": "l", "l": "k", "m": "n",
    "n": "m", "o": "p", "p": "o", "q": "w", "r": "t", "s": "d", "t": "y", "u": "i", "v": "b", "w": "e", "x": "c", "y": "u", "z": "x",
}  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
# Shorter words and codes are left as they are: a slip in "sin" is another word, one in "S1701" another place.
_SPOILT = 4


def _each(text: str, change: Callable[[str], str]) -> str:
    return _WORD.sub(lambda found: change(found.group()), text)


def _may_slip(word: str) -> bool:
    return len(word) >= _SPOILT and word.isalpha()


def shortened(text: str) -> str:
    """`no hay agua por 3 semanas` -> `no ay agua x 3 sems`."""
    return _each(text, lambda word: SHORT.get(word.lower(), word))


def unaccented(text: str) -> str:
    """`Següencoma` -> `Seguencoma`; also harakat and hamza seats in Arabic."""
    return unicodedata.normalize("NFC", "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn"))


def doubled(text: str) -> str:
    """`agua en kupini` -> `aggua en kuppini`: one letter twice in every longer word."""
    chance = random.Random(text)

    def change(word: str) -> str:
        if not _may_slip(word):
            return word
        at = chance.randrange(len(word))
        return word[: at + 1] + word[at:]

    return _each(text, change)


def unspaced(text: str) -> str:
    """`no hay agua en kupini` -> `no hayagua en kupini`: every third space is lost."""
    chance = random.Random(text)
    return re.sub(" ", lambda _: "" if chance.random() < 1 / 3 else " ", text)


def slipped(text: str) -> str:
    """`basura amontonada` -> `basuar amontonda`: one slip in every longer word: a swap, a letter lost, wrong or too many."""
    chance = random.Random(text)

    def change(word: str) -> str:
        if not _may_slip(word):
            return word
        at = chance.randrange(1, len(word) - 1)
        kind = chance.choice(["swap", "lose", "wrong", "more"])
        if kind == "swap":
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if kind == "lose":
            return word[:at] + word[at + 1 :]
        beside = _BESIDE.get(word[at].lower(), word[at])
        return word[:at] + beside + word[at + (kind == "wrong") :]

    return _each(text, change)


NOISES: dict[str, Callable[[str], str]] = {
    "clean": lambda text: text,
    "SMS short forms": shortened,
    "accents dropped": unaccented,
    "letters doubled": doubled,
    "spaces lost": unspaced,
    "a slip in every word": slipped,
}
