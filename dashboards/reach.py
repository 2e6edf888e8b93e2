"""What is a person's to see and to decide: what lies in their areas, and what lies at no place only for those who have all."""

from __future__ import annotations

from dashboards.access import SignedIn
from dashboards.placetree import PlaceTree
from gateway.triaging import Who


def places(tree: PlaceTree, account: SignedIn) -> frozenset[str] | None:
    """The places that are a person's; None is everywhere, and what is at no place."""
    if account.plans or "*" in account.areas:
        return None
    return frozenset(code for area in account.areas for code in tree.under(area))


def who(tree: PlaceTree, account: SignedIn) -> Who:
    """The person as decisions know them."""
    theirs = places(tree, account)
    return Who(account.id, account.name, lambda place: theirs is None or place in theirs)
