"""`barrio bench month`: the bill adds up, each rule has something to keep back, and the real outbox lets the same texts leave."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from gateway.bench import sparing, traffic
from gateway.bench.sparing import WHY, Words, spare
from gateway.bench.traffic import Month, Wish
from gateway.cli import main
from gateway.journal import ledger, tasks
from gateway.journal.canonical import derived_id, iso
from gateway.journal.facts.replies import ReplyQueued
from gateway.journal.facts.residents import MessageReceived
from gateway.journal.rows import insert_new
from gateway.journal.tables import Contact, Reply, table
from gateway.node import Node
from gateway.sending import outbox
from tests.conftest import Clock, MakeNode

CONTACT, REPLY = table(Contact), table(Reply)
HERE = '\n[governor]\nbarred = ["+59190"]\n'


def test_it_prints_what_it_supposes_and_a_bill_for_each_city(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "BOT_ROUNDS", 120)
    assert main(["bench", "month", "--reporters", "150", "--price", "0.5"]) == 0
    said = capsys.readouterr().out
    assert "150 reporters, 30 days" in said
    assert [line.partition(":")[0] for line in said.splitlines() if "the dearest day" in line] == ["Casablanca", "La Paz", "Nairobi"]
    for line in (line.split() for line in said.splitlines() if line.startswith("all ")):
        _, _, without, segments, money, left, segments_left, money_left = (cell.replace(",", "") for cell in line)
        assert int(without) > int(left)
        assert int(segments) > int(segments_left)
        assert (float(money), float(money_left)) == pytest.approx((int(segments) * 0.5, int(segments_left) * 0.5), abs=0.51)


def test_what_is_spared_is_what_the_rules_kept_back(make_node: MakeNode) -> None:
    node = make_node(extra=HERE + "segments_per_day = 20\n")
    found = spare(node, Month(node, 300, 7).wishes)
    assert {why for why in WHY if found.kept.segments[why] <= 0} == set(), "each rule has something to do"
    assert found.without.segments.total() - found.governed.segments.total() == found.kept.segments.total()
    assert max(found.days.values()) <= 20 + 5, "emergencies alone are not held back by a cap"
    assert Month(node, 300, 7).wishes == Month(node, 300, 7).wishes, "the same seed, the same month"


def test_without_rules_nothing_is_spared_but_what_is_not_said(node: Node) -> None:
    """The control: a month of people who each text once, within the country, costs the same but for its letters."""
    wishes = [Wish(datetime(2026, 11, 2, 15, n % 60, tzinfo=UTC), f"+5917{n:07d}", "reports", "ack", "es",
                   (("cat", "Sin agua"), ("place", "Pampahasi"), ("ref", "48215"))) for n in range(50)]
    found = spare(node, wishes)
    assert found.without == found.governed
    assert found.kept.segments.total() == 0


def test_the_real_outbox_lets_the_same_texts_leave(make_node: MakeNode, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "BOT_ROUNDS", 8)
    monkeypatch.setattr(traffic, "BOTS", 2)
    monkeypatch.setattr(outbox.news, "withdrawn", lambda *_: {})  # there are no needs here that news could be true of
    clock.moment = datetime(2026, 11, 1, tzinfo=UTC)
    node = make_node(extra=HERE)
    wishes = [wish for wish in Month(node, 60, 3).wishes if not wish.known_spam]
    told = sparing.digested(node, [wish for wish in wishes if sparing._is_news(wish)])
    wishes = sorted([*(wish for wish in wishes if not sparing._is_news(wish)), *told], key=lambda wish: wish.at)
    found, words = sparing.Spared(), Words(node)
    sparing._let_through(node, words, wishes, found)
    for n, wish in enumerate(wishes):
        clock.moment = wish.at
        _queue(node, n, wish, words)
        while outbox.send_due(node):
            pass
    with node.database.reading() as c:
        states = {row.id: (row.state, row.reason) for row in c.execute(select(REPLY.c.id, REPLY.c.state, REPLY.c.reason))}
    left = Counter((wish.source, wish.phone) for n, wish in enumerate(wishes) if states[_id(n)] == ("delivered", None))
    assert left == Counter((wish.source, wish.phone) for wish in found.left)
    refused = Counter(reason for _, reason in states.values() if reason)
    assert refused == {why: found.kept.texts[why] for why in ("loop_guard", "not_served", "said_already")}


def _id(n: int) -> str:
    return derived_id("r", str(n))


def _queue(node: Node, n: int, wish: Wish, words: Words) -> None:
    sender, message = derived_id("phone", wish.phone), derived_id("m", str(n))
    with node.database.writing() as c:
        insert_new(c, CONTACT, [{"sender": sender, "channel": "console", "number": node.vault.seal(wish.phone.encode())}], "sender")
        ledger.write(c, node.origin, [
            MessageReceived(message=message, sender=sender, channel="console", provider_id=message, text="x", received_at=iso(wish.at)),
            ReplyQueued(reply=_id(n), sender=sender, channel="console", kind=wish.kind, language="es", text=words.text(wish),
                        segments=words.made(wish), due_at=iso(wish.at), message=message)], at=wish.at, by="machine")
        tasks.add(c, "send", [_id(n)], iso(wish.at))
