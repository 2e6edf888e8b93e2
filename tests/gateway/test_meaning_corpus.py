"""The corpus: texts of known subcategories and languages, many, each once, and none with a number that could be somebody's."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from gateway.classification import corpus
from gateway.classification.corpus import NO_NEED, PLACE, Text
from gateway.classification.corpus.variation import vary
from gateway.classification.meaning import words_in
from parsers import load_vocabulary
from parsers.vocabulary import LANGUAGES

TEXTS = corpus.read()
LABELS = Path(__file__).with_name("labels")


def test_there_are_enough_texts_of_every_subcategory_and_of_no_need() -> None:
    count = Counter(text.code for text in TEXTS)
    assert set(count) == {*load_vocabulary().subcategories, NO_NEED}
    assert len(TEXTS) > 10_000
    assert min(count.values()) >= 60, count.most_common()[-3:]


def test_every_language_has_its_share() -> None:
    count = Counter(text.lang for text in TEXTS)
    assert set(count) == set(LANGUAGES)
    assert all(count[lang] >= 1000 for lang in ("es", "fr", "en", "ary", "ar")), count


def test_no_text_stands_twice() -> None:
    count = Counter(tuple(words_in(text.text)) for text in TEXTS)
    assert not [words for words, times in count.items() if times > 1]


@pytest.mark.parametrize(("label", "fault"), [
    ("a number long enough to be a telephone", re.compile(r"(?<!\d)(?!7000000\d)\d{7,}")),
    ("an address of the web or of mail", re.compile(r"https?:|www\.|\w@\w")),
    ("a brace that is no place mark", re.compile(r"[{}]")),
    ("a line break or a control mark", re.compile(r"[\x00-\x1f\u2028\u2029]")),
])
def test_no_text_holds(label: str, fault: re.Pattern[str]) -> None:
    assert not [text.text for text in TEXTS if fault.search(text.text.replace(PLACE, ""))]


def test_each_file_holds_one_category() -> None:
    for text in TEXTS:
        assert text.by in "ABCDEFGHIJLMN"
        assert text.text == text.text.strip() != ""


def test_keywords_are_those_of_known_subcategories() -> None:
    assert {word.code for word in corpus.keywords()} == set(load_vocabulary().subcategories)


def test_what_stands_around_texts_has_places_and_phrases_in_every_language_with_a_thousand_texts() -> None:
    around = corpus.surroundings()
    for lang in ("es", "fr", "en", "ary", "ar"):
        assert len(around.places[lang]) >= 5
        assert len(around.phrases[lang]) >= 10


def test_a_varied_text_is_the_same_for_the_same_seed_and_keeps_most_of_its_words() -> None:
    text = Text("WAT01", "es", "A", "no sale ni una gota de agua del grifo desde ayer en {place}")
    around = corpus.surroundings()
    once = [vary(text.text, text.lang, around, Random(at)) for at in range(200)]
    assert once == [vary(text.text, text.lang, around, Random(at)) for at in range(200)]
    assert len(set(once)) > 150
    kept = [len(set(words_in(each)) & set(words_in(text.text))) / len(set(words_in(text.text))) for each in once]
    assert sum(kept) / len(kept) > 0.7


@pytest.mark.parametrize(("label", "file", "names"), [
    ("the first seven hundred", "real_labels.jsonl", {"set", "sha", "code", "sure"}),
    ("four draws of later days", "later_labels.jsonl", {"set", "draw", "sha", "code", "sure"}),
])
def test_real_labels_name_rows_by_hash_alone_and_know_the_taxonomy(label: str, file: str, names: set[str]) -> None:
    rows = [json.loads(line) for line in (LABELS / file).read_text(encoding="utf-8").splitlines()]
    known = {*load_vocabulary().subcategories, NO_NEED}
    known |= {code[:3] for code in known if code != NO_NEED}
    count = Counter(row["set"] for row in rows)
    assert count["bengaluru"] >= 200
    assert count["madrid"] >= 80
    for row in rows:
        assert set(row) == names
        assert re.fullmatch(r"[0-9a-f]{16}", row["sha"])
        assert row["code"] in known


def test_no_real_text_was_labelled_twice() -> None:
    rows = [json.loads(line) for file in LABELS.glob("*.jsonl") for line in file.read_text(encoding="utf-8").splitlines()]
    assert not [sha for sha, times in Counter(row["sha"] for row in rows).items() if times > 1]
