"""What a short text means when we asked something: the open question decides, unless the text is whole in itself."""

from typing import Any

from parsers.alarm import alarm_in
from parsers.draft import Command
from parsers.freetext import Understood, is_whole, opening_ends
from parsers.landmarks import is_spot
from parsers.reading import Reading
from parsers.where import find_place

_AGE_OPTIONS = {"1": "0-17", "2": "18-29", "3": "30-44", "4": "45-59", "5": "60+", "6": "U"}
_GENDER_OPTIONS = {"1": "F", "2": "M", "3": "X", "4": "U"}
# The numbered question "what problem is it?" when the pending state does not say its options; 8 is "another".
_CATEGORY_OPTIONS = {"1": "WAT01", "2": "SAN01", "3": "LIT01", "4": "ACC01", "5": "WST01", "6": "RSK02", "7": "SAF01"}
_CHECKIN_OPTIONS = {"1": "fine", "2": "talk", "3": "help"}
_FIXED_OPTIONS = {"1": "yes", "2": "partly", "3": "no"}
_BANDS = ((18, "0-17"), (25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"))


def age_band(age: int) -> str | None:
    """The band an age falls in: 35 -> `35-44`; None for what is no age."""
    if not 5 <= age <= 110:
        return None
    return next((band for limit, band in _BANDS if age < limit), "65+")


def read_answer(reading: Reading, u: Understood) -> Command | None:
    """The answer to the open question, or None when the text does not fit it."""
    context = reading.context
    if context.pending is None or not reading.tokens:
        return None
    if is_whole(u) and context.pending not in ("poll", "choice") and not (context.pending == "place" and _is_spot(reading, u)):
        return None
    # A cry for help is never the name of a place.
    if len(reading.tokens) > 2 and alarm_in(reading, u.need.code, u.masked):
        return None
    ask = {
        "place": _place, "category": _category, "choice": _choice, "confirm_place": _confirm_place, "fixed": _fixed, "rate": _rate,
        "poll": _poll, "gender": _gender, "age": _age, "checkin": _checkin,
    }[context.pending]  # fmt: skip
    return ask(reading, u)


def _is_spot(reading: Reading, u: Understood) -> bool:
    """`en Kupini por el hospital`: a place, and a landmark there of which nothing is said."""
    return not (u.since or u.people or u.severity) and is_spot(reading, u.need.scored)


def _said(reading: Reading, value: str) -> bool:
    """Whether the whole text, politeness aside, is this answer: `si`, `no gracias`, `👍`."""
    at = opening_ends(reading)
    start = 0 if at >= len(reading.tokens) else at
    for hit in reading.of("answers", value):
        if hit.start == start and not hit.typo:
            easy = reading.covered("politeness") | reading.covered("answers")
            if all(n in easy for n in range(hit.end, len(reading.tokens))):
                return True
    return False


def _number(reading: Reading) -> str | None:
    """The one number of a short answer: `2`, `la 2`, `opcion 2`, `dos`."""
    numbers = [token.number for token in reading.tokens if token.number is not None]
    return str(numbers[0]) if len(numbers) == 1 and len(reading.tokens) <= 4 else None


def _dialogue(reading: Reading, why: str, **found: Any) -> Command:
    return Command(intent="dialogue", language=reading.language, why=(f"answer: {why}",), **found)


def _dont_know(reading: Reading) -> Command | None:
    if not _said(reading, "dont_know"):
        return None
    return _dialogue(reading, "does not know", answer="dont_know")


def _place(reading: Reading, u: Understood) -> Command | None:
    if unknown := _dont_know(reading):
        return unknown
    if _number(reading) == "0" and reading.context.options:
        return _dialogue(reading, "none of them", answer="other")
    if u.need.code and not u.place.is_known and len(reading.tokens) > 4:
        return None
    place = u.place if u.place.is_told else find_place(reading, as_answer=True)
    code = place.code if place.source != "profile" else None
    if code:
        return _dialogue(
            reading,
            place.why[0],
            place_code=code,
            place_text=place.text,
            place_source=place.source,
            fills=(("place_code", code),),
        )
    if place.candidates:
        return _dialogue(reading, place.why[0], place_text=place.text, place_candidates=place.candidates, errors=place.errors)
    if reading.has("command") or _said(reading, "yes") or _said(reading, "no") or all(t.number is not None for t in reading.tokens):
        return None
    text = place.text or reading.written(0, len(reading.tokens))
    return _dialogue(
        reading,
        f"a place we do not know: {text}",
        place_text=text,
        errors=("place_unknown",) if "missing_place" in place.errors or place.source == "profile" else place.errors,
    )


def _category(reading: Reading, u: Understood) -> Command | None:
    if unknown := _dont_know(reading):
        return unknown
    number = _number(reading)
    code = None
    if number:
        code = (
            reading.context.options.get(number)
            or reading.words.cards.get(number)
            or (None if reading.context.options else _CATEGORY_OPTIONS.get(number))
        )
    if number in ("0", "8") and code is None:
        return _dialogue(reading, "none of them", answer="other")
    because = f"number {number}" if code else u.need.why[0]
    code = code or u.need.code or next(iter(u.need.options), None)
    return _dialogue(reading, f"category {code} ({because})", category=code, fills=(("category", code),)) if code else None


def _choice(reading: Reading, u: Understood) -> Command | None:
    if unknown := _dont_know(reading):
        return unknown
    options = reading.context.options
    slot = reading.context.slot or "place"
    number = _number(reading)
    value = options.get(number) if number else None
    if number == "0" and value is None:
        return _dialogue(reading, "none of them", answer="other")
    if value is None and len(reading.tokens) <= 6:
        value = next(
            (v for v in options.values() if v == u.place.code or v in u.place.candidates and len(u.place.candidates) == 1),
            None,
        )
        text = " ".join(token.word for token in reading.tokens)
        value = value or next(
            (v for k, v in options.items() if text == k.lower() or text.startswith(v.lower()) or _same_name(reading, v, text)),
            None,
        )
    if value is None:
        return None
    chosen = f"chose {value} ({reading.written(0, min(6, len(reading.tokens)))})"
    if slot == "place":
        return _dialogue(reading, chosen, place_code=value, fills=(("place_code", value),))
    return _dialogue(reading, chosen, category=value if slot == "category" else None, fills=((slot, value),))


def _same_name(reading: Reading, code: str, text: str) -> bool:
    place = reading.places.place(code)
    return place is not None and len(text) >= 4 and text in place.name.lower()


def _confirm_place(reading: Reading, u: Understood) -> Command | None:
    if _said(reading, "yes"):
        code = str(reading.context.draft.get("place_code") or next(iter(reading.context.options.values()), "")) or None
        return _dialogue(reading, "yes, this place", answer="yes", place_code=code, fills=(("place_code", code),) if code else ())
    if _said(reading, "no"):
        return _dialogue(reading, "no, another place", answer="no")
    return _place(reading, u) if u.place.is_told and len(reading.tokens) <= 8 else _dont_know(reading)


def _fixed(reading: Reading, u: Understood) -> Command | None:
    """ "1", "si", "2 en parte", "no, sigue igual"; "no hay luz" is a new need where we asked about water."""
    if unsure := _dont_know(reading):
        return unsure
    value = _FIXED_OPTIONS.get(_number(reading) or "")
    if value is None and _said(reading, "partly"):
        value = "partly"
    first = opening_ends(reading) % max(1, len(reading.tokens))
    for word in ("no", "yes"):
        begins = any(hit.start == first and not hit.typo for hit in reading.of("answers", word)) and _is_of_the_asked(reading, u)
        if value is None and (_said(reading, word) or (begins and not (word == "yes" and reading.has("command", "not_fixed")))):
            value = word
    if value is None:
        return None
    last = reading.context.last_reference
    return Command(
        intent="fixed" if value == "yes" else "not_fixed",
        language=_worded(reading),
        reference=last,
        answer=value,
        errors=() if last else ("reference_missing",),
        why=(f"answer: {value}", f"reference: the one that was asked about, {last}"),
    )


def _is_of_the_asked(reading: Reading, u: Understood) -> bool:
    """Whether a text that begins with yes or no names no need of another kind than the one we asked about."""
    asked = reading.context.draft.get("category")
    return u.need.code is None or asked is None or u.need.code[:3] == str(asked)[:3]


def _rate(reading: Reading, u: Understood) -> Command | None:
    number = _number(reading)
    # "no arreglado 48215" is the command; its number is a reference.
    if number is None or reading.has("command", "fixed") or reading.has("command", "not_fixed"):
        return None
    rating = int(number)
    errors = () if 1 <= rating <= 5 else ("rating_range",)
    return Command(
        intent="rate",
        language=reading.language if len(reading.tokens) > 2 else "und",  # "NOTA 4" goes on in the language of the conversation
        reference=reading.context.last_reference,
        rating=rating if not errors else None,
        errors=errors,
        why=(f"answer: {number}", f"reference: the one that was asked about, {reading.context.last_reference}"),
    )


def _poll(reading: Reading, u: Understood) -> Command | None:
    options = reading.context.options
    keys = {key.lower(): key for key in options}
    chosen: list[str] = []
    if len(reading.tokens) <= 6:
        for token in reading.tokens:
            key = keys.get(token.word)
            # "a" and "y" are words too: as letters they count alone, after "voto", or written as capitals.
            if key and key not in chosen:
                chosen.append(key)
        text = " ".join(token.word for token in reading.tokens)
        named = [key for key, label in options.items() if label and all(word in text for word in label.lower().split())]
        if named:
            chosen = named
        elif len(chosen) > 1 and len(reading.tokens) > 3:
            return None
    if not chosen:
        number = _number(reading)
        if number and number.isdigit() and 1 <= int(number) <= len(options) and number not in options:
            chosen = [sorted(options)[int(number) - 1]]
    if not chosen:
        return None
    if len(chosen) > 1:
        return Command(
            intent="poll",
            language=_worded(reading),
            errors=("poll_ambiguous",),
            why=(f"answer: {' or '.join(chosen)}",),
        )
    return Command(intent="poll", language=_worded(reading), answer=chosen[0], why=(f"answer: {chosen[0]}",))


def _worded(reading: Reading) -> str:
    """The language of an answer, `und` when it is only letters and numbers."""
    return reading.language if any(len(token.word) > 1 and not token.word.isdigit() for token in reading.tokens) else "und"


def _gender(reading: Reading, u: Understood) -> Command | None:
    number = _number(reading)
    value = _GENDER_OPTIONS.get(number) if number else None
    if value is None and len(reading.tokens) <= 5:
        value = next(
            (hit.entry.value for hit in sorted(reading.of("gender"), key=lambda h: h.start - h.end) if not hit.typo),
            None,
        )
    return _dialogue(reading, f"gender {value}", gender=value, fills=(("gender", value),)) if value else None


def _age(reading: Reading, u: Understood) -> Command | None:
    number = _number(reading)
    if number is None:
        return None
    options = reading.context.options or _AGE_OPTIONS
    band = options.get(number) or age_band(int(number))
    return _dialogue(reading, f"age {band}", age_band=band, fills=(("age_band", band),)) if band else None


def _checkin(reading: Reading, u: Understood) -> Command | None:
    number = _number(reading)
    value = _CHECKIN_OPTIONS.get(number) if number else None
    if value is None:
        value = next(
            (answer for answer, said in (("help", "aid"), ("talk", "talk"), ("fine", "fine")) if _said(reading, said)),
            None,
        )
    if value is None and len(reading.tokens) <= 8 and u.need.code is None:
        value = next(
            (answer for answer, said in (("help", "aid"), ("talk", "talk"), ("fine", "fine")) if reading.has("answers", said)),
            None,
        )
    return Command(intent="checkin", language=reading.language, answer=value, why=(f"answer: {value}",)) if value else None
