"""What a commission decides, who hears of it, and how it is taken back before anybody did."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from gateway.decisions import planning, ruling
from gateway.decisions.ruling import Said
from gateway.errors import Problem
from gateway.journal.entries import ENTRY
from gateway.journal.facts.rulings import KINDS
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Link, Need, Notice, Reply, Ruling, table
from gateway.needs import merging, news
from tests.conftest import Clock, MakeNode
from tests.gateway.town import OFTEN, Town

LINK, NEED, NOTICE, REPLY, RULING = (table(of) for of in (Link, Need, Notice, Reply, Ruling))
TODAY, LATER = "2026-11-25", "2027-05-15"
TAKEN_UP = Said(decision="taken_up", met_on=TODAY, work="LED-04")
POSTPONED = Said(decision="postponed", met_on=TODAY, until=LATER)
REFUSED = Said(decision="refused", met_on=TODAY, reason="otra empresa lo hace")
VERIFY = Said(decision="verify", met_on=TODAY)


@pytest.fixture
def town(make_node: MakeNode, clock: Clock) -> Town:
    town = Town(make_node(extra=OFTEN), clock)
    planning.record_city(town.node)
    return town


def stood(town: Town, need: str) -> tuple[str, list[str], str]:
    """(status, works it is linked to, what a refusal says)"""
    with town.node.database.reading() as c:
        status = c.execute(select(NEED.c.status).where(NEED.c.id == need)).scalar_one()
        works = c.execute(select(LINK.c.work).where(LINK.c.need == need, LINK.c.linked).order_by(LINK.c.work)).scalars().all()
        return status, list(works), c.execute(select(NOTICE.c.reason).where(NOTICE.c.id == need)).scalar() or ""


def ruled(town: Town, need: str) -> dict[str, object]:
    with town.node.database.reading() as c:
        return dict(c.execute(select(RULING).where(RULING.c.id == need)).mappings().one())


def entries(town: Town) -> int:
    with town.node.database.reading() as c:
        return c.execute(select(func.count()).where(ENTRY.c.kind.in_(KINDS))).scalar_one()


def texts(town: Town) -> list[str]:
    with town.node.database.reading() as c:
        return list(c.execute(select(REPLY.c.text).where(REPLY.c.state == "delivered", REPLY.c.kind.in_(news.KINDS))
                              .order_by(REPLY.c.queued_at, REPLY.c.id)).scalars())


def undo(town: Town, need: str) -> None:
    ruling.withdraw(town.node, need, by="luis", after=str(ruled(town, need)["entry"]))


@pytest.mark.parametrize(("label", "said", "stands", "heard", "words"), [
    ("taken up with a work", TAKEN_UP, ("open", ["LED-04"], ""), "news_begun", "LED ladera este Pampahasi, que ya empezo."),
    ("postponed until a day", POSTPONED, ("open", [], ""), "news_postponed", "Se decide otra vez desde el 15/05/2027."),
    ("refused with a reason", REFUSED, ("rejected", [], "otra empresa lo hace"), "news_refused", "Motivo: otra empresa lo hace"),
    ("to be looked at first", VERIFY, ("open", [], ""), "news_checking", "pidio que alguien vaya a verlo"),
])
def test_a_decision_stands_and_is_told_once(town: Town, label: str, said: Said, stands: tuple[str, list[str], str], heard: str,
                                            words: str) -> None:
    need = town.need("a", town.phone("a"), town.phone("b"))
    town.write()
    assert ruling.decide(town.node, need, said, by="ana")
    assert not ruling.decide(town.node, need, said, by="ana"), "saving it twice decides once"
    assert entries(town) == 1
    assert (ruled(town, need)["decision"], ruled(town, need)["by"]) == (said.decision, "ana")
    for _ in range(3):
        town.work(hours=25)
    assert stood(town, need) == stands
    assert town.heard("a") == town.heard("b") == [heard]
    assert all(words in text for text in texts(town))
    rebuild(town.node.database, verify=True)


@pytest.mark.parametrize("said", [TAKEN_UP, POSTPONED, REFUSED, VERIFY], ids=lambda said: said.decision)
def test_who_said_stop_and_who_wrote_of_violence_hear_nothing(town: Town, said: Said) -> None:
    need = town.need("a", town.phone("a"), town.phone("gone"))
    secret = town.need("b", town.phone("quiet"), restricted=True)
    town.write()
    town.command("gone", "stop")
    town.write()
    for one in (need, secret):
        ruling.decide(town.node, one, said, by="ana")
    town.work(hours=25)
    assert (len(town.heard("a")), town.heard("gone"), town.heard("quiet")) == (1, [], [])


@pytest.mark.parametrize("said", [TAKEN_UP, POSTPONED, REFUSED, VERIFY], ids=lambda said: said.decision)
@pytest.mark.parametrize("status", ["open", "verified", "planned"])
def test_what_is_taken_back_before_it_went_out_was_never_said(town: Town, said: Said, status: str) -> None:
    need = town.need("a", town.phone("a"))
    town.write()
    if status != "open":
        town.decide(need, status)
    town.work(hours=25)
    before, told = stood(town, need), town.heard()
    ruling.decide(town.node, need, said, by="ana")
    town.work(minutes=5)
    undo(town, need)
    for _ in range(3):
        town.work(hours=25)
    assert (stood(town, need), town.heard()) == (before, told)
    assert ruled(town, need)["decision"] == ""
    rebuild(town.node.database, verify=True)


def test_a_decision_taken_back_gives_way_to_the_one_before(town: Town) -> None:
    need = town.need("a", town.phone("a"))
    town.write()
    ruling.decide(town.node, need, TAKEN_UP, by="ana")
    town.work(hours=25)
    ruling.decide(town.node, need, REFUSED, by="luis")
    assert stood(town, need) == ("rejected", [], "otra empresa lo hace"), "the link that a commission made goes with its decision"
    undo(town, need)
    assert stood(town, need) == ("open", ["LED-04"], "")
    assert (ruled(town, need)["decision"], ruled(town, need)["by"], ruled(town, need)["linked"]) == ("taken_up", "ana", True)
    town.work(hours=49)
    assert town.heard() == ["news_begun"]
    ruling.decide(town.node, need, POSTPONED, by="ana")
    town.work(hours=25)
    assert (town.heard(), stood(town, need)[1]) == (["news_begun", "news_postponed"], [])


def left(town: Town, need: str) -> None:
    town.work(hours=25)


def decided_since(town: Town, need: str) -> None:
    town.decide(need, "verified")


@pytest.mark.parametrize(("label", "then", "why"), [
    ("residents heard of it", left, "Residents were told"), ("somebody decided since", decided_since, "Something was decided")])
def test_what_cannot_be_taken_back(town: Town, label: str, then: Callable[[Town, str], None], why: str) -> None:
    need = town.need("a", town.phone("a"))
    town.write()
    ruling.decide(town.node, need, POSTPONED, by="ana")
    then(town, need)
    with pytest.raises(Problem, match=why):
        undo(town, need)


def test_a_later_meeting_may_decide_otherwise(town: Town) -> None:
    need = town.need("a", town.phone("a"))
    town.write()
    steps = (POSTPONED, REFUSED, VERIFY, Said(decision="postponed", met_on=TODAY, until="2027-06-01"), TAKEN_UP)
    for said in steps:
        ruling.decide(town.node, need, said, by="ana")
        town.work(hours=25)
    assert town.heard() == ["news_postponed", "news_refused", "news_checking", "news_postponed", "news_begun"]
    assert stood(town, need) == ("open", ["LED-04"], "")
    assert ruled(town, need)["contested"] is False


def test_two_meetings_that_did_not_see_each_other_wait_for_a_person(town: Town) -> None:
    need = town.need("a", town.phone("a"))
    town.write()
    ruling.decide(town.node, need, POSTPONED, by="ana", after="")
    ruling.decide(town.node, need, VERIFY, by="luis", after="")
    town.work(hours=25)
    assert (ruled(town, need)["contested"], town.heard()) == (True, [])
    ruling.decide(town.node, need, VERIFY, by="ana")
    town.work(hours=25)
    assert (ruled(town, need)["contested"], town.heard()) == (False, ["news_checking"])


def test_merged_needs_are_decided_about_as_one(town: Town) -> None:
    one, other = town.need("a", town.phone("a")), town.need("b", town.phone("b"))
    town.write()
    merging.merge_needs(town.node, one, other, why="", by="ana")
    ruling.decide(town.node, other, POSTPONED, by="ana")
    town.work(hours=25)
    assert town.heard("a") == town.heard("b") == ["news_postponed"]


@pytest.mark.parametrize(("label", "said"), [
    ("no such decision", Said(decision="maybe", met_on=TODAY)), ("no day of the meeting", Said(decision="verify", met_on="soon")),
    ("a meeting that is still to come", Said(decision="verify", met_on="2026-12-01")),
    ("postponed until yesterday", Said(decision="postponed", met_on=TODAY, until="2026-11-24")),
    ("postponed until nobody remembers", Said(decision="postponed", met_on=TODAY, until="2099-01-01")),
    ("postponed until no day", Said(decision="postponed", met_on=TODAY)),
    ("refused without a reason", Said(decision="refused", met_on=TODAY, reason=" ")),
    ("refused with a link", Said(decision="refused", met_on=TODAY, reason="vea casa.com")),
    ("refused with a number", Said(decision="refused", met_on=TODAY, reason="llame al 70012345")),
    ("refused with more than a text holds", Said(decision="refused", met_on=TODAY, reason="muro " * 13)),
    ("a work that is none", Said(decision="taken_up", met_on=TODAY, work="nothing")),
    ("taken up by nothing", Said(decision="taken_up", met_on=TODAY)),
])
def test_what_makes_no_sense_is_refused_in_words(town: Town, label: str, said: Said) -> None:
    need = town.need("a", town.phone("a"))
    town.write()
    with pytest.raises(Problem) as refused:
        ruling.decide(town.node, need, said, by="ana")
    assert refused.value.code in ("planning.refused", "planning.unknown")
    assert entries(town) == 0


def test_a_need_that_is_over_is_not_decided_about(town: Town) -> None:
    need = town.need("a", town.phone("a"))
    town.write()
    town.decide(need, "done")
    with pytest.raises(Problem, match="over"):
        ruling.decide(town.node, need, POSTPONED, by="ana")
    with pytest.raises(Problem, match="There is no need"):
        ruling.decide(town.node, "nothing", POSTPONED, by="ana")
