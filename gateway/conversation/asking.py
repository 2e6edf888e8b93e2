"""The acknowledgement of a report, or the one question that it needs; and what we asked, asked again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.conversation.dialogue import OF_REPORT, Row
from gateway.conversation.turn import Turn
from gateway.journal.events import Event
from gateway.needs.likeness import is_point, spot_shown
from gateway.words.replies import CATEGORY_CHOICES
from parsers import Draft, Outcome

MOST_OPTIONS = 3


@dataclass(frozen=True, slots=True)
class Stands:
    """What stands of a report after this text."""

    report: str
    reference: str
    category: str | None
    place: str | None
    intent: str = "report"
    restricted: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """What it lacks, as the errors of a report say it."""
        return tuple(e for e, there in (("missing_place", self.place), ("missing_category", self.category)) if there is None)


def acknowledge(turn: Turn, now: Stands, found: Outcome | None = None, corrected: bool = False) -> list[Event]:
    """Say back what was understood; or ask for the one thing that is missing, at most three times."""
    if now.intent == "emergency":
        return turn.reply("emergency")
    if now.restricted or now.intent == "protection":
        return turn.reply("ack_neutral")
    tired = turn.known is not None and turn.known.is_tired_of(now.report)
    if now.category is None and not tired and (options := _options(found)):  # known now; the place can be asked afterwards
        return category_options(turn, now.report, options)
    if now.place is None or (found is not None and corrected and found.place_code is None and _wonders(found)):
        return _ask_place(turn, now, found, tired)
    if now.category is None:
        if tired:
            return turn.reply("ack_no_category", report=now.report, ref=now.reference, place=turn.place(now.place))
        return ask_category(turn, now)
    fills: dict[str, Any] = {"ref": now.reference, "cat": turn.category(now.category), "place": turn.place(now.place)}
    if corrected:
        return turn.reply("corrected", report=now.report, **fills)
    need = turn.needs.get((now.place, now.category))
    if is_point(now.category) and (there := turn.things.likest((now.place, now.category), seen := turn.seen())) is not None:
        if there.likeness.verdict == "unsure" and not tired:
            return ask_same(turn, now, (there.thing.need, there.thing.references[0], spot_shown(there.thing.seen, seen.spot, turn.spoken)))
        need = there.thing.need if there.likeness.verdict == "same" else None
    return welcome(turn, now, need)


def welcome(turn: Turn, now: Stands, need: str | None) -> list[Event]:
    """It is noted; with how many others, where it stands with theirs."""
    fills: dict[str, Any] = {"ref": now.reference, "cat": turn.category(now.category), "place": turn.place(now.place)}
    people = turn.voices.with_me(need, turn.sender) if need else 1
    return turn.reply("ack_dup", report=now.report, n=people, **fills) if people > 1 else turn.reply("ack", report=now.report, **fills)


def ask_same(turn: Turn, now: Stands, other: tuple[str, ...]) -> list[Event]:
    """Is it what a neighbour reported? `other` is that need, a reference of it and its spot, for whoever asks again."""
    _, reference, spot = other
    return turn.reply("ask_same", question="same", report=now.report, choices=other, ref=now.reference, cat=turn.category(now.category),
                      place=turn.place(now.place), other=reference, spot=spot)


def _wonders(found: Outcome) -> bool:
    return bool(found.place_candidates) or any(e.startswith("place_") for e in found.errors)


def _ask_place(turn: Turn, now: Stands, found: Outcome | None, tired: bool) -> list[Event]:
    cat, errors = turn.category(now.category), found.errors if found is not None else ()
    if tired:
        return without_place(turn, now)
    candidates = tuple(found.place_candidates) if found is not None else ()
    code = (found.place_text if found is not None else None) or ""
    if len(candidates) > 1:
        return place_options(turn, "choice", candidates, now.report)
    if "place_code_unknown" in errors or "place_code_mismatch" in errors:
        if candidates:
            return turn.reply("place_code_bad", question="confirm_place", report=now.report, choices=candidates[:1], code=code,
                              place=turn.place(candidates[0]))
        return turn.reply("place_code_unknown", question="place", report=now.report, code=code)
    if "place_unknown" in errors and code:
        return turn.reply("ask_landmark", question="place", report=now.report, said=code)
    if now.category is None:
        return turn.reply("ask_report", question="report", report=now.report)
    return turn.reply("ask_place", question="place", report=now.report, cat=cat)


def without_place(turn: Turn, now: Stands, question: str | None = None) -> list[Event]:
    """It is taken as it is: a person looks for the place. The question may stay open, unasked."""
    return turn.reply("ack_no_place", question=question, report=now.report, ref=now.reference, cat=turn.category(now.category))


def place_options(turn: Turn, question: str, codes: Sequence[str], report: str | None = None) -> list[Event]:
    some = tuple(codes[:MOST_OPTIONS])
    return turn.reply("place_options", question=question, report=report, choices=some, options=turn.node.city.told_apart(some))


def _options(found: Outcome | None) -> tuple[str, ...]:
    """Two or three likely needs to choose from, where the words speak for several and for none enough."""
    options = tuple(found.category_options[:MOST_OPTIONS]) if isinstance(found, Draft) else ()
    return options if len(options) > 1 else ()


def ask_category(turn: Turn, now: Stands) -> list[Event]:
    return turn.reply("ask_category", question="category", report=now.report, choices=CATEGORY_CHOICES, place=turn.place(now.place))


def category_options(turn: Turn, report: str, options: tuple[str, ...]) -> list[Event]:
    return turn.reply("category_options", question="category_choice", report=report, choices=options,
                      options=tuple(turn.category(code) for code in options))


def ask_again(turn: Turn, about: Row) -> list[Event]:
    """The open question once more, three times in all; then a person reads."""
    known = turn.known
    question = known.row["question"] if known is not None else None
    now = of(about)
    if known is None or question is None or now.intent != "report" or now.restricted:
        return acknowledge(turn, now)
    options = tuple(known.options())
    if known.is_tired_of(now.report):
        return given_up(turn, now)
    if question == "choice":
        return place_options(turn, question, options, now.report)
    if question == "category_choice":
        return category_options(turn, now.report, options)
    if question == "confirm_place" and options:
        return turn.reply("place_code_bad", question=question, report=now.report, choices=options, code=about["place_text"] or "",
                          place=turn.place(options[0]))
    if question == "same" and len(options) == 3:
        return ask_same(turn, now, options)
    if question == "correct":
        return turn.reply("ask_correction", question=question, report=now.report, ref=now.reference)
    return acknowledge(turn, now) if question in OF_REPORT else []


def given_up(turn: Turn, now: Stands) -> list[Event]:
    """We asked as often as anybody should be asked: a person takes over."""
    if now.place is None:
        return without_place(turn, now) if now.category else turn.reply("ack_neutral")
    if now.category is None:
        return turn.reply("ack_no_category", report=now.report, ref=now.reference, place=turn.place(now.place))
    return turn.reply("ack_neutral")


def of(report: Row, category: str | None = None, place: str | None = None) -> Stands:
    """A report as it stands, with what this text gives it."""
    return Stands(report["id"], report["reference"], category or report["category"], place or report["place_code"], report["intent"],
                 bool(report["restricted"]))
