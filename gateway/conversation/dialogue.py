"""What we know of a sender, what we asked last, and what a text therefore means to the conversation. Pure.

    after "Recibido: Sin agua, Kupini. Su numero es 10005. Si no es asi responda NO."
    "no es agua, es luz"         -> Move("correct", about=10005, category="LIT01")
    "somos 20 familias"          -> Move("extend", about=10005)
    "no hay agua en Pampahasi"   -> Move("file"), a new report
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.conversation import openings
from gateway.conversation.phrases import words_of
from gateway.needs.likeness import elsewhere, is_point
from parsers import Command, Context, Draft, Outcome, Unreadable

Row = dict[str, Any]
Again = Callable[[str, str | None], Outcome]  # read another text, or a part of this one, under no question or another

DAY, SOON, SPLIT = timedelta(hours=24), timedelta(minutes=10), timedelta(minutes=2)
SAME_TIME = timedelta(hours=1)
LIFE = {"fixed": timedelta(days=7), "rate": timedelta(days=7), "gender": timedelta(days=7), "age": timedelta(days=7),
        "add": timedelta(hours=1), "info": timedelta(hours=1), "checkin": timedelta(hours=24), "trip": timedelta(hours=1)}
POLL: Final = "poll"  # open until the poll ends; its options: which poll, until when, whether we told the letters, what may be chosen
WHICH: Final = "which_"  # and the command that we could not tell which report it is about: "which_fixed"; its options are references
TRIP: Final = "trip"  # no question either: the trip they just told may be taken back; its options: whether it was clear, and its legs
ANSWER: Final = "answer"  # no question: a person wrote to them, and what they write back is for that person
# Open, they give way to a person who writes: what comes back is for that person, and each of them has a word that answers it still.
GIVES_WAY: Final = (ANSWER, POLL, TRIP, "rate")
MOST_ASKED = 3  # then the text goes to a person

# What the parser is told of a question: (pending, slot). The others are ours alone to understand.
PENDING: Final[dict[str, tuple[str, str | None]]] = {
    "place": ("place", None), "category": ("category", None), "choice": ("choice", "place"), "confirm_place": ("confirm_place", None),
    "category_choice": ("choice", "category"), "home": ("place", None), "info": ("place", None), "fixed": ("fixed", None),
    "rate": ("rate", None), "gender": ("gender", None), "age": ("age", None), "checkin": ("checkin", None)}
# Questions that a report needs answered.
OF_REPORT = ("place", "category", "choice", "category_choice", "confirm_place", "report")
ON_A_REPORT = (*OF_REPORT, "correct", "which", "add", "same")
ABOUT_ONE = ("fixed", "rate")  # questions about a report that is named in them
DANGER = ("emergency", "protection")
WORDS_OF_AN_ANSWER = 3  # what has more words says more than the answer
PLAIN = 0.8  # from here on a text that tells a spot tells a need there
SURE = 0.6  # from here on a need is taken for one although we asked for something else
# Commands that answer nothing: the open question is asked again instead of being forgotten.
POLITE = ("greeting", "thanks")
OVERRIDES = ("add", "cancel", "status", "support", "register", "language", "info", "not_fixed", "fixed", "trip")
NOT_UNDERSTOOD = ("unknown", "number_only", "empty", "no_need")


@dataclass(frozen=True, slots=True)
class Known:
    """A sender as the journal knows them (a row of Sender), with the report that our open question is about.

    `recent` are their reports of the last day that stand, the newest first, each with the `text` and `received_at` of its
    message; `unread` is the text that came just before and made no sense.
    """

    row: Row
    report: Row | None
    recent: tuple[Row, ...] = ()
    unread: str | None = None
    answers_for: timedelta = timedelta(days=7)  # how long what they write may be for the person who wrote to them

    def asked(self, now: datetime) -> str | None:
        """The question that is still open, if any."""
        question, at = self.row["question"], self.row["question_at"]
        if question == POLL:
            return POLL if now <= datetime.fromisoformat(self.options()[1]) else None
        if question is None or now - datetime.fromisoformat(at) > self._life(question):
            return None
        return str(question)

    def _life(self, question: str) -> timedelta:
        return self.answers_for if question == ANSWER else LIFE.get(question, DAY)

    def converses(self, at: datetime) -> bool:
        """Whether a text may belong to what was said before: a question is open, or a report of theirs is fresh."""
        return self.asked(at) is not None or self.last(at, SAME_TIME) is not None

    def options(self) -> list[str]:
        return [str(code) for code in json.loads(self.row["options"])]

    def is_tired_of(self, report: str | None) -> bool:
        """Whether we asked about this as often as anybody should be asked."""
        return (self.row["strikes"] or 0) >= MOST_ASKED and self.row["question_report"] == report

    def last(self, at: datetime, within: timedelta = DAY) -> Row | None:
        """The last report, if it came this short a time ago and stands."""
        return next((r for r in self.recent if apart(r, at) <= within), None)

    def carried(self, text: str, at: datetime) -> str | None:
        """The place that goes on from the report before, where a text names none: people write twice about one place."""
        last = self.last(at)
        if last is None or last["restricted"] or (apart(last, at) > SOON and not openings.adds(text)) or openings.introduces(text):
            return None
        return last["place_code"] if last["category"] else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a text does. `about` is the report it concerns, `outcome` what the parser read, perhaps in another light.

    file fill correct ask_correction extend repeat ask_again none_of_them disputed confide same thread over command unread echo
    """

    act: str
    outcome: Outcome
    about: Row | None = None
    category: str | None = None
    place_code: str | None = None
    reference: str | None = None
    carried: bool = False  # the place is that of the report before
    asks: bool = False     # the open question is asked again
    more: Outcome | None = None  # what an answer says besides
    same: bool | None = None  # the answer to "is it the same?"

    @property
    def is_vague(self) -> bool:
        """Whether the text stands alone and no word of it names a need."""
        if isinstance(self.outcome, Unreadable):
            return self.act == "unread" and self.outcome.reason in ("unknown", "no_need")
        return self.act == "file" and self.outcome.intent == "report" and self.outcome.category is None


