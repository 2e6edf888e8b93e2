"""`barrio classify train`: a city's own labelled texts, learned together with the shipped corpus, become a model file.

Four fifths of the texts teach a trial that the others judge; what that says, by category, language and sex, is kept inside the
file with the temperature it gave, and the model itself then learns from all of them. The file holds numbers and JSON, no code.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from gateway import config
from gateway.classification import corpus, training
from gateway.classification.calibration import bar_of, held_out, temperature_of
from gateway.classification.corpus import Text
from gateway.classification.figures import Labelled, judge
from gateway.classification.kept import metrics_of, report_of
from gateway.classification.meaning import OWN, Meaning
from gateway.errors import Problem
from gateway.operator.classifying import read_labelled

# The writer of a city's own texts, as the corpus names its writers.
BY_THE_CITY = "city"
# Fewer judged texts say nothing of a temperature: the shipped model's is kept.
FEWEST_JUDGED = 40
USUAL_TEMPERATURE = 0.95


def train(file: str, out: Path | None, *, alone: bool = False, to: TextIO | None = None) -> Path:
    """Learn, measure, write; where the model stands now."""
    to = to or sys.stdout
    rows = read_labelled(file)
    own = [Text(row.code, row.group or "all", BY_THE_CITY, row.text) for row in rows if len(row.code) > 3]
    if len({text.code for text in own}) < 2:
        raise Problem("model.no_texts", path=file, rows=len(rows))
    sexes = {row.text: row.sex for row in rows if row.sex}
    model = made(own, sexes, alone=alone, file=Path(file).read_bytes())
    where = out or _default()
    trial = where.with_name(f".{where.name}.new")
    try:
        model.save(trial)
        trial.replace(where)
    finally:
        trial.unlink(missing_ok=True)
    to.write(f"{report_of(model.about['metrics'])}\n{len(own)} texts learned, {len(rows) - len(own)} left out that say only the category.\n"
             f"{model.version} is in {where}, {where.stat().st_size:,} bytes. "
             f"{'Barrio uses it from the next start on.' if out is None else 'Barrio uses it as meaning.npz in its data directory.'}\n")
    return where


def made(own: Sequence[Text], sexes: dict[str, str], *, alone: bool, file: bytes) -> Meaning:
    """A model of the city's own texts, and of the corpus unless it stands alone, with what the held-out texts say of it."""
    shipped = () if alone else corpus.read()
    learned, judged = held_out(own)
    about: dict[str, Any] = {
        "version": "city-" + hashlib.sha256(file + (b"" if alone else corpus.digest().encode())).hexdigest()[:8],
        "texts": len(own) + len(shipped), "corpus": "" if alone else corpus.digest(), "seed": training.SEED,
        "temperature": USUAL_TEMPERATURE, "sure": 1.0, "metrics": {}}
    if learned and judged:
        about |= _measured(_fit([*shipped, *learned], about, alone), judged, sexes)
    return _fit([*shipped, *own], about, alone)


def _fit(texts: Sequence[Text], about: dict[str, Any], alone: bool) -> Meaning:
    """As the shipped one is made; alone, without the keywords of the taxonomy, which know subcategories that the file may not have."""
    if not alone:
        return training.expecting(training.fit(texts, about), texts)
    samples = [training.Sample(text.code, text.lang, text.text) for text in texts]
    codes = sorted({sample.code for sample in samples})
    space = training.Space(samples)
    return training.rounded(space, training.learn(samples, space, codes), codes, about)


def _measured(trial: Meaning, judged: Sequence[Text], sexes: dict[str, str]) -> dict[str, Any]:
    known = [text for text in judged if text.code in trial.codes]
    temperature = USUAL_TEMPERATURE
    if len(known) >= FEWEST_JUDGED:
        # `shares` cools by the trial's own temperature, which is not to count here
        scores = [trial.scores(text.text) / trial.coolness for text in known]
        answers = [trial.codes.index(text.code) for text in known]
        temperature = temperature_of(lambda at, degree: trial.shares(scores[at] / np.float32(degree)), answers)
    cool = Meaning.of(trial, temperature=temperature)
    found = judge([Labelled(text.code, text.lang, text.text, sex=sexes.get(text.text, "")) for text in judged],
                  lambda text: cool.guess(text, len(cool.codes)))
    return {"temperature": temperature, "sure": bar_of([(one.belief, one.right) for one in found]), "metrics": metrics_of(found)}


def _default() -> Path:
    """Where a node looks for its own model; without an instance, here."""
    return config.load().data / OWN if config.config_path(None).is_file() else Path(OWN)
