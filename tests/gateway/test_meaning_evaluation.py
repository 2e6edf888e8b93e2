"""The ruler itself: each figure on answers whose worth can be counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.classification.corpus import Text
from gateway.classification.evaluation import keywords_alone, read_rows, table, tfidf_linear
from gateway.classification.figures import Guess, Judged, Labelled, figures, judge


def _judged(label: str, code: str, belief: float) -> Judged:
    category = code if code == "NONE" else code[:3]
    return Judged(Labelled(label, "es", "text"), code, belief, category, belief)


def test_shares_of_right_answers() -> None:
    f = figures([
        _judged("WAT01", "WAT01", 0.9), _judged("WAT01", "WAT02", 0.8), _judged("WAT", "WAT05", 0.7),
        _judged("NONE", "NONE", 0.9), _judged("NONE", "LIT01", 0.2),
    ], bar=0.5)  # fmt: skip
    assert f.rows == 5
    assert f.subcategory == 2 / 4  # the row labelled WAT alone says nothing of subcategories
    assert f.category == 4 / 5
    assert f.category_of_needs == 1.0
    assert f.answered == 3 / 5
    assert f.confident_errors == 1 / 5  # WAT02 at 0.8; LIT01 stayed below the bar


def test_macro_f1_counts_a_rare_subcategory_like_a_frequent_one() -> None:
    often = [_judged("WAT01", "WAT01", 0.9)] * 9
    assert figures([*often, _judged("LIT01", "WAT01", 0.9)], 0.5).macro_f1 == pytest.approx((18 / 19 + 0) / 2)


def test_coverage_is_what_can_be_answered_with_95_of_100_right() -> None:
    answers = [_judged("WAT01", "WAT01", 0.9)] * 19 + [_judged("WAT01", "LIT01", 0.8)] + [_judged("WAT01", "LIT01", 0.1)] * 20
    assert figures(answers, 0.5).coverage == 20 / 40


def test_calibration_is_the_distance_of_belief_from_truth() -> None:
    honest = [_judged("WAT01", "WAT01", 0.75)] * 3 + [_judged("WAT01", "LIT01", 0.75)]
    boasting = [_judged("WAT01", "LIT01", 0.95)] * 4
    assert figures(honest, 0.5).calibration == pytest.approx(0.0)
    assert figures(boasting, 0.5).calibration == pytest.approx(0.95)


def test_a_category_is_believed_as_much_as_its_subcategories_together() -> None:
    guess: Guess = lambda text: [("NONE", 0.4), ("WAT01", 0.35), ("WAT02", 0.25)]  # noqa: E731
    (one,) = judge([Labelled("WAT01", "es", "...")], guess)
    assert (one.code, one.category) == ("NONE", "WAT")
    assert one.category_belief == pytest.approx(0.6)


def test_who_answers_nothing_is_taken_to_say_no_need() -> None:
    (one,) = judge([Labelled("NONE", "es", "...")], lambda text: [])
    assert one.right


def test_keywords_alone_know_a_plain_text_and_not_a_paraphrase() -> None:
    guess = keywords_alone()
    assert guess("alcantarilla tapada en Kupini")[0][0] == "SAN01"
    assert guess("hola que tal")[0][0] == "NONE"


def test_the_linear_baseline_learns_words() -> None:
    texts = [Text("WAT01", "es", "A", f"agua {word}") for word in ("cortada", "seca", "nada")]
    texts += [Text("LIT03", "es", "A", f"luz {word}") for word in ("cortada", "apagada", "nada")]
    guess = tfidf_linear(texts)
    assert max(guess("falta agua"), key=lambda pair: pair[1])[0] == "WAT01"


def test_the_table_has_a_line_for_each_group_and_classifier() -> None:
    rows = [Labelled("WAT01", "es", "a"), Labelled("LIT01", "fr", "b")]
    lines = table(rows, {"always water": lambda text: [("WAT01", 1.0)]}, 0.5).splitlines()
    assert [line.split()[2] for line in lines[1:]] == ["all", "es", "fr"]


def test_rows_are_read_from_json_lines_and_csv(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"code": null, "lang": "es", "text": "hola"}\n\n{"code": "WAT", "text": "agua"}\n', encoding="utf-8")
    (tmp_path / "a.csv").write_text("text,label\nhola,\nagua,WAT01\n", encoding="utf-8")
    assert [(row.code, row.group) for row in read_rows(tmp_path / "a.jsonl")] == [("NONE", "es"), ("WAT", "all")]
    assert [row.code for row in read_rows(tmp_path / "a.csv")] == ["NONE", "WAT01"]
