"""What the provider lists and what we hold of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select

from gateway.channels.values import Inbound
from gateway.demo.residents import texts
from gateway.doors import intake
from gateway.doors.reconcile import Reconciled
from gateway.journal.projections import state_hash
from gateway.journal.tables import Message, table
from tests.doors.counter import PHONE, Counter
from tests.doors.house import ACCOUNT

MESSAGE = table(Message)
WORDS = [text.text for text in texts("la-paz") if "{ref}" not in text.text]
Ask = Callable[..., Reconciled]


def deaf(counter: Counter, count: int, spread: timedelta = timedelta(hours=1),
         rng: random.Random | None = None) -> dict[str, tuple[str, datetime]]:
    """Residents text and no webhook reaches us: {sid: (text, when)}."""
    rng, missed = rng or random.Random(5), {}
    for n in range(count):
        at = (counter.clock() - spread + spread * (n + 1) / (count + 1)).replace(microsecond=0)
        words = f"{rng.choice(WORDS)} {n}"
        sid = counter.double.text(f"+5917{rng.randrange(300):07d}", words, at=at, webhook=False).sid
        missed[sid] = (words, at)
    return missed


def held(counter: Counter) -> dict[str, tuple[str, str, str]]:
    with counter.node.database.reading() as c:
        rows = c.execute(select(MESSAGE.c.provider_id, MESSAGE.c.text, MESSAGE.c.received_at, MESSAGE.c.road)).all()
    assert len({row[0] for row in rows}) == len(rows)
    return {sid: (words, at, road) for sid, words, at, road in rows}


def fingerprint(counter: Counter) -> str:
    with counter.node.database.reading() as c:
        return state_hash(c)


def by_webhook(counter: Counter, sid: str, words: str, at: datetime, number: str = PHONE) -> None:
    with counter.node.database.writing() as c:
        intake.receive(c, counter.node, [Inbound("twilio", ACCOUNT.sid, sid, number, words, at, b"webhook")])
