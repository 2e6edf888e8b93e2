"""Folds: the order of arrival never shows, and folding again reproduces the tables exactly."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from gateway import ranking
from gateway.decisions import deciding, pinning, planning, releasing, ruling
from gateway.decisions.ruling import Said
from gateway.doors import intake
from gateway.errors import Problem
from gateway.feedback import accompanying, holding
from gateway.feedback.accompanying import Enrolment
from gateway.journal import ledger, projections
from gateway.journal.entries import ENTRY, all_facts
from gateway.journal.facts import circle
from gateway.journal.facts.plans import PlaceFactRecorded
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Alias, Checkin, Elder, Forgotten, Message, Need, Profile, Reading, Reply, Report, Ruling, Sender
from gateway.machine import jobs
from gateway.matching import Decision
from gateway.matching.fit import Match
from gateway.needs import merging, news
from gateway.node import Node
from tests.conftest import Clock, MakeNode, sms
from tests.journal.shuffling import same_in_any_order

TEXTS = ["AGUA S1604 sin agua 3 dias 20 familias", "no hay luz en las gradas de Alto San Pedro", "BAJA", "INICIO", "estado", "hola",
         "asdf qwer", "se cae el muro", "Kupini", "mi marido me pega", "incendio en Villa Copacabana ayuda", "AYUDA",
         "basura en Munaypata, urgente", "9", "NO", "no es agua es luz", "era S1701", "tambien se cayo el muro", "somos 20 familias",
         "APOYO", "AGREGAR en la esquina"]
# One resident's conversation, with every kind of fact that a text can be.
PIN = "detras del molino viejo"
SAID = ["Hay un basural lleno de ratas", "kupini", "Hay un basural lleno de ratas", "no es basural es luz",
        "somos 20 familias", "NO ARREGLADO", "REGISTRO kupini mujer 35",
        "VIAJE S1701 P1314 6AM MINIBUS CUIDADO 2 > S1604 7AM PIE COMPRAS", "NO", "asdf"]
KINDS = {"report_filed", "report_completed", "report_corrected", "report_extended", "message_repeated", "report_unreadable",
         "command_given", "sender_registered", "repair_judged", "alias_learned", "report_placed", "report_read", "reading_withdrawn",
         "same_said", "needs_merged", "needs_parted", "report_parted", "report_rejoined", "lessons_forgotten",
         "change_told", "change_held", "change_released",
         "need_costed", "component_recorded", "catchment_drawn", "budget_recorded", "milestone_set", "place_fact_recorded",
         "weights_decided", "needs_ranked", "proposal_decided", "indicators_released", "commission_decided",
         "commission_withdrawn", "trip_told", "trip_withdrawn", *circle.ENROLMENT, *circle.GREETING}
# Holes of one zone: told alike, told without a street and asked about, told elsewhere.
HOLES = ["bache en calle 5 villa fatima", "hueco villa fatima calle 5", "bache en villa fatima", "1", "bache villa fatima calle 9",
         "hay un bache en villa fatima", "2"]


def lively(node: Node, clock: Clock, texts: int = 60) -> None:
    """A small city's first hours."""
    rng = random.Random(7)
    for i, words in enumerate(SAID):
        clock.on(minutes=1)
        with node.database.writing() as c:
            intake.receive(c, node, [sms(f"s{i}", words, "+59171110000", clock())])
        jobs.work(node)
    for i in range(texts):
        clock.on(minutes=7)
        with node.database.writing() as c:
            intake.receive(c, node, [sms(i, rng.choice(TEXTS), f"+5917000{rng.randrange(12):04d}", clock())])
        if i % 5 == 0:
            jobs.work(node)
    jobs.work(node)
    with node.database.reading() as c:
        everything = c.execute(select(Need.id)).scalars().all()  # type: ignore[call-overload]
        needs = sorted(voice.need for voice in news.voices(c, needs=everything))  # somebody hears what is decided about them
    deciding.cost_need(node, needs[0], 48000, source="visit", by="ana")
    planning.link_need(node, needs[0], "LED-04", why="same street", by="ana")
    planning.change_status(node, needs[0], "verified", note="seen", by="ana", after=None)
    clock.on(hours=25)  # those who texted all day may be written to again
    jobs.work(node)
    planning.change_status(node, needs[0], "planned", note="", by="luis", after=None)
    holding.hold(node, needs[0], why="", by="ana")
    planning.unlink_need(node, needs[0], "LED-04", why="wrong street", by="ana")
    holding.hold(node, needs[0], why="", by="ana")
    holding.release(node, needs[0], why="", by="luis")
    planned(node, needs[0])
    by_hand(node, clock)
    of_sameness(node, clock)
    of_the_circle(node, clock)


