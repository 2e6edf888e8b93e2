"""The demo's residents: who they are, what they text, and when.

The texts were written for the demo, one by one; the phones belong to nobody (+591 7 000 0xxx).
`{ref}` in a text stands for the number in the last reply its phone received, as a resident would copy it.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.demo.page import PhonePage, Resident
from gateway.demo.phones import Message
from gateway.demo.provider import ProviderDouble

TEXTS = Path(__file__).parent / "texts"
FIRST, FIRST_SECONDS = 40, 15.0  # so many at once that the board is alive when somebody looks
_REFERENCE = re.compile(r"(?<![\d+])\d{5,7}(?!\d)")


@dataclass(frozen=True, slots=True)
class Text:
    """One sample text: `{"order": 2, "phone": 9, "lang": "es", "text": "AGUA S1604 sin agua 3 dias 20 familias"}`."""

    order: int
    phone: int
    lang: str
    text: str


@dataclass(frozen=True, slots=True)
class City:
    """The people of one city: the number they text, how their phones begin, who the page shows, what it proposes and speaks."""

    name: str
    number: str
    prefix: str
    faces: tuple[tuple[int, str, str], ...]
    tries: tuple[str, ...]
    language: str = "es"

    def phone(self, index: int) -> str:
        """`phone(7)` -> +59170000007"""
        return f"{self.prefix}{index:03d}"

    def page(self, board_url: str = "", planner_url: str = "") -> PhonePage:
        residents = tuple(Resident(name, self.phone(index), home) for index, name, home in self.faces)
        return PhonePage(self.name, residents, self.tries, board_url, planner_url, self.language)


CITIES = {
    "la-paz": City(
        "La Paz", "+59122000000", "+59170000",
        (
            (1, "Justina", "Pampahasi"), (4, "Teófilo", "Alto Tacagua"), (5, "Nelson", "Munaypata"),
            (6, "Camille", "Chasquipampa"), (7, "Rosmery", "San Pedro"), (8, "Nayra", "Villa Copacabana"),
            (99, "Teléfono nuevo", "La Paz"),
        ),
        (
            "No hay agua en Villa Armonía desde ayer, somos 8 familias",
            "LUZ P1105 poste apagado 2 semanas",
            "The stairs in Alto Tejar are broken, children fall",
            "ESTADO",
            "AYUDA",
        ),
    ),
    "casablanca": City(
        "Casablanca", "+212520000000", "+212600000",
        (
            (1, "Fatiha", "Sidi Moumen"), (10, "Hamid", "Lissasfa"), (16, "Solange", "Ancienne Médina"),
            (19, "Ghizlane", "Oulfa"), (99, "Téléphone neuf", "Casablanca"),
        ),
        (
            "Plus d'eau à Oulfa depuis ce matin, 10 familles",
            "zbel mjmou3 f anassi 3afakom",
            "الضو مقطوع فمولاي رشيد",
            "STATUT",
            "AIDE",
        ),
        "fr",
    ),
}


def texts(city: str) -> tuple[Text, ...]:
    """The sample texts of a city in the order they are sent."""
    lines = (TEXTS / f"{city}.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(sorted((Text(**json.loads(line)) for line in lines), key=lambda text: text.order))


def schedule(samples: Sequence[Text], seconds: float, rng: random.Random) -> Iterator[tuple[float, Text]]:
    """When each text is sent, in seconds from the start: the first 40 within 15 s, the rest over what remains."""
    fast = min(FIRST_SECONDS, seconds / 4)
    for part, start, end in ((samples[:FIRST], 0.0, fast), (samples[FIRST:], fast, seconds)):
        for index, sample in enumerate(part):
            yield start + (end - start) * (index + rng.random()) / len(part), sample


def feed(
    double: ProviderDouble,
    seconds: float,
    rng: random.Random,
    city: str = "la-paz",
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Let the residents of a city text within so many seconds; returns how many texts arrived.

    One after another, so that each phone's texts keep their order; ends early when the double stops.
    """
    town, started, arrived = CITIES[city], clock(), 0
    for due, sample in schedule(texts(city), seconds, rng):
        if double.stopping.wait(max(0.0, due - (clock() - started))):
            break
        phone = town.phone(sample.phone)
        arrived += double.text(phone, spoken(sample.text, double.replies_to(phone))).arrived
    return arrived


def spoken(text: str, replies: Sequence[Message]) -> str:
    """Put the last reference the phone received where the text says {ref}; none received, none said."""
    if "{ref}" not in text:
        return text
    numbers = (match for reply in reversed(replies) if (match := _REFERENCE.search(reply.text)))
    found = next(numbers, None)
    return " ".join(text.replace("{ref}", found.group() if found else "").split())
