"""`barrio check`: everything that can be wrong with an instance, looked at, with a hint each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select

from gateway import cities, clock
from gateway.channels import CHANNELS, android, console, fetched, kannel, signed, twilio
from gateway.config import Config, Twilio
from gateway.errors import Problem
from gateway.governing import handsets
from gateway.journal.canonical import iso
from gateway.journal.database import fault_in_words, is_away
from gateway.journal.entries import verify_chain
from gateway.journal.tables import Account, Reply, Task, table
from gateway.machine import bell, health
from gateway.node import Node, check_writable, open_node
from gateway.sending import handing
from gateway.trouble import canaries

ACCOUNT, REPLY, TASK = table(Account), table(Reply), table(Task)
LEAST_BATTERY, MOST_SKEW = 20, 120  # percent, and seconds
LEAST_DISK = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `ok`, `note` (works, but) or `FAULT`."""

    subject: str
    level: str
    words: str

    @property
    def is_fault(self) -> bool:
        return self.level == "FAULT"

    @property
    def is_doubt(self) -> bool:
        """Whether it tells of other nodes that somebody should see to, and not of a choice such as a channel that is not used."""
        return self.level == "note" and self.subject == "sync"

    def __str__(self) -> str:
        return f"{self.level:5} {self.subject:9} {self.words}"


def examine(config: Config) -> Iterator[Finding]:
    """Look at config, disk, clock, city, model, database, keys, broker and channels, in the order in which they matter."""
    yield Finding("config", "ok", f"{config.node.role} node {config.node.name}, {config.web.public_url}")
    yield from _tried("disk", lambda: _disk(config))
    yield _clock()
    yield from _tried("city", lambda: f"{len(cities.load(config.node.city).places)} places")
    yield from _tried("model", lambda: _model(config))
    opened: list[Node] = []
    yield from _tried("database", lambda: _database(config, opened))
    yield from _tried("keys", lambda: _keys(config))
    yield _broker(config)
    yield from roads(config)
    if config.web.public_url.startswith("http:") and not config.web.public_url.startswith(("http://127.", "http://localhost")):
        yield Finding("web", "note", "public_url is plain http: passwords and texts travel readable; put TLS in front and write https")
    if config.web.public_url.startswith("https:") and not config.web.secure_cookies:
        yield Finding("web", "note", "people reach the pages by https: set web.secure_cookies = true")
    if config.web.public_url.startswith("https:") and not config.web.proxies:
        yield Finding("web", "note", "web.proxies is empty: all who come through the TLS proxy count as one caller; write its address")
    if config.number == Twilio().number:
        yield Finding("twilio", "note", f"twilio.number is still the sample {config.twilio.number}: residents read it on the public board")
    if opened:
        if config.node.role == "hub":  # a box in the field has the colleagues that its hub enrolled, and may do without
            yield from _people(opened[0])
        yield from _nodes(opened[0])
        yield from _doubts(opened[0])
        yield from _canaries(opened[0])
        yield from _phones(opened[0])
        for words in health.faults(opened[0]):
            yield Finding("work", "FAULT", words)


def roads(config: Config) -> Iterator[Finding]:
    """Which channels are ready; one that is switched on and lacks something is a fault, for then nobody is answered by it."""
    lacking: dict[str, str] = {}
    for name, there in CHANNELS.items():
        try:
            there.settings(config)
            yield Finding(name, "ok", "configured")
        except Problem as fault:
            lacking[name] = str(fault)
            yield Finding(name, "FAULT" if _is_switched_on(config, name) else "note", lacking[name])
    ready = [name for name in CHANNELS if name not in lacking and name != console.NAME]
    chosen = config.outbox.channel
    if not ready:
        yield Finding("outbox", "note", "no channel is ready: nobody can text this machine, see docs/channels.md")
    elif chosen not in ready:
        yield Finding("outbox", "FAULT", f"outbox.channel is {chosen}, by which nothing can leave: alerts to people on duty and greetings "
                                         f'would wait for ever. Set outbox.channel = "{ready[0]}"')


def _is_switched_on(config: Config, name: str) -> bool:
    """Whether somebody began to set a channel up."""
    if name == twilio.NAME:
        return any(os.environ.get(f"BARRIO_TWILIO_{half}", "").strip() for half in ("ACCOUNT_SID", "AUTH_TOKEN"))
    own = {kannel.NAME: config.kannel.enabled, android.NAME: config.android.enabled, signed.NAME: bool(config.http.send_url)}
    return own.get(name, False)


def _tried(subject: str, look: Callable[[], str]) -> Iterator[Finding]:
    try:
        yield Finding(subject, "ok", look())
    except Problem as fault:
        yield Finding(subject, "FAULT", str(fault))
    except Exception as fault:
        if not is_away(fault):
            raise
        yield Finding(subject, "FAULT", str(Problem("database.away", reason=fault_in_words(fault))))


def _model(config: Config) -> str:
    from gateway.classification.meaning import OWN, of_node
    model, own = of_node(config.data), config.data / OWN
    return f"{model.version}, {model.about['texts']} texts, {f'own: {own}' if own.exists() else 'as shipped'}"


def _people(node: Node) -> Iterator[Finding]:
    """Texts that only people may answer need somebody to read them."""
    with node.database.reading() as c:
        roles = set(c.execute(select(ACCOUNT.c.role).where(ACCOUNT.c.enabled)).scalars())
    for role, words in (("planner", "no planner can sign in"), ("focal", "nobody can read restricted reports (violence, children)")):
        if role not in roles:
            yield Finding("people", "note", f"{words}: barrio user add NAME --role {role}")


