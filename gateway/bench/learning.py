"""How much corrections teach: accuracy after 0, 50, 200 and 1,000 of them, on texts that nobody corrected.

    a beginner   a model made from a tenth of the corpus; corrections and judged texts are from the rest
    own words    a model made from four fifths; in the other fifth the 150 words that tell most are replaced by invented ones, as a
                 city calls things by names of its own; corrections and judged texts are parts of that fifth
"""

from __future__ import annotations

import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from random import Random

from gateway.classification import corpus, training
from gateway.classification.calibration import held_out
from gateway.classification.corpus import NO_NEED, Text
from gateway.classification.learning import Lesson, Taught
from gateway.classification.meaning import Meaning, words_in

STEPS = (0, 50, 200, 1_000)
JUDGED, FEWEST_JUDGED = 1_500, 300
ACCOUNTS = 3
OWN_WORDS = 150
_SEED = 5
_USUAL = {"temperature": 0.95}
_SYLLABLES = ("cho", "que", "ya", "pu", "lla", "ma", "ri", "ta", "huan", "co", "si", "pam", "pa", "ti", "na", "wa", "ka", "lu")


def curves() -> list[list[object]]:
    """A row for each way; two models are made for it, which takes two minutes."""
    texts = corpus.read()
    tenth = training.part_of(texts, 0.1)
    chosen = set(tenth)
    rest = _shuffled(text for text in texts if text not in chosen)
    rows = [_curve("a tenth of the corpus", "the rest", training.fit(tenth, _USUAL), rest)]
    learned, fifth = held_out(texts)
    model = training.fit(learned, _USUAL)
    own = own_words(texts)
    city = _shuffled(Text(text.code, text.lang, text.by, called(text.text, own)) for text in fifth
                     if text.code != NO_NEED and not own.keys().isdisjoint(words_in(text.text)))
    rows.append(_curve("four fifths", f"own words for {OWN_WORDS}", model, city))
    return rows


def own_words(texts: Sequence[Text]) -> dict[str, str]:
    """The words that tell most of what a text is about, and what this city says instead."""
    codes = Counter(text.code for text in texts if text.code != NO_NEED)
    whole = codes.total()
    holding: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        if text.code != NO_NEED:
            for word in set(words_in(text.text)):
                holding[word][text.code] += 1

    def tells(word: str) -> float:
        size = holding[word].total()
        return sum(count * math.log(count / size * whole / codes[code]) for code, count in holding[word].items())

    ranked = sorted((word for word in holding if len(word) > 3 and word.isalpha()), key=lambda word: (-tells(word), word))
    return {word: _invented(word) for word in ranked[:OWN_WORDS]}


def called(text: str, own: dict[str, str]) -> str:
    """A text in the city's own words."""
    return " ".join(own.get(word, word) for word in words_in(text.replace(corpus.PLACE, " ")))


def _invented(word: str) -> str:
    number = zlib.crc32(word.encode())
    return "".join(_SYLLABLES[(number >> (5 * at)) % len(_SYLLABLES)] for at in range(3))


def _shuffled(texts: Iterable[Text]) -> list[Text]:
    found = list(texts)
    Random(_SEED).shuffle(found)
    return found


def _curve(taught: str, judged: str, model: Meaning, texts: Sequence[Text]) -> list[object]:
    """The first texts are corrected one after the other, by a few accounts in turn; the others judge."""
    stream = min(STEPS[-1], len(texts) - FEWEST_JUDGED)
    rows = texts[stream:stream + JUDGED]
    learner = Taught(model)
    said = []
    for at, text in enumerate([*texts[:stream], None]):
        if at in STEPS or text is None:
            said.append(f"{sum(learner.guess(row.text, 1)[0][0] == row.code for row in rows) / len(rows):.3f}")
        if text is not None:
            learner.teach(Lesson(f"r{at}", text.text, text.code, f"account{at % ACCOUNTS}", f"{at:06}"))
    return [taught, f"{judged} ({len(rows)})", *said]
