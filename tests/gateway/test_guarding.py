"""Restricted by a person and released, looked after, looked at, forgotten: what stands, whatever order it comes in."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import select

from gateway.decisions import forgetting, guarding, planning
from gateway.doors import intake
from gateway.errors import Problem
from gateway.journal import ledger, projections
from gateway.journal.entries import ENTRY, all_facts
from gateway.journal.facts.guarding import CareGiven, ReportReleased
from gateway.journal.facts.residents import CommandGiven
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import FOLDED, Care, Delivery, Look, Message, Need, Reply, Report, Sender, table
from gateway.machine import jobs
from gateway.node import Node
from tests.conftest import Clock, MakeNode, sms

REPORT, MESSAGE, NEED, CARE, LOOK = table(Report), table(Message), table(Need), table(Care), table(Look)
WATER, BEATEN = "AGUA S1604 sin agua 3 dias", "mi marido me pega todas las noches ZZWORDS"


def text(node: Node, words: str, number: str = "+59170000001", sid: str = "") -> str:
    """One text, taken in and worked on; its message's id."""
    with node.database.writing() as c:
        intake.receive(c, node, [sms(sid or f"sid{number}-{sum(map(ord, words))}", words, number, node.now())])
        message: str = c.execute(select(MESSAGE.c.id).where(MESSAGE.c.text == words).order_by(MESSAGE.c.id.desc())).scalars().first()
    jobs.work(node)
    return message


def report_of(node: Node, message: str) -> dict[str, object]:
    with node.database.reading() as c:
        return dict(c.execute(select(REPORT).where(REPORT.c.message == message)).mappings().one())


def test_a_text_that_a_person_restricts_leaves_its_need_and_whatever_the_machine_says_later_does_not_bring_it_back(node: Node) -> None:
    message = text(node, WATER)
    need = report_of(node, message)["need"]
    assert need is not None
    [report] = guarding.restrict(node, message, why="names a child", by="ana")
    stands = report_of(node, message)
    assert (stands["restricted"], stands["need"]) == (True, None)
    text(node, "somos 20 familias")  # classified anew
    stands = report_of(node, message)
    assert (stands["restricted"], stands["need"]) == (True, None)
    guarding.release(node, report, why="it is water", by="rosa", after=str(stands["held"]))
    jobs.work(node)
    stands = report_of(node, message)
    assert (stands["restricted"], stands["need"], stands["category"]) == (False, need, "WAT01")
    rebuild(node.database, verify=True)


def test_a_text_that_nobody_understood_becomes_a_report_of_the_focal_point(node: Node) -> None:
    message = text(node, "asdf qwer zxcv")
    [report] = guarding.restrict(node, message, why="", by="ana")
    with node.database.reading() as c:
        assert c.execute(select(MESSAGE.c.settled).where(MESSAGE.c.id == message)).scalar() == "restricted"
    stands = report_of(node, message)
    assert (stands["id"], stands["restricted"], bool(stands["reference"])) == (report, True, True)
    guarding.release(node, report, why="", by="rosa", after=str(stands["held"]))
    jobs.work(node)
    stands = report_of(node, message)
    assert (stands["restricted"], stands["errors"]) == (False, '["missing_place","missing_category"]')
    planning.read_message(node, message, "LIT01", "S1701", why="", by="ana", report=report)
    jobs.work(node)
    assert report_of(node, message)["need"] is not None
    rebuild(node.database, verify=True)


@pytest.mark.parametrize(("label", "words", "category", "place"), [
    ("a need that the same text tells besides", "mi marido me pega y en kupini no hay agua", "WAT01", "S1701"),
    ("nothing besides", "mi marido me pega", None, None)])
def test_a_released_disclosure_is_what_its_text_says_as_any_other(node: Node, label: str, words: str, category: str | None,
                                                                  place: str | None) -> None:
    message = text(node, words)
    stands = report_of(node, message)
    assert (stands["restricted"], stands["place_code"]) == (True, None)
    guarding.release(node, str(stands["id"]), why="a joke", by="rosa", after="")
    jobs.work(node)
    stands = report_of(node, message)
    assert (stands["restricted"], stands["category"], stands["place_code"]) == (False, category, place), label
    assert (stands["need"] is not None) == (category is not None)
    rebuild(node.database, verify=True)


