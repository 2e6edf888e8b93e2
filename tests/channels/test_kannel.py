"""A real Kannel on loopback, with its fake SMSC: texts in, replies out, reports back, and Kannel taken away in the middle of it.

The default run is a sample; `-m campaign` sends a thousand texts, once with a Kannel that is stopped and once with one that is killed.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from gateway.channels import kannel
from gateway.journal.tables import Message, Reply, table
from tests.channels.kannel_box import PASSWORD, SECRET, SHORT, USER, Box, installed
from tests.doors.canaries import Canaries
from tests.doors.house import House
from tests.patience import LONG, until

MESSAGE, REPLY = table(Message), table(Reply)
pytestmark = pytest.mark.skipif(not installed(), reason="Kannel is not installed: apt-get install kannel")
WORDS = "AGUA S1604 sin agua 3 dias"
Said = list[tuple[str, str]]


@dataclass
class Road:
    """A town's phones, Kannel, and Barrio behind it."""

    house: House
    box: Box

    def messages(self) -> list[str]:
        with self.house.node.database.reading() as c:
            return list(c.execute(select(MESSAGE.c.provider_id).where(MESSAGE.c.channel == "kannel")).scalars())

    def states(self) -> Counter[str]:
        with self.house.node.database.reading() as c:
            return Counter(c.execute(select(REPLY.c.state).where(REPLY.c.channel == "kannel")).scalars())

    def has_all_reports(self) -> Callable[[], bool]:
        """True when every reply is delivered, or nothing has changed for three seconds."""
        seen = (-1, time.monotonic())

        def quiet() -> bool:
            nonlocal seen
            delivered = self.states()["delivered"]
            if delivered != seen[0]:
                seen = (delivered, time.monotonic())
            return sum(self.states().values()) == delivered or time.monotonic() - seen[1] > 3

        return quiet

    def written(self) -> Counter[str]:
        """The words of every reply, however far it came."""
        with self.house.node.database.reading() as c:
            return Counter(c.execute(select(REPLY.c.text).where(REPLY.c.channel == "kannel")).scalars())

    def heard(self) -> Counter[str]:
        """How many SMS each phone got."""
        found: Counter[str] = Counter()
        for (number, _), count in self.box.phones.heard.items():
            found[number] += count
        return found


@contextlib.contextmanager
def road(folder: Path) -> Iterator[Road]:
    with contextlib.ExitStack() as stack:
        house = House.found(folder, queue="embedded")
        stack.callback(house.stop)
        box = Box(folder / "kannel", house.url)
        stack.callback(box.close)
        with (house.data / "config.toml").open("a") as settings:
            settings.write(f'\n[kannel]\nenabled = true\nnumber = "{SHORT}"\nsendsms_url = "{box.sendsms_url}"\ntimeout = 60.0\n')
        house.environment |= {"BARRIO_KANNEL_SECRET": SECRET, "BARRIO_KANNEL_USERNAME": USER, "BARRIO_KANNEL_PASSWORD": PASSWORD}
        box.start()
        house.start("broker", "web", "worker")
        yield Road(house, box)
        house.node.database.engine.dispose()


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with road(tmp_path_factory.mktemp("road")) as there:
        yield there


def test_forty_texts_while_kannel_is_killed_and_comes_back(opened: Road) -> None:
    phones = [f"+5917100{n:04d}" for n in range(40)]
    many(opened, phones, signal.SIGKILL)


@pytest.mark.campaign
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_thousand_texts_while_kannel_goes_and_comes_back(tmp_path: Path, how: signal.Signals) -> None:
    with road(tmp_path) as there:
        many(there, [f"+5917200{n:04d}" for n in range(1000)], how)


def many(there: Road, phones: list[str], how: signal.Signals) -> None:
    """Half of them text, Kannel has these on its disk and is taken away, comes back, and the other half texts."""
    before, began, half = there.box.received(), time.monotonic(), len(phones) // 2
    for number in phones[:half]:
        there.box.phones.say(number, WORDS)
    until(lambda: there.box.received() == before + half, "Kannel took the first half")
    there.box.restart(how)
    for number in phones[half:]:
        there.box.phones.say(number, WORDS)
    until(lambda: len(there.messages()) >= len(phones), "every text came in", seconds=120.0)
    # a call that was cut off while Kannel went may stay in doubt: that is seen, and nothing is sent twice for it. And Kannel keeps
    # reports in memory: those that were on their way when it went are gone, which leaves their replies "sent"
    settled = ("sent", "delivered", "uncertain")
    until(lambda: sum(there.states()[state] for state in settled) == len(phones), "every reply left", seconds=240.0)
    until(lambda: len(there.heard()) >= len(phones) - there.states()["uncertain"], "every phone was answered")
    until(lambda: there.states()["delivered"] >= half, lambda: f"reports never came back: {there.states()}")
    until(there.has_all_reports(), "no more reports come back")
    ids, heard, states = there.messages(), there.heard(), there.states()
    print(f"{signal.Signals(how).name}: {len(set(ids))} in, {sum(heard.values())} out, {dict(states)}, {time.monotonic() - began:.1f} s")
    assert (len(ids), len(set(ids))) == (len(phones), len(phones)), "none lost on the way in, none twice"
    assert {number: count for number, count in heard.items() if count > 1} == {}, "nobody was answered twice"
    assert states["uncertain"] <= 4, "one call of each sending thread"
    assert sum((Counter(text for _, text in there.box.phones.heard) - there.written()).values()) == 0, "in the words that were written"


