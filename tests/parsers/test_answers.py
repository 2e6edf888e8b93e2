"""An open question decides what a short text means; a text that is whole in itself overrides it."""

from typing import Any

import pytest

from tests.parsers.parser_tables import read

POLL = {"pending": "poll", "options": {"A": "Gradas", "B": "Parque", "C": "Alumbrado"}}
ASKED = {"pending": "fixed", "last_reference": "48215", "draft": {"category": "WAT01", "place_code": "S1701"}}
CHOICE = {"pending": "choice", "slot": "place", "options": {"1": "Z2101", "2": "Z2104"}}


@pytest.mark.parametrize(
    ("label", "context", "text", "wanted"),
    [
        ("a place", {"pending": "place"}, "pampahasi", {"intent": "dialogue", "fills": {"place_code": "S1604"}}),
        ("a place in a sentence", {"pending": "place"}, "es en la zona de pampahasi", {"fills": {"place_code": "S1604"}}),
        ("a common word is a place now", {"pending": "place"}, "primavera", {"fills": {"place_code": "S1601"}}),
        ("a shared name", {"pending": "place"}, "seguencoma", {"intent": "dialogue", "errors": ["place_ambiguous"]}),
        ("a landmark", {"pending": "place"}, "atras del cementerio", {"intent": "dialogue", "errors": ["place_unknown"]}),
        ("not knowing", {"pending": "place"}, "no se", {"intent": "dialogue", "answer": "dont_know"}),
        ("a whole report instead", {"pending": "place"}, "alcantarilla tapada en kupini", {"intent": "report", "category": "SAN01"}),
        ("a command instead", {"pending": "place"}, "ESTADO 48215", {"intent": "status", "reference": "48215"}),
        ("a category by number", {"pending": "category"}, "1", {"intent": "dialogue", "fills": {"category": "WAT01"}}),
        ("by the given options", {"pending": "category", "options": {"1": "LIT01"}}, "1", {"fills": {"category": "LIT01"}}),
        ("by its card", {"pending": "category"}, "61", {"fills": {"category": "LIT01"}}),
        ("by a word", {"pending": "category"}, "basura", {"fills": {"category": "WST01"}}),
        ("a choice", CHOICE, "2", {"intent": "dialogue", "place_code": "Z2104", "fills": {"place_code": "Z2104"}}),
        ("a choice in words", CHOICE, "la dos", {"fills": {"place_code": "Z2104"}}),
        ("a choice by name", CHOICE, "seguencoma bajo", {"fills": {"place_code": "Z2104"}}),
        ("a choice of none", CHOICE, "0", {"intent": "dialogue", "answer": "other"}),
        ("yes, this place", {"pending": "confirm_place", "draft": {"place_code": "S1701"}}, "si", {"fills": {"place_code": "S1701"}}),
        ("no, another", {"pending": "confirm_place", "draft": {"place_code": "S1701"}}, "no", {"intent": "dialogue", "answer": "no"}),
        (
            "no, that one",
            {"pending": "confirm_place", "draft": {"place_code": "S1701"}},
            "no, pampahasi",
            {"fills": {"place_code": "S1604"}},
        ),
        ("fixed", {"pending": "fixed", "last_reference": "48215"}, "si gracias", {"intent": "fixed", "reference": "48215"}),
        ("fixed with a sign", {"pending": "fixed", "last_reference": "48215"}, "👍", {"intent": "fixed"}),
        ("not fixed", {"pending": "fixed", "last_reference": "48215"}, "no, sigue goteando", {"intent": "not_fixed"}),
        ("yes in Arabic", {"pending": "fixed", "last_reference": "48215"}, "نعم", {"intent": "fixed"}),
        ("no in Darija", {"pending": "fixed", "last_reference": "48215"}, "lla", {"intent": "not_fixed"}),
        ("no in Swahili", {"pending": "fixed", "last_reference": "48215"}, "hapana", {"intent": "not_fixed"}),
        ("fixed by number", ASKED, "1", {"intent": "fixed", "answer": "yes", "reference": "48215", "language": "und"}),
        ("fixed in part by number", ASKED, "2", {"intent": "not_fixed", "answer": "partly", "reference": "48215"}),
        ("not fixed by number", ASKED, "3", {"intent": "not_fixed", "answer": "no", "reference": "48215"}),
        ("by number and word", ASKED, "2 En parte", {"intent": "not_fixed", "answer": "partly"}),
        ("in an eastern digit", ASKED, "٣", {"intent": "not_fixed", "answer": "no"}),
        ("in part, in Darija", ASKED, "chwiya", {"intent": "not_fixed", "answer": "partly"}),
        ("they do not know", ASKED, "no se", {"intent": "dialogue", "answer": "dont_know"}),
        ("still the same need", ASKED, "no hay agua", {"intent": "not_fixed", "answer": "no"}),
        ("another need, not an answer", ASKED, "no hay luz en la calle", {"intent": "report", "category": "LIT02"}),
        ("a number that is no answer", ASKED, "5", {"intent": "number_only"}),
        ("a rating", {"pending": "rate", "last_reference": "48215"}, "4", {"intent": "rate", "rating": 4, "reference": "48215"}),
        ("too good", {"pending": "rate", "last_reference": "48215"}, "10", {"intent": "rate", "errors": ["rating_range"]}),
        ("a vote", POLL, "A", {"intent": "poll", "answer": "A", "language": "und"}),
        ("a small vote", POLL, "b", {"intent": "poll", "answer": "B"}),
        ("a vote by name", POLL, "el parque", {"intent": "poll", "answer": "B"}),
        ("a vote by number", POLL, "3", {"intent": "poll", "answer": "C"}),
        ("two votes", POLL, "A o B", {"intent": "poll", "errors": ["poll_ambiguous"]}),
        ("gender by number", {"pending": "gender"}, "1", {"intent": "dialogue", "gender": "F"}),
        ("gender in words", {"pending": "gender"}, "prefiero no decir", {"gender": "U"}),
        ("age by number", {"pending": "age"}, "3", {"intent": "dialogue", "age_band": "30-44"}),
        ("age in years", {"pending": "age"}, "67", {"age_band": "65+"}),
        ("fine", {"pending": "checkin"}, "1", {"intent": "checkin", "answer": "fine"}),
        ("fine in words", {"pending": "checkin"}, "bien gracias a dios", {"intent": "checkin", "answer": "fine"}),
        ("in need of help", {"pending": "checkin"}, "necesito ayuda", {"intent": "checkin", "answer": "help"}),
        ("an open question nobody knows", {"pending": "nonsense"}, "2", {"intent": "number_only"}),
        ("no question at all", {}, "2", {"intent": "number_only", "errors": ["number_without_context"]}),
    ],
)
def test_answer(label: str, context: dict[str, Any], text: str, wanted: dict[str, Any]) -> None:
    got = read(text, **context).as_dict()
    assert {key: got.get(key) for key in wanted} == wanted, f"{label}: {got['why']}"


