"""What we know of the sender before reading: the open question, the last reference, the profile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

PENDING = frozenset({"place", "category", "choice", "confirm_place", "fixed", "rate", "poll", "gender", "age", "checkin"})

KnownReferences = Callable[[str], bool] | frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Context:
    """`Context(pending="choice", slot="place", options={"1": "Z2101"})` reads "1" as an answer; the default knows nothing."""

    channel_lang: str = ""
    pending: str | None = None
    slot: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    draft: Mapping[str, Any] = field(default_factory=dict)
    last_reference: str | None = None
    profile: Mapping[str, Any] = field(default_factory=dict)
    role: str | None = None
    pin: str | None = None
    known_references: KnownReferences = None
    received_at: datetime | None = None
    reporting: bool = False  # what we asked last is about a report: a bare "BORRAR" is about that report

    @classmethod
    def of(cls, given: Mapping[str, Any] | None, channel_lang: str = "", known_references: KnownReferences = None) -> "Context":
        """From the contract's JSON `context`; keys we do not know are ignored, a wrong shape counts as absent."""
        given = given or {}
        received = given.get("received_at")
        if isinstance(received, str):
            try:
                received = datetime.fromisoformat(received)
            except ValueError:
                received = None
        known = given.get("known_references", known_references)
        pending = given.get("pending")
        pending = {"confirm_fixed": "fixed"}.get(pending, pending) if isinstance(pending, str) else None
        profile = dict(given["profile"]) if isinstance(given.get("profile"), Mapping) else {}
        if "profile_place" in given:
            profile.setdefault("place_code", given["profile_place"])
        return cls(
            channel_lang=str(given.get("channel_lang") or channel_lang or ""),
            pending=pending if pending in PENDING else None,
            slot=_text(given.get("slot")),
            options={str(k): str(v) for k, v in given["options"].items()} if isinstance(given.get("options"), Mapping) else {},
            draft=dict(given["draft"]) if isinstance(given.get("draft"), Mapping) else {},
            last_reference=_text(given.get("last_reference")),
            profile=profile,
            role=_text(given.get("role")),
            pin=_text(given.get("pin")),
            known_references=frozenset(map(str, known)) if isinstance(known, (list, tuple, set)) else known,
            received_at=received if isinstance(received, datetime) else None,
            reporting=given.get("reporting") is True,
        )

    @property
    def profile_place(self) -> str | None:
        """The place the sender registered with."""
        return _text(self.profile.get("place_code") or self.profile.get("place"))

    @property
    def profile_language(self) -> str:
        """The language the sender chose, or an empty string."""
        return str(self.profile.get("language") or self.profile.get("lang") or "")

    def knows(self, reference: str) -> bool:
        """Whether the reference exists; with no register to ask, every well-formed one does."""
        if self.known_references is None:
            return True
        if callable(self.known_references):
            return self.known_references(reference)
        return reference in self.known_references


def _text(value: object) -> str | None:
    return str(value) if value not in (None, "") else None
