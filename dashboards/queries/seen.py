"""Which reports may be seen at all, said once: every other query starts from here.

A report is open once it was classified and found not restricted. Unsure means restricted.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, or_, select

from gateway.journal.counting import IS_OPEN, STANDS, STANDS_FOR, calm_voices, reports_of_needs, voices
from gateway.journal.facts import circle
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

__all__ = ["IS_OPEN", "STANDS", "STANDS_FOR", "calm_voices", "reports_of_needs", "voices"]
ACCOUNT, ENTRY, WRITER = table(Account), table(Entry), table(Writer)
MESSAGE, REPORT, SUPPORT, REPLY = table(Message), table(Report), table(Support), table(Reply)
TOLD, NEED, LINK, WORK, PROGRAMME = table(Told), table(Need), table(Link), table(Work), table(Programme)
HEAD = table(Head)

PAGE = 50  # rows of a list
IS_NONE = ("rejected", "not_found")  # statuses of what a person looked at and found to be no need


def is_whole() -> Any:
    """Whether a need stands for itself; one that is merged with an elder is shown with it."""
    return ~select(HEAD.c.need).where(HEAD.c.need == NEED.c.id, HEAD.c.head != NEED.c.id).exists()


# Facts of a text about a report that an earlier text made: (report, message), and (message, report).
COMPLETING = ("report_completed", "report_corrected", "report_extended", "answer_replied")
ASKING = ("command_given", "message_repeated")


def tells_of_restricted(message: Any) -> Any:
    """Whether a text says something about a restricted report: it made it, completed it, or was a command about it."""
    return or_(*_ways_of_telling(message))


def tells_of_none(message: Any) -> Any:
    """The same turned round, each way by itself: a database looks few texts up one by one instead of listing all that are restricted."""
    return and_(*(~way for way in _ways_of_telling(message)))


def _ways_of_telling(message: Any) -> list[Any]:
    made = select(REPORT.c.id).where(REPORT.c.message == message, REPORT.c.restricted.is_(True)).exists()
    completed = (select(ENTRY.c.seq).join(REPORT, REPORT.c.id == ENTRY.c.subject).where(
        ENTRY.c.other == message, ENTRY.c.kind.in_(COMPLETING), REPORT.c.restricted.is_(True)).exists())
    asked = (select(ENTRY.c.seq).join(REPORT, REPORT.c.id == ENTRY.c.other).where(
        ENTRY.c.subject == message, ENTRY.c.kind.in_(ASKING), REPORT.c.restricted.is_(True)).exists())
    return [made, completed, asked]


def tells_of_the_circle() -> Any:
    """Whether a text is of somebody who is greeted, or of who looks in on them, and to the circle: what they answer is theirs."""
    return MESSAGE.c.outcome.in_(circle.INTENTS)


def tells_of_closed(reply: Any) -> Any:
    """Whether a reply told how a need stands by a report that has since turned out restricted, or is not classified."""
    return (select(TOLD.c.id).join(REPORT, REPORT.c.id == TOLD.c.report)
            .where(TOLD.c.reply == reply, REPORT.c.restricted.is_not(False)).exists())


def page_of(number: int) -> tuple[int, int]:
    """(limit, offset) of a page; one row more than is shown tells whether there is a next one."""
    return PAGE + 1, (number - 1) * PAGE

