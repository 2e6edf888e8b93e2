"""Every outcome says why: which words, which rule, where its reference and its place came from."""

from typing import Any

import pytest

from tests.parsers.parser_tables import read

CHOICE = {"pending": "choice", "slot": "place", "options": {"1": "Z2101", "2": "Z2104"}}


@pytest.mark.parametrize(
    ("label", "text", "context", "reasons"),
    [
        (
            "a report",
            "no hay agua en kupini hace 3 dias 20 familias urgente",
            {},
            ["WAT01: no hay agua", "place name: kupini = Kupini (S1701)", "people: 20 familias", "since: hace 3 dias", "severity: urgente"],
        ),
        ("a place by its code", "S1701 basura", {}, ["place code: S1701 = Kupini (S1701)"]),
        ("a misspelt place", "basura en tmbladerani", {}, ["name with 1 typo(s): tmbladerani"]),
        ("a part of a name", "arbol caido en stronguista", {}, ["part of a name: stronguista"]),
        ("a name that is shared", "basura en seguencoma", {}, ["seguencoma: 2 places have this name"]),
        ("a code that cannot be", "M1604 basura", {}, ["M1604: its letter and district do not agree"]),
        ("two places", "basura en kupini y pampahasi", {}, ["two places: kupini / pampahasi"]),
        ("the sender's own place", "no hay agua", {"profile": {"place_code": "S1701"}}, ["no place in the text: the sender's own, S1701"]),
        ("a street that must do", "bache en calle pampahasi", {}, ["though said of a street"]),
        ("an unknown zone", "no hay agua en villa esperanza", {}, ["villa esperanza"]),
        ("too little for a need", "en la escuela de mi hija hay algo raro que nadie ve en kupini", {}, ["too little for FAC02"]),
        ("a form", "AGUA#S1604#20 familias", {}, ["a text with a form"]),
        ("a card number", "COD 61 S1702", {}, ["card number 61 = LIT01"]),
        ("an emergency", "incendio en kupini", {}, ["alarm: incendio"]),
        ("a danger", "mi mama no respira", {}, ["danger: no respira"]),
        ("a disclosure", "mi marido me pega", {}, ["protection: pega beside marido"]),
        ("a wish to die", "quiero morirme", {}, ["protection: quiero morirme"]),
        ("status", "ESTADO 48215", {}, ["command: estado", "reference: 48215"]),
        ("status of the last one", "ESTADO", {"last_reference": "48215"}, ["command: estado", "reference: the sender's last, 48215"]),
        ("status of nothing", "ESTADO", {}, ["command: estado", "reference: none given and none remembered"]),
        ("a slip in a reference", "ESTADO 48251", {}, ["reference: 48251, a digit is wrong"]),
        ("a reference nobody has", "APOYO 88882", {}, ["command: apoyo", "reference: 88882, nobody was given it"]),
        ("plus one", "+1 48215", {}, ["command: +1", "reference: 48215"]),
        ("not fixed", "no arreglado 48215 sigue botando agua", {}, ["command: no arreglado", "reference: 48215"]),
        ("a rating", "nota 4 48215", {}, ["command: nota", "reference: 48215"]),
        (
            "a registration",
            "REGISTRO S1701 mujer 35",
            {},
            ["command: registro", "place code: S1701 = Kupini (S1701)", "gender: mujer", "age: 35-44"],
        ),
        ("a language", "idioma quechua", {}, ["command: idioma", "language: quechua"]),
        ("works of a place", "OBRA kupini", {}, ["command: obra", "place name: kupini = Kupini (S1701)"]),
        ("a vote", "voto b", {}, ["command: voto", "vote: B"]),
        ("words around a reference", "ref 48215 no contestan", {}, ["a reference and no need: 48215"]),
        ("a bare reference", "48215", {}, ["a reference alone asks for its status"]),
        ("stop", "BAJA", {}, ["command: baja"]),
        ("an answer about a place", "pampahasi", {"pending": "place"}, ["answer: place name: pampahasi = Pampahasi (S1604)"]),
        ("an answer by number", "2", CHOICE, ["answer: chose Z2104 (2)"]),
        ("a category by number", "1", {"pending": "category"}, ["answer: category WAT01 (number 1)"]),
        ("a category by word", "basura", {"pending": "category"}, ["answer: category WST01 (WST01: basura)"]),
        (
            "fixed as an answer",
            "si",
            {"pending": "fixed", "last_reference": "48215"},
            ["answer: yes", "reference: the one that was asked about, 48215"],
        ),
        ("a greeting", "buenas tardes", {}, ["only greeting: buenas tardes"]),
        ("thanks", "muchas gracias", {}, ["only thanks: muchas gracias"]),
        ("praise", "gracias a la alcaldia por las nuevas luminarias", {}, ["praise: gracias a"]),
        ("spam", "usted gano, reclama tu premio", {}, ["spam: usted gano"]),
        ("an insult", "son unos inutiles", {}, ["insult: inutiles"]),
        ("a number", "123", {}, ["only a number"]),
        ("nothing", "...", {}, ["no words"]),
        ("nothing we know", "asdf qwer zxcv", {}, ["no word of a need, place or command"]),
        ("an officer", "*4471 48215 HECHO se cambio", {"role": "officer", "pin": "4471"}, ["officer: done", "reference: 48215"]),
        ("no officer", "*4471 48215 HECHO se cambio", {}, ["officer line without the right phone and PIN"]),
    ],
)
def test_why(label: str, text: str, context: dict[str, Any], reasons: list[str]) -> None:
    why = read(text, **context).why
    missing = [reason for reason in reasons if not any(reason in said for said in why)]
    assert not missing, f"{label}: {why}"


def test_what_is_said_of_violence_names_no_place() -> None:
    why = " ".join(read("mi marido me pega en kupini 48215", last_reference="48215", profile={"place_code": "S1701"}).why)
    assert not any(told in why.lower() for told in ("kupini", "s1701", "48215"))