def _disk(config: Config) -> str:
    if not os.access(config.data, os.W_OK | os.X_OK):
        raise Problem("data.not_writable", path=config.data, reason="Permission denied")
    free = shutil.disk_usage(config.data).free
    if free < LEAST_DISK:
        raise Problem("data.not_writable", path=config.data, reason=f"only {free // 1048576} MB are free")
    return f"{free // 1048576} MB free"


def _clock() -> Finding:
    now = clock.now()
    if clock.is_trusted(now):
        return Finding("clock", "ok", now.isoformat(timespec="seconds"))
    return Finding("clock", "FAULT", str(Problem("clock.wrong", now=now.isoformat(timespec="seconds"))))


def _database(config: Config, opened: list[Node]) -> str:
    node = open_node(config)
    opened.append(node)
    check_writable(node)  # SQLite opens a file it may not write without a word
    with node.database.writing() as c:  # a write turn taken and given back: the locks are proven
        entries = verify_chain(c)
    return f"{node.database.engine.dialect.name}, durable settings, {entries} entries, chain intact"


def _keys(config: Config) -> str:
    from gateway.phone import open_vault
    from offline_sync.identity import open_identity
    return f"secret {open_vault(config).fingerprint[:8]}, node {open_identity(config.data).public[:8]}"


def _nodes(node: Node) -> Iterator[Finding]:
    """How this node stands with the others."""
    from offline_sync.identity import open_identity
    from offline_sync.status import FORKED, troubles
    try:
        found = list(troubles(node, open_identity(node.config.data)))
    except Problem as fault:  # its key cannot be read, which was said already
        found = [fault.what]
    for words in found:
        yield Finding("sync", "FAULT" if words.startswith(("TROUBLE", FORKED)) else "note", f"{words} See: barrio sync status")


def _doubts(node: Node) -> Iterator[Finding]:
    """Replies of which nobody can be asked whether they left; nothing but a report ends that, or a person who writes anew."""
    on_its_way = iso(node.now() - handing.LATELY)
    with node.database.reading() as c:
        doubts = c.execute(select(REPLY.c.channel, func.count(), func.min(REPLY.c.settled_at)).select_from(
            REPLY.outerjoin(TASK, and_(TASK.c.kind == "send", TASK.c.subject == REPLY.c.id))
        ).where(REPLY.c.state == "uncertain", TASK.c.subject.is_(None), or_(
            REPLY.c.reason.is_(None), REPLY.c.reason != handing.HANDED_OVER, REPLY.c.settled_at < on_its_way)
        ).group_by(REPLY.c.channel).order_by(REPLY.c.channel)).all()
    for channel, count, since in doubts:
        yield Finding(channel, "note", f"{count} replies may or may not have left, since {since}: see the outbox, Uncertain")


def _canaries(node: Node) -> Iterator[Finding]:
    """What the canaries cost, and those that cannot leave."""
    for price in canaries.prices(node):
        there, to = CHANNELS.get(price.channel), node.config.canary.to or node.config.number_of(price.channel)
        if there is None or there is console:
            yield Finding("canary", "FAULT", f"canary.channels names {price.channel}, by which no text can come back")
        elif price.channel in fetched(node.config):
            yield Finding("canary", "FAULT", f"canary.channels names {price.channel}, whose phones fetch their texts: they carry no canary")
        elif not to:
            yield Finding("canary", "FAULT", f"{price.channel} has no number of ours: set canary.to")
        elif price.channel == "twilio" and to == node.config.twilio.number:
            yield Finding("canary", "note", "Twilio sends nothing from a number to itself: set canary.to to a second one that leads here")
        else:
            yield Finding("canary", "ok", f"{price.channel}: {price.texts} texts and {price.segments} segments in 30 days, "
                                          f"{price.cost:.2f} at governor.price_per_segment")


def _phones(node: Node) -> Iterator[Finding]:
    """The phones that carry texts."""
    if not node.config.android.enabled:
        return
    now = node.now()
    with node.database.reading() as c:
        known = {phone.name: phone for phone in handsets.standing(c)}
    for name in node.config.android.phones:
        phone = known.get(name)
        if phone is None:
            yield Finding(android.NAME, "note", f"phone {name} was never heard: see docs/channels.md, and what its app shows in its log")
            continue
        wrong = [words for holds, words in (
            (now - phone.last_heard > handsets.SILENT, f"silent since {iso(phone.last_heard)}"),
            (phone.power == "battery" and phone.battery is not None and phone.battery <= LEAST_BATTERY,
             f"battery {phone.battery} % and not charging"),
            (abs(phone.skew) > MOST_SKEW, f"its clock is {abs(phone.skew)} s {'ahead' if phone.skew > 0 else 'behind'}"),
            (phone.trouble is not None, f"{phone.trouble} since {iso(phone.trouble_at) if phone.trouble_at else ''}")) if holds]
        yield Finding(android.NAME, "note" if wrong else "ok", f"phone {name}: {'; '.join(wrong) or f'heard {iso(phone.last_heard)}'}")


def _broker(config: Config) -> Finding:
    if config.queue_url is None:
        return Finding("broker", "ok", "none: the web process works itself")
    try:
        bell.connection(config).ping()
        return Finding("broker", "ok", "answers")
    except Exception as fault:
        return Finding("broker", "note", f"{type(fault).__name__}: nothing answers at {config.queue.url}. "
                                         "`barrio up` starts the embedded one; work is swept meanwhile")
