"""A resident who does what a reply says is understood: every word told is one the parser knows."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.words.replies import CATEGORY_CHOICES, LANGUAGES, Replies

WORDS = Path(__file__).parents[2] / "parsers" / "words"
CIRCLE = Path(__file__).parents[2] / "gateway" / "conversation" / "circle.toml"  # who is greeted has a word of their own that ends it
LEXICON, TRIPS = WORDS / "lexicon.toml", WORDS / "trips.toml"
TEXTS = Replies.load().texts


def words_a_parser_knows() -> Iterator[tuple[str, str, str]]:
    lexicon = tomllib.loads(LEXICON.read_text(encoding="utf-8"))
    for name, lists in lexicon["commands"].items():
        for language in LANGUAGES:
            yield from ((name, language, plain(word)) for word in lists.get(language, []))
    for name in ("yes", "no"):
        yield from ((name, language, plain(word)) for language in LANGUAGES for word in lexicon["answers"][name])


def plain(text: str) -> str:
    parted = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parted if not unicodedata.combining(char))


@pytest.mark.parametrize(("kind", "command", "languages"), [
    ("ack", "no", LANGUAGES), ("ack", "status", ("es", "fr", "en", "ary")), ("ack_dup", "no", LANGUAGES),
    ("support_ok", "no", LANGUAGES), ("corrected", "no", LANGUAGES), ("multi_ack", "no", LANGUAGES), ("multi_ack_places", "no", LANGUAGES),
    ("place_code_bad", "yes", LANGUAGES), ("number_only", "status", LANGUAGES), ("status_unknown", "status", LANGUAGES),
    ("help", "status", LANGUAGES), ("help", "support", LANGUAGES), ("help", "stop", LANGUAGES),
    ("help", "info", ("es", "fr", "en", "ary")), ("help", "language", ("en", "ar", "ary")),
    ("status_done", "not_fixed", LANGUAGES), ("news_done", "not_fixed", ("es", "fr", "en", "ary")), ("status_other", "support", LANGUAGES),
    ("news_several", "status", ("es", "fr", "en", "ary")), ("ask_fixed", "yes", LANGUAGES), ("ask_fixed", "no", LANGUAGES),
    ("status_unfunded", "support", LANGUAGES), ("reopened", "add", LANGUAGES),
    ("fixed_thanks", "rate", LANGUAGES), ("rate_bad", "rate", LANGUAGES), ("registered", "register", LANGUAGES),
    ("registered", "stop", LANGUAGES), ("start_ok", "stop", LANGUAGES), ("stop_ok", "start", LANGUAGES),
    ("my_data", "erase", LANGUAGES), ("my_data_none", "erase", LANGUAGES), ("erase_ask", "erase_yes", LANGUAGES),
    ("lang_bad", "language", LANGUAGES), ("vote_unknown", "poll", LANGUAGES), ("poll", "poll", LANGUAGES), ("broadcast", "stop", LANGUAGES),
     ("announce", "stop", LANGUAGES),
])
def test_a_reply_tells_only_commands_that_the_parser_knows(kind: str, command: str, languages: tuple[str, ...]) -> None:
    for language in languages:
        known = {word for name, of, word in words_a_parser_knows() if (name, of) == (command, language)}
        text = plain(TEXTS[kind][language])
        assert any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in known), (kind, language)


def test_no_capital_word_is_told_that_nobody_understands() -> None:
    known = {word for _, _, word in words_a_parser_knows()}
    enough = {plain(word) for words in tomllib.loads(CIRCLE.read_text(encoding="utf-8"))["enough"].values() for word in words}
    trips = {plain(word) for words in tomllib.loads(TRIPS.read_text(encoding="utf-8")).values() for word in _words_in(words)}
    shouted = {plain(words) for words in (
        "EMERGENCIA", "YA", "URGENCE", "TOUT DE SUITE", "SMS", "ENVOIE NI", "NI", "EMERGENCY", "NOW", "AT ONCE", "AHORA",
        "MAINTENANT", "NOT", "KHATAR", "DABA", "MA KAYSIFTCH", "PIN")}
    for kind, texts in TEXTS.items():
        for language, text in texts.items():
            told = re.findall(r"\b[A-ZÉ\d]*[A-ZÉ][A-ZÉ\d]+(?: [A-ZÉ\d]{2,})*\b", re.sub(r"\{\w+\}", "|", text))
            if kind == "trip_ask":  # a whole example, each word of which is read by itself
                told = [word for words in told for word in words.split() if plain(word) not in trips | {"centro", "centre"}
                        and not re.match(r"\d", word)]  # a place, an hour
            here = known | enough if kind == "checkin_yes" else known
            assert {plain(words) for words in told} - here - shouted <= {"ok"}, (kind, language)


def _words_in(found: object) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        yield from (word for each in found.values() for word in _words_in(each))
    elif isinstance(found, list):
        yield from (word for each in found for word in _words_in(each))


def test_the_category_question_numbers_the_choices() -> None:
    for language in LANGUAGES:
        numbers = re.findall(r"(?<!\w)\d(?= )", TEXTS["ask_category"][language])
        assert [int(number) for number in numbers] == list(range(1, len(CATEGORY_CHOICES) + 2))
