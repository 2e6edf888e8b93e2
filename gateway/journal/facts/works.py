"""Programmes and their works, as the city plans them."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.journal.events import Event, about


@about("programme")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRecorded(Event):
    """A programme exists, as the city pack or a planner states it."""

    programme: str
    name: str
    sponsor: str = ""
    currency: str = ""
    kind: str = "upgrading"
    starts_on: str | None = None
    ends_on: str | None = None
    phone: str = ""


@about("work", "programme")
@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRecorded(Event):
    """A work of a programme exists: a project in a place with a budget and a phase."""

    work: str
    programme: str
    name: str
    component: str
    place_code: str
    phase: str
    budget: int = 0
    starts_on: str | None = None
    ends_on: str | None = None
    phase_since: str | None = None
    physical_pct: int | None = None
    financial_pct: int | None = None
    beneficiaries: int | None = None
    officer: str = ""
