"""Whatever arrives is answered: any string, any length, any context, in bounded time and memory."""

import json
import random
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import Context, Outcome, parse
from parsers.context import PENDING
from tests.parsers.parser_tables import WORDS, places_of

ANY_TEXT = st.text(alphabet=st.characters(), max_size=400)
KNOWN = (
    "no hay agua sin luz kupini S1604 3 dias mi marido me pega zona calle san pedro de mayo desde el ayer",
    "ESTADO 48215 nota 5 ? # = : , . *4471 veinte y cinco familias incendio gracias hola 😀 ٤٨٢",
    "الماء مقطوع فسيدي مومن ma kaynch f sidi moumen 7na hakuna maji",
)
WORDY = st.lists(st.sampled_from([word for line in KNOWN for word in line.split()]), max_size=60).map(" ".join)
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "pending": st.sampled_from([*sorted(PENDING), "nonsense"]),
        "slot": st.sampled_from(["place", "category", ""]),
        "options": st.dictionaries(st.sampled_from(["1", "2", "A", "B"]), st.sampled_from(["S1701", "Z2104", "Gradas", ""])),
        "draft": st.dictionaries(st.sampled_from(["category", "place_code"]), st.sampled_from(["WAT01", "S1701", ""])),
        "last_reference": st.sampled_from(["48215", ""]),
        "profile": st.dictionaries(st.sampled_from(["place_code", "language"]), st.sampled_from(["S1701", "es", "ay"])),
        "role": st.just("officer"),
        "pin": st.just("4471"),
        "received_at": st.sampled_from(["2025-03-05T10:00:00+00:00", "nonsense"]),
    },
)


def _read(text: str, given_context: dict[str, Any], city: str) -> Outcome:
    return parse(text, Context.of(given_context, "es"), WORDS, places_of(city))


@settings(max_examples=150, deadline=None)
@given(text=ANY_TEXT, context=CONTEXTS, city=st.sampled_from(["la-paz", "casablanca", "nairobi"]))
def test_any_string_has_an_outcome_that_can_be_stored(text: str, context: dict[str, Any], city: str) -> None:
    outcome = _read(text, context, city)
    json.dumps(outcome.as_dict(), ensure_ascii=False).encode("utf-8")
    assert "\x00" not in (outcome.details or "")
    assert outcome.why


@settings(max_examples=150, deadline=None)
@given(text=WORDY, context=CONTEXTS, city=st.sampled_from(["la-paz", "casablanca", "nairobi"]))
def test_any_order_of_known_words_has_an_outcome(text: str, context: dict[str, Any], city: str) -> None:
    outcome = _read(text, context, city)
    assert outcome == _read(text, context, city), "the same text means the same"
    if outcome.intent == "protection":
        assert outcome.place_code is outcome.details is outcome.reference is None


HOSTILE = [
    ("64 kB of one letter", "a" * 65536),
    ("64 kB of digits", "7" * 65536),
    ("64 kB of NUL", "\x00" * 65536),
    ("64 kB of apostrophes", "'" * 65536),
    ("64 kB of marks that turn the direction", "\u202e\u200f" * 32768),
    ("64 kB of tatweel", "ـ" * 65536),
    ("lone surrogates", "\ud800" * 5000),
    ("emoji", "😀" * 16000),
    ("a keyword for ever", "no hay agua " * 5000),
    ("places for ever", "kupini pampahasi seguencoma " * 2000),
    ("things and states for ever", "agua rota muro caer " * 3000),
    ("a violent text for ever", "pega sol me mi hija toca " * 2500),
    ("codes for ever", "S16 04 " * 9000),
    ("numbers for ever", "veinte y cinco mil " * 3500),
    ("unknown words", " ".join("".join(random.Random(n).choices("abcdefghilmnopqrstu", k=7)) for n in range(8000))),
]


@pytest.mark.parametrize(("label", "text"), HOSTILE)
def test_hostile_texts_are_read_in_bounded_time(label: str, text: str) -> None:
    _read(text, {}, "la-paz")  # the first look at new words costs more; a campaign repeats itself
    began = time.process_time()
    outcome = _read(text, {}, "la-paz")
    spent = time.process_time() - began
    assert spent < 0.05, f"{label}: {spent * 1000:.0f} ms"
    if len(text) > 1600 and any(char.isalpha() for char in text):
        assert any("only the first" in reason for reason in outcome.why) or outcome.intent in ("empty", "number_only", "protection")


def test_what_is_remembered_of_hostile_words_is_bounded() -> None:
    chance = random.Random(4)
    for _ in range(300):
        _read(" ".join("".join(chance.choices("abcdefghilmnopqrstu", k=9)) for _ in range(90)), {}, "la-paz")
    assert len(WORDS.seen) <= 8000


@pytest.mark.campaign
def test_a_long_campaign_of_every_plane() -> None:
    chance = random.Random(5)
    slowest = 0.0
    for _ in range(100_000):
        size = chance.choice([10, 100, 1000, 3000])
        text = "".join(
            chr(chance.choice([chance.randrange(0x250), chance.randrange(0x3000), chance.randrange(0x110000)])) for _ in range(size)
        )
        began = time.process_time()
        _read(text * (65536 // size if chance.random() < 0.01 else 1), {}, "la-paz").as_dict()
        slowest = max(slowest, time.process_time() - began)
    assert slowest < 0.05
