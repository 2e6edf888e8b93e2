"""`barrio import components|catchments|budgets|milestones|facts FILE.csv`: a line for every fault, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Table, select
from sqlmodel import SQLModel

from gateway.cities import atlas, planned
from gateway.cities.planned import Around, Unfit
from gateway.importing import files
from gateway.importing.faults import Findings, Summary
from gateway.importing.files import SourceRow
from gateway.importing.mapping import Mapping, value_of
from gateway.importing.places import may_write, must_be_hub, opened
from gateway.importing.works import columns_of
from gateway.journal import ledger
from gateway.journal.canonical import canonical
from gateway.journal.events import Event
from gateway.journal.tables import BudgetLine, Catchment, Component, Milestone, PlaceFact, Programme, Work, table
from gateway.node import Node

MODELS: dict[str, type[SQLModel]] = {"components": Component, "catchments": Catchment, "budgets": BudgetLine,
                                     "milestones": Milestone, "facts": PlaceFact}


def import_plans(node: Node, kind: str, file: Path, mapping: Mapping, *, dry_run: bool = False, by: str = "operator") -> Summary:
    """Take the rows of a CSV file; see `gateway.cities.planned` for the columns of each kind."""
    must_be_hub(node, dry_run)
    findings = Findings()
    source = files.read(file, findings)
    mapping = mapping.checked(source, findings)
    columns, _ = planned.TABLES[kind]
    named = columns_of(source, mapping, columns, findings)
    of = table(MODELS[kind])
    categories = node.words.subcategories
    with opened(node, dry_run) as c:
        around = Around(set(c.execute(select(table(Programme).c.id)).scalars()), set(c.execute(select(table(Work).c.id)).scalars()),
                        atlas.read(c, node.pack).city.place, categories, node.today)
        standing = {row["id"]: dict(row) for row in c.execute(select(of)).mappings()}
        rows = [] if findings.broken else [row for row in source.rows if mapping.chosen(row)]
        events = list(_read(rows, named, kind, around, findings))
        changing = [event for event in events if not _says_it(standing, of, event)]
        write = may_write(findings, mapping, dry_run)
        if write:
            ledger.write(c, node.origin, changing, at=node.now(), by=by)
    new = sum("+".join(event.about()) not in standing for event in changing)
    return Summary(new, len(changing) - new, len(events) - len(changing), len(findings.refused), write, tuple(findings.lines),
                   findings.broken)


def _read(rows: Iterable[SourceRow], named: dict[str, str], kind: str, around: Around, findings: Findings) -> Iterable[Event]:
    seen: dict[str, str] = {}
    for row in rows:
        try:
            event = planned.TABLES[kind][1]({ours: value_of(row, theirs) for ours, theirs in named.items()}, around)
            if (key := "+".join(event.about())) in seen:
                raise Unfit(f"{key.replace('+', ' ')} stands already in {seen[key]}", "Take one of them out")
            seen[key] = row.where
            yield event
        except Unfit as fault:
            findings.refuse(row.where, fault.what, fault.do)


def _says_it(standing: dict[str, dict[str, object]], of: Table, event: Event) -> bool:
    """Whether the tables say already what the event would; an older day than the one that stands changes nothing either."""
    there = standing.get("+".join(event.about()))
    if there is None:
        return False
    said = {name: canonical(value) if isinstance(value, tuple) else value for name, value in event.facts().items()}
    if "as_of" in there and str(said["as_of"]) < str(there["as_of"]):
        return True
    return all(there[name] == value for name, value in said.items() if name in of.columns)
