"""How much understanding falls when texts are spoilt: the table of docs/parsing.md, with floors under every figure."""

import random
from functools import cache
from typing import Any

import pytest

from parsers import Context, parse
from tests.parsers.noise import NOISES
from tests.parsers.parser_tables import REFERENCES, WORDS, places_of, table

COUNT = 200
FIELDS = ("intent", "place", "category", "subcategory", "severity", "people", "since")
_KEYS = {"place": "place_code", "subcategory": "category", "since": "since_days"}
# Spoilt before they were ours to spoil, or of nothing a thumb could spoil.
_LEFT_OUT = frozenset(["paraphrase", "typo", "empty"])


@cache
def clean_texts() -> tuple[dict[str, Any], ...]:
    """Two hundred labelled texts of our own, always the same."""
    rows = [row for name in ("hard_steer", "hard_kept", "hard_fresh") for row in table(f"{name}.jsonl")]
    plain = [row for row in rows if not row.get("context") and _LEFT_OUT.isdisjoint(row["tags"]) and len(row["text"].split()) >= 4]
    return tuple(random.Random(20261125).sample(plain, COUNT))


def right(field: str, row: dict[str, Any], got: dict[str, Any]) -> bool | None:
    """Whether a field is as labelled; None where the label says nothing of it."""
    key = _KEYS.get(field, field)
    want, have = row["expected"].get(key), got.get(key)
    if want is None or (key == "category" and row["expected"]["intent"] not in ("report", "emergency")):
        return None
    accepted = [want, *row.get("accept", {}).get(key, [])]
    if field == "category":
        return (have or "")[:3] in {str(code)[:3] for code in accepted}
    return have in accepted or (key == "category" and any(len(str(code)) == 3 and (have or "").startswith(str(code)) for code in accepted))


@cache
def shares(noise: str) -> dict[str, float]:
    """The share of labelled fields that are right under a noise."""
    hits, totals = dict.fromkeys(FIELDS, 0), dict.fromkeys(FIELDS, 0)
    for row in clean_texts():
        context = Context.of(None, row.get("channel_lang", ""), REFERENCES)
        got = parse(NOISES[noise](row["text"]), context, WORDS, places_of(row["city"])).as_dict()
        for field in FIELDS:
            if (is_right := right(field, row, got)) is not None:
                totals[field] += 1
                hits[field] += is_right
    return {field: hits[field] / totals[field] for field in FIELDS}


def as_table() -> str:
    """The table of docs/parsing.md."""
    lines = ["| | " + " | ".join(FIELDS) + " |", "|---" * (len(FIELDS) + 1) + "|"]
    lines += [f"| {noise} | " + " | ".join(f"{shares(noise)[field]:.0%}" for field in FIELDS) + " |" for noise in NOISES]
    return "\n".join(lines)
