"""Who shares a phone says by whose they write, before they say what is wrong."""

from __future__ import annotations

import pytest

from gateway.operator.classifying import Classifier
from parsers.introductions import without_introduction

SHARED = [
    ("another neighbour", "la-paz", "soy otra vecina con el celular de mi prima, en Kupini hay un bache grande",
     "en Kupini hay un bache grande", "ACC01"),
    ("no comma", "la-paz", "le escribo del celular de mi prima hay un bache grande en Kupini", "hay un bache grande en Kupini", "ACC01"),
    ("it is hers", "la-paz", "este es el celular de mi mama, soy Juan, no hay agua en Kupini", "soy Juan, no hay agua en Kupini", "WAT01"),
    ("lent", "la-paz", "hola soy doña Rosa, me presto su celular mi vecina, no recogen la basura en Pampahasi",
     "no recogen la basura en Pampahasi", "WST01"),
    ("French", "casablanca", "c'est le téléphone de ma soeur, il n'y a pas d'eau à Sidi Moumen",
     "il n'y a pas d'eau à Sidi Moumen", "WAT01"),
    ("French, no comma", "casablanca", "je vous écris avec le portable de mon frère il n'y a pas d'électricité",
     "il n'y a pas d'électricité", "LIT03"),
    ("Darija", "casablanca", "hada tilifoun khti, makaynch lma f sidi moumen", "makaynch lma f sidi moumen", "WAT01"),
    ("Arabic", "casablanca", "من هاتف اختي، لا يوجد ماء في سيدي مومن", "لا يوجد ماء في سيدي مومن", "WAT01"),
    ("English", "nairobi", "using my brother's phone, no water in Kibera since monday", "no water in Kibera since monday", "WAT01"),
    ("Swahili", "nairobi", "natumia simu ya dada yangu, hakuna maji hapa", "hakuna maji hapa", "WAT01"),
]


@pytest.mark.parametrize(("label", "city", "text", "rest", "code"), SHARED)
def test_by_whose_phone_somebody_writes_is_no_part_of_the_need(label: str, city: str, text: str, rest: str, code: str) -> None:
    assert without_introduction(text) == rest, label
    found = Classifier(city).classify(text)
    assert (found["category"], found["restricted"]) == (code, False), label


@pytest.mark.parametrize(("label", "text"), [
    ("something is wrong with the phone", "no tengo señal en el celular de mi mama"),
    ("it was stolen", "me robaron el celular de mi prima en la plaza"),
    ("stolen from a house", "de mi casa se robaron el celular y la tele"),
    ("a husband and a phone", "mi marido me revisa el celular, no me deja salir"),
    ("a public phone", "el telefono de la posta no funciona"),
    ("said last", "no hay luz, del celular de mi tia"),
    ("nothing is said after it", "escribo del celular de mi prima"),
    ("no phone at all", "soy la vecina del frente, no hay agua"),
])
def test_what_is_no_introduction_stays(label: str, text: str) -> None:
    assert without_introduction(text) == text, label


@pytest.mark.parametrize("text", ["con el celular de mi prima le digo que mi tio me pega",
                                  "soy su hija, uso el celular de mi mama, mi papa la golpea"])
def test_harm_is_heard_after_it(text: str) -> None:
    assert Classifier("la-paz").classify(text)["restricted"]
