"""`barrio classify`: lines in and out without an instance, a model of a city's own texts, measured beside two baselines."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from gateway import cli
from gateway.classification import corpus
from gateway.classification.corpus import NO_NEED
from gateway.classification.evaluation import answered
from gateway.classification.figures import Labelled, figures, judge
from gateway.classification.meaning import OWN, Meaning, shipped
from gateway.errors import Problem
from gateway.node import Node
from gateway.operator import classifying, training
from tests.conftest import MakeNode

KEYS = {"category", "confidence", "why", "abstained", "restricted"}


def run(tmp_path: Path, *lines: str) -> list[dict[str, object]]:
    (tmp_path / "texts").write_text("\n".join(lines), "utf-8")
    out = io.StringIO()
    classifying.classify_lines(str(tmp_path / "texts"), None, out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_json_lines_and_plain_lines_are_answered_each_on_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    water, lamp, hello, blow, odd = run(
        tmp_path, '{"id": 7, "text": "no hay agua en kupini hace 3 dias", "lang": "es"}', "the street light in front of our shop is dead",
        "hola", "mi marido me pega", "{ a brace")
    assert all(answer.keys() >= KEYS for answer in (water, lamp, hello, blow, odd))
    assert (water["id"], water["category"], water["abstained"], water["restricted"]) == (7, "WAT01", False, False)
    assert "id" not in lamp
    assert str(lamp["category"])[:3] == "LIT"
    assert any("light" in reason for reason in lamp["why"])  # type: ignore[attr-defined]
    assert (hello["category"], hello["abstained"]) == (None, False), "no need is an answer"
    assert (blow["category"], blow["restricted"]) == ("SAF03", True)
    assert odd["category"] is None


@pytest.mark.parametrize(("label", "text"), [
    ("nothing", ""),
    ("only signs", "?!"), ("a long one", "agua " * 2000), ("lone halves of signs", "\\ud800 agua"), ("one word", "problema")])
def test_no_text_breaks_it(label: str, text: str, tmp_path: Path) -> None:
    (answer,) = run(tmp_path, json.dumps({"text": text}))
    assert answer.keys() >= KEYS, label
    assert 0 <= float(str(answer["confidence"])) <= 1


def test_what_is_unsure_stays_open_with_its_options(tmp_path: Path) -> None:
    answers = run(tmp_path, *(" ".join(text.text.split()[:5]) for text in corpus.read()[::97]))  # five words say little
    left_open = [answer for answer in answers if answer["abstained"]]
    assert left_open
    assert all(answer["category"] is None or answer["restricted"] for answer in left_open)
    assert sum(bool(answer["options"]) for answer in left_open) > 0.8 * len(left_open)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A small city's file: two of each five texts of a few subcategories, with who wrote them."""
    texts = [text for text in corpus.read() if text.code in ("WAT01", "LIT01", "WST01", NO_NEED) and text.lang in ("es", "fr")]
    rows = [f'"{text.text.replace(chr(34), "")}",{text.code if text.code != NO_NEED else ""},{text.lang},{"FM"[at % 2]}'
            for at, text in enumerate(texts)]
    path = tmp_path / "own.csv"
    path.write_text("text,label,lang,sex\n" + "\n".join([*rows, "agua,WAT,es,F"]), "utf-8")
    return path


