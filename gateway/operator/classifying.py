"""`barrio classify`: lines or JSON lines in, what Barrio would make of each out; needs no instance.

    barrio classify texts.jsonl                  category, confidence, why, abstained, restricted
    barrio classify train labelled.csv           a model of the shipped corpus and a city's own texts (`gateway.operator.training`)
    barrio classify evaluate labelled.csv        how good that is, beside keywords alone and TF-IDF with a linear model
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from gateway import cities, config, labels
from gateway.classification import corpus, evaluation
from gateway.classification.corpus import NO_NEED
from gateway.classification.figures import Labelled, judge
from gateway.classification.harm import harm
from gateway.classification.kept import metrics_of, report_of
from gateway.classification.learning import Taught
from gateway.classification.meaning import Meaning, of_node, shipped
from gateway.classification.rules import Judge
from gateway.classification.units import Bodies
from gateway.classification.worth import Answer
from gateway.errors import Problem
from gateway.importing.faults import Findings
from gateway.importing.files import delimiter_of, text_of
from gateway.needs.judging import categories
from gateway.operator.reading import configured_city, lines_of, read_line
from parsers import Context, Draft, Gazetteer, Outcome, load_vocabulary, parse

MOST_FAULTS = 20
# Of what is no need at all the model is rarely sure; from here on "no need" is an answer and not a doubt.
NOTHING = 0.5
# What words are heard as that are no need.
_HEARD = ("greeting", "thanks", "spam")


class Classifier:
    """A city's words, places and model put together as intake and queue use them, without a journal."""

    def __init__(self, city: str | None, model: Meaning | None = None, worth: Callable[[Answer], float] | None = None) -> None:
        """The city and the model of the configured instance, when there is one and nothing else is named."""
        self.pack = cities.load(city or configured_city() or "la-paz")
        self.model = Taught(model or model_in_use())
        self._words, self._places = load_vocabulary(), Gazetteer.of(self.pack.places)
        self._judge = Judge(self.model, categories(self._words), Bodies(), worth=worth)

    def classify(self, text: str, language: str | None = None) -> dict[str, Any]:
        """`{"category": "WAT01", "confidence": 0.93, "why": [...], "abstained": false, "restricted": false, ...}`."""
        outcome = self._parsed(text, language)
        hurt = harm(text, self.model.guess)  # as at the intake, where it is asked before the queue is
        answer, _ = self._answered(text, outcome)
        return answer | {"restricted": True, "why": [*answer["why"], hurt]} if hurt and not answer["restricted"] else answer

    def read(self, text: str) -> tuple[str, float]:
        """The subcategory, or `NONE`, that is likeliest, and the confidence in it: also where it is left open."""
        answer, said = self._answered(text, self._parsed(text, None))
        return said, answer["confidence"]

    def language(self, text: str) -> str:
        """The language that a text is read in: `es`; `und` where no word tells."""
        return self._parsed(text, None).language or "und"

    def guess(self, text: str) -> Sequence[tuple[str, float]]:
        """The same as probabilities of every subcategory, for the ruler of `evaluation`."""
        said, belief = self.read(text)
        shares = dict(self.model.guess(text, len(self.model.codes)))
        rest = 1 - shares.get(said, 0.0) or 1.0
        return list(({code: share * (1 - belief) / rest for code, share in shares.items()} | {said: belief}).items())

    def _answered(self, text: str, outcome: Outcome) -> tuple[dict[str, Any], str]:
        if not isinstance(outcome, Draft):
            return self._no_need(text, outcome)
        row = {"intent": outcome.intent, "category": outcome.category, "confidence": outcome.confidence, "place_code": outcome.place_code,
               "severity": outcome.severity, "people": outcome.people, "people_unit": outcome.people_unit, "since_days": outcome.since_days}
        found = self._judge.classify(row, text)
        return _answer(None if found.abstained and not found.restricted else found.category, found.confidence, (*outcome.why, *found.why),
                       abstained=found.abstained, restricted=found.restricted, urgency=found.urgency,
                       options=found.options or outcome.category_options), found.category or self._judge.leaning(text)[0]

    def _parsed(self, text: str, language: str | None) -> Outcome:
        return parse(text, Context(channel_lang=language or self.pack.language), self._words, self._places, self.model.guess)

    def _no_need(self, text: str, outcome: Outcome) -> tuple[dict[str, Any], str]:
        """A greeting, a command, chatter: no need was read. Where one may hide all the same, it is left open."""
        nothing = dict(self.model.guess(text, len(self.model.codes))).get(NO_NEED, 0.0)
        options = self._judge.options(text)
        unknown = outcome.intent == "unknown"
        open_ = unknown and nothing < NOTHING and bool(options)
        doubt = unknown and self._judge.doubts(text, False)
        said, confidence = self._judge.leaning(text) if open_ else (NO_NEED, self._judge.none(
            nothing, text, heard=outcome.intent in _HEARD))
        return _answer(None, confidence, (f"read as {outcome.intent}", *outcome.why), abstained=open_, restricted=doubt, urgency=None,
                       options=options if open_ else ()), said


