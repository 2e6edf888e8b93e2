"""What a belief is worth: never less for a greater belief, less where another reading is near, and as measured on labelled texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.classification.calibration import weights_of
from gateway.classification.figures import Labelled
from gateway.classification.meaning import shipped as model
from gateway.classification.rules import UNSURE
from gateway.classification.worth import HEARD, LEAST, SHIPPED, Answer, Kind, Worth, is_arabic, length, shipped
from gateway.operator import honesty
from gateway.operator.classifying import Classifier
from gateway.operator.honesty import Told

KINDS: tuple[Kind, ...] = ("need", "none", "open")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rival", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("words", [1, 12, 300])
def test_a_greater_belief_is_never_worth_less(kind: Kind, rival: float, words: int) -> None:
    stated = [shipped()(Answer(kind, step / 100, rival, rival > 0.5, words)) for step in range(101)]
    assert stated == sorted(stated)
    assert stated[0] < stated[-1]
    assert all(0 < one < 1 for one in stated)


@pytest.mark.parametrize(("label", "less", "more"), [
    ("the model finds another need as likely", Answer("need", 0.8, rival=0.4), Answer("need", 0.8, rival=0.05)),
    ("a long text is taken for none", Answer("none", 0.9, words=30), Answer("none", 0.9, words=8)),
    ("no greeting was heard in it", Answer("none", 0.9), Answer("none", 0.9, heard=True)),
    ("nothing was sure enough", Answer("open", 0.5), Answer("need", 0.5, rival=0.12)),
])
def test_what_makes_an_answer_worth_less(label: str, less: Answer, more: Answer) -> None:
    assert shipped()(less) < shipped()(more), label


def test_another_reading_that_the_model_hardly_believes_says_nothing() -> None:
    assert shipped()(Answer("need", 0.8, rival=0.0)) == shipped()(Answer("need", 0.8, rival=LEAST))


@pytest.mark.parametrize(("text", "said"), [("لا يوجد ماء", True), ("ma kaynch lma", False), ("sin agua 😀 desde ayer’", False)])
def test_arabic_letters_are_told_from_other_signs(text: str, said: bool) -> None:
    assert is_arabic(text) is said


def test_the_weights_say_where_they_come_from() -> None:
    said = SHIPPED.read_text("utf-8")
    assert "gateway.operator.honesty" in said
    assert "corpus 3" in said
    assert Worth.load()(Answer("need", 0.9)) == shipped()(Answer("need", 0.9))


@pytest.mark.parametrize("text", ["no hay agua en kupini hace 3 dias", "basura", "luz", "agua", "bache en kupini", "زبل", "poubelle pleine",
                                  "the street light in front of our shop is dead"])
def test_a_plain_need_is_stated_and_not_asked_about(text: str) -> None:
    found = Classifier("la-paz").classify(text)
    assert not found["abstained"]
    assert found["confidence"] >= UNSURE


def test_what_is_left_open_says_how_likely_its_likeliest_reading_is() -> None:
    classifier = Classifier("la-paz")
    text = "necesitamos que vengan a ver el problema de siempre"
    found = classifier.classify(text)
    assert (found["category"], found["abstained"]) == (None, True)
    said, belief = classifier.read(text)
    assert found["confidence"] == belief
    assert max(classifier.guess(text), key=lambda pair: pair[1])[0] == said


def test_a_heard_disclosure_is_not_stated_as_certain() -> None:
    assert Classifier("la-paz").classify("mi marido me pega")["confidence"] == HEARD


def test_weights_follow_what_was_right_and_stay_where_nothing_tells_otherwise() -> None:
    sure = [Answer("open", 0.9).terms] * 40
    pull, prior = {"even": 0.2, "belief": 2.0}, {"belief": 1.0}

    def stated(right: list[bool]) -> float:
        return Worth({"open": weights_of(sure, right, [1.0] * 40, pull, prior)})(Answer("open", 0.9))

    assert stated([True] * 24 + [False] * 16) == pytest.approx(0.6, abs=0.03)
    assert stated([True] * 36 + [False] * 4) == pytest.approx(0.9, abs=0.02)
    counted = weights_of(sure, [True] * 20 + [False] * 20, [1e-9] * 40, pull, prior)
    assert counted == pytest.approx(prior | {"even": 0.0}, abs=1e-3), "rows that count nothing move nothing"


def told(kind: Kind, source: str, right: int, wrong: int) -> list[Told]:
    return [Told(Answer(kind, 0.8, rival=0.1), at < right, source) for at in range(right + wrong)]


def test_a_source_of_many_rows_does_not_speak_for_all() -> None:
    rest = told("none", "a", 40, 10) + told("open", "a", 40, 10)

    def stated(many: int) -> float:
        rows = told("need", "a", 45, 5) + told("need", "b", many // 2, many // 2) + rest
        return Worth(honesty.weigh(rows))(Answer("need", 0.8, rival=0.1))

    one, hundred = stated(50), stated(5000)
    assert one > hundred > (45 + 2500) / 5050 + 0.01, "a hundred times the rows count ten times"


def test_one_writer_in_two_languages_is_one_source() -> None:
    rest = told("none", "a", 40, 10) + told("open", "a", 40, 10)

    def stated(*names: str) -> float:
        rows = told("need", "a", 45, 5) + [row for name in names for row in told("need", name, 25, 25)]
        return Worth(honesty.weigh(rows + rest))(Answer("need", 0.8, rival=0.1))

    assert stated("b:es", "b:fr") > stated("b", "c") + 0.01, "two hands that say otherwise count more than one"
    assert stated("b:es", "b:fr") == pytest.approx(stated("b:x", "b:y"))


def test_rows_are_told_as_barrio_answers_them() -> None:
    classifier, heard = honesty.listening("la-paz", model())
    rows = [Labelled("WAT01", "a", "no hay agua en kupini hace 3 dias"), Labelled("LIT", "b", "el poste no alumbra en la cuesta"),
            Labelled("SAF03", "a", "mi marido me pega"), Labelled("NONE", "b", "hola buenas tardes")]
    water, lamp, hello = honesty.told(classifier, heard, rows)
    assert [(row.answer.kind, row.right, row.source) for row in (water, lamp, hello)] == [
        ("need", True, "a"), ("need", True, "b"), ("none", True, "b")]
    assert hello.answer.heard
    assert hello.answer.words == length("hola buenas tardes") == 3


def test_the_weights_are_written_as_they_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text,label,lang\n" + "".join(
        f"{text},{code},{lang}\n" for text, code, lang in (
            ("no hay agua en kupini", "WAT01", "a"), ("hola", "NONE", "a"), ("que pasa con lo de siempre senores", "NONE", "b"),
            ("necesitamos que vengan a ver el problema de siempre", "SOC04", "b"), ("bache en kupini", "ACC01", "b"))), "utf-8")
    honesty.main([str(file), "--without", honesty.CORPUS])
    said = capsys.readouterr().out
    assert 'rows = "a 2, b 3"' in said
    assert f'model = "{model().version}"' in said
    (tmp_path / "worth.toml").write_text(said, "utf-8")
    assert 0 < Worth.load(tmp_path / "worth.toml")(Answer("open", 0.4)) < 1
