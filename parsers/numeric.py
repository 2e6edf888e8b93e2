"""Texts of nothing, of digits only, or of words we cannot make anything of."""

from parsers.draft import Command, Outcome, Unreadable
from parsers.questions import ASKS_WHEN, asks_when
from parsers.reading import Reading
from parsers.references import errors_of, reference_in


def read_empty(reading: Reading) -> Unreadable | None:
    """No word at all: blank, or marks only."""
    if reading.tokens or reading.text.strip() in ("?", "??", "???"):
        return None
    return Unreadable(intent="empty", reason="empty", hint="the message had no words", why=("no words",))


def read_number(reading: Reading) -> Outcome | None:
    """Digits alone: a reference asks for its status, any other number asks nothing we can know."""
    if not all(token.word.isdigit() for token in reading.tokens):
        return None
    found = reference_in(reading)
    if found and found.start == 0 and found.end == len(reading.tokens) and "reference_checkdigit" not in found.errors:
        return Command(
            intent="status",
            reference=found.number,
            errors=errors_of(reading.context, found.number or ""),
            why=("a reference alone asks for its status",),
        )
    return Unreadable(
        intent="number_only",
        reason="number_only",
        hint="a number with no open question",
        errors=("number_without_context",),
        why=("only a number",),
    )


def read_unknown(reading: Reading) -> Unreadable:
    """What is left: a person reads it."""
    return Unreadable(
        intent="unknown",
        language=reading.language,
        reason="unknown",
        hint="no need, place or command was found",
        why=("no word of a need, place or command", *reading.notes),
        flags=(ASKS_WHEN,) if asks_when(reading) else (),
    )
