"""Which reports may be seen at all, said once: every other query starts from here.

A report is open once it was classified and found not restricted. Unsure means restricted.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Subquery, and_, case, func, or_, select, union

from gateway.journal.tables import Account, Entry, Link, Message, Need, Programme, Reply, Report, Support, Work, Writer, table

ACCOUNT, ENTRY, WRITER = table(Account), table(Entry), table(Writer)
MESSAGE, REPORT, SUPPORT, REPLY = table(Message), table(Report), table(Support), table(Reply)
NEED, LINK, WORK, PROGRAMME = table(Need), table(Link), table(Work), table(Programme)

PAGE = 50  # rows of a list
IS_OPEN = REPORT.c.restricted.is_(False)
STANDS = and_(IS_OPEN, REPORT.c.status != "cancelled")  # the resident has not taken it back


def voices(*conditions: Any) -> Subquery:
    """(need, sender) of everybody who reported a need or said "me too": each phone once."""
    reported = select(REPORT.c.need, REPORT.c.sender).where(REPORT.c.need.is_not(None), STANDS, *conditions)
    supported = (select(REPORT.c.need, SUPPORT.c.sender).join(REPORT, REPORT.c.id == SUPPORT.c.report)
                 .where(REPORT.c.need.is_not(None), IS_OPEN, *conditions))
    return union(reported, supported).subquery("voices")


def reports_of_needs(*conditions: Any) -> Select[Any]:
    """(need, reports, urgency, newest): a need appears here only if at least one of its reports is open."""
    standing = REPORT.c.status != "cancelled"
    return (select(REPORT.c.need, func.sum(case((standing, 1), else_=0)).label("reports"),
                   func.coalesce(func.max(case((standing, REPORT.c.urgency))), 1).label("urgency"),
                   func.max(REPORT.c.filed_at).label("newest"))
            .where(REPORT.c.need.is_not(None), IS_OPEN, *conditions).group_by(REPORT.c.need))


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


def page_of(number: int) -> tuple[int, int]:
    """(limit, offset) of a page; one row more than is shown tells whether there is a next one."""
    return PAGE + 1, (number - 1) * PAGE

