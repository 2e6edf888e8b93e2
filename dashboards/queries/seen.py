"""Which reports may be seen at all, said once: every other query starts from here.

A report is open once it was classified and found not restricted. Unsure means restricted.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Subquery, and_, case, func, or_, select, union

from gateway.journal.tables import (
    Account,
    Entry,
    Head,
    Link,
    Message,
    Need,
    Programme,
    Reply,
    Report,
    Support,
    Told,
    Work,
    Writer,
    table,
)

ACCOUNT, ENTRY, WRITER = table(Account), table(Entry), table(Writer)
MESSAGE, REPORT, SUPPORT, REPLY = table(Message), table(Report), table(Support), table(Reply)
TOLD, NEED, LINK, WORK, PROGRAMME = table(Told), table(Need), table(Link), table(Work), table(Programme)
HEAD = table(Head)

PAGE = 50  # rows of a list
IS_OPEN = REPORT.c.restricted.is_(False)
IS_NONE = ("rejected", "not_found")  # statuses of what a person looked at and found to be no need
STANDS = and_(IS_OPEN, REPORT.c.status != "cancelled")  # the resident has not taken it back


STANDS_FOR = func.coalesce(HEAD.c.head, REPORT.c.need)  # the need that a page shows: people may have merged it with others


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


def is_whole() -> Any:
    """Whether a need stands for itself; one that is merged with an elder is shown with it."""
    return ~select(HEAD.c.need).where(HEAD.c.need == NEED.c.id, HEAD.c.head != NEED.c.id).exists()


# Facts of a text about a report that an earlier text made: (report, message), and (message, report).
COMPLETING = ("report_completed", "report_corrected", "report_extended")
ASKING = ("command_given", "message_repeated")


def tells_of_restricted(message: Any) -> Any:
    """Whether a text says something about a restricted report: it made it, completed it, or was a command about it."""
    made = select(REPORT.c.id).where(REPORT.c.message == message, REPORT.c.restricted.is_(True)).exists()
    completed = (select(ENTRY.c.seq).join(REPORT, REPORT.c.id == ENTRY.c.subject).where(
        ENTRY.c.other == message, ENTRY.c.kind.in_(COMPLETING), REPORT.c.restricted.is_(True)).exists())
    asked = (select(ENTRY.c.seq).join(REPORT, REPORT.c.id == ENTRY.c.other).where(
        ENTRY.c.subject == message, ENTRY.c.kind.in_(ASKING), REPORT.c.restricted.is_(True)).exists())
    return or_(made, completed, asked)


def tells_of_closed(reply: Any) -> Any:
    """Whether a reply told how a need stands by a report that has since turned out restricted, or is not classified."""
    return (select(TOLD.c.id).join(REPORT, REPORT.c.id == TOLD.c.report)
            .where(TOLD.c.reply == reply, REPORT.c.restricted.is_not(False)).exists())


def page_of(number: int) -> tuple[int, int]:
    """(limit, offset) of a page; one row more than is shown tells whether there is a next one."""
    return PAGE + 1, (number - 1) * PAGE

