"""Many texts at once, in random order, a fifth of them delivered twice: each stored once, verbatim, with an outcome and an answer.

The demo's texts always; with BARRIO_REAL_TEXTS=FOLDER also 2,000 texts from the CSV files there (column `text`).
"""

from __future__ import annotations

import csv
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.demo.residents import CITIES, texts
from gateway.journal.tables import Message, Reply, table
from tests.doors.house import ACCOUNT, House
from tests.doors.posting import deliver, signed, sms_form

FOLDER = os.environ.get("BARRIO_REAL_TEXTS")  # read now: tests run without any BARRIO_ variable
MESSAGE, REPLY = table(Message), table(Reply)
CLIENTS, COUNT, AGAIN = 16, 2000, 0.2
SILENT = {"spam"}  # outcomes that are answered with silence, for the reason they state


def of_the_demo() -> list[str]:
    return [text.text for city in CITIES for text in texts(city)]


def of_the_folder() -> list[str]:
    found: list[str] = []
    for path in sorted(Path(str(FOLDER)).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += [row["text"] for row in csv.DictReader(file) if row.get("text")]
    return random.Random(20261125).sample(found, COUNT)


Source = Callable[[], list[str]]


@dataclass
class Posted:
    house: House
    sent: dict[str, str]
    codes: Counter[int]
    seconds: float
    label: str


@pytest.fixture(scope="module", params=[of_the_demo, *([of_the_folder] if FOLDER else [])], ids=lambda source: source.__name__)
def posted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posted]:
    source: Source = request.param
    rng = random.Random(17)
    house = House.found(tmp_path_factory.mktemp("texts"))
    house.start("web")
    url = f"{house.url}/channels/twilio/inbound"
    sent = {f"SM{rng.getrandbits(128):032x}": words for words in source()}
    forms = [sms_form(sid, words, f"+59170{rng.randrange(500):06d}") for sid, words in sent.items()]
    wires = [signed(form, url, ACCOUNT).wire() for form in forms + rng.sample(forms, int(len(forms) * AGAIN))]
    rng.shuffle(wires)
    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        codes = Counter(clients.map(lambda wire: deliver(house.port, wire).code, wires))
    yield Posted(house, sent, codes, time.perf_counter() - begun, source.__name__)
    house.stop()
    house.node.database.engine.dispose()


def test_every_delivery_is_acknowledged(posted: Posted) -> None:
    assert posted.codes == {200: len(posted.sent) + int(len(posted.sent) * AGAIN)}


def test_every_text_is_stored_once_and_verbatim(posted: Posted) -> None:
    with posted.house.node.database.reading() as c:
        rows = c.execute(select(MESSAGE.c.provider_id, MESSAGE.c.text)).all()
    assert len(rows) == len(posted.sent)
    assert dict(rows) == posted.sent  # type: ignore[arg-type]
    assert posted.house.counts()["delivery"] == len(posted.sent)


def test_every_text_has_an_outcome_and_an_answer_or_a_reason_for_none(posted: Posted) -> None:
    with posted.house.node.database.reading() as c:
        outcomes = dict(c.execute(select(MESSAGE.c.id, MESSAGE.c.outcome)).all())  # type: ignore[arg-type]
        answers = Counter(c.execute(select(REPLY.c.message)).scalars())
    assert [m for m, outcome in outcomes.items() if not outcome] == []
    silent = Counter(outcome for message, outcome in outcomes.items() if message not in answers)
    assert silent.keys() <= SILENT
    assert answers.keys() <= outcomes.keys()
    assert set(answers.values()) == {1}
    print(f"\n{posted.label}: {len(posted.sent)} texts, {int(len(posted.sent) * AGAIN)} of them twice, by {CLIENTS} clients "
          f"in {posted.seconds:.1f} s; {sum(answers.values())} answers queued, silence: {dict(silent)}; "
          f"outcomes: {dict(Counter(outcomes.values()).most_common())}")


def test_no_parser_broke(posted: Posted) -> None:
    with posted.house.node.database.reading() as c:
        outcomes = Counter(c.execute(select(MESSAGE.c.outcome)).scalars())
    assert outcomes["parser_fault"] == 0
    assert "parser fault" not in (posted.house.said / "web.txt").read_text("utf-8")


def test_the_journal_folds_to_what_stands(posted: Posted) -> None:
    said = posted.house.command("rebuild", "--verify")
    assert "chain and tables as they were" in said
    print(f"\n{posted.label}: {said.strip()}")
