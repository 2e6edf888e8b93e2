"""Small maps and tables made up for the tests: a town square of neighbourhoods inside the bounds of the shipped La Paz."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Ring = list[list[float]]


def square(lon: float, lat: float, side: float = 0.01) -> Ring:
    """A closed ring with its lower left corner there."""
    return [[lon, lat], [lon + side, lat], [lon + side, lat + side], [lon, lat + side], [lon, lat]]


def area(*rings: Ring) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def feature(geometry: dict[str, Any] | None, **about: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": about, "geometry": geometry}


def units(*features: dict[str, Any], **more: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more}, ensure_ascii=False)


def table(*rows: Sequence[str], delimiter: str = ",") -> str:
    return "".join(delimiter.join(row) + "\n" for row in rows)


def save(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
