"""Rows of the tables that say what a city plans, as facts: the same for a city pack and for `barrio import`.

    components.csv  programme, component, primary, secondary, rules, unit, unit_cost    (lists are parted by |)
    catchments.csv  work, place_code, share, role
    budgets.csv     work, component, year, source, approved, committed, spent, as_of
    milestones.csv  work, milestone, due, done, evidence, announce
    facts.csv       place_code, fact, value, as_of, source
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gateway.cities import PLAN_COLUMNS
from gateway.journal.canonical import derived_id
from gateway.journal.events import Event
from gateway.journal.facts.plans import BudgetRecorded, CatchmentDrawn, ComponentRecorded, MilestoneSet, PlaceFactRecorded
from gateway.matching.eligibility import parsed

SHARES = ("women_share", "phone_access", "deprivation", "life_quality")  # facts that lie between 0 and 1
COUNTS = ("population", "invested", "lack_points", "population_points", "theme_points")  # and those that are 0 or more
YES = {"yes": "true", "true": "true", "si": "true", "sí": "true", "oui": "true", "1": "true"}
NO = {"no": "false", "false": "false", "non": "false", "0": "false"}
MOST = 2_147_483_647  # what a whole number holds in every database we run on
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_COMPONENT = re.compile(r"[A-Z0-9]{2,10}")
_LABEL = re.compile(r"[^+\x00-\x1f]{1,80}")
Cells = Mapping[str, str]


class Unfit(Exception):
    """What is wrong with a row and what to do."""

    def __init__(self, what: str, do: str = "") -> None:
        self.what, self.do = what, do
        super().__init__(what)


@dataclass(frozen=True)
class Around:
    """What a row may point to, and the day it is read: nothing is known of tomorrow."""

    programmes: Container[str]
    works: Container[str]
    places: Container[str]
    categories: Container[str]
    today: date


def component(cells: Cells, around: Around) -> ComponentRecorded:
    programme, code = cells["programme"], cells["component"].upper()
    _must_be(programme in around.programmes, f"there is no programme {programme[:30]!r}", "Import it first")
    _must_be(_COMPONENT.fullmatch(code), f"{code[:20]!r} is no component", "Write letters as in the taxonomy, for example MUR")
    primary, secondary, rules = (_parts(cells[name]) for name in ("primary", "secondary", "rules"))
    for category in (*primary, *secondary):
        _must_be(category in around.categories, f"{code}: {category[:20]!r} is no category", "Write codes of the taxonomy, parted by |")
    for rule in rules:
        _must_be(parsed(rule), f"{code}: {rule[:40]!r} is no rule", "Write a fact, or a fact and a bound: planimetry|occupancy>=0.8")
    return ComponentRecorded(programme=programme, component=code, primary=primary, secondary=secondary, rules=rules,
                             unit=cells["unit"][:30], unit_cost=_amount("unit_cost", cells["unit_cost"]) if cells["unit_cost"] else None)


def catchment(cells: Cells, around: Around) -> CatchmentDrawn:
    work, place, role = _work(cells, around), _place(cells, around), cells["role"].casefold() or "core"
    _must_be(role in ("core", "adjacent"), f"{role[:20]!r} is no role", "Write core or adjacent")
    return CatchmentDrawn(work=work, place=place, share=_share("share", cells["share"] or "1"), role=role)


def budget(cells: Cells, around: Around) -> BudgetRecorded:
    work, code, source = _work(cells, around), cells["component"].upper(), cells["source"] or "city"
    _must_be(_COMPONENT.fullmatch(code), f"{code[:20]!r} is no component", "Write letters as in the taxonomy, for example MUR")
    _must_be(re.fullmatch(r"(19|20)\d\d", cells["year"]), f"{cells['year'][:10]!r} is no year", "Write it as 2026")
    _must_be(_LABEL.fullmatch(source), f"{source[:20]!r} cannot name a source", "Write up to 80 characters without +")
    approved, committed, spent = (_amount(name, cells[name] or "0") for name in ("approved", "committed", "spent"))
    _must_be(spent <= committed <= approved, f"{spent} spent, {committed} committed and {approved} approved do not follow each other",
             "What is spent was committed, and what is committed was approved")
    # a source and a milestone are named as people speak: ids that travel are plain letters
    return BudgetRecorded(work=work, line=f"{code}.{cells['year']}.{derived_id('source', source)[:12]}", component=code,
                          year=int(cells["year"]), source=source, approved=approved, committed=committed, spent=spent,
                          as_of=_past("as_of", cells["as_of"], around))


def milestone(cells: Cells, around: Around) -> MilestoneSet:
    work, name, announce = _work(cells, around), cells["milestone"], cells["announce"].casefold()
    _must_be(_LABEL.fullmatch(name), f"{name[:20]!r} cannot name a milestone", "Write up to 80 characters without +")
    _must_be(announce in ("", *YES, *NO), f"announce is {announce[:20]!r}", "Write yes or no")
    return MilestoneSet(work=work, milestone=derived_id("milestone", work, name), name=name, due=_day("due", cells["due"]) or None,
                        evidence=cells["evidence"][:500], announce=announce in YES,
                        done=_past("done", cells["done"], around) if cells["done"] else None)


def place_fact(cells: Cells, around: Around) -> PlaceFactRecorded:
    place, fact, said = _place(cells, around), cells["fact"].casefold(), cells["value"].casefold()
    _must_be(_WORD.fullmatch(fact), f"{fact[:30]!r} cannot name a fact", "Write small letters and _: planimetry, occupancy, population")
    _must_be(cells["source"], f"{fact} of {place} has no source", "Say who knows it: an office, a survey, a document")
    is_figure = fact in SHARES or fact in COUNTS
    if said in YES and not is_figure and not said.isdigit():
        said = YES[said]
    elif said in NO and not is_figure and not said.isdigit():
        said = NO[said]
    elif said:
        said = _figure(fact, said)
    return PlaceFactRecorded(place=place, fact=fact, value=said, as_of=_past("as_of", cells["as_of"], around), source=cells["source"][:200])


# file without its suffix: its columns, and how a row is read
READ: dict[str, Callable[[Cells, Around], Event]] = {"components": component, "catchments": catchment, "budgets": budget,
                                                     "milestones": milestone, "facts": place_fact}
TABLES = {name: (columns, READ[name]) for name, columns in PLAN_COLUMNS.items()}


def facts_of(rows: Mapping[str, Sequence[Cells]], around: Around, faults: list[str]) -> Iterator[Event]:
    """The facts of a pack's tables; what is wrong with a row is added to the faults."""
    for name, cells in rows.items():
        for line, row in enumerate(cells, 2):
            try:
                yield READ[name](row, around)
            except Unfit as fault:
                faults.append(f"{name}.csv line {line}: {fault.what}")


