"""Boxes with real processes; whatever a test leaves running is killed."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.durability.box import Box, make_box

MakeBox = Callable[..., Box]


@contextmanager
def yard() -> Iterator[MakeBox]:
    """`make(database_url=..., extra=...)` makes an instance in a short path, as a Unix socket needs it; all are ended at the end."""
    made: list[Box] = []
    parent = Path(tempfile.mkdtemp(prefix="box-"))

    def make(*, directory: str | None = None, **options: str) -> Box:
        made.append(make_box(Path(directory) if directory else parent / str(len(made)) / "hub", **options))
        return made[-1]

    try:
        yield make
    finally:
        for box in made:
            box.end()
        shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def boxes() -> Iterator[MakeBox]:
    with yard() as make:
        yield make


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """The same texts at every run of a test."""
    return random.Random(request.node.nodeid)
