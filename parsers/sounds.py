"""Sound keys and small typos: how a word that was misspelt finds the word that was meant."""

from collections.abc import Iterable

from rapidfuzz.distance import OSA

# How people spell by ear in La Paz and in Arabizi. Order matters: Arabizi digits first, digraphs before their letters.
_LATIN = (
    ("9", "k"), ("7", ""), ("3", "a"), ("5", "k"), ("8", "g"), ("2", ""), ("6", "t"),
    ("tch", "x"), ("ch", "x"), ("sh", "x"), ("ll", "y"), ("qu", "k"), ("gh", "g"), ("kh", "k"), ("ph", "f"), ("ou", "u"),
    ("oo", "u"), ("ee", "i"), ("ai", "e"), ("ei", "e"), ("eau", "o"), ("au", "o"), ("hua", "wa"), ("hui", "wi"),
    ("gue", "ge"), ("gui", "gi"), ("ge", "je"), ("gi", "ji"), ("ce", "se"), ("ci", "si"), ("cy", "si"),
    ("h", ""), ("v", "b"), ("z", "s"), ("c", "k"), ("q", "k"), ("y", "i"), ("w", "u"),
)  # fmt: skip
_ARABIC = str.maketrans({"ذ": "د", "ث": "ت", "ظ": "ض", "ص": "س", "ط": "ت", "ه": "ا"})


def sound(word: str) -> str:
    """How a cleaned word sounds: `vasura` and `basura` -> `basura`, `yojeta` and `llojeta` -> `iojeta`.

    Digits count as Arabizi letters only inside a word with letters: `3in` -> `ain`, but `48215` stays itself.
    """
    if not word.isascii():
        return _squeezed(word.translate(_ARABIC))
    if word.isdigit():
        return word
    if word.startswith("gua"):
        word = "wa" + word[3:]
    for written, heard in _LATIN:
        if written in word:
            word = word.replace(written, heard)
    return _squeezed(word)


def sound_of(words: Iterable[str]) -> str:
    """How several words sound run together, so that spaces do not matter: `pampa hasi` like `pampahasi`."""
    return _squeezed("".join(map(sound, words)))


def _squeezed(word: str) -> str:
    last, kept = "", []
    for char in word:
        if char != last or char.isdigit():
            kept.append(char)
        last = char
    return "".join(kept)


def shortened(key: str) -> list[str]:
    """Every way to leave one letter out. Two words one typo apart share a shortened form (or are one)."""
    return [key[:at] + key[at + 1 :] for at in range(len(key))]


def distance(one: str, other: str, limit: int) -> int:
    """Typos between two words, a swap of neighbours counting one; `limit + 1` when there are more."""
    return OSA.distance(one, other, score_cutoff=limit)


class SoundIndex:
    """Words found again by ear and through one typo, without ever scanning all of them.

    Each word is filed under its sound key and under that key with one letter left out; a query tries the same
    forms, so its cost depends on the length of the word and not on how many words there are.
    """

    __slots__ = ("_exact", "_shortened")

    def __init__(self, words: Iterable[tuple[str, str]], shortest: int = 5) -> None:
        """`words` are pairs of sound key and word; keys shorter than `shortest` are found by ear only."""
        exact: dict[str, list[str]] = {}
        shorter: dict[str, str | tuple[str, ...]] = {}  # nine in ten forms are of one key, and a tuple for each would take six megabytes
        for key, word in words:
            held = exact.setdefault(key, [])
            if word in held:
                continue
            held.append(word)
            if len(key) >= shortest and len(held) == 1:
                for form in set(shortened(key)):
                    others = shorter.get(form)
                    shorter[form] = key if others is None else (*_each(others), key)
        self._exact = {key: tuple(held) for key, held in exact.items()}
        self._shortened = shorter

    def alike(self, key: str) -> tuple[str, ...]:
        """Words that sound the same."""
        return self._exact.get(key, ())

    def near(self, key: str, limit: int) -> list[tuple[int, str]]:
        """Words whose key is at most `limit` typos away (1, or the 2 that share a shortened form), nearest first."""
        keys = set(_each(self._shortened.get(key, ())))
        for form in shortened(key):
            if form in self._exact:
                keys.add(form)
            if (held := self._shortened.get(form)) is not None:
                keys.update(_each(held))
        found = []
        for other in keys:
            typos = distance(key, other, limit)
            if typos <= limit:
                found += [(typos, word) for word in self._exact[other]]
        return sorted(found)


def _each(held: str | tuple[str, ...]) -> tuple[str, ...]:
    return (held,) if isinstance(held, str) else held
