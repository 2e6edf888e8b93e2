"""What an understood text leads to: the facts that it is, and the one reply its sender gets, last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection

from gateway.channels.values import Inbound
from gateway.conversation import choosing, circle
from gateway.conversation.asking import Stands, acknowledge, ask_again, ask_category, given_up, of, welcome, without_place
from gateway.conversation.circle import Member
from gateway.conversation.commands import no_reference, obey
from gateway.conversation.dialogue import POLITE, Known, Move, Row, is_secret, placeless, told_place
from gateway.conversation.openings import part_of
from gateway.conversation.turn import MOST_TEXT, Turn, language_of
from gateway.journal.canonical import kin_id
from gateway.journal.events import Event
from gateway.journal.facts.answers import AnswerReplied
from gateway.journal.facts.matching import SameSaid
from gateway.journal.facts.readings import LEARNED
from gateway.journal.facts.residents import MessageRepeated, ReportCompleted, ReportCorrected, ReportFiled, ReportUnreadable
from gateway.needs import standing
from gateway.needs.standing import Pair, Voices
from gateway.needs.things import Things
from gateway.node import Node
from gateway.words.echoes import ECHO
from parsers import Command, Draft, Outcome, Unreadable
from parsers.questions import ASKS_WHEN, WHEN

SPEAKING = ("empty", "number_only", "abuse", "spam")  # what was not understood and still has an answer of its own


def references_needed(move: Move) -> int:
    """How many references a move will use: one for each need it reports."""
    if move.act == "confide":
        return 1
    return max(1, len(move.outcome.needs or ())) if move.act == "file" else 0


def pairs_spoken_of(move: Move) -> list[tuple[str | None, str | None]]:
    """The (place, category) that the report of this move will have: others may have reported it too."""
    outcome, about = move.outcome, move.about
    if move.act == "file":
        return [(outcome.place_code, outcome.category)] if len(outcome.needs) < 2 else []
    if move.act == "fill" and about is not None:
        return [(move.place_code or about["place_code"], move.category or about["category"])]
    return [(about["place_code"], about["category"])] if move.act == "repeat" and about is not None else []


def events(c: Connection, node: Node, message: str, sender: str, inbound: Inbound, move: Move, known: Known | None,
           numbers: Iterator[str], at: datetime, needs: Mapping[Pair, str], voices: Voices, things: Things,
           member: Member | None = None) -> list[Event]:
    """The facts that follow from one text, the reply last."""
    turn = Turn(c, node, message, sender, inbound, known, move, numbers, at, needs, voices, things, member=member)
    turn.language = language_of(move, known, node.city.language)
    return [*circle.beside(turn), *_ACTS[move.act](turn)]


# ----------------------------------------------------------------------------------------------------------- new reports

def _file(turn: Turn) -> list[Event]:
    draft = turn.outcome
    assert isinstance(draft, Draft)
    if (before := choosing.going_on(turn, draft)) is not None:
        if choosing.is_done(turn, before):
            return obey(turn, Command(intent="not_fixed", language=draft.language, reference=before["reference"], why=draft.why))
        return [turn.extended(before), *turn.reply("added", ref=before["reference"])]
    if ASKS_WHEN in draft.flags and (theirs := choosing.asked_after(turn, draft)):
        return obey(turn, Command(intent="status", answer=WHEN, language=draft.language, category=theirs["category"], why=draft.why))
    filed = _filed(turn, draft)
    first = filed[0]
    if draft.intent == "emergency":
        return [*_placed_by(turn, draft), *filed, *turn.reply("emergency", report=first.report)]
    if draft.intent == "protection" or "sensitive" in draft.flags:  # sure or not, the same words: nothing of it is said back
        return [*filed, *turn.reply("protection", question="callback", report=first.report)]
    if len(filed) > 1 and not first.errors:
        return [*filed, *_several(turn, [Stands(f.report, f.reference, f.category, f.place_code) for f in filed])]
    return [*filed, *acknowledge(turn, Stands(first.report, first.reference, first.category, first.place_code), draft)]


def _placed_by(turn: Turn, draft: Draft) -> list[Event]:
    """Asked where it is, they answer that it is dangerous and where: what waits for a place has it, too."""
    known, place = turn.known, told_place(draft)
    about = known.report if known and known.asked(turn.inbound.received_at) == "place" else None
    if known is None or about is None or place is None or is_secret(about):
        return []
    return [ReportCompleted(report=row["id"], message=turn.message, sender=turn.sender, place_code=place, place_text=draft.place_text,
                            place_source=_learned(draft)) for row in (about, *placeless(known, about)) if row["place_code"] is None]


def _filed(turn: Turn, draft: Draft) -> list[ReportFiled]:
    """One report for each need of the text; they share people, severity and time."""
    needs: list[tuple[str | None, str | None]] = [(n.category, n.place_code or draft.place_code) for n in draft.needs]
    needs = needs or [(draft.category, draft.place_code)]
    return [ReportFiled(
        report=kin_id(turn.message, "report", str(n)), message=turn.message, sender=turn.sender, reference=next(turn.numbers),
        intent=draft.intent, language=draft.language, category=category,
        place_code=place, place_text=draft.place_text, place_source="earlier" if turn.move.carried else draft.place_source
        if place == draft.place_code or draft.place_source != LEARNED else None,
        severity=draft.severity, people=draft.people, people_unit=draft.people_unit, since_days=draft.since_days,
        details=draft.details, confidence=round(draft.confidence, 4), errors=tuple(draft.errors), flags=tuple(draft.flags),
        why=tuple(draft.why)) for n, (category, place) in enumerate(needs)]


def _several(turn: Turn, stands: list[Stands]) -> list[Event]:
    if len({s.place for s in stands}) > 1:  # each with its own place
        needs = tuple(f"{s.reference} {turn.category(s.category)} ({turn.place(s.place)})" for s in stands)
        return turn.reply("multi_ack_places", question="which", report=stands[0].report,
                          choices=tuple(s.reference for s in stands), n=len(stands), needs=needs)
    needs = tuple(f"{turn.category(s.category)} {s.reference}" for s in stands)
    return turn.reply("multi_ack", question="which", report=stands[0].report, choices=tuple(s.reference for s in stands),
                      n=len(stands), place=turn.place(stands[0].place), needs=needs)


def _confide(turn: Turn) -> list[Event]:
    """What follows a text about violence goes to the focal point as it is; the answer tells nothing to who holds the phone."""
    about, outcome = _about(turn), turn.outcome
    asks = isinstance(outcome, Unreadable) and outcome.reason == "number_only"
    filed = ReportFiled(
        report=kin_id(turn.message, "report", "0"), message=turn.message, sender=turn.sender, reference=next(turn.numbers),
        intent="protection", language=outcome.language, category=about["category"], place_code=outcome.place_code,
        place_text=outcome.place_text, flags=("sensitive", "callback") if asks else ("sensitive",),
        why=("asks to be called" if asks else "the same conversation",))
    return [filed, *turn.reply("ack_neutral", question="callback", report=filed.report)]


# ------------------------------------------------------------------------------------------- what an earlier report gets

def _fill(turn: Turn) -> list[Event]:
    """The answer to our question; one place serves all reports of the same hour that wait for one."""
    about, move, outcome = _about(turn), turn.move, turn.outcome
    stands = of(about, move.category, move.place_code)
    waiting = placeless(turn.known, about) if turn.known and move.place_code else []
    facts: list[Event] = [ReportCompleted(report=r["id"], message=turn.message, sender=turn.sender, place_code=move.place_code,
                                          place_text=outcome.place_text, place_source=_learned(outcome)) for r in waiting]
    facts.append(ReportCompleted(report=stands.report, message=turn.message, sender=turn.sender, category=move.category,
                                 place_code=move.place_code, place_text=outcome.place_text, errors=stands.missing,
                                 place_source=_learned(outcome)))
    if move.more is not None:
        facts.append(turn.extended(about, move.more))
    if outcome.answer == "dont_know" and not is_secret(about):
        return [*facts, *_unknown_to_them(turn, stands)]
    if waiting and stands.place and stands.category and about["intent"] == "report" and not is_secret(about):
        return [*facts, *_several(turn, [*(of(r, None, move.place_code) for r in waiting), stands])]
    return [*facts, *acknowledge(turn, stands, outcome)]


def _unknown_to_them(turn: Turn, stands: Stands) -> list[Event]:
    """Accepted as it is: a person will ask or find out, and they may still say it."""
    if stands.place is None:
        return without_place(turn, stands, question="place")
    return turn.reply("ack_no_category", report=stands.report, ref=stands.reference, place=turn.place(stands.place))


def _correct(turn: Turn) -> list[Event]:
    """`no es agua, es luz`: the same report, with its reference, says something else from now on."""
    about, right = _named(turn), turn.outcome
    if about is None:
        return _not_theirs(turn)
    if is_secret(about):
        return [*_kept(turn, about), *turn.reply("ack_neutral")]
    category, place = turn.move.category or right.category, turn.move.place_code or told_place(right)
    stands = of(about, category, place)
    fact = ReportCorrected(report=about["id"], message=turn.message, sender=turn.sender, category=category, place_code=place,
                           place_text=right.place_text, errors=stands.missing, place_source=_learned(right))
    return [fact, *acknowledge(turn, stands, right, corrected=True)]


def _ask_correction(turn: Turn) -> list[Event]:
    about = _named(turn)
    if about is None:
        return _not_theirs(turn)
    given = turn.given("dialogue", about)
    known = turn.known
    if is_secret(about):
        return [given, *turn.reply("ack_neutral")]
    if known is not None and turn.move.reference is None and known.asked(turn.inbound.received_at) == "which":
        return [given, *turn.reply("reference_missing", question="which", report=about["id"], choices=tuple(known.options()),
                                   list=tuple(known.options()))]  # they said that one is wrong, and not which
    if known is not None and known.row["question"] == "correct" and known.is_tired_of(about["id"]):
        return [given, *turn.reply("ack_neutral")]
    return [given, *turn.reply("ask_correction", question="correct", report=about["id"], ref=about["reference"])]


def _disputed(turn: Turn) -> list[Event]:
    """They corrected it to what it was: we do not understand, and a person reads it."""
    about = _about(turn)
    unread = ReportUnreadable(message=turn.message, sender=turn.sender, reason="unknown", language=turn.outcome.language,
                              hint=f"asked to correct {about['reference']}", why=("the correction says what stands already",))
    return [turn.extended(about), unread, *turn.reply("ack_neutral")]


def _extend(turn: Turn) -> list[Event]:
    about = _about(turn)
    facts = _kept(turn, about)
    if turn.move.asks:
        return [*facts, *ask_again(turn, about)]
    if about["intent"] == "emergency":
        return [*facts, *turn.reply("emergency")]
    return [*facts, *(turn.reply("ack_neutral") if is_secret(about) else turn.reply("added", ref=about["reference"]))]


def _over(turn: Turn) -> list[Event]:
    """Help came, or it was a joke: kept for who is on duty. "No era broma" may say either, so whom to call is said once more, calmly."""
    return [turn.extended(_about(turn)), *turn.reply("emergency_over")]


def _kept(turn: Turn, about: Row) -> list[Event]:
    """The words with their report; those about a restricted one are marked as such, so that no page shows them."""
    fact = turn.extended(about)
    return [turn.given("add", about), fact] if is_secret(about) else [fact]


def _same(turn: Turn) -> list[Event]:
    """Whether their report is what a neighbour reported: the machine gathers it, or leaves it where it stands alone."""
    about, known = _about(turn), turn.known
    facts: list[Event] = [turn.given("dialogue", about)]
    if turn.move.more is not None:
        facts.append(turn.extended(about, turn.move.more))
    need = next(iter(known.options()), None) if known is not None else None
    if is_secret(about) or need is None:
        return [*facts, *turn.reply("ack_neutral")]
    same = bool(turn.move.same)
    facts.append(SameSaid(report=about["id"], need=need, message=turn.message, sender=turn.sender, same=same))
    return [*facts, *welcome(turn, of(about), need if same else None)]


def _thread(turn: Turn) -> list[Event]:
    """What they write back to a person is kept for that person; the thread stays open."""
    about, known = _about(turn), turn.known
    need, answer = (*(known.options() if known is not None else ()), "", "")[:2]
    return [AnswerReplied(report=about["id"], message=turn.message, sender=turn.sender, need=need, answer=answer,
                          text=turn.inbound.text[:MOST_TEXT]), *turn.reply("thread_ok")]


def _repeat(turn: Turn) -> list[Event]:
    """The same words again: no second report. It is answered once more; a third time would only cost them and us."""
    about, known = _about(turn), turn.known
    if turn.move.asks:  # "yes, it is right"
        return [turn.given("dialogue", about), *acknowledge(turn, of(about))]
    fact = MessageRepeated(message=turn.message, report=about["id"], sender=turn.sender)
    if about["intent"] == "protection":
        return [turn.given("dialogue", about), fact, *turn.reply("protection", question="callback", report=about["id"])]
    if about["intent"] == "emergency":
        return [fact, *turn.reply("emergency")]
    if is_secret(about):
        return [turn.given("dialogue", about), fact, *turn.reply("ack_neutral")]
    if (about["repeats"] or 0) > 0:
        return [fact]
    if known is not None and known.report is not None and known.report["id"] == about["id"] and known.asked(turn.inbound.received_at):
        return [fact, *ask_again(turn, about)]
    siblings = [r for r in known.recent if r["message"] == about["message"]] if known else []
    if len(siblings) > 1 and all(r["place_code"] and r["intent"] == "report" and not is_secret(r) for r in siblings):
        return [fact, *_several(turn, [of(r) for r in reversed(siblings)])]
    return [fact, *acknowledge(turn, of(about))]


# ------------------------------------------------------------------------------------------------------ not understood

def _ask_again(turn: Turn) -> list[Event]:
    about, outcome = _about(turn), turn.outcome
    fact: Event = _unreadable(turn, outcome) if isinstance(outcome, Unreadable) else turn.given(
        outcome.intent if outcome.intent in POLITE else "dialogue", about)
    return [fact, *ask_again(turn, about)]


def _none_of_them(turn: Turn) -> list[Event]:
    """ "0 Otra": the next wider question, or a person."""
    about, known = _about(turn), turn.known
    question = known.row["question"] if known else None
    facts: list[Event] = [turn.given("dialogue", about)]
    stands = of(about)
    if known is not None and known.is_tired_of(stands.report):
        return [*facts, *given_up(turn, stands)]
    if question == "category_choice" and stands.place:
        return [*facts, *ask_category(turn, stands)]
    if question == "category":
        return [*facts, *given_up(turn, stands)]
    return [*facts, *acknowledge(turn, stands)]


def _unread(turn: Turn) -> list[Event]:
    outcome = turn.outcome
    half = part_of(turn.inbound.text)
    kind = outcome.intent if outcome.intent in SPEAKING else "unknown"
    if kind == "unknown" and isinstance(outcome, Unreadable) and outcome.reason == "no_need":
        kind = "greeting"  # no person reads "te amo", and none is promised
    if half and half[0] < half[1] and outcome.intent == "unknown":  # the first half of a text that its phone cut: the rest is on its way
        kind = "ack_neutral"
    return [_unreadable(turn, outcome), *turn.reply(kind)]


def _command(turn: Turn) -> list[Event]:
    assert isinstance(turn.outcome, Command)
    return obey(turn, turn.outcome)


def _echo(turn: Turn) -> list[Event]:
    """Kept, and that is all: a question stays open, and machines get no answer."""
    return [turn.given(ECHO)]


# ---------------------------------------------------------------------------------------------------------------- parts

def _about(turn: Turn) -> Row:
    assert turn.move.about is not None
    return turn.move.about


def _named(turn: Turn) -> Row | None:
    """The report a correction is about: the one it names, if it is theirs."""
    if turn.move.reference is None:
        return turn.move.about
    report = standing.by_reference(turn.c, turn.move.reference, turn.sender)
    return report if report is not None and report["sender"] == turn.sender else None


def _not_theirs(turn: Turn) -> list[Event]:
    reference = turn.move.reference
    if reference is None or standing.by_reference(turn.c, reference) is None:
        return [turn.given("dialogue"), *no_reference(turn, reference)]
    return [turn.given("dialogue"), *turn.reply("not_yours", said=reference, list=standing.references_of(turn.c, turn.sender))]


def _learned(outcome: Outcome) -> str | None:
    """A place that a pinned landmark gave follows the pin, should it be moved or taken back."""
    return LEARNED if outcome.place_source == LEARNED else None


def _unreadable(turn: Turn, outcome: Outcome) -> ReportUnreadable:
    assert isinstance(outcome, Unreadable)
    return ReportUnreadable(message=turn.message, sender=turn.sender, reason=outcome.reason, language=outcome.language,
                            hint=outcome.hint, why=tuple(outcome.why))


_ACTS: dict[str, Callable[[Turn], list[Event]]] = {
    "file": _file, "confide": _confide, "fill": _fill, "correct": _correct, "ask_correction": _ask_correction,
    "disputed": _disputed, "extend": _extend, "repeat": _repeat, "same": _same, "thread": _thread, "over": _over,
    "ask_again": _ask_again, "none_of_them": _none_of_them,
    "unread": _unread, "command": _command, ECHO: _echo}
