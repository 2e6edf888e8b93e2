"""A school may be where something is wrong, or what is lacking; alone it is neither."""

import pytest

from tests.parsers.parser_tables import read


@pytest.mark.parametrize(("label", "city", "text", "category", "place"), [
    ("Spanish", "la-paz", "no hay luz cerca del colegio en Kupini", "LIT03", "S1701"),
    ("with an article of the sender's", "la-paz", "bache frente a mi colegio en Kupini", "ACC01", "S1701"),
    ("French", "casablanca", "pas d'eau en face de l'école", "WAT01", None),
    ("English", "nairobi", "no water near the school", "WAT01", None),
    ("Arabic", "casablanca", "ما كاينش الما قدام المدرسة", "WAT01", None),
    ("Darija", "casablanca", "makaynch lma 7da lmdrasa", "WAT01", None),
    ("Swahili", "nairobi", "hakuna maji karibu na shule", "WAT01", None),
])
def test_what_stands_behind_beside_is_where(label: str, city: str, text: str, category: str, place: str | None) -> None:
    found = read(text, city)
    assert (found.category, found.place_code, found.needs) == (category, place, ()), f"{label}: {found.why}"


@pytest.mark.parametrize(("label", "text", "category"), [
    ("it lacks", "falta un colegio en Kupini", "FAC02"),
    ("it is named with its place", "Hospital Kupini", "FAC03"),
    ("two words beside the place", "escuela en Kupini", "FAC02"),
    ("something is said of it", "cancha nueva por favor", "FAC05"),
])
def test_what_is_lacking_is_a_need(label: str, text: str, category: str) -> None:
    assert read(text).category == category, f"{label}: {read(text).why}"


@pytest.mark.parametrize("text", ["Hospital", "el colegio por favor", "mercado", "école", "market", "المدرسة", "lmdrasa", "shule"])
def test_a_landmark_alone_is_no_need(text: str) -> None:
    assert read(text).intent == "unknown"


@pytest.mark.parametrize(("label", "text", "place"), [
    ("beside a landmark", "en Kupini cerca del colegio", "S1701"),
    ("by a landmark", "en Kupini por el hospital", "S1701"),
    ("a landmark after the place", "Kupini, plaza", "S1701"),
])
def test_a_landmark_in_an_answer_tells_where(label: str, text: str, place: str) -> None:
    found = read(text, pending="place", draft={"category": "ENV01"})
    assert (found.intent, found.place_code, found.category) == ("dialogue", place, None), f"{label}: {found.why}"


def test_a_need_told_instead_of_the_place_is_one() -> None:
    assert read("en Kupini falta un colegio", pending="place", draft={"category": "ENV01"}).category == "FAC02"
