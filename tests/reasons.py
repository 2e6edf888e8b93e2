"""Every sentence that a refusal may say to a person, found in the syntax tree of whoever raises it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import CATALOGUE, SPOKEN

ROOT = Path(__file__).parent.parent
ROOMS = ("gateway", "dashboards", "offline_sync", "parsers")
SENTENCE = {"planning.unknown": "thing", "planning.refused": "reason"}
FILLS = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Raised:
    """One place that refuses: the sentences it may say, and the facts that it fills them with."""

    where: str
    messages: tuple[str, ...]
    facts: frozenset[str]


def raised() -> list[Raised]:
    """All of them; a sentence that only a running program could know is a fault."""
    return [found for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))
            for found in within(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))]


def steps() -> set[str]:
    """What stands behind them: what to do next."""
    return {CATALOGUE[code].do for code in SPOKEN}


def within(source: str, name: str) -> Iterator[Raised]:
    """Those of one module."""
    tree = ast.parse(source)
    owners = {node: owner for owner in ast.walk(tree) if isinstance(owner, ast.FunctionDef) for node in ast.walk(owner)}
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Problem" and call.args
                and isinstance(call.args[0], ast.Constant) and call.args[0].value in SPOKEN):
            continue
        code, where = str(call.args[0].value), f"{name}:{call.lineno}"
        given = {word.arg: word.value for word in call.keywords}
        assert None not in given, f"{where}: facts that nobody can read here"
        said = SENTENCE[code]
        messages = tuple(CATALOGUE[code].what.format_map({said: text, "id": "%(id)s"})
                         for text in _texts(given[said], tree, owners.get(call), where))
        yield Raised(where, messages, frozenset(name for name in given if name not in (said, "permanent", None)))  # type: ignore[arg-type]


def _texts(value: ast.expr, tree: ast.Module, owner: ast.FunctionDef | None, where: str) -> list[str]:
    """A text as it stands, all of a table of the module, or what the callers of the function hand over."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return [value.value]
    if isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name):
        for one in tree.body:
            if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == value.value.id and isinstance(one.value, ast.Dict):
                return [text for each in one.value.values for text in _texts(each, tree, None, where)]
    if isinstance(value, ast.Name) and owner is not None and value.id in (names := [arg.arg for arg in owner.args.args]):
        calls = [call for call in ast.walk(tree) if isinstance(call, ast.Call) and ast.unparse(call.func) == owner.name]
        return [text for call in calls for text in _texts(call.args[names.index(value.id)], tree, None, where)]
    raise AssertionError(f"{where}: write the sentence as it is, with named fills: {ast.unparse(value)}")
