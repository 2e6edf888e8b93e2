"""Trips as residents tell them: every part in any order and language, and what only begins with the word."""

from __future__ import annotations

from typing import Any

import pytest

from parsers import Command, Context, Draft, parse
from parsers.draft import Leg
from tests.parsers.parser_tables import WORDS, places_of

GUIDE = "VIAJE S1701 CENTRO 6AM MINIBUS CUIDADO 2"


def legs(text: str, city: str = "la-paz", **context: Any) -> list[dict[str, Any]]:
    outcome = parse(text, Context(**context), WORDS, places_of(city))
    assert isinstance(outcome, Command), outcome
    assert outcome.intent == "trip"
    return [{name: value for name, value in leg.as_dict().items() if value is not None} for leg in outcome.legs]


@pytest.mark.parametrize(("label", "text", "told"), [
    ("the form of the campaign", "VIAJE S1701 P1314 6AM MINIBUS CUIDADO 2",
     [{"begins": "S1701", "ends": "P1314", "hour": 6, "mode": "minibus", "purpose": "care", "safety": 2}]),
    ("any order, names of places", "viaje trabajo teleferico kupini villa fatima 18:30 4",
     [{"begins": "S1701", "ends": "P1314", "hour": 18, "mode": "rail", "purpose": "work", "safety": 4}]),
    ("two legs, the second from where the first ended", "VIAJE S1701 P1314 7AM PIE ESCUELA CON NIÑOS > S1604 8AM MICRO TRABAJO",
     [{"begins": "S1701", "ends": "P1314", "hour": 7, "mode": "walk", "purpose": "study", "company": "children"},
      {"begins": "P1314", "ends": "S1604", "hour": 8, "mode": "minibus", "purpose": "work"}]),
    ("minutes, waiting, problem", "Viaje Kupini a pie llevar wawas 40 min espera 15 gradas oscuro 1",
     [{"begins": "S1701", "mode": "walk", "purpose": "escort", "company": "children", "minutes": 40, "waiting": 15,
       "problem": "steep", "safety": 1}]),
    ("joined numbers", "viaje S1701 taxi salud 9pm espera 20min 35min",
     [{"begins": "S1701", "mode": "taxi", "purpose": "health", "hour": 21, "waiting": 20, "minutes": 35}]),
    ("a greeting before", "buenos dias viaje S1701 bus compras 10am",
     [{"begins": "S1701", "mode": "bus", "purpose": "shopping", "hour": 10}]),
    ("French", "TRAJET S1701 18h30 à pied accompagner enfants attente 10 min 2",
     [{"begins": "S1701", "hour": 18, "mode": "walk", "purpose": "escort", "company": "children", "waiting": 10, "safety": 2}]),
    ("English", "TRIP S1701 P1314 6:15 pm walking care alone dark 1",
     [{"begins": "S1701", "ends": "P1314", "hour": 18, "mode": "walk", "purpose": "care", "company": "alone", "problem": "dark",
       "safety": 1}]),
    ("Arabic with its digits", "رحلة S1701 ٧ صباحا مشي مدرسة أطفال ٣٠ دقيقة",
     [{"begins": "S1701", "hour": 7, "mode": "walk", "purpose": "study", "company": "children", "minutes": 30}]),
    ("a sentence with a market that no list has", "viaje de kupini al mercado lanza a pie con mis wawas para compras",
     [{"begins": "S1701", "mode": "walk", "purpose": "shopping", "company": "children"}]),
    ("no place at all", "viaje a pie cuidado 30 min", [{"mode": "walk", "purpose": "care", "minutes": 30}]),
    ("an hour that is none is left out", "viaje S1701 99AM pie cuidado", [{"begins": "S1701", "mode": "walk", "purpose": "care"}]),
    ("days of minutes are left out", "viaje S1701 pie cuidado 900 min", [{"begins": "S1701", "mode": "walk", "purpose": "care"}]),
])
def test_a_trip(label: str, text: str, told: list[dict[str, Any]]) -> None:
    assert legs(text) == told, label


def test_the_guides_own_example_keeps_its_parts() -> None:
    leg = legs(GUIDE)[0]
    assert {name: leg[name] for name in ("begins", "hour", "mode", "purpose", "safety")} == {
        "begins": "S1701", "hour": 6, "mode": "minibus", "purpose": "care", "safety": 2}


