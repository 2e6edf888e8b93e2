"""What a colleague may see, said plainly when they are enrolled: an officer their areas, everybody who plans the whole city.

    barrio user add luz --role officer --areas S1600,C0500
    luz may sign in as officer, and sees Pampahasi (S1600), Chijini (C0500), and nothing else.

Without areas a person at a keyboard is asked for them; a script gets the whole city, as it always did, and reads that it did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.errors import Problem
from gateway.node import Node
from gateway.rules import OFFICER

EVERYWHERE = "*"
QUESTION = "Areas of {name}: place codes, comma-separated, with all that lies in them (* is the whole city): "


def areas(node: Node, name: str, role: str, said: str | None, ask: Callable[[str], str] | None = None) -> list[str]:
    """The areas of a new colleague; `ask` puts a question to whoever sits at the keyboard, None where nobody does."""
    if said is None and role == OFFICER and ask is not None:
        said = ask(QUESTION.format(name=name))
        if not said.strip():
            raise Problem("usage", reason="say which areas they have: --areas A,B, or --areas '*' for the whole city")
    codes = [code.strip() for code in (EVERYWHERE if said is None else said).split(",") if code.strip()]
    if unknown := [code for code in codes if code != EVERYWHERE and code not in node.city.place]:
        raise Problem("usage", reason=f"{', '.join(unknown)[:80]}: no place of this city has this code (one is {node.city.example_code})")
    return codes or [EVERYWHERE]


def may_see(node: Node, name: str, role: str, codes: Sequence[str], *, chosen: bool = True) -> str:
    """`luz may sign in as officer, and sees Pampahasi (S1600), and nothing else.` Not `chosen` is what nobody asked for."""
    if role != OFFICER:
        return f"{name} may sign in as {role}, and sees the whole city."
    if EVERYWHERE in codes:
        hint = "" if chosen else f" To keep them to their areas: barrio user areas {name} A,B"
        return f"{name} may sign in as {role}, and sees the WHOLE city.{hint}"
    named = ", ".join(f"{node.city.place_name(code)} ({code})" for code in codes)
    return f"{name} may sign in as {role}, and sees {named}, and nothing else."
