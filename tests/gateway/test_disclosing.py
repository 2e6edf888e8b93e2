"""The model of disclosures is its corpus and nothing else, comes out the same, and weighs who does what to whom."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest

from gateway.classification import told
from gateway.classification.disclosing import SHIPPED, Disclosing, Roles, pairs_of, shipped, word_rows
from parsers.roles import heard


def test_the_shipped_model_is_made_from_the_corpus_as_it_stands(tmp_path: Path) -> None:
    told.build(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == SHIPPED.read_bytes()


def test_the_file_is_numbers_and_a_description() -> None:
    with np.load(SHIPPED, allow_pickle=False) as file:
        assert sorted(file.files) == ["about", "weights"]
        assert file["weights"].dtype == np.int8


@pytest.mark.parametrize(("label", "worse", "harmless"), [
    ("a person or a bus",            "mi tio me empuja al cuarto", "el bus empuja el poste de la calle"),
    ("a girl or a dog",              "un homme attache la petite dans sa chambre", "un homme attache la benne dans la rue"),
    ("an uncle's errand",             "my uncle grabs me at night", "my uncle asks when the water comes"),
    ("Darija, a girl or a lamp",     "jar kayjebed lbniya l bito", "jar kayjebed lkabl d lbola"),
    ("Arabic, a sister or a road",   "عمي يخنق اختي في الغرفة", "الغبار يخنق الناس في الطريق"),
])
def test_who_does_it_to_whom_weighs(label: str, worse: str, harmless: str) -> None:
    model = shipped()
    assert model.score(worse) > model.score(harmless) + 2, label


def test_the_score_is_the_sum_that_was_learned() -> None:
    with np.load(SHIPPED, allow_pickle=False) as file:
        weights = file["weights"].astype(float)
    model, roles = shipped(), Roles()
    for text in ("mi padrastro me encierra", "kayderbni", "la calle esta rota", "زوجي يضربني"):
        rows, values = told.vector(text, roles)
        assert model.score(text) == pytest.approx(model.about["bias"] + float(weights[rows] @ values) * model.about["step"])


def test_reasons_are_words_of_the_text() -> None:
    assert set(shipped().because("mi padrastro me encierra en su cuarto")) <= {"mi", "padrastro", "me", "ensiera", "en", "su", "kuarto"}
    assert shipped().because("") == ()


def test_every_language_has_all_parts_and_no_sentence_twice() -> None:
    pieces = told.parts()
    assert set(pieces) == {"es", "fr", "en", "ar", "ary"}
    for lang, part in pieces.items():
        assert set(part) == {"doer", "done_me", "done_to", "victim", "when", "also", "telling",
                             "thing", "does", "alike", "person", "errand"}
        for name in ("telling", "alike"):
            assert len(set(part[name])) == len(part[name]), (lang, name)
        assert all("{v}" in done for done in part["done_to"]), lang


def test_what_is_put_together_is_whole() -> None:
    random = Random(1)
    for part in told.parts().values():
        for _ in range(50):
            assert "{" not in told.tell(part, random) + told.sound_so(part, random)


def test_negative_control_a_model_that_learned_nothing_tells_nothing_apart() -> None:
    blank = Disclosing(np.zeros(Roles().size, np.int8), {"bias": -2.0, "step": 1.0})
    assert blank.score("mi padrastro me encierra") == blank.score("la calle esta rota") == -2.0


def test_hostile_texts_are_read_in_bounds() -> None:
    for text in ("", " ", "?" * 5_000, "mi tio me pega " * 400, "ا" * 5_000, "kay" * 2_000):
        assert np.isfinite(shipped().score(text))
    words = heard("mi tio me pega " * 400)
    assert len(pairs_of(words)) == 4
    assert len(word_rows("x" * 40)) < 60
