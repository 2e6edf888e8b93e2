"""A report, or what an earlier one lacked, or more about it: what the words say where no question is open. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gateway.conversation import openings
from gateway.conversation.dialogue import (
    DAY,
    PLAIN,
    SOON,
    SURE,
    Known,
    Move,
    Row,
    agrees,
    alike,
    apart,
    brings,
    is_same_need,
    lacks,
    names_place,
    told_place,
)
from gateway.needs.likeness import is_point
from parsers import Draft


def told(known: Known, text: str, at: datetime, draft: Draft) -> Move:
    """A report, or what an earlier one lacked, or more about it."""
    mine = [r for r in known.recent if not r["restricted"] and r["intent"] != "protection" and apart(r, at) <= DAY]
    for report in mine:
        if lacks(report) and agrees(report, draft) and brings(report, draft) and _same_kind(report, draft):
            return filled(report, draft)
    for report in mine:
        if is_same_need(report, draft, text) and _same_kind(report, draft):
            return Move(act="extend", outcome=draft, about=report)
    if (before := _goes_on(mine, text, draft)) is not None:
        return Move(act="extend", outcome=draft, about=before)
    last = mine[0] if mine else None
    if last is not None and last["place_code"] is None and _is_spot_alone(draft, text):
        return Move(act="extend", outcome=draft, about=last)
    if last is not None and not lacks(last) and draft.intent == "report":
        on = openings.adds(text)
        if draft.category is None and on and told_place(draft) not in (None, last["place_code"]):  # "tambien en Kupini"
            return Move(act="file", outcome=replace(draft, category=last["category"], confidence=last["confidence"],
                                                    errors=tuple(e for e in draft.errors if e != "missing_category")))
        if (on or apart(last, at) <= SOON) and _is_more(last, draft, text):
            return Move(act="extend", outcome=draft, about=last)
    return Move(act="file", outcome=draft, carried=draft.place_source == "profile" and known.carried(text, at) == draft.place_code)


def _goes_on(mine: list[Row], text: str, draft: Draft) -> Row | None:
    """The report that a text without a place tells again, although another of another place came between: "sigue sin agua"."""
    if names_place(draft) or draft.intent != "report" or draft.needs or openings.adds(text):
        return None
    same = [r for r in mine if alike(r["category"], draft.category) and r["place_code"] and r["intent"] == "report"]
    still = openings.goes_on(text)
    return same[0] if len({r["place_code"] for r in same}) == 1 and (still or not is_point(draft.category)) else None


def _is_spot_alone(draft: Draft, text: str) -> bool:
    """Whether a text tells a spot and hardly anything else: "en la calle 5" is no hole in the road."""
    return draft.intent == "report" and draft.confidence <= SURE and not names_place(draft) and not draft.needs and (
        openings.is_spot_alone(text))


def _same_kind(report: Row, draft: Draft) -> bool:
    return draft.intent == "report" or report["intent"] == draft.intent


def _is_more(last: Row, draft: Draft, text: str) -> bool:
    """Whether a text after a whole report only says more about it: how many, since when, at what spot."""
    if told_place(draft) not in (None, last["place_code"]) or openings.introduces(text):
        return False
    return draft.category is None or (draft.confidence < PLAIN and not draft.needs and openings.says_where(text))


def filled(about: Row, draft: Draft) -> Move:
    return Move(act="fill", outcome=draft, about=about, category=draft.category, place_code=told_place(draft), more=draft)
