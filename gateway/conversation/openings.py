"""How a text begins when it speaks of the one before: a correction, an addition, half of a text, somebody else. Pure.

>>> correction_in("NO 10029, es luz")
Correction(lead='denies', reference='10029', rests=('es luz',), firm=True)
>>> part_of("2/2 y no hay agua"), adds("Tambien no hay luz"), is_other("ninguna")
((2, 2), True, True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.conversation.phrases import READ, Word, beside, found, leads, said_in, words_of
from parsers.clean import TOKEN, cleaned
from parsers.introductions import without_introduction
from parsers.spots import spot_in

_LISTS = beside(__file__)
_LEADS = tuple((name, _LISTS.phrases(name)) for name in ("denies", "mends", "hints", "negates"))
_FIRST = frozenset(phrase[0] for _, phrases in _LEADS for phrase in phrases)
_ADDS, _TOO, _WHERE, _OTHERS, _YES, _INTRODUCES = map(_LISTS.phrases, ("adds", "too", "where", "others", "yes", "introduces"))
_SAME, _ANOTHER, _DENIES, _GOES_ON, _OVER = map(_LISTS.phrases, ("same", "another", "denies", "goes_on", "over"))
_NO, _IS, _PIVOTS, _NEGATIONS, _IS_NO = map(_LISTS.words, ("no", "is", "instead", "not", "is_no"))
_BESIDE_A_LETTER, _BESIDE_AN_OPTION, _AND, _NOT_OVER = map(_LISTS.words, ("beside_a_letter", "beside_an_option", "and", "not_over"))
_STATES = frozenset(_LISTS.words("states"))
SPOT_WORDS = 6
_MARKS = " \t\n.,;:!?¡¿*-#\"'("
LEAST_GLUED = 4  # letters: "lab" is no "la b"
DENIED = 3  # words that an inner "not" can deny: "pas la lumière"
_PART = re.compile(
    r"\W{0,2}(?:parte?|partie|part|sehemu)?\s?([1-9])\s?(?:/|de|of|sur)\s?([2-9])\b(?!\s?(?:km|hora|dia|jour|day|m\b))", re.IGNORECASE)
_LAST_PART = re.compile(r"\(([1-9])\s?/\s?([2-9])\)\W*$")


@dataclass(frozen=True, slots=True)
class Correction:
    """What a text wants corrected. `rests` are the ways to read what should stand instead, the likeliest first.

    `lead` is denies, mends or hints; `firm` means that something is wrong even if no rest can be read.
    """

    lead: str
    reference: str | None
    rests: tuple[str, ...]
    firm: bool


def correction_in(text: str) -> Correction | None:
    """The correction a text begins with, as far as its first words tell; None for "no hay agua" and all the rest."""
    first = TOKEN.search(text[:READ])
    if first is None or (first.group(1) and not _FIRST.intersection(cleaned(first.group(1)))):
        return None  # most texts, at the price of one word
    words = words_of(text)
    said = [word.said for word in words]
    size, lead = max((leads(words, phrases), name) for name, phrases in _LEADS)
    if size == 0:
        return None
    reference, at = None, size
    if lead == "denies" and at < len(said) and _is_reference(said[at]):
        reference, at = said[at], at + 1
    if at == len(said):
        return Correction(lead, reference, (), True) if lead in ("denies", "mends") else None
    apart = words[at].apart or reference is not None
    if lead == "denies" and not apart and said[at] not in _IS:
        plain = size == 1 and said[0] not in _NO
        return None if plain else Correction("bare", None, (text[words[at].start:],), size > 1)
    if apart and said[at] in _NEGATIONS and at + 1 < len(said):  # "no, no es agua, es luz"
        apart, at = False, at + 1
    rests = tuple(dict.fromkeys(rest for rest in _rests(text, words, at, apart) if rest.strip(" ,.;:")))
    if lead == "negates":
        return Correction("hints", None, rests, False) if rests and rests[0] != text[words[at].start:] else None
    return Correction(lead, reference, rests, apart or lead == "mends")


def _rests(text: str, words: Sequence[Word], at: int, apart: bool) -> Iterable[str]:
    """What may be right: all but what an inner "not" denies; after the last "it is" or comma where what is wrong came first; all."""
    kept = _undenied(text, words, at)
    if kept is not None:
        yield kept
    elif apart:
        yield text[words[at].start:]
    pivots = [n for n in range(at + 1, len(words) - 1) if words[n].said in _PIVOTS]
    commas = [n for n in range(at + 1, len(words)) if words[n].apart]
    if pivots:
        yield text[words[pivots[-1] + 1].start:]
    if commas:
        yield text[words[commas[-1]].start:]
    if not (apart or pivots or commas):
        yield text[words[at].start:]


def _undenied(text: str, words: Sequence[Word], at: int) -> str | None:
    """ "es luz, no agua, y es en Kupini" -> "es luz, y es en Kupini"; None when nothing is denied inside."""
    parts, since, n = [], words[at].start, at + 1
    while n + 1 < len(words):
        end = next((k for k in range(n + 1, len(words)) if words[k].apart), len(words))
        if words[n].said in _NEGATIONS and words[n + 1].said not in _IS_NO and end - n - 1 <= DENIED:
            parts.append(text[since:words[n].start])
            since, n = words[end].start if end < len(words) else len(text), end
        n += 1
    return None if not parts else " ".join([*parts, text[since:]]).strip()


def readings(text: str) -> tuple[str, ...]:
    """The ways to read what somebody wrote when asked what is right: "es luz, no agua" -> ("es luz, ", ...)."""
    return tuple(dict.fromkeys(_rests(text, words_of(text), 0, True)))


def adds(text: str) -> bool:
    """Whether a text goes on from the one before: "tambien ...", "et aussi ...", "7ta ..."."""
    words = words_of(text)
    return leads(words, _ADDS) > 0 or any(tuple(w.said for w in words[-size:]) in _TOO for size in (1, 2))


def goes_on(text: str) -> bool:
    """Whether a text says that what was told still goes on: "seguimos sin agua", "we still have no water"."""
    words = words_of(text)[:8]
    return any(leads(words[n:], _GOES_ON) for n in range(min(4, len(words))))


def is_over(text: str) -> bool:
    """Whether a text says that an emergency is over or was none: "ya vinieron los bomberos", "era broma"; not "... pero sigue"."""
    words = words_of(text)
    over = found(words, _OVER)
    told = {at for first, past in over for at in range(first, past)}
    return bool(over) and not _NOT_OVER.intersection(word.said for at, word in enumerate(words) if at not in told)


def says_where(text: str) -> bool:
    """Whether a text only tells the spot: "es por la calle 5", "devant l'école"."""
    words = words_of(text)[:12]
    return any(leads(words[n:], _WHERE) for n in range(min(6, len(words))))


def is_spot_alone(text: str) -> bool:
    """Whether a few words begin with a spot and state nothing of it: "en la calle 5", and not "en la esquina hay perros"."""
    words = words_of(text)
    return 0 < len(words) <= SPOT_WORDS and bool(leads(words, _WHERE)) and not _STATES.intersection(said_in(text))


def introduces(text: str) -> bool:
    """Whether somebody says who they are, or whose phone it is, so that it may be another person on the same phone: "soy Maria"."""
    words = words_of(text)[:8]
    return without_introduction(text) != text or any(leads(words[n:], _INTRODUCES) for n in range(min(4, len(words))))


def is_other(text: str) -> bool:
    """Whether a text is the answer "none of these"."""
    return said_in(text) in _OTHERS


def is_yes(text: str) -> bool:
    return said_in(text) in _YES


def is_no(text: str) -> bool:
    return said_in(text) in _DENIES


def is_same(text: str) -> bool | None:
    """The answer to "is it the same?": True, False, or None for what is none. `1` -> True, `no, es otro` -> False.

    A denial that goes on and names a spot of its own is one too: "no, es en la calle 9".
    """
    number = number_in(text)
    if number is not None:
        return {1: True, 2: False}.get(number)
    said = said_in(text)
    if said in _SAME or said in _YES:
        return True
    if said in _ANOTHER or said in _DENIES:
        return False
    denial = correction_in(text)
    return False if denial and denial.lead == "denies" and any(spot_in(rest) for rest in denial.rests) else None


def number_in(text: str) -> int | None:
    """The number that a text consists of, in the digits of any script."""
    said = said_in(text)
    return int(said[0]) if len(said) == 1 and said[0].isdecimal() and len(said[0]) < 4 else None


def vote_in(text: str, options: Sequence[str]) -> str | None:
    """The letter that a text chooses, small words and the option itself aside: "B", "VOTO B", "la b, gracias", "B parque", "parque",
    "voto por el parque, por favor" -> `B`.

    A text that says anything else chooses nothing, whatever letters are in it: "voto a favor del parque" is no A.
    """
    said = [part for word in said_in(text) for part in _apart(word)]
    letters = {word for word in said if len(word) == 1 and word.isascii() and 0 <= ord(word) - ord("a") < len(options)}
    if not letters:
        exact = next((chr(ord("A") + n) for n, option in enumerate(options) if same(option, text)), None)
        return exact or _named(said, options)
    if len(letters) > 1:
        return None
    letter = letters.pop()
    own = set(said_in(options[ord(letter) - ord("a")]))
    return letter.upper() if all(word in _BESIDE_A_LETTER or word in own or word == letter for word in said) else None


def _apart(word: str) -> tuple[str, ...]:
    """A letter that was written onto the word for a vote is one of its own: "votoa" -> voto, a."""
    glued = len(word) > LEAST_GLUED and word not in _BESIDE_A_LETTER and word[:-1] in _BESIDE_A_LETTER
    return (word[:-1], word[-1]) if glued else (word,)


def _named(said: Sequence[str], options: Sequence[str]) -> str | None:
    """The letter of the one option that is all that is said, small words aside."""
    chosen = _weighty(said)
    fitting = [n for n, option in enumerate(options) if chosen and _weighty(said_in(option)) == chosen]
    return chr(ord("A") + fitting[0]) if len(fitting) == 1 else None


def names_several(text: str, options: Sequence[str]) -> bool:
    """Whether a text names two options or more and says nothing else: "las gradas y el muro"."""
    chosen = [word for word in _weighty(said_in(text)) if word not in _AND]
    named = [words for option in options if (words := _weighty(said_in(option))) and set(words) <= set(chosen)]
    return len(named) > 1 and set(chosen) <= {word for words in named for word in words}


def _weighty(said: Iterable[str]) -> list[str]:
    return [word for word in said if word not in _BESIDE_A_LETTER and word not in _BESIDE_AN_OPTION]


def part_of(text: str) -> tuple[int, int] | None:
    """(2, 2) for "2/2 ...", "(2/2)", "parte 2 de 2": a text that its phone or its writer cut."""
    found = _PART.match(text) or _LAST_PART.search(text[-12:])
    if found is None:
        return None
    at, of = int(found[1]), int(found[2])
    return (at, of) if at <= of else None


def without_part(text: str) -> str:
    """The text without its "1/2"."""
    return _LAST_PART.sub("", _PART.sub("", text, count=1) if _PART.match(text) else text).strip()


def same(one: str, other: str) -> bool:
    """Whether two texts have the same words: capitals, accents, marks and spaces aside."""
    if one == other:
        return True
    first, second = one.lstrip(_MARKS)[:2].casefold(), other.lstrip(_MARKS)[:2].casefold()
    if first != second and first.isascii() and second.isascii():
        return False  # nearly always: the words need not be cut
    return said_in(one) == said_in(other) and one[READ:] == other[READ:]


def _is_reference(word: str) -> bool:
    return word.isdecimal() and 5 <= len(word) <= 7
