"""Who hears a broadcast: the people of a place, those whose need a programme answers, those who reported one kind of need.

    place      who reported something in it, or declared it their home
    programme  who speaks for a need that is linked to one of its works
    category   who reported that, or something within it

Only phones whose number this node keeps, who may be written to. A report that few may read makes nobody part of an audience, nor does
one that is not classified yet; a kind of need that only the focal point reads is no audience at all. And none is smaller than the
number of people below which nothing is told of a group, for a text to a group of three is a text to a person.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, or_, select, union

from gateway.cities import CityPack
from gateway.errors import Problem
from gateway.governing import governor
from gateway.journal import tasks
from gateway.journal.tables import Contact, Head, Link, Programme, Report, Sender, Support, Task, Work, table
from gateway.labels import taxonomy
from gateway.node import Node
from gateway.words.replies import ANSWERED_IN, language_for

REPORT, SENDER, SUPPORT, CONTACT = table(Report), table(Sender), table(Support), table(Contact)
LINK, WORK, HEAD, PROGRAMME, TASK = table(Link), table(Work), table(Head), table(Programme), table(Task)
PLACE, OF_PROGRAMME, CATEGORY = "place", "programme", "category"
KINDS: Final = (PLACE, OF_PROGRAMME, CATEGORY)
LEAVING: Final = select(TASK.c.subject).where(TASK.c.kind == tasks.ERASE)  # who asked to be erased was promised the last text already
OPEN: Final = (REPORT.c.restricted.is_(False), REPORT.c.intent != "protection", REPORT.c.status != "cancelled")


@dataclass(frozen=True, slots=True)
class Audience:
    """`Audience("category", "WAT", "S1700")`: who reported something about water in San Antonio's district 17."""

    kind: str
    code: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A phone that hears it, by which channel, the language that it is answered in, and the one that it speaks."""

    sender: str
    channel: str
    language: str
    speaks: str


@dataclass(frozen=True, slots=True)
class Found:
    """`unserved` phones are of no country that the city writes to, or their number cannot be read."""

    people: tuple[Person, ...]
    unserved: int


def find(c: Connection, node: Node, wanted: Audience | None, among: Collection[str] | None = None) -> Found:
    """Everybody of an audience as it is now, in a fixed order; of some alone where they are given. None: whoever may be written to."""
    rows = select(SENDER.c.id, SENDER.c.language, SENDER.c.chosen, CONTACT.c.channel, CONTACT.c.number).join(
        CONTACT, CONTACT.c.sender == SENDER.c.id).where(SENDER.c.opted_out.is_(False), SENDER.c.id.not_in(LEAVING))
    if wanted is not None:
        said = _said(node, wanted, among).subquery("said")
        rows = rows.where(SENDER.c.id.in_(select(said.c.sender)))
    if among is not None:
        rows = rows.where(SENDER.c.id.in_(sorted(among)))
    people: list[Person] = []
    unserved = 0
    for sender, language, chosen, channel, number in c.execute(rows.order_by(SENDER.c.id)):
        try:
            served = governor.is_served(node, node.vault.open(number).decode("utf-8", "replace"))
        except Problem:  # a damaged row costs one phone the text, not everybody
            served = False
        if served:
            spoken = language_for(language, node.city.language, chosen)
            people.append(Person(sender, channel, ANSWERED_IN.get(spoken, spoken), spoken))
        else:
            unserved += 1
    return Found(tuple(people), unserved)


def check(c: Connection, node: Node, wanted: Audience) -> None:
    """Raises where there is no such audience, or may be none."""
    if wanted.kind not in KINDS:
        raise Problem("planning.refused", reason="Choose who hears it.")
    if wanted.kind == PLACE and wanted.code not in node.city.place or wanted.place and wanted.place not in node.city.place:
        raise Problem("planning.unknown", thing="place", id=(wanted.place or wanted.code)[:40])
    if wanted.kind == OF_PROGRAMME and not c.execute(select(PROGRAMME.c.id).where(PROGRAMME.c.id == wanted.code)).first():
        raise Problem("planning.unknown", thing="programme", id=wanted.code[:40])
    if wanted.kind == CATEGORY and wanted.code not in _codes():
        raise Problem("planning.unknown", thing="category", id=wanted.code[:40])
    if wanted.kind == CATEGORY and not categories(node, wanted.code):
        raise Problem("planning.refused", reason="What only the focal point reads makes no audience.")


def must_be_many(people: Sequence[Person], k: int) -> None:
    """Raises for an audience that would point at persons."""
    if len(people) < k:
        raise Problem("planning.refused", reason="A broadcast goes to %(least)s people at least, and here are fewer: write to them from "
                                                 "the page of the need.", least=k)


def categories(node: Node, code: str) -> list[str]:
    """A category with all in it, but for what only the focal point reads: `WAT` -> WAT, WAT01, WAT02 ..."""
    return [one for one in _codes() if one.startswith(code) and one not in node.words.sensitive]


def under(city: CityPack, code: str) -> list[str]:
    """A place and everything in it, however deep."""
    children: dict[str, list[str]] = {}
    for row in city.places:
        children.setdefault(row["parent"], []).append(row["code"])
    found, waiting = [], [code]
    while waiting:
        found.append(here := waiting.pop())
        waiting += children.get(here, [])
    return sorted(set(found))


def _codes() -> list[str]:
    return [one["code"] for head in taxonomy() for one in (head, *head["sub"])]


def _said(node: Node, wanted: Audience, among: Collection[str] | None) -> Any:
    """SELECT of the senders that an audience means, whether or not they may be written to; it walks through no others than are asked."""
    def of(column: Any, *where: Any) -> Any:
        return select(column.label("sender")).where(*where, *([column.in_(sorted(among))] if among is not None else []))

    if wanted.kind == PLACE:
        places = under(node.city, wanted.code)
        return union(of(REPORT.c.sender, *OPEN, REPORT.c.place_code.in_(places)), of(SENDER.c.id, SENDER.c.home.in_(places)))
    where = [*OPEN, *([REPORT.c.place_code.in_(under(node.city, wanted.place))] if wanted.place else [])]
    if wanted.kind == CATEGORY:
        return of(REPORT.c.sender, *where, REPORT.c.category.in_(categories(node, wanted.code)))
    linked = select(LINK.c.need).join(WORK, WORK.c.id == LINK.c.work).where(LINK.c.linked.is_(True), WORK.c.programme == wanted.code)
    merged = select(HEAD.c.need).where(HEAD.c.head.in_(select(HEAD.c.head).where(HEAD.c.need.in_(linked))))
    where.append(or_(REPORT.c.need.in_(linked), REPORT.c.need.in_(merged)))
    return union(of(REPORT.c.sender, *where),
                 of(SUPPORT.c.sender, *where, REPORT.c.id == SUPPORT.c.report))