def test_read_as_violence_after_its_release_it_is_restricted_again(node: Node) -> None:
    message = text(node, WATER)
    [report] = guarding.restrict(node, message, why="", by="ana")
    guarding.release(node, report, why="", by="rosa", after=str(report_of(node, message)["held"]))
    jobs.work(node)
    planning.read_message(node, message, "SAF03", "S1604", why="", by="ana", report=report)
    jobs.work(node)
    assert report_of(node, message)["restricted"] is True
    rebuild(node.database, verify=True)


def test_a_release_that_did_not_see_the_last_word_changes_nothing(node: Node) -> None:
    message = text(node, BEATEN)
    report = str(report_of(node, message)["id"])
    guarding.release(node, report, why="", by="rosa", after="")
    guarding.restrict(node, message, why="", by="ana")
    with pytest.raises(Problem) as fault:
        guarding.release(node, report, why="", by="rosa", after="")
    assert fault.value.code == "planning.refused"
    with node.database.writing() as c:  # as another node may have written it meanwhile
        ledger.write(c, node.origin, [ReportReleased(report=report, message=message, after="")], at=node.now(), by="rosa")
    assert report_of(node, message)["restricted"] is True
    rebuild(node.database, verify=True)


@pytest.mark.parametrize("thing", ["nobody's", "open", "erased"])
def test_only_what_is_restricted_is_looked_at_looked_after_and_released(node: Node, clock: Clock, thing: str) -> None:
    report = "0" * 24
    if thing != "nobody's":
        report = str(report_of(node, text(node, WATER if thing == "open" else BEATEN))["id"])
    if thing == "erased":
        clock.on(days=181)
        assert forgetting.forget_due(node) == 1
    for refused in (lambda: guarding.look(node, [report], by="rosa"), lambda: guarding.care(node, report, "taken", by="rosa"),
                    lambda: guarding.release(node, report, why="", by="rosa", after=""), lambda: guarding.number(node, report, by="rosa")):
        with pytest.raises(Problem) as fault:
            refused()
        assert fault.value.code == "planning.unknown"
    with node.database.reading() as c:
        assert not c.execute(select(LOOK.c.id)).all()


def test_what_is_not_open_cannot_be_restricted_by_who_does_not_see_it(node: Node) -> None:
    for message in (text(node, BEATEN), "0" * 24):
        with pytest.raises(Problem) as fault:
            guarding.restrict(node, message, why="", by="ana")
        assert fault.value.code == "planning.unknown"


def test_what_the_focal_point_does_is_folded_and_two_who_did_not_see_each_other_are_told(node: Node) -> None:
    report = str(report_of(node, text(node, BEATEN))["id"])

    def care() -> dict[str, object]:
        with node.database.reading() as c:
            return dict(c.execute(select(CARE)).mappings().one())

    guarding.care(node, report, "taken", by="rosa")
    guarding.care(node, report, "callback", by="rosa", callback="yes", after=str(care()["entry"]))
    guarding.care(node, report, "referred", by="rosa", referred="800", after=str(care()["entry"]))
    assert {name: care()[name] for name in ("state", "taken_by", "referred", "callback", "contested")} == {
        "state": "referred", "taken_by": "rosa", "referred": "800", "callback": "yes", "contested": False}
    seen = str(care()["entry"])
    guarding.care(node, report, "closed", by="rosa", after=seen)
    guarding.care(node, report, "taken", by="eva", after=seen)
    assert (care()["state"], care()["contested"]) == ("taken", True)
    for wrong in (dict(step="burnt"), dict(step="callback", callback="perhaps")):
        with pytest.raises(Problem):
            guarding.care(node, report, by="rosa", **wrong)
    rebuild(node.database, verify=True)


def test_a_call_back_is_a_look_of_its_own(node: Node) -> None:
    report = str(report_of(node, text(node, BEATEN, "+59170000077"))["id"])
    assert guarding.number(node, report, by="rosa") == "+59170000077"
    with node.database.reading() as c:
        assert c.execute(select(LOOK.c.report, LOOK.c.by, LOOK.c.what)).all() == [(report, "rosa", "number")]


