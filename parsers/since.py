"""Since when: days, only where the text says so. `hace 3 dias` -> 3, `depuis hier` -> 1, `cada 3 dias` -> nothing."""

from datetime import date, datetime
from typing import NamedTuple

from parsers.ages import is_age
from parsers.numbers import number_at
from parsers.patterns import Hit
from parsers.reading import Reading

_DAYS = {"since:hour": 0, "since:day": 1, "since:week": 7, "since:month": 30, "since:year": 365}
_WHOLE = {"today": 0, "yesterday": 1, "before_yesterday": 2, "last_week": 7, "last_month": 30}


class Since(NamedTuple):
    """`Since(3, "hace 3 dias", 4, 7)`: days, the words, the tokens they stand on."""

    days: int
    text: str
    start: int
    end: int


def find_since(reading: Reading) -> Since | None:
    """The first statement of how long it has lasted."""
    return _counted(reading) or _said(reading) or _calendar(reading)


def _said(reading: Reading) -> Since | None:
    """`ayer`, `la semana pasada`, `يومين`: one word or phrase for the whole length."""
    best: Hit | None = None
    for hit in reading.of("since"):
        value = hit.entry.value
        tells = value in _WHOLE or (value.startswith("=") and reading.led_by("since:not_since", hit.start) is None)
        if tells and (best is None or (hit.start <= best.start and hit.end >= best.end)):
            best = hit
    if best is None:
        return None
    value = best.entry.value
    days = int(value[1:]) if value.startswith("=") else _WHOLE[value]
    return Since(days, reading.written(best.start, best.end), best.start, best.end)


def _counted(reading: Reading) -> Since | None:
    for at, token in enumerate(reading.tokens):
        if "since" not in token.tags:
            continue
        unit = next((tag for tag in _DAYS if tag in token.tags), None)
        found = unit and (_number_before(reading, at) or _number_after(reading, at) or _one(reading, at))
        if unit and found and (since := _length(reading, unit, *found)):
            return since
    return None


def _length(reading: Reading, unit: str, start: int, end: int, value: int) -> Since | None:
    """The days of a number and a unit, when something says that they have passed and are no rhythm."""
    tokens = reading.tokens
    if is_age(reading, unit, start, end, value):
        return None
    lead = _lead(reading, start)
    if (
        lead is None
        and start < len(tokens)
        and "grammar:unit_first" in tokens[start].tags
        and reading.led_by("since:not_since", start) is None
    ):
        lead = start  # "wiki mbili" is a length by itself
    if lead is None:
        if reading.led_by("since:not_since", start) is not None or not _is_suffered(reading, start, end):
            return None
        lead = start
    after = tokens[end].word if end < len(tokens) else ""
    if after in ("por", "per", "par"):
        return None  # "3 dias por semana"
    if after == "a" and end + 2 < len(tokens) and "since:week" in tokens[end + 2].tags:
        return None  # "3 dias a la semana"
    days = value // 24 if unit == "since:hour" else value * _DAYS[unit]
    if (
        end + 1 < len(tokens)
        and "grammar:half" in tokens[end + 1].tags
        and tokens[end].tags & {"joining", "grammar:joining", "grammar:and"}
    ):
        days += _DAYS[unit] // 2  # "dos semanas y media"
        end += 2
    return Since(days, reading.written(lead, end), lead, end)


def _number_before(reading: Reading, at: int) -> tuple[int, int, int] | None:
    """The number that ends right before a unit, `d` and `dyal` allowed between: `3 d iyam`."""
    tokens = reading.tokens
    last = at - 1
    while last >= 0 and "people:between" in tokens[last].tags and tokens[last].number is None and at - last <= 2:
        last -= 1
    if last < 0 or "grammar:half" in tokens[last].tags or reading.gap(at).strip():
        return None
    for start in range(max(0, last - 4), last + 1):
        counted = number_at(reading, start)
        if counted and counted.end == last + 1:
            return start, at + 1, counted.value
    return None


def _number_after(reading: Reading, at: int) -> tuple[int, int, int] | None:
    """Swahili puts the unit first: `siku 3`, `wiki mbili`."""
    if at + 1 >= len(reading.tokens) or "grammar:unit_first" not in reading.tokens[at].tags:
        return None
    counted = number_at(reading, at + 1)
    return (at, counted.end, counted.value) if counted else None


def _one(reading: Reading, at: int) -> tuple[int, int, int] | None:
    """Arabic and Darija leave the one out: `منذ أسبوع`, `hadi simana`; English says "for a week"."""
    if at and "grammar:one" in reading.tokens[at - 1].tags:
        return at, at + 1, 1
    return (at - 1, at + 1, 1) if at > 1 and reading.tokens[at - 1].word in ("a", "an") else None


def _lead(reading: Reading, start: int) -> int | None:
    """Where the words begin that lead into a length: `hace`, `depuis plus de`, `ya van`."""
    tokens, at = reading.tokens, start
    while at > 0 and start - at < 3 and "grammar:about" in tokens[at - 1].tags and "since:lead" not in tokens[at - 1].tags:
        at -= 1
    lead = reading.led_by("since:lead", at)
    if lead is None or reading.led_by("since:not_since", lead) is not None:
        return None
    return lead


def _is_suffered(reading: Reading, start: int, end: int) -> bool:
    """`3 dias sin agua`, `sin agua 3 dias`: a bare count beside what is lacking."""
    tokens = reading.tokens
    if end < len(tokens) and "grammar:suffering" in tokens[end].tags:
        return True
    return any("grammar:lacking" in tokens[n].tags for n in range(max(0, start - 2), start))


def _calendar(reading: Reading) -> Since | None:
    """`desde el lunes`, `since 3 May`: only when the day of arrival is known."""
    received = reading.context.received_at
    if received is None:
        return None
    for at, token in enumerate(reading.tokens):
        day = reading.words.weekdays.get(token.word)
        month = reading.words.months.get(token.word)
        if at == 0 or (day is None and month is None):
            continue
        first = at
        if day is None:
            first = at - 2 if at > 1 and "people:between" in reading.tokens[at - 1].tags else at - 1
            if reading.tokens[first].number is None:
                continue
        lead = first - 1
        while lead > 0 and "grammar:the_day" in reading.tokens[lead].tags:
            lead -= 1
        if lead < 0 or "grammar:from_day" not in reading.tokens[lead].tags:
            continue
        if day is not None:
            days: int | None = (received.weekday() - day) % 7 or 7
        else:
            days = _days_since(received, month or 1, reading.tokens[first].number or 1)
        if days is not None:
            return Since(days, reading.written(lead, at + 1), lead, at + 1)
    return None


def _days_since(received: datetime, month: int, day: int) -> int | None:
    try:
        began = date(received.year, month, day)
        began = began if began <= received.date() else date(received.year - 1, month, day)
    except ValueError:
        return None
    return (received.date() - began).days