def of_the_circle(node: Node, clock: Clock) -> None:
    """Two elders are enrolled; one says yes, is greeted, asks for help and is seen to; the other is ended."""
    plans = [Enrolment("Rosa", f"+5917444000{n}", "Elena", f"+5917555000{n}", "S1604", 9, tuple(range(7))) for n in range(2)]
    elders = [accompanying.enrol(node, plan, by="luz") for plan in plans]
    for words in ("1", "3"):
        with node.database.writing() as c:
            intake.receive(c, node, [sms(f"elder{words}", words, "+59174440000", clock())])
        clock.moment = clock().replace(hour=13, minute=1) + timedelta(days=1)
        accompanying.look(node)
    with node.database.reading() as c:
        greeting = c.execute(select(Checkin.id).order_by(Checkin.asked_at)).scalars().first()  # type: ignore[call-overload,arg-type]
    accompanying.close(node, greeting, "she is well", by="luz")
    accompanying.end(node, elders[1], by="luz")


def planned(node: Node, need: str) -> None:
    """The council decides, all needs are ranked, and a person accepts and refuses a work; costs are corrected."""
    deciding.decide_weights(node, Decision(id="2026-1", decided_on="2026-11-01", source="Acta 9"), by="ana")
    run = ranking.make(node, by="ana")
    for decision, by in (("accepted", "ana"), ("refused", "luis")):
        match = Match(need, "LED-04", "ALU", 1.0, 1.0, 0.7, 0.5, ("partial_budget",))
        deciding.decide_proposal(node, match, run, decision, why="seen", by=by)
    day = node.today.isoformat()
    for said in (Said(decision="verify", met_on=day), Said(decision="taken_up", met_on=day, work="LED-04"),
                 Said(decision="refused", met_on=day, reason="otra empresa")):
        ruling.decide(node, need, said, by="ana")
    with node.database.reading() as c:
        stands = c.execute(select(Ruling.entry).where(Ruling.id == need)).scalar_one()  # type: ignore[call-overload]
    ruling.withdraw(node, need, by="luis", after=stands)
    ruling.decide(node, need, Said(decision="postponed", met_on=day, until="2027-05-15"), by="luis")
    releasing.release(node, "2026-Q2", "{}", 10, by="ana")
    deciding.cost_need(node, need, 51000, source="price list", by="luis", after="")
    for day, occupancy in (("2026-06-01", "0.9"), ("2026-03-01", "0.7")):  # what is true of the later day stands
        with node.database.writing() as c:
            ledger.write(c, node.origin, [PlaceFactRecorded(place="S1701", fact="occupancy", value=occupancy, as_of=day, source="x")],
                         at=node.now(), by="ana")


def by_hand(node: Node, clock: Clock) -> None:
    """A landmark is pinned, moved and taken back; a text is read, one of them for good."""
    with node.database.reading() as c:
        unread = c.execute(select(Message.id).where(Message.outcome == "unknown").order_by(Message.id)).scalars().all()[:2]  # type: ignore[call-overload]
    with node.database.writing() as c:
        intake.receive(c, node, [sms("wall", f"se cayo el muro {PIN}", "+59172220000", clock())])
    for place in ("S1701", "S1604"):
        pinning.pin(node, PIN, place, by="ana")
        jobs.work(node)
    for message in unread:
        report = planning.read_message(node, message, "LIT01", "S1701", why="", by="ana")
        jobs.work(node)
        if message == unread[0]:
            planning.withdraw_reading(node, report, why="", by="luis")
    planning.forget_lesson(node, report, why="a joke", by="luis")
    planning.forget_account(node, "ana", why="", by="luis")
    planning.forget_account(node, "ana", why="", by="luis", forgotten=False)
    pinning.unpin(node, PIN, by="luis")
    jobs.work(node)


def of_sameness(node: Node, clock: Clock, prefix: str = "") -> None:
    """Holes are gathered, asked about, set apart, put back; their needs merged, parted and merged again."""
    for n, words in enumerate(HOLES):
        clock.on(minutes=1)
        with node.database.writing() as c:
            intake.receive(c, node, [sms(f"{prefix}hole{n}", words, f"+5917333{prefix}000{n - (words in '12')}", clock())])
        jobs.work(node)
    with node.database.reading() as c:
        holes = c.execute(select(Report.id, Report.need).where(Report.category == "ACC01", Report.need.is_not(None))  # type: ignore[call-overload,union-attr]
                          .order_by(Report.id)).all()
    needs = list(dict.fromkeys(need for _, need in holes))
    report, need = next((report, need) for report, need in reversed(holes) if need == needs[0])
    merging.part_report(node, report, need, why="another hole", by="ana")
    merging.rejoin_report(node, report, need, why="", by="luis")
    merging.part_report(node, report, need, why="two holes", by="ana")
    merging.merge_needs(node, needs[0], needs[1], why="one hole", by="ana")
    merging.part_needs(node, needs[0], needs[1], why="", by="luis")
    merging.merge_needs(node, needs[1], needs[0], why="one all the same", by="ana")


