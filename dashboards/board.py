"""The public board: what the counts become once k-anonymity has had its say, how long one answer is kept, and who counts the next."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from dashboards import labels
from dashboards.anonymity import Pair, show
from dashboards.placetree import PlaceTree
from dashboards.queries.board import AnsweringWork, Counts, Key, answering_works, counts
from gateway import ranking
from gateway.cities import CityPack
from gateway.errors import Problem
from gateway.journal.canonical import iso
from gateway.node import Node
from gateway.ranking.linked import answering

RECENT_DAYS = 30
# The counts of a small board are made for every reader. Those of a large one are kept for twenty times as long as they took,
# so that a crowd of readers costs at most 5 % of a core.
LIGHT_SECONDS, KEPT_FOR = 0.25, 20
# A keeper counts a large one again when somebody asked and it is stale, or when nobody asked for so long: no reader waits for it.
UNASKED_SECONDS, AFTER_A_FAULT, AT_MOST_LATE = 600.0, 10.0, 60.0


@dataclass(frozen=True, slots=True)
class Cell:
    """Reports and needs as the board may print them; `share` is the percentage of needs that a work answers."""

    reports: Pair
    needs: Pair
    share: int | None = None

    @property
    def is_shown(self) -> bool:
        return self.reports.ever.count is not None


@dataclass(frozen=True, slots=True)
class Line:
    """One category: the city as a whole, and each district of it."""

    category: str
    city: Cell
    districts: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Board:
    whole: Cell
    lines: tuple[Line, ...]
    works: tuple[AnsweringWork, ...]  # read for every reader
    districts: tuple[str, ...]
    made_at: str

    def of_district(self, district: str) -> list[tuple[str, Cell]]:
        return [(line.category, line.districts[district]) for line in self.lines]

    def few_in(self, district: str) -> list[str]:
        return [category for category, cell in self.of_district(district) if category and not cell.is_shown]


_NOBODY = Counts()


def fold(found: Mapping[Key, Counts], districts: tuple[str, ...], k: int, made_at: str) -> Board:
    """Counts -> what may be said: from the districts up, since a total may not tell what its parts keep quiet."""
    lines = []
    for category in [*labels.mains(), ""]:
        parts = {d: found.get((category, d), _NOBODY) for d in (*districts, "")}
        cells = {d: _cell(counted, k) for d, counted in parts.items()}
        whole = found.get((category,), _NOBODY)
        lines.append((whole, Line(category, _cell(whole, k, [(parts[d], cells[d]) for d in parts]), cells)))
    city = _cell(found.get((), _NOBODY), k, [(whole, line.city) for whole, line in lines])
    shown = [line for _, line in lines if line.category or line.city.is_shown]
    # by what is printed, never by the hidden count: the order would tell who is ahead below k
    shown.sort(key=lambda line: (not line.category, -(line.city.reports.ever.count or 0)))
    return Board(city, tuple(shown), (), districts, made_at)


def _cell(counted: Counts, k: int, parts: list[tuple[Counts, Cell]] | None = None) -> Cell:
    parts = parts or []
    reports = show(counted.reports, k, [(part.reports, cell.reports) for part, cell in parts])
    needs = show(counted.needs, k, [(part.needs, cell.needs) for part, cell in parts])
    # a link is a decision of the city, not a fact about a resident: its share is exact wherever the needs are shown
    share = round(100 * counted.linked / counted.needs.ever.count) if needs.ever.count is not None else None
    return Cell(reports, needs, share)


class Kept:
    """The board of a node, computed by one thread at a time."""

    def __init__(self, node: Node, tree: PlaceTree) -> None:
        self._node, self._tree = node, tree
        self._district_of = {row["code"]: d for row in node.city.places if (d := tree.district(row["code"]))}
        self.districts = {d: node.city.place_name(d) for d in tree.districts()}
        self.within = {d: node.city.place_name(tree.parent(d)) for d in self.districts}
        self._lock, self._asked = threading.Lock(), threading.Event()
        self._keeper: Keeper | None = None
        self._board: Board | None = None
        self._is_large, self._stale_at, self._old_at = False, 0.0, 0.0
        # what it costs: here as processor time, which others' work does not lengthen; a server's is seen from here as time alone
        self._clock = time.thread_time if node.database.is_sqlite else time.monotonic

    def board(self) -> Board:
        self._asked.set()
        if (board := self._good()) is None:
            with self._lock:
                board = self._good() or self._count()
        with self._node.database.reading() as c:  # never kept: what the city decided shows at once
            return replace(board, works=tuple(answering_works(c)))

    def keep(self) -> Keeper:
        """Count in a thread from now on, the first time at once."""
        self._keeper = Keeper(self)
        return self._keeper

    def read_run(self) -> None:
        """What planners ask first, and would wait for: the newest ranking, which this process has at hand from then on."""
        with self._node.database.reading() as c, suppress(Problem):  # one of another Barrio cannot be read
            ranking.find(c)

    def renewed(self) -> float | None:
        """Count anew; for how many seconds that is good from now on, or None for a small board, which is kept for nobody."""
        with self._lock:
            self._asked.clear()
            self._count()
            # a machine that stood still since may find it stale already: it is a large one all the same
            return max(0.0, self._stale_at - time.monotonic()) if self._is_large else None

    def asked_within(self, seconds: float) -> bool:
        return self._asked.wait(seconds)

    def _good(self) -> Board | None:
        """What may still be shown: a large board for a while longer when there is a keeper, who makes the next."""
        until = self._old_at if self._keeper is not None and self._keeper.is_at_work else self._stale_at
        return self._board if time.monotonic() < until else None

    def _count(self) -> Board:
        started, now = self._clock(), self._node.now()
        with self._node.database.reading() as c:
            found = counts(c, self._district_of, iso(now - timedelta(days=RECENT_DAYS)), answering(c, self._node.city, self._node.today))
        board = self._board = fold(found, tuple(self._tree.districts(every=True)), self._node.config.access.k_anonymity, iso(now))
        took = self._clock() - started
        self._is_large = took > LIGHT_SECONDS
        self._stale_at = time.monotonic() + (KEPT_FOR * took if self._is_large else 0.0)
        self._old_at = self._stale_at + (UNASKED_SECONDS + AT_MOST_LATE if self._is_large else 0.0)
        return board


class Keeper:
    """The thread that reads the newest run and then counts the board; whatever happens to the database, it tries again."""

    def __init__(self, kept: Kept) -> None:
        self._kept, self._over = kept, threading.Event()
        self._thread = threading.Thread(target=self._run, name="board", daemon=True)
        self._thread.start()

    @property
    def is_at_work(self) -> bool:
        return not self._over.is_set()

    def stop(self) -> None:
        self._over.set()

    def _run(self) -> None:
        has_read = False
        while self.is_at_work:
            try:
                if not has_read:
                    self._kept.read_run()
                    has_read = True
                fresh = self._kept.renewed()
            except Exception:  # a database that is away is said by whoever asks it
                self._over.wait(AFTER_A_FAULT)
                continue
            # a small one is counted for every reader: here only to see whether it grew
            self._over.wait(UNASKED_SECONDS if fresh is None else fresh)
            if fresh is not None and self.is_at_work:
                self._kept.asked_within(UNASKED_SECONDS)


def example(city: CityPack, language: str) -> str:
    """A text that a resident may copy: a need and a place, as people write it."""
    words = {"es": "No hay agua en {place} hace 3 dias", "en": "No water in {place} for 3 days",
             "fr": "Pas d'eau à {place} depuis 3 jours", "ar": "ماكاينش الما فـ {place} هادي 3 أيام"}
    return words[language if language in words else city.language].format(place=city.example_place)
