"""What is found again from the folds whenever it is lost: heads of merged needs, counts, traces of wordings."""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from gateway.journal.tables.base import ONE_TREE, Verbatim, table


class Head(SQLModel, table=True):
    """Which need stands for a merged one; found again from the merges whenever one is drawn or taken back."""

    __table_args__ = ONE_TREE
    need: str = Field(primary_key=True)
    head: str = Field(index=True)


class Counted(SQLModel, table=True):
    """What is counted of a need with all that is merged into it, as lists show and order it (`journal.counting`); local, found again."""

    __table_args__ = ONE_TREE
    need: str = Field(primary_key=True)
    reports: int
    urgency: int
    calm: int
    crowd: int
    people: int
    quiet: int
    opened_at: str


class Uncounted(SQLModel, table=True):
    """A need of which something changed since it was counted."""

    __table_args__ = ONE_TREE
    need: str = Field(primary_key=True)
    again: bool = True


class Trace(SQLModel, table=True):
    """What a report looks like to the eye that seeks its neighbours: its spot and its wording, found again from its text when gone."""

    __table_args__ = ONE_TREE
    report: str = Field(primary_key=True)
    spot: str = Field(sa_type=Verbatim)
    grams: bytes = Field(sa_type=LargeBinary)


class Mark(SQLModel, table=True):
    """By which words of its spot a report is found among those of its place and subcategory: one row for each."""

    __table_args__ = (Index("ix_mark_report", "report"), ONE_TREE)
    place_code: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    token: str = Field(primary_key=True)
    report: str = Field(primary_key=True)


class Wording(SQLModel, table=True):
    """With which words a need is spoken of: of each wording its first report, in a row whose `first` is empty, and everybody who said it.

    The row of the first one holds the letters in threes, the last report of them, and whether they were told as a crowd. Kept by
    whoever gathers; lost, it is counted anew.
    """

    __table_args__ = (Index("ix_wording_report", "report"), ONE_TREE)
    need: str = Field(primary_key=True)
    first: str = Field(primary_key=True)
    report: str = Field(primary_key=True)
    sender: str
    last: str = ""
    crowd: bool = False
    grams: bytes = Field(sa_type=LargeBinary)


class Unseen(SQLModel, table=True):
    """A report that another node gathered and that has no trace and marks here yet."""

    __table_args__ = ONE_TREE
    report: str = Field(primary_key=True)
    kind: str = "report_gathered"


_counted = table(Counted)
Index("ix_counted_order", _counted.c.calm.desc(), _counted.c.quiet.desc(), _counted.c.opened_at, _counted.c.need)
