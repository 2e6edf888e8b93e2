from __future__ import annotations

import pytest

from tests.conftest import MakeNode
from tests.offline_sync.fleet import Box, Fleet


@pytest.fixture
def fleet(make_node: MakeNode) -> Fleet:
    """A hub of its own, without field nodes yet."""
    return Fleet(Box(make_node("hub")), make_node)
