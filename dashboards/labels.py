"""The categories in their order, what they are called, and which component of a programme answers each; from the taxonomy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from gateway import labels
from gateway.labels import label


@dataclass(frozen=True, slots=True)
class Category:
    """A category (`WAT`) or one of its subcategories (`WAT01`), and the component that answers it."""

    code: str
    component: str


@cache
def taxonomy() -> dict[str, Category]:
    """Every category and subcategory by code, in the order of the file."""
    known: dict[str, Category] = {}
    for head in labels.taxonomy():
        known[head["code"]] = Category(head["code"], head["bdv"])
        for sub in head["sub"]:
            known[sub["code"]] = Category(sub["code"], sub.get("bdv", head["bdv"]))
    return known


def category(code: str | None, language: str) -> str:
    """`WAT01`, `fr` -> `Coupure d'eau`; a code nobody knows is its own label."""
    return label(code, language)


def main(code: str) -> str:
    """The category a subcategory lies in: `WAT01` -> `WAT`."""
    return code[:3]


def mains() -> list[str]:
    return [code for code in taxonomy() if len(code) == 3]


def groups() -> dict[str, list[str]]:
    """The subcategories of each category, in the order of the file."""
    return {head: [code for code in taxonomy() if main(code) == head and code != head] for head in mains()}


def component_of(code: str) -> str | None:
    """The kind of work that answers this category: `WAT01` -> `AYA`."""
    known = taxonomy().get(code) or taxonomy().get(main(code))
    return known.component if known else None
