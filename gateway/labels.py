"""Names of categories and subcategories in the residents' languages, from the taxonomy.

>>> label("WAT", "es"), label("WAT01", "fr")
('Agua potable', "Coupure d'eau")
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def _labels() -> dict[str, dict[str, str]]:
    taxonomy = tomllib.loads((files("parsers") / "words" / "taxonomy.toml").read_text("utf-8"))
    return {entry["code"]: entry["label"] for category in taxonomy["category"] for entry in (category, *category["sub"])}


def label(code: str | None, language: str) -> str:
    """The name in that language, else in Spanish; the code itself when the taxonomy does not know it."""
    names = _labels().get(code or "", {})
    return names.get(language) or names.get("es") or (code or "")