def test_protection_and_stop_outrank_an_open_question() -> None:
    assert read("mi marido me pega", pending="place").intent == "protection"
    assert read("STOP", pending="place").intent == "stop"


@pytest.mark.parametrize(
    ("label", "text", "context", "intent", "fields"),
    [
        ("8 is another problem", "8", {"pending": "category"}, "dialogue", {"answer": "other"}),
        ("0 is none of the problems", "0", {"pending": "category"}, "dialogue", {"answer": "other"}),
        ("0 is none of the places", "0", {"pending": "place", "options": {"1": "S1701"}}, "dialogue", {"answer": "other"}),
        ("a command while a rating is asked", "NO ARREGLADO 48215", {"pending": "rate"}, "not_fixed", {"reference": "48215"}),
        ("fixed while a rating is asked", "ARREGLADO", {"pending": "rate", "last_reference": "48215"}, "fixed", {"reference": "48215"}),
        ("START keeps the language", "START", {"channel_lang": "es"}, "start", {"language": "und"}),
        ("STOP keeps the language", "STOP", {"channel_lang": "es"}, "stop", {"language": "und"}),
        ("letters of a tag are no language", "<b>asdf qwer</b>", {}, "unknown", {"language": "und"}),
        ("no more messages", "no quiero mas mensajes", {}, "stop", {}),
        ("works, but where", "OBRA", {}, "info", {"errors": ("missing_place",)}),
    ],
)
def test_short_texts_of_residents(label: str, text: str, context: dict[str, object], intent: str, fields: dict[str, object]) -> None:
    outcome = read(text, **context)
    assert outcome.intent == intent, f"{label}: {outcome.why}"
    assert {name: getattr(outcome, name) for name in fields} == fields, label


def test_two_needs_in_two_places() -> None:
    outcome = read("no hay agua en Pampahasi ni luz en Kupini")
    assert [(need.category, need.place_code) for need in outcome.needs] == [("WAT01", "S1604"), ("LIT03", "S1701")]
    assert outcome.errors == ()
