"""What a command leads to: where a report stands, support, fixed or not, a language, a home, stop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from gateway.conversation import choosing, circle, rights, trips, voting
from gateway.conversation.asking import place_options
from gateway.conversation.dialogue import OF_REPORT, WHICH, Row, is_secret, lacks
from gateway.conversation.turn import Turn
from gateway.journal import heads
from gateway.journal.canonical import iso
from gateway.journal.events import Event
from gateway.journal.facts.circle import INTENTS as CIRCLE
from gateway.journal.facts.residents import RepairJudged, SenderRegistered
from gateway.journal.tables import Message, table
from gateway.needs import standing
from parsers import Command
from parsers.questions import DECLINED, PRICE, WHEN, WHO, WRONG_NUMBER
from parsers.reference import is_valid

MESSAGE = table(Message)
NEEDS_REFERENCE = ("status", "support", "fixed", "not_fixed", "cancel", "add", "rate")
BY_TOPIC = ("status", "fixed", "not_fixed", "cancel", "add")  # without a number they are about what their words name
OWN_ONLY = ("cancel",)
SPEAKERS_ONLY = ("fixed", "not_fixed", "rate")  # who reported the need or said "me too"
# What is for those who spoke for a need, and what anybody else is told: three say that news will come, one why a planner refused.
TO_THEM_ALONE = dict.fromkeys(("status_received", "status_gathered", "status_verified"), "status_other") | {
    "status_refused": "status_rejected"}
STAGE_OF = {"status_received": "received", "status_gathered": "received", "status_verified": "verified", "status_work": "linked",
            "status_done": "done", "status_rejected": "rejected", "status_refused": "rejected", "status_not_found": "not_found",
            "status_postponed": "postponed", "status_checking": "checking"}
LEAVING = ("stop", "start")
TALK = {"stop": "stop_ok", "start": "start_ok", "greeting": "greeting", "help": "help"}


def obey(turn: Turn, command: Command) -> list[Event]:
    """The facts of a command and its one reply."""
    intent = command.intent
    if intent == "dialogue":
        return _about_the_sender(turn, command)
    if intent == "register":
        return [turn.given(intent, detail=command.lang_to), *_register(turn, command)]
    if command.answer == WHEN and command.reference in (None, _last(turn)):
        return _when(turn, command)
    if intent in NEEDS_REFERENCE:
        return _with_reference(turn, command)
    if intent == "poll":
        return voting.answer(turn, command)
    if intent in CIRCLE:
        return circle.obey(turn, command)
    if intent == WRONG_NUMBER:
        return [*_not_for_us(turn), *turn.reply(WRONG_NUMBER)]
    given = turn.given(intent, detail=command.lang_to or command.details)
    if intent in rights.INTENTS:
        return [given, *rights.answer(turn, intent)]
    if intent in LEAVING and (later := _last_wish(turn)) is not None:
        return [given, replace(given, message=later.id, intent=later.outcome)]
    if intent in TALK:
        return [given, *turn.reply(command.answer if command.answer in (WHO, PRICE) else TALK[intent])]
    if intent == "thanks":
        return [given, *(turn.reply("thanks") if command.answer == DECLINED else _thanks(turn))]
    if intent == "language":
        return [given, *_language(turn, command)]
    if intent == "info":
        return [given, *_works(turn, command)]
    if intent == "trip":
        return [given, *trips.answer(turn, command)]
    if intent == "officer":
        return [given, *turn.reply("not_auth")]
    return [given, *turn.reply("unknown")]


def _last_wish(turn: Turn) -> Any:
    """The stop or start that they wrote after this one, which came here late: it stands, and this one is not answered.

    A text that was lost on its way is found days later, in the provider's list or on a phone that was off.
    """
    return turn.c.execute(select(MESSAGE.c.id, MESSAGE.c.outcome).where(
        MESSAGE.c.sender == turn.sender, MESSAGE.c.outcome.in_(LEAVING), MESSAGE.c.received_at > iso(turn.inbound.received_at)
    ).order_by(MESSAGE.c.received_at.desc(), MESSAGE.c.id.desc()).limit(1)).first()


def _not_for_us(turn: Turn) -> list[Event]:
    """What they just told us half of was for somebody else. A text about violence stands, and who reads it reads this too."""
    known, at = turn.known, turn.inbound.received_at
    newest = known.last(at) if known else None
    if newest is not None and is_secret(newest):
        return [turn.given("add", newest), turn.extended(newest)]
    about = known.report if known is not None and known.asked(at) in OF_REPORT else None
    if about is not None and about["intent"] == "report" and not is_secret(about) and lacks(about):
        return [turn.given("cancel", about)]
    return [turn.given(WRONG_NUMBER)]


# ------------------------------------------------------------------------------------------------------ about a report

def _last(turn: Turn) -> str | None:
    return turn.known.row["last_reference"] if turn.known else None


def _when(turn: Turn, command: Command) -> list[Event]:
    """`cuando vienen?`: how their report stands is all that is true. Whoever cried for help just now is told again whom to call."""
    newest = turn.known.last(turn.inbound.received_at) if turn.known else None
    if newest is not None and newest["intent"] == "emergency" and not newest["restricted"]:
        return [turn.given("status", newest), *turn.reply("emergency")]
    topic = choosing.named_in(turn)
    some = choosing.meant(turn, command, topic)
    if topic.categories:  # they name what they wait for: another thing of theirs is no answer
        some = [report for report in some if topic.fits(report["category"], report["place_code"])]
    if not some:
        return [turn.given("status"), *turn.reply("when")]
    if len(some) > 1:
        return _all_stand(turn, some)
    return [turn.given("status", some[0]), *_about(turn, command, some[0])]


def _all_stand(turn: Turn, some: list[Row]) -> list[Event]:
    """How each of their reports stands, in a word."""
    told: list[str] = []
    for report in some:
        kind = standing.how_it_stands(turn.c, report, turn.node.city.timezone, turn.node.today).kind
        stage = turn.node.replies.stage(STAGE_OF[kind], turn.language)
        told.append(f"{report['reference']} {turn.category(report['category'])} ({stage})")
    return [turn.given("status"), *turn.reply("status_several", n=len(some), needs=told)]


def _with_reference(turn: Turn, command: Command) -> list[Event]:
    last = _last(turn)
    topic, report = choosing.named_in(turn), None
    reference = command.reference or topic.reference or last
    named = topic.reference is not None or (command.reference is not None and command.reference != last)
    if not named and command.intent in BY_TOPIC and command.answer is None:
        some = choosing.meant(turn, command, topic)
        if len(some) > 1 and command.intent == "status":
            return _all_stand(turn, some)
        if len(some) == 1:
            reference, report = some[0]["reference"], some[0]
        elif command.intent in choosing.SURELY:
            some = some or choosing.spoken_for(turn.c, turn)
            if some:
                return [turn.given(command.intent, detail=command.details), *_which(turn, command, some)]
    given = choosing.numbered(turn, reference, topic) if reference and report is None else []
    if len(given) > 1:
        return [turn.given(command.intent, detail=command.details), *turn.reply("reference_twice", said=reference)]
    report = report or next(iter(given), None)
    if report is None:
        return [turn.given(command.intent, detail=command.details), *no_reference(turn, reference)]
    if report["restricted"] or report["intent"] == "protection":
        return [turn.given(command.intent, report), *turn.reply("ack_neutral")]
    if command.intent in OWN_ONLY and report["sender"] != turn.sender or (
            command.intent in SPEAKERS_ONLY and not standing.speaks_for(turn.c, report, turn.sender)):
        return [turn.given(command.intent, detail=command.details), *turn.reply(
            "not_yours", said=report["reference"], list=standing.references_of(turn.c, turn.sender))]
    # a neighbour's word on the repair is heard by the need; the report says what its own sender says
    mine = report["sender"] == turn.sender or command.intent not in ("fixed", "not_fixed")
    return [turn.given(command.intent, report if mine else None, command.details), *_about(turn, command, report)]


def _which(turn: Turn, command: Command, some: list[Row]) -> list[Event]:
    """Which of them? The number alone answers, or a word of it."""
    listed = [f"{r['reference']} {turn.category(r['category'])}" if r["category"] else r["reference"] for r in some]
    return turn.reply("reference_missing", question=f"{WHICH}{command.intent}", choices=tuple(r["reference"] for r in some), list=listed)


def no_reference(turn: Turn, reference: str | None) -> list[Event]:
    """The reference is missing, mistyped, or nobody's."""
    mine = standing.references_of(turn.c, turn.sender)
    if reference is None and not mine and turn.outcome.intent == "status":
        return turn.reply("when")  # "ESTADO" of somebody who reported nothing: no number of theirs is missing
    if reference is None:
        return turn.reply("reference_missing", list=mine)
    return turn.reply("status_unknown", said=reference) if is_valid(reference) else turn.reply("reference_bad", said=reference, list=mine)


