"""The trained model: whole with its corpus, right about plain and hard sentences, modest about chatter, safe with any text."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.classification import corpus
from gateway.classification.corpus import NO_NEED
from gateway.classification.meaning import _REMEMBERED, SHIPPED, Meaning, mixed, shipped, words_in
from gateway.classification.vectors import SIZE, Encoder, SecondOpinion


@pytest.fixture(scope="module")
def model() -> Meaning:
    return Meaning.load()


def test_the_shipped_model_was_made_from_the_corpus_that_lies_beside_it(model: Meaning) -> None:
    assert model.about["corpus"] == corpus.digest(), "run: python -m gateway.classification.training build"
    assert model.about["texts"] == len(corpus.read())
    assert SHIPPED.stat().st_size < 4_000_000


# Written for this test; that none of them lies in the corpus is a test of its own.
SENTENCES = [
    ("Spanish, the tap coughs", "abrimos el caño y solo suena aire", "WAT01"),
    ("Spanish, a bill", "la factura del agua vino triplicada y el medidor anda loco", "WAT07"),
    ("Spanish, bags nobody takes", "nadie pasa a llevarse las bolsas, ya huelen", "WST01"),
    ("Spanish, a wall that holds the hill", "la pared que aguanta el cerro esta panzona y suelta tierra", "RSK02"),
    ("Spanish, papers of a house", "nuestro lote no tiene papeles y tenemos miedo que nos boten", "TEN01"),
    ("Spanish, a title of a proposal", "Paso de cebra delante del instituto", "TRN05"),
    ("Spanish capitals", "FAROLAS APAGADAS EN TODA LA CUESTA", "LIT01"),
    ("Spanish, misspelt and abbreviated", "ay un uecazo en la kalle y se kaen las motos xfa", "ACC01"),
    ("French, steps", "les marches sont cassées, ma mère est tombée", "ACC03"),
    ("French, a dump", "les gens balancent leurs sacs dans le terrain vague", "WST02"),
    ("French, a lamp", "le lampadaire devant la boulangerie ne marche plus", "LIT01"),
    ("English, bulbs", "the children cannot sleep because bulbs on our street died", "LIT01"),
    ("English, a plain complaint", "Garbage lying near the school gate for days", "WST01"),
    ("English, dogs", "a pack of dogs chases anyone who walks to the mill", "ENV01"),
    ("Arabic, holes", "الطريق كلها حفر والسيارات كتخسر", "ACC01"),
    ("Arabic, doctor", "المستوصف ما فيه طبيب والدوا تقاضى", "FAC03"),
    ("Darija in Latin letters, water", "lma m9to3 3lina had simana kamla", "WAT01"),
    ("Darija in Latin letters, rubbish", "zbel 3mer derb w lkamyo ma kayjich", "WST01"),
    ("Swahili, sewage", "maji taka yanatiririka mbele ya nyumba yetu", "SAN06"),
]


@pytest.mark.parametrize(("label", "text", "code"), SENTENCES)
def test_the_category_of_a_sentence_it_never_saw_is_among_its_guesses(model: Meaning, label: str, text: str, code: str) -> None:
    assert code[:3] in {guess[:3] for guess, _ in model.guess(text)}


def test_most_sentences_it_never_saw_get_the_very_subcategory(model: Meaning) -> None:
    right = sum(model.guess(text)[0][0] == code for _, text, code in SENTENCES)
    assert right >= 0.8 * len(SENTENCES), f"{right} of {len(SENTENCES)}"


def test_no_sentence_of_this_test_lies_in_the_corpus() -> None:
    known = {tuple(words_in(text.text)) for text in corpus.read()}
    assert not [text for _, text, _ in SENTENCES if tuple(words_in(text)) in known]


@pytest.mark.parametrize("text", [
    "feliz cumpleaños comadre que dios la bendiga", "jajaja ya vi el partido", "call me when you get home love",
    "wah asa7bi fin nta", "merci beaucoup pour tout", "Please keep your town tidy, dear citizens"])
def test_chatter_is_no_need(model: Meaning, text: str) -> None:
    assert model.guess(text)[0][0] == NO_NEED


@pytest.mark.parametrize(("label", "one", "other"), [
    ("accents and capitals", "Está TAPADA la alcantarilla!!", "esta tapada la alcantarilla"),
    ("a code is a place mark", "sin luz en S1604", "sin luz en {place}"),
    ("any number is a number", "poste 48 apagado", "poste 7 apagado"),
    ("Arabic marks and digits", "انقطاع المـــاء منذ ٣ أيام", "انقطاع الماء منذ 5 ايام"),
])
def test_two_ways_to_write_a_text_are_one_to_the_model(model: Meaning, label: str, one: str, other: str) -> None:
    assert model.guess(one) == model.guess(other)


def test_a_place_left_in_the_text_changes_little(model: Meaning) -> None:
    texts = [text.text for text in corpus.read() if "{place}" in text.text and text.lang == "es"][::40]
    assert len(texts) > 20
    same = sum(len({model.guess(text.replace("{place}", name))[0][0] for name in ("{place}", "Villa Fátima", "")}) == 1 for text in texts)
    assert same >= 0.9 * len(texts), f"{same} of {len(texts)}"


@pytest.mark.parametrize("text", ["", " ", "\x00", "😀😀", "\ud800", "x" * 5000, "7", "{place}", "\u202eabc\u200f", "ﷺ" * 900])
def test_it_never_fails_and_gives_probabilities(model: Meaning, text: str) -> None:
    guesses = model.guess(text, most=len(model.codes))
    assert sum(share for _, share in guesses) == pytest.approx(1, abs=1e-4)
    assert [share for _, share in guesses] == sorted((share for _, share in guesses), reverse=True)


@pytest.mark.parametrize("text", ["?!.", "hgfjd kljwq zzxpo", "mnvb", "...---..."])
def test_a_text_without_letters_and_gibberish_are_no_need(model: Meaning, text: str) -> None:
    assert model.guess(text)[0][0] == NO_NEED


def test_new_words_without_end_do_not_grow_its_memory() -> None:
    model = Meaning.load()
    tracemalloc.start()
    sizes = []
    for turn in range(4):
        for at in range(_REMEMBERED):
            model.guess(f"w{turn}x{at}")
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert max(sizes) < 20_000_000, sizes
    assert sizes[3] < 1.2 * sizes[1], sizes


def test_it_tells_which_words_spoke_for_a_guess(model: Meaning) -> None:
    assert "semaforo" in model.because("buenos días, el semáforo de la esquina no cambia", "TRN04")
    assert "semaforo" not in model.because("buenos días, el semáforo de la esquina no cambia", "WAT01", most=1)


def test_the_features_of_a_text_have_length_one_and_include_what_the_model_never_saw(model: Meaning) -> None:
    features = model.features("el zzyzxq no funciona")
    assert sum(value * value for value in features.values()) == pytest.approx(1)
    assert any(key not in model._rows for key in features)


class Echo(Encoder):
    """Counts how often it is asked; its vectors all say the same."""

    def __init__(self) -> None:
        self.asked = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += len(texts)
        return np.ones((len(texts), SIZE + 1), np.float32)


def _insisting_on(model: Meaning, code: str, encoder: Encoder) -> SecondOpinion:
    weights = np.zeros((SIZE + 1, model.scores("").size), np.float32)
    weights[0, model.codes.index(code)] = 40
    return SecondOpinion(weights, {"weight": 0.5, "temperature": 1.0}, encoder)


def test_a_second_opinion_is_asked_where_the_first_is_unsure_and_only_there(model: Meaning) -> None:
    encoder = Echo()
    both = Meaning.load(second=_insisting_on(model, "GRN04", encoder))
    assert both.guess("no hay agua desde ayer en toda la zona")[0][0] == "WAT01"
    assert encoder.asked == 0
    assert both.guess("eso de ahi, ya saben")[0][0] == "GRN04"
    assert both.beside("eso de ahi, ya saben", "GRN04")[0] == both.guess("eso de ahi, ya saben")[0][1]
    assert encoder.asked == 1, "once a text, however often it is spoken of"


def test_two_opinions_mixed_are_probabilities_and_agree_where_both_do() -> None:
    first, second = np.array([0.7, 0.2, 0.1], np.float32), np.array([0.6, 0.1, 0.3], np.float32)
    both = mixed(first, second, 0.25, 1.0)
    assert both.sum() == pytest.approx(1)
    assert both.argmax() == 0
    assert mixed(first, second, 0.25, 2.0).max() < both.max()


def test_without_the_optional_package_there_is_no_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.classification.vectors.PACKAGE", "no_such_package_here")
    assert SecondOpinion.load() is None
    shipped.cache_clear()
    assert shipped().second is None
    shipped.cache_clear()


def test_parse_asks_it_unless_told_not_to() -> None:
    line = "puro aire sale del grifo en Kupini desde el martes\n"
    asked, plain = (json.loads(subprocess.run([sys.executable, "-m", "gateway", "parse", *options, "-"], input=line, capture_output=True,
                                              text=True, check=True, timeout=180).stdout) for options in ([], ["--keywords"]))
    assert plain["category"] is None
    assert asked["category"] == "WAT01"
