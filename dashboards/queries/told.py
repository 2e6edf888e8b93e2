"""What a quarter's numbers are counted from, and the releases that were made."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, func, select

from dashboards import mobility
from dashboards.indicators import Said
from dashboards.queries.seen import HEAD, NEED, REPORT, STANDS, STANDS_FOR
from gateway.journal.tables import PlaceFact, Profile, Release, Trip, table

PROFILE, RELEASE, FACT, TRIP = table(Profile), table(Release), table(PlaceFact), table(Trip)


def reports(c: Connection, first: str, last: str, district: Callable[[str | None], str | None]) -> Iterator[Said]:
    """The open reports of those days that their residents have not taken back; of one phone about one need the last alone.

    Thirty texts of a household about its lamp are one voice. What stands in no need yet counts once for each place and kind.
    """
    rows = c.execute(
        select(REPORT.c.place_code, REPORT.c.category, REPORT.c.status, NEED.c.status, PROFILE.c.gender, REPORT.c.sender, NEED.c.id)
        .select_from(REPORT).outerjoin(HEAD, HEAD.c.need == REPORT.c.need).outerjoin(NEED, NEED.c.id == STANDS_FOR)
        .outerjoin(PROFILE, PROFILE.c.id == REPORT.c.sender)
        .where(STANDS, REPORT.c.filed_at >= first, REPORT.c.filed_at < last).order_by(REPORT.c.filed_at, REPORT.c.id))
    found = {(sender, need or (place, category)): Said(district(place) or "", (category or "")[:3], _outcome(said, status), sex, sender)
             for place, category, said, status, sex, sender, need in rows}
    yield from found.values()


def trips(c: Connection, first: str, last: str, district: Callable[[str | None], str | None]) -> Iterator[mobility.Said]:
    """Every leg of those days that stands, with the sex that its phone told."""
    rows = c.execute(select(TRIP.c.begins, PROFILE.c.gender, TRIP.c.purpose, TRIP.c.minutes, TRIP.c.safety, TRIP.c.message, TRIP.c.sender)
                     .select_from(TRIP).outerjoin(PROFILE, PROFILE.c.id == TRIP.c.sender)
                     .where(TRIP.c.told_at >= first, TRIP.c.told_at < last, TRIP.c.withdrawn.is_(False)))
    for begins, sex, purpose, minutes, safety, trip, sender in rows:
        yield mobility.Said(district(begins) or "", sex, purpose, minutes, safety, trip, sender)


def _outcome(said: str, status: str | None) -> str:
    if said == "confirmed_fixed":
        return "confirmed"
    return "done" if status in ("done", "closed") else "waiting" if status in (None, "open") else "seen"


def released(c: Connection) -> dict[str, tuple[str, int, str, str]]:
    """period -> (counts, k, by, at), the newest period first."""
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in c.execute(
        select(RELEASE.c.id, RELEASE.c.counts, RELEASE.c.k, RELEASE.c.by, RELEASE.c.at).order_by(RELEASE.c.id.desc()))}


def women_in_the_census(c: Connection) -> float | None:
    """The share of women by the facts of places that have both figures (`population`, `women_share`); None when none has."""
    people = select(FACT.c.place, FACT.c.value).where(FACT.c.fact == "population", FACT.c.value != "").subquery("people")
    rows = c.execute(select(people.c.value, FACT.c.value).join(FACT, FACT.c.place == people.c.place)
                     .where(FACT.c.fact == "women_share", FACT.c.value != "")).all()
    whole = sum(float(population) for population, _ in rows)
    return sum(float(population) * float(share) for population, share in rows) / whole if whole else None


def newest(c: Connection) -> str | None:
    found: str | None = c.execute(select(func.max(RELEASE.c.id))).scalar()
    return found
