"""The same facts as the pages, as files: JSON lines, CSV, Excel, GeoJSON. Read in short steps, so no writer waits for one.

A restricted report keeps its row and loses what it says: its text, its outcome, its category, place and people are null.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import IO, Any

from dashboards import sheets
from dashboards.queries import extracts
from dashboards.text import storable
from gateway.errors import Problem
from gateway.node import Node

Row = dict[str, Any]
Head = tuple[str, ...]
CHUNK = 1_000
THINGS = tuple(extracts.EXTRACTS)
FORMATS = ("jsonl", "csv", "xlsx", "geojson", "hxl")
TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8", "geojson": "application/geo+json",
         "hxl": "text/csv; charset=utf-8",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
SHEET_ROWS, CELL_CHARACTERS = 1_000_000, 32_000  # Excel's own limits are 1,048,576 and 32,767
# a spreadsheet would run these as formulas; the wide ones are what some keyboards and locales send for them
_FORMULA = re.compile("[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
# `str.splitlines` breaks a line at these, although JSON allows them in a string
_BREAKS = re.compile("[\x85\u2028\u2029]")


def rows(node: Node, what: str, asked: Mapping[str, str] = MappingProxyType({})) -> Iterator[Row]:
    """Every row of messages, reports, needs, links or outbox, a thousand in one short transaction; or of a page, as it is asked for.

    `priority` of a need is, for now, its urgency (1 to 4) plus min(people, 99) / 100, rounded to two decimals.
    """
    _refuse(what, "jsonl")
    if what in sheets.SHEETS:
        yield from sheets.rows(node, what, asked)
        return
    read, last = extracts.EXTRACTS[what][1], ""
    while True:
        with node.database.reading() as c:
            found = read(c, last, CHUNK)
        yield from (row for _, row in found)
        if len(found) < CHUNK:
            return
        last = found[-1][0]


def stream(node: Node, what: str, format: str, asked: Mapping[str, str] = MappingProxyType({})) -> Iterator[bytes]:
    """The file in pieces; what cannot be exported so is refused before the first one."""
    _refuse(what, format)
    found = rows(node, what, asked)
    if what in sheets.SHEETS:  # what is wrong with the question is said before the first piece as well
        found = iter(list(found))
    if format == "geojson":
        return _geojson(node, found)
    return {"jsonl": _json_lines, "csv": _csv, "hxl": _hxl, "xlsx": _xlsx}[format](columns(what), found)


def write(node: Node, what: str, format: str, out: IO[bytes], asked: Mapping[str, str] = MappingProxyType({})) -> None:
    """Write the file: `write(node, "needs", "csv", open("needs.csv", "wb"))`."""
    for piece in stream(node, what, format, asked):
        out.write(piece)


def columns(what: str) -> tuple[str, ...]:
    return (sheets.SHEETS[what] if what in sheets.SHEETS else extracts.EXTRACTS[what])[0]


def formats(what: str) -> list[str]:
    """How a thing can be written: on a map only what has a place of its own and is no text of a person."""
    on_a_map = what == "needs" or (what in sheets.SHEETS and "place_code" in columns(what))
    return [format for format in FORMATS if format != "geojson" or on_a_map]


def _refuse(what: str, format: str) -> None:
    if what not in (*extracts.EXTRACTS, *sheets.SHEETS):
        there = ", ".join((*extracts.EXTRACTS, *sheets.SHEETS))
        raise Problem("export.format", what=what[:40], format=format[:40], known=f"one of {there}")
    if format not in formats(what):
        raise Problem("export.format", what=what, format=format[:40], known=", ".join(formats(what)))


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # a lone surrogate
            return json.dumps(value)
        if _BREAKS.search(text):
            return json.dumps(value)
    return text


def _json_lines(head: Head, found: Iterator[Row]) -> Iterator[bytes]:
    for row in found:
        yield (_json(row) + "\n").encode()


def _csv(head: Head, found: Iterator[Row]) -> Iterator[bytes]:
    return _lines([head], found)


def _hxl(head: Head, found: Iterator[Row]) -> Iterator[bytes]:
    """CSV whose second line names each column for humanitarian tools; `#` begins no formula."""
    return _lines([head, [sheets.TAGS.get(name, f"#meta+{name.replace('_', '')}") for name in head]], found)


def _lines(heads: Sequence[Sequence[object]], found: Iterator[Row]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in chain(heads, (row.values() for row in found)):
        writer.writerow([_cell(value) for value in row])
        if buffer.tell() > 65_536:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _cell(value: object) -> object:
    if isinstance(value, list):
        value = " ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        value = storable(value)
        return f"'{value}" if _FORMULA.match(value) else value
    return "" if value is None else value


def _xlsx(head: Head, found: Iterator[Row]) -> Iterator[bytes]:
    import xlsxwriter
    with tempfile.TemporaryFile() as file:
        with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                                        "strings_to_numbers": False}) as book:
            bold = book.add_format({"bold": True})
            sheet, line = None, SHEET_ROWS
            for row in chain(found, [None]):
                if line >= SHEET_ROWS:
                    sheet, line = book.add_worksheet(), 1
                    sheet.write_row(0, 0, head, bold)
                    sheet.freeze_panes(1, 0)
                if row is None:
                    break
                for column, value in enumerate(row.values()):
                    _put(sheet, line, column, value)
                line += 1
        file.seek(0)
        while piece := file.read(65_536):
            yield piece


def _put(sheet: Any, line: int, column: int, value: object) -> None:
    if isinstance(value, list):
        value = " ".join(value)
    if isinstance(value, bool):
        sheet.write_boolean(line, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(line, column, value)
    elif isinstance(value, str):
        sheet.write_string(line, column, storable(value)[:CELL_CHARACTERS])


def _geojson(node: Node, found: Iterator[Row]) -> Iterator[bytes]:
    yield b'{"type":"FeatureCollection","features":['
    before = b"\n"
    for number, row in enumerate(found):
        place = node.city.place.get(row["place_code"], {})
        point = [float(place["lon"]), float(place["lat"])] if place.get("lat") and place.get("lon") else None
        yield before + _json({"type": "Feature", "id": row.get("id") or row.get("need") or str(number), "properties": row,
                              "geometry": {"type": "Point", "coordinates": point} if point else None}).encode()
        before = b",\n"
    yield b"\n]}\n"
