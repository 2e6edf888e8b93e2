"""Texts that state more than one need, each with the place beside it."""

from parsers.draft import Need
from parsers.mention import PlaceFound
from parsers.needs import Scored
from parsers.reading import Reading

# A second need must be said plainly, and at least this strongly beside the first.
_PLAIN = 1.5
_SHARE = 0.33


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
        own = [m for m in named if segments[m.start] == segments[s.first]] or [m for m in named if s.first <= m.start < until]
        code = own[0].codes[0] if own else place.code
        needs.append(Need(s.code, code, reading.written(s.first, until).strip(" ,.;")))
    return tuple(needs)


def _segments(reading: Reading) -> list[int]:
    """Which stretch between commas and "and" each token stands in."""
    segments, at = [], 0
    for index, token in enumerate(reading.tokens):
        if index and (reading.parts[index] != reading.parts[index - 1] or "grammar:and" in token.tags):
            at += 1
        segments.append(at)
    return segments
