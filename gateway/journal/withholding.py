"""Bodies are taken out while their headers stay: the chain holds, the tables are folded again from what can still be read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from gateway.journal import handed, projections, soundness
from gateway.journal.entries import ENTRY, WRITER, Fact, position_of
from gateway.journal.facts.erasure import BESIDE, ERASING, Gone, gone
from gateway.journal.tables import Contact, Delivery, Duty, Listed, Mark, Task, Trace, Unseen, Wording, table

MOST_IN_ONE = 400
Place = tuple[int, int]  # the source of an entry and its number
_WITHHOLD = update(ENTRY).where(ENTRY.c.source == bindparam("b_source"), ENTRY.c.seq == bindparam("b_seq")).values(body=None)


def withhold(c: Connection, places: Sequence[Place]) -> int:
    """Take these bodies out, those that are here, and fold anew what they said; how many there were."""
    found = list(_facts(c, places))
    if not found:
        return 0
    c.execute(_WITHHOLD, [{"b_source": source, "b_seq": seq} for (source, seq), _ in found])
    projections.unfold(c, [fact for _, fact in found if fact is not None])
    return len(found)


def obey(c: Connection, facts: Iterable[Fact]) -> int:
    """Facts came that erase: what they name goes here too, the bodies and what is local. How many bodies went."""
    about = {fact.about[0] for fact in facts if fact.kind in ERASING}
    return sweep(c, about) if about else 0


def sweep(c: Connection, about: Collection[str] | None = None) -> int:
    """Take out what is gone: of these erasures, or of all there are, as after a restore."""
    erased = gone(c)
    if erased is None:
        return 0
    named = gone(c, about) if about is not None else erased
    ids = sorted({*named.ids, *named.senders}) if named else []
    places: list[Place] = []
    for at in range(0, len(ids), MOST_IN_ONE):
        some = ids[at:at + MOST_IN_ONE]
        places += _places(c, erased, or_(ENTRY.c.subject.in_(some), ENTRY.c.other.in_(some)))
    places += _places(c, erased, ENTRY.c.kind.in_(BESIDE))
    handed.keep_counts_alone(c, handed.ended(c, ids))  # before it is forgotten that they are over: the others are called back
    count = withhold(c, sorted(set(places)))
    for at in range(0, len(ids), MOST_IN_ONE):
        _clear(c, ids[at:at + MOST_IN_ONE])
    _forget_numbers(c, sorted(named.senders) if named else [])
    return count


def _places(c: Connection, erased: Gone, where: Any) -> list[Place]:
    rows = c.execute(_readable().where(where)).all()
    return [(row.source, row.seq) for row in rows if (fact := _fact(row)) is not None and erased.holds(fact)]


def _facts(c: Connection, places: Sequence[Place]) -> Iterable[tuple[Place, Fact | None]]:
    by_source: dict[int, list[int]] = {}
    for source, seq in places:
        by_source.setdefault(source, []).append(seq)
    for source, seqs in by_source.items():
        for at in range(0, len(seqs), MOST_IN_ONE):
            for row in c.execute(_readable().where(ENTRY.c.source == source, ENTRY.c.seq.in_(seqs[at:at + MOST_IN_ONE]))).all():
                yield (row.source, row.seq), _fact(row)


def _readable() -> Any:
    return (select(ENTRY.c.source, ENTRY.c.seq, ENTRY.c.lamport, ENTRY.c.body, WRITER.c.writer, WRITER.c.epoch)
            .join(WRITER, WRITER.c.id == ENTRY.c.source).where(ENTRY.c.body.is_not(None)))


def _fact(row: Any) -> Fact | None:
    return soundness.read(row.body, position_of(row.lamport, row.writer, row.epoch, row.seq))[1]


def _clear(c: Connection, ids: Sequence[str]) -> None:
    """What is local and no fold: raw bytes, tasks, marks and traces of words."""
    c.execute(update(table(Delivery)).where(table(Delivery).c.message.in_(ids), table(Delivery).c.raw != b"").values(raw=b""))
    c.execute(delete(table(Task)).where(table(Task).c.subject.in_(ids)))
    c.execute(delete(table(Listed)).where(table(Listed).c.sender.in_(ids)))
    for model in (Trace, Mark, Wording, Unseen):
        c.execute(delete(model).where(table(model).c.report.in_(ids)))


def _forget_numbers(c: Connection, senders: Sequence[str]) -> None:
    """The number of an erased sender goes, unless they wrote again since, or are told of emergencies."""
    contact = table(Contact)
    for at in range(0, len(senders), MOST_IN_ONE):
        some = senders[at:at + MOST_IN_ONE]
        kept = set(c.execute(select(table(Duty).c.sender).where(table(Duty).c.sender.in_(some))).scalars())
        kept |= projections.senders_known(c, some)
        c.execute(delete(contact).where(contact.c.sender.in_([s for s in some if s not in kept])))
