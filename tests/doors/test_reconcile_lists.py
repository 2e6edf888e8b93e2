"""Lists no provider should give: odd rows, pages in a circle, answers that are no list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses

from gateway.doors.reconcile import Reconciled
from gateway.errors import Problem
from tests.doors.counter import PHONE, Counter
from tests.doors.house import ACCOUNT
from tests.doors.listing import Ask, held


def row(n: int, **other: Any) -> dict[str, Any]:
    at = "Wed, 25 Nov 2026 11:00:00 +0000"
    return {"sid": f"SM{n:032x}", "direction": "inbound", "from": PHONE, "to": ACCOUNT.number, "body": f"AGUA S1604 {n}",
            "status": "received", "date_sent": at, "date_created": at} | other


@pytest.fixture
def scripted(counter: Counter) -> Iterator[Callable[..., None]]:
    """The list as given, page by page: `scripted(({"messages": ...}), ...)`; the address of the next page is /pageN."""
    base = counter.node.config.twilio.api_url
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        def give(*pages: Any) -> None:
            for n, page in enumerate(pages):
                path = f"/2010-04-01/Accounts/{ACCOUNT.sid}/Messages.json" if n == 0 else f"/page{n}"
                body = {"body": page} if isinstance(page, str) else {"json": page}
                mock.get(base + path, **body)
        yield give


@pytest.mark.parametrize(("label", "odd"), [
    ("no sid", {"sid": None}),
    ("the sid of a call", {"sid": "CA" + "0" * 32}),
    ("no sender", {"from": None}),
    ("an empty sender", {"from": ""}),
    ("no time", {"date_sent": None, "date_created": None}),
    ("a time nobody can read", {"date_sent": "yesterday", "date_created": "yesterday"}),
    ("no direction", {"direction": None}),
    ("a direction of tomorrow", {"direction": "sideways"}),
])
def test_one_odd_row_hides_no_other(ask: Ask, counter: Counter, scripted: Callable[..., None], label: str, odd: dict[str, Any]) -> None:
    scripted({"messages": [row(1), row(2, **odd), row(3)]})
    assert ask().recovered == 2
    assert held(counter).keys() == {row(1)["sid"], row(3)["sid"]}


def test_rows_that_are_no_rows(ask: Ask, scripted: Callable[..., None]) -> None:
    scripted({"messages": [None, 5, "text", [], {}, row(1)]})
    assert ask().recovered == 1


def test_odd_texts_are_kept_verbatim(ask: Ask, counter: Counter, scripted: Callable[..., None]) -> None:
    odd = ["\x00", "\ud800 lone", "👨‍👩‍👧", "", "\u202eRTL", "a" * 1600]
    scripted({"messages": [row(n, body=words) for n, words in enumerate(odd)] + [row(9, body=None)]})
    assert ask().recovered == 7
    assert [words for _, (words, _, _) in sorted(held(counter).items())] == [*odd, ""]


@pytest.mark.parametrize(("label", "pages", "heard"), [
    ("it goes round in a circle", [{"messages": [row(1)], "next_page_uri": "/page1"},
                                   {"messages": [row(2)], "next_page_uri": "/page1"}], 2),
    ("it goes round to its beginning", [{"messages": [row(1)], "next_page_uri": "/page1"},
                                        {"messages": [row(2)], "next_page_uri": f"/2010-04-01/Accounts/{ACCOUNT.sid}/Messages.json"}], 2),
    ("it goes on at another host", [{"messages": [row(1)], "next_page_uri": "@evil.example/page"}], 1),
    ("it goes on at another address", [{"messages": [row(1)], "next_page_uri": "https://evil.example/page"}], 1),
    ("a page is no JSON", [{"messages": [row(1)], "next_page_uri": "/page1"}, "<html>sign in to the hotel's network</html>"], 1),
    ("a page is a list", [[row(1)]], 0),
])
def test_lists_without_an_end(ask: Ask, counter: Counter, scripted: Callable[..., None], label: str, pages: list[Any], heard: int) -> None:
    scripted(*pages)
    with pytest.raises(Problem) as away:
        ask()
    assert away.value.code in ("provider.away", "provider.refused")
    assert len(held(counter)) == heard


@pytest.mark.parametrize("page", [{}, {"messages": None}, {"messages": []}, {"messages": 5}, {"next_page_uri": None}])
def test_lists_with_nothing_in_them(ask: Ask, scripted: Callable[..., None], page: dict[str, Any]) -> None:
    scripted(page)
    assert ask() == Reconciled("twilio", 0, 0)
