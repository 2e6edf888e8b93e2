"""Commands in eight languages: what a text asks of the gateway itself.

A command word begins the text (greetings aside); some are a command only when they are the whole text. A text that is a
report of its own is a report, whatever word it begins with.
"""

from typing import Any

from parsers.answers import age_band
from parsers.draft import Command
from parsers.freetext import Understood, is_whole, opening_ends
from parsers.patterns import Hit
from parsers.reading import Reading
from parsers.references import ReferenceFound, reference_in, reference_or_last
from parsers.where import find_place


def read_exact(reading: Reading) -> Command | None:
    """STOP, HELP, START and MIS DATOS: only as the whole text, because `ayuda se inunda` is a cry and `alto obrajes` a place."""
    if reading.has("leave"):
        return Command(intent="stop", language=reading.language, why=(f"command: {reading.of('leave')[0].entry.text}",))
    if reading.text.strip() in ("?", "??", "???"):
        return Command(intent="help", language="und", why=("command: ?",))
    if len(reading.tokens) > 6:
        return None
    for hit in reading.of("command"):
        if reading.words.scopes[hit.entry.value] == "exact" and not hit.typo and _is_all(reading, hit):
            if hit.entry.value == "erase" and hit.entry.size == 1 and reading.context.reporting:
                continue  # asked what is wrong with a report they say "BORRAR": that report
            return Command(intent=hit.entry.value, language=_language(reading, hit), why=(f"command: {hit.entry.text}",))
    return None


def _is_all(reading: Reading, hit: Hit) -> bool:
    polite = reading.covered("politeness")
    others = [at for at in range(len(reading.tokens)) if not hit.start <= at < hit.end]
    return all(at in polite for at in others)


def _language(reading: Reading, hit: Hit) -> str:
    """The language of the text; a lone command word speaks for the languages that have it."""
    langs = {h.entry.lang for h in reading.of("command") if h.start == hit.start and h.end == hit.end}
    others = sum(token.number is None for token in reading.tokens) - (hit.end - hit.start)
    if reading.language in langs or (others > 1 and reading.language != "und"):
        return reading.language
    if len(langs) == 1:
        return next(iter(langs))
    return reading.context.channel_lang if len(langs) == 2 and reading.context.channel_lang in langs else "und"


def read_command(reading: Reading, u: Understood) -> Command | None:
    """The command a text begins with, with its reference, rating, place or language."""
    not_fixed = _not_fixed(reading, u)
    if not_fixed:
        return not_fixed
    if _plus_one(reading):
        return _with_reference(reading, "support", "+1")
    hit = _opening(reading)
    reader = _READERS.get(hit.entry.value) if hit else None
    found = reader(reading, u, hit) if reader and hit else None
    return found or _about_reference(reading, u)


def _about_reference(reading: Reading, u: Understood) -> Command | None:
    """A few words around a reference that name no need ask how it stands: `ref 48215 no contestan`."""
    given = reference_in(reading)
    words = sum(token.number is None for token in reading.tokens)
    if given is None or given.errors or not 1 <= words <= 12 or u.need.code or reading.has("politeness", "thanks"):
        return None
    if u.place.is_told:
        return None
    why = f"a reference and no need: {given.number}"
    return Command(intent="status", language=reading.language, reference=given.number, why=(why,))


def _opening(reading: Reading) -> Hit | None:
    """The command phrase the text begins with: the longest, within three words of the beginning."""
    start = opening_ends(reading)
    while start < len(reading.tokens) and reading.tokens[start].word.isdigit():
        start += 1  # "48215 ya quedo bien"
    if start >= len(reading.tokens):
        start = 0
    best: Hit | None = None
    for hit in reading.of("command"):
        if reading.words.scopes[hit.entry.value] != "start" or hit.entry.value == "report":
            continue
        if hit.typo and (reading.is_arabic or len(reading.tokens[hit.start].word) < 4):
            continue
        between = reading.tokens[start : hit.start]
        leads = start <= hit.start <= start + 3 and all("grammar:before_command" in token.tags for token in between)
        if not leads and not (hit.start == 0 and start > 0):
            continue
        if best is None or (hit.start, -(hit.end - hit.start), hit.typo) < (
            best.start,
            -(best.end - best.start),
            best.typo,
        ):
            best = hit
    return best


