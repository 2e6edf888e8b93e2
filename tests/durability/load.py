"""Residents who text through signed webhooks, and who never give up a text before it is acknowledged."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from urllib.parse import urlencode

from sqlalchemy import func, select

from gateway.channels.twilio import signature
from gateway.channels.values import Inbound
from gateway.doors import intake
from gateway.journal.tables import Report, table
from gateway.node import Node
from tests.durability.box import ACCOUNT, TOKEN
from tests.patience import LONG

CLIENTS = 12
REPEATED = 0.2  # the share of acknowledged texts that the provider brings once more
PAUSE, LONGEST_PAUSE = 0.008, 0.1  # before a text that was not acknowledged is brought again
WORDS = (
    "AGUA S1604 sin agua {n} dias 20 familias", "no hay luz en la calle desde ayer {n}", "The water pipe is broken near the school {n}",
    "BASURA S0101 {n}", "hola {n}", "\U0001f6b0 agua sucia\nen la pila {n}", "لا ماء منذ {n} أيام", "\x00AGUA\x00 {n}", "␛{n}",
    "  espacios  \t{n}\r\n", "ÁÉÍ ñ \xa0 ﬁ ½ {n}", "{n} " + "largo " * 250, "{n}",
)
NEEDS = ("AGUA S1604 sin agua 3 dias 20 familias", "LUZ S1604 sin luz", "BASURA S0101 mucha basura", "no hay agua", "AGUA S0101")


@dataclass
class Load:
    """Texts under way to one address: what was sent under which SID, and what was acknowledged."""

    port: int
    rng: random.Random
    clients: int = CLIENTS
    pace: float = 0.0  # seconds between two texts of one client
    patience: float = LONG
    sent: dict[str, str] = field(default_factory=dict)
    acked: set[str] = field(default_factory=set)
    codes: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)  # what each acknowledgement took
    cut: int = 0  # answers that a kill cut short: the text was under way
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _serial: Iterator[int] = field(default_factory=count)

    def __enter__(self) -> Load:
        for n in range(self.clients):
            seed = self.rng.random()
            thread = threading.Thread(target=self._text_on, args=(random.Random(seed),), name=f"resident {n}", daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(self.patience + 5)

    def one(self) -> str:
        """A new text, brought once; its SID. Whether it was acknowledged is in `acked`."""
        sid, body = self._write(self.rng)
        self._bring(sid, body)
        return sid

    def _text_on(self, rng: random.Random) -> None:
        while not self._ended.wait(self.pace):
            sid, body = self._write(rng)
            pause = PAUSE
            while not self._bring(sid, body) and not self._ended.wait(pause):
                pause = min(pause * 1.2, LONGEST_PAUSE)
            if rng.random() < REPEATED:
                self._bring(sid, body)

    def _write(self, rng: random.Random) -> tuple[str, bytes]:
        sid = f"SM{rng.getrandbits(128):032x}"
        self.sent[sid] = rng.choice(WORDS).format(n=next(self._serial))
        return sid, request(self.port, sid, f"+5917{rng.randrange(3000):07d}", self.sent[sid])

    def _bring(self, sid: str, body: bytes) -> bool:
        """Post once; True only when a whole answer with 200 came back."""
        began = time.monotonic()
        try:
            code = exchange(self.port, body, self.patience)
        except ConnectionRefusedError:
            return False
        except (OSError, EOFError):
            self.cut += 1
            return False
        self.codes[code] += 1
        if code == 200:
            self.acked.add(sid)
            self.seconds.append(time.monotonic() - began)
        return code == 200


def request(port: int, sid: str, number: str, text: str) -> bytes:
    """The bytes of a signed webhook, as the provider posts it."""
    params = {"MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT, "From": number, "To": "+59122000000", "Body": text,
              "NumMedia": "0", "NumSegments": "1", "ApiVersion": "2010-04-01"}
    body = urlencode(params).encode()
    head = (f"POST /channels/twilio/inbound HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
            f"X-Twilio-Signature: {signature(f'http://127.0.0.1:{port}/channels/twilio/inbound', params, TOKEN)}\r\n\r\n")
    return head.encode() + body


def exchange(port: int, posted: bytes, patience: float) -> int:
    """Send it, read the whole answer; its status. EOFError when the answer is cut short."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as s:
        s.sendall(posted)
        answer = b""
        while piece := s.recv(65536):
            answer += piece
            head, cut, body = answer.partition(b"\r\n\r\n")
            if cut:
                length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
                if len(body) >= length:
                    return int(head[9:12])
    raise EOFError


def report_needs(node: Node, count: int, texts: Sequence[str] = NEEDS) -> None:
    """So many residents text a need by the console, whose answers cost nothing."""
    with node.database.reading() as c:
        known = c.execute(select(func.count()).select_from(table(Report))).scalar_one()
    inbounds = [Inbound("console", "local", f"need-{n}", f"+5917{n:07d}", texts[n % len(texts)], node.now(), b"raw")
                for n in range(known, known + count)]
    with node.database.writing() as c:
        assert intake.receive(c, node, inbounds) == count
