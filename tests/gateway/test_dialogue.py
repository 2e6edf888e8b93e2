"""What a conversation leaves behind: the facts that transcripts do not show."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.conversation.dialogue import PENDING, Known, context
from gateway.decisions import planning
from gateway.doors import intake
from gateway.journal import ledger
from gateway.journal.entries import ENTRY
from gateway.journal.facts.needs import ReportClassified
from gateway.journal.tables import Message, Need, Profile, Report, Sender, Task, table
from gateway.machine import jobs
from gateway.node import Node
from parsers.context import PENDING as ASKED_OF_PARSERS
from tests.conftest import START, Clock, sms

REPORT, MESSAGE, NEED, SENDER, PROFILE, TASK = map(table, (Report, Message, Need, Sender, Profile, Task))


class Talk:
    """`talk.say("no hay agua")`: a text comes, its work is done, the clock goes on."""

    def __init__(self, node: Node, clock: Clock) -> None:
        self.node, self.clock, self.count = node, clock, 0

    def say(self, *texts: str, phone: str = "+59170000001", work: bool = True) -> None:
        for text in texts:
            self.count += 1
            self.clock.on(seconds=30)
            with self.node.database.writing() as c:
                intake.receive(c, self.node, [sms(f"t{self.count}", text, phone, self.clock())])
            if work:
                jobs.work(self.node)

    def rows(self, of: Any) -> list[dict[str, Any]]:
        with self.node.database.reading() as c:
            return [dict(row) for row in c.execute(select(of).order_by(of.c.id)).mappings()]

    def kinds(self) -> list[str]:
        with self.node.database.reading() as c:
            return list(c.execute(select(ENTRY.c.kind).order_by(ENTRY.c.seq)).scalars())


@pytest.fixture
def talk(node: Node, clock: Clock) -> Talk:
    return Talk(node, clock)


def test_an_addition_keeps_its_words_and_its_counts(talk: Talk) -> None:
    talk.say("no hay agua en villa fatima", "AGREGAR al lado de la escuela",
             "seguimos, no hay agua en villa fatima, 20 familias, hace 3 dias")
    report, = talk.rows(REPORT)
    assert report["details"] == ("no hay agua en villa fatima / al lado de la escuela / "
                                 "seguimos, no hay agua en villa fatima, 20 familias, hace 3 dias")
    assert (report["people"], report["people_unit"], report["since_days"]) == (20, "families", 3)
    assert [m["outcome"] for m in talk.rows(MESSAGE)] == ["report", "add", "add"]


def test_an_answer_with_more_in_it_keeps_the_rest(talk: Talk) -> None:
    talk.say("Kupini", "no hay agua hace 3 dias somos 20 familias")
    report, = talk.rows(REPORT)
    assert (report["category"], report["place_code"], report["people"], report["since_days"]) == ("WAT01", "S1701", 20, 3)


def test_a_report_that_was_completed_later_is_gathered_then(talk: Talk) -> None:
    talk.say("Hay un basural lleno de ratas")
    assert talk.rows(NEED) == []
    talk.say("kupini")
    need, = talk.rows(NEED)
    assert talk.rows(REPORT)[0]["need"] == need["id"]


def test_a_corrected_report_goes_to_the_need_it_belongs_to(talk: Talk) -> None:
    talk.say("no hay agua en villa fatima", "no es agua es luz")
    report, = talk.rows(REPORT)
    assert report["reference"] == "10005"
    assert {n["category"]: n["id"] for n in talk.rows(NEED)}[report["category"]] == report["need"]
    assert "report_corrected" in talk.kinds()


def test_a_correction_before_the_machine_looked_is_looked_at_once(talk: Talk) -> None:
    talk.say("no hay agua en villa fatima", "NO, en Kupini", work=False)
    with talk.node.database.reading() as c:
        assert list(c.execute(select(TASK.c.subject).where(TASK.c.kind == "classify")).scalars()) == [talk.rows(REPORT)[0]["id"]]
    jobs.work(talk.node)
    assert [n["place_code"] for n in talk.rows(NEED)] == ["S1701"]


def test_the_same_words_make_no_second_report(talk: Talk) -> None:
    talk.say("no hay agua en villa fatima", "No hay agua, en Villa Fátima", "no hay agua en villa fatima")
    report, = talk.rows(REPORT)
    assert report["repeats"] == 2
    assert [m["outcome"] for m in talk.rows(MESSAGE)] == ["report", "repeat", "repeat"]


def test_a_correction_that_changes_nothing_waits_for_a_person(talk: Talk) -> None:
    talk.say("no hay agua en villa fatima", "NO", "que no hay agua en villa fatima pues")
    assert [m["outcome"] for m in talk.rows(MESSAGE)] == ["report", "dialogue", "unknown"]


def test_one_place_serves_every_report_that_waits_for_one(talk: Talk) -> None:
    talk.say("Hay un basural lleno de ratas", "no hay luz tampoco", "kupini")
    assert {(r["place_code"], r["errors"]) for r in talk.rows(REPORT)} == {("S1701", "[]")}


@pytest.mark.parametrize(("label", "before", "text", "place", "source"), [
    ("the place just written of",      "no hay agua en villa fatima", "se cayo el muro de la casa",      "P1314", "earlier"),
    ("the place registered",           "REGISTRO Kupini",             "se cayo el muro de la casa",      "S1701", "profile"),
    ("another person: neither",        "no hay agua en villa fatima", "soy Elena, se cayo el muro",      None,    None),
    ("the place that the words name",  "REGISTRO Kupini",             "no hay agua en villa fatima",     "P1314", "name"),
])
def test_where_a_place_comes_from_is_kept(talk: Talk, label: str, before: str, text: str, place: str | None, source: str | None) -> None:
    talk.say(before, text)
    report = max(talk.rows(REPORT), key=lambda r: r["filed_at"])
    assert (report["place_code"], report["place_source"]) == (place, source), label


def test_who_they_are_is_kept_apart_and_may_be_changed(talk: Talk) -> None:
    talk.say("REGISTRO Kupini MUJER 35", "REGISTRO 50", "REGISTRO Pampahasi")
    profile, = talk.rows(PROFILE)
    sender, = talk.rows(SENDER)
    assert (profile["gender"], profile["age_band"], sender["home"]) == ("F", "45-54", "S1604")
    assert not {"gender", "age_band"} & sender.keys()


def test_after_violence_every_word_is_restricted(talk: Talk) -> None:
    talk.say("mi marido me pega", "1", "vivo en kupini", "tengo miedo")
    assert [(r["intent"], r["restricted"]) for r in talk.rows(REPORT)] == [("protection", True)] * 4
    assert [m["outcome"] for m in talk.rows(MESSAGE)] == ["protection"] * 4
    talk.say("no hay agua en pampahasi")
    assert [r["intent"] for r in talk.rows(REPORT) if not r["restricted"]] == ["report"]


@pytest.mark.parametrize(("label", "phone", "texts", "status", "said"), [
    ("a neighbour who reported it",        "+59170000002", ["NO ARREGLADO"],                 "open", True),
    ("a neighbour who supported it",       "+59170000003", ["APOYO 10005", "NO ARREGLADO 10005"], "open", True),
    ("a stranger is not heard",            "+59170000004", ["NO ARREGLADO 10005"],           "done", False),
])
def test_what_is_done_stands_open_again_when_a_neighbour_says_so(
        talk: Talk, label: str, phone: str, texts: list[str], status: str, said: bool) -> None:
    talk.say("no hay agua en villa fatima")
    talk.say("villa fatima sin agua", phone="+59170000002")
    need, = talk.rows(NEED)
    planning.change_status(talk.node, need["id"], "done", note="", by="ana", after=None)
    talk.say(*texts, phone=phone)
    need, = talk.rows(NEED)
    assert (need["status"], need["said_not_fixed_at"] is not None) == (status, said), label


def test_a_word_of_thanks_for_the_repair_reaches_the_need(talk: Talk) -> None:
    talk.say("no hay agua en villa fatima", "ARREGLADO")
    need, = talk.rows(NEED)
    assert need["said_fixed_at"] is not None
    assert (need["status"], need["said_not_fixed_at"]) == ("open", None)


def test_a_report_of_somebody_else_is_not_cancelled(talk: Talk) -> None:
    talk.say("no hay agua en villa fatima")
    talk.say("CANCELAR 10005", phone="+59170000002")
    assert talk.rows(REPORT)[0]["status"] == "received"
    talk.say("CANCELAR 10005")
    assert talk.rows(REPORT)[0]["status"] == "cancelled"


def test_texts_that_come_late_are_told_apart_by_when_they_were_sent(node: Node, clock: Clock) -> None:
    """After an outage the texts of three days come in one second: the same words of two days are two reports."""
    with node.database.writing() as c:
        for day in range(3):
            intake.receive(c, node, [sms(day, "no hay agua en villa fatima", at=START + timedelta(days=2 * day))])
        assert len(c.execute(select(REPORT.c.id)).all()) == 3


def test_every_question_of_ours_is_one_the_parsers_know_or_none() -> None:
    """A question that parsers do not know would be a fault of ours at the next text."""
    assert {pending for pending, _ in PENDING.values()} <= ASKED_OF_PARSERS
    row = {"question": "a newer node asked this", "question_at": START.isoformat(), "question_report": None, "options": "[]",
           "home": None, "chosen": None, "last_reference": None}
    assert context(Known(row, None), START, "es").pending is None


def test_options_are_numbered_as_they_were_asked(talk: Talk) -> None:
    talk.say("sin luz en seguencoma")
    sender, = talk.rows(SENDER)
    asked = context(Known(sender, None), talk.clock(), "es")
    assert asked.options == {str(n): code for n, code in enumerate(json.loads(sender["options"]), 1)}
    assert (asked.pending, asked.slot) == ("choice", "place")


def test_words_about_a_restricted_report_are_tied_to_it_as_a_command(talk: Talk) -> None:
    """Pages and exports hide a text that is a command about a restricted report; an addition and a repetition are one too."""
    talk.say("no hay agua en villa fatima")
    report, = talk.rows(REPORT)
    with talk.node.database.writing() as c:  # a person found that it concerns a child
        ledger.write(c, talk.node.origin, [ReportClassified(report=report["id"], category="WAT01", confidence=1.0, urgency=3,
                                                            restricted=True, model="person")], at=talk.clock(), by="ana")
    talk.say("no hay agua en villa fatima", "NO, en Kupini", "AGREGAR es mi hijo")
    with talk.node.database.reading() as c:
        hidden = set(c.execute(select(ENTRY.c.subject).where(ENTRY.c.kind == "command_given", ENTRY.c.other == report["id"])).scalars())
    assert hidden == {m["id"] for m in talk.rows(MESSAGE)} - {report["message"]}
    assert talk.rows(REPORT)[0]["place_code"] == "P1314"
