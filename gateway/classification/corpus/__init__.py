"""Residents' texts written by hand for this project, each with the subcategory it speaks of; see README.md beside."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from parsers.needs import NO_NEED as NO_NEED

PLACE = "{place}"
_SURROUNDINGS = "surroundings.jsonl"
_KEYWORDS = "keywords.jsonl"


@dataclass(frozen=True, slots=True)
class Text:
    """One text of the corpus: `Text("WAT01", "es", "A", "no hay agua desde ayer")`; `by` is the writer."""

    code: str
    lang: str
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What may stand around any text and says nothing of its need, by language."""

    places: dict[str, tuple[str, ...]]
    phrases: dict[str, tuple[str, ...]]


def read() -> tuple[Text, ...]:
    """Every text, in the order of file names and lines."""
    return tuple(_text(row) for name in _names() if name not in (_SURROUNDINGS, _KEYWORDS) for row in _rows(name))


def keywords() -> tuple[Text, ...]:
    """The keywords and labels of the taxonomy as they stood when `take_keywords` was last called."""
    return tuple(_text(row) for row in _rows(_KEYWORDS))


def take_keywords() -> int:
    """Write the taxonomy's keywords into the corpus; apart from it, so that a new keyword does not outdate the model."""
    taxonomy = tomllib.loads((resources.files("parsers") / "words" / "taxonomy.toml").read_text(encoding="utf-8"))
    found = {
        (sub["code"], lang, phrase.replace("*", "").replace(" + ", " "))
        for category in taxonomy["category"]
        for sub in category["sub"]
        for lang, phrases in [*sub["kw"].items(), *((lang, [label]) for lang, label in sub["label"].items())]
        for phrase in phrases
    }
    lines = [json.dumps({"code": code, "lang": lang, "by": "K", "text": text}, ensure_ascii=False) for code, lang, text in sorted(found)]
    Path(str(resources.files(__name__) / _KEYWORDS)).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)


@cache
def surroundings() -> Surroundings:
    """Place names, greetings, closing words and whereabouts with which training disturbs the texts."""
    found: dict[str, dict[str, list[str]]] = {"place": {}, "phrase": {}}
    for row in _rows(_SURROUNDINGS):
        found[row["kind"]].setdefault(row["lang"], []).append(row["text"])
    places, phrases = ({lang: tuple(texts) for lang, texts in by.items()} for by in (found["place"], found["phrase"]))
    return Surroundings(places, phrases)


def digest() -> str:
    """SHA-256 over all files: a model says by it which corpus it was made from."""
    whole = hashlib.sha256()
    for name in _names():
        whole.update(_file(name).encode())
    return whole.hexdigest()


def _text(row: dict[str, str]) -> Text:
    return Text(row["code"], row["lang"], row["by"], row["text"])


def _names() -> list[str]:
    return sorted(path.name for path in resources.files(__name__).iterdir() if path.name.endswith(".jsonl"))


def _file(name: str) -> str:
    return (resources.files(__name__) / name).read_text(encoding="utf-8")


def _rows(name: str) -> Iterator[dict[str, str]]:
    for line in _file(name).rstrip("\n").split("\n"):
        yield json.loads(line)