def test_folding_again_reproduces_every_table(make_node: MakeNode, database_url: str, clock: Clock) -> None:
    node = make_node(database_url=database_url, extra='[outbox]\nchannel = "console"\n')
    lively(node, clock)
    with node.database.reading() as c:
        before = projections.state_hash(c)
        assert all(c.execute(select(model)).first() for model in (Report, Reading, Forgotten, Need, Reply, Sender, Profile, Alias, Elder,
                                                              Checkin))
        assert set(c.execute(select(ENTRY.c.kind)).scalars()) >= KINDS
    assert rebuild(node.database, verify=True).state_hash == before


@pytest.mark.parametrize("change", [
    update(Report).values(urgency=4), update(Sender).values(opted_out=True), delete(Need), update(Reply).values(text="something else")])
def test_a_table_that_says_more_than_the_journal_is_found_and_kept(node: Node, clock: Clock, change: object) -> None:
    lively(node, clock, 20)
    with node.database.writing() as c:
        c.execute(change)  # type: ignore[call-overload]
        tampered = projections.state_hash(c)
    with pytest.raises(Problem) as fault:
        rebuild(node.database, verify=True)
    assert fault.value.code == "rebuild.differs"
    with node.database.reading() as c:
        assert projections.state_hash(c) == tampered
    rebuild(node.database)
    rebuild(node.database, verify=True)


@pytest.mark.parametrize("seed", range(6))
def test_facts_that_arrive_in_any_order_give_the_same_tables(node: Node, clock: Clock, seed: int) -> None:
    """As when other nodes' entries come late: each fact is folded in by itself, shuffled, against the whole journal."""
    lively(node, clock, 30)
    same_in_any_order(node, seed)


def test_two_people_who_answer_the_same_decision_are_told(node: Node, clock: Clock) -> None:
    lively(node, clock, 10)
    with node.database.reading() as c:
        need = c.execute(select(Need.__table__)).mappings().first()  # type: ignore[attr-defined]
        assert need is not None
    planning.change_status(node, need["id"], "done", note="", by="ana", after=need["status_entry"])
    planning.change_status(node, need["id"], "rejected", note="", by="luis", after=need["status_entry"])
    with node.database.reading() as c:
        now = c.execute(select(Need.__table__).where(Need.id == need["id"])).mappings().one()  # type: ignore[attr-defined]
    assert (now["status"], now["contested"]) == ("rejected", True)
    planning.change_status(node, need["id"], "done", note="settled together", by="ana", after=now["status_entry"])
    with node.database.reading() as c:
        assert c.execute(select(Need.contested).where(Need.id == need["id"])).scalar() is False  # type: ignore[call-overload]


def test_an_unknown_kind_is_kept_and_not_applied(node: Node) -> None:
    """A newer node's facts: stored and passed on, without a table that could hold them."""
    with node.database.writing() as c:
        before = projections.state_hash(c)
        body = c.execute(select(ENTRY.c.body).limit(1)).scalar_one().replace('"kind":"programme_recorded"', '"kind":"comet_landed"')
        assert "comet_landed" in body
        c.execute(update(ENTRY).where(ENTRY.c.seq == 1).values(body=body, kind="comet_landed"))
        facts = list(all_facts(c, ["comet_landed"]))
        projections.apply(c, facts)
        assert [f.kind for f in facts] == ["comet_landed"]
        assert projections.state_hash(c) == before


@pytest.mark.parametrize("city", ["la-paz", "casablanca", "nairobi"])
def test_every_fact_of_a_city_pack_is_one_that_other_nodes_take(make_node: MakeNode, city: str) -> None:
    """An id with a space or an accent would be folded here and refused everywhere else."""
    from gateway.journal import soundness
    node = make_node("hub", city=city)
    with node.database.reading() as c:
        bodies = [row[0] for row in c.execute(select(ENTRY.c.body))]
    assert bodies
    assert [body for body in bodies if soundness.read(body, "p")[1] is None] == []
