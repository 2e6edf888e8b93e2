"""Facts of every kind are written here, so the node of these tests has a channel by which elders can be asked."""

from __future__ import annotations

import pytest

from gateway.node import Node
from tests.conftest import MakeNode


@pytest.fixture
def node(make_node: MakeNode) -> Node:
    return make_node(extra='[outbox]\nchannel = "console"\n')
