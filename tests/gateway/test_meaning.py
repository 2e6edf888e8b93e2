"""The trained model: whole with its corpus, sure of plain sentences without a keyword, and modest about chatter."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from gateway.classification import corpus
from gateway.classification.meaning import SHIPPED, Meaning, shipped


@pytest.fixture(scope="module")
def model() -> Meaning:
    return shipped()


def test_the_shipped_model_was_made_from_the_corpus_that_lies_beside_it(model: Meaning) -> None:
    assert model.about["corpus"] == corpus.digest()
    assert model.about["texts"] > 6000
    assert SHIPPED.stat().st_size < 8_000_000


@pytest.mark.parametrize(("text", "code"), [
    ("abrimos el caño y solo suena aire", "WAT01"),
    ("the children cannot sleep because bulbs on our street died", "LIT01"),
    ("nadie pasa a llevarse las bolsas, ya huelen", "WST01"),
    ("les marches sont cassées, ma mère est tombée", "ACC03"),
    ("nuestro lote no tiene papeles y tenemos miedo que nos boten", "TEN01"),
])
def test_sentences_without_the_usual_words_are_understood(model: Meaning, text: str, code: str) -> None:
    guessed = [c for c, _ in model.guess(text)]
    assert code[:3] in {c[:3] for c in guessed}


@pytest.mark.parametrize("text", [
    "feliz cumpleaños comadre que dios la bendiga", "jajaja ya vi el partido", "call me when you get home love"])
def test_chatter_is_no_need(model: Meaning, text: str) -> None:
    assert model.guess(text)[0][0] == "NONE"


@pytest.mark.parametrize("text", ["", " ", "\x00", "😀😀", "\ud800", "x" * 5000, "7"])
def test_it_never_fails_and_gives_probabilities(model: Meaning, text: str) -> None:
    guesses = model.guess(text)
    assert all(0 <= share <= 1 for _, share in guesses)
    assert sum(share for _, share in guesses) <= 1.0001


def test_parse_asks_it_only_when_told_to() -> None:
    line = "puro aire sale del grifo en Kupini desde el martes\n"
    plain, asked = (json.loads(subprocess.run([sys.executable, "-m", "gateway", "parse", *options, "-"], input=line, capture_output=True,
                                              text=True, check=True, timeout=60).stdout) for options in ([], ["--meaning"]))
    assert plain["category"] is None
    assert asked["category"] == "WAT01"
