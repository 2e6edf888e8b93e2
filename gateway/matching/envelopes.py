"""How a city shares a budget among its regions before any need is ranked: two rules that cities have used."""

from __future__ import annotations

from collections.abc import Mapping


def equal_and_by_quality(regions: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Half in equal parts, half by population over quality of life: `{"Sur": (150000, 0.71)}` -> its share of the budget."""
    if not regions:
        return {}
    pull = {name: population / quality for name, (population, quality) in regions.items()}
    whole = sum(pull.values())
    return {name: 0.5 / len(regions) + 0.5 * pull[name] / whole for name in regions}


def points(regions: Mapping[str, tuple[int, int, int]]) -> dict[str, tuple[int, float]]:
    """4 x lack + 2 x population + 5 x thematic priority, each in points: (lack, population, priority) -> (points, share)."""
    total = {name: 4 * lack + 2 * population + 5 * priority for name, (lack, population, priority) in regions.items()}
    whole = sum(total.values())
    return {name: (points, points / whole if whole else 0.0) for name, points in total.items()}
