"""Since when: days, only where the text says so. `hace 3 dias` -> 3, `depuis hier` -> 1, `cada 3 dias` -> nothing."""

from datetime import date
from typing import NamedTuple

from parsers.numbers import number_at
from parsers.reading import Reading

_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_WHOLE = {"today": 0, "yesterday": 1, "before_yesterday": 2, "last_week": 7, "last_month": 30}
# Between a lead and its number: "hace como 3 dias", "for about two weeks".
_LOOSE = frozenset("como casi mas de ya unos unas aproximadamente about almost around the past last environ pres plus chi".split())
# What makes a bare count of days a length of suffering: "3 dias sin agua", "van 3 dias que".
_SUFFERED = frozenset("sin que sans without no bla ma pas ja seguidos completos enteros ago now".split())


class Since(NamedTuple):
    """`Since(3, "hace 3 dias", 4, 7)`: days, the words, the tokens they stand on."""

    days: int
    text: str
    start: int
    end: int


def find_since(reading: Reading) -> Since | None:
    """The first statement of how long it has lasted."""
    counted = _counted(reading)
    if counted:
        return counted
    for hit in reading.of("since"):
        value = hit.entry.value
        if value.startswith("="):
            if not _is_rhythm(reading, hit.start):
                return Since(int(value[1:]), reading.written(hit.start, hit.end), hit.start, hit.end)
        elif value in _WHOLE:
            longest = max((h for h in reading.of("since", value) if h.start <= hit.start < h.end), key=lambda h: h.end - h.start)
            better = [h for h in reading.of("since") if h.entry.value in _WHOLE and h.start <= longest.start and h.end >= longest.end]
            chosen = max(better, key=lambda h: h.end - h.start)
            return Since(_WHOLE[chosen.entry.value], reading.written(chosen.start, chosen.end), chosen.start, chosen.end)
    return _weekday(reading) or _date(reading)


def _counted(reading: Reading) -> Since | None:
    tokens = reading.tokens
    units = [at for at, token in enumerate(tokens) if any(f"since:{unit}" in token.tags for unit in (*_DAYS, "hour"))]
    for at in units:
        unit = next(unit for unit in (*_DAYS, "hour") if f"since:{unit}" in tokens[at].tags)
        found = _number_before(reading, at) or _number_after(reading, at) or _one_after_lead(reading, at)
        if found is None:
            continue
        start, end, value = found
        lead = _lead(reading, start)
        ends = max(end, at + 1)
        if lead is None:
            follower = tokens[ends].word if ends < len(tokens) else ""
            sufferers = ("sin", "sans", "without", "bla", "بلا", "bila", "no", "mana", "janiw", "jan")
            led = start > 0 and (tokens[start - 1].word in sufferers or (start > 1 and tokens[start - 2].word in sufferers))
            if _is_rhythm(reading, start) or not (follower in _SUFFERED or led or "since:lead" in tokens[ends - 1].tags):
                continue
            lead = start
        if ends < len(tokens) and tokens[ends].word in ("por", "per", "par") and unit == "day":
            continue  # "3 dias por semana"
        if ends + 1 < len(tokens) and tokens[ends].word in ("a", "la") and "since:week" in tokens[min(ends + 2, len(tokens) - 1)].tags:
            continue
        days = 0 if unit == "hour" else value * _DAYS[unit]
        if unit == "hour" and value >= 24:
            days = value // 24
        # "un mes y medio", "dos semanas y media"
        if ends + 1 < len(tokens) and tokens[ends].word in ("y", "et", "w", "and", "na") and tokens[ends + 1].word in ("medio", "media", "demi", "demie", "half", "nss", "ness", "nusu"):
            days += _DAYS.get(unit, 0) // 2
            ends += 2
        return Since(days, reading.written(lead, ends), lead, ends)
    return None


def _number_before(reading: Reading, at: int) -> tuple[int, int, int] | None:
    """The number that ends right before a unit, `d` and `dyal` allowed between: `3 d iyam`."""
    tokens = reading.tokens
    last = at - 1
    while last >= 0 and tokens[last].word in ("d", "dyal", "de", "ديال", "د", "of") and at - last <= 2:
        last -= 1
    if last >= 0 and tokens[last].word in ("media", "demi"):
        return None
    for start in range(max(0, last - 4), last + 1):
        counted = number_at(reading, start)
        if counted and counted.end == last + 1 and reading.gap(at).strip() == "":
            return start, at + 1, counted.value
    return None


def _number_after(reading: Reading, at: int) -> tuple[int, int, int] | None:
    """Swahili and Aymara put the unit first: `siku 3`, `wiki mbili`."""
    tokens = reading.tokens
    if at + 1 >= len(tokens) or tokens[at].word not in ("siku", "wiki", "mwezi", "miezi", "miaka", "mwaka", "masaa", "saa", "juma"):
        return None
    counted = number_at(reading, at + 1)
    return (at, counted.end, counted.value) if counted else None


def _one_after_lead(reading: Reading, at: int) -> tuple[int, int, int] | None:
    """Arabic and Darija leave the one out: `منذ أسبوع`, `hadi simana`."""
    if at and reading.tokens[at - 1].word in ("منذ", "هادي", "هدي", "hadi", "hada", "قبل"):
        return at, at + 1, 1
    return None


def _lead(reading: Reading, start: int) -> int | None:
    at = start
    while at > 0 and reading.tokens[at - 1].word in _LOOSE and start - at < 3 and "since:lead" not in reading.tokens[at - 1].tags:
        at -= 1
    if at == 0:
        return None
    # "de", "en", "ya" lead only in the company of what they belong to.
    leads = [hit for hit in reading.of("since", "lead") if hit.end == at]
    if not leads or _is_rhythm(reading, min(hit.start for hit in leads)):
        return None
    return min(hit.start for hit in leads)


def _is_rhythm(reading: Reading, start: int) -> bool:
    if start == 0:
        return False
    return any(hit.end == start and hit.entry.value == "not_since" for hit in reading.of("since"))


def _weekday(reading: Reading) -> Since | None:
    received = reading.context.received_at
    if received is None:
        return None
    for at, token in enumerate(reading.tokens):
        day = reading.words.weekdays.get(token.word)
        if day is None or at == 0:
            continue
        lead = at - 1
        while lead > 0 and reading.tokens[lead].word in ("el", "le", "this", "last", "nhar", "yawm", "pasado"):
            lead -= 1
        if reading.tokens[lead].word in ("desde", "depuis", "since", "mn", "tangu", "من", "منذ", "dsd", "hasta", "del"):
            return Since((received.weekday() - day) % 7 or 7, reading.written(lead, at + 1), lead, at + 1)
    return None


def _date(reading: Reading) -> Since | None:
    received = reading.context.received_at
    if received is None:
        return None
    tokens = reading.tokens
    for at, token in enumerate(tokens):
        month = reading.words.months.get(token.word)
        if month is None or at == 0:
            continue
        first = at - 1
        while first > 0 and tokens[first].word in ("de", "d"):
            first -= 1
        day = tokens[first].number
        lead = first - 1
        while lead > 0 and tokens[lead].word in ("el", "le", "dia", "the"):
            lead -= 1
        if day is None or lead < 0 or tokens[lead].word not in ("desde", "depuis", "since", "mn", "tangu", "من", "منذ", "dsd"):
            continue
        try:
            began = date(received.year, month, day)
            began = began if began <= received.date() else date(received.year - 1, month, day)
        except ValueError:
            continue
        return Since((received.date() - began).days, reading.written(lead, at + 1), lead, at + 1)
    return None
