"""Names as residents read them, and names that are one."""

from __future__ import annotations

import pytest

from gateway.importing.naming import is_common, key_of, sound_of, written
from gateway.importing.shapes import Wrong
from parsers import load_vocabulary


@pytest.mark.parametrize(("raw", "name"), [
    ("VILLA DE LA CRUZ", "Villa de la Cruz"),
    ("ALTO LA MERCED  A-1", "Alto La Merced A-1"),
    ("SAN PEDRO ALTO II", "San Pedro Alto II"),
    ("LOS PINOS", "Los Pinos"),
    ("1° DE MAYO", "1° de Mayo"),
    ("24 DE JUNIO \"A\"", "24 de Junio \"A\""),
    ("CIUDAD DEL NIÑO", "Ciudad del Niño"),
    ("BEN M'SICK", "Ben M'Sick"),
    ("BARRIO KM 4", "Barrio KM 4"),
    ("Hay Mohammadi", "Hay Mohammadi"),
    ("  La \u200b Ladera\n", "La Ladera"),
    ("سيدي مومن", "سيدي مومن")])
def test_a_name_in_capitals_is_written_as_people_write(raw: str, name: str) -> None:
    assert written(raw) == name


def test_a_name_is_left_as_it_is_when_told_so() -> None:
    assert written("PLAN EPSAS", keep_case=True) == "PLAN EPSAS"


@pytest.mark.parametrize(("label", "raw", "what"), [
    ("no name", "", "the name is empty"),
    ("signs only", "---", "has no letters"),
    ("lost letters", "Nu\ufffdoa", "has letters that were lost"),
    ("encoded twice", "CÃ³ndores", "was encoded twice; it probably was 'Cóndores'"),
    ("a sign that parts names", "A|B", "has a |"),
    ("a sign that cannot be printed", "A\x07B", "cannot be printed"),
    ("longer than an SMS", "Villa " * 20, "has more than 80 characters")])
def test_a_name_nobody_could_read_is_refused(label: str, raw: str, what: str) -> None:
    with pytest.raises(Wrong) as fault:
        written(raw)
    assert what in fault.value.what
    assert fault.value.do


@pytest.mark.parametrize(("one", "other"), [
    ("Sta. Rita", "SANTA  RITA"), ("Alto Irpavi", "Irpavi Alto"), ("Urkupiña", "URKUPINA"), ("Kupini II", "Kupini 2"),
    ("Urb. Lindo", "Urbanización Lindo")])
def test_names_that_no_text_can_tell_apart_are_one(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


def test_names_that_sound_alike_are_near_and_others_are_not() -> None:
    assert sound_of("Ben M'sik") == sound_of("Ben M'Sick")
    assert sound_of("Los Pinos") != sound_of("Los Pinares")


def test_an_everyday_word_is_a_common_name_and_a_name_is_not() -> None:
    words = load_vocabulary()
    assert is_common("Agua", words)
    assert not is_common("Agua de la Vida", words)
    assert not is_common("Kupini", words)
