"""The channel for any gateway that speaks signed JSON: what is let in, what leaves, and how each kind of doubt ends."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select

from gateway import config
from gateway.channels import signed
from gateway.channels.values import Failed, Inbound, Outcome, Request, Sent, StatusReport, Uncertain
from gateway.doors import intake
from gateway.errors import Problem
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Reply, table
from gateway.node import Node
from gateway.sending import outbox, statuses
from tests.conftest import START, Clock
from tests.patience import free_port
from tests.serving import Serving

REPLY = table(Reply)
SECRET, OLD, PHONE = "a-secret-of-both-sides", "the-secret-before-it", "+59170000001"
TEXT = {"id": "a1", "from": PHONE, "text": "AGUA S1604"}


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARRIO_HTTP_SECRET", f"{SECRET},{OLD}")


class Gateway(Serving):
    """A gateway that keeps what it took under each id, as its answers say or in spite of them."""

    def __init__(self) -> None:
        self.answer: tuple[int, object] | None = (202, {})
        self.lookup: tuple[int, object] | None = None  # None: as it is
        self.takes = True
        self.took: Counter[str] = Counter()
        self.asked: list[tuple[str, bytes, dict[str, str]]] = []
        double = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                double.asked.append((self.path, body, {k.lower(): v for k, v in self.headers.items()}))
                order, answer = json.loads(body), double.answer
                if self.path == "/find":
                    answer = double.lookup or ((200, {"status": "delivered"}) if order["id"] in double.took else (404, {}))
                elif double.takes:
                    double.took[order["id"]] += 1
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer[0])
                self.end_headers()
                self.wfile.write(json.dumps(answer[1]).encode())

            def log_message(self, *_: object) -> None:
                """Nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.site = f"http://127.0.0.1:{server.server_port}"
        self.serve(server)


@pytest.fixture
def there() -> Iterator[Gateway]:
    with Gateway() as double:
        yield double


def known(**changes: Any) -> signed.Settings:
    return signed.settings(config.Config(http=config.Http(**({"send_url": "http://127.0.0.1:9/send"} | changes))))


def asked(body: bytes, *, secret: str = SECRET, at: datetime = START, **headers: str) -> Request:
    stamp = str(int(at.timestamp()))
    return Request("http://127.0.0.1:8000/channels/http/inbound", "application/json",
                   {signed.STAMP: stamp, signed.SIGNATURE: signed.signature(body, stamp, secret)} | headers, body, START)


def heard(fields: object, **how: Any) -> Inbound:
    request = asked(json.dumps(fields).encode(), **how)
    return signed.read(signed.verify(request, known()), request)


# -------------------------------------------------------------------------------------------------------------- texts in

@pytest.mark.parametrize(("label", "more", "expected"), [
    ("as it should be", {}, (PHONE, "AGUA S1604", START)),
    ("with its own time", {"at": "2026-11-25T07:00:00-04:00"}, (PHONE, "AGUA S1604", datetime(2026, 11, 25, 11, tzinfo=UTC))),
    ("a time without a zone is none", {"at": "2026-11-25T07:00:00"}, (PHONE, "AGUA S1604", START)),
    ("a time to come", {"at": "2027-01-01T00:00:00Z"}, (PHONE, "AGUA S1604", START)),
    ("a time that is a number", {"at": 17}, (PHONE, "AGUA S1604", START)),
    ("an empty text is a text", {"text": ""}, (PHONE, "", START)),
    ("fields nobody knows", {"battery": 3}, (PHONE, "AGUA S1604", START)),
])
def test_a_text(label: str, more: dict[str, object], expected: tuple[str, str, datetime]) -> None:
    found = heard(TEXT | more)
    assert (found.provider_id, found.number, found.text, found.received_at) == ("a1", *expected)


