"""What stands in the braces of a reply is readable, short, and cannot lead anybody elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.words.fills import FILLS, Value, cut


@pytest.mark.parametrize(("label", "text", "limit", "shown"), [
    ("a short one stays",                 "Kupini",                           18, "Kupini"),
    ("whole words",                       "Alto Munaypata Cusicancha",        18, "Alto Munaypata"),
    ("no dangling little words",          "Virgen de las Nieves",             18, "Virgen"),
    ("no 'street light without'",         "Foco o poste sin luz",             19, "Foco o poste"),
    ("no open bracket",                   "Soweto (Kayole) Este (lado norte)", 28, "Soweto (Kayole) Este"),
    ("one long word is cut",              "Achachicalanisimo",                10, "Achachical"),
    ("a word that ends at the limit",     "Alto Obrajes Sur",                 12, "Alto Obrajes"),
    ("nothing but little words is cut",   "de la de la de la",                 8, "de la de"),
])
def test_cut(label: str, text: str, limit: int, shown: str) -> None:
    assert cut(text, limit) == shown, label


@given(st.text(max_size=60), st.integers(1, 40))
def test_cut_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit


@pytest.mark.parametrize(("label", "fill", "value", "shown"), [
    ("a link loses its dots",                "place", "mercado casa.com",      "mercado casa com"),
    ("an abbreviation keeps its dot",        "place", "Av. 6 de Agosto",       "Av. 6 de Agosto"),
    ("a call number is no place",            "place", "llame 70000000 ya",     "llame ya"),
    ("a place with a date is one",           "place", "14 de Septiembre",      "14 de Septiembre"),
    ("wide letters become plain ones",       "code",  "Ｓ１６０４",              "S1604"),
    ("spaces of a long number go first",     "line",  "+591 800 14 0348",      "+591800140348"),
    ("a number too long is not cut",         "ref",   "123456789",             ""),
    ("a number of ours",                     "n",     14,                      "14"),
])
def test_clean(label: str, fill: str, value: Value, shown: str) -> None:
    assert FILLS[fill].clean(value, latin=True) == shown, label


@pytest.mark.parametrize(("label", "fill", "value", "limit", "shown"), [
    ("entries share the room", "needs", ["48215 Waste container", "48223 Leak"], 30, "48215 Waste, 48223 Leak"),
    ("a single text is one entry", "list", "48215", 34, "48215"),
    ("an empty entry is not listed", "list", ["48215", "\u200b"], 34, "48215"),
    ("options are numbered", "options", ["Lindi", "Makina"], 81, "1 Lindi 2 Makina"),
    ("three options at most", "options", ["A", "B", "C", "D"], 81, "1 A 2 B 3 C"),
    ("an option that cannot be shown keeps its number", "options", ["A", "\u200b", "C"], 81, "1 A 2 - 3 C"),
])
def test_fit(label: str, fill: str, value: Value, limit: int, shown: str) -> None:
    assert FILLS[fill].fit(FILLS[fill].clean(value, latin=True), limit) == shown, label


@given(st.sampled_from(sorted(FILLS)), st.lists(st.text(max_size=40), max_size=6), st.booleans())
def test_a_fill_never_exceeds_its_room(fill: str, value: list[str], latin: bool) -> None:
    room = FILLS[fill].room(latin=latin)
    cleaned = FILLS[fill].clean(value if FILLS[fill].sort in ("listed", "numbered") else "".join(value), latin=latin)
    assert not cleaned or len(FILLS[fill].fit(cleaned, room)) <= room
