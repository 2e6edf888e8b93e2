"""What lessons teach the model: at once, in any order alike, and from one account alone only so much."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.classification import corpus, learning
from gateway.classification.corpus import NO_NEED, Text
from gateway.classification.learning import Lesson, Taught, taught
from gateway.classification.meaning import Meaning, shipped

# Names that no corpus holds, as a city has them.
TRACUNA = "la tracuna de mi cuadra no bota nada"
ANOTHER = "otra vez seca la tracuna del pasaje"
LABELLED = Path(__file__).parents[1] / "parsers"
BAR = 0.5


@pytest.fixture(scope="module")
def base() -> Meaning:
    return shipped()


def lesson(text: str, code: str, by: str = "ana", at: int = 1) -> Lesson:
    return Lesson(f"report{at}", text, code, by, f"{at:012x}")


def best(model: Meaning, text: str) -> str:
    return model.guess(text, 1)[0][0]


def test_a_lesson_changes_the_very_next_answer_and_that_of_texts_with_its_words(base: Meaning) -> None:
    model = Taught(base)
    before = dict(base.guess(ANOTHER, 90))["WAT03"]
    assert best(model, TRACUNA) != "WAT03"
    model.teach(lesson(TRACUNA, "WAT03"))
    assert best(model, TRACUNA) == "WAT03"
    assert dict(model.guess(ANOTHER, 90))["WAT03"] > 10 * before
    assert best(base, "una tracuna seca en la esquina") != "WAT03"
    assert best(model, "una tracuna seca en la esquina") == "WAT03"
    assert best(base, TRACUNA) != "WAT03", "the model itself stays as it was"


def test_nothing_taught_answers_as_the_model(base: Meaning) -> None:
    model = Taught(base)
    for text in corpus.read()[::500]:
        assert model.guess(text.text) == base.guess(text.text)


def test_what_stands_beside_a_need_is_what_stands_among_all_whatever_was_read_word_for_word(base: Meaning) -> None:
    model = Taught(base)
    model.teach(lesson(TRACUNA, "WAT03"))
    model.teach(lesson(TRACUNA, "LIT01", by="luis", at=2))
    for text in (TRACUNA, ANOTHER, "se fue la luz", ""):
        among = dict(model.guess(text, len(model.codes)))
        for code in (*model.codes, "XXX99"):
            rival = max(share for other, share in among.items() if other[:3] != code[:3])
            assert model.beside(text, code) == (among.get(code), rival), (text, code)


@pytest.mark.parametrize(("label", "text", "code"), [
    ("a subcategory the model does not know", TRACUNA, "XXX99"), ("a text without words", "??? 77", "WAT01"), ("no text", "", "WAT01")])
def test_what_teaches_nothing(label: str, text: str, code: str, base: Meaning) -> None:
    model = Taught(base)
    model.teach(lesson(text, code))
    assert model.guess(TRACUNA) == base.guess(TRACUNA), label


@pytest.mark.parametrize("seed", range(4))
def test_the_same_lessons_in_any_order_make_the_same_answers(seed: int, base: Meaning) -> None:
    rng = random.Random(seed)
    texts = random.Random(0).sample(corpus.read(), 60)
    lessons = [lesson(text.text, rng.choice(base.codes[:20]), f"account{at % 3}", at) for at, text in enumerate(texts)]
    whole = taught(base, lessons)
    rng.shuffle(lessons)
    other = taught(base, lessons)
    for text in [*texts, *random.Random(1).sample(corpus.read(), 60)]:
        assert other.guess(text.text) == whole.guess(text.text)


def test_taken_one_by_one_they_make_what_they_make_together(base: Meaning) -> None:
    lessons = [lesson(text.text, "WAT03", "ana", at) for at, text in enumerate(random.Random(2).sample(corpus.read(), 20))]
    model = Taught(base)
    for one in lessons:
        model.teach(one)
        model.guess(ANOTHER)  # an answer between two lessons is remembered by nobody
    assert model.guess(ANOTHER) == taught(base, lessons).guess(ANOTHER)


def test_those_who_read_the_same_words_differently_are_both_heard(base: Meaning) -> None:
    model = taught(base, [lesson(TRACUNA, "WAT03", "ana", 1), lesson(TRACUNA, "SAN06", "luis", 2)])
    shares = dict(model.guess(TRACUNA))
    assert shares["WAT03"] > 0.3
    assert shares["SAN06"] > 0.3


def test_it_says_what_moved_and_who_said_so(base: Meaning) -> None:
    model = taught(base, [lesson(TRACUNA, "WAT03")])
    assert model.words_moved(TRACUNA, "WAT03")[0] == "tracuna"
    assert ("tracuna", "WAT03") in model.furthest(5)
    near = model.nearest("la tracuna no bota nada de nada", "WAT03")
    assert near is not None
    assert near.by == "ana"
    assert model.nearest("hola que tal", "WAT03") is None
    shift = model.shift(TRACUNA)
    assert shift is not None
    assert (shift.code, shift.was != "WAT03", shift.gained > 0.5) == ("WAT03", True, True)
    assert Taught(base).shift(TRACUNA) is None


# --------------------------------------------------------------------------------------------- an account that lies

def _labelled() -> list[str]:
    """Texts of ours that nobody corrects here and the model never learned from."""
    found = []
    for name in ("hard_fresh", "hard_kept", "hard_steer"):
        for line in (LABELLED / f"{name}.jsonl").read_text("utf-8").splitlines():
            found.append(json.loads(line)["text"])
    return found


def _answer(model: Meaning, text: str) -> str | None:
    code, belief = model.guess(text, 1)[0]
    return code if belief >= BAR else None


CODES = [code for code in shipped().codes if code != NO_NEED]
NEXT = dict(zip(CODES, [*CODES[7:], *CODES[:7]], strict=True))
ATTACKS: list[tuple[str, Callable[[int, Text], str]]] = [
    ("everything is one thing", lambda at, text: "GOV03" if text.code != "GOV03" else "WAT01"),
    ("anything", lambda at, text: random.Random(at).choice(CODES)),
    ("each is another, always the same", lambda at, text: NEXT[text.code]),
    ("water is light", lambda at, text: "LIT01" if text.code.startswith("WAT") else "WAT01"),
]


def _changed(base: Meaning, lie: Callable[[int, Text], str]) -> float:
    texts = [text for text in corpus.read() if text.code != NO_NEED]
    random.Random(3).shuffle(texts)
    model = taught(base, [lesson(text.text, lie(at, text), "mallory", at) for at, text in enumerate(texts[:500])])
    labelled = _labelled()
    assert len(labelled) > 400
    return sum(_answer(model, text) != _answer(base, text) for text in labelled) / len(labelled)


@pytest.mark.parametrize(("label", "lie"), ATTACKS)
def test_five_hundred_lies_of_one_account_change_less_than_two_of_a_hundred_answers(
        label: str, lie: Callable[[int, Text], str], base: Meaning) -> None:
    assert _changed(base, lie) < 0.02, label


def test_negative_control_unbounded_they_change_several_times_as_many(base: Meaning, monkeypatch: pytest.MonkeyPatch) -> None:
    bounded = max(_changed(base, lie) for _, lie in ATTACKS)
    monkeypatch.setattr(Taught, "weigh", lambda model, one, was, belief: 1.0)
    assert min(_changed(base, lie) for _, lie in ATTACKS) > 3 * bounded


def test_a_second_account_makes_a_firm_belief_give_way(base: Meaning) -> None:
    """What one account says against what the model is sure of spreads only once another one says it too."""
    firm = [text.text for text in corpus.read() if text.code == "LIT01" and base.guess(text.text, 1)[0][1] > 0.9][:2]
    alone = taught(base, [lesson(firm[0], "LIT03", "ana", 1), lesson(firm[1], "LIT03", "ana", 2)])
    both = taught(base, [lesson(firm[0], "LIT03", "ana", 1), lesson(firm[1], "LIT03", "luis", 2)])
    assert [one.weight for one in alone.learnt.values()] == [learning.ALONE, learning.ALONE]
    assert [one.weight for one in both.learnt.values()] == [learning.ALONE, 1.0]
