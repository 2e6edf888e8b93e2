"""The taxonomy, read once, and the names of its categories and subcategories in the residents' languages.

>>> label("WAT", "es"), label("WAT01", "fr")
('Agua potable', "Coupure d'eau")
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def taxonomy() -> list[dict[str, Any]]:
    """The categories in the order of the file, as it has them: `code`, `label`, `bdv`, and the same of each in `sub`."""
    found: list[dict[str, Any]] = tomllib.loads((files("parsers") / "words" / "taxonomy.toml").read_text("utf-8"))["category"]
    return found


@cache
def _labels() -> dict[str, dict[str, str]]:
    return {entry["code"]: entry["label"] for category in taxonomy() for entry in (category, *category["sub"])}


def label(code: str | None, language: str) -> str:
    """The name in that language, else in Spanish; the code itself when the taxonomy does not know it."""
    names = _labels().get(code or "", {})
    return names.get(language) or names.get("es") or (code or "")
