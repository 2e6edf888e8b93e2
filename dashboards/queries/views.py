"""Views that people keep: a page and what its address asks, under a name. Local to a machine, as courtesies are; a backup holds them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, or_, select

from gateway.errors import Problem
from gateway.journal.canonical import derived_id, iso
from gateway.journal.rows import upsert
from gateway.journal.tables import SavedView, table
from gateway.node import Node

VIEW = table(SavedView)
MOST, LONGEST_NAME, LONGEST = 100, 80, 500


@dataclass(frozen=True, slots=True)
class View:
    """`asked` is the query of the address: `place=S1600&covered=gap`."""

    id: str
    account: str
    owner: str
    name: str
    page: str
    asked: str
    shared: bool


def kept(c: Connection, account: str) -> list[View]:
    """The account's own views, then what others share, by name."""
    rows = c.execute(select(VIEW.c.id, VIEW.c.account, VIEW.c.owner, VIEW.c.name, VIEW.c.page, VIEW.c.asked, VIEW.c.shared)
                     .where(or_(VIEW.c.account == account, VIEW.c.shared.is_(True))))
    return sorted((View(*row) for row in rows), key=lambda view: (view.account != account, view.name.casefold(), view.id))


def keep(node: Node, account: str, owner: str, name: str, page: str, asked: str, *, shared: bool) -> None:
    """Keep a view; one of the same account and name is replaced."""
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise Problem("planning.refused", reason="A view needs a name.")
    if len(asked) > LONGEST:
        raise Problem("planning.refused", reason="That asks too much to be kept.")
    id = derived_id("view", account, name)
    with node.database.writing() as c:
        there = c.execute(select(func.count()).select_from(VIEW).where(VIEW.c.account == account, VIEW.c.id != id)).scalar_one()
        if there >= MOST:
            raise Problem("planning.refused", reason="%(most)s views are kept already: delete one first.", most=MOST)
        upsert(c, VIEW, [{"id": id, "account": account, "owner": owner, "name": name, "page": page, "asked": asked, "shared": shared,
                          "at": iso(node.now())}])


def drop(node: Node, account: str, view: str, *, anybodys: bool) -> bool:
    """Delete a view of this account, or a shared one of anybody; whether there was one."""
    may = or_(VIEW.c.account == account, VIEW.c.shared.is_(True)) if anybodys else VIEW.c.account == account
    with node.database.writing() as c:
        return c.execute(delete(VIEW).where(VIEW.c.id == view, may).returning(VIEW.c.id)).first() is not None
