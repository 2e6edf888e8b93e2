"""How long understanding one text takes: words alone and with the model, in the shipped city and in one of 5,000 places."""

from __future__ import annotations

import json
import random
import time
from importlib.resources import files
from statistics import median

from gateway import cities
from gateway.bench import machine, percentile, table
from gateway.classification.meaning import Meaning
from gateway.classification.vectors import SecondOpinion
from parsers import Context, Gazetteer, load_vocabulary, parse


def run(texts: int) -> None:
    """Print a table of microseconds a text."""
    print(machine())
    pack, words = cities.load("la-paz"), load_vocabulary()
    lines = [json.loads(line)["text"] for line in (files("gateway.demo") / "texts" / "la-paz.jsonl").read_text("utf-8").splitlines()]
    rng = random.Random(0)
    pattern = pack.places[-1]
    many = [*pack.places, *(pattern | {"code": f"Z18{i}", "name": _name(rng), "alt_names": ""} for i in range(5000 - len(pack.places)))]
    models = {"words alone": None, "with the model": Meaning.load().guess}
    if second := SecondOpinion.load():
        models["with vectors"] = Meaning.load(second=second).guess
    rows = []
    for size, places in ((len(pack.places), Gazetteer.of(pack.places)), (len(many), Gazetteer.of(many))):
        context = Context(channel_lang=pack.language)
        for label, meaning in models.items():
            spent = []
            for text in (rng.choice(lines) for _ in range(texts)):
                begun = time.perf_counter()
                parse(text, context, words, places, meaning)
                spent.append((time.perf_counter() - begun) * 1e6)
            rows.append([size, label, texts, f"{median(spent):.0f}", f"{percentile(spent, .99):.0f}"])
    print(table(["places", "understanding", "texts", "median µs", "p99 µs"], rows))


def _name(rng: random.Random) -> str:
    syllables = ("cho", "que", "ya", "pu", "lla", "ma", "ri", "ta", "huan", "co", "si", "pam", "pa", "ti", "na", "wa", "ka", "lu")
    return " ".join("".join(rng.choice(syllables) for _ in range(rng.randint(2, 4))).capitalize() for _ in range(rng.randint(1, 2)))
