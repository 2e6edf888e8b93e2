"""`barrio import places|boundaries FILE`: read it, decide every row, and write all of it or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Connection

from gateway import geometry
from gateway.cities import atlas
from gateway.errors import Problem
from gateway.importing import files
from gateway.importing.book import Book
from gateway.importing.deciding import Deciding, Decision, Wanted
from gateway.importing.faults import Findings, Summary
from gateway.importing.files import Source, SourceRow
from gateway.importing.mapping import Mapping, value_of
from gateway.importing.naming import is_common, written
from gateway.importing.shapes import Frame, Wrong, area_of, point_of
from gateway.journal import ledger
from gateway.journal.events import Event
from gateway.journal.facts.places import BoundaryDrawn, PlaceRecorded
from gateway.node import Node

KEEP_METRES = 3.0  # a phone's own position is no better, and an outline of a neighbourhood shrinks to a hundred bytes or two
AT_ONCE = 1000
_KIND = re.compile(r"[^\W\d_][\w-]{0,29}")


def import_places(node: Node, file: Path, mapping: Mapping, *, boundaries: bool = False, dry_run: bool = False,
                  by: str = "operator") -> Summary:
    """Take the places of a file, with their outlines when they are `boundaries`."""
    must_be_hub(node, dry_run)
    _check_options(mapping)
    findings = Findings()
    source = files.read(file, findings)
    mapping = mapping.checked(source, findings)
    wanted = [] if findings.broken else _wanted(node, source, mapping, findings, boundaries)
    _ = node.words  # read before the write turn is taken: texts wait for it
    with opened(node, dry_run) as c:
        book = Book.of(c, atlas.read(c, node.pack).city)
        decisions = Deciding(book, mapping, findings, lambda name: is_common(name, node.words)).decide(wanted)
        write = may_write(findings, mapping, dry_run)
        if write:
            events = [event for decision in decisions for event in _events(decision, source.name)]
            for start in range(0, len(events), AT_ONCE):
                ledger.write(c, node.origin, events[start:start + AT_ONCE], at=node.now(), by=by)
    new, changed = sum(d.before is None for d in decisions), sum(d.is_changed for d in decisions)
    return Summary(new, changed, len(decisions) - new - changed, len(findings.refused), write, tuple(findings.lines),
                   findings.broken)


def must_be_hub(node: Node, dry_run: bool) -> None:
    """Codes are given in one place only: two nodes that invent them apart would give one code to two places."""
    if node.config.node.role != "hub" and not dry_run:
        raise Problem("import.at_hub", name=node.config.node.name)


def opened(node: Node, dry_run: bool) -> AbstractContextManager[Connection]:
    return node.database.reading() if dry_run else node.database.writing()


def may_write(findings: Findings, mapping: Mapping, dry_run: bool) -> bool:
    return not dry_run and not findings.broken and (mapping.skip_refused or not findings.refused)


def _check_options(mapping: Mapping) -> None:
    if mapping.level and not _KIND.fullmatch(mapping.level):
        raise Problem("usage", reason=f"{mapping.level!r} is no level: write one word, for example otb or district")
    if mapping.prefix and not re.fullmatch(r"[A-Z]{1,3}", mapping.prefix):
        raise Problem("usage", reason=f"{mapping.prefix!r} cannot begin codes: write one to three capital letters")


# -------------------------------------------------------------------------------------------------------------- rows

def _wanted(node: Node, source: Source, mapping: Mapping, findings: Findings, boundaries: bool) -> list[Wanted]:
    if not mapping.name:
        findings.refuse_all(source.name, "it does not say which column holds the names", "Name it with --name-field")
        return []
    if boundaries and not source.is_map:
        findings.refuse_all(source.name, "boundaries are drawn in a GeoJSON file, and this is none", "Import it as places")
        return []
    frame = Frame.of(node.pack)
    rows = [row for row in source.rows if mapping.chosen(row)]
    if not rows and not findings.refused:
        findings.refuse_all(source.name, "no row meets the conditions", "Check --where")
    names = [name for row in rows if (name := value_of(row, mapping.name))]
    keep_case = mapping.keep_case or 2 * sum(not name.isupper() for name in names) > len(names)
    wanted = []
    for row in rows:
        try:
            wanted.append(_read(row, mapping, frame, findings, boundaries, keep_case))
        except Wrong as fault:
            name = value_of(row, mapping.name)[:60]
            findings.refuse(row.where, f"{name}: {fault.what}" if name and name[:20] not in fault.what else fault.what, fault.do)
    return list(_once(wanted, findings))


def _read(row: SourceRow, mapping: Mapping, frame: Frame, findings: Findings, boundaries: bool, keep_case: bool) -> Wanted:
    raw = value_of(row, mapping.name)
    kind = value_of(row, mapping.kind).casefold()
    if kind and not _KIND.fullmatch(kind):
        raise Wrong(f"{kind[:30]!r} is no kind of place", "Write one word")
    alt = [written(part, keep_case=True) for column in mapping.alt for part in value_of(row, column).split("|") if part.strip()]
    area = area_of(row, frame, findings) if boundaries else None
    return Wanted(
        where=row.where, name=written(raw, keep_case=keep_case), shouted=raw.isupper(), code=value_of(row, mapping.code).upper(),
        key=value_of(row, mapping.key)[:80], parent=value_of(row, mapping.parent), alt_names=tuple(alt), kind=kind,
        district=value_of(row, mapping.district)[:20], generic=_yes(value_of(row, mapping.generic)),
        point=None if boundaries else point_of(row, mapping, frame), area=area,
        # made small here, since the decisions are taken while texts wait for their turn to write
        shape=geometry.encoded(geometry.simplified(area, KEEP_METRES)) if area else "")


def _yes(said: str) -> bool | None:
    if said.casefold() in ("1", "true", "yes", "si", "sí", "oui"):
        return True
    if said.casefold() in ("0", "false", "no", "non"):
        return False
    if said:
        raise Wrong(f"generic is {said[:20]!r}, neither 1 nor 0", "Write 1 for a common word, 0 for a name that says itself")
    return None


def _once(wanted: Iterable[Wanted], findings: Findings) -> Iterator[Wanted]:
    """Without rows whose code or key stood on an earlier row."""
    seen: dict[tuple[str, str], str] = {}
    for row in wanted:
        twice = next((name for name in (("code", row.code), ("key", row.key)) if name[1] and name in seen), None)
        if twice is not None:
            findings.refuse(row.where, f"{row.name}: its {twice[0]} {twice[1]} is that of {seen[twice]}", "Give each place its own")
            continue
        seen |= {("code", row.code): row.where, ("key", row.key): row.where}
        yield row


def _events(decision: Decision, source: str) -> Iterator[Event]:
    place, before = decision.after, decision.before
    if before is None or place != before:
        yield PlaceRecorded(place=place.code, name=place.name, alt_names=place.alt_names, kind=place.kind, parent=place.parent,
                            district=place.district, generic=place.generic, lat=place.lat, lon=place.lon, key=place.key, source=source,
                            added=place.added)
    if decision.digest:
        yield BoundaryDrawn(place=place.code, shape=decision.wanted.shape, digest=decision.digest, source=source)
