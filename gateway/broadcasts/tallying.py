"""What a poll came to: counted once, when it is over, by option and by what voters said of themselves; and how its voters read it.

How many chose what is told as on any assembly's board, once as many people voted as any number about people needs. By sex it is told
only where no voter can be found by it: `sexes` puts a sex that few declared with those who said none, and pages hide what is small.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from sqlalchemy import Connection, select

from gateway.broadcasts.broadcasting import day_of
from gateway.journal.canonical import moment
from gateway.journal.facts.broadcasts import LETTERS, counts_of
from gateway.journal.tables import Profile, Vote, table
from gateway.node import Node
from gateway.words.replies import POLL_FEW, POLL_RESULTS
from gateway.words.segments import measure

VOTE, PROFILE = table(Vote), table(Profile)
UNKNOWN = "U"
Row = dict[str, Any]


class Counts(TypedDict):
    counts: dict[str, int]
    apart: dict[str, int]


def count(c: Connection, poll: str, k: int) -> Counts:
    """The votes by option and sex (`A F`) of those who were asked; by option alone of the others."""
    rows = c.execute(select(VOTE.c.option, VOTE.c.asked, PROFILE.c.gender).outerjoin(PROFILE, PROFILE.c.id == VOTE.c.sender)
                     .where(VOTE.c.broadcast == poll)).all()
    said = Counter((option, gender or UNKNOWN) for option, asked, gender in rows if asked)
    few = {sex for sex in {sex for _, sex in said} if sum(n for (_, other), n in said.items() if other == sex) < k}
    counts: Counter[str] = Counter()
    for (option, sex), n in said.items():
        counts[f"{option} {UNKNOWN if sex in few else sex}"] += n
    apart = Counter(option for option, asked, _ in rows if not asked)
    return {"counts": dict(sorted(counts.items())), "apart": dict(sorted(apart.items()))}


def by_option(row: Row) -> dict[str, int]:
    """How many of those who were asked chose each option."""
    found: Counter[str] = Counter()
    for cell, n in counts_of(row)[0].items():
        found[cell.split()[0]] += n
    return dict(found)


def voters(row: Row) -> int:
    return sum(by_option(row).values())


def kind_of(row: Row, k: int) -> str:
    """Which reply tells it: the numbers, or that few took part."""
    return POLL_RESULTS if voters(row) >= k else POLL_FEW


def words_for(node: Node, row: Row, options: Mapping[str, Sequence[str]], language: str) -> tuple[str, int, str]:
    """What a voter of this language reads, its segments, and the language."""
    day = day_of(node, moment(row["closes_at"]))
    kind = kind_of(row, node.config.access.k_anonymity)
    if kind == POLL_FEW:
        text = node.replies.text_for(kind, language, date=day)
    else:
        named = options.get(language) or next(iter(options.values()))
        votes = by_option(row)
        order = sorted(zip(LETTERS, named, strict=False), key=lambda one: (-votes.get(one[0], 0), one[0]))
        text = node.replies.text_for(kind, language, date=day, n=voters(row), results=[
            f"{letter} {votes.get(letter, 0)} {option}" for letter, option in order])
    assert text is not None
    return text, measure(text).segments, language