def _about(turn: Turn, command: Command, report: Row) -> list[Event]:
    ref, intent = report["reference"], command.intent
    if intent == "cancel":
        return turn.reply("cancelled", ref=ref)
    if intent == "add":
        return _added(turn, report, command.details)
    if intent == "fixed":
        return [*_judged(turn, report, fixed=True), *turn.reply("fixed_thanks", question="rate", report=report["id"], ref=ref)]
    if intent == "not_fixed":
        return [*_judged(turn, report, fixed=False), *turn.reply("reopened", question="add", report=report["id"], ref=ref)]
    if intent == "rate":
        if command.rating:
            return turn.reply("rate_thanks", n=command.rating, ref=ref)
        return turn.reply("rate_bad", question="rate", report=report["id"])
    fills = {"ref": ref, "cat": turn.category(report["category"]), "place": turn.place(report["place_code"])}
    if intent == "support" and (count := standing.people(turn.c, report, turn.sender)) > 1:
        return turn.reply("support_ok", n=count, **fills)
    stand = standing.how_it_stands(turn.c, report, turn.node.city.timezone, turn.node.today)
    theirs = standing.spoke_before_refused if stand.kind == "status_refused" else standing.speaks_for
    if stand.kind in TO_THEM_ALONE and not theirs(turn.c, report, turn.sender):
        return turn.reply(TO_THEM_ALONE[stand.kind], **fills)
    if stand.kind == "status_refused":
        del fills["place"]  # the reason takes its room
    return turn.reply(stand.kind, **fills, **stand.fills)


