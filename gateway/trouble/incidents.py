"""The incidents on the roads of this machine, as people read them: what, where, since when, what to do, who looks after it.

`lookout` opens and closes them; here they are listed, for the page Incidents, /health, /metrics and `barrio check`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select, update

from gateway.governing import roads
from gateway.journal.canonical import iso
from gateway.journal.tables import Incident, table
from gateway.node import Node

INCIDENT = table(Incident)
Row = dict[str, Any]
OUT_OF_THE_WAY: Final = {  # what an operator does first, for /health and `barrio check`; the page says it in the reader's language
    roads.SILENT: "no text came since {since}, which is unusual; text the number, and look at the webhook and the provider",
    roads.FAILING: "{failed} of the last {of} sendings failed ({reason}); look at the provider's account and `barrio check`",
    roads.UNDELIVERED: "{failed} of the last {of} SMS did not arrive, says the provider; ask it why",
    roads.AGED: "{waiting} replies may leave and do not, the oldest since {since}; does the worker run, does the provider answer?",
    roads.PHONE: "the battery of the phone is at {battery} % and it is not charging; charge it",
    roads.ROUND_TRIP: "{lost} canaries did not come back, the first of {since} ({reason}); text the number by hand and look at the webhook",
}
UNHEARD: Final = "the phone was last heard {since}; charge it, look at its network, open its app"
FULL: Final = ("{waiting} replies wait, the oldest since {since}: the phones were given all that they may send in an hour; a second "
               "phone, or a higher android.segments_per_hour and limit in the app, lets them leave")


@dataclass(frozen=True, slots=True)
class Seen:
    """An incident as people read it."""

    id: str
    kind: str
    where: str
    since: str
    opened_at: str
    closed_at: str | None
    facts: dict[str, Any]
    phones: int
    taken_by: str
    taken_at: str | None


def standing_rows(c: Connection) -> list[Row]:
    """What stands now, as it is kept."""
    return [dict(row) for row in c.execute(select(INCIDENT).where(INCIDENT.c.closed_at.is_(None))).mappings()]


def listed(c: Connection, most: int = 100, *, standing: bool = False) -> list[Seen]:
    """The incidents, those that stand first, then the newest; or those that stand alone."""
    asked = select(INCIDENT).order_by(INCIDENT.c.closed_at.is_not(None), INCIDENT.c.opened_at.desc()).limit(most)
    rows = c.execute(asked.where(INCIDENT.c.closed_at.is_(None)) if standing else asked).mappings()
    return [Seen(row["id"], row["kind"], row["place"], row["since"], row["opened_at"], row["closed_at"], json.loads(row["facts"]),
                 row["phones"], row["taken_by"], row["taken_at"]) for row in rows]


def take(node: Node, incident: str, *, by: str) -> bool:
    """Somebody looks after it, and others see who; False when it does not stand any more."""
    with node.database.writing() as c:
        return c.execute(update(INCIDENT).where(INCIDENT.c.id == incident, INCIDENT.c.closed_at.is_(None)).values(
            taken_by=by[:80], taken_at=iso(node.now())).returning(INCIDENT.c.id)).first() is not None


def reasons(c: Connection) -> list[str]:
    """What stands, in a line each for who watches the box; a battery that runs low is no reason to call it unwell."""
    return [f"road {one.where}: {in_words(one)}" for one in listed(c) if one.closed_at is None
            and not (one.kind == roads.PHONE and int(one.facts.get("battery", -1)) >= 0)]


def in_words(one: Seen) -> str:
    words = OUT_OF_THE_WAY[one.kind]
    if one.facts.get("full"):
        words = FULL
    elif one.facts.get("battery") == roads.UNHEARD:
        words = UNHEARD
    return words.format_map({"since": one.since, **one.facts, "reason": one.facts.get("reason") or "no word of it"})