@pytest.mark.parametrize(("label", "body", "how", "code"), [
    ("another secret", TEXT, {"secret": "nobodys-secret-at-all"}, "channel.unsigned"),
    ("no signature", TEXT, {signed.SIGNATURE: ""}, "channel.unsigned"),
    ("a signature of other letters", TEXT, {signed.SIGNATURE: "ñ" * 64}, "channel.unsigned"),
    ("no time", TEXT, {signed.STAMP: ""}, "channel.unsigned"),
    ("a time that is none", TEXT, {signed.STAMP: "-1"}, "channel.unsigned"),
    ("another time than was signed", TEXT, {signed.STAMP: "1795600001"}, "channel.unsigned"),
    ("an old request", TEXT, {"at": START - timedelta(seconds=301)}, "channel.stale"),
    ("a request from the future", TEXT, {"at": START + timedelta(seconds=301)}, "channel.stale"),
    ("a list", [TEXT], {}, "channel.malformed"),
    ("no id", {"from": PHONE, "text": "x"}, {}, "channel.malformed"),
    ("an id that is a number", TEXT | {"id": 1}, {}, "channel.malformed"),
    ("an id with a space", TEXT | {"id": "a 1"}, {}, "channel.malformed"),
    ("an id that holds the number", TEXT | {"id": "sms-59170000001-7"}, {}, "channel.malformed"),
    ("an empty sender", TEXT | {"from": " "}, {}, "channel.malformed"),
    ("no text", {"id": "a1", "from": PHONE}, {}, "channel.malformed"),
])
def test_refused(label: str, body: object, how: dict[str, Any], code: str) -> None:
    with pytest.raises(Problem) as fault:
        heard(body, **how)
    assert fault.value.code == code


def test_the_secret_before_is_good_while_both_are_named_and_a_changed_byte_is_not() -> None:
    assert heard(TEXT, secret=OLD).provider_id == "a1"
    genuine = asked(json.dumps(TEXT).encode())
    with pytest.raises(Problem, match="signature"):
        signed.verify(Request(genuine.url, "", genuine.headers, genuine.body.replace(b"S1604", b"S1605"), START), known())
    with pytest.raises(Problem, match="not JSON"):
        signed.verify(asked(b"{"), known())


@pytest.mark.parametrize(("label", "fields", "expected"), [
    ("by our id", {"id": "r1", "status": "delivered"}, StatusReport("r1", "delivered", None, "http")),
    ("by theirs", {"provider_id": "x9", "status": "failed", "error": "no_credit"}, StatusReport("x9", "failed", "no_credit", None)),
    ("an error that is no word is left out", {"id": "r1", "status": "failed", "error": f"to {PHONE}"},
     StatusReport("r1", "failed", None, "http")),
    ("a status nobody knows", {"id": "r1", "status": "lost"}, None), ("no id", {"status": "sent"}, None), ("nothing", {}, None),
])
def test_reports(label: str, fields: dict[str, object], expected: StatusReport | None) -> None:
    if expected is not None:
        assert signed.read_status(fields) == expected
    else:
        with pytest.raises(Problem, match="id or status|status is not"):
            signed.read_status(fields)


@pytest.mark.parametrize(("label", "secret", "send_url", "code"), [
    ("no address", SECRET, "", "channel.unconfigured"), ("no secret", "", "http://127.0.0.1:9/", "channel.unconfigured"),
    ("a short secret", "short", "http://127.0.0.1:9/", "channel.weak_secret")])
def test_not_ready(monkeypatch: pytest.MonkeyPatch, label: str, secret: str, send_url: str, code: str) -> None:
    monkeypatch.setenv("BARRIO_HTTP_SECRET", secret)
    with pytest.raises(Problem) as fault:
        known(send_url=send_url)
    assert fault.value.code == code


# ----------------------------------------------------------------------------------------------------------- replies out

