"""Boxes with real processes; whatever a test leaves running is killed."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.durability.box import Box, make_box

MakeBox = Callable[..., Box]


@pytest.fixture
def boxes() -> Iterator[MakeBox]:
    """`boxes(database_url=..., extra=...)` makes an instance in a short path, as a Unix socket needs it."""
    made: list[Box] = []
    parent = Path(tempfile.mkdtemp(prefix="box-"))

    def make(**options: str) -> Box:
        made.append(make_box(parent / str(len(made)) / "hub", **options))
        return made[-1]

    yield make
    for box in made:
        box.end()
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """The same moments and texts at every run of a test."""
    return random.Random(request.node.nodeid)

