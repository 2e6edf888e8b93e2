"""Every table is a fold: row = step(step(None, first fact), second fact) ..., in the order of the journal.

A fact that comes after all that a row has seen is one more step; one that comes before (another node's, late), or before the
row's birth, makes the row be folded again from its facts, so the order of arrival never shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Table, delete, select

from gateway.journal import counting, folds, heads
from gateway.journal.canonical import canonical
from gateway.journal.entries import Fact, all_facts, facts_about
from gateway.journal.facts import (
    answers,
    broadcasts,
    circle,
    erasure,
    guarding,
    lessons,
    matching,
    nodes,
    places,
    plans,
    rankings,
    readings,
    releases,
    rulings,
    tellings,
    triage,
    trips,
    visits,
)
from gateway.journal.rows import find, insert_new, upsert
from gateway.journal.tables import (
    FOLDED,
    Account,
    Alert,
    Alias,
    Answer,
    Boundary,
    Branch,
    Broadcast,
    BudgetLine,
    Care,
    Catchment,
    Checkin,
    Component,
    Decision,
    Elder,
    Erasure,
    Forgotten,
    Link,
    Look,
    Member,
    Merge,
    Message,
    Milestone,
    Need,
    NeedCost,
    Note,
    Notice,
    Place,
    PlaceFact,
    Profile,
    Programme,
    Promise,
    Proposal,
    Reading,
    Release,
    Reply,
    Report,
    Ruling,
    Run,
    Sender,
    Support,
    Told,
    Trip,
    Twin,
    Unseen,
    Vote,
    Work,
    table,
)

MESSAGE, UNSEEN, REPORT, SUPPORT, NEED = table(Message), table(Unseen), table(Report), table(Support), table(Need)
MOST_IN_ONE = 400
Row = dict[str, Any]
Key = Callable[[Fact], str | None]


@dataclass(frozen=True)
class Fold:
    """`kinds` says for each kind of fact which row it concerns; a kind in `births` always makes a new row."""

    table: Table
    kinds: dict[str, Key]
    step: Callable[[Row | None, Fact], Row | None]
    births: frozenset[str] = frozenset()
    by_sender: bool = False

    @cached_property
    def blank(self) -> Row:
        return {c.name: getattr(c.default, "arg", None) for c in self.table.columns}


def _first(fact: Fact) -> str | None:
    return fact.about[0]


def _second(fact: Fact) -> str | None:
    return fact.about[1] if len(fact.about) > 1 else None


def _sender(fact: Fact) -> str | None:
    sender: str | None = fact["sender"]
    return sender


FOLDS: tuple[Fold, ...] = (
    Fold(table(Message), {"message_received": _first, "report_filed": _second, "report_completed": _second,
                           "report_corrected": _second, "report_extended": _second, "message_repeated": _first,
                           "answer_replied": _second,
                           "sender_registered": _second, "report_read": _second, "reading_withdrawn": _second,
                           "report_unreadable": _first, "command_given": _first, "message_settled": _first,
                           "settling_withdrawn": _first, "report_restricted": _second, "report_released": _second},
         folds.message, frozenset({"message_received"})),
    Fold(table(Report), {"report_filed": _first, "report_completed": _first, "report_classified": _first,
                          "report_corrected": _first, "report_extended": _first, "message_repeated": _second,
                          "report_gathered": _first, "command_given": _second, "report_read": _first, "reading_withdrawn": _first,
                          "report_placed": _first, "report_restricted": _first, "report_released": _first, "words_erased": _first,
                          **dict.fromkeys(matching.OF_REPORT, _first)},
         folds.report, frozenset({"report_filed"})),
    Fold(table(Reading), {"report_read": _first, "reading_withdrawn": _first}, readings.reading),
    Fold(table(Forgotten), {"lessons_forgotten": _first}, lessons.forgotten),
    Fold(table(Care), {"care_given": _first}, guarding.care),
    Fold(table(Look), {"report_seen": guarding.look_id}, guarding.look, frozenset({"report_seen"})),
    Fold(table(Erasure), dict.fromkeys(erasure.ERASING, _first), erasure.erasure),
    Fold(table(Need), {"need_opened": _first, "need_status_changed": _first, "repair_judged": _first, "status_withdrawn": _first},
         folds.need),
    Fold(table(Note), {"need_noted": visits.note_id, "note_withdrawn": visits.note_id}, visits.note),
    Fold(table(Merge), dict.fromkeys(matching.JOINS, matching.merge_id), matching.merge),
    Fold(table(Twin), dict.fromkeys((*matching.BY_PERSON, "same_said"), matching.twin_id), matching.twin),
    Fold(table(Promise), {"promise_paused": _first, "promise_resumed": _first, "need_escalated": _first}, triage.promise),
    Fold(table(Alert), {"duty_alerted": _first}, triage.alert),
    Fold(table(Link), {"need_linked": folds.link_id, "need_unlinked": folds.link_id}, folds.link),
    Fold(table(Support), {"command_given": folds.support_id}, folds.support),
    Fold(table(Sender), {"message_received": _sender, "report_filed": _sender, "report_completed": _sender,
                          "report_unreadable": _sender, "command_given": _sender, "reply_queued": _sender,
                          "report_corrected": _sender, "report_extended": _sender, "message_repeated": _sender,
                          "sender_registered": _sender, "sender_opted_out": _sender},
         folds.sender, by_sender=True),
    Fold(table(Profile), {"sender_registered": _first}, folds.profile),
    Fold(table(Reply), {"reply_queued": _first, "reply_sent": _first, "reply_failed": _first,
                         "reply_uncertain": _first, "reply_tracked": _first}, folds.reply, frozenset({"reply_queued"})),
    Fold(table(Told), {"change_told": tellings.told_id}, tellings.told),
    Fold(table(Answer), dict.fromkeys(answers.WRITTEN, answers.answer_id), answers.answer),
    Fold(table(Elder), dict.fromkeys(circle.ENROLMENT, _first), circle.elder),
    Fold(table(Checkin), dict.fromkeys(circle.GREETING, _first), circle.greeting),
    Fold(table(Notice), {"need_status_changed": _first, "status_withdrawn": _first, "change_held": _first, "change_released": _first},
         tellings.notice),
    Fold(table(Broadcast), dict.fromkeys(broadcasts.KINDS, _first), broadcasts.broadcast),
    Fold(table(Vote), {"vote_cast": _first}, broadcasts.vote),
    Fold(table(Programme), {"programme_recorded": _first}, folds.programme),
    Fold(table(Work), {"work_recorded": _first, "work_progressed": _first}, visits.work),
    Fold(table(Place), {"place_recorded": _first}, places.place),
    Fold(table(Boundary), {"boundary_drawn": _first}, places.boundary),
    Fold(table(Alias), {"alias_learned": _first}, places.alias),
    Fold(table(Account), {"account_enrolled": _first}, folds.account),
    Fold(table(Member), {"node_invited": _first, "node_enrolled": _first, "node_revoked": _first, "node_believed": _first}, nodes.member),
    Fold(table(Branch), {"branch_kept": _first}, nodes.branch),
    Fold(table(Component), {"component_recorded": plans.component_id}, plans.component),
    Fold(table(Catchment), {"catchment_drawn": plans.catchment_id}, plans.catchment),
    Fold(table(BudgetLine), {"budget_recorded": plans.budget_id}, plans.budget),
    Fold(table(Milestone), {"milestone_set": plans.milestone_id}, plans.milestone),
    Fold(table(PlaceFact), {"place_fact_recorded": plans.place_fact_id}, plans.place_fact),
    Fold(table(NeedCost), {"need_costed": _first}, plans.cost),
    Fold(table(Decision), {"weights_decided": _first}, rankings.decision),
    Fold(table(Run), {"needs_ranked": _first}, rankings.run),
    Fold(table(Trip), {"trip_told": _first, "trip_withdrawn": _first}, trips.trip),
    Fold(table(Release), {"indicators_released": _first}, releases.release),
    Fold(table(Proposal), {"proposal_decided": rankings.proposal_id}, rankings.proposal),
    Fold(table(Ruling), dict.fromkeys(rulings.KINDS, _first), rulings.ruling),
)
_BY_KIND: dict[str, list[tuple[int, Key]]] = {}  # the place of each fold in FOLDS
for _index, _fold in enumerate(FOLDS):
    for _kind, _key in _fold.kinds.items():
        _BY_KIND.setdefault(_kind, []).append((_index, _key))


def apply(c: Connection, facts: Sequence[Fact], *, own: bool = True, read: dict[int, dict[str, Row]] | None = None) -> None:
    """Fold new facts into the tables, in the transaction that appends them. `own`: this node made them just now.

    `read`: the rows that were read for it, fold by fold; kept by whoever may take it all back and do it again with fewer facts.
    """
    touched: dict[int, dict[str, list[Fact]]] = {}
    for fact in facts:
        for index, key in _BY_KIND.get(fact.kind, ()):
            if (row_id := key(fact)) is not None:
                touched.setdefault(index, {}).setdefault(row_id, []).append(fact)
    for index, by_row in sorted(touched.items()):  # messages first: what a sender said is found through them
        fold = FOLDS[index]
        known = [r for r, new in by_row.items() if not (own and new[0].kind in fold.births)]
        rows = _rows_once(c, fold.table, known, None if read is None else read.setdefault(index, {}))
        # no row yet, though it is no birth: facts about it may have come before the one that makes the row
        unborn = [] if own and fold.by_sender else [r for r in known if r not in rows]
        anew = fold.by_sender and not own
        before = list(rows.values())
        late = [r for r, row in rows.items() if by_row[r][0].position <= row["position"] or (anew and _tells(by_row[r]))]
        if late or unborn:
            for row_id, past in _history(c, fold, late + unborn).items():
                told = {fact.position: fact for fact in (*past, *by_row[row_id])}  # our own are in the journal after this
                by_row[row_id] = [told[position] for position in sorted(told)]
            for row_id in late:
                rows.pop(row_id)
        folded = [row for row_id, new in by_row.items() if (row := _reduce(fold, rows.get(row_id), row_id, new))]
        upsert(c, fold.table, folded)
        _mark(c, fold.table, before, folded)
    if not own and (gathered := {fact.about[0] for fact in facts if fact.kind == "report_gathered"}):
        # their neighbours are to be found here too
        insert_new(c, UNSEEN, [{"report": report, "kind": "report_gathered"} for report in sorted(gathered)], "report")
    if any(fact.kind in matching.JOINS or (fact.kind == "need_opened" and not own) for fact in facts):
        heads.renew(c)


def _rows_once(c: Connection, of: Table, ids: list[str], read: dict[str, Row] | None) -> dict[str, Row]:
    if read is None:
        return _rows(c, of, ids) if ids else {}
    if missing := [row_id for row_id in ids if row_id not in read]:
        read.update(_rows(c, of, missing))
    return {row_id: read[row_id] for row_id in ids if row_id in read}


def _tells(facts: Iterable[Fact]) -> bool:
    """Whether a message came whose own facts may have come before it, when nothing yet said who sent it."""
    return any(fact.kind == "message_received" for fact in facts)


def rebuild(c: Connection, models: Iterable[Any] = FOLDED) -> None:
    """Empty the folded tables and fold the whole journal again."""
    for model in models:
        c.execute(delete(model))
    for fold in FOLDS:
        rows: dict[str, Row | None] = {}
        for fact in all_facts(c, fold.kinds):
            if (row_id := fold.kinds[fact.kind](fact)) is not None:
                rows[row_id] = _step(fold, rows.get(row_id), row_id, fact)
        upsert(c, fold.table, [row for row in rows.values() if row])
    heads.renew(c)
    counting.count_all(c)


def folded_without(c: Connection, table: Table, row_id: str, left_out: Callable[[Fact], bool]) -> Row | None:
    """What a row would be without some of its facts; None when it would not be."""
    fold = next(f for f in FOLDS if f.table is table)
    return _reduce(fold, None, row_id, (fact for fact in _history(c, fold, [row_id])[row_id] if not left_out(fact)))


def fold_again(c: Connection, rows: Mapping[Table, Sequence[str]]) -> None:
    """Fold these rows anew from what can still be read about them; those of which nothing can are gone."""
    for fold in FOLDS:
        if ids := list(rows.get(fold.table, ())):
            histories, before = _history(c, fold, ids), find(c, fold.table, "id", ids)
            c.execute(delete(fold.table).where(fold.table.c.id.in_(ids)))
            folded = [row for row_id in ids if (row := _reduce(fold, None, row_id, histories[row_id]))]
            upsert(c, fold.table, folded)
            _mark(c, fold.table, before, folded)


def unfold(c: Connection, facts: Iterable[Fact]) -> None:
    """The bodies of these facts were taken out: fold anew every row that they told of."""
    touched: dict[int, set[str]] = {}
    lines = False
    for fact in facts:
        lines = lines or fact.kind in matching.JOINS
        for index, key in _BY_KIND.get(fact.kind, ()):
            if (row_id := key(fact)) is not None:
                touched.setdefault(index, set()).add(row_id)
    for index, ids in sorted(touched.items()):
        wanted = sorted(ids)
        for at in range(0, len(wanted), MOST_IN_ONE):
            fold_again(c, {FOLDS[index].table: wanted[at:at + MOST_IN_ONE]})
    if lines:
        heads.renew(c)


def senders_known(c: Connection, senders: Sequence[str]) -> set[str]:
    """Those of the senders of whom something can still be read."""
    return {row["id"] for row in find(c, table(Sender), "id", senders)}


def table_hashes(c: Connection) -> dict[str, str]:
    """One SHA-256 for each folded table: its rows in canonical JSON, by id."""
    return {fold.table.name: _hash(c, fold.table) for fold in FOLDS}


def state_hash(c: Connection) -> str:
    """One hash of the whole folded state: equal where the same entries are held."""
    return hash_of(table_hashes(c))


def hash_of(hashes: Mapping[str, str]) -> str:
    """One hash of the hashes of the tables."""
    return hashlib.sha256(canonical(hashes).encode()).hexdigest()


def _hash(c: Connection, table: Table) -> str:
    digest = hashlib.sha256()
    for row in c.execute(select(table).order_by(table.c.id).execution_options(yield_per=2000)).mappings():
        digest.update(canonical(dict(row)).encode() + b"\n")
    return digest.hexdigest()


def _mark(c: Connection, table: Table, before: Sequence[Row], after: Sequence[Row]) -> None:
    """Whatever counts of a need is to be counted anew."""
    if table is REPORT:
        counting.mark_changed(c, before, after)
    elif table is SUPPORT:
        counting.mark_reports(c, [row["report"] for row in (*before, *after)])
    elif table is NEED:
        was = {row["id"]: row["opened_at"] for row in before}
        counting.mark(c, [row["id"] for row in after if was.get(row["id"]) != row["opened_at"]] + list(was.keys() - {
            row["id"] for row in after}))


def _rows(c: Connection, table: Table, ids: list[str]) -> dict[str, Row]:
    return {row["id"]: row for row in find(c, table, "id", ids)}


def _history(c: Connection, fold: Fold, ids: list[str]) -> dict[str, list[Fact]]:
    wanted: dict[str, list[Fact]] = {row_id: [] for row_id in ids}
    about = [part for row_id in ids for part in row_id.split("+")]
    if fold.by_sender:  # what a sender said is found through the messages
        about += c.execute(select(MESSAGE.c.id).where(MESSAGE.c.sender.in_(ids))).scalars()
    for fact in facts_about(c, about, fold.kinds):
        row_id = fold.kinds[fact.kind](fact)
        if row_id in wanted:
            wanted[row_id].append(fact)
    return wanted


def _reduce(fold: Fold, row: Row | None, row_id: str, facts: Iterable[Fact]) -> Row | None:
    for fact in facts:
        row = _step(fold, row, row_id, fact)
    return row


def _step(fold: Fold, row: Row | None, row_id: str, fact: Fact) -> Row | None:
    after = fold.step(row, fact)
    if after is None:
        return None
    if row is None or after.get("id") is None:
        after = fold.blank | after
        after["id"] = row_id
    after["position"] = fact.position
    return after
