"""`barrio demo`: a fresh city on this machine, with residents who text and a phone of your own in the browser."""

from __future__ import annotations

import random
import secrets
import signal
import tempfile
import threading
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from gateway.decisions import planning
from gateway.demo.courier import Account
from gateway.demo.provider import ProviderDouble
from gateway.demo.residents import CITIES, feed
from gateway.machine import speaking
from gateway.machine.instance import create
from gateway.machine.serve import check_port
from gateway.machine.supervisor import processes
from gateway.machine.watching import Supervisor
from gateway.node import open_node

FEED_SECONDS = 180.0
PLANNER = "planner"
# Visitors text more than residents: without this the loop guard would silence them after five answers.
SETTINGS = """
[twilio]
number = "{number}"
api_url = "{api_url}"

[outbox]
automatic_per_day = 100

[news]
delay_minutes = 1
from_hour = 0
until_hour = 24
"""


def demo(port: int, data: Path | None, *, city: str = "la-paz", quiet: bool = False) -> int:
    """Run until Ctrl-C; prints the addresses once the first page answers."""
    speaking.start()
    account = Account("AC" + secrets.token_hex(16), secrets.token_hex(16), CITIES[city].number)
    site = f"http://127.0.0.1:{port}"
    check_port("127.0.0.1", port)
    with ExitStack() as stack:
        directory = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="barrio-demo-", ignore_cleanup_errors=True)))
        double = ProviderDouble(account, f"{site}/channels/twilio/inbound", port + 1 if port else 0,
                                phone_page=CITIES[city].page(f"{site}/", f"{site}/planner/"))
        stack.enter_context(double)
        made = create(directory, city=city, name="demo", bind=f"127.0.0.1:{port}",
                      extra=SETTINGS.format(number=account.number, api_url=double.url))
        password = secrets.token_urlsafe(12)
        node = open_node(made)
        planning.enrol(node, PLANNER, "planner", ["*"], password)
        node.database.engine.dispose()
        supervisor = Supervisor({"BARRIO_CONFIG": str(made.directory / "config.toml"),
                                 "BARRIO_TWILIO_ACCOUNT_SID": account.sid, "BARRIO_TWILIO_AUTH_TOKEN": account.token})
        for name, command in processes(made).items():
            supervisor.keep(name, *command)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: supervisor.stop())
        guide = threading.Thread(target=_welcome, args=(supervisor, double, site, password, city, quiet), daemon=True)
        guide.start()
        supervisor.run()
        print("Stopped." if data else "Stopped; nothing was kept.", flush=True)
    return 0


def _welcome(supervisor: Supervisor, double: ProviderDouble, site: str, password: str, city: str, quiet: bool) -> None:
    while not _answers(f"{site}/health"):
        if supervisor.ended.wait(0.1):
            return
    print(f"""
  Barrio runs. Press Ctrl-C to stop.
    A resident's phone  {double.url}/
    Public board        {site}/
    Planner's desk      {site}/planner/   name: {PLANNER}   password: {password}
""", flush=True)
    if not quiet:
        feed(double, FEED_SECONDS, random.Random(), city=city)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
