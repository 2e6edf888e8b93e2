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
def service_of(code: str) -> str:
    """The role that answers a subcategory: `WAT01` -> `water_utility`; empty for a code nobody knows."""
    return next((str(sub.get("service") or head.get("service", ""))
                 for head in taxonomy() for sub in head["sub"] if sub["code"] == code), "")


@cache
def bodies(city: str) -> dict[str, str]:
    """The bodies of a city by role, as the taxonomy lists them: `bodies("LPZ")["water_utility"]` -> `EPSAS`."""
    listed = tomllib.loads((files("parsers") / "words" / "taxonomy.toml").read_text("utf-8"))["services"]
    return {role: of[city] for role, of in listed.items() if city in of}


@cache
def _labels() -> dict[str, dict[str, str]]:
    return {entry["code"]: entry["label"] for category in taxonomy() for entry in (category, *category["sub"])}


def label(code: str | None, language: str) -> str:
    """The name in that language, else in Spanish; the code itself when the taxonomy does not know it."""
    names = _labels().get(code or "", {})
    return names.get(language) or names.get("es") or (code or "")


@cache
def emergencies() -> frozenset[str]:
    """The subcategories that are emergencies whatever the words: fires, landslides, gas."""
    return frozenset(sub["code"] for head in taxonomy() for sub in head["sub"] if sub["kind"] == "emergency")


@cache
def hours() -> dict[str, int]:
    """The hours until somebody must have looked at a need, by subcategory."""
    return {sub["code"]: int(sub["hours"]) for head in taxonomy() for sub in head["sub"]}
