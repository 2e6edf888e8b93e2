"""How `disclosing.npz` is made: `python -m gateway.classification.told build`.

Texts that tell of harm, and texts that only sound so, stand beside the corpus of needs: written one by one (`corpus/told`), and put
together from the parts in `corpus/disclosures.toml`; logistic regression in numpy alone, with seeds, in double precision, so that it
comes out byte for byte the same.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from gateway.classification import corpus, disclosing
from gateway.classification.corpus.variation import vary
from gateway.classification.disclosing import ROLES, Disclosing, Roles, pairs_of, word_rows
from parsers.roles import heard
from parsers.suspicion import listed

SEED = 5
OF_HARM = ("SAF03", "SAF07")
# How many are put together for each language, and how many times whole texts are told anew.
TOLD, ALIKE, WHOLE = 900, 500, 6
PASSES, PACE, DECAY = 6, 0.25, 4e-3
# How much a hand-written disclosure of the corpus counts, and a need.
OWN, NEED = 4.0, 1.5
# How much a text counts that was written for this alone, and how often it is told.
ALONE, TOLD_AGAIN = 3.0, 2
# A phrase of the word lists is no whole text.
LISTED = 1.0
TELLING, HARMLESS, SURELY = ("alone", "hint"), ("figure", "else"), ("always", "self_harm", "assault", "signs")
# How often a word that says nothing is added, and how often a need is told once more.
ADDED, SAID_AGAIN = 0.3, 0.2
LARGEST = 127
Parts = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Sample:
    """A text to learn from, whether it tells of harm, and how much it counts."""

    text: str
    told: bool
    weight: float = 1.0


def parts() -> dict[str, Parts]:
    """What sentences are put together from, by language."""
    found: dict[str, Parts] = tomllib.loads((resources.files(corpus) / "disclosures.toml").read_text(encoding="utf-8"))
    return found


def written() -> Iterator[tuple[str, Sample]]:
    """What was written one by one to tell of harm, or to sound so, with its language."""
    for file in sorted((resources.files(corpus) / "told").iterdir(), key=lambda file: file.name):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield file.name.partition(".")[0], Sample(row["text"], row["told"], ALONE)


def tell(part: Parts, random: Random) -> str:
    """One sentence that tells of harm: `mi tio me encierra cada noche`."""
    does = random.random()
    if does < 0.5:
        said = f"{random.choice(part['doer'])} {random.choice(part['done_me'])}"
    else:
        said = f"{random.choice(part['doer'])} {random.choice(part['done_to'])}".replace("{v}", random.choice(part["victim"]))
    if does < 0.1:
        said += f" {random.choice(part['done_me'])}"
    return f"{said} {random.choice(part['when'])}".strip()


def sound_so(part: Parts, random: Random) -> str:
    """One sentence of things or errands that only sounds so: `mi tio pregunta cuando llega el agua`."""
    if random.random() < 0.5:
        return f"{random.choice(part['thing'])} {random.choice(part['does'])}"
    return f"{random.choice(part['person'])} {random.choice(part['errand'])}"


def again(text: str, lang: str, part: Parts, random: Random) -> str:
    """As somebody else would have sent it; what anybody may add says nothing of harm."""
    if random.random() < ADDED:
        more = random.choice(part["also"])
        text = f"{text}, {more}" if random.random() < 0.6 else f"{more} {text}"
    return vary(text, lang, corpus.surroundings(), random)


def samples() -> Iterator[Sample]:
    """All that is learned from."""
    random, pieces = Random(SEED), parts()
    for need in corpus.read():
        told, part = need.code in OF_HARM, pieces.get(need.lang, pieces["es"])
        weight = OWN if told else NEED
        yield Sample(need.text, told, weight)
        if told or random.random() < SAID_AGAIN:
            yield Sample(again(need.text, need.lang, part, random), told, weight)
    yield from (Sample(phrase, False) for phrases in corpus.surroundings().phrases.values() for phrase in phrases)
    yield from (Sample(phrase, kind in TELLING, LISTED) for kind in (*TELLING, *HARMLESS) for phrase in listed(kind))
    surely = tomllib.loads((resources.files("parsers") / "words" / "lexicon.toml").read_text(encoding="utf-8"))["protection"]
    yield from (Sample(phrase.replace("*", ""), kind in SURELY, LISTED) for kind in (*SURELY, "harmless") for phrase in surely[kind])
    for lang, sample in written():
        part = pieces.get(lang, pieces["es"])
        yield from (Sample(again(sample.text, lang, part, random) if turn else sample.text, sample.told, sample.weight)
                    for turn in range(TOLD_AGAIN))
    for lang, part in pieces.items():
        yield from (Sample(phrase, False) for phrase in part["also"])
        for told, whole, many, made in ((True, "telling", TOLD, tell), (False, "alike", ALIKE, sound_so)):
            for text in part[whole]:
                yield from (Sample(again(text, lang, part, random) if turn else text, told) for turn in range(WHOLE))
            yield from (Sample(again(made(part, random), lang, part, random), told) for _ in range(many))


def vector(text: str, roles: Roles) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows and values of a text, as `Disclosing.score` weighs them."""
    words = heard(text)
    letters = pairs_of(words) + [row for form in dict.fromkeys([form for word in words for form in word.forms]) for row in word_rows(form)]
    of_roles = roles.rows(words)
    rows, counts = np.unique(np.array(letters, np.int64), return_counts=True)
    return (np.append(rows, np.array(sorted(of_roles), np.int64)),
            np.append(counts / math.sqrt(len(letters) or 1), np.full(len(of_roles), ROLES / math.sqrt(len(of_roles) or 1))))


def learn(given: Sequence[Sample]) -> tuple[NDArray[np.float64], float]:
    """The weights of all rows and the bias, by stochastic gradient descent with a pace for each row."""
    roles = Roles()
    seen = [vector(sample.text, roles) for sample in given]
    weights, steps = np.zeros(roles.size), np.full(roles.size, 1e-3)
    bias, order = -2.0, np.random.default_rng(SEED)
    for turn in range(PASSES):
        pace = PACE / (1 + 0.3 * turn)
        for at in order.permutation(len(given)):
            rows, values = seen[at]
            own = weights[rows]
            score = bias + float(np.einsum("i,i->", values, own))
            error = (1 / (1 + math.exp(-max(-30.0, min(30.0, score)))) - given[at].told) * given[at].weight
            slope = error * values + DECAY * own
            paces = steps[rows] + slope * slope
            steps[rows] = paces
            weights[rows] = own - pace * slope / np.sqrt(paces)
            bias -= 0.01 * pace * error
    return weights, bias


def rounded(weights: NDArray[np.float64], bias: float) -> tuple[NDArray[np.int8], dict[str, float]]:
    """Weights as bytes."""
    step = float(np.abs(weights).max()) / LARGEST
    return np.rint(weights / step).astype(np.int8), {"step": step, "bias": round(bias, 6)}


def build(out: Path = disclosing.SHIPPED) -> Disclosing:
    """Learn and write the model."""
    weights, about = rounded(*learn(list(samples())))
    told = np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8)
    with out.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, about=told, weights=weights)
    return Disclosing.load(out)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    asked = argparse.ArgumentParser(prog="python -m gateway.classification.told", description=__doc__)
    asked.add_argument("action", choices=("build",), help="what to make")
    asked.add_argument("--out", type=Path, default=disclosing.SHIPPED, help="where to write it, instead of over the shipped file")
    given = asked.parse_args(arguments)
    build(given.out)
    sys.stdout.write(f"{given.out.name}: {given.out.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
