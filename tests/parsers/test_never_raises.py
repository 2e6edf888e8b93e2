"""Whatever arrives is answered: any string, any length, any context, in bounded time and memory."""

import gc
import json
import os
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.classification.meaning import shipped
from parsers import Context, Outcome, parse
from parsers.context import PENDING
from tests.parsers.hostile import KINDS, hostile, kind_of
from tests.parsers.parser_tables import WORDS, places_of

# No string may cost more of a processor than this, in seconds.
LIMIT = 0.05  # seconds of a processor, kept by the campaign
ROOM = 10  # times that is given in every run: a slow or busy machine is no fault, what grows with the square of a text is
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
    return parse(text, Context.of(given_context, "es"), WORDS, places_of(city), shipped().guess)


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
    began = time.thread_time()
    outcome = _read(text, {}, "la-paz")
    spent = time.thread_time() - began
    assert spent < ROOM * LIMIT, f"{label}: {spent * 1000:.0f} ms"
    if len(text) > 1600 and any(char.isalpha() for char in text):
        assert any("only the first" in reason for reason in outcome.why) or outcome.intent in ("empty", "number_only", "protection")


def test_what_is_remembered_of_hostile_words_is_bounded() -> None:
    chance = random.Random(4)
    for _ in range(300):
        _read(" ".join("".join(chance.choices("abcdefghilmnopqrstu", k=9)) for _ in range(90)), {}, "la-paz")
    assert len(WORDS.seen) <= 8000


@dataclass
class Seen:
    """What a campaign saw: the slowest string of each kind, and what was wrong."""

    slowest: dict[str, tuple[float, int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    bytes_grown: int = 0

    def __str__(self) -> str:
        lines = [f"{kind:14} slowest {spent * 1000:6.1f} ms, number {number}" for kind, (spent, number) in sorted(self.slowest.items())]
        return "\n".join([*lines, f"memory grew by {self.bytes_grown / 2**20:.1f} MiB", f"faults: {self.faults[:20] or 'none'}"])


def campaign(numbers: range, warm: int, limit: float = ROOM * LIMIT) -> Seen:
    """Read hostile strings; memory is compared from the `warm`-th on, when what is remembered is full."""
    seen, cities = Seen(), ("la-paz", "casablanca", "nairobi")
    for city in cities:
        _read("words, places and model are loaded once", {}, city)
    gc.collect()
    gc.disable()  # a collection of another test's garbage is no fault of a string
    began_with = 0
    try:
        for count, number in enumerate(numbers):
            if count % 500 == 0:
                gc.collect()
            if count == warm:
                began_with = _resident()
            text, kind = hostile(number), kind_of(number)
            began = time.thread_time()
            try:
                outcome = _read(text, {}, cities[number // KINDS % 3])
                spent = time.thread_time() - began
                json.dumps(outcome.as_dict(), ensure_ascii=False).encode("utf-8")
            except Exception as fault:
                seen.faults.append(f"{number} ({kind}): {fault!r}")
                continue
            if spent > seen.slowest.get(kind, (0.0, 0))[0]:
                seen.slowest[kind] = (spent, number)
            if spent > limit:
                seen.faults.append(f"{number} ({kind}): {spent * 1000:.0f} ms")
    finally:
        gc.enable()
    seen.bytes_grown = _resident() - began_with
    return seen


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_hostile_strings_are_read_quickly_and_leave_nothing_behind() -> None:
    seen = campaign(range(1_000), warm=500)
    assert not seen.faults, str(seen)
    assert seen.bytes_grown < 48 * 2**20, str(seen)
    assert len(seen.slowest) == KINDS


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_a_campaign_of_hostile_strings(capsys: pytest.CaptureFixture[str]) -> None:
    seen = campaign(range(1_000_000, 1_100_000), warm=20_000, limit=LIMIT)
    with capsys.disabled():
        print(f"\n{seen}")
    assert not seen.faults
    assert seen.bytes_grown < 48 * 2**20


def test_the_campaign_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: a reader that breaks on one kind is named with the number that broke it."""

    def broken(text: str, given_context: dict[str, Any], city: str) -> Outcome:
        if text.startswith("words, places"):
            return parse(text, Context(), WORDS, places_of(city))
        raise ValueError(city)

    monkeypatch.setattr(sys.modules[__name__], "_read", broken)
    assert len(campaign(range(KINDS), warm=1).faults) == KINDS