def _figure(fact: str, said: str) -> str:
    """A number as canonical JSON has it; a share within its bounds, a count not below nothing."""
    try:
        value = float(said)
    except ValueError:
        raise Unfit(f"{fact} is {said[:20]!r}, which is neither yes, no nor a number", "Write 0.86, not 86 % or 0,86") from None
    _must_be(math.isfinite(value) and abs(value) <= MOST, f"{fact} is {said[:20]!r}", f"Write a number up to {MOST}")
    _must_be(fact not in SHARES or 0 <= value <= 1, f"{fact} is {said[:20]}", "Write a share between 0 and 1")
    _must_be(fact not in COUNTS or value >= 0, f"{fact} is {said[:20]}", "Write 0 or more")
    return repr(int(value) if value.is_integer() else value)


def _work(cells: Cells, around: Around) -> str:
    _must_be(cells["work"] in around.works, f"there is no work {cells['work'][:30]!r}", "Import it first")
    return cells["work"]


def _place(cells: Cells, around: Around) -> str:
    code = cells["place_code"].upper()
    _must_be(code in around.places, f"there is no place {code[:30]!r}", "Write a place's code, or import the place first")
    return code


def _parts(said: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in said.split("|") if part.strip())


def _share(name: str, said: str) -> float:
    try:
        value = float(said)
    except ValueError:
        value = -1.0
    _must_be(0 <= value <= 1, f"{name} is {said[:20]!r}", "Write a share between 0 and 1: 0.4")
    return value


def _amount(name: str, said: str) -> int:
    _must_be(said.isascii() and said.isdigit() and int(said[:20]) <= MOST,
             f"{name} is {said[:30]!r}, which is no whole amount up to {MOST}", "Write digits only, without points or cents")
    return int(said)


def _day(name: str, said: str) -> str:
    if not said:
        return ""
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError:
        raise Unfit(f"{name} is {said[:20]!r}, which is no day", "Write it as 2026-03-31") from None


def _past(name: str, said: str, around: Around) -> str:
    day = _day(name, said)
    _must_be(day, f"{name} is empty", "Say of which day it is true: 2026-03-31")
    _must_be(day <= around.today.isoformat(), f"{name} is {day}, which is still to come", "Write the day it was true")
    return day


def _must_be(holds: object, what: str, do: str) -> None:
    if not holds:
        raise Unfit(what, do)
