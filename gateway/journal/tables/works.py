"""Programmes and their works, what is known of places and costs, rankings, and figures that were published."""

from __future__ import annotations

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from gateway.journal.tables.base import ONE_TREE, Verbatim


class Programme(SQLModel, table=True):
    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    name: str
    sponsor: str
    currency: str
    kind: str
    starts_on: str | None = None
    ends_on: str | None = None
    phone: str = ""


class Work(SQLModel, table=True):
    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    programme: str = Field(index=True)
    name: str
    component: str
    place_code: str = Field(index=True)
    phase: str
    budget: int
    starts_on: str | None = None
    ends_on: str | None = None
    phase_since: str | None = None
    physical_pct: int | None = None
    financial_pct: int | None = None
    beneficiaries: int | None = None
    officer: str = ""
    recorded: str | None = None  # the phase that a file said, once somebody saw on the spot how far it is
    note: str = Field(default="", sa_type=Verbatim)
    said_by: str | None = None
    said_at: str | None = None
    entry: str | None = None
    contested: bool = False


class Component(SQLModel, table=True):
    """A kind of work of a programme; `primary`, `secondary` (categories) and `rules` are JSON lists."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    programme: str = Field(index=True)
    code: str
    primary: str = "[]"
    secondary: str = "[]"
    rules: str = "[]"
    unit: str = ""
    unit_cost: int | None = None


class Catchment(SQLModel, table=True):
    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    work: str = Field(index=True)
    place: str
    share: float
    role: str


class BudgetLine(SQLModel, table=True):
    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    work: str = Field(index=True)
    component: str
    year: int
    source: str
    approved: int
    committed: int
    spent: int
    as_of: str


class Milestone(SQLModel, table=True):
    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    work: str = Field(index=True)
    name: str
    due: str | None = None
    done: str | None = None
    evidence: str = Field(default="", sa_type=Verbatim)
    announce: bool = False


class PlaceFact(SQLModel, table=True):
    """What is known of a place: `value` is `true`, `false`, a number, or empty where it is not known any more."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    place: str = Field(index=True)
    fact: str
    value: str
    as_of: str
    source: str


class NeedCost(SQLModel, table=True):
    """What a person says a need would cost, by the need's id."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    cost: int | None = None
    source: str = Field(default="", sa_type=Verbatim)
    by: str
    at: str
    entry: str
    contested: bool = False


class Decision(SQLModel, table=True):
    """What the council decided about priorities; `weights` is JSON by factor."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    decided_on: str
    source: str = Field(sa_type=Verbatim)
    weights: str
    kappa: float
    city_rate: float | None = None
    city_invested: float | None = None
    floor: float
    deprived_from: float
    by: str
    at: str


class Run(SQLModel, table=True):
    """A ranking that was made; `inputs` is all that it read (`matching.plain`)."""

    __table_args__ = (Index("ix_run_position", "position"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    as_of: str
    decision: str = ""
    version: int
    needs: int
    works: int
    inputs: str = Field(sa_type=Text)
    result: str
    by: str
    at: str


class Proposal(SQLModel, table=True):
    """What a person said of a need and a work that a run put together, with the factors that they saw."""

    __table_args__ = (Index("ix_proposal_position", "position"), ONE_TREE)
    id: str = Field(primary_key=True)
    position: str
    need: str = Field(index=True)
    work: str
    run: str
    decision: str
    why: str = Field(default="", sa_type=Verbatim)
    component: str = ""
    coverage: float = 0.0
    eligibility: float = 0.0
    window: float = 0.0
    budget: float = 0.0
    reasons: str = "[]"
    by: str
    at: str
    entry: str
    contested: bool = False


class Release(SQLModel, table=True):
    """The counts of a quarter as they were told; `counts` is JSON (`dashboards.indicators`)."""

    __table_args__ = ONE_TREE
    id: str = Field(primary_key=True)
    position: str
    k: int
    counts: str = Field(sa_type=Text)
    by: str
    at: str
