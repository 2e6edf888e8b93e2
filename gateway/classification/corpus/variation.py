"""A text as another resident would have sent it: with a place named, a greeting, a word less, a slip of the finger."""

from __future__ import annotations

from random import Random

from gateway.classification.corpus import PLACE, Surroundings

# How often each disturbance happens. Chosen on texts that no training file holds; more of any of them lost again.
NAMED = 0.6  # a place mark becomes a name; the rest stay marks, as texts reach us with their places taken out
ADDED = 0.15
SURROUNDED = 0.5
DROPPED = 0.1
MISTYPED = 0.08
_LETTERS = "aeiourstnlm"


def vary(text: str, lang: str, around: Surroundings, random: Random) -> str:
    """Say it once more: `no hay agua en {place}` -> `buenas tardes no ahy agua en calle 14`."""
    places = around.places.get(lang) or around.places["es"]
    phrases = around.phrases.get(lang) or around.phrases["es"]
    while PLACE in text and random.random() < NAMED:
        text = text.replace(PLACE, random.choice(places), 1)
    if PLACE not in text and random.random() < ADDED:
        text = f"{text} {random.choice(places)}"
    for _ in range(2):
        if random.random() < SURROUNDED:
            phrase = random.choice(phrases)
            text = f"{phrase} {text}" if random.random() < 0.5 else f"{text} {phrase}"
    words = text.split()
    keep_all = len(words) <= 3
    return " ".join(_mistyped(word, random) for word in words if keep_all or random.random() >= DROPPED)


def _mistyped(word: str, random: Random) -> str:
    if len(word) < 4 or PLACE in word or random.random() >= MISTYPED:
        return word
    at, slip = random.randrange(len(word) - 1), random.random()
    if slip < 0.3:
        return word[:at] + word[at + 1 :]
    if slip < 0.5:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if slip < 0.7:
        return word[: at + 1] + word[at:]
    return word[:at] + random.choice(_LETTERS) + word[at + 1 :]
