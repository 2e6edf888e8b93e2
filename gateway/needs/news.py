"""How needs stand for their residents, who speaks for them, what each was told: read from the tables, decided nowhere.

Needs that people merged stand and are spoken for as one (`journal.heads`), named after the need that stands for them. To merge
or part them is no news in itself: a phone is told only of what was decided after what it was told last.

    told before   stands now           to tell
    nothing       verified             verified
    verified      linked to W          linked to W
    linked to W   verified (unlinked)  that it goes back
    done          done, said again     nothing
    done          done, after a "no"   done
    linked to W   verified, before     nothing: the needs were merged or parted since
    verified      a commission put it  until when
                  off until a day
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, Subquery, and_, func, literal, or_, select, union_all

from gateway.journal import heads, tasks
from gateway.journal.canonical import iso, moment
from gateway.journal.entries import facts_about
from gateway.journal.facts import rulings
from gateway.journal.facts.tellings import ASKED
from gateway.journal.rows import find
from gateway.journal.tables import (
    SENDER_STOPPED,
    Contact,
    Link,
    Merge,
    Need,
    Notice,
    Reply,
    Report,
    Ruling,
    Sender,
    Support,
    Told,
    Work,
    table,
)
from gateway.words.replies import ANSWER

NEED, LINK, WORK, NOTICE, MERGE, RULING = (table(of) for of in (Need, Link, Work, Notice, Merge, Ruling))
REPORT, SUPPORT, SENDER, CONTACT = table(Report), table(Support), table(Sender), table(Contact)
TOLD, REPLY = table(Told), table(Reply)

KIND_OF: Final = {"verified": "news_verified", "linked": "news_work", "planned": "news_planned", "done": "news_done",
                  "rejected": "news_rejected", "not_found": "news_not_found", "open": "news_back", "postponed": "news_postponed",
                  "checking": "news_checking"}
WITH_REASON, BEGUN, SEVERAL, ASK = "news_refused", "news_begun", "news_several", "ask_fixed"
KINDS: Final = frozenset({*KIND_OF.values(), WITH_REASON, BEGUN, SEVERAL, ASK})  # what leaves without anybody having just texted
UNDONE, HELD_BACK = "undone", "held_back"
# Replies that ended so told nothing, through no wish of the person: what still stands may be told by another.
UNTOLD: Final = (UNDONE, HELD_BACK, "expired", "loop_guard")
LEFT: Final = ("sent", "delivered", "undelivered")
Key = tuple[str, str, str]
DAY = timedelta(hours=24)
NOTHING: Final[Key] = ("open", "", "")


@dataclass(frozen=True, slots=True)
class Stand:
    """How a need stands, with all that are merged with it. `change` is the last decision about any of them; a `silent` one is not
    told: it waits for a person, or came from a resident."""

    need: str
    place: str
    category: str
    stage: str
    change: str
    at: datetime
    merged_at: datetime | None = None
    since: str = ""
    work: str = ""
    work_name: str = ""
    starts_on: str | None = None
    phase: str = ""
    reason: str = ""
    held: bool = False
    silent: bool = False

    @property
    def key(self) -> Key:
        """What a resident would notice."""
        return self.stage, self.work, self.since

    @property
    def stands_from(self) -> datetime:
        """Since when all of these people may be told so."""
        return max(self.at, self.merged_at) if self.merged_at else self.at


@dataclass(frozen=True, slots=True)
class Voice:
    """A phone that speaks for a need, whose number is here and which may be written to; `report` is the one it knows it by,
    `parts` those of the merged needs that it spoke for."""

    need: str
    sender: str
    report: str
    reference: str
    since: str
    own: bool
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """One time that a phone was told of a need, and what became of the reply."""

    need: str
    sender: str
    stage: str
    key: Key
    change: str
    at: datetime
    reply: str
    state: str
    reason: str | None
    report: str

    @property
    def counts(self) -> bool:
        return not (self.state == "failed" and self.reason in UNTOLD)


def stands(c: Connection, needs: Collection[str]) -> dict[str, Stand]:
    """How the wholes of these needs stand, by the need that stands for each; what nobody ever decided about is not among them."""
    head = heads.members(c, needs)
    parts: dict[str, list[str]] = {}
    for need in sorted(head):
        parts.setdefault(head[need], []).append(need)
    everything = sorted(head)
    links: dict[str, list[dict[str, Any]]] = {}
    for link in find(c, LINK, "need", everything):
        links.setdefault(head[link["need"]], []).append(link)
    works = {work["id"]: work for work in find(c, WORK, "id", sorted({link["work"] for some in links.values() for link in some}))}
    notices = {notice["id"]: notice for notice in find(c, NOTICE, "id", everything)}
    merges: dict[str, list[dict[str, Any]]] = {}
    for row in find(c, MERGE, "one", everything):
        if row["merged"]:
            merges.setdefault(head[row["one"]], []).append(row)
    ruled: dict[str, list[dict[str, Any]]] = {}
    for row in find(c, RULING, "id", everything):
        ruled.setdefault(head[row["id"]], []).append(row)
    found = (_stand(need, links.get(need["id"], []), works, [notices[part] for part in parts[need["id"]] if part in notices],
                    merges.get(need["id"], []), ruled.get(need["id"], [])) for need in find(c, NEED, "id", sorted(parts)))
    return {stand.need: stand for stand in found if stand is not None}


def stand_of(c: Connection, need: str) -> Stand | None:
    """How one need stands, with all that are merged with it."""
    return next(iter(stands(c, [need]).values()), None)


def _stand(need: dict[str, Any], links: Sequence[dict[str, Any]], works: dict[str, dict[str, Any]],
           notices: Sequence[dict[str, Any]], merges: Sequence[dict[str, Any]], ruled: Sequence[dict[str, Any]]) -> Stand | None:
    own = next((notice for notice in notices if notice["id"] == need["id"]), None)
    decisions = [(link["entry"], link["at"]) for link in links]
    if need["status_entry"]:
        decisions.append((need["status_entry"], max(own["decided_at"] if own else "", need["status_at"])))
    said = rulings.standing(ruled, max((entry for entry, _ in decisions), default=""))
    decisions += [(row["entry"], row["said_at"]) for row in ruled]
    if not decisions:
        return None
    change, at = max(decisions)
    live = max((link for link in links if link["linked"]), key=lambda link: str(link["entry"]), default=None)
    stage = {"closed": "done"}.get(need["status"], need["status"])
    if live is not None and stage not in ("done", "rejected", "not_found"):
        stage = "linked"
    if said is not None:
        stage = rulings.STAGE_OF[said["decision"]]
    work = works.get(live["work"]) if live is not None and stage == "linked" else None
    reopened = need["status"] == "open" and need["status_by"] == "resident" and need["status_entry"] == change
    return Stand(
        need["id"], need["place_code"], need["category"], stage, change, moment(at),
        merged_at=moment(max(merge["at"] for merge in merges)) if merges else None,
        since=said["until"] if said is not None else (need["said_not_fixed_at"] or "") if stage == "done" else "",
        work=live["work"] if live is not None and stage == "linked" else "", work_name=work["name"] if work else "",
        starts_on=work["starts_on"] if work else None, phase=work["phase"] if work else "",
        reason=own["reason"] if own and stage == "rejected" else "",
        held=bool(own and own["held"] >= change) or any(notice["held"] == change for notice in notices),
        silent=reopened or need["contested"] or any(row["contested"] for row in (*links, *merges, *ruled)))


def voices(c: Connection, *, needs: Collection[str] | None = None, senders: Collection[str] | None = None, stopped: bool = False
           ) -> list[Voice]:
    """Who speaks for needs and may be told: a report of theirs that stands and is open, or their "me too" for such a one.

    Each phone once a need and all that are merged with it, by its own newest report where it has one, since the first time it
    spoke. Only phones whose number this node keeps: another node tells its own. `stopped`: also those that want no texts.
    """
    wanted = heads.members(c, needs) if needs is not None else None
    said = speakers(wanted, senders)
    rows = c.execute(_reachable(said, stopped)).all()
    head = wanted if wanted is not None else heads.members(c, {row.need for row in rows})
    found: dict[tuple[str, str], Voice] = {}
    for need, sender, report, reference, since, own in sorted(rows, key=lambda r: (r.own, r.since, r.id), reverse=True):
        first = found.get((head[need], sender))
        found[head[need], sender] = (
            Voice(head[need], sender, report, reference, since, bool(own), (need,)) if first is None else
            replace(first, since=min(first.since, since), parts=tuple(sorted({*first.parts, need}))))
    return list(found.values())


def speakers(needs: Collection[str] | None, senders: Collection[str] | None = None, *wanted: str) -> Subquery:
    """(need, sender, id, reference, since, own), or what is wanted of these, of every report that stands and is open, and of every
    "me too" for such a one."""
    open_ = (REPORT.c.need.is_not(None), REPORT.c.restricted.is_(False), REPORT.c.intent != "protection", REPORT.c.status != "cancelled")
    halves = []
    for sender, since, own in ((REPORT.c.sender, REPORT.c.filed_at, 1), (SUPPORT.c.sender, SUPPORT.c.at, 0)):
        columns = {"need": REPORT.c.need, "sender": sender, "id": REPORT.c.id, "reference": REPORT.c.reference, "since": since,
                   "own": literal(own)}
        half = select(*(columns[name].label(name) for name in wanted or columns)).select_from(REPORT).where(
            *open_, *_asked(sender, needs, senders))
        halves.append(half if own else half.join(SUPPORT, SUPPORT.c.report == REPORT.c.id))
    return union_all(*halves).subquery("said")


def _asked(sender: Any, needs: Collection[str] | None, senders: Collection[str] | None) -> list[Any]:
    return [column.in_(sorted(some)) for column, some in ((REPORT.c.need, needs), (sender, senders)) if some is not None]


def _reachable(said: Any, stopped: bool = False) -> Select[Any]:
    """What was said by phones whose number is kept here and which may be written to."""
    known = select(said).join(CONTACT, CONTACT.c.sender == said.c.sender)
    return known if stopped else known.where(said.c.sender.not_in(select(SENDER.c.id).where(SENDER_STOPPED)))


def tellings(c: Connection, needs: Collection[str], senders: Collection[str] | None = None) -> dict[tuple[str, str], list[Telling]]:
    """What each phone was told of the wholes of these needs, each thing once a reply, in the order of the journal."""
    head = heads.members(c, needs)
    asked = [TOLD.c.need.in_(sorted(head)), *([TOLD.c.sender.in_(sorted(senders))] if senders is not None else [])]
    rows = c.execute(select(TOLD, REPLY.c.state, REPLY.c.reason).join(REPLY, REPLY.c.id == TOLD.c.reply)
                     .where(*asked).order_by(TOLD.c.position)).mappings()
    found: dict[tuple[str, str], dict[tuple[str, str], Telling]] = {}
    for row in rows:
        found.setdefault((head[row["need"]], row["sender"]), {}).setdefault((row["reply"], row["change"] + row["stage"]), _telling(row))
    return {phone: list(told.values()) for phone, told in found.items()}


def _telling(row: Any) -> Telling:
    return Telling(row["need"], row["sender"], row["stage"], (row["stage"], row["work"], row["since"]), row["change"], moment(row["at"]),
                   row["reply"], row["state"], row["reason"], row["report"])


def last_told(said: Iterable[Telling]) -> Telling | None:
    """The telling of how the need stands that counts: of the latest decision, and of several of that the last."""
    return max((t for t in reversed(list(said)) if t.counts and t.stage != ASKED), key=lambda t: t.change, default=None)


def is_news(stand: Stand, voice: Voice, said: Sequence[Telling], oldest: datetime) -> bool:
    """Whether this phone is still to be told how the need stands: it spoke before the change, and would notice it.

    What was decided before the last that it was told is another need's, merged with this one or parted from it since; and what
    was told of one decision is never told of it again, however often needs are merged and parted.
    """
    last = last_told(said)
    if stand.silent or stand.held or stand.stands_from < oldest or moment(voice.since) > stand.at:
        return False
    if any(t.counts and (t.key, t.change) == (stand.key, stand.change) for t in said):
        return False
    return stand.key != last.key and stand.change >= last.change if last else stand.key != NOTHING


def waiting(c: Connection, stand: Stand, oldest: datetime) -> int:
    """How many phones would be told of a need as it stands, were it not held back."""
    if stand.silent or stand.stands_from < oldest:
        return 0
    free, at, said = replace(stand, held=False), iso(stand.at), tellings(c, [stand.need])
    # of thousands only how many they are is read: whoever spoke in time and was told nothing is as everybody else
    whole = sorted(heads.members(c, [stand.need]))
    spoke = speakers(whole, None, "sender", "since")
    in_time = _reachable(select(spoke.c.sender).where(spoke.c.since <= at).group_by(spoke.c.sender).subquery("in_time")).subquery("phones")
    heard = select(TOLD.c.sender).where(TOLD.c.need.in_(whole))
    told = c.execute(select(in_time).where(in_time.c.sender.in_(heard))).scalars().all() if said else ()

    def hears(phone: str) -> bool:
        return is_news(free, Voice(stand.need, phone, "", "", at, own=False, parts=()), said.get((stand.need, phone), ()), oldest)
    others = c.execute(select(func.count()).select_from(in_time)).scalar_one() - len(told) if hears("") else 0
    return sum(map(hears, told)) + others


def withdrawn(c: Connection, replies: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Replies that tell what no longer stands, what a person holds back, or what is no longer theirs to hear: {reply: why}."""
    ids = [reply["id"] for reply in replies if reply["kind"] in KINDS]
    if not ids:
        return {}
    rows = find(c, TOLD, "reply", ids)
    reports = {r["id"]: r for r in find(c, REPORT, "id", [row["report"] for row in rows])}
    head = heads.members(c, {row["need"] for row in rows} | {r["need"] for r in reports.values() if r["need"]})
    now = stands(c, head)
    found: dict[str, str] = {}
    for row in rows:
        stand, report = now.get(head[row["need"]]), reports.get(row["report"])
        key = ("done" if row["stage"] == ASKED else row["stage"], row["work"], row["since"])
        speaks = (report is not None and report["restricted"] is not None and not report["restricted"] and report["need"] is not None
                  and report["status"] != "cancelled" and head[report["need"]] == head[row["need"]])
        if stand is None or not speaks or stand.silent or stand.key != key:
            found[row["reply"]] = UNDONE
        elif stand.held:
            found.setdefault(row["reply"], HELD_BACK)
    return found


