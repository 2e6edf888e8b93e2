"""The three city packs and the vocabulary, loaded once for all tests of this room."""

import csv
from functools import cache
from pathlib import Path

from parsers import Gazetteer

CITIES = Path(__file__).resolve().parents[2] / "gateway" / "cities"


@cache
def places_of(city: str) -> Gazetteer:
    """The gazetteer of a city pack: `la-paz`, `casablanca`, `nairobi`."""
    with (CITIES / city / "places.csv").open(encoding="utf-8", newline="") as file:
        return Gazetteer.of(list(csv.DictReader(file)))
