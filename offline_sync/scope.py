"""What of the journal a node may hold: bodies of its areas that were found to be open. Unsure means withheld.

A text is read by a node when every report made of it is classified, not restricted, and lies in the node's areas. What we say to
residents (`change_told` and broadcasts too), how they vote, what they say of themselves (`trip_told`, `trip_withdrawn` too) and texts
that made no report stay with the hub and with nodes that are cleared for all. Needs that people merged are one: who may read of one of
them may read of all, so that its own residents are told.
What a node was sent while it might read it, and may no more (a report was restricted, or moved away), the hub calls back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gateway.journal.entries import ENTRY
from gateway.journal.facts import circle, guarding
from gateway.journal.facts.nodes import EVERYWHERE, RESTRICTED
from gateway.journal.tables import Account, Elder, Head, Need, Report, table
from gateway.node import Node
from offline_sync.peers import Known

REPORT, NEED, ACCOUNT, HEAD, ELDER = table(Report), table(Need), table(Account), table(Head), table(Elder)

FOR_ALL = frozenset(["programme_recorded", "work_recorded", "place_recorded", "boundary_drawn", "alias_learned",
                     "node_invited", "node_enrolled", "node_revoked", "node_believed", "branch_kept", "lessons_forgotten",
                     "work_progressed", "component_recorded", "catchment_drawn", "budget_recorded", "milestone_set", "place_fact_recorded",
                     "weights_decided", "indicators_released",
                     "sender_erased"])  # which names ids alone: whoever holds a body of theirs must let it go
# A ranking holds how many speak for every need of the city, and nobody's words.
OF_THE_WHOLE_CITY = frozenset(["needs_ranked"])
OF_A_NEED = frozenset(["need_opened", "need_status_changed", "need_linked", "need_unlinked", "status_withdrawn", "promise_paused",
                       "promise_resumed", "need_escalated", "need_noted", "note_withdrawn", "need_answered",
                       "change_held", "change_released",
                       "need_costed", "proposal_decided", "commission_decided", "commission_withdrawn"])
OF_TWO_NEEDS = frozenset(["needs_merged", "needs_parted"])
OF_A_REPORT = frozenset(["report_filed", "report_completed", "report_corrected", "report_extended", "report_read", "reading_withdrawn",
                         "report_classified", "report_gathered", "report_placed", "report_parted", "report_rejoined", "same_said",
                         "report_flagged", "report_answered"])
# As restricted as the report: for a node that is cleared for it, which must know that few may read it.
OF_THE_RESTRICTED = frozenset([*guarding.SECRET, "report_seen", "words_erased"])
# Who is greeted, and what they answered: of an elder of its areas, for a node that is cleared as for what is restricted.
OF_THE_CIRCLE = frozenset([*circle.ENROLMENT, *circle.GREETING])
OF_A_TEXT = frozenset(["message_received", "message_repeated", "report_unreadable", "command_given", "message_settled",
                       "settling_withdrawn"])


@dataclass(frozen=True)
class Scope:
    """What one node may read, looked up once for a whole batch."""

    full: bool
    writer: str
    reports: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()  # reports that it may not read
    cleared: bool = False
    everywhere: bool = False
    elders: frozenset[str] = frozenset()

    def holds(self, writer: str, kind: str, subject: str | None, other: str | None) -> bool:
        """Whether it may read the body of an entry of this kind about these ids."""
        if self.full or writer == self.writer or kind in FOR_ALL:
            return True
        if kind in OF_THE_WHOLE_CITY:
            return self.everywhere
        if subject is None:
            return False
        if kind in OF_A_NEED:
            return subject in self.needs
        if kind in OF_TWO_NEEDS:
            return subject in self.needs or other in self.needs
        if kind in OF_A_REPORT:
            return subject in self.reports
        if kind in OF_THE_RESTRICTED:
            return self.cleared and subject in self.reports
        if kind in OF_THE_CIRCLE:
            return self.cleared and (subject if kind in circle.ENROLMENT else other) in self.elders
        if kind == "answer_replied":
            return subject in self.reports and other in self.texts
        if kind in OF_A_TEXT:
            return subject in self.texts and other not in self.closed
        if kind == "repair_judged":
            return subject in self.needs and other in self.reports
        return kind == "account_enrolled" and subject in self.accounts


def scope_of(c: Connection, node: Node, known: Known) -> Scope:
    """What this node may read today."""
    if known.is_full:
        return Scope(True, known.writer)
    covers = Areas(known.areas, {code: row["parent"] for code, row in node.city.place.items()})
    cleared = known.clearance == RESTRICTED
    seen: set[str] = set()
    closed: set[str] = set()
    text_of: dict[str, str] = {}
    for row in c.execute(select(REPORT.c.id, REPORT.c.message, REPORT.c.place_code, REPORT.c.restricted, REPORT.c.intent)):
        text_of[row.id] = row.message
        is_open = row.restricted is not None and not row.restricted and row.intent != "protection"
        (seen if covers.holds(row.place_code) and (cleared or is_open) else closed).add(row.id)
    texts, barred = {text_of[r] for r in seen}, {text_of[r] for r in closed}
    for subject, other in c.execute(select(ENTRY.c.subject, ENTRY.c.other).where(
            ENTRY.c.other.is_not(None), ENTRY.c.kind.in_(["report_completed", "report_corrected", "report_extended", "message_repeated",
                                                          "command_given", "report_read", "answer_replied"]))):
        report, message = (subject, other) if subject in text_of else (other, subject)
        if report in seen:
            texts.add(message)
        elif report in closed:
            barred.add(message)
    reports = {r for r in seen if text_of[r] not in barred}
    return Scope(False, known.writer, frozenset(reports), frozenset(texts - barred),
                 _wholes(c, {row.id for row in c.execute(select(NEED.c.id, NEED.c.place_code)) if covers.holds(row.place_code)}),
                 frozenset(row.id for row in c.execute(select(ACCOUNT.c.id, ACCOUNT.c.areas)) if covers.meets(json.loads(row.areas))),
                 frozenset(set(text_of) - reports), cleared, EVERYWHERE in known.areas,
                 frozenset(row.id for row in c.execute(select(ELDER.c.id, ELDER.c.place_code)) if covers.holds(row.place_code)))


def _wholes(c: Connection, needs: set[str]) -> frozenset[str]:
    """These needs, with all that are merged with one of them."""
    head = {row.need: row.head for row in c.execute(select(HEAD.c.need, HEAD.c.head))}  # as few as people merged
    concerned = {head[need] for need in needs if need in head}
    return frozenset(needs | {need for need, stands_for_it in head.items() if stands_for_it in concerned})


@dataclass(frozen=True)
class Areas:
    """Places and all that lies in them."""

    codes: tuple[str, ...]
    parent: Mapping[str, str]

    def holds(self, place: str | None) -> bool:
        if EVERYWHERE in self.codes:
            return True
        seen: set[str] = set()
        while place and place not in seen:
            if place in self.codes:
                return True
            seen.add(place)
            place = self.parent.get(place)
        return False

    def meets(self, areas: list[str]) -> bool:
        """Whether somebody of these areas has something to do here."""
        return EVERYWHERE in areas or any(self.holds(area) for area in areas) or any(
            Areas(tuple(areas), self.parent).holds(code) for code in self.codes)
