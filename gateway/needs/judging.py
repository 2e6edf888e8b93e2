"""Classification meets the journal: what a batch of reports needs to be judged, and the facts that come of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from gateway import labels
from gateway.classification import Category, Classification, Judge
from gateway.classification.units import Bodies
from gateway.journal import tasks
from gateway.journal.canonical import canonical, iso
from gateway.journal.entries import facts_of
from gateway.journal.facts.needs import ReportClassified
from gateway.journal.facts.readings import PERSON
from gateway.journal.facts.residents import ReportCompleted, ReportCorrected
from gateway.journal.rows import find
from gateway.journal.tables import Message, Report, table
from gateway.node import Node
from parsers import Context, Draft, Vocabulary, parse

MESSAGE, REPORT = table(Message), table(Report)
Row = dict[str, Any]

_SEVERAL = select(REPORT.c.message).where(REPORT.c.message.in_(bindparam("messages", expanding=True))).group_by(
    REPORT.c.message).having(func.count() > 1)


def categories(words: Vocabulary) -> dict[str, Category]:
    """The subcategories as a judge needs them."""
    return {code: Category(code, sub.severity, sub.sensitive, sub.kind, labels.service_of(code))
            for code, sub in words.subcategories.items()}


def judge_of(node: Node) -> Judge:
    """The judge of this node, with what its model was taught up to now."""
    services, school = node.city.services, node.school
    bodies = Bodies({**labels.bodies(services.listed), **services.own}, services.areas,
                    {code: row["parent"] for code, row in node.city.place.items()}, services.fallback)
    return Judge(school.model, categories(node.words), bodies, school.name)


def ask_again(node: Node, since: datetime | None) -> int:
    """Have every report that stands classified once more; how many. What a person or its resident said stays as it is."""
    query = select(REPORT.c.id).where(REPORT.c.classified_at.is_not(None), REPORT.c.status != "cancelled",
                                      REPORT.c.model.is_distinct_from(PERSON))
    with node.database.writing() as c:
        found = list(c.execute(query if since is None else query.where(REPORT.c.filed_at >= iso(since))).scalars())
        tasks.add_missing(c, tasks.AGAIN, found, iso(node.now()))
    return len(found)


class Judging:
    """A batch: the texts of its reports, the texts that made several of them, and the judge."""

    def __init__(self, c: Connection, node: Node, reports: Iterable[Row]) -> None:
        node.hear_of_lessons(c)
        self._c, self._node, self._judge = c, node, judge_of(node)
        self._reports = list(reports)
        messages = list({report["message"] for report in self._reports})
        self._texts = {row["id"]: row["text"] for row in find(c, MESSAGE, "id", messages)}
        self._several = set(c.execute(_SEVERAL, {"messages": messages}).scalars()) if messages else set()

    def event(self, report: Row, *, anew: bool) -> ReportClassified | None:
        """What the machine says of a report; `anew` reads its text again, and says nothing when nothing changed."""
        text = self._texts.get(report["message"]) or ""
        by_hand = report["model"] == PERSON  # what a person said stands: the machine adds only how urgent it is, and for whom
        looked = by_hand or bool(report["doubt"] and not report["restricted"])  # a doubt that is over was ended by a person
        several = report["message"] in self._several  # the words are not of this report alone
        given = report | self._read_again(report, text) if anew and not (by_hand or several) else report
        found = self._judge.classify(given, text, stated=several, looked=looked)
        # what its resident said is neither moved nor asked about
        if report["category"] and (found.category != report["category"] or found.abstained) and report["id"] in self._told:
            found = self._judge.classify(report, text, stated=True, looked=looked)
        if anew and _stands(report, found):
            return None
        return ReportClassified(
            report=report["id"], category=None if by_hand else found.category, confidence=found.confidence, urgency=found.urgency,
            restricted=found.restricted, model=PERSON if by_hand else found.model, why=found.why, options=found.options,
            unit=found.unit, doubt=bool(found.doubt or report["doubt"]))

    def _read_again(self, report: Row, text: str) -> Row:
        node = self._node
        outcome = parse(text, Context(channel_lang=report["language"] or node.city.language), node.words, node.places, node.meaning)
        if isinstance(outcome, Draft) and outcome.category and outcome.intent == report["intent"]:
            return {"category": outcome.category, "confidence": outcome.confidence}
        return {}

    @cached_property
    def _told(self) -> frozenset[str]:
        """The reports of the batch whose residents named the need, when asked or to correct us; read once somebody wants to know."""
        facts = facts_of(self._c, [report["id"] for report in self._reports], (ReportCompleted.KIND, ReportCorrected.KIND))
        return frozenset(fact.about[0] for fact in facts if fact["category"] is not None)


def _stands(report: Row, found: Classification) -> bool:
    """Whether a report says already what was found of it."""
    return (report["category"], report["urgency"], report["restricted"], report["unit"], report["doubt"], report["options"]) == (
        found.category or report["category"], found.urgency, found.restricted or report["restricted"], found.unit,
        found.doubt or report["doubt"], canonical(found.options))
