"""Reports that were claimed together: judged, gathered, noted and written, each in one go. What breaks that is found and put back alone.

    judging raises, or says what no table can hold   -> known at once: that report is put back
    the database refuses some rows                   -> those rows are found, and the reports they are of
    anything else breaks                             -> the reports are tried in groups that are taken back, until it is known which
    the database is away                             -> nothing is anybody's fault: the caller's transaction ends

Each time the step that broke is done again without them, and nothing before it: a text was judged by then, which is a third of the work,
and what gathering needs to know was read, so that to try it asks the database nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any, TypeVar

from sqlalchemy import Connection

from gateway.decisions import pinning
from gateway.feedback import alerting
from gateway.journal import blame, ledger, soundness, tasks
from gateway.journal.entries import ours, take_turn
from gateway.journal.events import Event
from gateway.journal.facts.needs import NeedOpened, ReportClassified, ReportGathered
from gateway.journal.rows import find
from gateway.journal.tables import Report, table
from gateway.needs import gathering
from gateway.needs.judging import Judging
from gateway.node import Node

REPORT = table(Report)
Row = dict[str, Any]
T = TypeVar("T")


def sort(c: Connection, node: Node, claimed: Sequence[str], kind: str) -> None:
    """Take these tasks off the list and do them, in the caller's transaction; put back those that cannot be done."""
    _Pile(c, node, claimed, kind).sort()


class _Pile:

    def __init__(self, c: Connection, node: Node, claimed: Sequence[str], kind: str) -> None:
        self._c, self._node, self._kind = c, node, kind
        self._turn = take_turn(c, node.origin)  # first, as at the intake: whoever took the tasks before the turn would wait for each other
        self._turn.bodies, self._turn.rows = {}, {}
        self._now = node.now()
        self._tries = tasks.take_off(c, kind, claimed)  # whoever finds a task gone leaves it alone
        rows = find(c, REPORT, "id", list(self._tries))
        here = ours(c, node.origin.writer, [report["message"] for report in rows])  # another node's are classified there, or twice
        self._reports = {report["id"]: report for report in rows if report["message"] in here}
        self._broken: dict[str, str] = {}
        self._judged: dict[str, ReportClassified] = {}

    def sort(self) -> None:
        self._placed = pinning.placements(self._c, self._reports.values())
        for fact in self._placed:
            self._reports[fact.report] |= {"place_code": fact.place_code, "need": None}
        self._judge()
        known = self._until_it_holds(lambda some: gathering.look(self._c, self._judged_of(some)))
        gathered = self._until_it_holds(lambda some: self._gather(some, known))
        gathered += self._until_it_holds(lambda some: self._note(some, gathered, known), gathered)
        self._until_it_holds(lambda some: self._write(some, gathered), gathered)
        if self._broken:
            tasks.put_back(self._c, self._kind, {report: self._tries[report] for report in self._broken}, self._broken, self._now)

    def _judge(self) -> None:
        judging = Judging(self._c, self._node, self._reports.values())
        for report in self._reports.values():
            try:
                found = judging.event(report, anew=self._kind == tasks.AGAIN)
            except Exception as fault:
                if blame.was_away(fault):
                    raise
                self._broken[report["id"]] = type(fault).__name__
                continue
            if found is None:
                continue
            if (field := soundness.misfit(found)) is not None:
                self._broken[report["id"]] = blame.UNFIT.format(field)
                continue
            self._judged[report["id"]] = found
            report |= {"category": found.category or report["category"],
                       "restricted": report["restricted"] if report["held"] else found.restricted or report["restricted"]}

    def _judged_of(self, some: Sequence[str]) -> list[Row]:
        return [self._reports[report] for report in some if report in self._judged]

    def _gather(self, some: Sequence[str], known: gathering.Known) -> list[Event]:
        broken: dict[str, str] = {}
        gathered = gathering.gather(self._c, self._judged_of(some), broken, known)
        self._broken |= broken
        return gathered

    def _note(self, some: Sequence[str], gathered: Sequence[Event], known: gathering.Known) -> list[Event]:
        return gathering.note(self._c, self._judged_of(some), _less(gathered, self._reports.keys() - some), known)

    def _write(self, some: Sequence[str], gathered: Sequence[Event]) -> None:
        without = self._reports.keys() - some
        placed = [fact for fact in self._placed if fact.report not in without]
        judged = [fact for report, fact in self._judged.items() if report not in without]
        ledger.write(self._c, self._node.origin, [*placed, *judged, *_less(gathered, without)], at=self._now, by="machine", turn=self._turn)
        alerting.look(self._c, self._node, [fact.report for fact in judged])

    def _until_it_holds(self, step: Callable[[Sequence[str]], T], gathered: Sequence[Event] = ()) -> T:
        """Do a step with all that are not broken; whenever that breaks, find those at fault and do it again without them."""
        while True:
            left = [report for report in self._reports if report not in self._broken]
            try:
                with self._c.begin_nested():
                    return step(left)
            except Exception as fault:
                if blame.was_away(fault):
                    raise
                found = self._refused(fault, set(left), gathered) or {
                    report: type(why).__name__ for report, why in blame.at_fault_in(self._c, left, step)}
                if not found:  # it breaks only where all are together: the caller tries fewer
                    raise
                self._broken |= found

    def _refused(self, fault: Exception, left: set[str], gathered: Sequence[Event]) -> dict[str, str]:
        """The reports whose rows the database refuses; of a row that names none, those of the need that it names."""
        found: dict[str, str] = {}
        for row, why in blame.refused_rows(self._c, fault):
            names = [value for value in row.values() if isinstance(value, str)]
            of = left.intersection(names) or left.intersection(report for name in names for report in _reports_in(gathered, name))
            found |= dict.fromkeys(of, why)
        return found


def _less(gathered: Sequence[Event], without: Set[str]) -> list[Event]:
    """What was found, less what is of these reports and the needs that were opened for them alone."""
    if not without:
        return list(gathered)
    needs = {fact.need for fact in gathered if isinstance(fact, ReportGathered) and fact.report not in without}
    return [fact for fact in gathered
            if (fact.need in needs if isinstance(fact, NeedOpened) else getattr(fact, "report", "") not in without)]


def _reports_in(gathered: Sequence[Event], need: str) -> list[str]:
    return [fact.report for fact in gathered if isinstance(fact, ReportGathered) and fact.need == need]