def _speaks_of_itself(reading: Reading, u: Understood, hit: Hit) -> bool:
    """Whether the rest of the text states a need, so that the command word was only its beginning."""
    return is_whole(u) or any(s.first >= hit.end and s.score >= 1.0 for s in u.need.scored)


def _command(reading: Reading, hit: Hit, intent: str, *reasons: str, **found: Any) -> Command:
    """A command with its word as the first reason; `reasons` say where its reference, place and the rest came from."""
    return Command(intent=intent, language=_language(reading, hit), why=(f"command: {hit.entry.text}", *reasons), **found)


def _rest(reading: Reading, start: int, reference: ReferenceFound) -> str | None:
    """What is written after the command and its reference."""
    if reference.start >= start:
        start = reference.end
    return reading.written(start, len(reading.tokens)).strip() or None if start < len(reading.tokens) else None


def _plus_one(reading: Reading) -> bool:
    return reading.text.lstrip().startswith("+1") and bool(reading.tokens) and reading.tokens[0].word == "1"


def _with_reference(reading: Reading, intent: str, why: str) -> Command:
    found = reference_or_last(reading)
    reasons = (f"command: {why}", found.why)
    return Command(intent=intent, language=reading.language, reference=found.number, errors=found.errors, why=reasons)


def _not_fixed(reading: Reading, u: Understood) -> Command | None:
    given = reference_in(reading)
    hits = [hit for hit in reading.of("command", "not_fixed") if given or not hit.typo]
    if not hits:
        return None
    hit = max(hits, key=lambda h: h.end - h.start)
    explicit = (
        hit.start <= opening_ends(reading) + 1
        and hit.entry.size > 1
        and hit.entry.text not in ("todavia no", "aun no", "still no", "toujours pas", "pas encore", "not yet", "still not")
    )
    if given is None and is_whole(u):
        return None
    if given is None and reading.context.last_reference is None and (not explicit or u.need.code):
        return None
    found = given or reference_or_last(reading)
    end = max(hit.end, found.end)
    rest = reading.written(end, len(reading.tokens)).strip() or None if end < len(reading.tokens) else None
    return _command(reading, hit, "not_fixed", found.why, reference=found.number, errors=found.errors, details=rest or reading.text.strip())


def _named(reading: Reading, u: Understood, hit: Hit) -> Command | None:
    """STATUS and CANCEL: the word with its reference, or a few words that state no need."""
    given = reference_in(reading)
    if given is None and (_speaks_of_itself(reading, u, hit) or len(reading.tokens) > 8):
        return None
    found = given or reference_or_last(reading)
    return _command(reading, hit, hit.entry.value, found.why, reference=found.number, errors=found.errors)


def _support(reading: Reading, u: Understood, hit: Hit) -> Command | None:
    given = reference_in(reading)
    if given is None and (_speaks_of_itself(reading, u, hit) or u.need.code or u.place.is_told):
        return None
    found = given or reference_or_last(reading)
    return _command(reading, hit, "support", found.why, reference=found.number, errors=found.errors)


def _fixed(reading: Reading, u: Understood, hit: Hit) -> Command | None:
    given = reference_in(reading)
    if given is None and hit.typo and u.need.code:
        return None
    if given is None and hit.entry.size == 1 and is_whole(u) and hit.end < len(reading.tokens) and reading.context.last_reference is None:
        return None
    found = given or reference_or_last(reading)
    if not hit.typo and any("grammar:but" in token.tags for token in reading.tokens[hit.end :]):  # "ya arreglaron, pero mal"
        text = reading.text.strip()
        return _command(reading, hit, "not_fixed", found.why, reference=found.number, errors=found.errors, details=text)
    return _command(reading, hit, "fixed", found.why, reference=found.number, errors=found.errors)


def _rate(reading: Reading, u: Understood, hit: Hit) -> Command | None:
    if is_whole(u):
        return None
    given = reference_in(reading)
    found = given or ReferenceFound(reading.context.last_reference)
    skip = range(given.start, given.end) if given else range(0)
    numbers = [t.number for at, t in enumerate(reading.tokens) if t.number is not None and at not in skip and at >= hit.end]
    errors = list(found.errors)
    if found.number is None:
        errors.append("reference_missing")
    rating = numbers[0] if numbers else None
    if rating is None:
        if u.need.code or len(reading.tokens) > 3:
            return None
        errors.append("rating_missing")
    elif not 1 <= rating <= 5:
        errors.append("rating_range")
        rating = None
    return _command(reading, hit, "rate", found.why, reference=found.number, rating=rating, errors=tuple(errors))


