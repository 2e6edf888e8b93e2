"""Whoever says stop is heard, however it is written; and what only looks like it is read as what it is."""

from __future__ import annotations

import pytest

from parsers.stopping import undressed
from tests.parsers.parser_tables import read

STOPS = ("BAJA", "STOP", "arrêt", "توقف", "acha", "unsubscribe", "sayachiy")
DRESSED = ("{}", "*{}*", "_{}_", "{}!!!", "¡{}!", "«{}»", "({})", "{} 🙏", "🛑 {} 🛑", "\u200f{}\u200f", "{} {}", "{}. {}. {}!", "...{}...",
           "{}\n\nEnviado desde mi iPhone", "{}\n--\nJuana Quispe", "\n{}\n", "{}, gracias", "/{}", "#{}")


@pytest.mark.parametrize("word", STOPS)
@pytest.mark.parametrize("dress", DRESSED)
def test_stop_is_heard_in_any_dress(word: str, dress: str) -> None:
    assert read(dress.replace("{}", word)).intent == "stop"


@pytest.mark.parametrize(("label", "text"), [
    ("spaced out", "S T O P"), ("with full stops", "B.A.J.A."), ("a zero for an o", "ST0P"), ("full width", "ＳＴＯＰ"),
    ("Cyrillic letters", "ЅТОР"), ("one Cyrillic letter", "BАJA"), ("Greek letters", "ΒΑJΑ"), ("Arabic with its marks", "تَوَقَّف"),
    ("Arabic drawn out", "تـــوقـــف"), ("joined by nothing", "S\u200dT\u200dO\u200dP"), ("mathematical letters", "𝐒𝐓𝐎𝐏"),
    ("as said in La Paz", "ya no me escriban"), ("of texts by another name", "no quiero mas sms"), ("of the list", "sáquenme de la lista"),
    ("politely", "deseo darme de baja"), ("in French, imperative", "arrêtez"), ("in French, of texts", "plus de SMS"),
    ("in English, as operators know it", "OPT-OUT"), ("in English", "stop texting me"), ("in Darija", "ما تصيفطوش ليا"),
    ("in Arabic", "لا أريد رسائل"), ("in Swahili", "sitaki ujumbe"),
])
def test_stop_is_heard_in_other_words(label: str, text: str) -> None:
    assert read(text).intent == "stop", label


@pytest.mark.parametrize("text", ["*START*", "INICIO 🙏", "S T A R T", "ابدأ!", "unstop. unstop."])
def test_start_likewise(text: str) -> None:
    assert read(text).intent == "start"


@pytest.mark.parametrize("text", [
    "alto obrajes sin agua", "baja presion de agua", "el agua baja muy turbia", "fin de semana sin luz", "stop sign missing at the corner",
    "arret de bus casse", "bus stop lamp broken", "se dio de baja el poste", "salir a la calle es peligroso", "no mas basura en la calle",
    "el volumen baja baja baja", "1", "2", "si", "no", "no no", "A", "AAA", "voto A", "0", "000", "B 3", "*4471 48215 HECHO", "?",
    "parada de bus", "توقف الماء", "وقف الطوبيس بعيد", "maji yameacha kutoka",
])
def test_what_is_no_stop(text: str) -> None:
    assert read(text).intent not in ("stop", "start")


@pytest.mark.parametrize(("text", "plain"), [
    ("*BAJA*", "BAJA"), ("S.T.O.P", "STOP"), ("stop! Stop!", "stop"), ("ST0P", "STOP"), ("100", "100"), ("sayt'aya", "sayt'aya"), ("", ""),
    ("no mas mensajes, no mas mensajes", "no mas mensajes"), ("мама", "мама"),
])
def test_undressed(text: str, plain: str) -> None:
    assert undressed(text) == plain
