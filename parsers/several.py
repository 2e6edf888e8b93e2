"""Texts that state more than one need, each with the place beside it."""

from collections.abc import Callable
from dataclasses import replace

from parsers.draft import Need
from parsers.mention import PlaceFound
from parsers.needs import Scored
from parsers.reading import Reading

# A second need must be said plainly, and at least this strongly beside the first.
_PLAIN = 1.5
_SHARE = 0.33
# What a part of a text must be believed to be a need of its own.
_BELIEVED = 0.5
_BESIDE_A_PLACE = 0.36

Part = tuple[str | None, float, str | None]  # the category of a part of a text, how sure, and the place it names


def several(reading: Reading, scored: tuple[Scored, ...], place: PlaceFound) -> tuple[Need, ...]:
    """The needs in the order they stand; empty when there is only one."""
    strong = [s for s in scored if s.score >= _PLAIN or (s.score >= 1.0 and len(scored) <= 3)]
    if len(strong) < 2:
        return ()
    segments = _segments(reading)
    chosen: list[Scored] = []
    for s in strong:
        apart = all(s.code[:3] != c.code[:3] and segments[s.first] != segments[c.first] for c in chosen)
        if not chosen or (apart and s.score >= _SHARE * chosen[0].score):
            chosen.append(s)
    if len(chosen) < 2:
        return ()
    chosen.sort(key=lambda s: s.first)
    named = [m for m in place.mentions if len(m.codes) == 1 and not m.error and not m.aside]
    needs = []
    for at, s in enumerate(chosen):
        until = chosen[at + 1].first if at + 1 < len(chosen) else len(reading.tokens)
        others = {segments[c.first] for c in chosen if c is not s}  # "..., y en Kupini no hay agua" is beside the water
        own = [m for m in named if segments[m.start] == segments[s.first]] or [
            m for m in named if s.first <= m.start < until and segments[m.start] not in others]
        if not own and place.code is None and len(place.candidates) > 1:  # "el callejon de Kupini" is in Kupini, else the nearest
            own = sorted((m for m in place.mentions if len(m.codes) == 1 and not m.error and m.aside in ("", "street")),
                         key=lambda m: abs(segments[m.start] - segments[s.first]))[:1]
        code = own[0].codes[0] if own else place.code
        needs.append(Need(s.code, code, reading.written(s.first, until).strip(" ,.;")))
    return tuple(needs)


def apart(reading: Reading, place: PlaceFound, read: Callable[[str], Part]) -> tuple[Need, ...]:
    """The needs of a text that names several places or says "also", part by part; empty when there is but one.

    Each has the place that its part names, else the nearest one: `bache en Sopocachi, la plaza de Kupini esta oscura`.
    """
    told = {m.codes for m in place.mentions if len(m.codes) == 1 and not m.error and not m.aside}
    also = any(hit.end < len(reading.tokens) for hit in reading.of("several", "also"))
    segments = _segments(reading)
    if not segments or segments[-1] == 0 or (len(told) < 2 and not also):
        return ()
    found: list[tuple[int, Need]] = []
    named: list[tuple[int, str]] = []
    parts = [[at for at, segment in enumerate(segments) if segment == number and "grammar:and" not in reading.tokens[at].tags]
             for number in range(segments[-1] + 1)]
    for number, own in enumerate(filter(None, parts)):
        text = reading.written(own[0], own[-1] + 1).strip(" ,.;")
        category, sure, code = read(text)
        if code:
            named.append((number, code))
        if category is None or sure < (_BESIDE_A_PLACE if code else _BELIEVED):
            continue
        last = found[-1][1] if found else None
        again = last is not None and last.category[:3] == category[:3] and (code is None or last.place_code in (None, code))
        if not again and all(need.category[:3] != category[:3] or (code and need.place_code != code) for _, need in found):
            found.append((number, Need(category, code, text)))
    if len(found) < 2:
        return ()
    return tuple(need if need.place_code or not named else replace(
        need, place_code=min(named, key=lambda place: (abs(place[0] - at), place[0]))[1]) for at, need in found)


def _segments(reading: Reading) -> list[int]:
    """Which stretch between commas and "and" each token stands in."""
    segments, at, says = [], 0, False
    for index, token in enumerate(reading.tokens):
        joins = "grammar:and" in token.tags
        if index and says and (reading.parts[index] != reading.parts[index - 1] or joins):
            at, says = at + 1, False  # ", y ademas" parts once
        says = says or not joins
        segments.append(at)
    return segments
