"""Making the model: the same bytes every time, honest beliefs, and nothing learned where there is nothing to learn."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gateway.classification import corpus, training
from gateway.classification.calibration import bar_of, held_out, temperature_of
from gateway.classification.corpus import Text
from gateway.classification.meaning import SHIPPED, Meaning


def _build(out: Path, hash_seed: str, *options: str) -> str:
    subprocess.run(
        [sys.executable, "-m", "gateway.classification.training", "build", "--out", str(out), *options],
        check=True, capture_output=True, timeout=800, env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )  # fmt: skip
    return hashlib.sha256(out.read_bytes()).hexdigest()


def test_a_part_of_the_corpus_makes_the_same_bytes_in_two_processes(tmp_path: Path) -> None:
    once = _build(tmp_path / "once.npz", "1", "--share", "0.01")
    again = _build(tmp_path / "again.npz", "2", "--share", "0.01")
    assert once == again


def test_one_text_more_makes_other_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "keywords", lambda: ())
    for name, texts in (("all", TOY), ("less", TOY[:-1])):
        training.fit(texts).save(tmp_path / name)
    assert (tmp_path / "all").read_bytes() != (tmp_path / "less").read_bytes()


@pytest.mark.campaign
def test_the_whole_corpus_makes_the_shipped_file_byte_for_byte(tmp_path: Path) -> None:
    assert _build(tmp_path / "whole.npz", "3") == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()


WATER = ("no hay agua", "el grifo esta seco", "sin agua en la pila", "cortaron el agua", "no sale agua", "agua cortada desde ayer")
LIGHT = ("no hay luz", "poste apagado", "la calle sin luz", "foco quemado", "se fue la luz", "luz apagada desde ayer")
TOY = [*(Text("WAT01", "es", "A", text) for text in WATER), *(Text("LIT03", "es", "A", text) for text in LIGHT)]


def test_two_kinds_of_texts_are_told_apart_and_not_when_each_text_has_both_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "keywords", lambda: (Text("WAT01", "es", "K", "agua"), Text("LIT03", "es", "K", "luz")))
    model = training.fit(TOY)
    assert model.guess("ya no tenemos agua")[0][0] == "WAT01"
    assert model.guess("toda la zona sin luz")[0][0] == "LIT03"
    both = [Text(code, "es", "A", text.text) for text in TOY for code in ("WAT01", "LIT03")]
    monkeypatch.setattr(corpus, "keywords", lambda: ())
    unsure = training.fit(both)
    assert unsure.guess("ya no tenemos agua")[0][1] < 0.75 < model.guess("ya no tenemos agua")[0][1]
    assert unsure.guess("toda la zona sin luz")[0][1] < 0.75 < model.guess("toda la zona sin luz")[0][1]


def test_on_a_line_with_more_chatter_than_the_corpus_no_need_is_likelier_and_needs_stand_to_each_other_as_before(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "keywords", lambda: ())
    texts = [*TOY, Text(corpus.NO_NEED, "es", "A", "hola que tal")]
    model = training.fit(texts)
    there = training.expecting(model, texts)
    before, after = dict(model.guess("luz o agua hola")), dict(there.guess("luz o agua hola"))
    assert after[corpus.NO_NEED] > 1.5 * before[corpus.NO_NEED]
    assert after["WAT01"] / after["LIT03"] == pytest.approx(before["WAT01"] / before["LIT03"], rel=1e-3)
    assert (model.about.get("no_need"), there.about["no_need"]) == (None, training.NO_NEED_SHARE)


@pytest.mark.parametrize(("label", "chatter"), [("no text without a need: nothing is known of them", 0), ("more than are expected", 12)])
def test_a_corpus_stands_as_it_is_with(label: str, chatter: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "keywords", lambda: ())
    texts = [*TOY, *(Text(corpus.NO_NEED, "es", "A", f"hola que tal {at}") for at in range(chatter))]
    model = training.fit(texts)
    assert training.expecting(model, texts) is model


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    model = training.fit(TOY)
    model.save(tmp_path / "toy.npz")
    loaded = Meaning.load(tmp_path / "toy.npz")
    assert loaded.guess("no hay agua") == model.guess("no hay agua")
    assert loaded.about == model.about


def test_texts_that_share_most_of_their_words_are_held_out_together() -> None:
    texts = [Text("WAT01", "es", "A", f"no hay agua en la calle {name}") for name in ("lima", "sucre", "oruro", "tarija", "potosi")]
    texts += [Text("LIT01", "es", "A", f"{word} apagado") for word in ("poste", "foco", "farol", "reflector", "semaforo", "letrero")]
    learned, judged = held_out(texts)
    assert {*learned, *judged} == {*texts}
    assert not {t.code for t in learned if t.code == "WAT01"} & {t.code for t in judged if t.code == "WAT01"}


def test_the_temperature_undoes_boasting() -> None:
    random = np.random.default_rng(3)
    answers = [int(random.random() < 0.7) for _ in range(400)]  # seven in ten say 1, whatever the scores say
    boast = np.array([0.0, 4.0], np.float32)

    def shares(at: int, temperature: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        likely = np.exp(boast / temperature)
        return (likely / likely.sum()).astype(np.float32)

    temperature = temperature_of(shares, answers)
    assert temperature == 2.5  # the hottest it may choose: 4 / 4.7 would be wholly honest
    assert shares(0, temperature)[1] < shares(0, 1.0)[1]


@pytest.mark.parametrize(("label", "beliefs", "bar"), [
    ("all right: every belief is enough", [(0.9, True), (0.5, True), (0.2, True)], 0.2),
    ("wrong below a half", [(0.9, True)] * 30 + [(0.6, True)] * 10 + [(0.4, False)] * 20, 0.6),
    ("one wrong among equals counts against all of them", [(0.9, True)] * 18 + [(0.9, False)] * 2, 1.0),
    ("wrong where it is surest: nothing is enough", [(0.9, False), (0.5, True)], 1.0),
])
def test_the_bar_is_where_95_of_100_answers_are_right(label: str, beliefs: list[tuple[float, bool]], bar: float) -> None:
    assert bar_of(beliefs) == bar
