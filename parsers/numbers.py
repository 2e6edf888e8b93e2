"""How many people a text speaks of; house, street, bus, bill and age numbers never count."""

from typing import NamedTuple

from parsers.reading import Reading

_TIME_UNITS = frozenset(["since:day", "since:week", "since:month", "since:year", "since:hour"])
_UNITS = ("families", "houses", "students", "children", "persons")


class Counted(NamedTuple):
    """A number in a text, from token `start` to before `end`."""

    start: int
    end: int
    value: int


class People(NamedTuple):
    """`People(20, "families", "20 familias")`: the number as written, never converted."""

    number: int
    unit: str
    text: str


def number_at(reading: Reading, at: int) -> Counted | None:
    """The number that begins at a token: `35`, `1.500`, `treinta y cinco`, `vingt-cinq`, `٤٢`."""
    tokens = reading.tokens
    first = tokens[at].number
    if first is None:
        return None
    end = at + 1
    if tokens[at].word.isdigit():
        # "1.500 familias": thousands are written with a point or a comma, never with a space.
        while end < len(tokens) and reading.gap(end) in (".", ",") and tokens[end].word.isdigit() and len(tokens[end].word) == 3 and first:
            first = first * 1000 + int(tokens[end].word)
            end += 1
        return Counted(at, end, first)
    total, last = 0, first
    while end < len(tokens):
        follow = end
        if "joining" in tokens[follow].tags and follow + 1 < len(tokens) and reading.gap(follow).strip(" -") == "":
            follow += 1
        value = tokens[follow].number
        if value is None or tokens[follow].word.isdigit() or reading.gap(follow).strip(" -") != "":
            break
        if value in (100, 1000) and last < value:
            last *= value
        elif last >= 20 and value < last and (value < 10 or last >= 100 or (last in (60, 80) and value < 20)):
            total, last = total + last, value
        elif last < 10 and value in (20, 30, 40, 50, 60, 70, 80, 90, 10) and follow > end:
            total, last = total + last, value  # Arabic and Darija: five and twenty
        elif last == 4 and value == 20:
            last = 80
        else:
            break
        end = follow + 1
    return Counted(at, end, total + last)


def find_people(reading: Reading, taken: set[int]) -> People | None:
    """The first count of people: `20 familias`, `somos quince`, `familias: 20`, `7na 7 dyal nas`.

    `taken` are tokens already read as a place, a date or a reference.
    """
    tokens = reading.tokens
    if not any(token.number is not None for token in tokens):
        return None
    at = 0
    while at < len(tokens):
        counted = number_at(reading, at) if at not in taken else None
        if counted is None:
            at += 1
            continue
        people = _counts_people(reading, counted, taken)
        if people:
            return people
        at = counted.end
    return None


def _counts_people(reading: Reading, counted: Counted, taken: set[int]) -> People | None:
    tokens = reading.tokens
    unit_at = _unit_after(reading, counted.end, taken)
    if unit_at is not None and not _is_numbering(reading, counted.start):
        unit = _unit_of(tokens[unit_at].tags)
        # "una persona" is a story, "una familia" too: an article, not a count.
        if unit and not (counted.value == 1 and not tokens[counted.start].word.isdigit()):
            return People(counted.value, unit, reading.written(counted.start, unit_at + 1))
    if counted.value < 2:
        return None
    before = counted.start - 1
    while before >= 0 and tokens[before].word in ("como", "unos", "unas", "mas", "de", "casi", "about", "environ", "alrededor", "chi"):
        before -= 1
    if before < 0:
        return None
    if "people:we_are" in tokens[before].tags or _we_are_ends(reading, before + 1):
        after = tokens[counted.end].tags if counted.end < len(tokens) else frozenset()
        if "people:after" not in after and not after & _TIME_UNITS:
            return People(counted.value, "persons", reading.written(before, counted.end))
    colon = reading.gap(counted.start)
    if (":" in colon or "=" in colon) and (unit := _unit_of(tokens[counted.start - 1].tags)):
        return People(counted.value, unit, reading.written(counted.start - 1, counted.end))
    return None


def _we_are_ends(reading: Reading, at: int) -> bool:
    return any(hit.entry.value == "we_are" and hit.end == at for hit in reading.of("people"))


def _unit_after(reading: Reading, at: int, taken: set[int]) -> int | None:
    tokens = reading.tokens
    for step in range(3):
        if at + step >= len(tokens) or at + step in taken:
            return None
        if reading.gap(at + step).strip() not in ("", "-") :
            return None
        tags = tokens[at + step].tags
        if _unit_of(tags):
            return at + step
        if "people:between" not in tags and "small" not in tags:
            return None
    return None


def _unit_of(tags: frozenset[str]) -> str:
    return next((unit for unit in _UNITS if f"people:{unit}" in tags), "")


def _is_numbering(reading: Reading, at: int) -> bool:
    """Whether the number names a street, house, bus or hour: `calle 5`, `manzana 12`, `a las 7`."""
    if at == 0:
        return False
    before = reading.tokens[at - 1]
    if "people:before" in before.tags and not ("small" in before.tags and before.word != "las"):
        return True
    return any(hit.entry.value == "before" and hit.end == at and hit.entry.size > 1 for hit in reading.of("people"))
