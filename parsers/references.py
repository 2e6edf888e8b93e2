"""The reference a text speaks of, and what is wrong with it."""

from dataclasses import dataclass

from parsers.context import Context
from parsers.reading import Reading
from parsers.reference import is_valid

_WRONG = {"reference_checkdigit": "a digit is wrong", "reference_unknown": "nobody was given it"}


@dataclass(frozen=True, slots=True)
class ReferenceFound:
    """`ReferenceFound("48215", (), 1, 2)`: the number, its faults, the tokens it stands on (none when remembered)."""

    number: str | None
    errors: tuple[str, ...] = ()
    start: int = -1
    end: int = -1

    @property
    def why(self) -> str:
        """Where the reference came from and what is wrong with it: `reference: 48251, a digit is wrong`."""
        if self.number is None:
            return "reference: none given and none remembered"
        whence = f"reference: {self.number}" if self.start >= 0 else f"reference: the sender's last, {self.number}"
        return ", ".join([whence, *(_WRONG[error] for error in self.errors if error in _WRONG)])


def errors_of(context: Context, reference: str) -> tuple[str, ...]:
    """`reference_checkdigit` for a slip of the thumb, `reference_unknown` for a good number nobody was given."""
    if not is_valid(reference):
        return ("reference_checkdigit",)
    return () if context.knows(reference) else ("reference_unknown",)


def reference_in(reading: Reading) -> ReferenceFound | None:
    """The first run of 5-7 digits, single spaces allowed inside: `48215`, `N 48 215`, `٤٨٢١٥`."""
    tokens = reading.tokens
    for at in reading.numbers:
        word = tokens[at].word
        if not word.isdigit():
            continue
        end, joined = at + 1, word
        while (
            end < len(tokens)
            and len(joined) < 5
            and tokens[end].word.isdigit()
            and len(tokens[end].word) < 5
            and reading.gap(end) in (" ", "-", ".")
        ):
            joined += tokens[end].word
            end += 1
        if 5 <= len(joined) <= 7:
            return ReferenceFound(joined, errors_of(reading.context, joined), at, end)
    return None


def reference_or_last(reading: Reading) -> ReferenceFound:
    """The reference of the text, else the last one of this sender, else what is missing."""
    found = reference_in(reading)
    if found:
        return found
    last = reading.context.last_reference
    return ReferenceFound(last) if last else ReferenceFound(None, ("reference_missing",))
