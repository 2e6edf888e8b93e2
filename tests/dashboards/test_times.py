"""Days and hours on the pages are those of promises and texts: one list of time zones for all of them."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboards.languages import day, minute, until
from gateway.journal.canonical import iso
from gateway.needs.promises import Calendar
from tests.conftest import START, MakeNode
from tests.dashboards.planting import app_of


@pytest.mark.parametrize("city", ["la-paz", "casablanca", "nairobi"])
def test_a_promise_ends_with_a_day_and_an_hour_is_the_citys(city: str, make_node: MakeNode) -> None:
    """Morocco decides from year to year; who asks two libraries what time it is there may hear of two hours."""
    node = make_node(city=city)
    with app_of(node).test_request_context("/?lang=fr"):
        end = iso(Calendar.of(node.city).due(START, 480))
        assert ":" not in until(end), "the end of a day, and no hour of the next"
        for hours in range(0, 24 * 365, 601):
            at = START + timedelta(hours=hours)
            here = at.astimezone(ZoneInfo(node.city.timezone))
            assert minute(iso(at)).endswith(f"{here:%H:%M}")
            assert day(iso(at)).startswith(f"{here.day} ")


def test_an_hour_of_another_zone_would_show(make_node: MakeNode) -> None:
    """The control: the same moment is another hour elsewhere."""
    read = set()
    for city in ("la-paz", "nairobi"):
        with app_of(make_node(city, city=city)).test_request_context("/?lang=fr"):
            read.add(minute(iso(START))[-5:])
    assert read == {"08:00", "15:00"}
