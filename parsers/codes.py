"""Place codes in a text: `S1604`, `s16o4`, `S-16 04`, with their slips; a code that cannot be is said to be so."""

from parsers.mention import Mention
from parsers.reading import Reading

_GAPS = frozenset(["", " ", "-", ".", "_", " - ", "/"])
_SLIPS = frozenset("0123456789oil")


def code_at(reading: Reading, at: int) -> Mention | None:
    """The code that begins at a token, with what is wrong with it."""
    word = reading.tokens[at].word
    if len(word) <= 2 and (word[0] not in reading.places.letters or at + 1 == len(reading.tokens)):
        return None
    end, joined = _gathered(reading, at)
    if len(joined) <= 2:
        return None
    read = reading.places.read_code(joined)
    if read is None:
        return None
    code, error = read
    if end > at + 1 and error and reading.gap(at + 1) == " ":
        return None  # "c 1234" is a house number unless we know the code
    return Mention(at, end, (code,), "code", error=error)


def _gathered(reading: Reading, at: int) -> tuple[int, str]:
    """The token with the digits that belong to it across small gaps: `S 16 04`, `N B 0101`."""
    tokens = reading.tokens
    joined, end = tokens[at].word, at + 1
    if len(joined) == 1 and end + 1 < len(tokens) and len(tokens[end].word) == 1 and reading.gap(end) in _GAPS:
        both = joined + tokens[end].word
        if reading.places.read_code(both + "0000"):
            joined, end = both, at + 2
    if len(joined) > 4 or reading.places.code_shape.fullmatch(joined):
        return end, joined
    while end < len(tokens) and len(joined) < 7 and reading.gap(end) in _GAPS:
        part = tokens[end].word
        slipped = len(part) in (2, 4) and set(part) <= _SLIPS and any(char.isdigit() for char in part)
        if not (part.isdigit() or slipped):
            break
        joined += part
        end += 1
    return end, joined
