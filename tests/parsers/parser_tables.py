"""The three city packs, the vocabulary and the scorer of example tables, shared by the tests of this room."""

import csv
import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from parsers import Context, Gazetteer, Outcome, load_vocabulary, parse

HERE = Path(__file__).parent
CITIES = HERE.parents[1] / "gateway" / "cities"
WORDS = load_vocabulary()

# The references that exist in the examples' world.
REFERENCES = frozenset(["48215", "10376", "22901", "30545", "77124", "64038", "15209"])

FIELDS = ("intent", "category", "place_code", "severity", "people", "people_unit", "language", "errors", "reference", "since_days")
EXTRAS = ("rating", "gender", "age_band", "lang_to", "answer", "action", "fills")


@cache
def rows_of(city: str) -> list[dict[str, str]]:
    """The rows of a city pack's places."""
    with (CITIES / city / "places.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def places_of(city: str) -> Gazetteer:
    """The gazetteer of a city pack: `la-paz`, `casablanca`, `nairobi`."""
    return Gazetteer.of(rows_of(city))


def read(text: str, city: str = "la-paz", **context: Any) -> Outcome:
    """What the text means in a city, for a sender of whom only `context` is known."""
    context.setdefault("known_references", REFERENCES)
    return parse(text, Context.of(context), WORDS, places_of(city))


def table(name: str) -> list[dict[str, Any]]:
    """The rows of an example table beside this file."""
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines() if line.strip()]


@dataclass
class Score:
    """How a table came out: hits and totals per field, rows wholly right, what was missed."""

    hits: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    whole: int = 0
    rows: int = 0
    misses: list[str] = field(default_factory=list)

    def rate(self, name: str) -> float:
        """The share of rows with this field right; 1 where no row has it."""
        return self.hits[name] / self.totals[name] if self.totals[name] else 1.0

    def __str__(self) -> str:
        lines = [f"{name:12} {self.hits[name]:4} / {self.totals[name]}" for name in (*FIELDS, "details", *EXTRAS) if self.totals[name]]
        return "\n".join([*lines, f"{'whole':12} {self.whole:4} / {self.rows}", *self.misses])


def score(rows: list[dict[str, Any]]) -> Score:
    """Score rows as the contract does: listed fields only, `accept` counts, a bare category code takes any of its kind."""
    result = Score()
    for row in rows:
        expected, accept = row["expected"], row.get("accept", {})
        context = Context.of(row.get("context"), row.get("channel_lang", ""), REFERENCES)
        got = parse(row["text"], context, WORDS, places_of(row["city"])).as_dict()
        missed = []
        for name in (*FIELDS, *EXTRAS):
            if name not in expected or (name == "language" and expected[name] in (None, "und")):
                continue
            if name == "category" and expected["intent"] not in ("report", "emergency"):
                continue
            result.totals[name] += 1
            if _fits(name, expected[name], got.get(name), accept.get(name, [])):
                result.hits[name] += 1
            else:
                missed.append(f"{name} {expected[name]} not {got.get(name)}")
        if expected.get("details"):
            result.totals["details"] += 1
            kept = expected["details"].lower() in (got.get("details") or "").lower()
            result.hits["details"] += kept
            missed += [] if kept else ["details lost"]
        result.rows += 1
        result.whole += not missed
        if missed:
            result.misses.append(f"{row['text'][:60]} | {'; '.join(missed)} | {'; '.join(got['why'])}")
    return result


def _fits(name: str, want: Any, have: Any, accept: list[Any]) -> bool:
    if name == "errors":
        want, have = sorted(want or []), sorted(have or [])
    if have == want or have in accept:
        return True
    if name != "category" or not isinstance(have, str):
        return False
    return any(isinstance(code, str) and len(code) == 3 and have.startswith(code) for code in [want, *accept])
