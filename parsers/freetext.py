"""An ordinary sentence: where, what, how grave, how many, since when. Every part may be missing; the draft says which."""

from dataclasses import dataclass, replace

from parsers.alarm import FIRE, alarm_in
from parsers.clean import storable
from parsers.draft import Draft, Need, Unreadable
from parsers.landmarks import behind_beside, is_alone
from parsers.mention import PlaceFound
from parsers.moderation import is_rude
from parsers.needs import Meaning, NeedFound, decide, score_needs
from parsers.numbers import People, find_people
from parsers.questions import ASKS_WHEN, asks_when
from parsers.reading import Reading
from parsers.references import reference_in
from parsers.several import Part, apart, several
from parsers.severity import find_severity
from parsers.since import Since, find_since
from parsers.where import find_place

# What a model must believe where no word names a need and nothing tells a place, a time, people or a wish.
_ALONE = 0.35
_QUIET = frozenset(["small", "politeness", "places:prep", "grammar:joining"])


@dataclass(slots=True)
class Understood:
    """Everything a sentence says, before it is decided what kind of message it is."""

    place: PlaceFound
    need: NeedFound
    since: Since | None
    people: People | None
    severity: int | None
    severity_why: str
    masked: set[int]
    apart: tuple[Need, ...] = ()


def understand(reading: Reading, meaning: Meaning | None, *, part: bool = False) -> Understood:
    """Places first (their words mean nothing else), then counts, then the need."""
    place = find_place(reading)
    masked = {at for m in place.mentions if m.aside != "date" for at in range(m.start, m.end)}
    since = find_since(reading)
    taken = set(masked)
    if since:
        taken.update(range(since.start, since.end))
    reference = reference_in(reading)
    if reference:
        taken.update(range(reference.start, reference.end))
    severity, severity_why = find_severity(reading, masked)
    people = find_people(reading, taken)
    telling = _telling(reading, taken)
    elsewhere = masked | behind_beside(reading)
    need = decide(reading, score_needs(reading, elsewhere), elsewhere, telling, meaning)
    if need.by_model_alone and need.confidence < _ALONE and not (since or people or severity or place.text or reading.has("asking")):
        need = replace(need, code=None, leans=False, why=("the model alone, and nothing else that asks for anything",))
    found = Understood(place, need, since, people, severity, severity_why, masked)
    if not part:
        found.apart = apart(reading, place, lambda text: _part(reading, text, meaning))
    return found


def _part(reading: Reading, text: str, meaning: Meaning | None) -> Part:
    """What a part of a text says by itself."""
    context = replace(reading.context, profile={}, pending=None)
    u = understand(Reading(text, context, reading.words, reading.places), meaning, part=True)
    return u.need.code, u.need.confidence, u.place.code if u.place.is_told else None


def _telling(reading: Reading, taken: set[int]) -> int:
    """How many words say something besides place, time, numbers, politeness and articles."""
    return sum(at not in taken and token.number is None and not token.tags & _QUIET for at, token in enumerate(reading.tokens))


def is_whole(understood: Understood) -> bool:
    """Whether the text alone makes a report: a need and a place of its own."""
    return understood.need.code is not None and understood.place.is_told


def read_report(reading: Reading, understood: Understood) -> Draft | Unreadable | None:
    """A report, however incomplete; None when nothing in the text asks for anything, or it is but `Hospital`."""
    u = understood
    if not _asks(reading, u) or (not u.place.is_told and is_alone(reading)):
        return None
    if u.need.code and reading.words.subcategories[u.need.code].sensitive:
        return Draft(intent="protection", category=u.need.code, language=reading.language, why=u.need.why, flags=("sensitive",))
    return draft_of(reading, u)


