"""The sample texts and the order in which residents send them."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import UTC, datetime

import pytest

from gateway.demo.phones import Message
from gateway.demo.provider import ProviderDouble
from gateway.demo.residents import CITIES, FIRST, TEXTS, feed, schedule, spoken, texts
from tests.demo.demo_hub import Hub

GUARD = 5  # automatic replies one phone gets in a day; a phone that texts more would fall silent in the demo


@pytest.mark.parametrize(("city", "least", "phones", "languages"), [
    ("la-paz", 170, 60, {"es", "en", "fr", "ay", "qu"}),
    ("casablanca", 60, 25, {"fr", "ary", "ar", "en"}),
])
def test_a_city_has_many_texts_of_many_phones(city: str, least: int, phones: int, languages: set[str]) -> None:
    lines = [json.loads(line) for line in (TEXTS / f"{city}.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(set(line) == {"order", "phone", "lang", "text"} for line in lines)
    assert [line["order"] for line in lines] == list(range(1, len(lines) + 1))
    assert len(lines) >= least
    assert len({line["text"] for line in lines}) == len(lines)
    assert {line["lang"] for line in lines} == languages
    per_phone = Counter(line["phone"] for line in lines)
    assert len(per_phone) >= phones
    assert max(per_phone.values()) < GUARD
    assert all(0 < len(line["text"]) <= 300 and line["text"] == line["text"].strip() for line in lines)


def test_several_phones_report_one_problem_in_one_place_so_that_a_need_gathers_them() -> None:
    early = [text for text in texts("la-paz") if text.order <= 60]
    thirsty = {text.phone for text in early if "pampahasi" in text.text.lower() and "agua" in text.text.lower()}
    assert len(thirsty) >= 10


def test_phones_belong_to_nobody() -> None:
    assert CITIES["la-paz"].phone(7) == "+59170000007"
    assert all(resident.number.startswith("+591700000") for resident in CITIES["la-paz"].page().residents)
    assert CITIES["casablanca"].phone(12) == "+212600000012"


@pytest.mark.parametrize(("label", "seconds", "fast"), [
    ("some minutes: the first forty within fifteen seconds", 180, 15), ("half a minute: within a quarter", 30, 7.5),
])
def test_the_board_is_alive_at_once(label: str, seconds: float, fast: float) -> None:
    planned = list(schedule(texts("la-paz"), seconds, random.Random(7)))
    times = [due for due, _ in planned]
    assert times == sorted(times)
    assert [text.order for _, text in planned] == [text.order for text in texts("la-paz")]
    assert sum(due <= fast for due in times) == FIRST
    assert times[-1] <= seconds


@pytest.mark.parametrize(("label", "text", "received", "said"), [
    ("a text without a reference", "sin agua", ["N 48215"], "sin agua"),
    ("the last reference received", "ESTADO {ref}", ["N 48215: agua", "N 10376: luz"], "ESTADO 10376"),
    ("a reply without one is passed over", "NOTA 4 {ref}", ["N 48215", "Escriba AYUDA"], "NOTA 4 48215"),
    ("no reply yet", "NO ARREGLADO {ref} sigue", [], "NO ARREGLADO sigue"),
    ("a help line is no reference", "ESTADO {ref}", ["llame al 800140348"], "ESTADO"),
])
def test_a_resident_copies_the_reference(label: str, text: str, received: list[str], said: str) -> None:
    at = datetime(2026, 3, 9, tzinfo=UTC)
    replies = [Message(f"SM{n}", "outbound-api", "+1", "+2", words, "sent", at) for n, words in enumerate(received)]
    assert spoken(text, replies) == said


def test_all_texts_arrive_in_order_over_http(hub: Hub, double: ProviderDouble) -> None:
    assert feed(double, 0.5, random.Random(7), "casablanca") == len(texts("casablanca"))
    bodies = [call.form["Body"] for call in hub.calls]
    assert bodies == [spoken(text.text, []) for text in texts("casablanca")]
    assert len({call.form["From"] for call in hub.calls}) == len({text.phone for text in texts("casablanca")})


def test_the_feed_ends_when_the_double_stops(hub: Hub, double: ProviderDouble) -> None:
    double.stopping.set()
    assert feed(double, 60, random.Random(7)) == 0
    assert hub.calls == []
