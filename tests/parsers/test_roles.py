"""A word keeps its role however it is spelt, whoever it is done to, and in both scripts of Darija."""

from __future__ import annotations

import pytest

from parsers.roles import bare, heard, names


def roles_in(text: str) -> set[str]:
    return {role for word in heard(text) for role in word.roles}


@pytest.mark.parametrize(("label", "text", "roles"), [
    ("who, to whom, what",              "mi tio me encierra", {"kin", "me", "lock"}),
    ("a stem with its ending",          "golpeandola", {"hit", "them"}),
    ("a k for a qu, a silent h left out", "mi ijo se kema", {"child", "burn"}),
    ("a b for a v",                     "me biola", {"sex", "me"}),
    ("French elided",                   "il m'enferme", {"them", "me", "lock"}),
    ("English",                         "she locks the orphan", {"them", "lock", "child"}),
    ("Darija and its object",           "rajli kayderbni 9dam drari", {"partner", "hit", "me", "child"}),
    ("Darija in another spelling",      "rajli kaydrebni w ana khayfa", {"partner", "hit", "me", "fear"}),
    ("the same in Arabic letters",      "راجلي كيضربني", {"partner", "hit", "me"}),
    ("an Arabic \"and\", and her",      "ويضربها", {"hit", "them"}),
    ("a number that may be an age",     "tengo 13 años", {"young", "years"}),
    ("a thing",                         "el poste y la lluvia", {"infra", "weather"}),
])
def test_roles(label: str, text: str, roles: set[str]) -> None:
    assert roles <= roles_in(text), label


@pytest.mark.parametrize(("label", "text", "role"), [
    ("a year is no age",                        "desde 2024", "young"),
    ("an English \"and\" is no hand",           "bread and tea", "touch"),
    ("Darija roots are not sought in Spanish",  "la drab de la casa", "hit"),
    ("nothing at all",                          "?!", "me"),
])
def test_negative_control_what_has_no_such_role(label: str, text: str, role: str) -> None:
    assert role in names()
    assert role not in roles_in(text), label


@pytest.mark.parametrize(("latin", "arabic"), [("kayderbni", "كيضربني"), ("drari", "دراري"), ("7bel", "حبل"), ("sekkin", "سكين")])
def test_darija_is_the_same_in_both_scripts(latin: str, arabic: str) -> None:
    assert bare(latin) == bare(arabic)
