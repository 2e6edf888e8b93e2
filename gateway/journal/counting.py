"""What is counted of each need, with all that is merged into it: kept in `counted`, and found again from the reports.

A fold that changes what counts of a need leaves a mark (`uncounted`), in its transaction; the worker counts marked needs anew every few
seconds. Whoever reads meanwhile counts the marked ones himself (`counted`), so that no figure is ever older than the last commit, and
what is kept costs the intake nothing: a text stands in no need yet when it is filed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy import Integer as Whole

from gateway.journal.database import Database
from gateway.journal.rows import upsert
from gateway.journal.tables import REPORT_STANDS_IN_NEED, Counted, Head, Need, Report, Support, Uncounted, table

REPORT, SUPPORT, HEAD, NEED = table(Report), table(Support), table(Head), table(Need)
COUNTED, UNCOUNTED = table(Counted), table(Uncounted)
IS_OPEN = REPORT.c.restricted.is_(False)
STANDS = and_(IS_OPEN, REPORT.c.status != "cancelled")  # the resident has not taken it back
STANDS_FOR = func.coalesce(HEAD.c.head, REPORT.c.need)  # the need that a page shows: people may have merged it with others
COUNTS = ("reports", "urgency", "calm", "crowd", "people", "quiet")
TOLD_OF = ("need", "sender", "status", "restricted", "surge", "urgency")  # of a report: what counts of it
MOST_MARKED = 500  # more are not counted apart from the rest: a walk over all costs less than asking for most by name
AT_ONCE = 100      # needs that are counted in one transaction: texts wait for it
_LOCK = 0x62617272  # of PostgreSQL: one process counts at a time, lest an older count come last


def voices(*conditions: Any) -> Subquery:
    """(need, sender) of everybody who reported a need or said "me too": each phone once."""
    reported = (select(STANDS_FOR.label("need"), REPORT.c.sender).outerjoin(HEAD, HEAD.c.need == REPORT.c.need)
                .where(REPORT.c.need.is_not(None), STANDS, *conditions))
    supported = (select(STANDS_FOR, SUPPORT.c.sender).select_from(REPORT).join(SUPPORT, REPORT.c.id == SUPPORT.c.report)
                 .outerjoin(HEAD, HEAD.c.need == REPORT.c.need).where(REPORT.c.need.is_not(None), IS_OPEN, *conditions))
    return union(reported, supported).subquery("voices")


def calm_voices(*conditions: Any) -> Subquery:
    """The same without those who are known only as part of a crowd that sent the same words."""
    return voices(REPORT.c.surge.is_(False), *conditions)


def reports_of_needs(*conditions: Any) -> Select[Any]:
    """(need, reports, urgency, newest, calm, crowd): a need appears here only if at least one of its reports is open.

    `calm` is the urgency without the reports of a crowd, `crowd` how many those are.
    """
    standing = REPORT.c.status != "cancelled"
    return (select(STANDS_FOR.label("need"), func.sum(case((standing, 1), else_=0)).label("reports"),
                   func.coalesce(func.max(case((standing, REPORT.c.urgency))), 1).label("urgency"),
                   func.max(REPORT.c.filed_at).label("newest"),
                   func.coalesce(func.max(case((and_(standing, REPORT.c.surge.is_(False)), REPORT.c.urgency))), 1).label("calm"),
                   func.sum(case((and_(standing, REPORT.c.surge.is_(True)), 1), else_=0)).label("crowd"))
            .select_from(REPORT).outerjoin(HEAD, HEAD.c.need == REPORT.c.need)
            .where(REPORT.c.need.is_not(None), IS_OPEN, *conditions).group_by(STANDS_FOR))


@dataclass(frozen=True, slots=True)
class Recount:
    """The needs of which nothing kept should be read, and the rows of those of them that have an open report, as `counted` has them.

    `lost` says that they are so many that nothing kept should be read of any.
    """

    needs: tuple[str, ...] = ()
    rows: tuple[Any, ...] = ()
    lost: bool = False

    @property
    def whole(self) -> Any:
        """What to read of all others."""
        return anew().subquery("whole") if self.lost else COUNTED

    @property
    def kept(self) -> ColumnElement[bool]:
        """Which rows of that are true."""
        return COUNTED.c.need.not_in(self.needs) if self.needs else true()


def recount(c: Connection) -> Recount:
    """What was marked, counted now, for whoever puts it beside what is kept instead of asking for both at once (`counted`)."""
    if (marked := marks(c)) is None:
        return Recount(lost=True)
    heads = _heads(c, marked)
    return Recount(tuple(heads), tuple(c.execute(anew(_whole(c, heads))).all())) if heads else Recount()


def counts_of(c: Connection, needs: Collection[str]) -> dict[str, Any]:
    """The rows of some needs, as `counted` has them; the marked ones of all others are left alone."""
    marked = marks(c)
    doubtful = sorted(needs) if marked is None else sorted({*needs}.intersection(_heads(c, marked)))
    rows = c.execute(select(*(COUNTED.c[name] for name in ("need", *COUNTS, "opened_at"))).where(
        COUNTED.c.need.in_({*needs}.difference(doubtful)))).all()
    fresh = c.execute(anew(_whole(c, doubtful))).all() if doubtful else ()
    return {row.need: row for row in (*rows, *fresh)}


def counted(c: Connection, need: str = "") -> Select[Any]:
    """(need, reports, urgency, calm, crowd, people, quiet, opened_at) of every need with an open report, or of one; true to the commit."""
    kept = select(*(COUNTED.c[name] for name in ("need", *COUNTS, "opened_at")))
    whole = None
    if need:
        kept, whole = kept.where(COUNTED.c.need == need), _whole(c, [need])
    if (marked := marks(c)) is None:
        return anew(whole)
    heads = _heads(c, marked)
    if not heads or (need and need not in heads):
        return kept
    if need:
        return anew(whole)
    return union_all(kept.where(COUNTED.c.need.not_in(heads)), anew(_whole(c, heads))).subquery("both").select()


def is_spoken_for(need: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a report of this need itself stands, or somebody said "me too" of one; else nobody asks for it any more."""
    # a value and no condition: for that PostgreSQL might look at all reports there are, and few needs ask it at all
    supporter = select(SUPPORT.c.id).join(REPORT, REPORT.c.id == SUPPORT.c.report).where(REPORT.c.need == need, IS_OPEN).limit(1)
    return or_(select(REPORT.c.id).where(REPORT.c.need == need, REPORT_STANDS_IN_NEED).exists(),
               supporter.scalar_subquery().is_not(None))


