"""What a text turned out to be: a draft of a report, a command, or something we could not read. Frozen values."""

from dataclasses import dataclass, fields
from typing import Any, ClassVar

DRAFTS = frozenset({"report", "emergency", "protection"})
UNREADABLE = frozenset({"empty", "number_only", "spam", "abuse", "unknown"})


@dataclass(frozen=True, slots=True)
class Need:
    """One of several needs in a text: `Need("WAT01", "S1701", "no hay agua")`."""

    category: str
    place_code: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg of a trip; what was not told is None or empty. `safety` is 1 (not safe) to 5, `hour` 0 to 23."""

    begins: str | None = None
    ends: str | None = None
    hour: int | None = None
    mode: str | None = None
    purpose: str | None = None
    minutes: int | None = None
    waiting: int | None = None
    company: str | None = None
    problem: str | None = None
    safety: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """What was told, None for what was not."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def told(self) -> int:
        """How many parts were told."""
        return sum(value is not None for value in self.as_dict().values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one text means, what is missing (`errors`) and which words said so (`why`)."""

    KEYS: ClassVar[tuple[str, ...]] = (
        "intent", "category", "place_text", "place_code", "severity", "people", "people_unit", "details", "language", "errors",
    )  # fmt: skip

    intent: str
    language: str = "und"
    errors: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    confidence: float = 1.0
    category: str | None = None
    category_options: tuple[str, ...] = ()
    place_code: str | None = None
    place_text: str | None = None
    place_candidates: tuple[str, ...] = ()
    place_source: str | None = None
    severity: int | None = None
    people: int | None = None
    people_unit: str | None = None
    since_days: int | None = None
    details: str | None = None
    reference: str | None = None
    rating: int | None = None
    gender: str | None = None
    age_band: str | None = None
    lang_to: str | None = None
    answer: str | None = None
    action: str | None = None
    fills: tuple[tuple[str, str], ...] = ()
    needs: tuple[Need, ...] = ()
    legs: tuple[Leg, ...] = ()
    flags: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The contract's JSON fields: the ten of every text always, the others where they say something."""
        out: dict[str, Any] = {}
        for spec in fields(self):
            value = getattr(self, spec.name)
            if spec.name == "fills":
                value = dict(value)
            elif spec.name == "needs":
                value = [{"category": need.category, "place_code": need.place_code, "text": need.text} for need in value]
            elif spec.name == "legs":
                value = [leg.as_dict() for leg in value]
            elif isinstance(value, tuple):
                value = list(value)
            if spec.name in self.KEYS or spec.name in ("why", "confidence") or value not in (None, [], {}):
                out[spec.name] = value
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(Outcome):
    """A need as its resident told it: intents report, emergency and protection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Outcome):
    """Something asked of the gateway, an answer to its question, a greeting, thanks, or an officer's line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable(Outcome):
    """No need and no command: `reason` says why, `hint` what may help."""

    reason: str = ""
    hint: str = ""
