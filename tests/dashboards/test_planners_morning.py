"""A planner's morning in Spanish, on a desk."""

from __future__ import annotations

import pytest
from flask import Flask

from gateway.node import Node
from tests.dashboards.conftest import OpenPage
from tests.dashboards.morning import morning
from tests.dashboards.planting import app_of


@pytest.fixture
def app(city: Node) -> Flask:
    """In front of the worked example."""
    return app_of(city)


def test_a_planners_morning(city: Node, open_page: OpenPage) -> None:
    morning(city, open_page, "es", 1280, "light")
