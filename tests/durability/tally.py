"""What the journal holds against what was acknowledged: lost, doubled, altered, half done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from gateway.journal.entries import all_facts
from gateway.journal.tables import Message, Report, Task, table
from gateway.node import Node

SAID = ("report_filed", "report_completed", "report_corrected", "report_extended")  # each calls for a classification
MESSAGE, REPORT, TASK = table(Message), table(Report), table(Task)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts; everything but `acked` and `stored` must be none."""

    acked: int
    stored: int
    lost: int
    doubled: int
    altered: int
    unsettled: int

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.altered or self.unsettled)


def tally(node: Node, sent: Mapping[str, str], acked: Collection[str]) -> Tally:
    """Read the journal itself: the texts of `message_received`, and whether each got its outcome in the same commit."""
    with node.database.reading() as c:
        told = [(str(f["provider_id"]), str(f["text"])) for f in all_facts(c, ["message_received"])]
        unsettled = c.execute(select(func.count()).select_from(MESSAGE).where(MESSAGE.c.outcome.is_(None))).scalar_one()
    times = Counter(sid for sid, _ in told)
    return Tally(
        acked=len(acked), stored=len(times), lost=len(set(acked) - set(times)), doubled=sum(n - 1 for n in times.values()),
        altered=sum(sent.get(sid) != text for sid, text in told), unsettled=unsettled)


@dataclass(frozen=True, slots=True)
class Classified:
    """How the reports stand: `extra` counts classifications that nothing called for, `without` reports that have none."""

    reports: int
    without: int
    extra: int
    gathered_twice: int
    twin_needs: int
    quarantined: int
    waiting: int

    @property
    def is_clean(self) -> bool:
        return not (self.without or self.extra or self.gathered_twice or self.twin_needs or self.quarantined or self.waiting)


def classified(node: Node) -> Classified:
    """Read the journal: one `report_classified` for each time a resident filed or changed the report, a `report_gathered`
    for each of those at most, one need of a place, category and generation."""
    with node.database.reading() as c:
        facts = list(all_facts(c, [*SAID, "report_classified", "report_gathered", "need_opened"]))
        reports = c.execute(select(func.count()).select_from(REPORT)).scalar_one()
        without = c.execute(select(func.count()).select_from(REPORT).where(REPORT.c.classified_at.is_(None))).scalar_one()
        todo = [aside is not None for aside in c.execute(select(TASK.c.quarantined_at).where(TASK.c.kind == "classify")).scalars()]
    said = Counter(f.about[0] for f in facts if f.kind in SAID)
    verdicts, gathered = (Counter(f.about[0] for f in facts if f.kind == kind) for kind in ("report_classified", "report_gathered"))
    needs = {f.about[0]: (f["place_code"], f["category"], f["generation"]) for f in facts if f.kind == "need_opened"}
    return Classified(
        reports=reports, without=without, extra=(verdicts - said).total(), gathered_twice=(gathered - said).total(),
        twin_needs=len(needs) - len(set(needs.values())), quarantined=sum(todo), waiting=len(todo) - sum(todo))
