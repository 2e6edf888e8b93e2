"""What becomes of a report in the queue: category, urgency, unit, and whether it must stay among few; each with its reasons.

The category is what the text was understood as; lessons may move it (`learning`), and where nobody is sure it stays open with
its likeliest options. Restricted fails closed: what may tell of harm to somebody stays among few until a person has looked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.classification.corpus import NO_NEED
from gateway.classification.harm import DOUBTED, FEW, OPEN, harm, unread_bar
from gateway.classification.learning import Taught
from gateway.classification.units import Bodies
from gateway.classification.urgency import urgency_of
from gateway.classification.worth import HEARD, Answer, is_arabic, length, shipped
from parsers.introductions import without_introduction

MODEL = "rules-3"
# The belief that lessons must reach, and how much of it they must have brought, before they move a report.
SURE = 0.6
GAINED = 0.2
# Below an even chance of being right a category is one of several: it is offered with the others, and a person says which.
UNSURE = 0.5
# How far the model tempers what words are sure of: alone they are too sure of paraphrases. Chosen on held-out texts
# of the corpus, with the real sets seen before.
TEMPERED, LEAST_SHARE = 0.2, 0.05
# A subcategory so likely is worth offering where none is sure.
WORTH_OFFERING = 0.04
MOST_OPTIONS = 3
_NEEDS = ("report", "emergency")


@dataclass(frozen=True, slots=True)
class Category:
    """What the taxonomy says of a subcategory: its usual severity 1..4, whether it is sensitive, and the role that answers it."""

    code: str
    severity: int
    sensitive: bool
    kind: str
    service: str = ""


@dataclass(frozen=True, slots=True)
class Classification:
    """Without a sure category `options` are the likeliest. `doubt`: restricted until a person has looked."""

    category: str | None
    confidence: float
    urgency: int
    restricted: bool
    model: str
    why: tuple[str, ...]
    options: tuple[str, ...] = ()
    unit: str | None = None
    doubt: bool = False

    @property
    def abstained(self) -> bool:
        """Whether a person should say what it is about; `options` are what to choose from."""
        return self.category is None or self.confidence < UNSURE


class Judge:
    """Classifies reports as one city and one model do; pure."""

    def __init__(self, model: Taught, categories: Mapping[str, Category], bodies: Bodies, name: str = "",
                 worth: Callable[[Answer], float] | None = None) -> None:
        """`name` says which model and lessons answer; it is kept with every classification. `worth` says what a belief is worth."""
        self._model, self._categories, self._bodies, self._worth = model, categories, bodies, worth or shipped()
        self._name = f"{MODEL}+{name}" if name else MODEL
        self._sensitive = tuple(code for code, one in categories.items() if one.sensitive and code in model.codes)

    def classify(self, report: Mapping[str, Any], text: str, *, stated: bool = False, looked: bool = False) -> Classification:
        """Classify a report as the journal holds it, with the words of its text.

        `stated`: its resident or a person said what it is about, so only the rest is the machine's. `looked`: a person read it.
        """
        why: list[str] = []
        options: tuple[str, ...] = ()
        code, confidence, stated = report["category"], float(report["confidence"] or 0.0), stated or looked
        if not stated and report["intent"] in _NEEDS and text:
            code, confidence, options = self._category(code, confidence, text, why)
        elif not stated:
            confidence = min(confidence, HEARD)
        category = self._categories.get(code or "")
        urgency = urgency_of(report, code if category else None, category.severity if category else 2, text, why)
        sure = report["intent"] == "protection" or (category is not None and category.sensitive)
        doubt = not sure and not looked and report["intent"] == "report" and self.doubts(text, category is not None, bool(options))
        if sure:
            why.append("restricted: it may concern violence or a child")
        elif doubt:
            why.append("restricted until a person has looked: it may tell of harm to somebody")
        unit, because = self._bodies.unit(category.service, report["place_code"]) if category else (None, "")
        if unit:
            why.append(f"unit: {because}")
        return Classification(code, round(confidence, 3), urgency, sure or doubt, self._name, tuple(why), options, unit, doubt)

    def doubts(self, text: str, understood: bool, unsure: bool = False) -> bool:
        """Whether a text may tell of harm, so that a person looks first: sooner where no need was found, or none surely.

        Lessons have no say in it.
        """
        bar = unread_bar(text) if not understood else OPEN if unsure else DOUBTED
        return bool(text) and harm(text, self._model.base.guess, bar, FEW) is not None

    def options(self, text: str) -> tuple[str, ...]:
        """The likeliest needs that a text may speak of, to be offered where none is sure; none of the sensitive ones."""
        return tuple(code for code, share in self._model.guess(without_introduction(text)) if code != NO_NEED and share >= WORTH_OFFERING
                     and code not in self._sensitive)[:MOST_OPTIONS]

    def leaning(self, text: str) -> tuple[str, float]:
        """The likeliest reading of a text of which nothing is sure, and the confidence in it; it may be that no need is stated."""
        (code, belief), *_ = self._model.guess(without_introduction(text), 1)
        return code, self.none(belief, text) if code == NO_NEED else self._worth(Answer("open", belief))

    def none(self, belief: float, text: str, *, heard: bool = False) -> float:
        """The confidence that a text states no need; `heard`: its words are a greeting, thanks or an advertisement."""
        return self._worth(Answer("none", belief, words=length(text), heard=heard))

    def _need(self, belief: float, rival: float, text: str) -> float:
        return self._worth(Answer("need", belief, rival, is_arabic(text)))

    def _category(self, code: str | None, belief: float, text: str, why: list[str]) -> tuple[str | None, float, tuple[str, ...]]:
        shift = self._model.shift(text)
        if shift and shift.code not in (code, NO_NEED, *self._sensitive) and shift.belief >= SURE and shift.gained >= GAINED:
            near = self._model.nearest(text, shift.code)
            why.append(f"{shift.code}: learned from people's readings" + (f", such as that of {near.by}" if near else ""))
            return shift.code, self._need(shift.belief, self._model.beside(text, shift.code)[1], text), ()
        if code is None:
            options = self.options(text)
            if options:
                why.append(f"open between {', '.join(options)}" if len(options) > 1 else f"not sure enough of {options[0]}")
            return None, self.leaning(text)[1], options
        share, rival = self._model.beside(without_introduction(text), code)
        if share is not None:
            belief = belief ** (1 - TEMPERED) * max(share, LEAST_SHARE) ** TEMPERED
            if words := self._model.because(text, code):
                why.append(f"{code}: {', '.join(words)}")
        confidence = self._need(belief, rival, text)
        if confidence < UNSURE:
            why.append(f"not sure enough of {code}")
            return code, confidence, tuple(dict.fromkeys((code, *self.options(text))))[:MOST_OPTIONS]
        return code, confidence, ()
