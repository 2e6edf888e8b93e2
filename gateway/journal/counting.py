"""What is counted of each need, with all that is merged into it: kept in `counted`, and found again from the reports.

A fold that changes what counts of a need leaves a mark (`uncounted`), in its transaction; the worker counts marked needs anew every few
seconds. Whoever reads meanwhile counts the marked ones himself (`counted`), so that no figure is ever older than the last commit, and
what is kept costs the intake nothing: a text stands in no need yet when it is filed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, case, cast, delete, func, insert, null, select, union, union_all
from sqlalchemy import Integer as Whole

from gateway.journal.database import Database
from gateway.journal.rows import upsert
from gateway.journal.tables import Counted, Head, Need, Report, Support, Uncounted, table

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


def counted(c: Connection, need: str = "") -> Select[Any]:
    """(need, reports, urgency, calm, crowd, people, quiet, opened_at) of every need with an open report, or of one; true to the commit."""
    kept = select(*(COUNTED.c[name] for name in ("need", *COUNTS, "opened_at")))
    here: list[ColumnElement[bool]] = []
    if need:
        kept, here = kept.where(COUNTED.c.need == need), [REPORT.c.need.in_(_whole(c, [need]))]
    if (marked := marks(c)) is None:
        return anew(*here)
    heads = _heads(c, marked)
    if not heads or (need and need not in heads):
        return kept
    if need:
        return anew(*here)
    return union_all(kept.where(COUNTED.c.need.not_in(heads)), anew(REPORT.c.need.in_(_whole(c, heads)))).subquery("both").select()


def seen(c: Connection, needs: Collection[str]) -> set[str]:
    """Those of the needs of which a report of their own is open."""
    marked, asked = marks(c), set(needs)
    # what is merged is counted together: of its parts only the reports can tell
    unsure = asked if marked is None else asked & {*marked, *c.execute(select(HEAD.c.need)).scalars()}
    found: set[str] = set()
    if len(unsure) < len(asked):
        kept = select(COUNTED.c.need)
        found.update(c.execute(kept if len(asked) > MOST_MARKED else kept.where(COUNTED.c.need.in_(asked))).scalars())
        found = (found & asked) - unsure
    own = select(NEED.c.id).where(select(REPORT.c.id).where(REPORT.c.need == NEED.c.id, IS_OPEN).exists())
    if len(unsure) > MOST_MARKED:
        found.update(unsure.intersection(c.execute(own).scalars()))
    elif unsure:
        found.update(c.execute(own.where(NEED.c.id.in_(unsure))).scalars())
    return found


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
    found = c.execute(anew(REPORT.c.need.in_(_whole(c, heads)))).mappings()
    upsert(c, COUNTED, [dict(row) for row in found])


def differ(c: Connection) -> bool:
    """Whether what is kept is not what the reports say, marked needs aside."""
    order = ("need", *COUNTS, "opened_at")
    doubtful = select(UNCOUNTED.c.need)
    merged = select(HEAD.c.head).where(HEAD.c.need.in_(doubtful))
    kept, true = (set(map(tuple, c.execute(select(*(rows.c[name] for name in order)).where(
        rows.c.need.not_in(doubtful), rows.c.need.not_in(merged))))) for rows in (COUNTED, anew().subquery("anew")))
    return kept != true


def _heads(c: Connection, needs: Collection[str]) -> list[str]:
    """The needs, and those that stand for them."""
    return sorted({*needs, *c.execute(select(HEAD.c.head).where(HEAD.c.need.in_(list(needs)))).scalars()}) if needs else []


def _whole(c: Connection, heads: Collection[str]) -> list[str]:
    """The needs, and what is merged into them."""
    return sorted({*heads, *c.execute(select(HEAD.c.need).where(HEAD.c.head.in_(list(heads)))).scalars()})


def anew(*conditions: Any) -> Select[Any]:
    """The counts out of the reports themselves."""
    sums, said, own = reports_of_needs(*conditions).subquery("sums"), voices(*conditions), calm_voices(*conditions)
    # One under the other and not joined: a database that cannot know how large the sums are joins them by going through all for each.
    each = union_all(
        select(sums.c.need, sums.c.reports, sums.c.urgency, sums.c.calm, sums.c.crowd, _none("people"), _none("quiet")),
        select(said.c.need, *[null()] * 4, func.count(), null()).group_by(said.c.need),
        select(own.c.need, *[null()] * 5, func.count()).group_by(own.c.need)).subquery("each")
    whole = (select(each.c.need, *(func.max(each.c[name]).label(name) for name in ("reports", "urgency", "calm", "crowd")),
                    *(func.coalesce(func.max(each.c[name]), 0).label(name) for name in ("people", "quiet")))
             .group_by(each.c.need).having(func.max(each.c.reports).is_not(None)).subquery("whole"))
    return select(whole.c.need, *(whole.c[name] for name in COUNTS), NEED.c.opened_at).join(NEED, NEED.c.id == whole.c.need)


def _none(name: str) -> Any:
    return cast(null(), Whole).label(name)
