"""The spot that a text tells inside its place, alike in every language."""

from __future__ import annotations

import pytest

from parsers.spots import Spot, same_name, spot_in


@pytest.mark.parametrize(("label", "text", "expected"), [
    ("a numbered street", "poste caido en calle 12 desde hace 3 dias", Spot(("12",))),
    ("a number written behind it in English", "5th street lamp broken", Spot(("5",))),
    ("a name, a house and a landmark", "hueco en la calle Murillo 231, frente a la escuela", Spot(("murillo",), ("231",), ("school",))),
    ("the same in French", "nid de poule rue Murillo devant l'école", Spot(("murillo",), (), ("school",))),
    ("the name before the word in English", "pothole on Murillo street near the school", Spot(("murillo",), (), ("school",))),
    ("the street before its corner", "foco quemado calle 5 esquina Loayza", Spot(("5", "loayza"))),
    ("a date that is a street", "bache en la av. 6 de agosto", Spot(("6/8",))),
    ("the same date in Arabic", "حفرة في شارع 6 غشت", Spot(("6/8",))),
    ("the particle written in one", "درجة طايحة فزنقة 2 شكرا", Spot(("2",))),
    ("Darija", "7ofra f zan9a 12 7da ljam3", Spot(("12",), (), ("mosque",))),
    ("a letter lost in the word for it", "farol apagado cale los pinos", Spot(("pinos",))),
    ("a word near it that is none", "el cable esta pelado", Spot()),
    ("days are no house", "calle 5 3 dias sin luz", Spot(("5",))),
    ("a landmark that no list holds", "detras del molino viejo", Spot((), (), ("molino",))),
    ("one's own house is no landmark", "frente a mi casa hay un hueco", Spot()),
    ("what is broken is no landmark", "el puente esta roto", Spot()),
    ("part of what is broken is none either", "falta un pedazo de graderia", Spot()),
    ("a place is no spot", "hay un bache enorme en villa fatima", Spot()),
    ("nothing", "", Spot()),
])
def test_spot(label: str, text: str, expected: Spot) -> None:
    assert spot_in(text) == expected, label


@pytest.mark.parametrize(("label", "one", "other", "same"), [
    ("by ear", "illampu", "iyampu", True),
    ("a slip", "sagarnaga", "sagarnga", True),
    ("two letters swapped", "granier", "grnaier", True),
    ("another script", "sagarnaga", "ساغارناغا", True),
    ("other names", "murillo", "loayza", False),
    ("numbers are never near", "15", "16", False),
    ("short names are never near", "jaen", "juan", False),
])
def test_same_name(label: str, one: str, other: str, same: bool) -> None:
    assert same_name(one, other) is same, label


def test_two_nodes_spell_one_spot_alike() -> None:
    told = ["hueco en calle Murillo frente al colegio", "NID DE POULE rue murillo devant l'ecole", "frente a la escuela, calle Muriyo"]
    assert len({spot_in(text).key for text in told}) == 1
    assert spot_in("hueco").key == ()