@pytest.mark.parametrize(("label", "text", "intent"), [
    ("a complaint about a ride", "viaje en minibus muy caro y maltratan", None),
    ("a complaint with a place", "viaje en minibus muy caro y no hay paradas en kupini", None),
    ("a need that begins with the word", "viajes de agua en cisterna no llegan a kupini", None),
    ("a disclosure on the way is guarded", "viaje S1701 P1314 6AM minibus trabajo me violaron en el camino", "protection"),
    ("another sentence", "el viaje al trabajo es largo", None),
])
def test_what_is_no_trip(label: str, text: str, intent: str | None) -> None:
    outcome = parse(text, Context(), WORDS, places_of("la-paz"))
    assert outcome.intent != "trip", label
    assert outcome.legs == ()
    if intent:
        assert isinstance(outcome, Draft)
        assert outcome.intent == intent


@pytest.mark.parametrize(("text", "language"), [("VIAJE", "es"), ("trajet", "fr"), ("Trip?", "en"), ("رحلة", "ar")])
def test_the_word_alone_asks_how(text: str, language: str) -> None:
    outcome = parse(text, Context(), WORDS, places_of("la-paz"))
    assert (outcome.intent, outcome.errors, outcome.language) == ("trip", ("trip_missing",), language)


@pytest.mark.parametrize(("label", "city", "text", "unclear"), [
    ("a place that no list has, a scale that ends at 5", "la-paz", "VIAJE Marte S1701 PIE TRABAJO 9", "Marte, 9"),
    ("words that belong together", "la-paz", "viaje kupini al mercado de lanza a pie 8am compras", "lanza"),
    ("an hour that is none", "la-paz", "viaje S1701 99AM pie cuidado", "99AM"),
    ("days of minutes", "la-paz", "viaje S1701 pie cuidado 900 min", "900"),
    ("a code that is none", "la-paz", "VIAJE S9999 6AM MINIBUS CUIDADO 2", "S9999"),
    ("French", "casablanca", "TRAJET Pluton 7h bus travail 8", "Pluton, 8"),
    ("English", "nairobi", "trip Pluto 6am matatu work 8", "Pluto, 8"),
    ("Swahili", "nairobi", "safari Pluto matatu kazi peke 8", "Pluto, 8"),
    ("Arabic", "casablanca", "رحلة بلوتو ٧ صباحا حافلة عمل ٩", "بلوتو, ٩"),
    ("Darija", "casablanca", "ri7la plouto tobis khedma bou7di 9", "plouto, 9"),
    ("all of it understood", "la-paz", "VIAJE S1701 P1314 6AM MINIBUS CUIDADO 2", None),
])
def test_what_was_not_understood_of_a_trip_is_said(label: str, city: str, text: str, unclear: str | None) -> None:
    found = parse(text, Context(), WORDS, places_of(city))
    assert (found.intent, found.details, bool(found.errors)) == ("trip", unclear, unclear is not None), label
    assert found.legs, label


@pytest.mark.parametrize(("city", "text", "asks"), [
    ("la-paz", "VIAJE de mi casa al mercado", True), ("la-paz", "viaje al trabajo en minibus", True),
    ("la-paz", "viaje de Marte a Jupiter", True), ("la-paz", "viaje de kupini al centro", True),
    ("la-paz", "VIAJE ida y vuelta al mercado", True),
    ("casablanca", "TRAJET de chez moi au marché", True), ("casablanca", "trajet Sbata centre", True),
    ("casablanca", "رحلة من الدار للسوق", True), ("casablanca", "ri7la mn dar l souk", True),
    ("nairobi", "trip from home to the market", True), ("nairobi", "safari kutoka nyumbani hadi sokoni", True),
    ("la-paz", "viaje al mercado muy caro", False), ("la-paz", "viaje lleno", False), ("la-paz", "viaje largo", False),
    ("la-paz", "viajes de agua no llegan al mercado", False), ("casablanca", "trajet en bus trop cher", False),
    ("nairobi", "trip to town is expensive", False), ("nairobi", "safari ni ghali", False),
])
def test_who_only_says_from_where_to_where_is_told_the_form(city: str, text: str, asks: bool) -> None:
    found = parse(text, Context(), WORDS, places_of(city))
    assert (found.intent == "trip" and found.errors == ("trip_missing",)) is asks


def test_a_chain_has_an_end() -> None:
    found = parse("VIAJE S1701 PIE CUIDADO 6AM" + " > P1314 BUS TRABAJO" * 40, Context(), WORDS, places_of("la-paz"))
    assert len(found.legs) == 6
    assert Leg().told == 0