def _register(reading: Reading, u: Understood, hit: Hit) -> Command | None:
    if u.need.code and is_whole(u) and u.need.confidence > 0.7:
        return None
    place = u.place if u.place.is_told or u.place.candidates else find_place(reading, as_answer=True)
    known = place.source != "profile"
    genders = sorted((h for h in reading.of("gender") if not h.typo and h.start >= hit.end), key=lambda h: h.start - h.end)
    tokens = reading.tokens
    span = {at for m in place.mentions for at in range(m.start, m.end)}
    band = None
    for at in range(hit.end, len(tokens)):
        if at in span or tokens[at].number is None:
            continue
        if at + 1 < len(tokens) and reading.gap(at + 1).strip() in ("-", "a", "à") and tokens[at + 1].word.isdigit():
            band = f"{tokens[at].word}-{tokens[at + 1].word}"
        else:
            band = band or age_band(int(tokens[at].number or 0))
        if band:
            break
    lang = next((h.entry.value for h in reading.of("languages") if h.start >= hit.end and h.start not in span), None)
    errors = place.errors if known and place.errors != ("missing_place",) else () if place.is_known else ("missing_place",)
    told = {"gender": genders[0].entry.text if genders else None, "age": band, "language": lang}
    return _command(
        reading,
        hit,
        "register",
        *(place.why if known else ()),
        *(f"{name}: {value}" for name, value in told.items() if value),
        place_code=place.code if known else None,
        place_text=place.text,
        place_candidates=() if place.code else place.candidates,
        place_source=place.source if known else None,
        gender=genders[0].entry.value if genders else None,
        age_band=band,
        lang_to=lang,
        errors=errors,
    )


def _to_language(reading: Reading, u: Understood, hit: Hit) -> Command | None:
    named = [h for h in reading.of("languages") if h.start >= hit.end]
    if not named and (u.need.code or len(reading.tokens) > 4):
        return None
    reasons = (f"language: {named[0].entry.text}",) if named else ("language: none that we know",)
    return _command(reading, hit, "language", *reasons, lang_to=named[0].entry.value if named else None)


def _add(reading: Reading, u: Understood, hit: Hit) -> Command | None:
    given = reference_in(reading)
    if given is None and is_whole(u):
        return None
    found = given or reference_or_last(reading)
    return _command(reading, hit, "add", found.why, reference=found.number, errors=found.errors, details=_rest(reading, hit.end, found))


def _poll(reading: Reading, u: Understood, hit: Hit) -> Command | None:
    if is_whole(u):
        return None
    words = [token.word for token in reading.tokens[hit.end :]]
    letters = [word.upper() for word in words if len(word) == 1 and word.isascii()]
    joined = [w for w in letters if w not in ("O", "Y", "E")] or letters
    if len(joined) > 1:
        return _command(reading, hit, "poll", f"votes: {' and '.join(joined)}", errors=("poll_ambiguous",))
    if not joined:
        return _command(reading, hit, "poll", "no vote named", errors=("poll_ambiguous",)) if not words else None
    return _command(reading, hit, "poll", f"vote: {joined[0]}", answer=joined[0])


def _info(reading: Reading, u: Understood, hit: Hit) -> Command | None:
    others = [s for s in u.need.scored if not s.code.startswith("GOV") and s.score >= 1.0]
    bad_works = any(s.code == "GOV01" and s.score >= 2.0 for s in u.need.scored)
    if others or bad_works:
        return None
    place = u.place
    is_bare = hit.end >= len(reading.tokens)
    errors = place.errors if is_bare or place.errors != ("missing_place",) else ()
    return _command(
        reading,
        hit,
        "info",
        *(place.why if is_bare or place.is_known or place.candidates else ()),
        place_code=place.code,
        place_text=place.text,
        place_source=place.source,
        place_candidates=place.candidates if not place.code else (),
        errors=errors,
    )


_READERS = {
    "status": _named, "support": _support, "fixed": _fixed, "rate": _rate, "register": _register, "language": _to_language,
    "cancel": _named, "add": _add, "poll": _poll, "info": _info,
}  # fmt: skip
