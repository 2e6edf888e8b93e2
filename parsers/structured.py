"""Texts with a form: `AGUA#S1604#20 familias`, `zona=S1604 tipo=agua`, `#61 S1604`. Any order; labels in any language."""

from dataclasses import replace

from parsers.draft import Draft
from parsers.freetext import Understood, draft_of
from parsers.needs import NeedFound
from parsers.numbers import People
from parsers.reading import Reading

_ASSIGN = frozenset("=:")


def read_structured(reading: Reading, understood: Understood) -> Draft | None:
    """A draft from fields that were marked; None when the text has no form."""
    card = _card_at(reading)
    if not reading.marks and not card:
        return None
    fields = _labelled(reading)
    positional = sum(mark == "#" for _, mark in reading.marks)
    if len(fields) < 2 and not (positional and understood.place.source == "code") and not card:
        return None
    u = understood
    need = u.need
    if card:
        need = NeedFound(card[0], 1.0, (), (f"card number {card[1]} = {card[0]}",))
    elif need.code is None and (short := _short_in(reading, fields.get("need"))):
        need = NeedFound(short, 0.8, (), (f"{short}: marked as the need",))
    if need.code is None and not u.place.is_known:
        return None
    people, severity = u.people, u.severity
    if people is None and "people" in fields:
        people = _people_in(reading, fields["people"])
    if severity is None and "severity" in fields:
        digits = [reading.tokens[at].word for at in range(*fields["severity"]) if reading.tokens[at].word in ("1", "2", "3", "4")]
        severity = int(digits[0]) if digits else None
    understood = Understood(u.place, need, u.since, people, severity, u.severity_why, u.masked)
    draft = draft_of(reading, understood, more=("a text with a form",))
    return replace(draft, confidence=max(draft.confidence, 0.8)) if need.code else draft


def _labelled(reading: Reading) -> dict[str, tuple[int, int]]:
    """Where each labelled field's value stands: `zona=S1604 tipo=agua` -> place 1..2, need 3..4."""
    starts: list[tuple[int, str]] = []
    for at, mark in reading.marks:
        if mark in _ASSIGN and at:
            label = next((tag[7:] for tag in reading.tokens[at - 1].tags if tag.startswith("labels:")), "")
            if label and reading.gap(at).strip() in _ASSIGN:
                starts.append((at, label))
    fields: dict[str, tuple[int, int]] = {}
    for n, (at, label) in enumerate(starts):
        end = starts[n + 1][0] - 1 if n + 1 < len(starts) else len(reading.tokens)
        fields.setdefault(label, (at, max(at, end)))
    return fields


def _card_at(reading: Reading) -> tuple[str, str] | None:
    """A card number, valid only after `#` or "cod": `#61`, `COD 11`."""
    for at, token in enumerate(reading.tokens):
        code = reading.words.cards.get(token.word)
        if not code:
            continue
        marked = any(mark == "#" and where == at for where, mark in reading.marks) and reading.gap(at).strip() == "#"
        marked = marked or (at == 0 and reading.text.lstrip().startswith("#"))
        worded = at > 0 and "places:card" in reading.tokens[at - 1].tags
        if worded or (marked and (at == 0 or at == len(reading.tokens) - 1 or len(reading.tokens) <= 4)):
            return code, token.word
    return None


def _short_in(reading: Reading, span: tuple[int, int] | None) -> str | None:
    hits = [hit for hit in (*reading.of("need"), *reading.of("short")) if span is None or span[0] <= hit.start < span[1]]
    return hits[0].entry.value if hits else None


def _people_in(reading: Reading, span: tuple[int, int]) -> People | None:
    for at in range(*span):
        number = reading.tokens[at].number
        if number:
            label = reading.tokens[span[0] - 1]
            unit = next((u for u in ("families", "houses", "students", "children") if f"people:{u}" in label.tags), "persons")
            return People(number, unit, reading.written(span[0] - 1, at + 1))
    return None
