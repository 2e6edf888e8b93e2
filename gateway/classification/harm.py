"""A second sense for harm to somebody, where the words of a disclosure were not found: it fails closed.

Two witnesses are asked, and one is enough: the wide word lists, and what two models make of who does what to whom. What they
point at is restricted until a person has looked; its sender is answered as anybody whose text a person must read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from gateway.classification import disclosing
from parsers.introductions import without_introduction
from parsers.suspicion import suspicion

OF_HARM = ("SAF03", "SAF07")
# How much the belief of the model of needs counts beside the model of disclosures, both as log odds. Little: since the model of
# disclosures has learned pairs of texts that differ in what is done to whom, it says the same without.
SHARE = 0.2
# From here on a text is answered as one that tells of harm; from the second on a person looks before others may see a need; from the
# third on whatever nobody understood waits for a person: those who tell of harm rarely name a need. Chosen on texts whose figures
# are in docs/meaning.md.
LIKELY, DOUBTED, UNHEARD = 0.5, -0.7, -1.9
# Where a need was found and not surely.
OPEN = -1.2
# The bar of five words at most, which say too little for the wide one: of 305 such disclosures that only the model hears one stands
# lower ("cant live like this"), and "no se cuando vienen" at -1.6.
UNHEARD_FEW, SHORT = -0.9, 5
# Asked where it is, people name a neighbour's door ("donde la señora Maria", "al lado de la casa de mi tia": -0.7 to -0.2).
WHERE = 1.5
# A harm beside somebody is not enough where the model is as sure as this that it is none: "I fear for my child on these steps".
HARMLESS = -2.4
# Of fewer words ("I don't know", "si", a street) only the lists are asked: they are answers more often than disclosures. Where nothing
# was asked, few are enough.
FEWEST, FEW = 5, 3
# A belief says no more than these odds, so that neither model is asked in vain nor outvoted by the other.
LEAST, MOST = 0.03, 0.7
Guess = Callable[[str], Sequence[tuple[str, float]]]


def harm(text: str, guess: Guess | None = None, bar: float = LIKELY, fewest: int = FEWEST) -> str | None:
    """Why a text may tell of harm, None where nothing says so; `guess` is `Meaning.guess`, without which the words alone are asked.

    >>> harm("mi yerno le alza la mano a mi hija")
    'may concern harm: alza* la mano'
    """
    found = suspicion(text)
    heard = found.words and f"may concern harm: {found.words}"
    if guess is None or len(text.split()) < fewest or (heard and not found.loose):
        return heard
    model, text = disclosing.shipped(), without_introduction(text)
    bar = min(bar, HARMLESS) if heard else bar
    weighed = model.score(text)
    # Where no belief could change the answer, nobody is asked: most texts stand far from the bar.
    if bar - SHARE * _odds(MOST) <= weighed < bar - SHARE * _odds(LEAST):
        weighed += SHARE * _odds(sum(share for code, share in guess(text) if code in OF_HARM))
    if weighed < bar:
        return None
    return heard or f"may concern harm: {', '.join(model.because(text)) or 'its wording'}"


def unread_bar(text: str) -> float:
    """The bar of a text in which no need was found: few words say too little for the wide one."""
    return UNHEARD_FEW if len(text.split()) <= SHORT else UNHEARD


def _odds(belief: float) -> float:
    """Log odds: 0.5 -> 0."""
    belief = min(max(belief, LEAST), MOST)
    return math.log(belief / (1 - belief))
