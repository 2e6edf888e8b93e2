"""Which column of a file says what: from options of the command, or a small TOML file with the same names.

A value is a column, or a text with columns in braces (`name = "Distrito {distrito}"`), or after a `=` the same for every row
(`parent = "=S1700"`).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from gateway.errors import Problem
from gateway.importing.faults import Findings, listed
from gateway.importing.files import Source, SourceRow

_BRACES = re.compile(r"\{([^{}]+)\}")
# What is read from a column of this name when nothing else was said.
USUAL = ("code", "name", "alt_names", "kind", "parent", "district", "generic", "lat", "lon", "key")


@dataclass(frozen=True)
class Mapping:
    """`Mapping(name="nom_otb", parent="Distrito {distrito}", level="otb")`; empty means the column of that name, if there is one."""

    name: str = ""
    code: str = ""
    key: str = ""
    parent: str = ""
    alt: tuple[str, ...] = ()
    kind: str = ""
    district: str = ""
    generic: str = ""
    lat: str = ""
    lon: str = ""
    level: str = ""
    prefix: str = ""
    where: tuple[str, ...] = ()
    keep_case: bool = False
    exact: bool = False
    rename: bool = False
    skip_refused: bool = False
    columns: dict[str, str] = field(default_factory=dict)  # of programmes and works: our column -> theirs

    @classmethod
    def load(cls, path: Path) -> Mapping:
        """From a TOML file; an unknown key is told with the one that was probably meant."""
        try:
            found = tomllib.loads(path.read_text("utf-8"))
        except OSError as fault:
            raise Problem("import.unreadable", path=path, reason=fault.strerror or "it cannot be opened") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
            raise Problem("config.unreadable", path=path, reason=fault) from None
        known = {spec.name: spec for spec in fields(cls)}
        given: dict[str, object] = {}
        for key, value in found.items():
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                meant = f"did you mean {near[0]}?" if near else f"known: {listed(known, 20)}"
                raise Problem("usage", reason=f"{path.name}: unknown key {key} ({meant})")
            given[key] = tuple(value) if isinstance(value, list) else value
            default = getattr(cls(), key) if key != "columns" else {}
            texts = isinstance(default, tuple | dict) and all(isinstance(v, str) for v in _values(given[key]))
            if type(given[key]) is not type(default) or (isinstance(default, tuple | dict) and not texts):
                raise Problem("usage", reason=f"{path.name}: {key} is not {_SHAPES[type(default)]}")
        return cls(**given)  # type: ignore[arg-type]

    def over(self, other: Mapping) -> Mapping:
        """This one where it says something, the other elsewhere."""
        said = {spec.name: value for spec in fields(self) if (value := getattr(self, spec.name)) not in ("", (), False, {})}
        return replace(other, **said)

    def checked(self, source: Source, findings: Findings) -> Mapping:
        """With the usual columns where nothing was said; a column that the file does not have breaks the import."""
        said = {self.name, self.code, self.key, self.parent, *self.alt, self.kind, self.district, self.generic, self.lat, self.lon}
        usual = {name: name for name in USUAL
                 if name != "alt_names" and not getattr(self, name, "") and name in source.columns and name not in said}
        if not self.alt and "alt_names" in source.columns:
            usual["alt"] = "alt_names"
        made = replace(self, **{name: (value,) if name == "alt" else value for name, value in usual.items()})  # type: ignore[arg-type]
        wanted = [made.name, made.code, made.key, made.parent, *made.alt, made.kind, made.district, made.generic, made.lat, made.lon,
                  *(w.partition("=")[0].strip() for w in made.where), *made.columns.values()]
        for column in dict.fromkeys(c for value in wanted for c in _named(value)):
            if source.columns and column not in source.columns:
                near = difflib.get_close_matches(column, source.columns, 1)
                findings.refuse_all(source.name, f"it has no column {column!r}; it has {listed(source.columns)}",
                                    f"Did you mean {near[0]!r}?" if near else "Name the right one")
        for condition in made.where:
            if "=" not in condition:
                raise Problem("usage", reason=f"write a condition as COLUMN=VALUE, not {condition!r}")
        return made

    def chosen(self, row: SourceRow) -> bool:
        """Whether the row meets every condition."""
        return all(row.cells.get(column.strip(), "") == value.strip() for column, _, value in (w.partition("=") for w in self.where))


_SHAPES = {str: "a text", tuple: "a list of texts", bool: "true or false", dict: "a table of texts"}


def value_of(row: SourceRow, column: str) -> str:
    """What the row says there; a template with an empty column says nothing."""
    if not column:
        return ""
    if column.startswith("="):
        return column[1:].strip()
    parts = _BRACES.findall(column)
    if not parts:
        return row.cells.get(column, "")
    if not all(row.cells.get(part) for part in parts):
        return ""
    return _BRACES.sub(lambda match: row.cells[match.group(1)], column)


def _named(value: str) -> list[str]:
    return [] if value.startswith("=") else _BRACES.findall(value) or ([value] if value else [])


def _values(given: object) -> list[object]:
    return list(given.values()) if isinstance(given, dict) else list(given) if isinstance(given, tuple) else []
