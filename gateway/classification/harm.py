"""A second sense for harm at home or to a child, where the words of a disclosure were not found: it fails closed.

Two witnesses are asked, the wide word lists and the model's belief in SAF03 and SAF07, and one is enough. What they point
at is restricted until a person has looked; its sender is answered as anybody whose text a person must read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parsers.suspicion import suspicion

OF_HARM = ("SAF03", "SAF07")
# From this belief on the model is heard; where the words speak of a theft, a film or a dog, from the second on.
BELIEF, BELIEF_ELSEWHERE = 0.2, 0.5
Guess = Callable[[str], Sequence[tuple[str, float]]]


def harm(text: str, guess: Guess | None = None) -> str | None:
    """Why a text may tell of harm, None where nothing says so; `guess` is `Meaning.guess`.

    >>> harm("mi yerno le alza la mano a mi hija")
    'may concern harm: alza* la mano'
    """
    words, near, elsewhere, _ = suspicion(text)
    if words is not None:
        return f"may concern harm: {words}"
    if guess is None or not near:  # nobody at home and no harm is spoken of: the model is not asked about each broken lamp
        return None
    belief = sum(share for code, share in guess(text) if code in OF_HARM)
    return f"may concern harm: the model believes it at {belief:.2f}" if belief >= (BELIEF_ELSEWHERE if elsewhere else BELIEF) else None