def seen(c: Connection, needs: Collection[str]) -> set[str]:
    """Those of the needs for which somebody speaks by a report of their own."""
    marked, asked = marks(c), set(needs)
    # what is merged is counted together: of its parts only the reports can tell
    unsure = asked if marked is None else asked & {*marked, *c.execute(select(HEAD.c.need)).scalars()}
    found: set[str] = set()
    if len(unsure) < len(asked):
        kept = select(COUNTED.c.need).where(COUNTED.c.people > 0)
        found.update(c.execute(kept if len(asked) > MOST_MARKED else kept.where(COUNTED.c.need.in_(asked))).scalars())
        found = (found & asked) - unsure
    own = select(NEED.c.id).where(is_spoken_for(NEED.c.id))
    if len(unsure) > MOST_MARKED:
        found.update(unsure.intersection(c.execute(own).scalars()))
    elif unsure:
        found.update(c.execute(own.where(NEED.c.id.in_(unsure))).scalars())
    return found


def has_open(c: Connection) -> ColumnElement[bool]:
    """Whether a need that stands for itself has an open report, its own or of what is merged with it: as it is counted."""
    own = select(REPORT.c.id).where(REPORT.c.need == NEED.c.id, IS_OPEN).exists()
    merged = select(REPORT.c.id).join(HEAD, HEAD.c.need == REPORT.c.need).where(HEAD.c.head == NEED.c.id, IS_OPEN).correlate(NEED).exists()
    if (marked := marks(c)) is None:
        return or_(own, merged)
    kept, heads = select(COUNTED.c.need).where(COUNTED.c.need == NEED.c.id).exists(), _heads(c, marked)
    return or_(and_(kept, NEED.c.id.not_in(heads)), and_(NEED.c.id.in_(heads), or_(own, merged))) if heads else kept


def marks(c: Connection) -> list[str] | None:
    """The needs that are to be counted anew; None when they are so many that nothing kept should be read."""
    found = list(c.execute(select(UNCOUNTED.c.need).limit(MOST_MARKED + 1)).scalars())
    return None if len(found) > MOST_MARKED else found


def mark(c: Connection, needs: Iterable[str | None]) -> None:
    """Something that counts of these needs changed in this transaction."""
    # replaced and not left alone: whoever counts it now must wait for us, or we for them
    upsert(c, UNCOUNTED, [{"need": need, "again": True} for need in sorted({need for need in needs if need})])


def mark_changed(c: Connection, before: Iterable[dict[str, Any]], after: Iterable[dict[str, Any]]) -> None:
    """These rows of reports were folded: mark the needs of those of which something changed that counts."""
    was = {row["id"]: row for row in before}
    touched: list[str | None] = []
    for row in after:
        old = was.pop(row["id"], None)
        if old is None:
            touched.append(row["need"])
        elif any(old[name] != row[name] for name in TOLD_OF):
            touched += old["need"], row["need"]
    mark(c, [*touched, *(row["need"] for row in was.values())])


def mark_reports(c: Connection, reports: Sequence[str]) -> None:
    """Somebody said "me too" of these reports, or took it back."""
    mark(c, c.execute(select(REPORT.c.need).where(REPORT.c.id.in_(reports), REPORT.c.need.is_not(None))).scalars())


def mark_all(c: Connection) -> None:
    """Nothing is kept yet: the database is older than this table."""
    c.execute(delete(UNCOUNTED))
    c.execute(insert(UNCOUNTED).from_select(["need", "again"], select(NEED.c.id, NEED.c.id != "")))


