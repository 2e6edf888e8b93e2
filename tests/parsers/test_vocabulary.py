"""The word lists themselves, the language of a text, and the shape of what is handed out."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

import parsers
from parsers import Command, Draft, Unreadable
from parsers.clean import clean_words
from parsers.draft import DRAFTS, UNREADABLE
from tests.parsers.parser_tables import WORDS, read, table

FOLDER = Path(parsers.__file__).parent / "words"


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def test_the_taxonomy_is_whole() -> None:
    assert len(WORDS.subcategories) == 89
    assert len(WORDS.cards) == 89, "card numbers are unique"
    assert {code for code, sub in WORDS.subcategories.items() if sub.sensitive} == {"SAF03", "SAF07"}
    assert WORDS.label("WAT01", "fr") == "Coupure d'eau"
    assert WORDS.label("WAT01", "qu") == "Sin agua", "a language without a label gets the Spanish one"


def test_no_keyword_stands_twice_in_a_list() -> None:
    for category in _toml("taxonomy")["category"]:
        for sub in category["sub"]:
            for lang, phrases in sub["kw"].items():
                cleaned = [" ".join(clean_words(phrase)) + ("*" if "*" in phrase else "") for phrase in phrases if "+" not in phrase]
                assert len(cleaned) == len(set(cleaned)), (sub["code"], lang, sorted(p for p in cleaned if cleaned.count(p) > 1))


def test_every_thing_in_a_state_means_a_subcategory() -> None:
    things = _toml("things")
    for thing, found in things["things"].items():
        for state, code in found.items():
            if state != "words":
                assert code in WORDS.subcategories, (thing, state)
                assert state == "alone" or state in things["states"], (thing, state)


def test_no_pattern_shrinks_to_a_letter() -> None:
    """`hhh` is cleaned to `h`, `xxx` to `x`: such a pattern would be found in every other text."""
    allowed = {"s", "o", "y", "n", "f", "m", "h"}
    for kind in ("spam", "chat", "abuse", "emergency", "protection", "severity", "politeness"):
        for phrases in _toml("lexicon")[kind].values():
            for phrase in phrases:
                words = clean_words(phrase)
                assert not words or len("".join(words)) > 1 or words[0] in allowed, (kind, phrase)


@pytest.mark.parametrize(
    ("label", "raw", "meant"),
    [
        ("by ear", "bazura", "basura"),
        ("a letter lost", "lumnaria", "luminaria"),
        ("a letter more", "contenedorr", "contenedor"),
        ("letters swapped", "bahce", "bache"),
        ("a word of its own stays", "hombre", "hombre"),
        ("a short word stays", "sol", "sol"),
        ("water is not cancel", "الماء", "الماء"),
    ],
)
def test_the_word_that_was_meant(label: str, raw: str, meant: str) -> None:
    tokens = WORDS.look(raw)
    assert [token.meant for token in tokens] == [meant], label


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("sinluz", ["sin", "luz"]),
        ("nohayagua", ["no", "hay", "agua"]),
        ("20familias", ["20", "familias"]),
        ("d'eau", ["d", "eau"]),
        ("m9tou3", ["m9tou3"]),
    ],
)
def test_words_that_were_run_together(raw: str, words: list[str]) -> None:
    assert [token.word for token in WORDS.look(raw)] == words


@pytest.mark.parametrize(
    ("city", "text", "language"),
    [
        ("la-paz", "no hay agua en kupini", "es"),
        ("casablanca", "pas d'eau à Oulfa", "fr"),
        ("nairobi", "no water in Kayole", "en"),
        ("casablanca", "الماء مقطوع", "ar"),
        ("casablanca", "البولة طافية فدرب السلطان", "ar"),
        ("casablanca", "lma m9tou3 f oulfa", "ary"),
        ("la-paz", "janiw uma utjkiti", "ay"),
        ("la-paz", "mana yaku kanchu", "qu"),
        ("nairobi", "hakuna maji huku", "sw"),
        ("la-paz", "S1604", "und"),
        ("la-paz", "pampahasi", "und"),
        ("la-paz", "48215", "und"),
        ("la-paz", "OBRA villa fatima", "es"),
        ("la-paz", "2 dias", "es"),
        ("la-paz", "zona 4", "es"),
        ("la-paz", "4 2 x 3", "und"),
    ],
)
def test_language(city: str, text: str, language: str) -> None:
    assert read(text, city).language == language


def test_among_equals_the_channel_and_the_profile_decide() -> None:
    text = "route rue"  # French and English words in equal parts would be a coin toss
    assert read("note 4 48215", channel_lang="fr").language == "fr"
    assert read(text, profile={"language": "fr"}).language == "fr"


def test_each_intent_has_its_class() -> None:
    for name in ("samples/examples_open.jsonl", "hard_steer.jsonl", "hard_kept.jsonl", "hard_fresh.jsonl"):
        for row in table(name):
            outcome = read(row["text"], row["city"], **(row.get("context") or {}))
            kind = Draft if outcome.intent in DRAFTS else Unreadable if outcome.intent in UNREADABLE else Command
            assert type(outcome) is kind, outcome
            assert outcome.why, "every outcome gives its reasons"


def test_what_is_handed_out_is_frozen() -> None:
    outcome = read("no hay agua en kupini")
    with pytest.raises(AttributeError):
        outcome.intent = "other"  # type: ignore[misc]
    assert not hasattr(outcome, "__dict__")


def test_the_contract_fields_are_always_there() -> None:
    keys = {"intent", "category", "place_text", "place_code", "severity", "people", "people_unit", "details", "language", "errors"}
    for text in ("", "no hay agua en kupini", "mi marido me pega", "ESTADO 48215", "2"):
        assert keys <= read(text).as_dict().keys()
