"""Reasons are stored in English and read in the language of the page, old ones too; what a person wrote stays theirs."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from dashboards import reasoned
from gateway.needs.likeness import liken, trace_of
from gateway.operator.classifying import Classifier
from tests.dashboards.planting import Seed, as_role, need_id

LANGUAGES = ("es", "fr", "ar")
TEXTS = ("no hay agua en Pampahasi hace 40 dias", "se cayo el muro y hay muchos heridos en Kupini", "foco quemado en la calle 5 de Kupini",
         "basura", "hay un problema en el barrio", "hueco en Kupinni", "URGENTE se derrumba el cerro en Pampahasi, 30 familias",
         "bache en la zona Los Lirios Perdidos", "no pasa la basura detras del molino viejo", "AGUA#Z9999#sin agua", "mi marido me pega",
         "gradas rotas en Villa, mi mama no puede bajar", "agua y luz en Sopocachi y Kupini", "qwerty zxcv", "se necesita parque en S1604",
         "ماكاينش الما فالحي", "no water in Kupini for 200 people", "no paso el carro basurero por la plaza de Kupini")


@pytest.fixture(scope="module")
def given() -> list[str]:
    """What the machine says of ordinary texts, and of pairs of them."""
    classifier = Classifier("la-paz")
    found = [reason for text in TEXTS for reason in classifier.classify(text)["why"]]
    pairs = (("hueco en la calle 5 numero 120", "hueco calle 5 numero 124"), ("foco frente al colegio", "foco frente a la iglesia"),
             ("no hay luz", "no hay luz"), ("hueco en calle 9", "hueco en calle 5"), ("hueco calle 5 esquina 9", "hueco calle 5 esquina 7"),
             ("hueco calle 5", "hueco en la esquina de calle 9 y calle 5"), ("hueco calle 5", "hueco frente al colegio"),
             ("hueco", "hueco calle 5"))
    for one, other in pairs:
        found += liken(trace_of(one, "a", "es", 40.0), [trace_of(other, "b", "es", 0.0)]).why
        found += liken(trace_of(one, "a", "es"), [trace_of(other, "a", "es")]).why
    return [reason for reason in dict.fromkeys(found) if not reason.startswith("read as ")]  # said by the command alone


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_machine_says_is_said_in_the_readers_language(language: str, given: list[str], app: Flask) -> None:
    assert len(given) > 30, "there is something to say"
    with app.test_request_context("/", headers={"Accept-Language": language}):
        assert [reason for reason in given if reasoned.because(reason) == reason] == []


@pytest.mark.parametrize(("stored", "es", "ar"), [
    ("same place, same category", "mismo lugar, misma categoría", "نفس المكان ونفس النوع"),
    ("urgency 3: usual for WAT01", "urgencia 3: lo usual para Sin agua", "الاستعجال 3: المعتاد في"),
    ("one higher: about 200 people", "uno más: unas 200 personas", "درجة أعلى: حوالي 200"),
    ("one higher: muy peligroso", "uno más: muy peligroso", "درجة أعلى: muy peligroso"),
    ("perhaps the same as another need; words alike .82; 30 days apart",
     "quizás lo mismo que otra necesidad; palabras parecidas .82; 30 días de diferencia", "ربما هي نفس حاجة أخرى"),
    ("place name: kupini = Kupini (S1701), though said of a street",
     "nombre de lugar: kupini = Kupini (S1701), aunque dicho de una calle", "اسم المكان: kupini = Kupini (S1701)"),
    ("landmark that ana pinned: el 100% molino", "referencia que marcó ana: el 100% molino", "معلم ثبّته ana"),
    ("the neighbours all agree", "the neighbours all agree", "the neighbours all agree"),
    ("%(n)s <b>", "%(n)s <b>", "%(n)s <b>"),
    ("", "", ""),
])
def test_a_reason_is_said_from_its_parts_and_a_persons_words_stay_theirs(stored: str, es: str, ar: str, app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "es"}):
        assert reasoned.because(stored) == es
    with app.test_request_context("/", headers={"Accept-Language": "ar"}):
        assert reasoned.because(stored).startswith(ar)
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        assert reasoned.because(stored).startswith(stored.partition("usual for ")[0])


def test_an_officer_reads_them_on_the_page_of_a_need(app: Flask, seed: Seed) -> None:
    seed.accounts()
    seed.report()
    page = as_role(app, "officer").get(f"/officer/needs/{need_id('S1604', 'WAT01')}?lang=es").text
    reasons = re.findall(r"<li><bdi>(.*?)</bdi></li>", page)
    assert "word: agua" in reasons, "what nobody knows is shown as it is"
    assert "Stands here because" not in page
