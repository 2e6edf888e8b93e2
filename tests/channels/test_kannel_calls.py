"""What Kannel's calls say and what is refused; what its answers mean for a reply; how a doubt that nobody can be asked about ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import select

from gateway import config
from gateway.channels import kannel
from gateway.channels.values import Failed, Inbound, Outcome, Request, Sent, StatusReport, Uncertain
from gateway.doors import intake
from gateway.errors import Problem
from gateway.journal import tasks
from gateway.journal.canonical import iso
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Reply, table
from gateway.machine import doctor
from gateway.needs import news
from gateway.node import Node
from gateway.sending import outbox, statuses
from tests.channels.smsbox import ACCEPTED, Smsbox
from tests.conftest import START, Clock
from tests.doors.canaries import Canaries
from tests.patience import free_port

REPLY = table(Reply)
SECRET, OLD = "kannels-own-secret-1234", "the-one-before-it-5678"
ID = "fd3ae403-ab72-488d-b14c-1fb3b7ba5283"
PHONE = "+59170000001"
FIELDS = {"secret": SECRET, "id": ID, "smsc": "fake", "from": PHONE, "to": "59122000000", "coding": "0", "charset": "UTF-8",
          "text": "AGUA S1604", "at": "2026-11-25 11:59:00"}


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARRIO_KANNEL_SECRET", f"{SECRET}, {OLD}")
    monkeypatch.setenv("BARRIO_KANNEL_USERNAME", "barrio")
    monkeypatch.setenv("BARRIO_KANNEL_PASSWORD", "a-password")


def known(**changes: Any) -> kannel.Settings:
    return kannel.settings(config.Config(kannel=config.Kannel(enabled=True, **changes)))


def asked(query: str, door: str = "inbound", peer: str = "127.0.0.1", headers: dict[str, str] | None = None) -> Request:
    return Request(f"http://127.0.0.1:8000/channels/kannel/{door}?{query}", "", headers or {}, b"", START, peer)


def heard(changes: dict[str, str | None], **settings: Any) -> Inbound:
    request = asked(urlencode({k: v for k, v in (FIELDS | changes).items() if v is not None}))
    return kannel.read(kannel.verify(request, known(**settings)), request)


def refused(request: Request, **settings: Any) -> str:
    with pytest.raises(Problem) as fault:
        kannel.read(kannel.verify(request, known(**settings)), request)
    return fault.value.code


# ------------------------------------------------------------------------------------------------------------- texts in

@pytest.mark.parametrize(("label", "changes", "settings", "expected"), [
    ("as Kannel sends it", {}, {}, (PHONE, "AGUA S1604", START - timedelta(minutes=1))),
    ("with the secret from before", {"secret": OLD}, {}, (PHONE, "AGUA S1604", START - timedelta(minutes=1))),
    ("an empty text is a text", {"text": ""}, {}, (PHONE, "", START - timedelta(minutes=1))),
    ("digits only, and a prefix for them", {"from": "59170000001"}, {"bare_prefix": "+"},
     (PHONE, "AGUA S1604", START - timedelta(minutes=1))),
    ("a national number, and a prefix for it", {"from": "70000001"}, {"bare_prefix": "+591"},
     (PHONE, "AGUA S1604", START - timedelta(minutes=1))),
    ("a name is no number", {"from": "ENTEL"}, {"bare_prefix": "+"}, ("ENTEL", "AGUA S1604", START - timedelta(minutes=1))),
    ("a short number is none of a phone", {"from": "4040"}, {"bare_prefix": "+"},
     ("4040", "AGUA S1604", START - timedelta(minutes=1))),
    ("a time that cannot be read", {"at": "yesterday"}, {}, (PHONE, "AGUA S1604", START)),
    ("a time to come", {"at": "2027-01-01 00:00:00"}, {}, (PHONE, "AGUA S1604", START)),
    ("kept for days while we were away", {"at": "2026-11-20 08:00:00"}, {},
     (PHONE, "AGUA S1604", datetime(2026, 11, 20, 8, tzinfo=UTC))),
])
def test_a_text(label: str, changes: dict[str, str | None], settings: dict[str, str],
                expected: tuple[str, str, datetime]) -> None:
    found = heard(changes, **settings)
    assert (found.number, found.text, found.received_at) == expected
    assert (found.channel, b"AGUA" in found.raw or not found.text) == ("kannel", True)


@pytest.mark.parametrize(("label", "changes", "same"), [
    ("Kannel tries again", {}, True),
    ("it read it from its store, where its road has another name", {"smsc": "claro"}, True),
    ("an id in capitals", {"id": ID.upper()}, True),
    ("the secret was changed meanwhile", {"secret": OLD}, True),
    ("another id", {"id": ID.replace("f", "e")}, False),
])
def test_what_makes_it_the_same_text(label: str, changes: dict[str, str], same: bool) -> None:
    first, again = heard({}), heard(changes)
    assert ((first.account, first.provider_id) == (again.account, again.provider_id)) == same


@pytest.mark.parametrize(("label", "raw", "coding", "charset", "expected"), [
    ("GSM, as UTF-8", "¿agua? ñ €".encode(), "0", "UTF-8", "¿agua? ñ €"),
    ("Arabic, as Kannel's mo-recode leaves it", "الماء".encode(), "0", "UTF-8", "الماء"),
    ("Arabic, without mo-recode", "الماء".encode("utf-16-be"), "2", "UTF-16BE", "الماء"),
    ("UCS-2 of which no alphabet is said", "no hay água".encode("utf-16-be"), "2", "", "no hay água"),
    ("an emoji in UCS-2", "💧 no".encode("utf-16-be"), "2", "UTF-16BE", "💧 no"),
    ("a Latin alphabet", "señal".encode("latin-1"), "0", "ISO-8859-1", "señal"),
    ("eight-bit bytes are kept as they can be", b"\xe1gua", "1", "binary", "água"),
    ("half a character at the end", "agua ñ".encode()[:-1], "0", "UTF-8", "agua \ufffd"),
    ("an odd byte at the end", b"\x00a\x00", "2", "UTF-16BE", "a\ufffd"),
])
def test_alphabets(label: str, raw: bytes, coding: str, charset: str, expected: str) -> None:
    others = urlencode({k: v for k, v in FIELDS.items() if k not in ("text", "coding", "charset")})
    request = asked(f"{others}&coding={coding}&charset={charset}&text={quote(raw)}")
    assert kannel.read(kannel.verify(request, known()), request).text == expected


@pytest.mark.parametrize(("label", "changes", "code"), [
    ("no secret", {"secret": None}, "channel.unsigned"),
    ("an empty secret", {"secret": ""}, "channel.unsigned"),
    ("another secret", {"secret": SECRET[:-1]}, "channel.unsigned"),
    ("a secret in letters beyond ASCII", {"secret": "ñ" * 24}, "channel.unsigned"),
    ("the mark of a report is no secret", {"secret": kannel.mark(ID, SECRET)}, "channel.unsigned"),
    ("no id", {"id": None}, "channel.malformed"),
    ("an id that is not Kannel's", {"id": "1"}, "channel.malformed"),
    ("no sender", {"from": None}, "channel.malformed"),
    ("an empty sender", {"from": ""}, "channel.malformed"),
    ("no text", {"text": None}, "channel.malformed"),
])
def test_refused(label: str, changes: dict[str, str | None], code: str) -> None:
    assert refused(asked(urlencode({k: v for k, v in (FIELDS | changes).items() if v is not None}))) == code


@pytest.mark.parametrize(("label", "peer", "headers", "peers", "code"), [
    ("another machine", "10.0.0.9", {}, ("127.0.0.1",), "channel.stranger"),
    ("a machine without an address", "", {}, ("127.0.0.1",), "channel.stranger"),
    ("through a proxy of this machine", "127.0.0.1", {"X-Forwarded-For": "198.51.100.7"}, ("127.0.0.1",), "channel.stranger"),
    ("through a proxy that says it anew", "127.0.0.1", {"Forwarded": "for=198.51.100.7"}, ("127.0.0.1",), "channel.stranger"),
    ("a machine of the network that is named", "10.0.0.9", {}, ("10.0.0.0/24",), None),
    ("the same in the writing of IPv6", "::ffff:10.0.0.9", {}, ("10.0.0.0/24",), None),
])
def test_who_may_call(label: str, peer: str, headers: dict[str, str], peers: tuple[str, ...], code: str | None) -> None:
    request = asked(urlencode(FIELDS), peer=peer, headers=headers)
    if code is None:
        assert kannel.verify(request, known(peers=peers))["id"] == ID
    else:
        assert refused(request, peers=peers) == code


@pytest.mark.parametrize(("label", "query"), [
    ("a parameter twice", urlencode(FIELDS) + "&from=%2B59170000002"),
    ("a thousand parameters", urlencode(FIELDS) + "&a=b" * 1000),
    ("a parameter without a value", urlencode(FIELDS) + "&novalue"),
])
def test_a_query_that_cannot_be_read(label: str, query: str) -> None:
    assert refused(asked(query)) == "channel.malformed"


# --------------------------------------------------------------------------------------------------------------- reports

def reported(query: dict[str, str]) -> StatusReport:
    return kannel.read_status(kannel.verify(asked(urlencode(query), door="status"), known()))


@pytest.mark.parametrize(("label", "kind", "expected"), [
    ("delivered", "1", ("delivered", None)), ("not delivered", "2", ("undelivered", "not_delivered")),
    ("the centre has it", "8", ("sent", None)), ("the centre refused it", "16", ("failed", "smsc_refused")),
])
def test_a_report(label: str, kind: str, expected: tuple[str, str | None]) -> None:
    for secret in (SECRET, OLD):
        found = reported({"reply": "r1", "mark": kannel.mark("r1", secret), "type": kind})
        assert (found.provider_id, found.ours, found.status, found.error) == ("r1", "kannel", *expected)


@pytest.mark.parametrize(("label", "query"), [
    ("another reply's mark", {"reply": "r1", "mark": kannel.mark("r2", SECRET), "type": "1"}),
    ("no mark", {"reply": "r1", "type": "1"}),
    ("the secret itself is no mark", {"reply": "r1", "mark": SECRET, "secret": SECRET, "type": "1"}),
    ("another type", {"reply": "r1", "mark": kannel.mark("r1", SECRET), "type": "32"}),
    ("no reply", {"reply": "", "mark": kannel.mark("", SECRET), "type": "1"}),
])
def test_a_report_that_is_refused(label: str, query: dict[str, str]) -> None:
    with pytest.raises(Problem) as fault:
        reported(query)
    assert fault.value.code in ("channel.unsigned", "channel.malformed")


# ---------------------------------------------------------------------------------------------------------- settings

@pytest.mark.parametrize(("label", "name", "value", "code"), [
    ("no secret", "SECRET", "", "channel.unconfigured"), ("no user", "USERNAME", "", "channel.unconfigured"),
    ("no password", "PASSWORD", "", "channel.unconfigured"), ("a short secret", "SECRET", "short", "channel.weak_secret"),
    ("one of two is short", "SECRET", f"{SECRET},short", "channel.weak_secret"),
    ("a secret that an address cannot hold", "SECRET", "a secret & more of it", "channel.weak_secret"),
])
def test_a_channel_that_is_not_ready(monkeypatch: pytest.MonkeyPatch, label: str, name: str, value: str, code: str) -> None:
    monkeypatch.setenv(f"BARRIO_KANNEL_{name}", value)
    with pytest.raises(Problem) as fault:
        known()
    assert fault.value.code == code


def test_it_is_off_until_it_is_enabled_and_never_shows_its_secrets() -> None:
    with pytest.raises(Problem, match=r"kannel\.enabled"):
        kannel.settings(config.Config())
    assert SECRET not in repr(known())
    assert "a-password" not in repr(known())


def test_a_wrong_address_is_said_when_it_is_configured(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[kannel]\npeers = ["kannel.example"]\nsendsms_url = "ftp://x"\nbare_prefix = "591"\n')
    with pytest.raises(Problem) as fault:
        config.load(str(tmp_path / "config.toml"))
    assert all(key in str(fault.value) for key in ("kannel.peers", "kannel.sendsms_url", "kannel.bare_prefix"))


@pytest.mark.parametrize(("label", "channel", "kannels", "expected"), [
    ("the road of all texts", "kannel", "4040", "4040"), ("one road beside another", "twilio", "4040", "+59122000000"),
    ("Kannel chooses its sender itself", "kannel", "", "+59122000000")])
def test_the_number_on_the_board(label: str, channel: str, kannels: str, expected: str) -> None:
    assert config.Config(outbox=config.Outbox(channel=channel), kannel=config.Kannel(enabled=True, number=kannels)).number == expected


def test_a_lease_lasts_as_long_as_the_slowest_channel() -> None:
    assert config.Config(kannel=config.Kannel(enabled=True, timeout=50)).longest_call == 50
    assert config.Config(kannel=config.Kannel(enabled=False, timeout=50)).longest_call == config.Twilio().timeout


# ------------------------------------------------------------------------------------------------------------ replies out

@pytest.fixture
def smsbox() -> Iterator[Smsbox]:
    with Smsbox() as double:
        yield double


@pytest.mark.parametrize(("label", "answer", "expected"), [
    ("taken", ACCEPTED, Sent("r1")),
    ("taken, and queued for later", (202, "3: Queued for later delivery"), Sent("r1")),
    ("not now", (503, "Temporal failure, try again later."), Failed("HTTP 503", permanent=False)),
    ("a password that is wrong", (403, "Authorization failed for sendsms"), Failed("HTTP 403", permanent=False, mendable=True)),
    ("no route", (403, "Not routable. Do not try again."), Failed("not_routable", permanent=False, mendable=True)),
    ("no sender is configured", (400, "Sender missing and no global set, rejected"), Failed("HTTP 400", permanent=False, mendable=True)),
    ("no such address", (404, "Unknown request."), Failed("HTTP 404", permanent=False, mendable=True)),
    ("this number is none", (400, "Empty receiver number not allowed, rejected"), Failed("bad_number", permanent=True)),
    ("broken inside", (500, ""), Uncertain("HTTP 500", final=True)),
    ("something else answers", (200, "<html>"), Uncertain("HTTP 200", final=True)),
    ("it hung up after it had read all", None, Uncertain("ConnectionError", final=True)),
])
def test_outcomes(smsbox: Smsbox, label: str, answer: tuple[int, str] | None, expected: Outcome) -> None:
    smsbox.answer = answer
    assert kannel.send(known(sendsms_url=smsbox.url), PHONE, "Recibido", "r1") == expected


def test_nobody_listens_so_it_was_not_sent() -> None:
    outcome = kannel.send(known(sendsms_url=f"http://127.0.0.1:{free_port()}/cgi-bin/sendsms"), PHONE, "Recibido", "r1")
    assert outcome == Failed("no connection", permanent=False)


@pytest.mark.parametrize(("label", "text", "coding"), [
    ("GSM-7", "Recibido: ¿agua? €", "0"), ("Arabic", "توصلنا برسالتك", "2"), ("one letter that GSM-7 lacks", "agua á", "2")])
def test_what_is_said_to_kannel(smsbox: Smsbox, label: str, text: str, coding: str) -> None:
    kannel.send(known(sendsms_url=smsbox.url, number="4040", smsc="claro", callback_url="http://10.0.0.2:8000"), PHONE, text, "r1")
    (call,) = smsbox.asked
    assert call["x-kannel-coding"] == coding
    assert (call["x-kannel-from"], call["x-kannel-smsc"], call["x-kannel-dlr-mask"]) == ("4040", "claro", "27")
    assert call["x-kannel-dlr-url"] == (
        f"http://10.0.0.2:8000/channels/kannel/status?reply=r1&mark={kannel.mark('r1', SECRET)}&type=%d")
    assert smsbox.took == {(PHONE, text): 1}
    assert Canaries([PHONE]).within(call["path"].encode() + call["x-kannel-dlr-url"].encode()) == set()


# ---------------------------------------------------------------------------------------------- a doubt, and how it ends

@pytest.fixture
def office(smsbox: Smsbox, make_node: Callable[..., Node]) -> Iterator[Node]:
    node = make_node(extra=f'\n[kannel]\nenabled = true\nsendsms_url = "{smsbox.url}"\ntimeout = 60.0\n')
    yield node
    rebuild(node.database, verify=True)


def text_in(node: Node, number: str = PHONE, id: str = ID) -> dict[str, Any]:
    with node.database.writing() as c:
        intake.receive(c, node, [Inbound("kannel", "kannel", id, number, "AGUA S1604 sin agua", node.now(), b"raw")])
    return reply(node)


def reply(node: Node) -> dict[str, Any]:
    with node.database.reading() as c:
        (row,) = c.execute(select(REPLY)).mappings()
    return dict(row)


def for_hours(node: Node, clock: Clock, hours: int) -> None:
    for _ in range(hours * 2):
        clock.on(minutes=30)
        while outbox.send_due(node):
            pass


@pytest.mark.parametrize(("label", "took"), [("Kannel had taken it", True), ("Kannel had not taken it", False)])
def test_a_reply_in_doubt_is_never_sent_again(office: Node, smsbox: Smsbox, clock: Clock, label: str, took: bool) -> None:
    smsbox.answer, smsbox.takes = None, took
    text_in(office)
    outbox.send_due(office)
    smsbox.answer, smsbox.takes = ACCEPTED, True
    for_hours(office, clock, 30)
    assert (reply(office)["state"], sum(smsbox.took.values())) == ("uncertain", int(took))
    assert [f.subject for f in doctor.examine(office.config) if "may or may not have left" in f.words] == ["kannel"]
    with office.database.reading() as c:
        assert (tasks.backlog(c, office.now() + timedelta(days=2)).get("send"), tasks.quarantined(c)) == (None, [])


@pytest.mark.parametrize("status", ["sent", "delivered", "undelivered", "failed"])
def test_a_report_ends_the_doubt(office: Node, smsbox: Smsbox, clock: Clock, status: str) -> None:
    smsbox.answer = None
    row = text_in(office)
    outbox.send_due(office)
    for_hours(office, clock, 3)
    assert statuses.apply(office, StatusReport(row["id"], status, ours="kannel"))
    assert reply(office)["state"] == status
    assert not statuses.apply(office, StatusReport(row["id"], status, ours="kannel"))
    assert [f for f in doctor.examine(office.config) if "may or may not have left" in f.words] == []


def test_a_report_that_comes_before_the_answer_to_our_own_call(office: Node, smsbox: Smsbox, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = kannel.send

    def leisurely(known: kannel.Settings, number: str, text: str, id: str) -> Outcome:
        outcome = genuine(known, number, text, id)
        for status in ("sent", "delivered"):
            statuses.apply(office, StatusReport(id, status, ours="kannel"))
        return outcome

    monkeypatch.setattr(kannel, "send", leisurely)
    text_in(office)
    outbox.send_due(office)
    assert (reply(office)["state"], sum(smsbox.took.values())) == ("delivered", 1)


def test_a_report_moves_no_reply_of_another_channel(office: Node) -> None:
    with office.database.writing() as c:
        intake.receive(c, office, [Inbound("console", "local", "1", PHONE, "AGUA S1604 sin agua", office.now(), b"raw", "console")])
    assert not statuses.apply(office, StatusReport(reply(office)["id"], "delivered", ours="kannel"))
    assert reply(office)["state"] == "queued"


def test_a_worker_that_died_leaves_a_doubt_and_sends_nothing_twice(office: Node, smsbox: Smsbox, clock: Clock) -> None:
    row = text_in(office)
    with office.database.writing() as c:
        tasks.claim(c, "send", office.now(), 40)
    kannel.send(kannel.settings(office.config), PHONE, row["text"], row["id"])
    for_hours(office, clock, 30)
    assert (reply(office)["state"], reply(office)["reason"], sum(smsbox.took.values())) == ("uncertain", "interrupted", 1)
    assert statuses.apply(office, StatusReport(row["id"], "delivered", ours="kannel"))


def test_what_kannel_could_not_take_is_tried_again_and_sent_once(office: Node, smsbox: Smsbox, clock: Clock) -> None:
    smsbox.answer, smsbox.takes = (503, "Temporal failure, try again later."), False
    text_in(office)
    for_hours(office, clock, 1)
    assert reply(office)["state"] == "queued"
    smsbox.answer, smsbox.takes = ACCEPTED, True
    for_hours(office, clock, 1)
    assert (reply(office)["state"], sum(smsbox.took.values())) == ("sent", 1)


def test_a_wrong_password_waits_for_a_person_and_loses_nothing(office: Node, smsbox: Smsbox, clock: Clock) -> None:
    smsbox.answer, smsbox.takes = (403, "Authorization failed for sendsms"), False
    row = text_in(office)
    for_hours(office, clock, 4)
    with office.database.writing() as c:
        assert [q.error for q in tasks.quarantined(c)] == ["HTTP 403"]
        tasks.release(c, "send", row["id"], office.now())
    smsbox.answer, smsbox.takes = ACCEPTED, True
    for_hours(office, clock, 1)
    assert (reply(office)["state"], sum(smsbox.took.values())) == ("sent", 1)


@pytest.mark.parametrize(("label", "state", "hours", "expected"), [
    ("in doubt since an hour: it may yet be settled", "uncertain", 1, {"s1": None}),
    ("in doubt since two days: the phone hears its news again", "uncertain", 48, {}),
    ("waiting, however long", "queued", 48, {"s1": None}),
])
def test_a_doubt_does_not_keep_news_from_a_phone_for_ever(make_node: Callable[..., Node], label: str, state: str, hours: int,
                                                           expected: dict[str, None]) -> None:
    node = make_node()
    at = iso(node.now() - timedelta(hours=hours))
    with node.database.writing() as c:
        c.execute(REPLY.insert(), {"id": "r1", "position": "1", "sender": "s1", "channel": "kannel", "kind": sorted(news.KINDS)[0],
                                   "language": "es", "text": "x", "segments": 1, "queued_at": at, "due_at": at, "state": state,
                                   "settled_at": at})
        assert news.lately(c, ["s1"], node.now()) == expected
