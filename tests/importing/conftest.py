"""One instance of the shipped La Paz, and the import as the command makes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.importing import Mapping, Summary, run
from gateway.node import Node
from tests.importing.drawing import save

Bring = Callable[..., Summary]


@pytest.fixture
def bring(node: Node, tmp_path: Path) -> Bring:
    """`bring("places", "name,parent\\n...", level="otb")` imports a file of that text."""
    def take(kind: str, text: str | bytes, *, file: str = "", dry_run: bool = False, to: Node = node, mapping: Mapping | None = None,
             **options: object) -> Summary:
        raw = text.encode() if isinstance(text, str) else text
        file = file or ("units.geojson" if raw.lstrip()[:1] == b"{" else f"{kind}.csv")
        made = mapping or Mapping(**options)  # type: ignore[arg-type]
        return run(to, kind, save(tmp_path, file, raw), made, dry_run=dry_run)

    return take
