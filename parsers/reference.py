"""The number a resident gets: 4-6 digits and a check digit, so that one slip of the thumb is noticed."""

import re

_PLAIN = re.compile(r"\d{5,7}", re.ASCII)


def check_digit(payload: int) -> int | None:
    """The digit to append, or None for a payload that has no check digit and is never given out.

    `4821 -> 5` (48215). Sum of digit x weight, weights n+1 .. 2 from the left, modulo 11; a remainder of 10 has no digit.
    """
    digits = [int(char) for char in str(payload)]
    rest = sum(digit * (len(digits) + 1 - at) for at, digit in enumerate(digits)) % 11
    return None if rest == 10 else rest


def is_valid(reference: str) -> bool:
    """Whether `reference` has the shape of one of ours and its check digit fits: 48215 yes, 48251 no."""
    if not _PLAIN.fullmatch(reference):
        return False
    return check_digit(int(reference[:-1])) == int(reference[-1]) and not reference.startswith("0")


# A reference with the word before it glued on, or with letters that look like digits: `estado10005`, `1OOO5`.
_NUMBERED = re.compile(r"([^\W\d_]{3,}?|n|no)?(\d[\doil]{3,5}\d)")
_SLIPS = str.maketrans("oil", "011")


def numbered(word: str) -> tuple[str, ...]:
    """The word and the reference that a cleaned token is, or nothing: `estado10005` -> `("estado", "10005")`, `1ooo5` -> `("10005",)`."""
    found = _NUMBERED.fullmatch(word)
    if found is None or (not found[1] and found[2].isdecimal()):
        return ()
    reference = found[2].translate(_SLIPS)
    return tuple(part for part in (found[1], reference) if part) if is_valid(reference) else ()