def conversation(node: Node) -> str:
    """A disclosure with what follows, beside an ordinary need of the same phone, all looked at; the report's id."""
    message = text(node, BEATEN)
    for n, words in enumerate(("1", "vivo en ZZPLACE", WATER, "ESTADO", "tengo miedo ZZFEAR")):
        text(node, words, sid=f"c{n}")
    report = str(report_of(node, message)["id"])
    with node.database.writing() as c:
        ledger.write(c, node.origin, [CommandGiven(message=message, sender="x", intent="support", language="es", report=report)],
                     at=node.now(), by="resident")
    guarding.look(node, [report], by="rosa")
    guarding.care(node, report, "noted", note="ZZNOTE", by="rosa")
    return report


def held_words(node: Node) -> list[str]:
    """Every text cell of the database that holds one of the words."""
    found = []
    with node.database.reading() as c:
        for of in [*FOLDED, Delivery]:
            for row in c.execute(select(table(of))):
                found += [f"{of.__name__}: {cell}" for cell in row if any(word in str(cell) for word in ("ZZ", "protection", "SAF03"))]
        found += [body for body in c.execute(select(ENTRY.c.body)).scalars() if body and ("ZZ" in body or "SAF03" in body)]
    return found


def test_words_are_erased_when_their_time_has_come(make_node: MakeNode, database_url: str, clock: Clock) -> None:
    node = make_node(database_url=database_url)
    conversation(node)
    with node.database.reading() as c:
        restricted = c.execute(select(REPORT.c.id).where(REPORT.c.restricted.is_(True))).scalars().all()
        before = c.execute(select(ENTRY.c.digest).order_by(ENTRY.c.seq)).scalars().all()
    clock.on(days=179)
    assert forgetting.forget_due(node) == 0
    assert held_words(node)
    clock.on(days=2)
    assert forgetting.forget_due(node) == len(restricted)
    assert held_words(node) == []
    assert forgetting.forget_due(node) == 0
    rebuild(node.database, verify=True)
    with node.database.reading() as c:
        assert c.execute(select(ENTRY.c.digest).order_by(ENTRY.c.seq)).scalars().all()[:len(before)] == before, "the chain is what it was"
        left = c.execute(select(REPORT.c.id).where(REPORT.c.restricted.is_(True))).scalars().all()
        assert sorted(left) == sorted(restricted), "they still count"
        assert c.execute(select(REPORT.c.need).where(REPORT.c.category == "WAT01")).scalar() is not None, "the ordinary need stands"
        assert c.execute(select(LOOK.c.by)).scalars().all() == ["rosa"], "who looked is kept"
        assert c.execute(select(Sender.id)).first(), "the phone said other things too"
        assert c.execute(select(Reply.id).where(Reply.kind == "ack")).first()


def test_what_somebody_still_works_on_is_not_erased(node: Node, clock: Clock) -> None:
    report = conversation(node)
    clock.on(days=170)
    guarding.care(node, report, "noted", note="called again ZZLATER", by="rosa")
    clock.on(days=20)
    forgetting.forget_due(node)
    assert any("ZZLATER" in said for said in held_words(node))
    with node.database.reading() as c:
        assert c.execute(select(REPORT.c.status).where(REPORT.c.id == report)).scalar() == "received"
    rebuild(node.database, verify=True)


@pytest.mark.parametrize("seed", range(4))
def test_facts_that_arrive_in_any_order_give_the_same_tables(node: Node, clock: Clock, seed: int) -> None:
    report = conversation(node)
    message = text(node, "LUZ S1604 sin luz", "+59170000002")
    [other] = guarding.restrict(node, message, why="", by="ana")
    guarding.release(node, other, why="", by="rosa", after=str(report_of(node, message)["held"]))
    guarding.care(node, report, "closed", by="rosa")
    jobs.work(node)
    clock.on(days=200)
    text(node, BEATEN + " otra vez", "+59170000003")
    forgetting.forget_due(node)
    with node.database.writing() as c:
        whole = projections.table_hashes(c)
        facts = list(all_facts(c, {kind for fold in projections.FOLDS for kind in fold.kinds}))
        for model in FOLDED:
            c.execute(table(model).delete())
        random.Random(seed).shuffle(facts)
        for fact in facts:
            projections.apply(c, [fact], own=False)
        assert projections.table_hashes(c) == whole


def test_a_note_is_a_fact_about_nothing_but_the_report(node: Node) -> None:
    """So that whoever holds bodies back by the report holds it back as well."""
    assert CareGiven(report="r", step="noted", note="x").about() == ["r"]
