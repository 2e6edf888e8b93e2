"""Work that is due, in SQL: claimed under a lease, tried at most five times, then put aside for a person to see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, or_, select, update

from gateway.journal.canonical import iso
from gateway.journal.rows import Row, insert, insert_new
from gateway.journal.tables import Task, table

TASK = table(Task)
AGAIN = "again"  # to classify once more, with what the words, the model and the lessons say now
MOST_ATTEMPTS = 5
AIR = "air"  # a broadcast: put into the outbox as much of it as may leave
ERASE = "erase"  # of a sender who asked for it by text
LEASE = timedelta(seconds=30)
FEW = 16
MOST_IN_ONE = 500  # rows of one statement: a database takes only so many parameters
LONGEST_WAIT = timedelta(days=1)  # nothing is put off or held so long: a later time was set by a clock that was wrong, and is over
BACKOFF_SECONDS = (1, 2, 10, 30, 60)  # never at once: what failed would be tried again before what waits behind it


_FAILED = update(TASK).where(TASK.c.kind == bindparam("k"), TASK.c.subject == bindparam("s")).values(
    leased_until=None, error=bindparam("e"), due_at=bindparam("at"), quarantined_at=bindparam("aside"))


@dataclass(frozen=True, slots=True)
class Claim:
    """`interrupted`: an earlier attempt ended without a word, so nobody knows how far it came."""

    subject: str
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Quarantined:
    kind: str
    subject: str
    attempts: int
    error: str
    since: str


def lately(column: ColumnElement[str], now: datetime, span: timedelta) -> ColumnElement[bool]:
    """Whether something happened within a span. What lies a day ahead and more was written by a clock that was wrong, and is over."""
    return column.between(iso(now - span), iso(now + LONGEST_WAIT))


def add(c: Connection, kind: str, subjects: Iterable[str], due_at: str) -> None:
    insert(c, TASK, _rows(kind, dict.fromkeys(subjects, 0), due_at))


def add_missing(c: Connection, kind: str, subjects: Iterable[str], due_at: str) -> None:
    """Add what is not on the list already; in one order, so that two who add the same wait for each other and never deadlock."""
    wanted = sorted(subjects)
    for at in range(0, len(wanted), MOST_IN_ONE):
        insert_new(c, TASK, _rows(kind, dict.fromkeys(wanted[at:at + MOST_IN_ONE], 0), due_at), "subject")


def _rows(kind: str, attempts: Mapping[str, int], due_at: str) -> list[Row]:
    return [{"kind": kind, "subject": subject, "due_at": due_at, "attempts": n, "leased_until": None, "error": None,
             "quarantined_at": None} for subject, n in attempts.items()]


def claim(c: Connection, kind: str, now: datetime, most: int, *, lease: timedelta = LEASE, apart: bool = False,
          only: ColumnElement[bool] | None = None) -> list[Claim]:
    """Take up to `most` due tasks; a task whose lease ran out five times is put aside instead.

    `apart`: what failed before is not taken together with what is new; whichever waits longest comes first. `only`: those of which
    this holds.

    The attempt is counted before the work, so that a text that kills its worker is counted too. Among what was interrupted
    may be what interrupted it: those are taken when nothing else is due, a few together, then each alone, so that it takes
    no others along.
    """
    never = iso(now + LONGEST_WAIT)
    free = or_(TASK.c.leased_until.is_(None), TASK.c.leased_until < iso(now), TASK.c.leased_until > never)
    due = select(TASK.c.subject, TASK.c.attempts, TASK.c.leased_until).where(
        TASK.c.quarantined_at.is_(None), TASK.c.kind == kind, or_(TASK.c.due_at <= iso(now), TASK.c.due_at > never), free
    ).order_by(TASK.c.due_at).limit(most)
    if only is not None:
        due = due.where(only)
    if c.dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True)
    rows = c.execute(due).all()
    spent = [subject for subject, attempts, _ in rows if attempts >= MOST_ATTEMPTS]
    able = [(attempts, Claim(subject, leased is not None)) for subject, attempts, leased in rows if attempts < MOST_ATTEMPTS]
    new = [(attempts, claim) for attempts, claim in able if not claim.interrupted]
    if apart:
        new = [(attempts, claim) for attempts, claim in new if bool(attempts) == bool(new[0][0])]
    few = [claim for attempts, claim in able if attempts == 1][:FEW]
    taken = [claim for _, claim in new] or few or [claim for _, claim in able[:1]]
    if spent:
        c.execute(update(TASK).where(TASK.c.kind == kind, TASK.c.subject.in_(spent)).values(
            quarantined_at=iso(now), error=func.coalesce(TASK.c.error, "its worker died every time")))
    if taken:
        c.execute(update(TASK).where(TASK.c.kind == kind, TASK.c.subject.in_([t.subject for t in taken])).values(
            attempts=TASK.c.attempts + 1, leased_until=iso(now + lease)))
    return taken


def is_due(c: Connection, kind: str, now: datetime) -> bool:
    """Whether anything of this kind is due; cheaper than to claim it where there is nearly never any."""
    at = or_(TASK.c.due_at <= iso(now), TASK.c.due_at > iso(now + LONGEST_WAIT))
    return c.execute(select(TASK.c.subject).where(TASK.c.quarantined_at.is_(None), TASK.c.kind == kind, at).limit(1)).first() is not None


def held(c: Connection, kind: str, subjects: Sequence[str]) -> list[str]:
    """Those of the subjects that are still on the list, and nobody's but ours until the commit.

    PostgreSQL lets who claims lock rows that turn out to be claimed already: whoever settles waits for them here, with empty hands.
    """
    return list(c.execute(select(TASK.c.subject).where(TASK.c.kind == kind, TASK.c.subject.in_(subjects))
                          .order_by(TASK.c.subject).with_for_update()).scalars())


def take_off(c: Connection, kind: str, subjects: Sequence[str]) -> dict[str, int]:
    """Take tasks off the list; {subject: attempts} of those that were there: somebody else may have finished the others.

    Work that reads what its tasks are about takes them off before and not after: whoever adds the same task meanwhile, for
    what it changed, waits for us and then finds it gone.
    """
    if not subjects:
        return {}
    return {subject: attempts for subject, attempts in c.execute(
        delete(TASK).where(TASK.c.kind == kind, TASK.c.subject.in_(subjects)).returning(TASK.c.subject, TASK.c.attempts))}


def put_back(c: Connection, kind: str, attempts: Mapping[str, int], failures: Mapping[str, str], now: datetime) -> None:
    """Tasks that were taken off and failed, with the attempts they have behind them, as `fail` leaves them."""
    insert(c, TASK, [{"kind": kind, "subject": subject, "attempts": n, "leased_until": None, "error": failures[subject][:300],
                      "due_at": iso(now + _pause(n)), "quarantined_at": iso(now) if n >= MOST_ATTEMPTS else None}
                     for subject, n in attempts.items()])


def give_back(c: Connection, kind: str, subjects: Sequence[str], leased_until: str) -> None:
    """It was the database that failed: what was claimed under this lease, and nobody finished or took over, was not tried."""
    for at in range(0, len(subjects), MOST_IN_ONE):
        c.execute(update(TASK).where(TASK.c.kind == kind, TASK.c.subject.in_(subjects[at:at + MOST_IN_ONE]),
                                     TASK.c.leased_until == leased_until).values(attempts=TASK.c.attempts - 1, leased_until=None))


def _pause(attempts: int) -> timedelta:
    return timedelta(seconds=BACKOFF_SECONDS[min(attempts, MOST_ATTEMPTS) - 1])


def fail(c: Connection, kind: str, failures: dict[str, str], now: datetime) -> None:
    """Give failed tasks back with a growing pause; the fifth failure puts them aside."""
    rows = c.execute(select(TASK.c.subject, TASK.c.attempts).where(TASK.c.kind == kind, TASK.c.subject.in_(failures))).all()
    if rows:
        c.execute(_FAILED, [{
            "k": kind, "s": subject, "e": failures[subject][:300],
            "at": iso(now + _pause(attempts)),
            "aside": iso(now) if attempts >= MOST_ATTEMPTS else None} for subject, attempts in rows])


def postpone(c: Connection, kind: str, until: Mapping[str, datetime], *, interrupted: Collection[str] = ()) -> None:
    """Not now, each at its own time: quiet hours, or the provider asked for patience. The attempt does not count.

    Those `interrupted` stay so: nobody knows yet how far an earlier attempt came.
    """
    if until:
        moment_before = timedelta(milliseconds=1)
        c.execute(update(TASK).where(TASK.c.kind == kind, TASK.c.subject == bindparam("s")).values(
            due_at=bindparam("at"), leased_until=bindparam("lease"), attempts=TASK.c.attempts - 1), [
                {"s": s, "at": iso(at), "lease": iso(at - moment_before) if s in interrupted else None} for s, at in until.items()])


def release(c: Connection, kind: str, subject: str, now: datetime) -> bool:
    """A person sends a quarantined task back to work."""
    done = c.execute(update(TASK).where(TASK.c.kind == kind, TASK.c.subject == subject, TASK.c.quarantined_at.is_not(None)).values(
        quarantined_at=None, attempts=0, leased_until=None, due_at=iso(now)).returning(TASK.c.subject)).first()
    return done is not None


def quarantined(c: Connection) -> list[Quarantined]:
    return [Quarantined(*row) for row in c.execute(
        select(TASK.c.kind, TASK.c.subject, TASK.c.attempts, TASK.c.error, TASK.c.quarantined_at)
        .where(TASK.c.quarantined_at.is_not(None)).order_by(TASK.c.quarantined_at.desc()).limit(500))]


def backlog(c: Connection, now: datetime, only: ColumnElement[bool] | None = None) -> dict[str, tuple[int, str | None]]:
    """How many tasks of each kind are due now, and since when the oldest is; `only` those of which this holds."""
    due = select(TASK.c.kind, func.count(), func.min(TASK.c.due_at)).where(TASK.c.quarantined_at.is_(None), TASK.c.due_at <= iso(now))
    if only is not None:
        due = due.where(only)
    return {kind: (count, oldest) for kind, count, oldest in c.execute(due.group_by(TASK.c.kind))}
