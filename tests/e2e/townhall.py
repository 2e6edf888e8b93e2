"""A whole city in this process, with its clock in our hand: real doors, desk and pages behind one address, the provider's double with
its phone page in front of them, and nobody who works until the test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self

from a2wsgi import ASGIMiddleware
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

import dashboards
from dashboards import access
from gateway.demo.courier import Account
from gateway.demo.provider import ProviderDouble
from gateway.demo.residents import CITIES
from gateway.doors.desk import Desk
from gateway.doors.webhook import Doors
from gateway.journal.tables import Reply, table
from gateway.machine import jobs
from gateway.node import Node
from tests.conftest import Clock
from tests.patience import until
from tests.serving import Serving

REPLY = table(Reply)
TOKEN = "a-token-for-tests"


@dataclass
class TownHall(Serving):
    """`with TownHall("la-paz", clock) as hall: hall.open(make_node(...))`; `hall.double.url` is the phone, `hall.url` the pages."""

    city: str
    clock: Clock
    account: Account = field(init=False)
    node: Node = field(init=False)

    def __post_init__(self) -> None:
        self.account = Account("AC" + "1" * 32, TOKEN, CITIES[self.city].number)
        self._open = ExitStack()
        self._doors: Any = None
        self._pages: Any = None
        server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{server.port}"
        self.serve(server)
        self.double = ProviderDouble(self.account, f"{self.url}/channels/twilio/inbound", pace=0.0, clock=self.clock,
                                     phone_page=CITIES[self.city].page(f"{self.url}/", f"{self.url}/planner/"))

    def __enter__(self) -> Self:
        super().__enter__()
        self._open.enter_context(self.double)
        return self

    def __exit__(self, *fault: object) -> None:
        self._open.close()
        super().__exit__(*fault)

    def found(self, make_node: Callable[..., Node]) -> None:
        """Make the node, and let it answer at the address."""
        self.node = make_node(city=self.city, public_url=self.url,
                              extra=f'\n[twilio]\nnumber = "{self.account.number}"\napi_url = "{self.double.url}"\n'
                                    "timeout = 60.0\n")
        desk = Desk(self.node).start()
        self._open.callback(desk.stop)
        pages = Flask("pages", static_folder=None)
        dashboards.register(pages, self.node)
        access.insist(pages)
        self._doors, self._pages = ASGIMiddleware(Doors(self.node, desk)), pages

    def work(self) -> None:
        """What the worker does now, and then the provider's word of everything that left."""
        jobs.work(self.node)
        until(lambda: not self._under_way(), "the provider never said what became of a reply")

    def later(self, **span: float) -> None:
        self.clock.on(**span)
        self.work()

    def _under_way(self) -> bool:
        with self.node.database.reading() as c:
            return c.execute(select(REPLY.c.id).where(REPLY.c.state.in_(("sent", "uncertain"))).limit(1)).first() is not None

    def _answer(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        there = self._doors if environ["PATH_INFO"].startswith("/channels/") else self._pages
        answer: Iterable[bytes] = there(environ, start_response)
        return answer


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""
