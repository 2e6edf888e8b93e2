"""What the tests of the demo share: the account, a note of what was posted, a reply without the client library."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import requests

from gateway.demo.courier import Account
from gateway.demo.provider import ProviderDouble
from tests.patience import until

ACCOUNT = Account("AC" + "1" * 32, "a-token-for-tests")


@dataclass(frozen=True)
class Call:
    path: str
    form: dict[str, str]
    headers: dict[str, str]


@dataclass
class Hub:
    """Notes what is posted; answers from `script` (status, body, seconds of waiting), then 200 and nothing to say."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    script: list[tuple[int, str, float]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def inbound_url(self) -> str:
        return f"{self.url}/channels/twilio/inbound"

    @property
    def status_url(self) -> str:
        return f"{self.url}/channels/twilio/status"

    def wait(self, count: int) -> list[Call]:
        until(lambda: len(self.calls) >= count, lambda: f"{len(self.calls)} of {count} calls came")
        return self.calls


def send(double: ProviderDouble, to: str, body: str = "Recibido", **more: str) -> requests.Response:
    """A reply over the REST call, without the client library."""
    account = double.account
    return requests.post(
        f"{double.url}/2010-04-01/Accounts/{account.sid}/Messages.json",
        data={"To": to, "From": account.number, "Body": body} | more,
        auth=(account.sid, account.token),
        timeout=60,
    )
