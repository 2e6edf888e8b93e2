"""A box that was copied gave one number to two people: each phone finds its own report by it, and nobody else learns of either."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway.channels.values import Inbound
from gateway.doors import intake
from gateway.journal import ledger
from gateway.journal.facts.needs import ReportClassified
from gateway.journal.facts.residents import MessageReceived, ReportFiled
from gateway.journal.tables import Message, Reply, table
from gateway.machine import jobs
from gateway.node import Node
from tests.conftest import START, MakeNode

MESSAGE, REPLY = table(Message), table(Reply)
ANA, EVA, ZOE = "+59170000001", "+59170000002", "+59170000003"


@pytest.fixture
def node(make_node: MakeNode) -> Node:
    return make_node(extra='[outbox]\nchannel = "console"\nautomatic_per_day = 100\n')


@pytest.fixture
def say(node: Node, text_in: Callable[..., Inbound]) -> Callable[[str, str], str]:
    """What a phone is answered to a text."""
    texts = iter(range(100))

    def answered(number: str, words: str) -> str:
        sid = str(next(texts))
        with node.database.writing() as c:
            intake.receive(c, node, [text_in(sid, words, number)])
        jobs.work(node)
        with node.database.reading() as c:
            return str(c.execute(select(REPLY.c.text).join(MESSAGE, MESSAGE.c.id == REPLY.c.message).where(
                MESSAGE.c.provider_id == sid)).scalar_one())

    return answered


def given_again(node: Node, number: str, category: str, place: str, *, intent: str = "report") -> None:
    """What the copied box took in, with a number that was given already."""
    sender = node.vault.sender(number)
    with node.database.writing() as c:
        ledger.write(c, node.origin, [
            MessageReceived(message="m2", sender=sender, channel="console", provider_id="there", text="x", received_at=START.isoformat()),
            ReportFiled(report="r2", message="m2", sender=sender, reference="10005", intent=intent, language="es", category=category,
                        place_code=place, flags=("sensitive",) if intent == "protection" else ()),
            ReportClassified(report="r2", category=category, confidence=0.9, urgency=2, restricted=intent == "protection", model="m"),
        ], at=START, by="resident")


def test_each_phone_finds_its_own_report(node: Node, say: Callable[[str, str], str]) -> None:
    assert "10005" in say(ANA, "no hay agua en Pampahasi")
    given_again(node, EVA, "LIT01", "S1701")
    assert say(ANA, "ESTADO 10005").startswith("Aviso 10005: Sin agua, Pampahasi.")
    assert say(EVA, "ESTADO 10005").startswith("Aviso 10005: Foco o poste sin luz, Kupini.")
    assert say(EVA, "arreglado 10005").startswith("Gracias por confirmar el aviso 10005.")
    assert say(ANA, "ESTADO 10005").startswith("Aviso 10005: Sin agua, Pampahasi. Recibido"), "hers is not closed"


def test_who_is_neither_is_asked_for_what_tells_them_apart(node: Node, say: Callable[[str, str], str]) -> None:
    say(ANA, "no hay agua en Pampahasi")
    given_again(node, EVA, "LIT01", "S1701")
    asked = say(ZOE, "ESTADO 10005")
    assert "se dio a dos personas" in asked
    for private in ("agua", "Pampahasi", "Foco", "Kupini"):
        assert private not in asked, private
    assert say(ZOE, "ESTADO 10005 agua").startswith("Aviso 10005: Sin agua, Pampahasi.")
    assert say(ZOE, "APOYO 10005 Kupini").startswith("Sumamos su apoyo al aviso 10005: Foco o poste sin luz, Kupini.")


def test_of_a_restricted_twin_nobody_hears(node: Node, say: Callable[[str, str], str]) -> None:
    say(ANA, "no hay agua en Pampahasi")
    given_again(node, EVA, "SAF03", "S1701", intent="protection")
    assert say(ZOE, "ESTADO 10005").startswith("Aviso 10005: Sin agua, Pampahasi.")
    assert say(EVA, "ESTADO 10005") == node.replies.text_for("ack_neutral", "es")
