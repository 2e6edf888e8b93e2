"""Strings meant to break a reader: every plane, marks that turn or hide, bait for patterns, near-numbers and near-codes.

Seeded by number: `hostile(7)` is always the same string, 1 to 64 kB long, of the kind that the number stands for.
"""

import random
from collections.abc import Callable

from tests.parsers.parser_tables import WORDS, rows_of

LONGEST = 65_536
# A string is a block said over and over: what is beyond the part that is read costs only its length.
_BLOCK = 2_400
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_TURNING = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_SCRIPTS = (
    "abcdefghijklmnñopqrstuvwxyzéèçü", "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإآ", "абвгдеёжзийклмн", "αβγδεζηθικλ", "अआइईउऊकखगघ",
    "漢字仮名交じり", "ትግርኛአማርኛ", "אבגדהוזחטי", "กขฃคฅฆงจ", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳", "०१२३", "ⅠⅡⅢ①②③½¾", "ﷺﷻﬁﬂǅŉẞİı", "𝐚𝒃𝓬𝟘𝟙𝟚",
    "🇧🇴👨\u200d👩\u200d👧🔥💧😀",
)  # fmt: skip
_BAIT = (
    "'a", "a'", "qu'", "d'l'd'l'", "((((", "a.a.", "1.", "1,000.", "- - ", "*4471 ", "* ", "#", "##61#", "=:", "zona=", "aa", "aab",
    "\t\v", "\x00", "\ud800", "\r\n", "…", "S1", "S16", "0o1l", "1 1 ", "48215", "+1 ", "??", "x", "__", "a_b", "ـ", "a\u0301", "ß",
    "http://",
)  # fmt: skip
_NUMBERS = (
    "veinte", "y", "cinco", "mil", "cien", "quatre", "vingt", "dix", "hace", "dias", "desde", "el", "3", "1.500", "mayo", "lunes",
    "somos", "familias",
)  # fmt: skip
_BETWEEN = (" ", "", ".", ",", "-", "/", ":", " mil ", " y ")
_CRIES = (
    "no respira", "me pega", "quiero morirme", "incendio", "ganaste un premio", "si alguien", "mi hija", "el rio se lleva", "ESTADO",
    "no arreglado",
)  # fmt: skip
_KNOWN = sorted(word for word in WORDS.patterns.words if not word.endswith("*"))
_NAMES = sorted({name for city in ("la-paz", "casablanca", "nairobi") for row in rows_of(city) for name in (row["name"], row["code"])})


def hostile(number: int) -> str:
    """The string of this number."""
    chance = random.Random(number)
    make = _KINDS[number % len(_KINDS)]
    size = int(2 ** chance.uniform(0, 16))
    block = ""
    while len(block) < min(size, _BLOCK):
        block += make(chance)
    return (block * (size // len(block) + 1))[:size]


def kind_of(number: int) -> str:
    """What kind of string the number stands for."""
    return _KINDS[number % len(_KINDS)].__name__.strip("_")


def _any_plane(chance: random.Random) -> str:
    return "".join(chr(chance.choice((chance.randrange(0x250), chance.randrange(0x3000), chance.randrange(0x110000)))) for _ in range(40))


def _hidden_marks(chance: random.Random) -> str:
    marks = chance.choice((_ZERO_WIDTH, _TURNING, _ZERO_WIDTH + _TURNING))
    return "".join(char + (chance.choice(marks) * chance.randrange(3)) for char in chance.choice(_KNOWN) + " ")


def _repeated(chance: random.Random) -> str:
    return (chance.choice((*_KNOWN, *_NAMES)) + chance.choice((" ", "", ", ", ". ", "\n"))) * chance.randrange(2, 60)


def _digits(chance: random.Random) -> str:
    return "".join(chance.choices("0123456789٤٨٢१२", k=chance.randrange(1, 12))) + chance.choice(_BETWEEN)


def _combining(chance: random.Random) -> str:
    return chance.choice("aeiouقكل") + "".join(chr(chance.randrange(0x300, 0x370)) for _ in range(chance.randrange(1, 40)))


def _mixed_scripts(chance: random.Random) -> str:
    return "".join(chance.choice(chance.choice(_SCRIPTS)) for _ in range(chance.randrange(1, 14))) + " "


def _bait(chance: random.Random) -> str:
    return chance.choice(_BAIT) * chance.randrange(1, 50) + chance.choice(("", " ", "!", chance.choice(_BAIT)))


def _near_codes(chance: random.Random) -> str:
    code = chance.choice("SZCMPELHGNB") + "".join(chance.choices("0123456789OolI", k=chance.randrange(2, 6)))
    return chance.choice(("", " ", "-")).join(code) + chance.choice((" ", "", "\n", " hace ", "#"))


def _near_numbers(chance: random.Random) -> str:
    return " ".join(chance.choices(_NUMBERS, k=9)) + " "


def _shuffled(chance: random.Random) -> str:
    return " ".join(chance.choices(_KNOWN, k=10)) + chance.choice((" ", ". ", "! "))


def _misspelt(chance: random.Random) -> str:
    word = list(chance.choice((*_KNOWN, *_NAMES)))
    for _ in range(chance.randrange(1, 4)):
        word.insert(chance.randrange(len(word) + 1), chance.choice("abcdefghijklmnopqrstuvwxyz"))
    return "".join(word) + " "


def _run_together(chance: random.Random) -> str:
    return "".join(chance.choices((*_KNOWN, *_NAMES), k=chance.randrange(2, 9))).replace(" ", "") + chance.choice((" ", ""))


def _unknown(chance: random.Random) -> str:
    return "".join(chance.choices("abcdefghilmnopqrstu", k=chance.randrange(4, 40))) + " "


def _said_badly(chance: random.Random) -> str:
    return " ".join(chance.choices((*_CRIES, *_NAMES[:200]), k=6)) + chance.choice((" ", "\n", "?", "\u061f"))


_KINDS: tuple[Callable[[random.Random], str], ...] = (
    _any_plane, _hidden_marks, _repeated, _digits, _combining, _mixed_scripts, _bait, _near_codes, _near_numbers, _shuffled, _misspelt,
    _run_together, _unknown, _said_badly,
)  # fmt: skip
KINDS = len(_KINDS)
