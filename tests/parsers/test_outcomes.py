"""Texts we did not write: chatter and fraud are no needs, those who ask for food are not silenced.

With BARRIO_REAL_TEXTS=FOLDER the sets of that folder are read too (`-m campaign`); a made-up folder always.
"""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.parsers.outcomes import NEEDS, as_table, group_of, outcomes_in, share

FOLDER = os.environ.get("BARRIO_REAL_TEXTS")  # read now: tests run without any BARRIO_ variable


@pytest.mark.parametrize(
    ("label", "labels", "group"),
    [
        ("several labels of a request", "request|aid_related", "request"),
        ("food outranks the rest", "request|aid_related|food", "food, water"),
        ("related and nothing asked", "aid_related|weather_related", "related"),
        ("one label is its own group", "spam", "spam"),
        ("a measure is no label", "polarity:neg", "all"),
        ("no label at all", "", "all"),
        ("a lone label of what it is about", "buildings", "related"),
    ],
)
def test_rows_are_counted_by_what_their_set_says(label: str, labels: str, group: str) -> None:
    assert group_of(labels) == group, label


def test_a_folder_is_counted_by_set_and_label(tmp_path: Path) -> None:
    rows = [
        ("no hay agua en kupini", "request"), ("no hay agua", "request"), ("basta en kupini", "request"), ("incendio en kupini", "request"),
        ("hola", "ham"), ("ganaste un premio", "ham"), ("ESTADO 48215", "ham"), ("quiero morirme", "ham"), ("123", "ham"),
    ]  # fmt: skip
    with (tmp_path / "made.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "category_raw"), *rows])
    table = outcomes_in(tmp_path)
    assert table["made", "request"] == {"report": 1, "asks where": 1, "asks what": 1, "emergency": 1}
    assert table["made", "ham"] == {"greeting": 1, "spam": 1, "command": 1, "self harm": 1, "other": 1}
    assert share(table["made", "request"], *NEEDS) == 1.0
    assert "| made: request | 4 | 1 | 1 | 1 | 1 |" in as_table(table)


if FOLDER:

    @pytest.mark.campaign
    def test_real_texts_are_taken_for_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
        table = outcomes_in(Path(FOLDER))
        with capsys.disabled():
            print(f"\n{as_table(table)}")
        for (name, group), counted in table.items():
            if group in ("spam", "scam"):
                assert share(counted, *NEEDS) <= 0.02, (name, group)
                assert share(counted, "spam") >= 0.85, (name, group)
            if group in ("ham", "trust", "not_related"):
                assert share(counted, "spam") <= 0.02, (name, group)
                assert share(counted, "emergency", "protection", "self harm") <= 0.01, (name, group)
                assert share(counted, *NEEDS) <= 0.15, (name, group)
            if group in ("food, water", "request"):
                assert share(counted, "spam") == 0.0, f"{name}: someone who asks is silenced"
        assert sum(table.values(), Counter()).total() > 0
