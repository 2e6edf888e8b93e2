"""A machine with a journal, opened: its configuration, database, vault, city, words and clock in one value."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import logging
import os
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gateway import cities, clock
from gateway.cities import atlas
from gateway.config import Config
from gateway.errors import Problem
from gateway.journal import ledger, rebuilding, tasks
from gateway.journal.canonical import iso
from gateway.journal.database import Database, fault_in_words, is_away
from gateway.journal.entries import Origin
from gateway.phone import Vault, open_vault

if TYPE_CHECKING:
    from gateway.lessons import School
    from gateway.words.echoes import Catalogue
    from gateway.words.replies import Replies
    from parsers import Gazetteer, Meaning, Vocabulary

_log = logging.getLogger("barrio.node")
# When the collector looks at what is new, at what is less new, and at everything: pages keep what they found, and a look at all of it
# takes a tenth of a second, once in fifteen long pages by Python's own bounds, once in hundreds by these.
RARELY = (10_000, 10, 50)


@dataclass(frozen=True)
class Node:
    config: Config
    database: Database
    vault: Vault
    origin: Origin
    pack: cities.CityPack
    now: clock.Clock = field(default=clock.now)
    owed: set[tuple[str, str, str]] = field(default_factory=set, repr=False, compare=False)  # tries to give back: kind, subject, lease
    _renewing: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @contextlib.contextmanager
    def trying(self, kind: str, claimed: Collection[str], at: datetime) -> Iterator[None]:
        """Work that was claimed at that time: where it breaks off as a whole, nothing was tried, and the tries are to be given back."""
        try:
            yield
        except Exception:
            self.owed.update((kind, subject, iso(at + tasks.LEASE)) for subject in claimed)
            raise

    @cached_property
    def standing(self) -> atlas.Standing:
        with self.database.reading() as c:
            return atlas.read(c, self.pack)

    @property
    def city(self) -> cities.CityPack:
        """The city pack with all that was imported."""
        return self.standing.city

    @property
    def today(self) -> date:
        """The day it is in the city."""
        return self.now().astimezone(ZoneInfo(self.city.timezone)).date()

    @cached_property
    def words(self) -> Vocabulary:
        from parsers import load_vocabulary
        return load_vocabulary()

    @cached_property
    def school(self) -> School:
        """The model of this node and what people taught it."""
        from gateway.classification.meaning import of_node  # numpy and the model: a quarter of a second
        from gateway.lessons import School
        return School(of_node(self.config.data), self.places)

    @property
    def meaning(self) -> Meaning:
        """What is asked where the keywords are unsure."""
        return self.school.guess

    @cached_property
    def places(self) -> Gazetteer:
        from parsers import Gazetteer
        return Gazetteer.of(self.city.places, self.standing.aliases)

    @cached_property
    def replies(self) -> Replies:
        from gateway.words.replies import Replies
        numbers = self.city.numbers
        return Replies.load(self.city.replies, {"zone": self.city.example_place, "num": numbers["emergency"],
                                                "line": numbers["protection"]})

    @cached_property
    def own_words(self) -> Catalogue:
        """What this node says to everybody in the same words."""
        from gateway.words.echoes import Catalogue
        return Catalogue(self.replies)

    def renew(self) -> bool:
        """Take up places that were imported and names that were learned meanwhile; whether there were any."""
        with self._renewing:  # one at a time: who read earlier must not have the last word
            with self.database.reading() as c:
                newer = self._newer(c)
            changed = newer is not None and self._take_up(newer)  # first: lessons are learned without the names of places
            if "school" in self.__dict__:  # who never asks the model need not wait for it
                with self.database.reading() as c:
                    looked = self.school.look(c)
                self.school.take_up(looked)
            return changed

    def hear_of_pins(self, c: Connection) -> None:
        """Take up, before texts are read, what another process pinned or taught: the watch would come to it seconds later."""
        self.hear_of_lessons(c)
        if atlas.stamp(c) != self.standing.stamp:
            with self._renewing:
                if (newer := self._newer(c)) is not None:
                    self._take_up(newer)

    def hear_of_lessons(self, c: Connection) -> None:
        if self._renewing.acquire(blocking=False):  # else somebody takes up just that, or more: nobody's text waits for it
            try:
                self.school.hear(c)
            finally:
                self._renewing.release()

    def _newer(self, c: Connection) -> atlas.Standing | None:
        return atlas.read(c, self.pack) if atlas.mark(c) != self.standing.mark else None

    def _take_up(self, standing: atlas.Standing) -> bool:
        from parsers import Gazetteer
        places = Gazetteer.of(standing.city.places, standing.aliases)  # built beside the old one: texts go on meanwhile
        moved = standing.city.places != self.standing.city.places
        self.__dict__.update(standing=standing, places=places)
        if "school" in self.__dict__:
            if moved:
                self.school.move(self.school.model.base, places)
            else:  # a landmark was pinned
                self.school.hold(places)
        return True

    def warm_up(self) -> None:
        """Build words, places, replies and model before the first text waits for them, and keep the collector's hands off them."""
        _ = self.words, self.places, self.replies, self.own_words, self.meaning
        if self.database.doubt is None:
            self.renew()
        gc.collect()
        gc.freeze()  # they live as long as the process: walking them again and again costs the slowest answers
        gc.set_threshold(*RARELY)
        with contextlib.suppress(AttributeError, OSError):  # what building them left over goes back to the machine, where glibc can
            ctypes.CDLL(None).malloc_trim(0)

    def prove(self) -> None:
        """Open a database that was away at the start as at every start, take over what it says, and let it be used."""
        try:
            proven = open_node(self.config, now=self.now, busy_seconds=self.database.busy_seconds)
        except Problem as fault:
            self.database.doubt = fault.what
            raise
        proven.warm_up()
        proven.database.engine.dispose()
        self.__dict__.update(origin=proven.origin, standing=proven.standing, words=proven.words, places=proven.places,
                             replies=proven.replies, own_words=proven.own_words, school=proven.school)
        self.database.doubt = None


