"""A trip that a resident tells when a campaign asks for it: legs with where, when, how, what for, with whom and how safe.

    VIAJE S1701 CENTRO 6AM MINIBUS CUIDADO 2 > Z2101 7:30 PIE COMPRAS CON NINOS ESPERA 15 40 MIN 3

Any order after the first word, every part optional; `>` ends a leg, and the next begins where it ended. What was not understood is said
(`VIAJE Marte PIE TRABAJO 9` -> details `Marte, 9`). A trip that only says from where to where asks for the form. What is no trip, though
it begins with the word, is left to the other parsers: `viaje en minibus muy caro` is a report.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from parsers.clean import cleaned
from parsers.draft import Command, Leg
from parsers.freetext import opening_ends
from parsers.places import mentions_in
from parsers.reading import Reading

PURPOSES = ("care", "escort", "work", "shopping", "study", "health", "other")
CARE = ("care", "escort")  # what the guide calls mobility of care; for whom one shops or sees a doctor is not asked
MODES = ("walk", "minibus", "bus", "taxi", "rail", "bike", "motor")
COMPANY = ("alone", "children", "elder", "disabled", "load")
PROBLEMS = ("dark", "steep", "full", "dear", "unsafe")
MOST_LEGS, MOST_MINUTES = 6, 600
LEAST_TOLD = 3  # parts of a leg, what was wrong with it aside, from which on a text is a trip
MOST_STRANGE = 2  # words of a leg that are no part of it, a corner or a market that no list has: more are a sentence
_JOINED = re.compile(r"(\d{1,2})(am|pm|h|hs|hrs|min|mins)(\d{2})?")
_HOUR, _SCALE = re.compile(r"\d{1,2}"), ("1", "2", "3", "4", "5")


def read_trip(reading: Reading) -> Command | None:
    """The legs of a trip; none and an error where somebody wrote the word alone, or whence and where to, to be told how."""
    first = opening_ends(reading)
    words = _words()
    if first >= len(reading.tokens) or ("keyword", "trip") not in words.get(reading.tokens[first].word, ()):
        return None
    why = (f"trip: {reading.written(first, first + 1)}",)
    cuts = [at for at, mark in reading.marks if mark == ">" and at > first + 1]
    bounds = [first + 1, *cuts[: MOST_LEGS - 1], len(reading.tokens)]
    if bounds[0] == bounds[-1]:
        return Command(intent="trip", language=_language(reading, first), errors=("trip_missing",), why=why)
    places = [m for m in mentions_in(reading, as_answer=True) if len(m.codes) == 1 and not m.error and (
        m.source == "code" or not any(reading.tokens[at].word in words for at in range(m.start, m.end)))]
    taken = {at for m in places for at in range(m.start, m.end)}
    legs: list[Leg] = []
    lost: list[int] = []
    for start, end in zip(bounds, bounds[1:], strict=False):
        here = [m.codes[0] for m in places if start <= m.start and m.end <= end]
        before = legs[-1].ends if legs else None
        begins, ends = (here[0], here[1]) if len(here) > 1 else (before, here[0]) if here and legs else (here[0] if here else before, None)
        legs.append(Leg(begins=begins, ends=ends, **_parts(reading, start, end, taken, lost)))
    sure = max(leg.told - (leg.problem is not None) for leg in legs) >= LEAST_TOLD and any(leg.purpose or leg.mode for leg in legs)
    strange = [at for at in range(first + 1, bounds[-1]) if at not in taken and not _is_part(reading, at)]
    if len(strange) > MOST_STRANGE * len(legs) or not sure:
        asks = _only_goes(reading, first + 1, taken)
        return Command(intent="trip", language=_language(reading, first), errors=("trip_missing",), why=why) if asks else None
    unclear = _written(reading, sorted({*strange, *lost}))
    return Command(intent="trip", language=_language(reading, first), place_code=legs[0].begins, legs=tuple(legs), why=why,
                   details=unclear or None, errors=("trip_unclear",) if unclear else ())


def _only_goes(reading: Reading, start: int, taken: set[int]) -> bool:
    """Whether the rest only says from where to where, and no complaint: `de mi casa al mercado`, `Marte Kupini`."""
    words, fillers = _words(), _fillers()
    named = taken | {at for m in mentions_in(reading, as_answer=True) for at in range(m.start, m.end)}
    for at, token in enumerate(reading.tokens[start:], start):
        kinds = {kind for kind, _ in words.get(token.word, ())}
        led = at > start and (at - 1 in named or reading.tokens[at - 1].word in fillers)
        if at in named or token.word in fillers or (kinds and "problem" not in kinds) or token.word[0].isdigit():
            continue
        if led and (token.typo or not token.known):  # a name that no list has: `de Marte a Jupiter`
            continue
        return False
    return True


def _written(reading: Reading, ats: Sequence[int]) -> str:
    """These words as their sender wrote them, neighbours together: `mercado de Lanza, 9`."""
    parts: list[list[int]] = []
    for at in ats:
        joined = parts and all(reading.tokens[n].word in _fillers() and not reading.gap(n).strip() for n in range(parts[-1][1] + 1, at))
        if joined and not reading.gap(at).strip() and not any(reading.tokens[n].word[0].isdigit() for n in (at, parts[-1][1])):
            parts[-1][1] = at
        else:
            parts.append([at, at])
    return ", ".join(reading.written(start, end + 1) for start, end in parts)


def _parts(reading: Reading, start: int, end: int, taken: set[int], lost: list[int]) -> dict[str, Any]:
    """What the words of one leg tell besides its places; of what is told twice the first stands. Numbers that are none are `lost`."""
    words, told = _words(), dict[str, Any]()
    at = start
    while at < end:
        word, following = reading.tokens[at].word, reading.tokens[at + 1].word if at + 1 < end else ""
        if at in taken:
            at += 1
            continue
        if joined := _JOINED.fullmatch(word):
            is_span = joined[2].startswith("min")
            name, number = ("minutes", _minutes(joined[1])) if is_span else ("hour", _hour(joined[1], joined[2]))
            lost += [at] if number is None else []
            told |= {} if number is None or name in told else {name: number}
        elif word.isdigit():
            after = words.get(following, ())
            stood, name, number = at, "safety", int(word) if word in _SCALE else None
            if ("count", "minutes") in after:
                name, number = "minutes", _minutes(word)
                at += 1
            elif _HOUR.fullmatch(word) and (clock := next((value for kind, value in after if kind == "clock"), None)):
                name, number = "hour", _hour(word, clock)
                at += 1
            elif _HOUR.fullmatch(word) and following.isdigit() and len(following) == 2 and reading.gap(at + 1) in (":", "."):
                half = next((value for kind, value in words.get(reading.tokens[at + 2].word, ()) if kind == "clock"), "") \
                    if at + 2 < end else ""
                name, number = "hour", _hour(word, half)
                at += 1
            lost += [stood] if number is None else []
            told |= {} if number is None or name in told else {name: number}
        else:
            for kind, value in words.get(word, ()):
                if (kind, value) == ("count", "wait") and (minutes := _waited(reading, at, end)) is not None:
                    told.setdefault("waiting", minutes[0])
                    at = minutes[1]
                elif kind in ("purpose", "mode", "problem"):
                    told.setdefault(kind, value)
                elif kind == "with":
                    told.setdefault("company", value)
        at += 1
    return {name: value for name, value in told.items() if value is not None}


def _waited(reading: Reading, at: int, end: int) -> tuple[int | None, int] | None:
    """Minutes after a word for waiting, and the last token that says so: `espera 15`, `espera 15 min`, `attente 20min`."""
    if at + 1 >= end:
        return None
    word = reading.tokens[at + 1].word
    joined = _JOINED.fullmatch(word)
    if joined and joined[2].startswith("min"):
        return _minutes(joined[1]), at + 1
    if not word.isdigit():
        return None
    named = at + 2 < end and ("count", "minutes") in _words().get(reading.tokens[at + 2].word, ())
    return _minutes(word), at + (2 if named else 1)


def _minutes(said: str) -> int | None:
    return int(said) if len(said) <= 3 and int(said) <= MOST_MINUTES else None


def _hour(said: str, clock: str) -> int | None:
    hour = int(said)
    if clock == "pm" and hour < 12:
        hour += 12
    if clock == "am" and hour == 12:
        hour = 0
    return hour if hour < 24 else None


def _is_part(reading: Reading, at: int) -> bool:
    token = reading.tokens[at]
    return token.word in _words() or token.word in _fillers() or token.word[0].isdigit()


def _language(reading: Reading, at: int) -> str:
    """The language of the text; a form of codes and numbers speaks the language of its first word."""
    first = _keywords().get(reading.tokens[at].word, "und")
    return reading.language if reading.language != "und" else first


@cache
def _words() -> dict[str, tuple[tuple[str, str], ...]]:
    """word -> (kind, value) of every list it is in."""
    found: dict[str, list[tuple[str, str]]] = {}
    for kind, value, _, word in _listed():
        if kind != "filler" and (kind, value) not in found.setdefault(word, []):
            found[word].append((kind, value))
    return {word: tuple(said) for word, said in found.items()}


@cache
def _keywords() -> dict[str, str]:
    return {word: language for kind, _, language, word in _listed() if kind == "keyword"}


@cache
def _fillers() -> frozenset[str]:
    return frozenset(word for kind, _, _, word in _listed() if kind == "filler")


@cache
def _listed() -> tuple[tuple[str, str, str, str], ...]:
    lists = tomllib.loads((Path(__file__).parent / "words" / "trips.toml").read_text(encoding="utf-8"))
    return tuple((kind, value, language, cleaned(word)[-1]) for kind, values in lists.items() for value, languages in values.items()
                 for language, words in languages.items() for word in words)
