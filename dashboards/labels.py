"""What a category is called in each language, and which component of a programme answers it; from the taxonomy."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import parsers.reference

TAXONOMY = Path(parsers.reference.__file__).with_name("words") / "taxonomy.toml"


@dataclass(frozen=True, slots=True)
class Category:
    """A category (`WAT`) or one of its subcategories (`WAT01`), with its label in each language."""

    code: str
    label: dict[str, str]
    component: str
    sensitive: bool = False


@cache
def taxonomy() -> dict[str, Category]:
    """Every category and subcategory by code, in the order of the file."""
    known: dict[str, Category] = {}
    for head in tomllib.loads(TAXONOMY.read_text("utf-8"))["category"]:
        known[head["code"]] = Category(head["code"], head["label"], head["bdv"])
        for sub in head["sub"]:
            known[sub["code"]] = Category(sub["code"], sub["label"], sub.get("bdv", head["bdv"]), sub.get("sensitive", False))
    return known


def category(code: str | None, language: str) -> str:
    """`WAT01`, `fr` -> `Coupure d'eau`; a code nobody knows is its own label."""
    known = taxonomy().get(code or "")
    return known.label.get(language) or known.label["es"] if known else code or ""


def main(code: str) -> str:
    """The category a subcategory lies in: `WAT01` -> `WAT`."""
    return code[:3]


def mains() -> list[str]:
    return [code for code in taxonomy() if len(code) == 3]


def component_of(code: str) -> str | None:
    """The kind of work that answers this category: `WAT01` -> `AYA`."""
    known = taxonomy().get(code) or taxonomy().get(main(code))
    return known.component if known else None
