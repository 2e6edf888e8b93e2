"""`barrio import programmes|works FILE.csv`: the same columns as a city pack, a line for every fault, all or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as Values
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from gateway.cities import PHASES, PROGRAMME_COLUMNS, WORK_COLUMNS, atlas
from gateway.importing import files
from gateway.importing.faults import Findings, Summary, listed
from gateway.importing.files import Source, SourceRow
from gateway.importing.mapping import Mapping, value_of
from gateway.importing.places import may_write, must_be_hub, opened
from gateway.importing.shapes import Wrong
from gateway.journal import ledger
from gateway.journal.events import Event
from gateway.journal.facts.works import ProgrammeRecorded, WorkRecorded
from gateway.journal.tables import Programme, Work, table
from gateway.node import Node

KINDS = ("upgrading", "sector", "maintenance", "housing", "tenure", "social")
MOST_BUDGET = 2_147_483_647  # what a whole number holds in every database we run on
PROGRAMME_OPTIONAL = ("starts_on", "ends_on", "phone")
WORK_OPTIONAL = ("phase_since", "physical_pct", "financial_pct", "beneficiaries", "officer")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,29}")
Row = Values[str, Any]


@dataclass(frozen=True)
class Around:
    """What a row may point to."""

    programmes: frozenset[str]
    places: Values[str, object]
    label: str
    standing: Values[str, Row]
    today: date

    def kept(self, cells: dict[str, str], name: str) -> Any:
        """What stands of a column that the file does not have."""
        return self.standing[cells["code"]][name] if name not in cells and cells["code"] in self.standing else None


def import_programmes(node: Node, file: Path, mapping: Mapping, *, dry_run: bool = False, by: str = "operator") -> Summary:
    """Take the programmes of a CSV file: code, name, sponsor, currency, kind."""
    return _import(node, file, mapping, PROGRAMME_COLUMNS, dry_run, by)


def import_works(node: Node, file: Path, mapping: Mapping, *, dry_run: bool = False, by: str = "operator") -> Summary:
    """Take the works of a CSV file: code, programme, name, component, place_code, phase, budget, starts_on, ends_on."""
    return _import(node, file, mapping, WORK_COLUMNS, dry_run, by)


def _import(node: Node, file: Path, mapping: Mapping, columns: set[str], dry_run: bool, by: str) -> Summary:
    optional = WORK_OPTIONAL if columns is WORK_COLUMNS else PROGRAMME_OPTIONAL
    must_be_hub(node, dry_run)
    findings = Findings()
    source = files.read(file, findings)
    mapping = mapping.checked(source, findings)
    named = columns_of(source, mapping, columns, findings, optional)
    model = table(Work if columns is WORK_COLUMNS else Programme)
    with opened(node, dry_run) as c:
        standing = {row["id"]: dict(row) | ({"phase": row["recorded"]} if row.get("recorded") else {})  # what a file said, not a visit
                    for row in c.execute(select(model)).mappings()}
        around = Around(_programmes(c), atlas.read(c, node.pack).city.place, node.pack.label, standing, node.today)
        rows = [] if findings.broken else [row for row in source.rows if mapping.chosen(row)]
        events = list(_read(rows, named, columns, around, findings))
        changing = [event for event in events if not _stands(event, standing)]
        write = may_write(findings, mapping, dry_run)
        if write:
            ledger.write(c, node.origin, changing, at=node.now(), by=by)
    new = sum(event.about()[0] not in standing for event in changing)
    return Summary(new, len(changing) - new, len(events) - len(changing), len(findings.refused), write, tuple(findings.lines),
                   findings.broken)


def columns_of(source: Source, mapping: Mapping, columns: set[str], findings: Findings, optional: Iterable[str] = ()) -> dict[str, str]:
    """How the file calls each of our columns; the optional ones only where it has them."""
    if unknown := sorted(set(mapping.columns) - columns - set(optional)):
        findings.refuse_all(source.name, f"nothing is called {listed(map(repr, unknown))} here", f"Known: {listed(sorted(columns))}")
    there = {column for column in optional if column in mapping.columns or column in source.columns}
    named = {column: mapping.columns.get(column, column) for column in columns | there}
    lacking = sorted(f"{column} (as {theirs})" if theirs != column else column for column, theirs in named.items()
                     if theirs not in source.columns and "{" not in theirs and not theirs.startswith("="))
    if lacking and not findings.broken:
        findings.refuse_all(source.name, f"columns are missing: {listed(lacking)}; it has {listed(source.columns)}",
                            "Add them, or say how they are called with --column OURS=THEIRS")
    return named


def _read(rows: Iterable[SourceRow], named: dict[str, str], columns: set[str], around: Around, findings: Findings) -> Iterable[Event]:
    seen: dict[str, str] = {}
    for row in rows:
        cells = {ours: value_of(row, theirs) for ours, theirs in named.items()}
        code = cells["code"]
        try:
            if not _CODE.fullmatch(code):
                raise Wrong(f"{code[:30]!r} is no code" if code else "its code is empty",
                            "Write letters, digits, dots and dashes, 30 at most")
            if code in seen:
                raise Wrong(f"code {code} is that of {seen[code]}", "Give each its own")
            seen[code] = row.where
            if not cells["name"]:
                raise Wrong(f"{code} has no name", "Give it one")
            yield _work(cells, around) if columns is WORK_COLUMNS else _programme(cells, around)
        except Wrong as fault:
            findings.refuse(row.where, fault.what, fault.do)


def _programme(cells: dict[str, str], around: Around) -> ProgrammeRecorded:
    kind = cells["kind"].casefold() or KINDS[0]
    if kind not in KINDS:
        raise Wrong(f"{cells['code']}: {kind[:30]!r} is no kind of programme", f"Write {listed(KINDS)}")
    if not re.fullmatch(r"[A-Z]{3}|", cells["currency"]):
        raise Wrong(f"{cells['code']}: {cells['currency'][:20]!r} is no currency", "Write three capitals, for example BOB")
    return ProgrammeRecorded(programme=cells["code"], name=cells["name"][:200], sponsor=cells["sponsor"][:200],
                             currency=cells["currency"], kind=kind, starts_on=_when("starts_on", cells, around),
                             ends_on=_when("ends_on", cells, around),
                             phone=cells["phone"][:30] if "phone" in cells else around.kept(cells, "phone") or "")


def _work(cells: dict[str, str], around: Around) -> WorkRecorded:
    code = cells["code"]
    if cells["programme"] not in around.programmes:
        raise Wrong(f"{code}: there is no programme {cells['programme'][:30]!r}",
                    f"Import it first; known: {listed(sorted(around.programmes))}")
    place = cells["place_code"].upper()
    if place not in around.places:
        raise Wrong(f"{code}: there is no place {place[:30]!r} in {around.label}", "Write a place's code, or import the place first")
    if cells["phase"] not in PHASES:
        raise Wrong(f"{code}: {cells['phase'][:30]!r} is no phase", f"Write {listed(PHASES)}")
    starts, ends = (_day(code, cells[name], name) for name in ("starts_on", "ends_on"))
    if starts and ends and ends < starts:
        raise Wrong(f"{code} ends on {ends}, before it starts on {starts}", "Swap them or mend one")
    return WorkRecorded(work=code, programme=cells["programme"], name=cells["name"][:200], component=cells["component"][:30],
                        place_code=place, phase=cells["phase"], budget=_budget(code, cells["budget"]), starts_on=starts, ends_on=ends,
                        phase_since=_since(cells, around), physical_pct=_whole("physical_pct", cells, around, 100),
                        financial_pct=_whole("financial_pct", cells, around, 100),
                        beneficiaries=_whole("beneficiaries", cells, around, MOST_BUDGET),
                        officer=cells["officer"][:80] if "officer" in cells else around.kept(cells, "officer") or "")


def _when(name: str, cells: dict[str, str], around: Around) -> str | None:
    return _day(cells["code"], cells[name], name) if name in cells else around.kept(cells, name)


def _since(cells: dict[str, str], around: Around) -> str | None:
    """Since when the work is in its phase: as the file says, else as it stands, else today when the phase changes with this file."""
    if cells.get("phase_since"):
        return _day(cells["code"], cells["phase_since"], "phase_since")
    there = around.standing.get(cells["code"])
    if there is None:
        return None
    since: str | None = there["phase_since"] if there["phase"] == cells["phase"] else around.today.isoformat()
    return since


def _whole(name: str, cells: dict[str, str], around: Around, most: int) -> int | None:
    if name not in cells:
        kept: int | None = around.kept(cells, name)
        return kept
    said = cells[name]
    if said and not (said.isascii() and said.isdigit() and int(said[:20]) <= most):
        raise Wrong(f"{cells['code']}: {name} is {said[:20]!r}, which is no whole number up to {most}", "Write digits only")
    return int(said) if said else None


def _day(code: str, said: str, column: str) -> str | None:
    if not said:
        return None
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError:
        raise Wrong(f"{code}: {column} is {said[:20]!r}, which is no day", "Write it as 2026-03-31") from None


def _budget(code: str, said: str) -> int:
    if not said:
        return 0
    if not said.isascii() or not said.isdigit() or int(said[:20]) > MOST_BUDGET:
        raise Wrong(f"{code}: budget is {said[:30]!r}, which is no whole amount up to {MOST_BUDGET}",
                    "Write digits only, without points or cents")
    return int(said)


def _programmes(c: Connection) -> frozenset[str]:
    return frozenset(c.execute(select(table(Programme).c.id)).scalars())


def _stands(event: Event, standing: Values[str, Row]) -> bool:
    """Whether the tables say already what the event would."""
    there = standing.get(event.about()[0])
    return there is not None and all(there[name] == value for name, value in event.facts().items() if name in there)
