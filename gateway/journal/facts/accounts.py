"""Who signs in."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.journal.events import Event, about


@about("account")
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEnrolled(Event):
    """A person may sign in: role, areas, argon2 hash of the password."""

    account: str
    name: str
    role: str
    areas: tuple[str, ...]
    password: str
    enabled: bool = True
