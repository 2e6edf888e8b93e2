"""What `barrio import` prints: a line for every fault and note, then the counts; the exit code says whether it was taken."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from gateway.errors import Problem
from gateway.importing import Mapping, Summary, run
from gateway.node import Node

MOST_LINES = 1000


def import_file(node: Node, args: argparse.Namespace) -> int:
    """Run the command as the options say."""
    summary = run(node, args.what, Path(args.file), mapping_of(args), dry_run=args.dry_run)
    show(summary)
    if summary.broken:
        raise Problem("import.broken", path=args.file)
    if summary.refused and not args.skip_refused:
        raise Problem("import.refused", refused=summary.refused, rows=summary.rows)
    return 0


def show(summary: Summary) -> None:
    for line in summary.lines[:MOST_LINES]:
        print(line)
    if (more := len(summary.lines) - MOST_LINES) > 0:
        print(f"... and {more} more lines like these")
    print(summary)


def mapping_of(args: argparse.Namespace) -> Mapping:
    """The options, over those of --mapping FILE."""
    for pair in args.column:
        if "=" not in pair:
            raise Problem("usage", reason=f"write a column as OURS=THEIRS, not {pair!r}")
    said = Mapping(
        name=args.name_field or "", code=args.code_field or "", key=args.key_field or "", parent=args.parent_field or "",
        alt=tuple(args.alt_field), lat=args.lat_field or "", lon=args.lon_field or "", level=(args.level or "").casefold(),
        prefix=args.prefix or "", where=tuple(args.where), keep_case=args.keep_case, exact=args.exact, rename=args.rename,
        skip_refused=args.skip_refused,
        columns={ours.strip(): theirs.strip() for ours, _, theirs in (pair.partition("=") for pair in args.column)})
    if not args.mapping:
        return said
    made = said.over(Mapping.load(Path(args.mapping)))
    return replace(made, skip_refused=args.skip_refused)  # to take part of a file is a decision of each time