def draft_of(reading: Reading, u: Understood, intent: str = "report", more: tuple[str, ...] = ()) -> Draft:
    """The draft of what was understood, with what is missing as errors and the words that said so as reasons."""
    category, place = u.need.code, u.place
    needs = several(reading, u.need.scored, u.place) if category else ()
    if all(need.category != category for need in needs):
        needs = ()  # the model read another need than the words name: their list would contradict it
    if len(u.apart) > len(needs):
        needs = u.apart
    errors = list(place.errors)
    code = place.code
    if needs:
        category = needs[0].category
        own = [need.place_code for need in needs]
        if "two_places" in errors and all(own):
            errors.remove("two_places")
            code = own[0]
    if category is None:
        errors.append("missing_category")
    why = (*more, *u.need.why, *place.why)
    if u.people:
        why += (f"people: {u.people.text}",)
    if u.since:
        why += (f"since: {u.since.text}",)
    if u.severity_why:
        why += (f"severity: {u.severity_why}",)
    flags = ("rude",) if is_rude(reading) else ()
    if intent == "report" and asks_when(reading):
        flags = (*flags, ASKS_WHEN)
    return Draft(
        intent=intent,
        language=reading.language,
        errors=tuple(errors),
        why=(*why, *reading.notes),
        confidence=u.need.confidence,
        category=category,
        category_options=u.need.options if category is None or u.need.confidence < 0.6 else (),
        place_code=code,
        place_text=place.text,
        place_candidates=place.candidates if code is None else (),
        place_source=place.source,
        severity=4 if intent == "emergency" else u.severity,
        people=u.people.number if u.people else None,
        people_unit=u.people.unit if u.people else None,
        since_days=u.since.days if u.since else None,
        details=details_of(reading),
        needs=needs,
        flags=flags,
    )


def details_of(reading: Reading) -> str | None:
    """The text without the greeting and the report word before it: `Reporte: basura ...` -> `basura ...`."""
    start = opening_ends(reading)
    for hit in reading.of("command", "report"):
        if hit.start == start and hit.end < len(reading.tokens) and not hit.typo and reading.gap(hit.end).strip() in (":", "", ",", "-"):
            start = hit.end
            break
    if start >= len(reading.tokens):
        return storable(reading.text).strip() or None
    return storable(reading.text[reading.starts[start] :]).strip() or None


def opening_ends(reading: Reading) -> int:
    """The first token after greetings and politeness."""
    at, moved = 0, True
    hits = [hit for hit in reading.of("politeness") if hit.entry.value != "thanks"]
    while moved:
        moved = False
        ends = [hit.end for hit in hits if hit.start == at and not (hit.typo and hit.entry.size == 1)]
        if ends:
            at, moved = max(ends), True
    return at


def _asks(reading: Reading, u: Understood) -> bool:
    """Whether anything is asked of the city: a need, a known place, or two signs that something is wrong."""
    if u.need.code or u.need.leans:
        return True
    if u.place.source not in ("profile", "landmark", None) or "place_ambiguous" in u.place.errors or "two_places" in u.place.errors:
        return True
    signs = 0
    for hit in reading.of("asking"):
        if not (hit.typo and hit.entry.size == 1):
            signs += 2 if hit.entry.value == "strong" else 1
    signs += sum(
        (
            u.since is not None,
            u.people is not None,
            u.severity is not None,
            reading.has("short"),
            u.need.confidence >= 0.2,
        )
    )
    signs += u.place.source == "landmark"
    signs += any(error.startswith("place_") for error in u.place.errors)
    return signs >= 2 and len(reading.tokens) >= 2


def read_emergency(reading: Reading, u: Understood) -> Draft | None:
    """A fire, a flood that is rising, someone hurt: the same draft, grave, with the words that raised the alarm."""
    alarm = alarm_in(reading, u.need.code, u.masked)
    if alarm is None:
        return None
    if u.need.code is None and alarm.is_fire:
        u.need = NeedFound(FIRE, 0.6, u.need.options, (f"{FIRE}: {alarm.why}",))
    return draft_of(reading, u, "emergency", (alarm.why,))
