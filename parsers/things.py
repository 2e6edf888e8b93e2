"""A thing and what is wrong with it: `poste` + `apagado`, `tuyau` + `casse`, `lma` + `ma kaynch`. See words/things.toml."""

from parsers.patterns import Hit
from parsers.reading import Reading

# States said before their thing: "no hay agua", "queremos gradas".
_LEADING = frozenset(["lack", "want", "steal", "weak"])
# Of those, the ones that bind backwards only to a word beside them: "agua no hay".
_TIGHT = frozenset(["lack", "want"])
_FURTHEST = 8
# Words that do not keep a thing and its state apart, like the names of places.
_LIGHT = frozenset(["small", "places:prep"])
# What is charged for that is no ride, "me cobran mucho de luz", and what says that a ride is meant all the same.
_METERED, _RIDES = frozenset(["power", "power_line", "water"]), frozenset(["bus", "ride", "fare"])
FARE = "TRN03"
# A text that repeats itself says nothing new after so many.
_MOST = 40


def things_said(reading: Reading, masked: set[int]) -> list[tuple[str, float, tuple[int, ...], str, bool]]:
    """Code, weight, tokens, words and whether misspelt, for every state and the nearest thing it can be said of."""
    things = [hit for hit in reading.of("thing") if hit.start not in masked][:_MOST]
    if not things:
        return []
    out = []
    for state in reading.of("state")[:_MOST]:
        if state.start in masked:
            continue
        nearest = _nearest(reading, state, things, masked)
        if nearest is None:
            continue
        apart, thing, code = nearest
        positions = tuple(sorted({*range(thing.start, thing.end), *range(state.start, state.end)}))
        size = thing.end - thing.start + state.end - state.start
        weight = (2.4 + 0.4 * (size - 2)) * (1.0 if apart <= 1 else 0.9)
        out.append((code, weight, positions, f"{thing.entry.text} + {state.entry.text}", state.typo or thing.typo))
    return out


def _nearest(reading: Reading, state: Hit, things: list[Hit], masked: set[int]) -> tuple[int, Hit, str] | None:
    means, name = reading.words.means, state.entry.value
    best: tuple[int, Hit, str] | None = None
    best_rank = (9, True, 0)
    for thing in things:
        if thing.start < state.end and state.start < thing.end:
            continue
        # who wants a thing mended has it, and it is broken: "se necesita arreglar las gradas", "we need the stairs repaired"
        said = name
        if name == "want" and _to_be(reading, state, thing, "grammar:mending"):
            said = "broken" if _to_be(reading, state, thing, "grammar:repairing") else ""
        code = means.get((thing.entry.value, said))
        if code is None or (code == FARE and is_metered(reading, thing.start)):
            continue
        apart = _apart(reading, state, thing, masked)
        if apart is None:
            continue
        # Lacks, wishes and thefts lead their thing; other states follow theirs, or stand before it in English.
        rank = (apart, (thing.start < state.start) == (name in _LEADING), thing.start - thing.end)
        if rank < best_rank:
            best, best_rank = (apart, thing, code), rank
    return best


def is_metered(reading: Reading, at: int) -> bool:
    """Whether light or water is charged for in the clause of a word, and no ride."""
    here = {hit.entry.value for hit in reading.of("thing") if reading.clauses[hit.start] == reading.clauses[at]}
    return not here.isdisjoint(_METERED) and here.isdisjoint(_RIDES)


def charges_for_light_or_water(reading: Reading) -> bool:
    """Whether what is charged in a text is charged for light or water."""
    return any(hit.entry.value == "charge" and is_metered(reading, hit.start) for hit in reading.of("thing"))


def _to_be(reading: Reading, state: Hit, thing: Hit, tag: str) -> bool:
    """Whether what is wanted of a thing is that something be done to it: said between the two, or right after."""
    return any(tag in token.tags for token in reading.tokens[min(state.start, thing.start) : max(state.end, thing.end) + 3])


def mends(reading: Reading, start: int, end: int) -> bool:
    """Whether a wish that stands here is for mending: `necesitamos las gradas arregladas`."""
    wishes = any(start <= hit.start and hit.end <= end for hit in reading.of("state", "want"))
    return wishes and any("grammar:mending" in token.tags for token in reading.tokens[start : end + 2])


def _apart(reading: Reading, state: Hit, thing: Hit, masked: set[int]) -> int | None:
    """How many telling words stand between a state and a thing it may be said of; None when too far or in another clause."""
    if reading.clauses[state.start] != reading.clauses[thing.start]:
        return None
    name = state.entry.value
    if thing.start >= state.end:
        low, high, most = state.end, thing.start, 2 if name in _LEADING else 3
    else:
        low, high, most = thing.end, state.start, 0 if name in _TIGHT else 4
    if high - low > _FURTHEST:
        return None
    between = sum(at not in masked and not reading.tokens[at].tags & _LIGHT for at in range(low, high))
    if reading.parts[state.start] != reading.parts[thing.start]:
        between += 1
    return between if between <= most else None