def _added(turn: Turn, report: Row, said: str | None) -> list[Event]:
    """`AGREGAR 10005 somos 20 familias` is kept with the report; `AGREGAR` alone asks what."""
    if not said:
        return turn.reply("ask_addition", question="add", report=report["id"], ref=report["reference"])
    return [turn.extended(report, turn.move.more, text=said), *turn.reply("added", ref=report["reference"])]


def _judged(turn: Turn, report: Row, *, fixed: bool) -> list[Event]:
    if report["need"] is None:
        return []
    head = heads.head_of(turn.c, report["need"])
    return [RepairJudged(need=head, report=report["id"], message=turn.message, sender=turn.sender, fixed=fixed,
                         partly=turn.outcome.answer == "partly")]


# -------------------------------------------------------------------------------------------------------- about people

def _about_the_sender(turn: Turn, command: Command) -> list[Event]:
    """Answers about no report: where they live, which works they ask about, who they are."""
    asked = turn.known.asked(turn.inbound.received_at) if turn.known else None
    given = turn.given("dialogue")
    if asked == "home":
        return [given, *_register(turn, command)]
    if asked == "fixed":  # "no se": they need not know
        return [given, *turn.reply("thanks")]
    if asked == "info":
        return [given, *_works(turn, command)]
    if command.gender:
        more = turn.reply("profile_ok") if command.gender == "U" else turn.reply("age_q", question="age")
        return [given, _registered(turn, gender=command.gender), *more]
    if command.age_band:
        return [given, _registered(turn, age_band=command.age_band), *turn.reply("profile_ok")]
    return [given, *turn.reply("unknown")]


def _registered(turn: Turn, **said: str | None) -> SenderRegistered:
    return SenderRegistered(sender=turn.sender, message=turn.message, **said)


def _register(turn: Turn, command: Command) -> list[Event]:
    """`REGISTRO Kupini MUJER 35`, in any order; a home that is missing or unclear is asked for."""
    said = {"place_code": command.place_code, "language": command.lang_to, "gender": command.gender, "age_band": command.age_band}
    facts: list[Event] = [_registered(turn, **said)] if any(said.values()) else []
    if command.lang_to:
        turn.language = command.lang_to
    if command.place_code:
        return [*facts, *turn.reply("registered", place=turn.place(command.place_code))]
    if len(command.place_candidates) > 1:
        return [*facts, *place_options(turn, "home", command.place_candidates)]
    if facts and command.answer != "other":
        return [*facts, *turn.reply("profile_ok")]
    if turn.known is not None and turn.known.row["question"] == "home" and turn.known.is_tired_of(None):
        return turn.reply("unknown")
    return turn.reply("ask_home", question="home")


def _works(turn: Turn, command: Command) -> list[Event]:
    """The next work in a place; the place registered where none is said."""
    home = turn.known.row["home"] if turn.known else None
    place = (home if command.place_source == "profile" else None) or command.place_code
    if place is None:
        if len(command.place_candidates) > 1:
            return place_options(turn, "info", command.place_candidates)
        return turn.reply("ask_info_place", question="info")
    work = standing.work_in(turn.c, place)
    if work is None:
        return turn.reply("work_none", place=turn.place(place))
    return turn.reply("work_info", work=work["name"], place=turn.place(place), phase=turn.phase(work["phase"]),
                      date=standing.start(work["starts_on"], turn.node.today))


def _language(turn: Turn, command: Command) -> list[Event]:
    if command.lang_to is None:
        return turn.reply("lang_bad")
    turn.language = command.lang_to
    return turn.reply("lang_partly" if command.lang_to in ("ay", "qu", "sw") else "lang_ok")


def _thanks(turn: Turn) -> list[Event]:
    """Who thanks us after a second report or a repair is asked once who they are, so that planners see whom they hear."""
    known = turn.known
    if known is None or known.row["asked_self"]:
        return turn.reply("thanks")
    recent = known.recent or ()
    served = (known.row["reports"] or 0) > 1
    calm = all(r["intent"] == "report" and not r["restricted"] for r in recent)
    open_question = known.asked(turn.inbound.received_at) is not None
    return turn.reply("gender_q", question="gender") if served and calm and not open_question else turn.reply("thanks")