@pytest.mark.parametrize(("label", "answer", "expected"), [
    ("taken", (202, {}), Sent("r1")), ("taken, with an id of theirs", (200, {"provider_id": "x9"}), Sent("x9")),
    ("an id that is the number is not kept", (200, {"provider_id": PHONE[1:]}), Sent("r1")),
    ("they have it already", (409, {"provider_id": "x9"}), Sent("x9")), ("taken, and words that are no object", (200, "fine"), Sent("r1")),
    ("this SMS never", (422, {"error": "bad_number"}), Failed("bad_number", permanent=True)),
    ("the phone said stop there", (422, {"error": "opted_out"}), Failed("opted_out", permanent=True, opted_out=True)),
    ("a reason that is no word", (400, {"error": f"cannot text {PHONE}"}), Failed("HTTP 400", permanent=True)),
    ("too many", (429, {}), Failed("HTTP 429", permanent=False)),
    ("the secret is wrong", (401, {}), Failed("HTTP 401", permanent=False, mendable=True)),
    ("broken inside", (503, {}), Uncertain("HTTP 503")), ("sent elsewhere", (302, {}), Uncertain("HTTP 302")),
    ("it hung up", None, Uncertain("ConnectionError")),
])
def test_outcomes(there: Gateway, label: str, answer: tuple[int, object] | None, expected: Outcome) -> None:
    there.answer = answer
    assert signed.send(known(send_url=f"{there.site}/send"), PHONE, "Recibido ñ", "r1") == expected
    (path, body, headers), = there.asked
    assert (path, json.loads(body), headers["idempotency-key"]) == ("/send", {"id": "r1", "to": PHONE, "text": "Recibido ñ"}, "r1")
    assert headers["x-barrio-signature"] == signed.signature(body, headers["x-barrio-timestamp"], SECRET)


def test_nobody_listens_so_it_was_not_sent() -> None:
    assert signed.send(known(send_url=f"http://127.0.0.1:{free_port()}/"), PHONE, "x", "r1") == Failed("no connection", permanent=False)


def run(node: Node, clock: Clock, steps: int = 12) -> None:
    for _ in range(steps):
        while outbox.send_due(node):
            pass
        clock.on(minutes=1)


@pytest.mark.parametrize(("label", "lookup", "idempotent", "took", "state", "counted"), [
    ("it is asked, and has it", True, False, True, "delivered", 1),
    ("it is asked, and never had it", True, False, False, "sent", 1),
    ("it sends the same id once, and had it", False, True, True, "sent", 2),
    ("it sends the same id once, and never had it", False, True, False, "sent", 1),
    ("nobody can be asked, and it has it", False, False, True, "uncertain", 1),
    ("nobody can be asked, and it never had it", False, False, False, "uncertain", 0),
])
def test_a_doubt(there: Gateway, make_node: Callable[..., Node], clock: Clock, label: str, lookup: bool, idempotent: bool, took: bool,
                 state: str, counted: int) -> None:
    node = make_node(extra=f'\n[http]\nsend_url = "{there.site}/send"\nlookup_url = "{f"{there.site}/find" if lookup else ""}"\n'
                           f'idempotent = {str(idempotent).lower()}\ntimeout = 60.0\n')
    there.answer, there.takes = None, took
    with node.database.writing() as c:
        intake.receive(c, node, [Inbound("http", "http", "a1", PHONE, "AGUA S1604 sin agua", node.now(), b"raw")])
    outbox.send_due(node)
    there.answer, there.takes = (202, {}), True
    run(node, clock)
    with node.database.reading() as c:
        (row,) = c.execute(select(REPLY)).mappings()
    assert (row["state"], there.took[row["id"]]) == (state, counted), "each was handed over under its one id"
    if state == "uncertain":
        assert statuses.apply(node, signed.read_status({"id": row["id"], "status": "delivered"}))
    rebuild(node.database, verify=True)


def test_a_look_up_that_fails_settles_nothing(there: Gateway) -> None:
    there.lookup = (500, {})
    with pytest.raises(Problem, match="did not answer"):
        signed.find_sent(known(lookup_url=f"{there.site}/find"), PHONE, "x", START, reply="r1")
    there.lookup = (200, {"status": "who knows"})
    with pytest.raises(Problem, match="did not answer"):
        signed.find_sent(known(lookup_url=f"{there.site}/find"), PHONE, "x", START, reply="r1")
