"""A month of a city's SMS, drawn from a seed: who texts what and when, and everything that somebody would like to say to them.

Nothing of it is measured in the field: each share is an assumption, printed above the table that it leads to.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.labels import label, taxonomy
from gateway.node import Node
from gateway.words.fills import Value
from gateway.words.replies import ANSWERED_IN, KINDS, LANGUAGES

FIRST, DAYS = (2026, 11, 1), 30
TEXTS_OF_ONE: Final[Mapping[int, float]] = {1: .70, 2: .18, 3: .08, 5: .03, 10: .01}
OWN_LANGUAGE = .8  # of the people; the others are spread over the rest of the city's languages
AT_NIGHT = .06
# What is written, how often, and what it is answered with.
TEXTS: Final[Mapping[str, tuple[float, Mapping[str, float]]]] = {
    "reports": (.55, {"ack": .50, "ack_dup": .20, "ask_place": .12, "unknown": .07, "ask_category": .04, "ack_no_place": .04,
                      "ack_neutral": .03}),
    "answers to our questions": (.11, {"ack": .8, "added": .2}),
    "corrections": (.06, {"corrected": .5, "added": .5}),
    "status questions": (.12, {"status_received": .25, "status_gathered": .25, "status_verified": .15, "status_work": .15,
                               "status_done": .10, "status_unfunded": .10}),
    "me too": (.04, {"support_ok": 1.0}),
    "chatter": (.08, {"thanks": .5, "greeting": .3, "unknown": .2}),
    "calls for help and stops": (.04, {"help": .6, "protection": .16, "emergency": .12, "stop_ok": .12}),
}
REPORTS_A_NEED = 7
DECIDED: Final[Sequence[tuple[str, str, float]]] = (  # the stage, the text that tells it, and of how many needs of the step before
    ("verified", "news_verified", .6), ("linked", "news_work", .5), ("done", "news_done", .4))
TAKEN_BACK = .05  # of the decisions, within a quarter of an hour, and taken again
ASKED_AFTER = timedelta(days=7)
BROADCASTS, AUDIENCE = 4, .1  # the second is sent twice by mistake
BOTS, BOT_ROUNDS = 5, 24 * 60  # a loop is noticed after a day; a round takes a minute
SPAM, SPAM_KNOWN = .03, .75  # a text for so many reporters; so many are known for what they are, and not answered
PUMPED, PUMPED_ABROAD = .2, .8  # in one week-end: from numbers that earn by being answered
DUTY_PHONES = 2
NEWS, ASKED, BROADCAST = "news of decisions", "is it fixed?", "broadcasts"


@dataclass(frozen=True, slots=True)
class Wish:
    """One SMS that somebody would like to send: `source` is its row in the table, the others are as in the outbox.

    `chain`: the texts of one machine, of which each is written only because the one before was answered.
    """

    at: datetime
    phone: str
    source: str
    kind: str
    language: str
    fills: tuple[tuple[str, Value], ...]
    need: str = ""
    stage: str = ""
    chain: int = 0
    known_spam: bool = False
    taken_back: bool = False


@dataclass(frozen=True, slots=True)
class _Person:
    phone: str
    language: str
    place: str


class Month:
    """Draw a month: `wishes` in their order, and how many texts came in of each sort."""

    def __init__(self, node: Node, reporters: int, seed: int) -> None:
        self._node, self._city, self._rng = node, node.city, random.Random(seed)
        self._begins = datetime(*FIRST, tzinfo=ZoneInfo(node.city.timezone))
        self._zones = [row["code"] for row in node.city.places if row["kind"] not in ("city", "macro", "district")]
        self._crowds = [1 / (n + 1) ** .7 for n in range(len(self._zones))]
        self._share = {zone: crowd / sum(self._crowds) for zone, crowd in zip(self._zones, self._crowds, strict=True)}
        self._codes = [sub["code"] for head in taxonomy() for sub in head["sub"]]
        self.texts: dict[str, int] = defaultdict(int)
        self._stopped: dict[str, datetime] = {}
        self._reports: dict[str, list[tuple[datetime, _Person]]] = defaultdict(list)
        people = list(self._people(reporters))
        drawn = [*self._conversations(people), *self._decisions(), *self._broadcasts(people), *self._machines(reporters)]
        self.wishes = sorted((w for w in drawn if w.at <= self._stopped.get(w.phone, w.at)), key=lambda w: w.at)

    def _people(self, count: int) -> Iterator[_Person]:
        others = self._city.languages[1:] or self._city.languages
        for n in range(count):
            language = self._city.language if self._rng.random() < OWN_LANGUAGE else self._rng.choice(others)
            (place,) = self._rng.choices(self._zones, self._crowds)
            yield _Person(f"{self._city.prefix}7{n:07d}", language, place)

    def _conversations(self, people: Sequence[_Person]) -> Iterator[Wish]:
        sorts, shares = list(TEXTS), [share for share, _ in TEXTS.values()]
        needs = max(1, int(len(people) * sum(n * share for n, share in TEXTS_OF_ONE.items()) * shares[0] / REPORTS_A_NEED))
        kinds = {sort: (list(mix), list(mix.values())) for sort, (_, mix) in TEXTS.items()}
        for person in people:
            for _ in range(self._rng.choices(list(TEXTS_OF_ONE), list(TEXTS_OF_ONE.values()))[0]):
                (sort,) = self._rng.choices(sorts, shares)
                (kind,) = self._rng.choices(*kinds[sort])
                at = self._some_time()
                self.texts[sort] += 1
                if kind == "stop_ok":
                    self._stopped[person.phone] = min(at, self._stopped.get(person.phone, at))
                yield self._wish(at, person, sort, kind)
                if sort == "reports" and kind != "unknown":
                    # a person's needs are of their own place, and few there are everybody's
                    number = int(max(1, needs * self._share[person.place]) * self._rng.random() ** 2)
                    self._reports[f"{person.place} {number}"].append((at, person))
                if kind == "emergency":
                    for n in range(DUTY_PHONES):
                        duty = _Person(f"{self._city.prefix}6{n:07d}", self._city.language, person.place)
                        yield self._wish(at, duty, "alerts to who is on duty", "alert_emergency")

    def _decisions(self) -> Iterator[Wish]:
        """Each place is visited once a week, on a working day: what is decided about it is decided that afternoon."""
        weekday = {zone: n % 5 for n, zone in enumerate(self._zones)}
        for need in sorted(self._reports):
            reports = sorted(self._reports[need], key=lambda r: r[0])
            at, place = reports[0][0], need.partition(" ")[0]
            for stage, kind, share in DECIDED:
                at = self._visit(at + timedelta(days=1), weekday[place])
                if self._rng.random() >= share or at >= self._ends:
                    break
                back = self._rng.random() < TAKEN_BACK
                for moment in ([at, at + timedelta(minutes=15)] if back else [at]):
                    for said, person in reports:
                        if said < at:
                            yield self._wish(moment, person, NEWS, kind, need, stage, taken_back=back and moment == at)
            else:
                for said, person in reports:
                    if said < at and (later := at + ASKED_AFTER) < self._ends:
                        yield self._wish(later, person, ASKED, "ask_fixed", need, "asked")

    def _broadcasts(self, people: Sequence[_Person]) -> Iterator[Wish]:
        for n in range(BROADCASTS):
            at = self._begins + timedelta(days=4 + 7 * n, hours=10)
            fills = tuple(sorted(self._fills("announce", self._city.language, self._rng.choice(self._zones)).items()))
            for person in self._rng.sample(people, int(len(people) * AUDIENCE)):
                for late in ((0, 20) if n == 1 else (0,)):
                    yield Wish(_utc(at + timedelta(minutes=late)), person.phone, BROADCAST, "announce", person.language, fills)

    def _machines(self, reporters: int) -> Iterator[Wish]:
        for bot in range(1, BOTS + 1):
            machine, begun = self._stranger(f"{self._city.prefix}5{bot:07d}"), self._some_time()
            for minute in range(BOT_ROUNDS):
                yield self._wish(begun + timedelta(minutes=minute), machine, "a machine that answers us", "unknown", chain=bot)
        for n in range(int(reporters * SPAM)):
            known = self._rng.random() < SPAM_KNOWN
            self.texts["spam"] += 1
            yield self._wish(self._some_time(), self._stranger(f"{self._city.prefix}4{n:07d}"), "spam", "unknown", known_spam=known)
        for n in range(int(reporters * PUMPED)):
            number = f"+8821{n:07d}" if self._rng.random() < PUMPED_ABROAD else f"{self.barred(self._city.prefix)}{n:06d}"
            self.texts["numbers that earn"] += 1
            yield self._wish(_utc(self._begins + timedelta(days=13, hours=48 * self._rng.random())), self._stranger(number),
                             "numbers that earn", "help")

    @staticmethod
    def barred(prefix: str) -> str:
        """How the premium numbers of a country begin, here."""
        return f"{prefix}90"

    @property
    def _ends(self) -> datetime:
        return _utc(self._begins + timedelta(days=DAYS))

    def _stranger(self, number: str) -> _Person:
        return _Person(number, self._city.language, self._zones[0])

    def _some_time(self) -> datetime:
        hour = self._rng.uniform(0, 7) if self._rng.random() < AT_NIGHT else self._rng.triangular(7, 23, 12)
        return _utc(self._begins + timedelta(days=self._rng.randrange(DAYS), hours=hour))

    def _visit(self, after: datetime, weekday: int) -> datetime:
        here = after.astimezone(self._begins.tzinfo)
        day = here + timedelta(days=(weekday - here.weekday()) % 7)
        return _utc(day.replace(hour=14, minute=0, second=0, microsecond=0) + timedelta(minutes=self._rng.randrange(180)))

    def _wish(self, at: datetime, person: _Person, source: str, kind: str, need: str = "", stage: str = "", **more: Any) -> Wish:
        fills = tuple(sorted(self._fills(kind, person.language, person.place).items()))
        return Wish(at, person.phone, source, kind, person.language, fills, need, stage, **more)

    def _fills(self, kind: str, language: str, place: str) -> dict[str, Value]:
        """Real names of this city. The reference is always the same: all have as many digits, and so cost as much."""
        rng, spoken = self._rng, ANSWERED_IN.get(language, language)
        spoken = spoken if spoken in LANGUAGES else LANGUAGES[0]
        name = self._city.place_name
        works = self._city.works
        made: dict[str, Value] = {}
        for fill in KINDS[kind].fills:
            if fill == "cat":
                made[fill] = label(rng.choice(self._codes), spoken)
            elif fill == "place":
                made[fill] = name(place, spoken)
            elif fill == "work":
                made[fill] = rng.choice(works)["name"] if works else ""
            elif fill == "options":
                made[fill] = tuple(name(code, spoken) for code in rng.sample(self._zones, 3))
            elif fill not in ("zone", "num", "line"):
                made[fill] = _PLAIN.get(fill, "48215")
        return made


_PLAIN: Final[Mapping[str, str]] = {
    "n": "14", "year": "2027", "date": "03/2027", "time": "18:30", "who": "Alcaldía", "venue": "Sede vecinal",
    "topic": "Reunión de vecinos"}


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
