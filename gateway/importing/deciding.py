"""Which place each row of a file is, and what it changes: decided as a whole before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from gateway import geometry
from gateway.geometry import Area, Point
from gateway.importing.book import Book, Standing
from gateway.importing.codes import SHAPE, Codes
from gateway.importing.faults import Findings, listed
from gateway.importing.mapping import Mapping
from gateway.importing.naming import key_of, sound_of
from parsers.clean import clean_words


@dataclass(frozen=True, slots=True)
class Wanted:
    """A place as one row states it; what the row does not say is empty."""

    where: str
    name: str
    shouted: bool = False  # written in capitals: its case says nothing
    code: str = ""
    key: str = ""
    parent: str = ""
    alt_names: tuple[str, ...] = ()
    kind: str = ""
    district: str = ""
    generic: bool | None = None
    point: Point | None = None
    area: Area | None = None
    shape: str = ""  # the area simplified and encoded


@dataclass(frozen=True, slots=True)
class Decision:
    """`before` is None for a new place; `digest` names the outline when it is another than the one that stands."""

    wanted: Wanted
    before: Standing | None
    after: Standing
    digest: str = ""

    @property
    def is_changed(self) -> bool:
        return self.before is not None and (self.after != self.before or bool(self.digest))


class Deciding:
    def __init__(self, book: Book, mapping: Mapping, findings: Findings, is_common: Callable[[str], bool]) -> None:
        self._book, self._mapping, self._findings, self._is_common = book, mapping, findings, is_common
        self._codes = Codes(book.places)
        self._taken: dict[str, str] = {}
        self._at: dict[str, int] = {}
        self.decisions: list[Decision] = []

    def decide(self, wanted: Iterable[Wanted]) -> list[Decision]:
        """Parents before what lies in them, whatever the order of the file; inside one parent, known places before new ones."""
        waiting = list(wanted)
        while waiting:
            ready: list[tuple[Wanted, Standing | None]] = []
            later: list[Wanted] = []
            for row in waiting:
                held = self._book.holder(row.parent) if row.parent else []
                if len(held) > 1:
                    self._refuse(row, f"{len(held)} places are called {row.parent!r} ({listed(p.code for p in held)})",
                                 "Write the code of one")
                elif row.parent and not held:
                    later.append(row)
                else:
                    ready.append((row, held[0] if held else None))
            if not ready:
                for row in later:
                    self._refuse(row, f"it should lie in {row.parent!r}, which is no place", "Import that one first, or mend the name")
                break
            self._settle(ready)
            waiting = later
        self._look_around()
        return self.decisions

    # ------------------------------------------------------------------------------------------------- which place

    def _settle(self, ready: list[tuple[Wanted, Standing | None]]) -> None:
        """The surest first: a place called so, one also called so, one that sounds so; what is left is new."""
        waiting = ready
        for find in (self._known, self._also_called, self._heard):
            left: list[tuple[Wanted, Standing | None]] = []
            for row, parent in waiting:
                if (there := find(row, parent)) is not None:
                    self._correct(row, there, parent)
                elif row.where not in self._findings.refused:
                    left.append((row, parent))
            waiting = left
        # by name, so that the same rows get the same codes whatever the order of the file
        for row, parent in sorted(waiting, key=lambda pair: (key_of(pair[0].name), pair[0].name, pair[0].key)):
            if (twin := self._known(row, parent)) is not None:  # another row of this file has made it just now
                self._correct(row, twin, parent)
            else:
                self._add(row, parent)

    def _known(self, row: Wanted, parent: Standing | None) -> Standing | None:
        """The place that a row is; None when it is a new one, or was refused."""
        keyed = self._book.with_key(row.key) if row.key else None
        if row.code:
            return self._coded(row, keyed)
        if keyed is not None:
            return keyed
        found = [p for p in self._called(row, parent) if key_of(p.name) == key_of(row.name)]
        if len(found) > 1 and row.area is not None:
            here = geometry.inner_point(row.area)
            found = [p for p in found if (drawn := self._book.area(p.code)) is not None and geometry.contains(drawn, here)] or found
        return self._only(row, found)

    def _also_called(self, row: Wanted, parent: Standing | None) -> Standing | None:
        """A place with this as another name, or with another name of the row, unless a row of its own name has taken it."""
        if row.code:
            return None
        for name in (row.name, *row.alt_names):
            if found := [p for p in self._called(replace(row, name=name), parent) if p.code not in self._taken]:
                if name != row.name and len(found) == 1:
                    self._findings.note(row.where, f"{row.name} is {found[0].name} ({found[0].code}) here, known by its other name {name}")
                return self._only(row, found)
        return None

    def _heard(self, row: Wanted, parent: Standing | None) -> Standing | None:
        """A place that no other row is, whose name sounds like the row's."""
        if row.code or self._mapping.exact:
            return None
        found = [p for p in self._book.heard(row.name, parent.code if parent else None)
                 if p.code not in self._taken and not self._differs(row, p)]
        if len(found) != 1:
            return None
        self._findings.note(row.where, f"{row.name} sounds like {found[0].name} ({found[0].code}) and was taken for it",
                            "Import with --exact if it is another place")
        return found[0]

    def _called(self, row: Wanted, parent: Standing | None) -> list[Standing]:
        found = self._book.called(row.name, parent.code if parent else None, row.kind or self._mapping.level)
        return [p for p in found if not self._differs(row, p)]

    def _only(self, row: Wanted, found: list[Standing]) -> Standing | None:
        if len(found) > 1:
            self._refuse(row, f"{len(found)} places are called {row.name} ({listed(p.code for p in found)})",
                         "Say which: give its code, or the place it lies in")
        return found[0] if len(found) == 1 else None

    def _coded(self, row: Wanted, keyed: Standing | None) -> Standing | None:
        match, there = SHAPE.fullmatch(row.code), self._book.places.get(row.code)
        if keyed is not None and keyed.code != row.code:
            self._refuse(row, f"its key {row.key} is {keyed.code} ({keyed.name}) here, not {row.code}", "Mend the code or the key")
        elif match is None:
            self._refuse(row, f"{row.code[:20]!r} is no code that a resident could type (letters and four digits, like S1701)",
                         "Name the column with --key-field instead of --code-field: Barrio then makes the codes")
        elif there is not None:
            alike = any(key_of(row.name) == key_of(name) or sound_of(row.name) == sound_of(name) for name in there.names)
            if alike or keyed is not None or self._mapping.rename:
                return there
            self._refuse(row, f"{row.code} is {there.name} here and {row.name} in the file",
                         "Give it another code; if the place was renamed, import with --rename")
        elif (fits := self._codes.letters_of(match.group(2))) and match.group(1) not in fits:
            self._refuse(row, f"{row.code} cannot be: district {match.group(2)} goes with {listed(sorted(fits))}",
                         "Mend the letters or the digits")
        return None

    @staticmethod
    def _differs(row: Wanted, place: Standing) -> bool:
        """Whether the file's own keys say that these are two places."""
        return bool(row.key and place.key and row.key != place.key)

    # -------------------------------------------------------------------------------------------------- what changes

    def _correct(self, row: Wanted, there: Standing, parent: Standing | None) -> None:
        if (first := self._taken.get(there.code)) is not None:
            self._refuse(row, f"it is {there.name} ({there.code}), as {first.rpartition('/')[2]} is already",
                         "Give one of them a key (--key-field), a code, or a name that tells them apart; or take one out")
            return
        if parent is not None and (parent.code == there.code or self._book.lies_in(parent.code, there.code)):
            self._refuse(row, f"{there.name} ({there.code}) would lie in itself", "Mend the place it lies in")
            return
        after = replace(there, name=self._name(row, there), kind=row.kind or there.kind or self._mapping.level, key=row.key or there.key,
                        generic=there.generic if row.generic is None else row.generic)
        after = replace(after, alt_names=_merged(after.name, there.alt_names, there.name, row.name, *row.alt_names))
        if parent is not None and not self._book.lies_in(there.code, parent.code):
            after = replace(after, parent=parent.code, district=parent.district or there.district)
        after = replace(after, district=row.district or after.district)
        self._keep(row, there, _placed(row, after))

    def _name(self, row: Wanted, there: Standing) -> str:
        if clean_words(row.name) == clean_words(there.name):
            more = _marks(row.name) - _marks(there.name)
            # whoever draws outlines rarely minds how a name is written
            return row.name if more > 0 or (more == 0 and not row.shouted and row.area is None) else there.name
        renamed = (row.key and row.key == there.key) or (row.code and self._mapping.rename)
        return row.name if renamed and key_of(row.name) not in map(key_of, there.names) else there.name

    def _add(self, row: Wanted, parent: Standing | None) -> None:
        code = self._codes.take(row.code) if row.code else self._new_code(row, parent)
        if code is None:
            return
        digits = SHAPE.fullmatch(code)
        inherited = parent.district if parent else ""
        if not inherited and digits and digits.group(3) == "00" != digits.group(2):
            inherited = str(int(digits.group(2)))
        self._give_up_name(row, parent)
        others = self._book.called(row.name, None)
        for other in others[:1]:
            around = self._book.places.get(other.parent)
            self._findings.note(row.where, f"{row.name} is also the name of {other.code}{f' in {around.name}' if around else ''}",
                                "Residents who write only the name will be asked which")
        made = Standing(code, row.name, _merged(row.name, (), *row.alt_names), row.kind or self._mapping.level or "zone",
                        parent.code if parent else "", row.district or inherited,
                        # of two places of one name, both are asked about or none
                        (others[0].generic if others else self._is_common(row.name)) if row.generic is None else row.generic, key=row.key)
        self._keep(row, None, _placed(row, made))

    def _give_up_name(self, row: Wanted, parent: Standing | None) -> None:
        """What a new place is called is no other name of its neighbour any more."""
        for there in self._book.called(row.name, parent.code if parent else None):
            if there.code in self._taken and key_of(there.name) != key_of(row.name):
                after = replace(there, alt_names=tuple(name for name in there.alt_names if key_of(name) != key_of(row.name)))
                at = self._at[there.code]
                self.decisions[at] = replace(self.decisions[at], after=after)
                self._book.put(after)
                self._findings.note(row.where, f"{row.name} is a place of its own now, no other name of {there.name} ({there.code})")

    def _new_code(self, row: Wanted, parent: Standing | None) -> str | None:
        if parent is not None:
            if (code := self._codes.next_inside(parent.code)) is None:
                self._refuse(row, f"no code is left inside {parent.code}", "Give it one (--code-field)")
            return code
        letters = self._mapping.prefix or (next(iter(self._codes.letters)) if len(self._codes.letters) == 1 else "")
        if not letters:
            self._refuse(row, f"{row.name} is new and the file does not say where it lies",
                         "Name the column that says it (--parent-field), or the letters of its code (--prefix)")
            return None
        if (code := self._codes.next_district(letters)) is None:
            self._refuse(row, "all ninety-nine districts have a code already", "Say where it lies (--parent-field)")
        return code

    def _keep(self, row: Wanted, before: Standing | None, after: Standing) -> None:
        digest = geometry.digest(row.area) if row.area is not None else ""
        self._taken[after.code], self._at[after.code] = row.where, len(self.decisions)
        self.decisions.append(Decision(row, before, after, "" if digest == self._book.digests.get(after.code) else digest))
        self._book.put(after)
        if row.area is not None:
            self._book.draw(after.code, row.area)

    # ----------------------------------------------------------------------------------------------------- whole map

    def _look_around(self) -> None:
        """Say which places lie, by the map, elsewhere than the file says."""
        for decision in self.decisions:
            place, around = decision.after, self._book.area(decision.after.parent)
            says_more = decision.before is None or decision.is_changed
            if not says_more or around is None or place.lat is None or place.lon is None or geometry.contains(around, _at(place)):
                continue
            said = self._book.places[place.parent]
            really = next((p.name for p in self._book.places.values() if p.kind == said.kind
                           and (drawn := self._book.area(p.code)) and geometry.contains(drawn, _at(place))), f"no {said.kind}")
            self._findings.note(decision.wanted.where, f"{place.name} lies in {said.name} by the file and in {really} by the map",
                                "Check which is right")

    def _refuse(self, row: Wanted, what: str, do: str) -> None:
        self._findings.refuse(row.where, what, do)


def _placed(row: Wanted, place: Standing) -> Standing:
    """With the row's point; of an outline, the point that stands when it lies inside."""
    if row.point is not None:
        lon, lat = geometry.degrees(row.point)
        return replace(place, lon=lon, lat=lat)
    if row.area is None:
        return place
    if place.lat is not None and place.lon is not None and geometry.contains(row.area, _at(place)):
        return place
    lon, lat = geometry.degrees(geometry.inner_point(row.area))
    return replace(place, lon=lon, lat=lat)


def _at(place: Standing) -> Point:
    return geometry.micro(place.lon or 0.0), geometry.micro(place.lat or 0.0)


def _merged(name: str, standing: tuple[str, ...], *more: str) -> tuple[str, ...]:
    """The other names that stand, and those of more that no text could tell from them or from the name itself left out."""
    seen = {key_of(known) for known in (name, *standing)}
    merged = list(standing)
    for other in more:
        if other and key_of(other) not in seen:
            seen.add(key_of(other))
            merged.append(other)
    return tuple(merged)


def _marks(name: str) -> int:
    return sum(not char.isascii() for char in name)
