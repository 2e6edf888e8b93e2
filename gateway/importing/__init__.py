"""A city's own places, boundaries, programmes and works, from its files into the journal: with a dry run and a line per fault.

    summary = run(node, "boundaries", Path("units.geojson"), Mapping(name="nom_otb", parent="Distrito {distrito}", level="otb"))

The journal is the truth here as everywhere: an import is facts (`place_recorded`, `boundary_drawn`, `work_recorded`), so that it
reaches every node by the same road, survives a rebuild and a restore, and shows who did it. Outlines go in simplified, a hundred
bytes or two each, and once: the digest of the outline that came says whether one that comes again is another.
"""

from __future__ import annotations

from pathlib import Path

from gateway.cities import planned
from gateway.importing.faults import Line, Summary
from gateway.importing.mapping import Mapping
from gateway.importing.places import import_places
from gateway.importing.plans import import_plans
from gateway.importing.works import import_programmes, import_works
from gateway.node import Node

KINDS = ("places", "boundaries", "programmes", "works", "components", "catchments", "budgets", "milestones", "facts")

__all__ = ["KINDS", "Line", "Mapping", "Summary", "run"]


def run(node: Node, kind: str, file: Path, mapping: Mapping, *, dry_run: bool = False, by: str = "operator") -> Summary:
    """Import one file, or say what would happen."""
    if kind == "programmes":
        return import_programmes(node, file, mapping, dry_run=dry_run, by=by)
    if kind == "works":
        return import_works(node, file, mapping, dry_run=dry_run, by=by)
    if kind in planned.TABLES:
        return import_plans(node, kind, file, mapping, dry_run=dry_run, by=by)
    return import_places(node, file, mapping, boundaries=kind == "boundaries", dry_run=dry_run, by=by)
