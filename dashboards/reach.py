"""What is a person's to see and to decide: what lies in their areas, and what lies at no place only for those who have all."""

from __future__ import annotations

from sqlalchemy import Connection, select

from dashboards.access import SignedIn
from dashboards.placetree import PlaceTree
from dashboards.queries import needs as seen
from dashboards.queries.needs import NeedPage
from dashboards.queries.seen import NEED
from gateway.decisions.triaging import Who
from gateway.errors import Problem
from gateway.journal import heads


def places(tree: PlaceTree, account: SignedIn) -> frozenset[str] | None:
    """The places that are a person's; None is everywhere, and what is at no place."""
    if account.plans or "*" in account.areas:
        return None
    return frozenset(code for area in account.areas for code in tree.under(area))


def who(tree: PlaceTree, account: SignedIn) -> Who:
    """The person as decisions know them."""
    theirs = places(tree, account)
    return Who(account.id, account.name, lambda place: theirs is None or place in theirs)


def need_of(c: Connection, tree: PlaceTree, account: SignedIn, need: str) -> NeedPage:
    """The need that stands for this one; nobody reaches one whose reports are all restricted, or another's, by guessing its id."""
    found, may = seen.need(c, heads.head_of(c, need)), who(tree, account).may
    own = c.execute(select(NEED.c.place_code).where(NEED.c.id == need)).scalar()
    if found is None or not may(found.line.place_code) or not may(own):
        raise Problem("planning.unknown", thing="need", id=need[:40])
    return found