def model_in_use() -> Meaning:
    """The own model of the configured instance, else the shipped one."""
    try:
        return of_node(config.load().data) if config.config_path(None).is_file() else shipped()
    except Problem as fault:
        if fault.code.startswith("model"):
            raise
        return shipped()


def classify_lines(file: str, city: str | None, out: TextIO | None = None) -> None:
    """Classify each line of a file or `-`; a line that is a JSON object has `text`, and may have `id` and `lang`."""
    classifier, out = Classifier(city), out or sys.stdout
    for number, line in enumerate(lines_of(file), 1):
        given = read_line(line, number)
        found = classifier.classify(given["text"], given.get("lang") or given.get("channel_lang"))
        out.write(json.dumps(({"id": given["id"]} if "id" in given else {}) | found, ensure_ascii=False) + "\n")


def evaluate(file: str, city: str | None, out: TextIO | None = None) -> None:
    """Measure keywords alone, TF-IDF with a linear model, the model, and all of Barrio together on a labelled CSV, in one table.

    Below it what came of the rows, Barrio by language, sex and category, and what the model was measured at when it was made.
    """
    classifier, out = Classifier(city), out or sys.stdout
    rows = [row if row.group else replace(row, group=classifier.language(row.text)) for row in read_labelled(file)]
    classifiers = {"keywords": evaluation.keywords_alone(classifier.pack.name), "tf-idf": evaluation.tfidf_linear(corpus.read()),
                   "model": lambda text: classifier.model.guess(text, len(classifier.model.codes)), "barrio": classifier.guess}
    answers = [(row, classifier.classify(row.text)) for row in rows]
    given = [(row, answer["category"], answer["abstained"]) for row, answer in answers]
    restricted = sum(answer["restricted"] for _, answer in answers)
    made = classifier.model.about.get("metrics", {})
    tables = (evaluation.table(rows, classifiers), evaluation.answered(given),
              report_of(metrics_of(judge(rows, classifier.guess)), "barrio, here"), report_of(made, classifier.model.version),
              f"restricted: {restricted} of {len(rows)}")
    out.write("\n\n".join(tables) + "\n")


def read_labelled(file: str) -> list[Labelled]:
    """The rows of a CSV `text,label` with perhaps `lang`, which is their group, and `sex`; every bad row is named."""
    mains = [head["code"] for head in labels.taxonomy()]
    known = {*mains, *(sub["code"] for head in labels.taxonomy() for sub in head["sub"])}
    rows: list[Labelled] = []
    faults: list[str] = []
    findings = Findings()
    text = text_of(Path(file), findings)
    sys.stderr.writelines(f"{line}\n" for line in findings.lines)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter_of(text.partition("\n")[0]))
    try:
        if lacking := {"text", "label"} - set(reader.fieldnames or ()):
            raise Problem("labels.faults", path=file, count=1, faults=f"  line 1: no column {' and no column '.join(sorted(lacking))}; "
                          "its columns are text,label and perhaps lang,sex")
        for row in reader:
            code = (row["label"] or "").strip().upper() or NO_NEED
            if code != NO_NEED and code not in known:
                known_are = "" if faults else f"; they are {', '.join(mains)}, {NO_NEED}, and subcategories such as {mains[0]}01"
                faults.append(f"  line {reader.line_num}: {code[:20]} is no category{known_are}")
            elif row["text"] is not None:
                rows.append(Labelled(code, (row.get("lang") or row.get("language") or "").strip(), row["text"],
                                     sex=(row.get("sex") or row.get("gender") or "").strip()))
    except csv.Error as fault:
        raise Problem("labels.faults", path=file, count=1, faults=f"  line {reader.line_num}: {fault}") from None
    if faults:
        raise Problem("labels.faults", path=file, count=len(faults), faults="\n".join(faults[:MOST_FAULTS]))
    return rows


def _answer(category: str | None, confidence: float, why: Sequence[str], *, abstained: bool, restricted: bool, urgency: int | None,
            options: Sequence[str]) -> dict[str, Any]:
    return {"category": category, "confidence": round(float(confidence), 3), "why": list(dict.fromkeys(why)), "abstained": abstained,
            "restricted": restricted, "urgency": urgency, "options": list(options)}
