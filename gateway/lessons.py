"""The lessons that stand in the journal, and the model of this process that learned them.

A lesson is a person's reading of a report (`journal.facts.readings`) that was not withdrawn, that nobody took out of the memory, and
whose report everybody who works here may read: restricted reports teach nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal, not_, or_, select

from gateway.classification.learning import Learnt, Lesson, Placeless, Taught, taught
from gateway.classification.meaning import PLACE_WORD, Meaning
from gateway.journal.tables import Forgotten, Message, Reading, Report, table
from parsers import Gazetteer
from parsers.names import place_word

READING, REPORT, MESSAGE, FORGOTTEN = table(Reading), table(Report), table(Message), table(Forgotten)
# The newest so many teach: 5,000 lessons take two seconds to learn anew and about 40 MB. Older ones go a few hundred at a time.
MOST, AT_A_TIME = 5_000, 500

_other = REPORT.alias()
_hidden = select(_other.c.id).where(_other.c.message == READING.c.message, _other.c.restricted.is_not(False)).exists()
# of restricted reports, of texts that also made one, and of what the resident changed since, nothing is learned
TEACHES = and_(READING.c.withdrawn.is_(False), READING.c.category.is_not(None), REPORT.c.category == READING.c.category,
               REPORT.c.restricted.is_(False), not_(_hidden))
IS_FORGOTTEN = select(FORGOTTEN.c.id).where(
    or_(FORGOTTEN.c.id == READING.c.id, FORGOTTEN.c.id == literal("by:") + READING.c.by),
    FORGOTTEN.c.forgotten.is_(True), FORGOTTEN.c.position > READING.c.position).exists()
_LAST = select(select(func.max(READING.c.position)).scalar_subquery(), select(func.max(FORGOTTEN.c.position)).scalar_subquery())

Known = tuple[str, str]  # a lesson as it is told apart: its report, and the position of its reading


def standing(c: Connection) -> list[Known]:
    """Which lessons stand, in the order of the journal."""
    known = [(row[0], row[1]) for row in c.execute(_of(READING.c.id, READING.c.position).order_by(READING.c.position))]
    return known[-(-max(0, len(known) - MOST) // AT_A_TIME) * AT_A_TIME:]


def read(c: Connection, known: Sequence[Known]) -> list[Lesson]:
    """These lessons with their texts, in their order."""
    found: dict[str, Lesson] = {}
    for at in range(0, len(known), 500):
        wanted = [report for report, _ in known[at:at + 500]]
        for row in c.execute(select(READING.c.id, MESSAGE.c.text, READING.c.category, READING.c.by, READING.c.position)
                             .join(MESSAGE, MESSAGE.c.id == READING.c.message).where(READING.c.id.in_(wanted))):
            found[row[0]] = Lesson(*row)
    return [found[report] for report, _ in known if report in found]


def digest(known: Sequence[Known]) -> str:
    """A name for a set of lessons, equal on every node that holds the same ones."""
    return hashlib.sha256("\n".join(f"{report} {position}" for report, position in known).encode()).hexdigest()[:8] if known else ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What stands, and whether it only adds to what was learned: then `lessons` are the new ones, else all of them."""

    last: tuple[Any, ...]
    known: list[Known]
    adds: bool
    lessons: list[Lesson]


def without_places(places: Gazetteer) -> Placeless:
    """Words with the mark of a place where a name of the city stands: a lesson says what it is, and not that it is there.

    `derrumbe en bajo llojeta` -> derrumbe, en, (place). What is a word of every day as well, and what officers pinned, is no name here.
    """
    def placeless(words: Sequence[str]) -> list[str]:
        compared, found, at = [place_word(word) for word in words], list[str](), 0
        while at < len(words):
            size = next((size for size in range(places.longest_from(compared[at]), 0, -1)
                         if _is_name(places, " ".join(compared[at:at + size]))), 0)
            found.append(PLACE_WORD if size else words[at])
            at += size or 1
        return found
    return placeless


def _is_name(places: Gazetteer, joined: str) -> bool:
    return bool(places.named(joined)) and not places.is_weak(joined) and not places.is_learned(joined)


class School:
    """The model and the lessons it has learned so far; where `places` are given, lessons carry none of their names."""

    def __init__(self, base: Meaning, places: Gazetteer | None = None) -> None:
        self.model: Taught
        self._known: list[Known]
        self._last: tuple[Any, ...] | None
        self.move(base, places)

    def hold(self, places: Gazetteer) -> None:
        """The same places in a newer list, so that the older one need not be kept."""
        self._placeless = self.model.placeless = without_places(places)

    def move(self, base: Meaning, places: Gazetteer | None) -> None:
        """Begin anew among other places: all that stands is learned again when it is next heard of."""
        self._placeless = without_places(places) if places is not None else list
        self.model = Taught(base, self._placeless)
        self._known, self._last = [], None

    @property
    def name(self) -> str:
        """Which model answers, lessons included: `meaning-56b36b26+1f0c9a2b`."""
        return "+".join(part for part in (self.model.version, digest(self._known)) if part)

    @property
    def learnt(self) -> dict[str, Learnt]:
        return self.model.learnt

    def guess(self, text: str, most: int = 8) -> list[tuple[str, float]]:
        return self.model.guess(text, most)

    def hear(self, c: Connection) -> None:
        """Take up what was taught since, if that only adds lessons: cheap enough to ask with every group of texts.

        What takes lessons back, or comes late from another node, needs a fresh start: that is left to whoever renews the node.
        """
        last = tuple(c.execute(_LAST).one())
        if last != self._last:
            looked = self.look(c)
            if looked.adds:
                self.take_up(looked)
            self._last = last

    def look(self, c: Connection) -> Looked:
        """What stands now, with the texts that are still to be learned; quick, for a reader holds up a writer's commit."""
        last, known = tuple(c.execute(_LAST).one()), standing(c)
        adds = known[:len(self._known)] == self._known
        return Looked(last, known, adds, read(c, known[len(self._known):] if adds else known))

    def take_up(self, looked: Looked) -> bool:
        """Learn it: what was added, or all of it anew beside the old model, which answers meanwhile. Whether anything changed."""
        changed = looked.known != self._known
        if looked.adds:
            for lesson in looked.lessons:
                self.model.teach(lesson)
        else:
            self.model = taught(self.model.base, looked.lessons, self._placeless)
        self._known, self._last = looked.known, looked.last
        return changed


def _of(*columns: Any) -> Select[Any]:
    return select(*columns).select_from(READING).join(REPORT, REPORT.c.id == READING.c.id).where(TEACHES, not_(IS_FORGOTTEN))