def approach(config: Config) -> Node:
    """Open an instance though its database may be away: what comes goes to the spool until `prove` finds that all is well."""
    try:
        return open_node(config)
    except Problem as fault:
        if fault.permanent:
            raise
        _log.error("%s", fault)
        database = Database(config.database_url)
        database.doubt = fault.what
    node = Node(config, database, open_vault(config), Origin(0, "", 0), cities.load(config.node.city))
    node.__dict__["standing"] = atlas.Standing("", node.pack, {})  # pages may say in the city's languages that it is away
    return node


def open_node(config: Config, *, now: clock.Clock = clock.now, busy_seconds: float = 5.0) -> Node:
    """Open an instance, with every check that must hold before the first text is taken."""
    vault = open_vault(config)
    database = Database(config.database_url, busy_seconds=busy_seconds)
    try:
        origin = ledger.origin(database, fingerprint=vault.fingerprint)
        database.check_durability()
        atlas.complete(database)
        if rebuilding.catch_up(database):
            _log.info("this Barrio reads more kinds of entries than the one before: the journal was folded anew")
        node = Node(config, database, vault, origin, cities.load(config.node.city), now)
        _ = node.standing
    except Exception as fault:
        database.engine.dispose()
        if is_away(fault):
            raise Problem("database.away", permanent=False, reason=fault_in_words(fault)) from None
        raise
    return node


def check_writable(node: Node) -> None:
    """Refuse to run where nothing can be written: every text would go to the spool, or nowhere, without a word at the start."""
    for path in (node.config.data, *([node.database.path] if node.config.is_sqlite else [])):
        if not os.access(path, os.W_OK):
            reason = errno.EROFS if os.statvfs(path).f_flag & os.ST_RDONLY else errno.EACCES
            raise Problem("data.not_writable", path=path, reason=os.strerror(reason))
