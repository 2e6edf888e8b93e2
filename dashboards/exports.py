"""The same facts as the pages, as files: JSON lines, CSV, Excel, GeoJSON. Read in short steps, so no writer waits for one.

A restricted report keeps its row and loses what it says: its text, its outcome, its category, place and people are null.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from itertools import chain
from typing import IO, Any

from dashboards.queries import extracts
from dashboards.text import storable
from gateway.errors import Problem
from gateway.node import Node

Row = dict[str, Any]
CHUNK = 1_000
THINGS = tuple(extracts.EXTRACTS)
FORMATS = ("jsonl", "csv", "xlsx", "geojson")
TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8", "geojson": "application/geo+json",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
SHEET_ROWS, CELL_CHARACTERS = 1_000_000, 32_000  # Excel's own limits are 1,048,576 and 32,767
# a spreadsheet would run these as formulas; the wide ones are what some keyboards and locales send for them
_FORMULA = re.compile("[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
# `str.splitlines` breaks a line at these, although JSON allows them in a string
_BREAKS = re.compile("[\x85\u2028\u2029]")


def rows(node: Node, what: str) -> Iterator[Row]:
    """Every row of messages, reports, needs, links or outbox, a thousand in one short transaction.

    `priority` of a need is, for now, its urgency (1 to 4) plus min(people, 99) / 100, rounded to two decimals.
    """
    read = _extract(what, "jsonl")
    last = ""
    while True:
        with node.database.reading() as c:
            found = read(c, last, CHUNK)
        yield from (row for _, row in found)
        if len(found) < CHUNK:
            return
        last = found[-1][0]


def stream(node: Node, what: str, format: str) -> Iterator[bytes]:
    """The file in pieces; what cannot be exported so is refused before the first one."""
    _extract(what, format)
    return {"jsonl": _json_lines, "csv": _csv, "xlsx": _xlsx, "geojson": _geojson}[format](node, what)


def write(node: Node, what: str, format: str, out: IO[bytes]) -> None:
    """Write the file: `write(node, "needs", "csv", open("needs.csv", "wb"))`."""
    for piece in stream(node, what, format):
        out.write(piece)


def _extract(what: str, format: str) -> Callable[..., list[tuple[str, Row]]]:
    known = [f for f in FORMATS if f != "geojson" or what == "needs"]
    if what not in extracts.EXTRACTS:
        raise Problem("export.format", what=what[:40], format=format[:40], known=f"one of {', '.join(extracts.EXTRACTS)}")
    if format not in known:
        raise Problem("export.format", what=what, format=format[:40], known=", ".join(known))
    return extracts.EXTRACTS[what][1]


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


def _json_lines(node: Node, what: str) -> Iterator[bytes]:
    for row in rows(node, what):
        yield (_json(row) + "\n").encode()


def _csv(node: Node, what: str) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in chain([extracts.EXTRACTS[what][0]], (row.values() for row in rows(node, what))):
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


def _xlsx(node: Node, what: str) -> Iterator[bytes]:
    import xlsxwriter
    with tempfile.TemporaryFile() as file:
        with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                                        "strings_to_numbers": False}) as book:
            bold = book.add_format({"bold": True})
            sheet, line = None, SHEET_ROWS
            for row in chain(rows(node, what), [None]):
                if line >= SHEET_ROWS:
                    sheet, line = book.add_worksheet(), 1
                    sheet.write_row(0, 0, extracts.EXTRACTS[what][0], bold)
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


def _geojson(node: Node, what: str) -> Iterator[bytes]:
    yield b'{"type":"FeatureCollection","features":['
    before = b"\n"
    for row in rows(node, what):
        place = node.city.place.get(row["place_code"], {})
        point = [float(place["lon"]), float(place["lat"])] if place.get("lat") and place.get("lon") else None
        yield before + _json({"type": "Feature", "id": row["id"], "properties": row,
                              "geometry": {"type": "Point", "coordinates": point} if point else None}).encode()
        before = b",\n"
    yield b"\n]}\n"
