"""Who may enter by which door. Every route must say so; a door without a rule is a fault at start.

>>> @rule(PLANNER, ADMIN)
... def needs(): ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

PUBLIC, SIGNED = "public", "signed"  # anybody · a machine whose signature the view itself verifies
OFFICER, PLANNER, FOCAL, ADMIN = "officer", "planner", "focal", "admin"
ROLES = (OFFICER, PLANNER, FOCAL, ADMIN)

View = TypeVar("View", bound=Callable[..., Any])


def rule(*who: str, most_bytes: int | None = None) -> Callable[[View], View]:
    """Say who may use a view: PUBLIC, SIGNED, or roles; and how much it takes, where that is more than a form has."""
    unknown = [w for w in who if w not in (PUBLIC, SIGNED, *ROLES)]
    if unknown or not who:
        raise ValueError(f"no such rule: {unknown}")

    def declare(view: View) -> View:
        view.access, view.most_bytes = frozenset(who), most_bytes  # type: ignore[attr-defined]
        return view
    return declare


def most_bytes_of(view: Callable[..., Any] | None) -> int | None:
    return getattr(view, "most_bytes", None)


def rule_of(view: Callable[..., Any] | None) -> frozenset[str] | None:
    return getattr(view, "access", None)
