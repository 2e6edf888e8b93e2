"""How many people a text speaks of; house, street, bus, bill and age numbers never count."""

from typing import NamedTuple

from parsers.reading import Reading

_UNITS = ("families", "houses", "students", "children", "persons")
_TIMES = frozenset(["since:day", "since:week", "since:month", "since:year", "since:hour"])


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
    return _digits(reading, at, first) if tokens[at].word.isdigit() else _words(reading, at, first)


def _digits(reading: Reading, at: int, value: int) -> Counted:
    """Thousands are written with a point or a comma, never with a space."""
    tokens, end = reading.tokens, at + 1
    while end < len(tokens) and value and len(tokens[end].word) == 3 and tokens[end].word.isdigit() and reading.gap(end) in (".", ","):
        value = value * 1000 + int(tokens[end].word)
        end += 1
    return Counted(at, end, value)


def _words(reading: Reading, at: int, first: int) -> Counted:
    tokens, end = reading.tokens, at + 1
    total, last = 0, first
    while end < len(tokens):
        follow = end
        if "grammar:joining" in tokens[follow].tags and follow + 1 < len(tokens) and reading.gap(follow).strip(" -") == "":
            follow += 1
        value = tokens[follow].number
        if value is None or tokens[follow].word.isdigit() or reading.gap(follow).strip(" -") != "":
            break
        if value in (100, 1000) and last < value:
            last *= value
        elif last >= 20 and value < last and (value < 10 or last >= 100 or (last in (60, 80) and value < 20)):
            total, last = total + last, value
        elif last < 10 and value % 10 == 0 and value < 100 and follow > end:
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
    read = 0
    for at in reading.numbers:
        counted = number_at(reading, at) if at >= read and at not in taken else None
        if counted is None:
            continue
        people = _with_unit(reading, counted, taken) or _with_lead(reading, counted)
        if people:
            return people
        read = counted.end
    return None


def _with_unit(reading: Reading, counted: Counted, taken: set[int]) -> People | None:
    unit_at = _unit_after(reading, counted.end, taken)
    if unit_at is None or _is_numbering(reading, counted.start):
        return None
    # "una persona" is a story, not a count; "1 familia" is.
    if counted.value == 1 and not reading.tokens[counted.start].word.isdigit():
        return None
    return People(counted.value, _unit_of(reading.tokens[unit_at].tags), reading.written(counted.start, unit_at + 1))


def _with_lead(reading: Reading, counted: Counted) -> People | None:
    """`somos 15`, `vivimos 9`, `familias: 20`."""
    tokens = reading.tokens
    before = counted.start - 1
    if before >= 0 and "grammar:counted_first" in tokens[before].tags and reading.gap(counted.start) == " " and reading.language == "sw":
        return People(counted.value, _unit_of(tokens[before].tags), reading.written(before, counted.end))  # Swahili: "watu 5"
    while before >= 0 and "grammar:about" in tokens[before].tags:
        before -= 1
    if counted.value < 2 or before < 0:
        return None
    colon = reading.gap(counted.start)
    if ":" in colon or "=" in colon:
        # "familias: 20", "familias afectadas: 20"
        for labelled in range(counted.start - 1, max(-1, counted.start - 4), -1):
            if unit := _unit_of(tokens[labelled].tags):
                return People(counted.value, unit, reading.written(labelled, counted.end))
    if reading.led_by("people:we_are", before + 1) is None:
        return None
    after = tokens[counted.end].tags if counted.end < len(tokens) else frozenset()
    if "people:after" in after or after & _TIMES:
        return None
    return People(counted.value, "persons", reading.written(before, counted.end))


def _unit_after(reading: Reading, at: int, taken: set[int]) -> int | None:
    for step in range(at, min(at + 3, len(reading.tokens))):
        if step in taken or reading.gap(step).strip() not in ("", "-"):
            return None
        tags = reading.tokens[step].tags
        if _unit_of(tags):
            return step
        if "people:between" not in tags and "small" not in tags:
            return None
    return None


def _unit_of(tags: frozenset[str]) -> str:
    if "people" not in tags:
        return ""
    return next((unit for unit in _UNITS if f"people:{unit}" in tags), "")


def _is_numbering(reading: Reading, at: int) -> bool:
    """Whether the number names a street, house, bus or hour: `calle 5`, `manzana 12`, `a las 7`, `2/2`."""
    if at == 0:
        return False
    before = reading.tokens[at - 1]
    if "/" in reading.gap(at):
        return True
    # Articles are in the list only as part of "a las 7".
    return "people:before" in before.tags and ("small" not in before.tags or before.word == "las")
