"""What a belief is worth: the confidence that is stated, so that of what is stated at .7 seven in ten are right.

A model believes what its corpus holds. How far that stands was measured on labelled texts of several sources; `worth.toml` keeps the
weights and where they come from, `python -m gateway.operator.honesty` makes it. Of each kind of answer few things tell more than the
belief itself: a need is worth less the likelier the model finds another category, or none, and Arabic letters are believed too
little; "no need" is worth less the longer the text. A greater belief is never worth less.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

SHIPPED = Path(__file__).with_name("worth.toml")
# Beliefs nearer to 0 or 1 say no more.
NEAREST = 0.001
# What the likeliest other category of a text that states a need often has; below the second it has nothing to say.
USUAL, LEAST = 0.12, 0.01
# So many words are many for a text that states no need.
LONG = 9
# What words tell of harm is heard by lists, which err too.
HEARD = 0.95
_ARABIC = re.compile("[\u0600-\u06ff]")

Kind = Literal["need", "none", "open"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is believed, and what tells how far: `Answer("need", 0.9, rival=0.3)`, the model gives another category three tenths.

    `none`: no need is stated; `heard`: a greeting, thanks or an advertisement. `open`: nothing is sure enough, this is likeliest.
    """

    kind: Kind
    belief: float
    rival: float = 0.0
    arabic: bool = False
    words: int = 1
    heard: bool = False

    @property
    def terms(self) -> dict[str, float]:
        """What the weights of its kind are multiplied by."""
        terms = {"even": 1.0, "belief": _odds(self.belief, NEAREST)}
        if self.kind == "need":
            terms |= {"rival": _odds(self.rival, LEAST) - _odds(USUAL, LEAST), "arabic": float(self.arabic)}
        elif self.kind == "none":
            terms |= {"long": math.log(max(self.words, LONG) / LONG), "heard": float(self.heard)}
        return terms


class Worth:
    """The weights of each kind: `Worth.load()(Answer("none", 0.95, words=30))` -> about 0.5."""

    def __init__(self, weights: Mapping[str, Mapping[str, float]]) -> None:
        """The weights by kind and term."""
        self._weights = weights

    @classmethod
    def load(cls, path: Path = SHIPPED) -> Worth:
        """The shipped weights, or others of the same form."""
        return cls(tomllib.loads(path.read_text(encoding="utf-8"))["weights"])

    def __call__(self, answer: Answer) -> float:
        """The confidence to state."""
        weights = self._weights[answer.kind]
        odds = sum([weights[name] * value for name, value in answer.terms.items()])
        return 1 / (1 + math.exp(-odds))


def _odds(share: float, nearest: float) -> float:
    kept = min(max(share, nearest), 1 - nearest)
    return math.log(kept / (1 - kept))


def is_arabic(text: str) -> bool:
    """Whether there are Arabic letters in it."""
    return _ARABIC.search(text) is not None


def length(text: str) -> int:
    """How many words a text has, near enough."""
    return text.count(" ") + 1


@cache
def shipped() -> Worth:
    """The shipped weights, read once per process."""
    return Worth.load()
