"""The two REST calls, driven by the provider's own client library."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from gateway.demo.faults import Faults
from gateway.demo.provider import ProviderDouble
from tests.demo.demo_hub import ACCOUNT
from tests.patience import until

PHONE, OTHER = "+59170000042", "+59170000043"
NOON = datetime(2026, 3, 9, 12, 0, 0, tzinfo=UTC)


class Edge(TwilioHttpClient):
    """The client library, pointed at the double."""

    def __init__(self, url: str, timeout: float = 60) -> None:
        super().__init__(timeout=timeout)
        self.base = url

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Response:
        asked = urlsplit(url)
        query = f"?{asked.query}" if asked.query else ""
        return super().request(method, self.base + asked.path + query, *args, **more)


def client(double: ProviderDouble, sid: str = ACCOUNT.sid, token: str = ACCOUNT.token, timeout: float = 60) -> Client:
    return Client(sid, token, http_client=Edge(double.url, timeout))


def reply(double: ProviderDouble, to: str = PHONE, body: str = "Recibido", **more: Any) -> Any:
    return client(double, **more).messages.create(to=to, from_=ACCOUNT.number, body=body)


def test_a_reply_is_accepted_as_the_client_expects(double: ProviderDouble) -> None:
    began = datetime.now(UTC).replace(microsecond=0)
    sent = reply(double, body="á" * 71)
    assert (sent.status, sent.direction, sent.num_segments, sent.error_code) == ("queued", "outbound-api", "2", None)
    assert (sent.to, sent.from_, sent.body) == (PHONE, ACCOUNT.number, "á" * 71)
    assert began <= sent.date_created <= datetime.now(UTC)
    assert sent.uri == f"/2010-04-01/Accounts/{ACCOUNT.sid}/Messages/{sent.sid}.json"
    assert [message.text for message in double.wait_for_replies(PHONE)] == ["á" * 71]


def test_the_list_has_both_directions_newest_first_over_pages(double: ProviderDouble) -> None:
    sids = [double.text(PHONE, f"texto {n}", at=NOON + timedelta(minutes=n)).sid for n in range(6)]
    sids.append(reply(double).sid)
    listed = client(double).messages.list(page_size=3)
    assert [message.sid for message in listed] == sids[::-1]
    assert [message.direction for message in listed] == ["outbound-api"] + ["inbound"] * 6
    first = listed[-1]
    assert (first.body, first.status, first.from_, first.date_sent) == ("texto 0", "received", PHONE, NOON)


def test_a_text_that_arrives_between_two_pages_moves_nothing(double: ProviderDouble) -> None:
    sids = [double.text(PHONE, f"texto {n}").sid for n in range(6)]
    page = client(double).messages.page(page_size=4)
    seen = [message.sid for message in page]
    double.text(PHONE, "entre dos hojas")
    following = page.next_page()
    assert following is not None
    seen += [message.sid for message in following]
    assert seen == sids[::-1]
    assert following.next_page() is None


@pytest.mark.parametrize(("label", "asked", "found"), [
    ("everything", {}, [0, 1, 2, 3]),
    ("since a moment, that second included", {"date_sent_after": NOON}, [1, 2, 3]),
    ("since a moment in another zone", {"date_sent_after": "2026-03-09T08:00:01-04:00"}, [2, 3]),
    ("since a day", {"date_sent_after": "2026-03-10"}, [3]),
    ("until a moment", {"date_sent_before": NOON}, [0, 1]),
    ("until a day, the whole day", {"date_sent_before": "2026-03-09"}, [0, 1, 2]),
    ("on one day", {"date_sent": "2026-03-09"}, [1, 2]),
    ("from one phone", {"from_": OTHER}, [2]),
    ("to the city's number since a moment", {"to": ACCOUNT.number, "date_sent_after": NOON}, [1, 2, 3]),
    ("to a phone that wrote but got nothing", {"to": PHONE}, []),
])
def test_filters(label: str, asked: dict[str, Any], found: list[int], double: ProviderDouble) -> None:
    # the client library writes days as midnights and drops time zones: give it strings
    offsets = (timedelta(days=-1), timedelta(milliseconds=400), timedelta(hours=2), timedelta(days=2))
    phones = (PHONE, PHONE, OTHER, PHONE)
    sids = [
        double.text(phone, "hola", at=NOON + offset, webhook=False).sid
        for phone, offset in zip(phones, offsets, strict=True)
    ]
    listed = client(double).messages.list(page_size=2, **asked)
    assert [message.sid for message in listed] == [sids[n] for n in reversed(found)]


@pytest.mark.parametrize(("label", "form", "code"), [
    ("nobody to send to", {"To": ""}, 21604),
    ("no sender", {"From": ""}, 21603),
    ("no words", {"Body": ""}, 21602),
    ("a number that is none", {"To": "12"}, 21211),
    ("a sender that is not ours", {"From": "+59122000001"}, 21606),
    ("too many words", {"Body": "a" * 1601}, 21617),
    ("a callback that is no address", {"StatusCallback": "barrio"}, 21609),
])
def test_a_send_the_provider_refuses(label: str, form: dict[str, str], code: int, double: ProviderDouble) -> None:
    right = {"To": PHONE, "From": ACCOUNT.number, "Body": "hola"}
    answer = requests.post(url(double), data=right | form, auth=(ACCOUNT.sid, ACCOUNT.token), timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert double.phones.listed() == []


@pytest.mark.parametrize(("label", "query"), [
    ("a date that is none", "DateSent>=yesterday"),
    ("a page that is none", "Page=x"),
    ("a token nobody gave", "PageToken=PASM0"),
])
def test_a_list_the_provider_refuses(label: str, query: str, double: ProviderDouble) -> None:
    answer = requests.get(f"{url(double)}?{query}", auth=(ACCOUNT.sid, ACCOUNT.token), timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


@pytest.mark.parametrize(("label", "sid", "auth", "status"), [
    ("no credentials", ACCOUNT.sid, None, 401),
    ("a wrong token", ACCOUNT.sid, (ACCOUNT.sid, "guess"), 401),
    ("a wrong account", ACCOUNT.sid, ("AC" + "2" * 32, ACCOUNT.token), 401),
    ("the path of another account", "AC" + "2" * 32, (ACCOUNT.sid, ACCOUNT.token), 404),
])
def test_only_the_account_itself_may_call(
    label: str, sid: str, auth: tuple[str, str] | None, status: int, double: ProviderDouble
) -> None:
    path = f"{double.url}/2010-04-01/Accounts/{sid}/Messages.json"
    form = {"To": PHONE, "From": ACCOUNT.number, "Body": "hola"}
    assert requests.post(path, data=form, auth=auth, timeout=60).status_code == status
    assert requests.get(path, auth=auth, timeout=60).status_code == status
    assert double.phones.listed() == []


@pytest.mark.parametrize(("label", "arm", "kind", "status", "code"), [
    ("too many requests", lambda f: f.too_many(2, retry_after=3), "too_many", 429, 20429),
    ("a failing provider", lambda f: f.broken(2), "broken", 503, 20500),
    ("a resident who opted out", lambda f: f.refuse(21610, times=2), "refuse", 400, 21610),
    ("an opt-out of this phone only", lambda f: f.refuse(21610, to=PHONE, times=2), "refuse", 400, 21610),
])
def test_an_answer_that_refuses_a_send(
    label: str, arm: Any, kind: str, status: int, code: int, double: ProviderDouble
) -> None:
    arm(double.faults)
    for _ in range(2):
        with pytest.raises(TwilioRestException) as refused:
            reply(double)
        assert (refused.value.status, refused.value.code) == (status, code)
    assert double.phones.listed() == []
    assert reply(double).status == "queued"
    assert double.faults.met == {kind: 2}


def test_an_opt_out_of_one_phone_spares_the_others(double: ProviderDouble) -> None:
    double.faults.refuse(21610, to=PHONE, times=None)
    assert reply(double, to=OTHER).status == "queued"
    for _ in range(3):
        with pytest.raises(TwilioRestException, match="unsubscribed"):
            reply(double)
    double.faults.clear()
    assert reply(double).status == "queued"


def test_too_many_requests_says_when_to_come_back(double: ProviderDouble) -> None:
    double.faults.too_many(1, retry_after=7)
    answer = requests.get(url(double), auth=(ACCOUNT.sid, ACCOUNT.token), timeout=60)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize(("label", "arm", "raised", "kept"), [
    ("the connection drops after the message was accepted", lambda f: f.drop(), requests.ConnectionError, 1),
    ("the connection drops before", lambda f: f.drop(accepts=False), requests.ConnectionError, 0),
    ("the answer never comes, the message leaves", lambda f: f.hang(seconds=60), requests.ReadTimeout, 1),
    ("the answer never comes, nothing leaves", lambda f: f.hang(seconds=60, accepts=False), requests.ReadTimeout, 0),
    ("a 502 although the message left", lambda f: f.broken(status=502, accepts=True), TwilioRestException, 1),
])
def test_a_send_nobody_can_be_sure_of(
    label: str, arm: Any, raised: type[Exception], kept: int, double: ProviderDouble
) -> None:
    arm(double.faults)
    with pytest.raises(raised):
        reply(double, timeout=2 if raised is requests.ReadTimeout else 60)
    until(lambda: double.faults.met and len(double.replies_to(PHONE)) == kept, "the provider never heard of it")
    found = client(double).messages.list(to=PHONE)
    assert len(found) == kept
    assert sum(double.faults.met.values()) == 1
    assert len(double.wait_for_replies(PHONE, 1, timeout=0.2)) == kept


@pytest.mark.parametrize(("label", "arm"), [
    ("too many", lambda f: f.too_many()), ("broken", lambda f: f.broken()), ("dropped", lambda f: f.drop()),
])
def test_a_list_that_fails_once_works_the_next_time(label: str, arm: Any, double: ProviderDouble) -> None:
    double.text(PHONE, "hola")
    arm(double.faults)
    answers = []
    for _ in range(2):
        try:
            answers.append(requests.get(url(double), auth=(ACCOUNT.sid, ACCOUNT.token), timeout=60).status_code)
        except requests.ConnectionError:
            answers.append(0)
    assert answers[0] != 200
    assert answers[1] == 200


def test_a_page_served_twice_repeats_messages_and_loses_none(double: ProviderDouble) -> None:
    sids = [double.text(PHONE, f"texto {n}", webhook=False).sid for n in range(5)]
    double.faults.repeat_pages()
    listed = [message.sid for message in client(double).messages.list(page_size=2)]
    assert listed == [sids[4], sids[3], sids[4], sids[3], sids[2], sids[1], sids[0]]


def test_a_fault_must_strike_at_least_once() -> None:
    with pytest.raises(ValueError, match="at least once"):
        Faults().drop(0)


def url(double: ProviderDouble) -> str:
    return f"{double.url}/2010-04-01/Accounts/{ACCOUNT.sid}/Messages.json"