@pytest.mark.parametrize(("label", "number", "words", "expected"), [
    ("Spanish of one segment", "+59171110001", WORDS, "Recibido"),
    ("Arabic, which leaves as UCS-2 in parts", "+59171110002", "مساعدة", "S1604"),
    ("help, which takes more than one part", "+59171110003", "AYUDA", "ESTADO"),
])
def test_words_and_alphabets(opened: Road, label: str, number: str, words: str, expected: str) -> None:
    opened.box.phones.say(number, words)
    until(lambda: opened.heard()[number], "the phone was answered")
    (text,) = [text for phone, text in opened.box.phones.heard if phone == number]
    assert text in opened.written(), "it came as it was written, letter by letter"


def test_only_kannel_enters(opened: Road) -> None:
    door = f"{opened.house.url}/channels/kannel/inbound"
    query = {"id": "fd3ae403-ab72-488d-b14c-1fb3b7ba5283", "smsc": "fake", "from": "+59171120001", "text": WORDS}
    kept = ("delivery", "contact", "spool")
    before = {name: opened.house.counts()[name] for name in kept}
    assert requests.get(door, query, timeout=LONG).status_code == 403
    assert requests.get(door, query | {"secret": "s" * 23}, timeout=LONG).status_code == 403
    assert requests.get(door, query | {"secret": SECRET}, headers={"X-Forwarded-For": "198.51.100.7"}, timeout=LONG).status_code == 403
    assert requests.post(door, query | {"secret": SECRET}, timeout=LONG).status_code == 405
    assert requests.get(door, {"secret": SECRET}, timeout=LONG).status_code == 400
    assert requests.get(door, query | {"secret": SECRET, "text": "a" * 70_000}, timeout=LONG).status_code in (413, 414, 431)
    status = f"{opened.house.url}/channels/kannel/status"
    assert requests.get(status, {"reply": "r1", "mark": "0" * 40, "type": "1"}, timeout=LONG).status_code == 403
    assert requests.get(f"{opened.house.url}/channels/twilio/inbound", timeout=LONG).status_code == 405
    assert {name: opened.house.counts()[name] for name in kept} == before


def test_what_is_let_in_is_answered_with_nothing_and_counts_once(opened: Road) -> None:
    query = {"id": "0d3ae403-ab72-488d-b14c-1fb3b7ba5283", "from": "ENTEL", "text": "promo", "secret": SECRET, "at": "2026-11-25 12:00:00"}
    before = len(opened.messages())
    answers = [requests.get(f"{opened.house.url}/channels/kannel/inbound", query, timeout=LONG) for _ in range(3)]
    assert [(a.status_code, a.content) for a in answers] == [(200, b"")] * 3, "Kannel would text every word of an answer to the sender"
    assert len(opened.messages()) == before + 1
    again = query | {"answer": "ok", "smsc": "claro"}
    assert requests.get(f"{opened.house.url}/channels/kannel/inbound", again, timeout=LONG).content == b"ok"
    assert len(opened.messages()) == before + 1
    mark = kannel.mark("nobody", SECRET)
    answer = requests.get(f"{opened.house.url}/channels/kannel/status", {"reply": "nobody", "mark": mark, "type": "1"}, timeout=LONG)
    assert (answer.status_code, answer.content) == (200, b""), "a report of what was forgotten is not sent again and again"


def test_no_number_is_in_any_log_of_ours_or_of_kannel(opened: Road) -> None:
    """Last: everything above has been said. What Kannel keeps in its store is not ours to look at; its logs are as the docs set them."""
    logs = [*opened.house.said.iterdir(), *opened.box.folder.glob("*.log"), opened.box.folder / "said.txt"]
    spoken = b"".join(path.read_bytes() for path in logs)
    numbers = {number for number, _ in opened.box.phones.heard} | {"+59171120001"}
    assert len(numbers) > 40
    assert Canaries(numbers).within(spoken) == set()
    assert SECRET.encode() not in spoken
    assert Canaries(numbers).in_folder(opened.house.data) == {}