def test_a_model_of_ones_own_is_made_measured_and_used(labelled: Path, make_node: MakeNode, monkeypatch: pytest.MonkeyPatch,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    node = make_node()
    monkeypatch.setenv("BARRIO_CONFIG", str(node.config.directory / "config.toml"))
    assert cli.main(["classify", "train", str(labelled), "--alone"]) == 0
    said = capsys.readouterr().out
    assert "1 left out that say only the category" in said
    made = Meaning.load(node.config.data / OWN)
    assert made.version in said
    assert made.version.startswith("city-")
    metrics = made.about["metrics"]
    assert set(metrics) == {"all", "language", "sex", "category"}
    assert set(metrics["language"]) == {"es", "fr"}
    assert set(metrics["sex"]) == {"F", "M"}
    assert set(metrics["category"]) == {"WAT", "LIT", "WST", NO_NEED}
    assert metrics["all"]["category"] > 0.6
    assert made.guess("no hay agua")[0][0] == "WAT01"
    assert node.school.name == made.version, "the node asks its own model"
    assert cli.main(["check"]) in (0, 1)
    assert f"{made.version}, {made.about['texts']} texts, own:" in capsys.readouterr().out


def test_the_file_of_a_model_holds_nothing_that_could_run(labelled: Path, tmp_path: Path) -> None:
    where = training.train(str(labelled), tmp_path / "m.npz", alone=True, to=io.StringIO())
    with np.load(where, allow_pickle=False) as file:
        assert set(file.files) == {"keys", "idf", "weights", "scales", "bias", "about"}
    again = training.train(str(labelled), tmp_path / "n.npz", alone=True, to=io.StringIO())
    assert where.read_bytes() == again.read_bytes(), "the same texts make the same model"


def test_a_model_that_is_none_is_a_fault_with_a_hint(node: Node, monkeypatch: pytest.MonkeyPatch,
                                                      capsys: pytest.CaptureFixture[str]) -> None:
    assert node.school.name == shipped().version
    (node.config.data / OWN).write_bytes(b"no model")
    monkeypatch.setenv("BARRIO_CONFIG", str(node.config.directory / "config.toml"))
    assert cli.main(["check"]) == 1
    assert "barrio classify train" in capsys.readouterr().out


@pytest.mark.parametrize(("label", "words", "said"), [
    ("no label column", "text,code\nagua,WAT01\n", "no column label; its columns are text,label"),
    ("a category that is none", "text,label\nagua,WAT01\nluz,XYZ\n", "line 3: XYZ is no category; they are WAT, SAN,"),
    ("nothing to learn", "text,label\nagua,WAT\n", "no text with a subcategory"),
    ("no text at all", "text,label\nag\x00a,WAT01\n", "it holds no text"),
])
def test_every_fault_of_a_file_is_named(label: str, words: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_bytes(words.encode("utf-8", "surrogateescape"))
    with pytest.raises(Problem) as fault:
        training.train(str(tmp_path / "bad.csv"), tmp_path / "m.npz")
    assert said in str(fault.value), label
    assert not (tmp_path / "m.npz").exists()


def test_a_csv_as_a_spreadsheet_in_spanish_saves_it_is_read_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "filas.csv").write_bytes("text;label;lang\nno hay agua, desde el año pasado;WAT01;es\n".encode("cp1252"))
    (row,) = classifying.read_labelled(str(tmp_path / "filas.csv"))
    assert (row.text, row.code, row.group) == ("no hay agua, desde el año pasado", "WAT01", "es")
    assert "line 2 is not UTF-8, so the file was read as Latin-1" in capsys.readouterr().err


def test_it_is_measured_beside_keywords_and_tf_idf_in_one_table(labelled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = [text for text in corpus.read() if text.code in ("WAT01", "LIT01", "WST01", NO_NEED)][::9]
    monkeypatch.setattr(corpus, "read", lambda: few)  # the baseline of all texts takes half a minute
    out = io.StringIO()
    classifying.evaluate(str(labelled), "la-paz", out)
    said = out.getvalue().splitlines()
    assert {line.split()[0] for line in said[1:13]} == {"keywords", "tf-idf", "model", "barrio"}
    assert [line.split()[1] for line in said[1:4]] == ["all", "es", "fr"]
    assert "F1" in said[0]
    assert "ECE" in said[0]
    assert "cov95" in said[0]
    assert said[-1].startswith("restricted: ")
    tables = "\n".join(said).split("\n\n")
    here, categories = tables[2].splitlines(), tables[3].splitlines()
    assert here[0].startswith("barrio, here")
    assert [" ".join(line.split()[:-6]) for line in here[1:]] == ["all", "es", "fr", "sex F", "sex M"]
    assert [line[:16].strip() for line in categories] == ["category", "LIT", "no need", "WAT", "WST"]
    assert tables[4].startswith(shipped().version), "what the model was measured at when it was made"
    assert {"es", "fr", "en", "ar", "ary", "sw"} <= {line.split()[0] for line in tables[4].splitlines()}


def test_where_a_file_names_no_language_each_text_counts_under_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = [text for text in corpus.read() if text.code in ("WAT01", NO_NEED)][::9]
    monkeypatch.setattr(corpus, "read", lambda: few)  # the baseline of all texts takes half a minute
    (tmp_path / "rows.csv").write_text("text,label\nno hay agua en mi casa,WAT01\nle lampadaire est cassé,LIT01\n", "utf-8")
    out = io.StringIO()
    classifying.evaluate(str(tmp_path / "rows.csv"), "la-paz", out)
    assert [line.split()[1] for line in out.getvalue().splitlines()[1:4]] == ["all", "es", "fr"]


def test_given_answers_are_counted_by_what_came_of_them() -> None:
    said = [("WAT01", "WAT01", False), ("WAT", "WAT02", False), ("WAT01", "LIT01", False), ("WAT01", None, True), (NO_NEED, None, False),
            ("WAT01", None, False), (NO_NEED, "WAT01", False), ("LIT01", None, True)]
    rows = [(Labelled(label, "es", ""), code, left) for label, code, left in said]
    assert answered(rows).splitlines()[1].split() == ["all", "8", "0.250", "0.250", "0.250", "0.125", "0.125"]


@pytest.mark.parametrize("words", [["train"], ["evaluate"], ["train", "a", "b"], ["a", "b"]])
def test_a_command_that_names_no_one_file_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["classify", *words]) == 2
    assert "names no one file" in capsys.readouterr().err


def test_the_whole_answers_as_surely_as_it_says(tmp_path: Path) -> None:
    """Its guess puts the confidence it states on what it states."""
    classifier = classifying.Classifier("la-paz")
    for text in ("no hay agua en kupini hace 3 dias", "hola", "se apago el poste y no se ve nada en la cuesta"):
        found, shares = classifier.classify(text), dict(classifier.guess(text))
        if not found["abstained"]:
            assert shares[found["category"] or NO_NEED] == pytest.approx(found["confidence"], abs=0.001)
        assert sum(shares.values()) == pytest.approx(1.0, abs=0.01)
    assert figures(judge([Labelled("WAT01", "es", "no hay agua en kupini")], classifier.guess)).subcategory == 1.0
