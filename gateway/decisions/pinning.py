"""A landmark that no list holds is pinned once by a person; from then on it is a place, on every node.

    a resident writes `detras del molino viejo`, which no place is called  -> the report waits without a place
    an officer pins it to S1701                                            -> a fact of the journal, taken up by every process
    the machine classifies the waiting reports again                       -> they get their place; a person's reading stands
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from gateway.errors import Problem
from gateway.journal import ledger, tasks
from gateway.journal.canonical import derived_id, iso
from gateway.journal.entries import take_turn
from gateway.journal.facts.places import AliasLearned
from gateway.journal.facts.readings import LEARNED, PERSON, READ, ReportPlaced, follows_pins
from gateway.journal.tables import Alias, Message, Report, table
from gateway.node import Node
from parsers import Context
from parsers.names import place_words
from parsers.reading import Reading

ALIAS, MESSAGE, REPORT = table(Alias), table(Message), table(Report)
Row = dict[str, Any]
Words = tuple[str, ...]
Look = tuple[str, bool]  # the position of a report when it was looked at, and what was seen

MOST_WORDS, FEWEST_LETTERS = 6, 4
# The text names places of ours, only not one: what else it says does not decide between them.
UNDECIDED = frozenset(["place_ambiguous", "two_places", "place_code_unknown", "place_code_mismatch"])


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a phrase cannot be pinned: `short` `long` `common` `named` `unknown`; `place` is whose name it is."""

    reason: str
    place: str = ""


_BECAUSE = {"short": "“%(phrase)s” cannot be pinned: it has fewer than %(letters)s letters.",
            "long": "“%(phrase)s” cannot be pinned: it has more than %(words)s words.",
            "common": "“%(phrase)s” cannot be pinned: it is made of everyday words that stand in many texts.",
            "named": "“%(phrase)s” cannot be pinned: it is the name of %(place)s already."}


def alias_of(phrase: str) -> str:
    """The id of a phrase, however it is written: `Detrás del  molino` and `detras del molino` are one."""
    return derived_id("alias", *place_words(phrase))


def named(node: Node, text: str) -> str:
    """A phrase without the words that only say that a place follows: `zona Los Lirios` -> `Los Lirios`."""
    reading = Reading(text, Context(channel_lang=node.city.language), node.words, node.places)
    first = 0
    while first < len(reading.tokens) - 1 and reading.is_zone(first):
        first += 1
    return reading.written(first, len(reading.tokens)) if reading.tokens else ""


def refusal(node: Node, phrase: str, place: str) -> Refusal | None:
    """Why this phrase would mislead as a name of this place; None when it would not."""
    words = place_words(phrase)
    if place and place not in node.city.place:
        return Refusal("unknown", place)
    if len("".join(words)) < FEWEST_LETTERS:
        return Refusal("short")
    if len(words) > MOST_WORDS:
        return Refusal("long")
    telling, tails = _read(node, phrase)
    if not telling:
        return Refusal("common")
    pinned = words in {place_words(known) for known in node.standing.aliases}
    for joined in dict.fromkeys((" ".join(words), *tails)):
        code = node.places.read_code(joined)
        called = node.places.named(joined) or ((code[0],) if code and not code[1] else ())
        own = node.places.is_learned(joined) or (pinned and joined == " ".join(words)) or node.places.is_weak(joined)
        if place and called and place not in called and not own:
            return Refusal("named", called[0])
    return None


def pin(node: Node, phrase: str, place: str, *, by: str, after: str | None = None) -> None:
    """Residents who write this phrase mean this place: `pin(node, "detras del molino", "S1701", by="ana")`.

    `after` is the position of the pin that the person saw, empty for none, None to answer whatever stands.
    """
    _write(node, phrase, place, by, after)


def unpin(node: Node, phrase: str, *, by: str, after: str | None = None) -> None:
    """Take it back: the phrase names no place any more."""
    _write(node, phrase, "", by, after)


def _write(node: Node, phrase: str, place: str, by: str, after: str | None) -> None:
    node.renew()
    refused = refusal(node, phrase, place)
    if refused is not None and refused.reason == "unknown":
        raise Problem("planning.unknown", thing="place", id=place[:40])
    if refused is not None and place:
        raise Problem("planning.refused", reason=_BECAUSE[refused.reason], phrase=phrase[:60], letters=FEWEST_LETTERS, words=MOST_WORDS,
                      place=f"{node.city.place_name(refused.place)} ({refused.place})")
    alias = alias_of(phrase)
    with node.database.reading() as c:  # thousands may wait: their words are compared before anybody has to wait for us
        looked = holding(c, phrase)
    with node.database.writing() as c:
        turn = take_turn(c, node.origin)
        stands = c.execute(select(ALIAS.c.position, ALIAS.c.place).where(ALIAS.c.id == alias)).first()
        if (stands.place if stands else "") == place:
            return  # what stands is not said again
        ledger.write(c, node.origin, [AliasLearned(alias=alias, phrase=" ".join(phrase.split()), place=place, after=after
                                                   if after is not None else stands.position if stands else "")],
                     at=node.now(), by=by, turn=turn)
        follow(c, phrase, iso(node.now()), looked)
    node.renew()


