"""What others decided since a person last looked: by how far each writer's entries were read then, so that what came late is new too."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from dashboards.queries.needs import JournalLine
from dashboards.queries.seen import ENTRY, NEED, REPORT, STANDS, WORK, WRITER
from gateway.journal.rows import find
from gateway.journal.tables import REPORT_STANDS_IN_NEED, Glance, table

GLANCE = table(Glance)
OF_NEEDS = ("need_status_changed", "status_withdrawn", "need_linked", "need_unlinked", "needs_merged", "needs_parted", "need_noted",
            "note_withdrawn")
OF_REPORTS = ("report_read", "reading_withdrawn", "report_parted", "report_rejoined")
OF_WORKS = ("work_progressed",)
NOBODY = ("machine", "resident", "operator", "city pack")
MOST, FARTHEST_BACK = 100, 5_000  # lines shown; entries of one writer that are walked for somebody who was away for long


@dataclass(frozen=True, slots=True)
class News:
    """One thing that somebody else did; `need` leads to it where there is one, `name` is a work's."""

    line: JournalLine
    place_code: str
    category: str
    need: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Since:
    """When an account last said that it had looked, and how far the writers were known then; never is empty."""

    at: str
    heads: Mapping[int, int]


def since(c: Connection, account: str) -> Since:
    row = next(iter(find(c, GLANCE, "account", [account])), None)
    return Since(row["at"], {int(source): seq for source, seq in json.loads(row["heads"]).items()}) if row else Since("", {})


def heads(c: Connection) -> dict[int, int]:
    """How far each writer is known now."""
    return {row.id: row.seq for row in c.execute(select(WRITER.c.id, WRITER.c.seq))}


def news(c: Connection, account: str, name: str, places: Collection[str] | None) -> list[News]:
    """What others did in these places since this account looked, the newest first."""
    seen = since(c, account).heads
    found: list[Any] = []
    for source, head in heads(c).items():
        begin = max(seen.get(source, 0), head - FARTHEST_BACK)
        if begin < head:
            found += c.execute(select(ENTRY.c.lamport, ENTRY.c.seq, ENTRY.c.kind, ENTRY.c.subject, ENTRY.c.body).where(
                ENTRY.c.source == source, ENTRY.c.seq > begin, ENTRY.c.seq <= head, ENTRY.c.body.is_not(None),
                ENTRY.c.kind.in_((*OF_NEEDS, *OF_REPORTS, *OF_WORKS))).order_by(ENTRY.c.seq.desc()).limit(4 * MOST)).all()
    found.sort(key=lambda row: (-row.lamport, -row.seq))
    needs, reports, works = (_about(found, kinds) for kinds in (OF_NEEDS, OF_REPORTS, OF_WORKS))
    where = _where(c, needs, reports, works)
    lines = []
    for row in found:
        said, about = json.loads(row.body), where.get(row.subject)
        if about is None or said["by"] in (name, *NOBODY) or not (places is None or about.place_code in places):
            continue
        line = JournalLine(row.seq, row.kind, said["at"], said["by"], said["data"], about.line.reference)
        lines.append(News(line, about.place_code, about.category, about.need, about.name))
    return lines[:MOST]


def _about(found: Iterable[Any], kinds: tuple[str, ...]) -> list[str]:
    return sorted({row.subject for row in found if row.kind in kinds})


def _where(c: Connection, needs: list[str], reports: list[str], works: list[str]) -> dict[str, News]:
    """For each id what it is: a need with a report that may be seen, such a report, a work."""
    blank = JournalLine(0, "", "", "")
    shown = select(REPORT.c.id).where(REPORT.c.need == NEED.c.id, REPORT_STANDS_IN_NEED).exists()
    there = {row.id: News(blank, row.place_code, row.category, row.id) for row in c.execute(
        select(NEED.c.id, NEED.c.place_code, NEED.c.category).where(NEED.c.id.in_(needs), shown))}
    there |= {row.id: News(JournalLine(0, "", "", "", reference=row.reference), row.place_code or "", row.category or "", row.need)
              for row in c.execute(select(REPORT.c.id, REPORT.c.place_code, REPORT.c.category, REPORT.c.need, REPORT.c.reference).where(
                  REPORT.c.id.in_(reports), STANDS))}
    return there | {row.id: News(blank, row.place_code, "", None, row.name) for row in c.execute(
        select(WORK.c.id, WORK.c.place_code, WORK.c.name).where(WORK.c.id.in_(works)))}