def plain(outcome: Outcome) -> Move:
    """What the text is when no conversation gives it another sense."""
    return Move(act="file" if isinstance(outcome, Draft) else "command" if isinstance(outcome, Command) else "unread", outcome=outcome)


def spoken(text: str, outcome: Outcome) -> str:
    """The language of an answer; of one word it is the conversation's: "no" and "ok" are said in many."""
    return outcome.language if len(words_of(text)) > 1 else "und"


def apart(report: Row, at: datetime) -> timedelta:
    """How long before or after a report a text was sent; late deliveries come in any order."""
    return abs(at - datetime.fromisoformat(report["received_at"]))


def context(known: Known | None, received_at: datetime, language: str, text: str = "") -> Context:
    """The parser's view of the conversation; `language` is the channel's."""
    if known is None:
        return Context(channel_lang=language, received_at=received_at)
    row, asked = known.row, known.asked(received_at)
    pending, slot = PENDING.get(asked or "", (None, None))
    options = {str(i): code for i, code in enumerate(known.options(), 1)} if asked else {}
    if asked in ("home", "info") and options:
        pending, slot = "choice", "place"
    draft = {"category": known.report["category"], "place_code": known.report["place_code"]} if asked and known.report else {}
    place = (known.carried(text, received_at) if known.recent else None) or row["home"]
    # an answer is about the report that the question names, which may be a neighbour's, and not about their own last one
    reference = known.report["reference"] if asked in ABOUT_ONE and known.report else row["last_reference"]
    profile = {name: value for name, value in (("place_code", place), ("language", row["chosen"])) if value}
    # never of a report about which nothing may be said: "BORRAR" is then answered as on any other phone
    reporting = asked in ON_A_REPORT and known.report is not None and not is_secret(known.report)
    return Context(channel_lang=language, received_at=received_at, pending=pending, draft=draft, last_reference=reference,
                   options=options, slot=slot, profile=profile, reporting=reporting)


# ------------------------------------------------------------------------------------------------ reports side by side

def told_place(outcome: Outcome) -> str | None:
    """The place that the words name, not the one that we remembered."""
    return None if outcome.place_source == "profile" else outcome.place_code


def names_place(outcome: Outcome) -> bool:
    """Whether the words name any place, known or not."""
    named = {"place_unknown", "place_ambiguous", "place_code_unknown", "place_code_mismatch"}
    return bool(told_place(outcome) or outcome.place_candidates or named.intersection(outcome.errors))


def alike(one: str | None, other: str | None) -> bool:
    """Whether two categories may be one: the same, or one is the group of the other."""
    return one is not None and other is not None and (one == other or (one[:3] == other[:3] and 3 in (len(one), len(other))))


def agrees(report: Row, draft: Outcome) -> bool:
    """Nothing in the text speaks against this report."""
    category, place, stated = draft.category, told_place(draft), report["category"]
    same_kind = category is None or stated is None or category[:3] == str(stated)[:3]
    return same_kind and (place is None or report["place_code"] is None or place == report["place_code"])


def brings(report: Row, draft: Outcome) -> bool:
    """The text has what the report lacks."""
    return (report["place_code"] is None and names_place(draft)) or (report["category"] is None and draft.category is not None)


def lacks(report: Row) -> bool:
    return report["place_code"] is None or report["category"] is None


def is_secret(report: Row) -> bool:
    """Whether nothing may be said about it: phones are shared."""
    return bool(report["restricted"]) or report["intent"] == "protection"


def twin(known: Known, text: str, at: datetime) -> Row | None:
    """The report that the very same words made within a day."""
    return next((r for r in known.recent if apart(r, at) <= DAY and openings.same(r["text"], text)), None)


def placeless(known: Known, about: Row) -> list[Row]:
    """The other reports of the same hour that wait for a place: one answer serves them all."""
    at = datetime.fromisoformat(about["received_at"]) if "received_at" in about else None
    return [r for r in known.recent if at and r["id"] != about["id"] and r["place_code"] is None and r["category"]
            and r["intent"] == "report" and not r["restricted"] and apart(r, at) <= SAME_TIME]


def is_same_need(report: Row, draft: Draft, text: str = "") -> bool:
    """The same place and category from the same phone: an addition, not a second report; a hole in another street is one."""
    if draft.place_code is None or draft.place_code != report["place_code"] or not alike(draft.category, report["category"]):
        return False
    return not (is_point(report["category"]) and elsewhere(text, report["text"] or ""))