# ------------------------------------------------------------------------------------------------ reports that follow

def holding(c: Connection, phrase: str, looked: Mapping[str, Look] | None = None) -> dict[str, Look]:
    """Every report that this pin may place or release: whether its words hold the phrase. Those looked at before stand."""
    words, looked = place_words(phrase), looked or {}
    stands = {row.id: row.position for row in c.execute(_WAITING)}
    found = {report: looked[report] for report, position in stands.items() if report in looked and looked[report][0] == position}
    new = [report for report in stands if report not in found]
    for at in range(0, len(new), 500):
        for row in c.execute(_WORDS_OF, {"reports": new[at:at + 500]}):
            found[row.id] = row.position, any(_holds(place_words(text), words) for text in (row.place_text, row.text) if text)
    return found


def follow(c: Connection, phrase: str, due_at: str, looked: Mapping[str, Look] | None = None) -> None:
    """Let the machine look again at every report that a change of this pin may give a place, or take it from."""
    tasks.add_missing(c, "classify", [report for report, (_, holds) in holding(c, phrase, looked).items() if holds], due_at)


def placements(c: Connection, reports: Iterable[Row]) -> list[ReportPlaced]:
    """What the pins say of these reports that is not so yet; nothing of those that a person read or put aside."""
    waiting = [r for r in reports if r["restricted"] is not True and r["status"] != "cancelled" and follows_pins(r)]
    waiting = [r for r in waiting if UNDECIDED.isdisjoint(json.loads(r["errors"]))]
    pins = _pins(c) if waiting else {}
    if not pins:
        return []
    said = {row.id: row for row in c.execute(select(MESSAGE.c.id, MESSAGE.c.text, MESSAGE.c.settled).where(
        MESSAGE.c.id.in_({r["message"] for r in waiting})))}
    found = []
    for report in waiting:
        message = said.get(report["message"])
        if message is None or message.settled not in (None, READ):
            continue
        pinned = _pinned_in((report["place_text"], message.text), pins)
        if pinned is not None and (pinned.place or None) != report["place_code"]:
            why = f"landmark that {pinned.by} pinned: {pinned.phrase}" if pinned.place else f"the pin was taken back: {pinned.phrase}"
            found.append(ReportPlaced(report=report["id"], alias=pinned.id, place_code=pinned.place or None, why=(why,)))
    return found


_WAITING = select(REPORT.c.id, REPORT.c.position).where(
    or_(REPORT.c.place_code.is_(None), REPORT.c.place_source == LEARNED), REPORT.c.restricted.is_not(True),
    REPORT.c.status != "cancelled", REPORT.c.place_source.is_distinct_from(PERSON))
_WORDS_OF = (select(REPORT.c.id, REPORT.c.position, REPORT.c.place_text, MESSAGE.c.text)
             .join(MESSAGE, MESSAGE.c.id == REPORT.c.message).where(REPORT.c.id.in_(bindparam("reports", expanding=True))))


def _pins(c: Connection) -> Mapping[Words, Any]:
    """Every phrase that was ever pinned, those that were taken back without a place."""
    return {place_words(row.phrase): row for row in c.execute(select(ALIAS.c.id, ALIAS.c.phrase, ALIAS.c.place, ALIAS.c.by))}


def _pinned_in(texts: Iterable[str | None], pins: Mapping[Words, Any]) -> Any:
    """The longest pinned phrase that the first of the texts to hold one holds; what was taken back counts last."""
    for words in (place_words(text) for text in texts if text):
        held = [phrase for phrase in pins if _holds(words, phrase)]
        if held:
            return pins[max(held, key=lambda phrase: (bool(pins[phrase].place), len(phrase), phrase))]
    return None


def _holds(words: Words, phrase: Words) -> bool:
    size = len(phrase)
    return bool(phrase) and any(words[at:at + size] == phrase for at in range(len(words) - size + 1))


def _read(node: Node, phrase: str) -> tuple[Words, list[str]]:
    """The words that point at something, and what is left of the phrase without the words that only lead there.

    `cerca de Villa Fátima` -> ("fatima",), ["villa fatima", "fatima"]. One word of every day alone points at nothing.
    """
    reading = Reading(phrase, Context(channel_lang=node.city.language), node.words, node.places)
    leading = {at for hit in reading.of("places", "beside") for at in range(hit.start, hit.end)}
    points = [at not in leading and token.tags.isdisjoint(("small", "grammar", "places")) for at, token in enumerate(reading.tokens)]
    telling = [token for token, does in zip(reading.tokens, points, strict=True) if does]
    if len(telling) == 1 and telling[0].known and not telling[0].typo:
        telling = []
    first = points.index(True) if True in points else -1
    return (tuple(token.name for token in telling),
            [" ".join(token.name for token in reading.tokens[at:]) for at in range(1, first + 1)])
