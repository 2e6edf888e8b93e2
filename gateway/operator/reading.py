"""`barrio parse`: lines or JSON lines in, what was understood out; needs no instance."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from gateway import cities, config
from gateway.classification.meaning import shipped
from gateway.errors import Problem
from parsers import Context, Gazetteer, load_vocabulary, parse


def read_lines(file: str, city: str | None, out: TextIO | None = None, *, keywords_alone: bool = False) -> None:
    """Understand each line of a file or `-`; a line that is a JSON object with `text` may bring its own context."""
    out = out or sys.stdout
    pack = cities.load(city or configured_city() or "la-paz")
    meaning = None if keywords_alone else shipped().guess
    words, places = load_vocabulary(), Gazetteer.of(pack.places)
    for number, line in enumerate(lines_of(file), 1):
        given = read_line(line, number)
        context = Context.of(given.get("context"), channel_lang=given.get("channel_lang") or pack.language)
        outcome = parse(given["text"], context, words, places, meaning).as_dict()
        if "id" in given:
            outcome = {"id": given["id"]} | outcome
        out.write(json.dumps(outcome, ensure_ascii=False) + "\n")


def lines_of(file: str) -> Iterator[str]:
    """The lines of a file, or of the standard input for `-`."""
    if file == "-":
        yield from (line.rstrip("\r\n") for line in sys.stdin)
        return
    try:
        with open(file, encoding="utf-8", newline="\n") as opened:
            yield from (line.rstrip("\r\n") for line in opened)
    except UnicodeDecodeError as fault:
        raise Problem("usage", reason=f"{file} is not UTF-8 at byte {fault.start}") from None


def read_line(line: str, number: int) -> dict[str, Any]:
    """A line as an object with `text`: a JSON object, or any words."""
    if not line.lstrip().startswith("{"):
        return {"text": line}
    try:
        given = json.loads(line)
    except ValueError:
        return {"text": line}  # a resident may well begin with a brace
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        raise Problem("usage", reason=f"line {number} is JSON without a `text` that is a string")
    return given


def configured_city() -> str | None:
    """The city of the configured instance, if there is one."""
    named = os.environ.get("BARRIO_CONFIG")
    try:
        return config.load(named).node.city if config.config_path(named).is_file() else None
    except Problem:
        return None
