"""References: the check digit of the field's rule, and what is said of a number that fails it."""

import pytest

from parsers.reference import check_digit, is_valid
from tests.parsers.parser_tables import read


@pytest.mark.parametrize("reference", ["48215", "10376", "22901", "30545", "77124", "64038", "15209", "88882", "12348"])
def test_good_references(reference: str) -> None:
    assert is_valid(reference)
    assert check_digit(int(reference[:-1])) == int(reference[-1])


@pytest.mark.parametrize(
    ("label", "reference"),
    [
        ("two digits swapped", "48251"),
        ("one digit wrong", "48315"),
        ("too short", "4821"),
        ("too long", "48215482"),
        ("a leading zero", "04821"),
        ("letters", "4821s"),
        ("nothing", ""),
        ("eastern digits are cleaned before, not here", "٤٨٢١٥"),
    ],
)
def test_bad_references(label: str, reference: str) -> None:
    assert not is_valid(reference), label


def test_every_swap_of_neighbours_is_noticed() -> None:
    for payload in range(1000, 3000):
        digit = check_digit(payload)
        if digit is None:
            continue
        good = f"{payload}{digit}"
        swapped = [good[:n] + good[n + 1] + good[n] + good[n + 2 :] for n in range(4) if good[n] != good[n + 1]]
        assert not any(is_valid(other) for other in swapped), good


def test_some_payloads_are_never_given_out() -> None:
    assert None in {check_digit(payload) for payload in range(1000, 1100)}


@pytest.mark.parametrize(
    ("text", "reference", "errors"),
    [
        ("ESTADO 48215", "48215", ()),
        ("estado 48 215", "48215", ()),
        ("estado nro. 48215 por favor", "48215", ()),
        ("حالة ٤٨٢١٥", "48215", ()),
        ("ESTADO 48251", "48251", ("reference_checkdigit",)),
        ("ESTADO 88882", "88882", ("reference_unknown",)),
        ("ESTADO", None, ("reference_missing",)),
    ],
)
def test_what_is_said_of_a_reference(text: str, reference: str | None, errors: tuple[str, ...]) -> None:
    outcome = read(text)
    assert (outcome.intent, outcome.reference, outcome.errors) == ("status", reference, errors)


def test_the_register_may_be_a_function_a_set_or_nothing() -> None:
    assert read("ESTADO 88882", known_references=None).errors == ()
    assert read("ESTADO 88882", known_references=["88882"]).errors == ()
    assert read("ESTADO 88882", known_references=lambda number: number == "48215").errors == ("reference_unknown",)
