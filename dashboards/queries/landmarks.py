"""Landmark phrases: those that residents wrote and no place resolved, and those that a person pinned."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, or_, select

from dashboards.queries.seen import ENTRY, MESSAGE, PAGE, REPORT, STANDS, WRITER
from gateway.decisions.pinning import UNDECIDED
from gateway.journal.facts.readings import READ
from gateway.journal.tables import REPORT_WAITS, Alias, table

ALIAS = table(Alias)
EXAMPLES = 3
MOST_READ = 20_000  # reports looked through for a page; the oldest, who waited longest


@dataclass(frozen=True, slots=True)
class Waiting:
    """A phrase as most wrote it, how many phones wrote it since when, and a few of their texts, each with its id."""

    alias: str
    phrase: str
    people: int
    reports: int
    since: str
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Pin:
    """What stands of a phrase; `entry` is the decision that a page shows, to be answered by the next."""

    alias: str
    phrase: str
    place: str
    by: str
    at: str
    entry: str
    contested: bool


@dataclass(frozen=True, slots=True)
class PinLine:
    """One decision about a phrase: who said what, when; an empty place took it back."""

    place: str
    by: str
    at: str


def waiting(c: Connection, named: Callable[[str], str], alias_of: Callable[[str], str]) -> list[Waiting]:
    """Every phrase that waits for a place, most phones first; `named` gives a phrase without the words that only lead to it."""
    rows = c.execute(
        select(REPORT.c.place_text, REPORT.c.sender, MESSAGE.c.received_at, MESSAGE.c.text, REPORT.c.errors, MESSAGE.c.id)
        .join(MESSAGE, MESSAGE.c.id == REPORT.c.message)
        .where(REPORT_WAITS, STANDS, REPORT.c.need.is_(None), REPORT.c.place_code.is_(None), REPORT.c.place_text.is_not(None),
               or_(MESSAGE.c.settled.is_(None), MESSAGE.c.settled == READ))
        .order_by(MESSAGE.c.received_at, REPORT.c.id).limit(MOST_READ)).all()
    groups: dict[str, list[Any]] = {}
    phrases: dict[str, tuple[str, str]] = {}  # many write the same words
    for row in rows:
        if row.place_text not in phrases:
            phrase = named(row.place_text)
            phrases[row.place_text] = phrase, alias_of(phrase)
        phrase, alias = phrases[row.place_text]
        if phrase and UNDECIDED.isdisjoint(json.loads(row.errors)):
            groups.setdefault(alias, []).append((phrase, row))
    found = [_gathered(alias, members) for alias, members in groups.items()]
    return sorted(found, key=lambda w: (-w.people, w.since, w.alias))


def _gathered(alias: str, members: list[Any]) -> Waiting:
    written = [phrase for phrase, _ in members]
    texts = {row.text: row.id for _, row in members}
    latest = [(texts[text], text) for text in dict.fromkeys(row.text for _, row in reversed(members))][:EXAMPLES]
    return Waiting(alias, max(dict.fromkeys(written), key=written.count), len({row.sender for _, row in members}), len(members),
                   members[0][1].received_at, tuple(latest))


def pins(c: Connection, page: int = 1) -> tuple[list[Pin], bool]:
    """The pins that stand, the newest first, and those that were taken back by somebody who had not seen the last one."""
    rows = c.execute(_pins().where(or_(ALIAS.c.place != "", ALIAS.c.contested.is_(True))).order_by(ALIAS.c.position.desc())
                     .limit(PAGE + 1).offset((page - 1) * PAGE)).all()
    return [Pin(*row) for row in rows[:PAGE]], len(rows) > PAGE


def pin_of(c: Connection, alias: str) -> Pin | None:
    """The last word on a phrase, a pin that was taken back too."""
    row = c.execute(_pins().where(ALIAS.c.id == alias)).first()
    return Pin(*row) if row else None


def decisions(c: Connection, aliases: Iterable[str]) -> dict[str, list[PinLine]]:
    """All that was decided about these phrases, in the order of the journal."""
    found: dict[str, list[PinLine]] = {}
    for alias, body in c.execute(
            select(ENTRY.c.subject, ENTRY.c.body).join(WRITER, WRITER.c.id == ENTRY.c.source)
            .where(ENTRY.c.subject.in_(list(aliases)), ENTRY.c.kind == "alias_learned", ENTRY.c.body.is_not(None))
            .order_by(ENTRY.c.lamport, WRITER.c.writer, WRITER.c.epoch, ENTRY.c.seq)):
        read = json.loads(body)
        found.setdefault(alias, []).append(PinLine(read["data"]["place"], read["by"], read["at"]))
    return found


def _pins() -> Any:
    return select(ALIAS.c.id, ALIAS.c.phrase, ALIAS.c.place, ALIAS.c.by, ALIAS.c.at, ALIAS.c.position, ALIAS.c.contested)