def count_all(c: Connection) -> None:
    """Count every need, in one walk."""
    if c.dialect.name == "postgresql":
        c.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    c.execute(delete(UNCOUNTED))
    c.execute(delete(COUNTED))
    c.execute(insert(COUNTED).from_select(["need", *COUNTS, "opened_at"], anew()))


def count_marked(database: Database, at_most: int = 5_000) -> int:
    """Count what was marked, a few needs a transaction, so that no text waits long; how many were counted."""
    done = 0
    while done < at_most:
        with database.reading() as c:
            if c.execute(select(UNCOUNTED.c.need).limit(1)).first() is None:
                return done
        with database.writing() as c:
            if c.dialect.name == "postgresql" and not c.execute(select(func.pg_try_advisory_xact_lock(_LOCK))).scalar():
                return done
            some = list(c.execute(select(UNCOUNTED.c.need).order_by(UNCOUNTED.c.need).limit(AT_ONCE)
                                  .with_for_update(skip_locked=True)).scalars())
            count(c, some)
        if not some:
            return done
        done += len(some)
    return done


def count(c: Connection, marked: Sequence[str]) -> None:
    """Count these needs now, and take their marks off."""
    heads = _heads(c, marked)
    c.execute(delete(UNCOUNTED).where(UNCOUNTED.c.need.in_(marked)))
    c.execute(delete(COUNTED).where(COUNTED.c.need.in_(heads)))
    found = c.execute(anew(_whole(c, heads))).mappings()
    upsert(c, COUNTED, [dict(row) for row in found])


def differ(c: Connection) -> bool:
    """Whether what is kept is not what the reports say, marked needs aside."""
    order = ("need", *COUNTS, "opened_at")
    doubtful = select(UNCOUNTED.c.need)
    merged = select(HEAD.c.head).where(HEAD.c.need.in_(doubtful))
    kept, told = (set(map(tuple, c.execute(select(*(rows.c[name] for name in order)).where(
        rows.c.need.not_in(doubtful), rows.c.need.not_in(merged))))) for rows in (COUNTED, anew().subquery("anew")))
    return kept != told


def _heads(c: Connection, needs: Collection[str]) -> list[str]:
    """The needs, and those that stand for them."""
    return sorted({*needs, *c.execute(select(HEAD.c.head).where(HEAD.c.need.in_(list(needs)))).scalars()}) if needs else []


def _whole(c: Connection, heads: Collection[str]) -> list[str]:
    """The needs, and what is merged into them."""
    return sorted({*heads, *c.execute(select(HEAD.c.need).where(HEAD.c.head.in_(list(heads)))).scalars()})


def anew(needs: Collection[str] | None = None) -> Select[Any]:
    """The counts out of the reports themselves, of all needs or of these: each report is walked over once, phone by phone."""
    conditions = [] if needs is None else [REPORT.c.need.in_(needs)]
    named = [] if needs is None else [NEED.c.id.in_(needs)]  # a database does not see that they are the same few
    standing = REPORT.c.status != "cancelled"
    calm = and_(standing, REPORT.c.surge.is_(False))
    own = (select(REPORT.c.need, REPORT.c.sender, _sum(standing).label("reports"),
                  func.max(case((standing, REPORT.c.urgency))).label("urgency"), func.max(case((calm, REPORT.c.urgency))).label("calm"),
                  _sum(and_(standing, REPORT.c.surge.is_(True))).label("crowd"),
                  func.max(_one(standing)).label("people"), func.max(_one(calm)).label("quiet"))
           .where(REPORT.c.need.is_not(None), IS_OPEN, *conditions).group_by(REPORT.c.need, REPORT.c.sender))
    said = (select(REPORT.c.need, SUPPORT.c.sender, *[null()] * 4, literal(1), _one(REPORT.c.surge.is_(False)))
            .select_from(REPORT).join(SUPPORT, REPORT.c.id == SUPPORT.c.report).where(REPORT.c.need.is_not(None), IS_OPEN, *conditions))
    each = union_all(own, said).subquery("each")
    need = func.coalesce(HEAD.c.head, each.c.need)
    # who reported, said "me too", and did both of needs that were merged since, is one phone
    of_phone = {name: (func.sum if name in ("reports", "crowd") else func.max)(each.c[name]).label(name) for name in COUNTS}
    phones = (select(need.label("need"), *of_phone.values()).select_from(each).outerjoin(HEAD, HEAD.c.need == each.c.need)
              .group_by(need, each.c.sender).subquery("phones"))
    of_need = {name: func.coalesce(func.max(phones.c[name]), 1) if name in ("urgency", "calm") else
               cast(func.sum(phones.c[name]), Whole) for name in COUNTS}
    whole = select(phones.c.need, *(count.label(name) for name, count in of_need.items())).group_by(phones.c.need).subquery("whole")
    return select(whole.c.need, *(whole.c[name] for name in COUNTS), NEED.c.opened_at).join(
        NEED, NEED.c.id == whole.c.need).where(*named)


def _one(condition: ColumnElement[bool]) -> Any:
    return case((condition, 1), else_=0)


def _sum(condition: ColumnElement[bool]) -> Any:
    return func.sum(_one(condition))
