"""A double of the SMS provider: the demo and the tests text through it as residents text through the real one.

It signs and posts webhooks, serves the two REST calls Barrio makes, reports what became of each reply, and shows a
phone in the browser. Everything lives in memory and on 127.0.0.1.
"""

from __future__ import annotations

import random
import re
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from gateway.demo import page, rest
from gateway.demo.courier import Account, Courier, Delivery
from gateway.demo.faults import Faults
from gateway.demo.page import PhonePage
from gateway.demo.phones import INBOUND, Message, Phones
from gateway.errors import Problem

HOST = "127.0.0.1"
_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")


def now() -> datetime:
    return datetime.now(UTC)


class ProviderDouble:
    """Stands in for Twilio at its HTTP edge.

    >>> with ProviderDouble(Account("AC0", "token"), "http://127.0.0.1:8000/channels/twilio/inbound") as double:
    ...     double.text("+59170000001", "AGUA S1604 sin agua").arrived
    True
    """

    def __init__(
        self,
        account: Account,
        inbound_url: str,
        port: int = 0,
        *,
        courier: Courier | None = None,
        phone_page: PhonePage | None = None,
        pace: float = 0.05,
        clock: Callable[[], datetime] = now,
        rng: random.Random | None = None,
    ) -> None:
        """`inbound_url` is what is called and signed; `pace` the seconds between queued, sent and delivered."""
        self.account = account
        self.inbound_url = inbound_url
        self.faults = Faults()
        self.phones = Phones()
        self.stopping = threading.Event()
        self._port = port
        self._courier = courier or Courier(account)
        self._pace = pace
        self._clock = clock
        self._rng = rng or random.SystemRandom()
        self._server: BaseWSGIServer | None = None
        self._threads: list[threading.Thread] = []
        self._carriers: ThreadPoolExecutor | None = None
        self._app = Flask(__name__, static_folder=None)
        self._app.config["TRUSTED_HOSTS"] = [HOST, "localhost"]  # no page of another site reaches it by rebinding DNS
        self._app.register_blueprint(rest.routes(account, self.phones, self.faults, self._send, self.stopping))
        self._app.register_blueprint(page.routes(phone_page or PhonePage(), self.phones, self.account, self.text))

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> ProviderDouble:
        try:
            with socket.create_server((HOST, self._port), backlog=128) as door:
                self._server = make_server(
                    HOST, door.getsockname()[1], self._app, threaded=True, request_handler=_Quiet, fd=door.fileno()
                )
        except OSError:
            raise Problem("port.in_use", bind=f"{HOST}:{self._port}") from None
        self._carriers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="carrier")
        serving = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="provider", daemon=True)
        serving.start()
        self._threads.append(serving)
        return self

    def stop(self) -> None:
        """Let go of everything; calls that hang are dropped, what was not carried yet stays where it is."""
        self.stopping.set()
        if self._server is not None:
            self._server.shutdown()
        for thread in self._threads:
            thread.join()
        if self._carriers is not None:
            self._carriers.shutdown(cancel_futures=True)

    def __enter__(self) -> ProviderDouble:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where the REST calls and the phone page answer; known once started."""
        if self._server is None:
            raise RuntimeError("the double has not been started")
        return f"http://{HOST}:{self._server.port}"

    # -- residents ----------------------------------------------------------------------------------------------------

    def text(
        self, number: str, text: str, *, sid: str | None = None, at: datetime | None = None, webhook: bool = True
    ) -> Delivery:
        """A resident texts the city; returns when the webhook was answered, or given up.

        Without `webhook` the message is only listed, as when the call was lost on the way.
        """
        if not _E164.match(number):
            raise ValueError("a phone number has the form +59170000001")
        if not text:
            raise ValueError("an SMS has at least one character")
        text.encode()  # a lone surrogate cannot travel: fail here and not in the courier
        moment = at or self._clock()
        sid = sid or self._new_sid()
        message = Message(sid, INBOUND, number, self.account.number, text, "received", moment, sent_at=moment)
        self.phones.keep(message)
        if not webhook or self.faults.take("inbound", number):
            self.phones.change(sid, handed_over=False)
            return Delivery(sid, None, 0)
        return self.redeliver(sid)

    def redeliver(self, sid: str) -> Delivery:
        """Post the webhook of a message again, with the sid it had."""
        message = self.phones.get(sid)
        delivery = self._courier.deliver(message, self.inbound_url)
        self.phones.change(sid, handed_over=message.handed_over or delivery.arrived)
        for reply in delivery.replies:
            self._send(message.sender, reply, None, direction="outbound-reply")
        return delivery

    def replies_to(self, number: str) -> list[Message]:
        """What one phone received, oldest first."""
        return [message for message in self.phones.conversation(number)[0] if message.direction != INBOUND]

    def wait_for_replies(self, number: str, count: int = 1, timeout: float = 10) -> list[Message]:
        """The replies to one phone once there are `count`; fewer when the time is over."""
        self.phones.wait(lambda: len(self.replies_to(number)) >= count, timeout)
        return self.replies_to(number)

    # -- replies ------------------------------------------------------------------------------------------------------

    def _send(self, to: str, text: str, callback: str | None, direction: str = "outbound-api") -> Message:
        message = Message(self._new_sid(), direction, self.account.number, to, text, "queued", self._clock())
        kept = self.phones.keep(message)
        if self._carriers is not None and not self.stopping.is_set():
            with suppress(RuntimeError):  # told to stop just now: it stays where it is, as what was not carried yet
                self._carriers.submit(self._carry, kept.sid, callback)
        return kept

    def _carry(self, sid: str, callback: str | None) -> None:
        fault = self.faults.take("carry", self.phones.get(sid).recipient)
        for status in ("sent", "undelivered" if fault else "delivered"):
            if self.stopping.wait(self._pace):
                return
            if status == "sent":
                message = self.phones.change(sid, status=status, sent_at=self._clock())
            else:
                message = self.phones.change(sid, status=status, error_code=fault.code if fault else None)
            if callback:
                self._courier.report(message, callback)

    def _new_sid(self) -> str:
        return f"SM{self._rng.getrandbits(128):032x}"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing: a request line may hold a phone number."""