def unwanted(c: Connection, replies: Iterable[dict[str, Any]]) -> dict[str, str]:
    """What a person wrote to a phone about a report that few may read by now, or that is gone: it does not leave."""
    ids = [reply["id"] for reply in replies if reply["kind"] == ANSWER]
    if not ids:
        return {}
    about = {fact.about[0]: fact["report"] for fact in facts_about(c, ids, ["reply_queued"])}
    reports = {row["id"]: row for row in find(c, REPORT, "id", sorted({str(report) for report in about.values()}))}
    return {reply: UNDONE for reply, report in about.items()
            if report not in reports or reports[report]["restricted"]}


def lately(c: Connection, senders: Collection[str], now: datetime) -> dict[str, str | None]:
    """Who has one of these texts under way (None) or got one within a day, and when the last left: at most one a day."""
    rows = c.execute(select(REPLY.c.sender, REPLY.c.state, REPLY.c.settled_at).where(
        REPLY.c.sender.in_(sorted(senders)), REPLY.c.kind.in_(sorted(KINDS)),
        or_(REPLY.c.state == "queued", and_(REPLY.c.state.in_((*LEFT, "uncertain")), tasks.lately(REPLY.c.settled_at, now, DAY))))).all()
    found: dict[str, str | None] = {}
    for sender, state, settled in rows:
        under_way = state not in LEFT or (sender in found and found[sender] is None)
        found[sender] = None if under_way else max(settled, found.get(sender) or "")
    return found
