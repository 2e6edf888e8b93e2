"""The human circle: nothing before the elder's own yes, each answer leads where it must, silence is handed on, a word ends it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select

from gateway.channels import console
from gateway.channels.values import Failed, Sent
from gateway.decisions import erasing
from gateway.doors import intake
from gateway.errors import Problem
from gateway.feedback import accompanying
from gateway.feedback.accompanying import Enrolment
from gateway.governing import duty, governor
from gateway.journal.entries import ENTRY
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Checkin, Contact, Elder, Reply, Report, Sender, table
from gateway.machine import jobs
from gateway.node import Node
from gateway.sending import outbox
from tests.conftest import Clock, MakeNode, sms

CHECKIN, CONTACT, ELDER, REPLY, REPORT, SENDER = (table(of) for of in (Checkin, Contact, Elder, Reply, Report, Sender))
ROSA, ELENA, GUARD = "+59171110001", "+59172220001", "+59170009001"
PLAN = Enrolment("Rosa", ROSA, "Elena", ELENA, "S1604", 9, (0, 1, 2, 3, 4, 5, 6), "es")
NINE = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)  # nine in La Paz, the day after the tests begin


class Street:
    """Three phones, and what each of them reads."""

    def __init__(self, node: Node, clock: Clock) -> None:
        self.node, self.clock, self.count = node, clock, 0
        self.read: dict[str, int] = {}

    def says(self, number: str, words: str) -> None:
        self.count += 1
        with self.node.database.writing() as c:
            intake.receive(c, self.node, [sms(self.count, words, number, self.clock())])
        self.goes_on(seconds=20)

    def goes_on(self, **span: float) -> None:
        self.clock.on(**span)
        accompanying.look(self.node)
        jobs.work(self.node)

    def reads(self, number: str) -> list[str]:
        """The kinds of what left for a phone since it was last asked here."""
        with self.node.database.reading() as c:
            rows = c.execute(select(REPLY.c.kind).where(REPLY.c.sender == self.node.vault.sender(number), REPLY.c.state == "delivered")
                             .order_by(REPLY.c.settled_at, REPLY.c.position)).scalars().all()
        new = list(rows[self.read.get(number, 0):])
        self.read[number] = len(rows)
        return new

    def greeting(self) -> dict[str, object]:
        with self.node.database.reading() as c:
            return dict(c.execute(select(CHECKIN).order_by(CHECKIN.c.asked_at.desc())).mappings().first() or {})

    def state(self) -> str:
        with self.node.database.reading() as c:
            return str(c.execute(select(ELDER.c.state)).scalar())


@pytest.fixture
def street(make_node: MakeNode, clock: Clock) -> Street:
    node = make_node(extra='[outbox]\nchannel = "console"\n')
    duty.add(node, "guardia", GUARD)
    return Street(node, clock)


@pytest.fixture
def greeted(street: Street, clock: Clock) -> Street:
    """Rosa said yes yesterday, and it is nine."""
    accompanying.enrol(street.node, PLAN, by="luz")
    street.goes_on(minutes=1)
    street.says(ROSA, "1")
    clock.moment = NINE
    street.goes_on(minutes=1)
    assert street.reads(ROSA)[-1] == "checkin"
    street.reads(ELENA)
    return street


def test_nothing_begins_before_the_elders_own_yes(street: Street, clock: Clock) -> None:
    accompanying.enrol(street.node, PLAN, by="luz")
    street.goes_on(minutes=1)
    assert (street.reads(ROSA), street.reads(ELENA), street.state()) == (["checkin_consent"], [], "asked")
    clock.moment = NINE
    street.goes_on(minutes=5)
    assert (street.reads(ROSA), street.greeting()) == ([], {})
    street.says(ROSA, "si")
    assert (street.reads(ROSA), street.reads(ELENA), street.state()) == (["checkin_yes"], ["circle_hello"], "active")
    clock.moment = NINE + timedelta(days=1)
    street.goes_on(minutes=1)
    assert street.reads(ROSA) == ["checkin"]


@pytest.mark.parametrize("words", ["claro que si", "si señorita", "si por favor", "bueno, gracias"])
def test_a_yes_in_an_elders_own_words_is_one_and_no_sign_of_harm(words: str, street: Street) -> None:
    accompanying.enrol(street.node, PLAN, by="luz")
    street.goes_on(minutes=1)
    street.reads(ROSA)
    street.says(ROSA, words)
    assert (street.reads(ROSA), street.state()) == (["checkin_yes"], "active")
    with street.node.database.reading() as c:
        assert c.execute(select(func.count()).select_from(REPORT)).scalar_one() == 0


def test_harm_beside_a_yes_is_for_the_focal_point(street: Street) -> None:
    accompanying.enrol(street.node, PLAN, by="luz")
    street.goes_on(minutes=1)
    street.says(ROSA, "si pero mi hijo me pega todas las noches")
    assert street.state() == "asked"
    with street.node.database.reading() as c:
        assert c.execute(select(REPORT.c.restricted)).scalar_one()


@pytest.mark.parametrize(("label", "words"), [("a number", "2"), ("politely", "no gracias"), ("in French", "non merci"),
                                              ("a word", "no"), ("stop", "BAJA"), ("no more", "no mas")])
def test_a_no_is_a_no(label: str, words: str, street: Street, clock: Clock) -> None:
    accompanying.enrol(street.node, PLAN, by="luz")
    street.goes_on(minutes=1)
    street.says(ROSA, words)
    assert street.state() == "ended", label
    clock.moment = NINE
    street.goes_on(minutes=1)
    assert street.greeting() == {}
    assert street.reads(ELENA) == []


def test_who_does_not_answer_is_not_asked_for_ever_and_their_number_is_forgotten(street: Street) -> None:
    accompanying.enrol(street.node, PLAN, by="luz")
    street.goes_on(days=8)
    assert street.state() == "ended"
    with street.node.database.reading() as c:
        assert c.execute(select(func.count()).select_from(CONTACT)).scalar_one() == 1, "the duty phone's alone"


@pytest.mark.parametrize(("label", "words", "answer", "rosa", "elena", "guard"), [
    ("fine, by number",            "1",                          "fine", ["checkin_fine"], [], []),
    ("fine, in words",             "bien gracias a dios",        "fine", ["checkin_fine"], [], []),
    ("wants to talk, by number",   "2",                          "talk", ["checkin_talk"], ["circle_talk"], []),
    ("wants to talk, in words",    "quiero conversar",           "talk", ["checkin_talk"], ["circle_talk"], []),
    ("what nobody understands",    "mi gatita subio al tejado",  "talk", ["checkin_talk"], ["circle_talk"], []),
    ("help, by number",            "3",                          "help", ["checkin_help"], ["circle_help"], ["alert_elder"]),
    ("help, in words",             "necesito ayuda",             "help", ["checkin_help"], ["circle_help"], ["alert_elder"]),
    ("help, by the word of the help text", "AYUDA",              "help", ["checkin_help"], ["circle_help"], ["alert_elder"]),
    ("a fall",                     "me cai y no puedo levantarme", "help", ["checkin_help"], ["circle_help"], ["alert_elder"]),
    ("distress in words",          "me siento mal desde anoche", "help", ["checkin_help"], ["circle_help"], ["alert_elder"]),
    ("something else: they are there", "ESTADO",                 "said", ["when"], [], []),
])
def test_an_answer_leads_where_it_must(label: str, words: str, answer: str, rosa: list[str], elena: list[str], guard: list[str],
                                       greeted: Street) -> None:
    greeted.says(ROSA, words)
    assert greeted.greeting()["answer"] == answer, label
    assert (greeted.reads(ROSA), greeted.reads(ELENA), greeted.reads(GUARD)) == (rosa, elena, guard)
    assert bool(greeted.greeting()["task_at"]) == (answer == "help")
    greeted.goes_on(hours=8)
    assert greeted.reads(ROSA) == [], "who answered is not asked again"


@pytest.mark.parametrize(("label", "words", "rosa", "elena", "guard"), [
    ("a fall", "me cai, no puedo levantarme", ["checkin_help"], ["circle_help"], ["alert_elder"]),
    ("help, by number", "3", ["checkin_help"], ["circle_help"], ["alert_elder"]),
    ("help, by the word of the help text", "AYUDA", ["checkin_help"], ["circle_help"], ["alert_elder"]),
    ("wants to talk", "2", ["checkin_talk"], ["circle_talk"], []),
    ("harm beside it, which only who is on duty hears of", "me duele todo, mi hijo me empuja contra la pared",
     ["protection"], [], ["alert_elder"]),
    ("who does not understand us needs no neighbour", "no entiendo", ["help"], [], []),
    ("nothing of the kind", "ESTADO", ["when"], [], []),
])
@pytest.mark.parametrize("before", ["the first greeting", "the next one, when somebody has seen her"])
def test_who_is_greeted_may_call_for_help_at_any_hour(before: str, label: str, words: str, rosa: list[str], elena: list[str],
                                                      guard: list[str], street: Street, clock: Clock) -> None:
    accompanying.enrol(street.node, PLAN, by="luz")
    street.goes_on(minutes=1)
    street.says(ROSA, "1")
    if before != "the first greeting":
        clock.moment = NINE
        street.goes_on(minutes=1)
        street.says(ROSA, "2")
        street.says(ELENA, "ya hable con ella")
        street.goes_on(hours=2)
    for number in (ROSA, ELENA, GUARD):
        street.reads(number)
    street.says(ROSA, words)
    assert (street.reads(ROSA), street.reads(ELENA), street.reads(GUARD)) == (rosa, elena, guard), label
    assert bool(street.greeting().get("task_at")) == bool(guard)
    if guard:
        street.says(ROSA, "3")
        assert (street.reads(ELENA), street.reads(GUARD)) == ([], []), "once, however often they ask"


def test_a_number_that_answers_something_else_calls_nobody(street: Street) -> None:
    accompanying.enrol(street.node, PLAN, by="luz")
    street.goes_on(minutes=1)
    street.says(ROSA, "1")
    street.says(ROSA, "Kupini")  # and is asked, by numbers, what is wrong there
    street.reads(ELENA)
    street.says(ROSA, "3")
    assert (street.reads(ELENA), street.reads(GUARD)) == ([], [])


def test_an_emergency_is_one_and_the_volunteer_hears_of_it_too(greeted: Street) -> None:
    greeted.says(ROSA, "hay un incendio en mi casa en pampahasi ayuda")
    assert greeted.reads(ROSA) == ["emergency"]
    assert greeted.reads(ELENA) == ["circle_help"]
    assert set(greeted.reads(GUARD)) == {"alert_elder", "alert_emergency"}
    assert greeted.greeting()["answer"] == "help"


def test_a_text_that_tells_of_harm_is_told_to_no_volunteer(greeted: Street) -> None:
    """Nobody knows who the volunteer is to her."""
    greeted.says(ROSA, "Elena me pega y me quita mi plata")
    assert greeted.reads(ROSA) == ["protection"]
    assert (greeted.reads(ELENA), greeted.reads(GUARD)) == ([], [])
    assert greeted.greeting()["answer"] == "said"
    greeted.goes_on(hours=23)
    assert greeted.reads(ELENA) == []


def test_distress_that_the_machine_doubts_is_told_to_who_is_on_duty_alone(greeted: Street) -> None:
    greeted.says(ROSA, "me duele todo, mi hijo me empuja contra la pared")
    assert greeted.reads(ROSA) == ["protection"]
    assert (greeted.reads(ELENA), greeted.reads(GUARD)) == ([], ["alert_elder"])
    assert greeted.greeting()["task_at"] is not None


def test_help_said_three_times_alarms_once(greeted: Street) -> None:
    for _ in range(3):
        greeted.says(ROSA, "3")
    assert (greeted.reads(ELENA), greeted.reads(GUARD)) == (["circle_help"], ["alert_elder"])


def test_silence_is_repeated_then_knocked_then_a_persons_task(greeted: Street, clock: Clock) -> None:
    greeted.goes_on(hours=5, minutes=50)
    assert greeted.reads(ROSA) == []
    greeted.goes_on(minutes=15)
    assert greeted.reads(ROSA) == ["checkin_again"], "six hours after"
    assert greeted.reads(ELENA) == []
    greeted.goes_on(hours=4)
    assert greeted.reads(ELENA) == ["circle_knock"], "at seven, and not at nine when it is night"
    assert greeted.greeting()["task_at"] is None
    clock.moment = NINE + timedelta(hours=24)
    greeted.goes_on(minutes=2)
    with greeted.node.database.reading() as c:
        first = c.execute(select(CHECKIN).order_by(CHECKIN.c.asked_at)).mappings().first()
    assert first is not None
    assert first["task_at"] is not None
    assert greeted.reads(ROSA) == ["checkin"], "and the next morning she is greeted again"


@pytest.mark.parametrize(("label", "words", "closed", "task", "read"), [
    ("they met", "1", True, False, "circle_thanks"), ("yes", "si", True, False, "circle_thanks"),
    ("the volunteer cannot go", "2", False, True, "circle_handed_on"),
    ("they talked, in words", "ya hable con ella", True, False, "circle_thanks"),
    ("cannot go, in words", "no puedo ir estoy en el trabajo", False, True, "circle_handed_on"),
    ("was there, and nobody opens", "ya fui pero no abre", False, True, "circle_handed_on")])
def test_what_the_volunteer_answers(label: str, words: str, closed: bool, task: bool, read: str, greeted: Street) -> None:
    greeted.says(ROSA, "2")
    greeted.reads(ELENA)
    greeted.says(ELENA, words)
    assert greeted.reads(ELENA) == [read], label
    assert (bool(greeted.greeting()["closed_at"]), bool(greeted.greeting()["task_at"])) == (closed, task)


def test_a_volunteer_who_is_asked_something_else_since_answers_that(greeted: Street) -> None:
    greeted.says(ROSA, "2")
    greeted.says(ELENA, "no hay agua")
    greeted.says(ELENA, "1")
    assert greeted.greeting()["closed_at"] is None


def test_a_need_of_the_volunteer_is_a_report_though_they_were_asked_to_go(greeted: Street) -> None:
    greeted.says(ROSA, "2")
    greeted.says(ELENA, "no puedo pasar, hay un bache en Kupini")
    assert (greeted.greeting()["closed_at"], greeted.greeting()["task_at"]) == (None, None)
    with greeted.node.database.reading() as c:
        assert c.execute(select(REPORT.c.place_code)).scalar_one() == "S1701"


def test_a_volunteer_who_is_asked_for_a_greeting_of_their_own_answers_what_was_said_last(greeted: Street) -> None:
    accompanying.enrol(greeted.node, replace(PLAN, name="Elena", number=ELENA, volunteer="Rosa", volunteer_number=ROSA), by="luz")
    greeted.goes_on(minutes=1)
    greeted.says(ROSA, "2")
    greeted.reads(ELENA)
    greeted.says(ELENA, "1")
    assert greeted.reads(ELENA) == ["circle_thanks"], "she talked with Rosa, and said nothing about greetings"
    assert greeted.greeting()["closed_at"]
    with greeted.node.database.reading() as c:
        assert {tuple(row) for row in c.execute(select(ELDER.c.name, ELDER.c.state))} == {("Rosa", "active"), ("Elena", "asked")}


def test_a_volunteer_who_wants_no_texts_is_not_waited_for(greeted: Street) -> None:
    greeted.says(ELENA, "BAJA")
    greeted.says(ROSA, "2")
    assert greeted.greeting()["task_at"] is not None
    assert greeted.state() == "active", "and the elder is greeted all the same"


def test_a_call_that_did_not_reach_the_volunteer_is_a_persons_task(greeted: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "send", lambda known, number, text, reply="": Failed("30005", permanent=True)
                        if number == ELENA else Sent("console", "delivered"))
    greeted.says(ROSA, "2")
    greeted.goes_on(minutes=1)
    assert greeted.greeting()["task_at"] is not None


def test_nobody_is_silent_who_was_not_reached(greeted: Street, clock: Clock) -> None:
    """Everything was stopped in the morning: no neighbour knocks in vain, and a person sees it the day after."""
    greeted.says(ROSA, "1")
    clock.moment = NINE + timedelta(days=1) - timedelta(minutes=1)
    governor.stop(greeted.node, by="ana", why="test")
    greeted.goes_on(minutes=2)
    greeted.goes_on(hours=10)
    assert greeted.greeting()["told_at"] is None
    greeted.goes_on(hours=14)
    with greeted.node.database.reading() as c:
        missed = c.execute(select(CHECKIN).where(CHECKIN.c.answer.is_(None)).order_by(CHECKIN.c.asked_at)).mappings().first()
    assert missed is not None
    assert missed["task_at"] is not None


def test_without_anybody_to_knock_it_is_a_persons_task_at_once(greeted: Street) -> None:
    greeted.says(ELENA, "gracias")
    erasing.erase_sender(greeted.node, ELENA, why="asked", by="ana")
    greeted.says(ROSA, "2")
    assert greeted.greeting()["task_at"] is not None
    with greeted.node.database.reading() as c:
        assert c.execute(select(ELDER.c.volunteer, ELDER.c.volunteer_name)).one() == ("", "")


@pytest.mark.parametrize(("language", "word"), [
    ("es", "NO MAS"), ("fr", "PLUS DE SALUTS"), ("en", "NO MORE"), ("ary", "SAFI"), ("ar", "صافي")])
def test_the_word_that_the_elder_is_told_ends_the_greetings_and_no_other_text(language: str, word: str, street: Street) -> None:
    accompanying.enrol(street.node, replace(PLAN, language=language), by="luz")
    street.goes_on(minutes=1)
    street.says(ROSA, "1")
    with street.node.database.reading() as c:
        told = str(c.execute(select(REPLY.c.text).where(REPLY.c.kind == "checkin_yes")).scalar())
    assert word in told
    street.says(ROSA, word.lower())
    assert street.state() == "ended"
    with street.node.database.reading() as c:
        assert not c.execute(select(SENDER.c.opted_out).where(SENDER.c.id == street.node.vault.sender(ROSA))).scalar()


@pytest.mark.parametrize(("label", "words", "left"), [
    ("stop, with all texts", "BAJA", "stop_ok"), ("no more greetings", "NO MAS", "checkin_no")])
def test_a_word_ends_it_at_once(label: str, words: str, left: str, greeted: Street, clock: Clock) -> None:
    greeted.says(ROSA, words)
    assert greeted.reads(ROSA) == [left], label
    assert greeted.state() == "ended"
    greeted.goes_on(hours=11)
    clock.moment = NINE + timedelta(days=1)
    greeted.goes_on(minutes=1)
    assert (greeted.reads(ROSA), greeted.reads(ELENA)) == ([], [])


def test_who_is_erased_is_gone_from_the_circle_with_every_greeting(greeted: Street) -> None:
    greeted.says(ROSA, "1")
    erasing.erase_sender(greeted.node, ROSA, why="asked", by="ana")
    with greeted.node.database.reading() as c:
        assert c.execute(select(CHECKIN.c.id)).all() == []
        elder = c.execute(select(ELDER.c.name, ELDER.c.sender)).all()
    assert not elder or elder[0].name == ""
    rebuild(greeted.node.database, verify=True)


def test_an_officer_ends_it_and_closes_a_task_with_a_note(greeted: Street) -> None:
    greeted.says(ROSA, "3")
    checkin = str(greeted.greeting()["id"])
    with pytest.raises(Problem):
        accompanying.close(greeted.node, checkin, "  ", by="luz")
    accompanying.close(greeted.node, checkin, "with her daughter now", by="luz")
    assert (greeted.greeting()["closed_by"], greeted.greeting()["note"]) == ("luz", "with her daughter now")
    accompanying.end(greeted.node, str(greeted.greeting()["elder"]), by="luz")
    assert greeted.state() == "ended"
    rebuild(greeted.node.database, verify=True)


MARIO = "+59173330001"


def test_another_neighbour_takes_the_place_of_one_and_all_three_phones_are_right(greeted: Street) -> None:
    elder = str(greeted.greeting()["elder"])
    accompanying.replace_volunteer(greeted.node, elder, "Mario", MARIO, by="luz")
    greeted.goes_on(seconds=20)
    assert (greeted.reads(ROSA), greeted.reads(MARIO), greeted.reads(ELENA)) == (["checkin_neighbour"], ["circle_hello"], [])
    assert greeted.state() == "active", "the greetings go on"
    greeted.says(ROSA, "2")
    assert (greeted.reads(MARIO), greeted.reads(ELENA)) == (["circle_talk"], [])
    with greeted.node.database.reading() as c:
        kept = set(c.execute(select(CONTACT.c.sender)).scalars())
    assert greeted.node.vault.sender(MARIO) in kept
    assert greeted.node.vault.sender(ELENA) not in kept, "who never wrote and looks in on nobody is forgotten"
    rebuild(greeted.node.database, verify=True)


def test_a_neighbour_who_is_named_before_the_yes_hears_of_it_with_the_yes(street: Street) -> None:
    elder = accompanying.enrol(street.node, PLAN, by="luz")
    accompanying.replace_volunteer(street.node, elder, "Mario", MARIO, by="luz")
    street.goes_on(minutes=1)
    assert street.reads(MARIO) == []
    street.says(ROSA, "1")
    assert (street.reads(MARIO), street.reads(ELENA)) == (["circle_hello"], [])


@pytest.mark.parametrize(("label", "name", "number", "why"), [
    ("the elder's own phone", "Mario", ROSA, "a phone each"), ("the neighbour there is", "Elena", ELENA, "already"),
    ("no number", "Mario", "77", "code of the country"), ("no name", " ", MARIO, "first name"),
    ("abroad", "Mario", "+447700900123", "no country"),
])
def test_who_cannot_take_a_neighbours_place(label: str, name: str, number: str, why: str, greeted: Street) -> None:
    with pytest.raises(Problem, match=why):
        accompanying.replace_volunteer(greeted.node, str(greeted.greeting()["elder"]), name, number, by="luz")


@pytest.mark.parametrize(("label", "answer", "asked_to"), [
    ("who wishes to talk", "2", "circle_talk"), ("who asks for help", "3", "circle_help"), ("who is silent", "", "circle_knock"),
])
def test_a_new_neighbour_closes_no_call_that_they_were_never_told_of(label: str, answer: str, asked_to: str, greeted: Street) -> None:
    if answer:
        greeted.says(ROSA, answer)
    while not (asked := greeted.reads(ELENA)):
        greeted.goes_on(hours=1)
    assert asked == [asked_to], label
    accompanying.replace_volunteer(greeted.node, str(greeted.greeting()["elder"]), "Mario", MARIO, by="luz")
    greeted.goes_on(seconds=20)
    assert sorted(greeted.reads(MARIO)) == sorted(["circle_hello", asked_to]), "what is open is asked of who looks in from now on"
    greeted.says(MARIO, "1")
    assert (greeted.reads(MARIO), greeted.greeting()["closed_at"] is not None) == (["circle_thanks"], True)
    rebuild(greeted.node.database, verify=True)


def test_a_new_neighbour_who_says_yes_to_the_hello_closes_nothing(greeted: Street) -> None:
    greeted.says(ROSA, "1")
    accompanying.replace_volunteer(greeted.node, str(greeted.greeting()["elder"]), "Mario", MARIO, by="luz")
    greeted.goes_on(seconds=20)
    assert greeted.reads(MARIO) == ["circle_hello"], "nothing is open"


def test_a_neighbour_is_named_where_the_elders_number_is(greeted: Street) -> None:
    """Another machine can text neither of them: it would call a neighbour whom the machine that greets does not know."""
    elder = str(greeted.greeting()["elder"])
    with greeted.node.database.writing() as c:
        c.execute(delete(CONTACT).where(CONTACT.c.sender == greeted.node.vault.sender(ROSA)))
    with pytest.raises(Problem, match="another machine"):
        accompanying.replace_volunteer(greeted.node, elder, "Mario", MARIO, by="luz")


def test_nobody_takes_a_place_in_a_greeting_that_ended(greeted: Street) -> None:
    elder = str(greeted.greeting()["elder"])
    accompanying.end(greeted.node, elder, by="luz")
    with pytest.raises(Problem):
        accompanying.replace_volunteer(greeted.node, elder, "Mario", MARIO, by="luz")


@pytest.mark.parametrize(("wrote", "language"), [("", "fr"), ("no hay agua en pampahasi", "es"), ("IDIOMA ingles", "en")])
def test_a_neighbour_is_texted_in_the_language_they_wrote_in_else_in_the_elders(street: Street, wrote: str, language: str) -> None:
    if wrote:
        street.says(ELENA, wrote)
    accompanying.enrol(street.node, replace(PLAN, language="fr"), by="luz")
    street.goes_on(minutes=1)
    street.says(ROSA, "1")
    with street.node.database.reading() as c:
        assert c.execute(select(REPLY.c.language).where(REPLY.c.kind == "circle_hello")).scalars().all() == [language]


@pytest.mark.parametrize(("label", "change"), [
    ("no name", {"name": ""}), ("a number that is none", {"number": "77"}), ("abroad", {"number": "+447700900123"}),
    ("one phone for both", {"volunteer_number": ROSA}), ("no such place", {"place_code": "S9"}), ("by night", {"hour": 22}),
    ("on no day", {"days": ()}), ("in no language", {"language": "xx"})])
def test_what_is_refused(label: str, change: dict[str, object], street: Street) -> None:
    with pytest.raises(Problem):
        accompanying.enrol(street.node, replace(PLAN, **change), by="luz")  # type: ignore[arg-type]
    with street.node.database.reading() as c:
        assert c.execute(select(ELDER.c.id)).all() == [], label


def test_who_said_stop_is_not_asked(street: Street) -> None:
    street.says(ROSA, "BAJA")
    elder = accompanying.enrol(street.node, PLAN, by="luz")
    street.reads(ROSA)
    for _ in range(4):
        street.goes_on(hours=24)
        assert (street.reads(ROSA), street.reads(ELENA)) == ([], []), "and nobody who types their number is told why"
    assert (street.state(), elder != "") == ("asked", True)
    street.goes_on(hours=24 * 5)
    assert street.state() == "ended", "as of everybody who does not answer"


def test_a_neighbour_who_said_stop_gets_nothing_and_a_person_sees_at_once_who_is_silent(greeted: Street) -> None:
    greeted.says(MARIO, "BAJA")
    greeted.reads(MARIO)
    accompanying.replace_volunteer(greeted.node, str(greeted.greeting()["elder"]), "Mario", MARIO, by="luz")
    while greeted.greeting()["task_at"] is None:
        greeted.goes_on(hours=1)
        assert greeted.reads(MARIO) == []
    assert greeted.greeting()["told_at"] is None, "nobody knocks, so somebody is to go there"


def test_no_number_is_in_the_journal_and_no_words_but_the_texts(greeted: Street) -> None:
    greeted.says(ROSA, "quiero conversar de mi gatita")
    with greeted.node.database.reading() as c:
        bodies = [(row.kind, row.body) for row in c.execute(select(ENTRY.c.kind, ENTRY.c.body)) if row.body]
    assert not any(digits in body for _, body in bodies for digits in (ROSA[4:], ELENA[4:]))
    assert {kind for kind, body in bodies if "gatita" in body} == {"message_received"}


def test_a_machine_that_was_away_greets_late_but_not_in_the_afternoon(greeted: Street, clock: Clock) -> None:
    greeted.says(ROSA, "1")
    greeted.reads(ROSA)
    for late, greets in ((1.5, True), (2.5, False)):
        clock.moment = NINE + timedelta(days=1 if greets else 2, hours=late)
        greeted.goes_on(seconds=1)
        assert bool(greeted.reads(ROSA)) is greets


def test_only_on_the_days_that_were_chosen(street: Street, clock: Clock) -> None:
    accompanying.enrol(street.node, replace(PLAN, days=(4,)), by="luz")  # Fridays
    street.says(ROSA, "1")
    greeted = []
    for day in range(8):
        clock.moment = NINE + timedelta(days=day, minutes=1)
        street.goes_on(seconds=1)
        greeted += [clock().strftime("%a")] * ("checkin" in street.reads(ROSA))
    assert greeted == ["Fri"]


def test_the_same_words_every_day_are_sent_every_day(greeted: Street, clock: Clock) -> None:
    for day in range(1, 4):
        clock.moment = NINE + timedelta(days=day) - timedelta(seconds=30 * day)
        greeted.goes_on(minutes=2)
        assert greeted.reads(ROSA)[-1:] == ["checkin"], day
        greeted.says(ROSA, "1")
        greeted.reads(ROSA)


def test_days_are_kept_in_order(street: Street) -> None:
    accompanying.enrol(street.node, replace(PLAN, days=(4, 0, 4)), by="luz")
    with street.node.database.reading() as c:
        assert json.loads(str(c.execute(select(ELDER.c.days)).scalar())) == [0, 4]
    assert outbox.send_due(street.node) == 1
