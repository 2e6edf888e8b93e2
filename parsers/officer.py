"""An officer's line by SMS: `*4471 48215 HECHO se cambio el foco`."""

import re

from parsers.clean import clean_word
from parsers.draft import Command
from parsers.reading import Reading
from parsers.references import errors_of

_LINE = re.compile(r"\s*\*\s?(?P<pin>\w{4})\s+(?:(?P<reference>\d{5,7})\s+)?(?P<action>[^\W\d_]+)\b[ :]*(?P<rest>.*)", re.DOTALL)
_STARRED = re.compile(r"\s*\*\s?\w{3,6}\b")
_PLACES = frozenset({"move", "bulk"})
_REFERENCES = frozenset({"dup"})


def read_officer(reading: Reading) -> Command | None:
    """The action an officer orders; without the role and the right PIN it is `not_authorised` and says nothing else."""
    if not _STARRED.match(reading.text):
        return None
    match = _LINE.match(reading.text)
    context = reading.context
    action = reading.words.actions.get(clean_word(match.group("action"))) if match else None
    if not match or context.role != "officer" or not context.pin or clean_word(match.group("pin")) != context.pin:
        return Command(
            intent="officer",
            language=reading.language,
            action=action,
            errors=("not_authorised",),
            why=("officer line without the right phone and PIN",),
        )
    if action is None:
        return Command(intent="officer", language=reading.language, errors=("not_authorised",), why=("no such officer action",))
    reference = match.group("reference")
    reference = clean_word(reference) if reference else None
    rest = match.group("rest").strip() or None
    errors: tuple[str, ...] = errors_of(reading.context, reference) if reference else ()
    if reference is None and action not in ("progress", "bulk"):
        reference = context.last_reference
        errors = () if reference else ("reference_missing",)
    place = None
    if action in _PLACES and rest:
        read = reading.places.read_code(clean_word(rest.split()[0]))
        place = read[0] if read and not read[1] else None
        if read and read[1]:
            errors = (*errors, read[1])
    if action in _REFERENCES and rest:
        errors = (*errors, *errors_of(context, clean_word(rest.split()[0])))
    # Action words are few and shared: only several words of text say more than the officer's own channel.
    language = reading.language if max(reading.tally.values(), default=0.0) >= 1.5 else context.channel_lang or reading.language
    return Command(
        intent="officer", language=language, action=action, reference=reference, details=rest, place_code=place, errors=errors,
        why=(f"officer: {action}", *([f"reference: {reference}"] if reference else []), *([f"place: {place}"] if place else [])),
    )  # fmt: skip
